"""The methods of a session: each runs the call that it is named for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mi import calls
from mi.errors import InvalidParameter, MIError
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.operation import Operation
from mi.session import Session
from tests.mi.conftest import Fake

_KEY = Instance("Win32_Service", {"Name": "Spooler"})
_PATH = 'Win32_Service.Name="Spooler"'
_QUERY = "SELECT * FROM Win32_Service"
_CHANNELS = "<QueryList><Query><Select Path='System'>*</Select></Query></QueryList>"

_AT_ONCE: list[tuple[Callable[[Session], Any], calls.Call[Any]]] = [
    (lambda s: s.test_connection(), calls.TestConnection()),
    (lambda s: s.get_instance(_KEY), calls.GetInstance(_KEY)),
    (lambda s: s.get_instance(_PATH), calls.GetInstance(_KEY)),
    (lambda s: s.create_instance(_KEY), calls.CreateInstance(_KEY)),
    (lambda s: s.modify_instance(_KEY), calls.ModifyInstance(_KEY)),
    (
        lambda s: s.invoke(_KEY, "Change", {"StartMode": "Manual"}),
        calls.Invoke(_KEY, "Change", {"StartMode": "Manual"}),
    ),
    (lambda s: s.invoke("Win32_Process", "Create"), calls.Invoke("Win32_Process", "Create")),
    (lambda s: s.invoke(_PATH, "StopService"), calls.Invoke(_KEY, "StopService")),
    (lambda s: s.get_class("Win32_Service"), calls.GetClass("Win32_Service")),
]
_WHEN_ASKED: list[tuple[Callable[[Session], Operation[Any]], calls.Call[Any]]] = [
    (
        lambda s: s.enumerate_instances("Win32_Service", keys_only=True),
        calls.EnumerateInstances("Win32_Service", keys_only=True),
    ),
    (lambda s: s.query_instances(_QUERY, "CQL"), calls.QueryInstances(_QUERY, "CQL")),
    (
        lambda s: s.associator_instances(
            _KEY,
            "Win32_DependentService",
            "Win32_Service",
            "Dependent",
            "Antecedent",
            keys_only=True,
        ),
        calls.AssociatorInstances(
            _KEY,
            "Win32_DependentService",
            "Win32_Service",
            "Dependent",
            "Antecedent",
            keys_only=True,
        ),
    ),
    (lambda s: s.associator_instances(_PATH), calls.AssociatorInstances(_KEY)),
    (
        lambda s: s.reference_instances(
            _PATH, "Win32_DependentService", "Dependent", keys_only=True
        ),
        calls.ReferenceInstances(_KEY, "Win32_DependentService", "Dependent", keys_only=True),
    ),
    (
        lambda s: s.enumerate_classes("CIM_Service", names_only=True, deep=True, pattern="Win32_*"),
        calls.EnumerateClasses("CIM_Service", names_only=True, deep=True, pattern="Win32_*"),
    ),
    (lambda s: s.subscribe(_QUERY), calls.Subscribe(_QUERY)),
    (lambda s: s.subscribe_event_log(_CHANNELS), calls.SubscribeEventLog(_CHANNELS)),
]


def _in_cimv2(call: calls.Call[Any]) -> Any:
    return replace(call, namespace="root/cimv2")


@pytest.mark.parametrize(("make", "expected"), _AT_ONCE, ids=lambda x: getattr(x, "operation", ""))
def test_a_call_with_one_result_runs_at_once_and_returns_it(
    fake: Fake, make: Callable[[Session], Any], expected: calls.Call[Any]
) -> None:
    result = MethodResult(0)
    session, channel = fake([result])
    assert make(session) is result
    assert [run.call for run in channel.runs] == [_in_cimv2(expected)]


@pytest.mark.parametrize("key", [_KEY, _PATH])
def test_a_delete_returns_nothing(fake: Fake, key: Instance | str) -> None:
    session, channel = fake()
    session.delete_instance(key)
    assert [run.call for run in channel.runs] == [_in_cimv2(calls.DeleteInstance(_KEY))]


def test_a_modify_may_return_nothing(fake: Fake) -> None:
    session, _ = fake()
    assert session.modify_instance(_KEY) is None


@pytest.mark.parametrize(
    ("make", "expected"), _WHEN_ASKED, ids=lambda x: getattr(x, "operation", "")
)
def test_a_call_with_many_results_is_an_operation_that_starts_when_it_is_asked(
    fake: Fake, make: Callable[[Session], Operation[Any]], expected: calls.Call[Any]
) -> None:
    session, channel = fake(["a"], ["b"])
    operation = make(session)
    assert channel.runs == []
    assert operation.all() == ["a", "b"]
    assert [run.call for run in channel.runs] == [_in_cimv2(expected)]


@pytest.mark.parametrize("make", [make for make, _ in [*_AT_ONCE, *_WHEN_ASKED]])
def test_an_error_says_where_and_of_which_of_mis_operations(
    fake: Fake, make: Callable[[Session], Any]
) -> None:
    session, _ = fake(MIError("no"))
    with pytest.raises(MIError) as caught:
        list(make(session))
    assert caught.value.host == "server01"
    assert hasattr(calls, caught.value.operation or "")


def test_an_instance_that_names_no_object_is_not_sent(fake: Fake) -> None:
    nobody = Instance("Win32_Service", {"Name": None})
    session, channel = fake()
    for call in (
        session.modify_instance,
        session.delete_instance,
        lambda key: session.invoke(key, "StopService"),
        session.associator_instances,
        session.reference_instances,
    ):
        with pytest.raises(InvalidParameter, match="names no object"):
            call(nobody)
    assert channel.runs == []


def test_an_instance_to_be_made_need_not_name_one(fake: Fake) -> None:
    nobody = Instance("Win32_Environment", {"Name": None}, namespace="root/other")
    session, channel = fake([nobody])
    assert session.create_instance(nobody) is nobody
    assert channel.runs[0].call.namespace == "root/other"
