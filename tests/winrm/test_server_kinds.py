"""Servers of other kinds: what is learned from them, asked again, or not asked at all."""

from collections.abc import Iterator
from typing import Any

import pytest

from mi.callbacks import SessionCallbacks
from mi.errors import InvalidClass, InvalidParameter, NotFound, NotSupported
from mi.instance import Instance
from mi.options import OperationOptions, ServerKind
from mi.results import CimType, Flags, OperationFlags
from mi.session import Session
from mi.store import SchemaStore
from protocols.loopback import Endpoint
from protocols.loopback.population import sample_repository
from protocols.loopback.service import Limits
from protocols.wsman.namespaces import DMTF_CIM_SCHEMA, WMI
from tests.winrm.opened import actions, opened

SPOOLER = 'Win32_Service.Name="Spooler"'
OLD = Limits(kind=ServerKind.WINRM2)


@pytest.fixture
def old() -> Iterator[Endpoint]:
    with Endpoint(limits=OLD) as running:
        yield running


@pytest.fixture
def session(old: Endpoint) -> Iterator[Session]:
    with opened(old) as open_session:
        yield open_session


def families(endpoint: Endpoint) -> list[str]:
    """Return for each request whose resource URI it had."""
    return ["WMI" if one.resource_uri.startswith(WMI) else "DMTF" for one in endpoint.exchanges]


# What is learned


def test_nothing_is_asked_to_find_out_what_a_server_is() -> None:
    with Endpoint() as endpoint, opened(endpoint) as session:
        session.get_instance(SPOOLER)
        assert actions(endpoint) == ["Get", "Get"]
        assert endpoint.exchanges[0].resource_uri.startswith("http://schemas.dmtf.org/")


@pytest.mark.parametrize(
    "ask",
    [
        lambda session: session.get_instance(SPOOLER)["Name"],
        lambda session: session.enumerate_instances("Win32_Service").all()[0]["Name"],
        lambda session: session.query_instances("SELECT * FROM Win32_Service").all()[0]["Name"],
        lambda session: session.associator_instances(SPOOLER).all(),
        lambda session: session.enumerate_classes(names_only=True).all(),
    ],
)
def test_a_form_that_older_windows_refuses_is_changed_once_and_remembered(
    old: Endpoint, session: Session, ask: Any
) -> None:
    assert ask(session)
    first = families(old)
    assert first[0] == "DMTF"
    assert set(first[1:]) == {"WMI"}
    ask(session)
    assert families(old).count("DMTF") == 1


def test_a_call_is_made_once_though_its_first_form_was_refused(
    old: Endpoint, session: Session
) -> None:
    before = len(list(old.repository.instances("root/cimv2", "Win32_Process")))
    session.invoke("Win32_Process", "Create", {"CommandLine": "cmd.exe"})
    assert actions(old) == ["Get", "Create", "Create"]
    assert families(old) == ["DMTF", "DMTF", "WMI"]
    after = len(list(old.repository.instances("root/cimv2", "Win32_Process")))
    assert after == before + 1


@pytest.mark.parametrize("say", ["option", "test"])
def test_a_kind_that_is_known_beforehand_costs_nothing(old: Endpoint, say: str) -> None:
    options = {"server_kind": "winrm2"} if say == "option" else {}
    with opened(old, **options) as session:
        if say == "test":
            session.test_connection()
        before = len(old.exchanges)
        session.get_instance(SPOOLER)
        assert families(old)[before:] == ["WMI"]


def test_what_the_caller_says_is_not_corrected(old: Endpoint) -> None:
    with opened(old, server_kind="winrm3") as session:
        with pytest.raises(InvalidClass, match="server_kind='winrm2'"):
            session.get_instance(SPOOLER, flags=OperationFlags.NO_RTTI)
        assert families(old) == ["DMTF"]


# What such a server gives


def test_its_values_are_text_and_the_caller_is_told_so_once(old: Endpoint) -> None:
    told: list[str] = []
    callbacks = SessionCallbacks(lambda channel, text: told.append(text))
    with opened(old, callbacks) as session:
        service = session.get_instance(SPOOLER)
        session.enumerate_instances("Win32_Service").all()
    assert service["DesktopInteract"] == "false"
    assert not service.is_typed
    assert service.key == {"Name": "Spooler"}
    assert [text.partition(",")[0] for text in told] == ["this kind of server declares no classes"]


