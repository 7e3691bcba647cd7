"""Create, modify and delete by the public API: what is sent, how often, and what comes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mi.errors import (
    AlreadyExists,
    InvalidParameter,
    MIError,
    NoSuchProperty,
    NotFound,
    NotSupported,
    OperationTimeout,
    TypeMismatch,
)
from mi.instance import Instance
from mi.session import Session
from mi.store import SchemaStore
from protocols.loopback import Cut, Endpoint, Stall
from tests.winrm.opened import actions, opened, resources

DISK = 'Win32_LogicalDisk.DeviceID="C:"'
VARIABLE = {"Name": "BUILD", "UserName": "<SYSTEM>", "VariableValue": "7", "SystemVariable": True}
KINDS = 'Loopback_AllTypes.Id="full"'


def variable(session: Session, name: str = "BUILD") -> Instance:
    return session.get_instance(f'Win32_Environment.Name="{name}",UserName="<SYSTEM>"')


# Exchanges


def test_each_change_is_one_exchange_and_the_class_is_fetched_once(
    endpoint: Endpoint, session: Session
) -> None:
    made = session.create_instance(Instance("Win32_Environment", VARIABLE))
    found = session.get_instance(made)
    found["VariableValue"] = "8"
    session.modify_instance(found)
    session.delete_instance(found)
    assert actions(endpoint) == ["Get", "Create", "Get", "Put", "Delete"]
    assert resources(endpoint)[0] == "*"  # the declaration
    assert endpoint.connections == 1


def test_sessions_that_share_a_store_fetch_no_class_twice(endpoint: Endpoint) -> None:
    store = SchemaStore()
    for name in ("ONE", "TWO"):
        with opened(endpoint, schema=store) as session:
            session.create_instance(Instance("Win32_Environment", {**VARIABLE, "Name": name}))
    assert actions(endpoint) == ["Get", "Create", "Create"]


# What is made


def test_what_is_made_is_named_by_the_server_and_there(session: Session) -> None:
    made = session.create_instance(Instance("win32_environment", VARIABLE))
    assert made.key == {"Name": "BUILD", "UserName": "<SYSTEM>"}
    found = session.get_instance(made)
    assert (found["VariableValue"], found["SystemVariable"]) == ("7", True)
    with pytest.raises(AlreadyExists):
        session.create_instance(Instance("Win32_Environment", VARIABLE))


def test_every_kind_of_value_is_made_as_it_was_meant(session: Session) -> None:
    model = session.get_instance(KINDS)
    made = Instance(session.get_class("Loopback_AllTypes"), {**model, "Id": "copy"})
    found = session.get_instance(session.create_instance(made))
    assert {**found, "Id": "full"} == dict(model)


def test_nulls_empty_arrays_and_wildcards_are_made_as_they_were_meant(session: Session) -> None:
    for name in ("one", "extreme", "wildcards"):
        model = session.get_instance(f'Loopback_AllTypes.Id="{name}"')
        made = Instance(session.get_class("Loopback_AllTypes"), {**model, "Id": f"{name} again"})
        found = session.get_instance(session.create_instance(made))
        for key in set(model) - {"Id"}:
            assert repr(found[key]) == repr(model[key]), key


def test_integers_take_the_types_of_the_class_and_are_checked_before_anything_is_sent(
    endpoint: Endpoint, session: Session
) -> None:
    session.get_class("Loopback_AllTypes")
    sent = len(endpoint.exchanges)
    with pytest.raises(TypeMismatch, match=r"Loopback_AllTypes\.Uint8Value: 256 is outside uint8"):
        session.create_instance(Instance("Loopback_AllTypes", {"Id": "x", "Uint8Value": 256}))
    with pytest.raises(NoSuchProperty, match=r"Did you mean Uint8Value\?"):
        session.create_instance(Instance("Loopback_AllTypes", {"Id": "x", "Uint8Valu": 25}))
    assert len(endpoint.exchanges) == sent


def test_what_cannot_be_made_says_so(session: Session) -> None:
    with pytest.raises(NotSupported):
        session.create_instance(Instance("Win32_Service", {"Name": "new"}))


# What is modified


def test_only_what_was_set_is_sent(endpoint: Endpoint, session: Session) -> None:
    disk = session.get_instance(DISK)
    endpoint.repository.add(_with(endpoint, "Description", "someone else's"))
    disk["VolumeName"] = "Data"
    now = session.modify_instance(disk)
    found = session.get_instance(DISK)
    assert (found["VolumeName"], found["Description"]) == ("Data", "someone else's")
    assert now is not None
    assert now["VolumeName"] == "Data"
    put = endpoint.exchanges[2]
    assert put.action.endswith("/Put")
    assert b"<p:VolumeName" in put.request_bytes
    assert b"Description" not in put.request_bytes


def _with(endpoint: Endpoint, name: str, value: Any) -> Instance:
    changed = endpoint.repository.get("root/cimv2", "Win32_LogicalDisk", {"DeviceID": "C:"}).copy()
    changed[name] = value
    return changed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("StringValue", None),
        ("StringArray", None),
        ("StringArray", []),
        ("StringArray", ["a"]),
        ("Uint8Array", [0, 255]),
        ("DatetimeValue", datetime(2026, 5, 1, 12, 0, 0, 5, tzinfo=UTC)),
        ("IntervalValue", timedelta(days=1, microseconds=7)),
        ("Char16Value", "€"),
        ("Real64Value", 1e-300),
        ("Sint64Value", -(1 << 63)),
        ("BooleanArray", [True]),
        ("ReferenceValue", Instance("Win32_Service", {"Name": "Spooler"})),
        ("InstanceValue", Instance("Win32_Trustee", {"Name": "new", "SID": [1, 2]})),
    ],
)
def test_a_value_of_any_kind_is_modified(session: Session, name: str, value: Any) -> None:
    found = session.get_instance(KINDS)
    found[name] = value
    session.modify_instance(found)
    now = session.get_instance(KINDS)[name]
    if isinstance(value, Instance):
        assert {one: now[one] for one in value} == dict(value)
    else:
        assert now == value


def test_a_client_built_instance_sends_all_that_is_not_null(session: Session) -> None:
    session.modify_instance(
        Instance("Win32_LogicalDisk", {"DeviceID": "C:", "VolumeName": "Data", "Description": None})
    )
    disk = session.get_instance(DISK)
    assert disk["VolumeName"] == "Data"
    assert disk["Description"] is not None


def test_an_instance_in_which_nothing_was_set_is_not_sent(
    endpoint: Endpoint, session: Session
) -> None:
    disk = session.get_instance(DISK)
    with pytest.raises(InvalidParameter, match="set"):
        session.modify_instance(disk)
    assert actions(endpoint) == ["Get", "Get"]


def test_a_selected_part_of_an_instance_is_modified_alike(session: Session) -> None:
    query = "SELECT DeviceID, VolumeName FROM Win32_LogicalDisk WHERE DeviceID = 'C:'"
    [disk] = session.query_instances(query)
    disk["VolumeName"] = "Data"
    session.modify_instance(disk)
    assert session.get_instance(DISK)["VolumeName"] == "Data"


def test_what_is_read_only_or_gone_says_so(session: Session) -> None:
    disk = session.get_instance(DISK)
    disk["Size"] = 1
    with pytest.raises(NotSupported, match="read-only"):
        session.modify_instance(disk)
    gone = Instance("Win32_LogicalDisk", {"DeviceID": "Q:", "VolumeName": "x"})
    with pytest.raises(NotFound):
        session.modify_instance(gone)


def test_what_is_taken_away_is_gone(session: Session) -> None:
    session.create_instance(Instance("Win32_Environment", VARIABLE))
    session.delete_instance(variable(session))
    with pytest.raises(NotFound):
        variable(session)
    with pytest.raises(NotFound):
        session.delete_instance(Instance("Win32_Environment", {"Name": "BUILD", "UserName": "x"}))


# Never twice


def test_a_change_whose_answer_is_lost_is_not_sent_again(
    endpoint: Endpoint, session: Session
) -> None:
    session.get_class("Win32_Environment")
    endpoint.disturb(Cut("Create", after_bytes=0))
    with pytest.raises(MIError) as caught:
        session.create_instance(Instance("Win32_Environment", VARIABLE))
    assert caught.value.outcome_unknown
    assert actions(endpoint).count("Create") == 1
    assert variable(session)["VariableValue"] == "7"  # it was done after all


def test_a_change_that_takes_too_long_is_not_sent_again(
    endpoint: Endpoint, session: Session
) -> None:
    disk = session.get_instance(DISK)
    disk["VolumeName"] = "Data"
    endpoint.disturb(Stall("Put", seconds=30))
    with pytest.raises(OperationTimeout) as caught:
        session.modify_instance(disk, timeout=0.3)
    assert caught.value.outcome_unknown
    assert actions(endpoint).count("Put") <= 1
