"""Methods by the public API: what goes in, what comes out, and how often it is asked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mi.errors import (
    InvalidParameter,
    MethodFailed,
    MethodNotFound,
    MIError,
    NotFound,
    OperationTimeout,
    TypeMismatch,
)
from mi.instance import Instance
from mi.results import OperationFlags
from mi.session import Session
from mi.store import SchemaStore
from mi.values import CimDateTime
from protocols.loopback import Cut, Endpoint, Stall
from tests.winrm.opened import actions, opened

SPOOLER = 'Win32_Service.Name="Spooler"'
TRUSTEE = Instance("Win32_Trustee", {"Name": "operator1", "SID": [1, 5]})
STARTUP = Instance("Win32_ProcessStartup", {"ShowWindow": 0, "EnvironmentVariables": ["A=1"]})
REFERENCE = Instance("Win32_Service", {"Name": "WinRM"})
AT = datetime(2026, 5, 1, 12, 0, 0, 5, tzinfo=UTC)

IN_AND_OUT: list[tuple[str, Any]] = [
    ("BooleanValue", True),
    ("BooleanArray", [True, False]),
    ("Uint8Value", 255),
    ("Uint8Array", [0, 1, 255]),
    ("Sint8Value", -128),
    ("Sint8Array", [-1, 0]),
    ("Uint16Value", 65535),
    ("Uint16Array", [0, 65535]),
    ("Sint16Value", -32768),
    ("Sint16Array", [-1]),
    ("Uint32Value", 4294967295),
    ("Uint32Array", [1, 2]),
    ("Sint32Value", -5),
    ("Sint32Array", [-5, 5]),
    ("Uint64Value", 18446744073709551615),
    ("Uint64Array", [0, 1 << 60]),
    ("Sint64Value", -(1 << 63)),
    ("Sint64Array", [-1]),
    ("Real32Value", 1.5),
    ("Real32Array", [0.25, float("inf")]),
    ("Real64Value", 1e-300),
    ("Real64Array", [0.1]),
    ("Char16Value", "€"),
    ("Char16Array", ["x", "<"]),
    ("StringValue", 'a <b> & "c"\n\td'),
    ("StringValue", ""),
    ("StringArray", ["a", "", "b"]),
    ("DatetimeValue", AT),
    ("DatetimeValue", CimDateTime("20260301******.******+000")),
    ("DatetimeArray", [AT]),
    ("IntervalValue", timedelta(days=3, seconds=5, microseconds=7)),
    *((name, None) for name in ("StringValue", "Uint8Value", "StringArray", "DatetimeValue")),
]


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Endpoint, Session]]:
    with Endpoint() as running, opened(running) as session:
        yield running, session


# Values


@pytest.mark.parametrize(("name", "value"), IN_AND_OUT)
def test_every_type_goes_in_and_comes_out_again(
    shared: tuple[Endpoint, Session], name: str, value: Any
) -> None:
    result = shared[1].invoke("Loopback_AllTypes", "Echo", {name: value})
    assert result.return_value == 0
    assert repr(result.out[name]) == repr(value)


def test_what_was_not_given_comes_out_as_null(shared: tuple[Endpoint, Session]) -> None:
    result = shared[1].invoke("Loopback_AllTypes", "Echo")
    assert set(result.out.values()) == {None}
    assert len(result.out) > 30


def test_objects_go_in_and_come_out_again(shared: tuple[Endpoint, Session]) -> None:
    given = {
        "InstanceValue": TRUSTEE,
        "InstanceArray": [TRUSTEE, TRUSTEE],
        "ObjectValue": STARTUP,
        "ObjectArray": [STARTUP, TRUSTEE],
    }
    out = shared[1].invoke("Loopback_AllTypes", "Echo", given).out
    assert out["InstanceValue"].class_name == "Win32_Trustee"
    assert (out["InstanceValue"]["Name"], out["InstanceValue"]["SID"]) == ("operator1", [1, 5])
    assert [one["Name"] for one in out["InstanceArray"]] == ["operator1"] * 2
    assert out["ObjectValue"]["EnvironmentVariables"] == ["A=1"]
    assert out["ObjectValue"]["ShowWindow"] == 0
    assert [one.class_name for one in out["ObjectArray"]] == [
        "Win32_ProcessStartup", "Win32_Trustee",
    ]  # fmt: skip


def test_references_go_in_and_come_out_again(shared: tuple[Endpoint, Session]) -> None:
    given = {"ReferenceValue": REFERENCE, "ReferenceArray": [REFERENCE]}
    out = shared[1].invoke("Loopback_AllTypes", "Echo", given).out
    assert (out["ReferenceValue"].class_name, out["ReferenceValue"].key) == (
        "Win32_Service", {"Name": "WinRM"},
    )  # fmt: skip
    assert shared[1].get_instance(out["ReferenceArray"][0])["State"] == "Running"


def test_names_have_no_case(shared: tuple[Endpoint, Session]) -> None:
    result = shared[1].invoke("loopback_alltypes", "ECHO", {"uint8VALUE": 7})
    assert result.out["UINT8value"] == 7


def test_a_return_value_need_not_be_a_number(shared: tuple[Endpoint, Session]) -> None:
    result = shared[1].invoke("Loopback_AllTypes", "Spell", {"Number": 42})
    assert result.return_value == "four two"


# Results and errors


def test_a_return_value_that_tells_of_a_failure_is_a_result(session: Session) -> None:
    service = session.get_instance(SPOOLER)
    assert session.invoke(service, "StartService").check().return_value == 0
    assert session.get_instance(SPOOLER)["State"] == "Running"
    result = session.invoke(service, "StartService")
    assert result.return_value == 10
    with pytest.raises(MethodFailed, match="Service Already Running"):
        result.check()


def test_a_process_is_created_and_ended(session: Session) -> None:
    made = session.invoke("Win32_Process", "Create", {"CommandLine": "cmd.exe /c dir"}).check()
    process = session.get_instance(f'Win32_Process.Handle="{made.out["ProcessId"]}"')
    assert process["CommandLine"] == "cmd.exe /c dir"
    assert session.invoke(process, "Terminate", {"Reason": 0}).return_value == 0
    with pytest.raises(NotFound):
        session.get_instance(process)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (("Create", {"CommandLin": "x"}), InvalidParameter, "Did you mean"),
        (("Creat", {}), MethodNotFound, r"Did you mean Create\?"),
        (("Create", {"CommandLine": 7}), TypeMismatch, "CommandLine"),
        (("Create", {"ProcessId": 7}), InvalidParameter, "ProcessId"),
    ],
)
def test_what_the_class_does_not_know_is_never_sent(
    endpoint: Endpoint, session: Session, call: tuple[str, Any], error: Any, text: str
) -> None:
    with pytest.raises(error, match=text):
        session.invoke("Win32_Process", *call)
    assert actions(endpoint) == ["Get"]  # the declaration


def test_an_object_that_is_gone_says_so(session: Session) -> None:
    with pytest.raises(NotFound):
        session.invoke('Win32_Service.Name="Nobody"', "StartService")


# Exchanges


def test_each_call_is_one_exchange_and_the_class_is_fetched_once(
    endpoint: Endpoint, session: Session
) -> None:
    for _ in range(3):
        session.invoke(SPOOLER, "InterrogateService")
    assert actions(endpoint) == ["Get", *["InterrogateService"] * 3]


def test_with_a_shared_store_no_class_is_fetched(endpoint: Endpoint, session: Session) -> None:
    store = SchemaStore([session.get_class("Win32_Service")])
    with opened(endpoint, schema=store) as other:
        other.invoke(SPOOLER, "InterrogateService")
    assert actions(endpoint) == ["Get", "InterrogateService"]


@pytest.mark.parametrize("flags", [OperationFlags.NO_RTTI, OperationFlags.BASIC_RTTI])
def test_whoever_asks_for_text_is_sent_no_class(
    endpoint: Endpoint, session: Session, flags: OperationFlags
) -> None:
    result = session.invoke(
        "Loopback_AllTypes", "Echo", {"Uint8Value": 7, "StringArray": ["a", "b"]}, flags=flags
    )
    assert (result.return_value, result.out["Uint8Value"]) == ("0", "7")
    assert result.out["StringArray"] == ["a", "b"]
    assert not result.is_typed
    assert actions(endpoint) == ["Echo"]


# Never twice


def test_a_call_whose_answer_is_lost_is_not_made_again(
    endpoint: Endpoint, session: Session
) -> None:
    session.get_class("Win32_Process")
    before = len(list(endpoint.repository.instances("root/cimv2", "Win32_Process")))
    endpoint.disturb(Cut("Create", after_bytes=0))
    with pytest.raises(MIError) as caught:
        session.invoke("Win32_Process", "Create", {"CommandLine": "cmd.exe"})
    assert caught.value.outcome_unknown
    after = len(list(endpoint.repository.instances("root/cimv2", "Win32_Process")))
    assert after == before + 1


def test_a_call_that_takes_too_long_is_not_made_again(endpoint: Endpoint, session: Session) -> None:
    session.get_class("Win32_Service")
    endpoint.disturb(Stall("StopService", seconds=30))
    with pytest.raises(OperationTimeout) as caught:
        session.invoke(SPOOLER, "StopService", timeout=0.3)
    assert caught.value.outcome_unknown
    assert actions(endpoint).count("StopService") <= 1
    assert session.invoke(SPOOLER, "InterrogateService") is not None