def test_a_store_gives_its_values_types(old: Endpoint) -> None:
    declared = sample_repository().find_class("root/cimv2", "Win32_Service")
    with opened(old, schema=SchemaStore([declared])) as session:
        assert session.get_instance(SPOOLER)["DesktopInteract"] is False


def test_an_enumerated_object_is_found_again_by_what_the_server_called_it(
    session: Session,
) -> None:
    found = session.enumerate_instances("Win32_Service").all()[3]
    assert session.get_instance(found)["Name"] == found["Name"]


def test_the_whole_instance_is_put(old: Endpoint) -> None:
    disk = 'Win32_LogicalDisk.DeviceID="C:"'
    with opened(old, server_kind="winrm2") as session:
        found = session.get_instance(disk)
        found["VolumeName"] = "Data"
        session.modify_instance(found)
        assert session.get_instance(disk)["VolumeName"] == "Data"
    put = old.exchanges[1]
    assert b"Description" in put.request_bytes
    assert b"__MIInstanceModifiedPropertiesList" not in put.request_bytes


def test_integers_without_a_class_have_to_say_their_types(old: Endpoint) -> None:
    with opened(old, server_kind="winrm2") as session:
        disk = Instance("Win32_LogicalDisk", {"VolumeName": "Data"})
        disk.add("DeviceID", "C:", flags=Flags.KEY)
        guessed = disk.copy()
        guessed.add("DriveType", 3)
        with pytest.raises(InvalidParameter, match="DriveType"):
            session.modify_instance(guessed)
        assert old.exchanges == []
        disk.add("DriveType", 3, type=CimType.UINT32)
        session.modify_instance(disk)


def test_the_names_of_its_classes_are_found_and_their_declarations_are_not(
    session: Session,
) -> None:
    names = [one.name for one in session.enumerate_classes(names_only=True, deep=True)]
    assert "Win32_Service" in names
    some = session.enumerate_classes(
        "CIM_Service", names_only=True, deep=True, pattern="Win32_*"
    ).all()
    assert {"Win32_BaseService", "Win32_Service"} <= {one.name for one in some}
    with pytest.raises(NotSupported, match="SchemaStore"):
        session.get_class("Win32_Service")


def test_a_declaration_that_it_cannot_give_is_asked_for_once(
    old: Endpoint, session: Session
) -> None:
    for _ in range(2):
        with pytest.raises(NotSupported, match="gives no class declarations"):
            session.get_class("Win32_Service")
    assert actions(old) == ["Get"]


def test_what_it_cannot_do_is_not_sent(old: Endpoint) -> None:
    with opened(old, server_kind="winrm2") as session:
        for call in (session.create_instance, session.delete_instance):
            with pytest.raises(NotSupported, match="WinRM before 3"):
                call(Instance("Win32_Environment", {"Name": "X", "UserName": "<SYSTEM>"}))
    assert old.exchanges == []


def test_what_it_cannot_do_fails_once_it_is_known_what_it_is(
    old: Endpoint, session: Session
) -> None:
    with pytest.raises(NotSupported, match="WinRM before 3"):
        session.create_instance(
            Instance("Win32_Environment", {"Name": "X", "UserName": "<SYSTEM>"}),
            flags=OperationFlags.NO_RTTI,
        )
    assert families(old) == ["DMTF"]


def test_an_object_that_is_not_there_says_so_in_either_form(session: Session) -> None:
    with pytest.raises(NotFound):
        session.get_instance('Win32_Service.Name="Nobody"')


# The caller's own resource URIs


def test_a_resource_and_a_prefix_are_sent_as_the_caller_says() -> None:
    with Endpoint() as endpoint, opened(endpoint) as session:
        other = f"{WMI}/root/cimv2"
        for options in (
            OperationOptions(resource_uri_prefix=WMI),
            OperationOptions(resource_uri_prefix=other),
            OperationOptions(resource_uri=f"{DMTF_CIM_SCHEMA}/Win32_Service"),
        ):
            session.get_instance(SPOOLER, options=options, flags=OperationFlags.NO_RTTI)
        assert [one.resource_uri for one in endpoint.exchanges] == [
            f"{other}/Win32_Service",
            f"{other}/Win32_Service",
            f"{DMTF_CIM_SCHEMA}/Win32_Service",
        ]
