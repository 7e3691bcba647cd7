"""The life of a shell as a conversation: opened, taken over, left, found again, listed."""

from datetime import timedelta
from typing import Any

import pytest

from mi.errors import AccessDenied, InvalidParameter, ProtocolError, ShellLost, TypeMismatch
from mi.shell_calls import (
    CMD,
    POWERSHELL,
    ConnectShell,
    DisconnectShell,
    EnumerateShells,
    OpenShell,
    ReconnectShell,
    ShellDescription,
    ShellOption,
)
from protocols.wsman import namespaces as ns
from protocols.wsman import shells
from protocols.wsman.conversation import Conversation, Losing
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, NO_CLASSES, SchemaView, Settings
from protocols.wsman.envelope import Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option, Selector
from protocols.wsman.pages import Pull, Release, write_page
from protocols.wsman.shell import Connection, Disconnection, Listing, Opening, Reconnection
from protocols.wsman.shell_messages import Connect, Disconnect, write_connected
from tests.wsman.cases import answer

DIALECT = DIALECTS["winrm3"]  # type: ignore[index]
SETTINGS = Settings(30.0, max_elements=10, session_id="uuid:A&B")
SCHEMAS: Any = None
SHELL = ShellDescription("19CE36E9", CMD)
DENIED = Fault.of("ERROR_ACCESS_DENIED", "no")
GONE = Fault.of("UNEXPECTED_SELECTORS", "no such shell")
SESSION = '<p:SessionId s:mustUnderstand="false">uuid:A&amp;B</p:SessionId>'


def begin(kind: Any, call: Any, settings: Settings = SETTINGS) -> Any:
    schemas: SchemaView = SCHEMAS
    return kind(call, settings, DIALECT, schemas)


def created(shell: ShellDescription) -> Any:
    return answer(shells.write_created(shell))


def deletion(shell_id: str) -> Request:
    return Request(
        ns.ACTION_DELETE,
        CMD,
        selectors=(Selector.of("ShellId", shell_id),),
        operation_timeout=30.0,
        header=SESSION,
        longest_wait=45.0,
    )


def test_a_shell_is_opened_and_held_until_it_is_deleted() -> None:
    call = OpenShell(
        shell_id="A",
        name="mine",
        environment={"X": "1"},
        working_directory="C:\\",
        idle_timeout=600.0,
        options=(ShellOption("WINRS_CODEPAGE", "65001"), ShellOption("V", "2.3", must_comply=True)),
        creation_xml=b"xml",
    )
    conversation: Conversation = begin(Opening, call)
    request = conversation.next_request()
    assert request is not None
    assert (request.action, request.resource_uri, request.repeatable) == (
        ns.ACTION_CREATE, CMD, False,
    )  # fmt: skip
    assert request.options == (
        Option("WINRS_CODEPAGE", "65001"),
        Option("V", "2.3", must_comply=True),
    )
    assert request.selectors == ()
    assert (request.header, request.operation_timeout, request.longest_wait) == (
        SESSION,
        30.0,
        45.0,
    )
    new = shells.NewShell.read(answer(request.body).body)
    assert new == shells.NewShell(
        "A", "mine", {"X": "1"}, "C:\\", 600.0, ("stdin",), ("stdout", "stderr"), b"xml"
    )
    shell = ShellDescription("B", CMD, idle_timeout=timedelta(hours=2))
    assert conversation.receive(created(shell)) == [shell]
    assert conversation.next_request() is None
    assert not conversation.awaits_class
    assert conversation.abandon() == deletion("B")
    assert conversation.abandon() == deletion("B"), "a Ctrl-C may come between two askings"


def test_a_shell_that_was_not_opened_is_not_deleted() -> None:
    conversation = begin(Opening, OpenShell(shell_id="A"))
    with pytest.raises(AccessDenied):
        conversation.receive(DENIED)
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_an_answer_that_names_no_shell_is_none() -> None:
    conversation = begin(Opening, OpenShell())
    with pytest.raises(ProtocolError):
        conversation.receive(answer())
    assert conversation.next_request() is None


def test_a_shell_whose_opening_was_lost_is_deleted_by_the_name_proposed() -> None:
    conversation: Losing = begin(Opening, OpenShell(shell_id="A"))
    conversation.lose()
    assert conversation.abandon() == deletion("A")
    assert conversation.next_request() is None


def test_a_shell_without_a_name_cannot_be_deleted() -> None:
    conversation = begin(Opening, OpenShell())
    conversation.lose()
    assert conversation.abandon() is None


def test_what_is_lost_later_is_not_the_shell() -> None:
    conversation = begin(Opening, OpenShell(shell_id="A"))
    conversation.receive(created(ShellDescription("B")))
    conversation.lose()
    assert conversation.abandon() == deletion("B")


def test_no_class_is_awaited() -> None:
    conversation = begin(Opening, OpenShell())
    assert conversation.receive(CLASS_KNOWN) == conversation.receive(NO_CLASSES) == []
    assert conversation.next_request() is not None


def test_a_session_without_an_id_says_none() -> None:
    request = begin(Opening, OpenShell(), Settings()).next_request()
    assert (request.header, request.operation_timeout, request.longest_wait) == ("", 60.0, 75.0)


def test_a_shell_is_taken_over_and_held() -> None:
    conversation = begin(Connection, ConnectShell("A", POWERSHELL, b"fragments"))
    request = conversation.next_request()
    assert (request.action, request.resource_uri) == (shells.ACTION_CONNECT, POWERSHELL)
    assert request.selectors == (Selector.of("ShellId", "A"),)
    assert Connect.read(answer(request.body).body) == Connect(connect_xml=b"fragments")
    [shell] = conversation.receive(answer(write_connected(b"state")))
    assert shell == ShellDescription("A", POWERSHELL, connect_response=b"state")
    assert conversation.next_request() is None
    assert conversation.abandon().action == ns.ACTION_DELETE


def test_a_shell_is_left() -> None:
    conversation = begin(Disconnection, DisconnectShell(SHELL, 120.0, "Block"))
    request = conversation.next_request()
    assert (request.action, request.repeatable) == (shells.ACTION_DISCONNECT, False)
    assert Disconnect.read(answer(request.body).body) == Disconnect(120.0, "Block")
    assert conversation.receive(answer()) == []
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_a_shell_is_found_again() -> None:
    conversation = begin(Reconnection, ReconnectShell(SHELL))
    assert conversation.next_request().action == shells.ACTION_RECONNECT
    with pytest.raises(ShellLost) as caught:
        conversation.receive(GONE)
    assert "not there any more: no such shell" in str(caught.value)
    assert conversation.next_request() is None


# Lists


def page(*names: str, context: str | None, is_first: bool) -> Any:
    items = [shells.write_description(ShellDescription(name)) for name in names]
    return answer(write_page(items, context, is_first=is_first))


def test_shells_are_listed_page_by_page() -> None:
    conversation = begin(Listing, EnumerateShells())
    request = conversation.next_request()
    assert (request.action, request.resource_uri) == (ns.ACTION_ENUMERATE, shells.SHELL)
    assert conversation.abandon() is None
    conversation = begin(Listing, EnumerateShells())
    assert conversation.receive(page("A", context="c1", is_first=True)) == [ShellDescription("A")]
    pull = conversation.next_request()
    assert (pull.action, pull.repeatable) == (ns.ACTION_PULL, False)
    assert Pull.read(answer(pull.body).body) == Pull("c1", 10)
    found = conversation.receive(page("B", "C", context=None, is_first=False))
    assert [one.shell_id for one in found] == ["B", "C"]
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_a_list_that_is_not_wanted_any_more_is_released() -> None:
    conversation = begin(Listing, EnumerateShells())
    conversation.receive(page("A", context="c1", is_first=True))
    release = conversation.abandon()
    assert (release.action, release.body) == (ns.ACTION_RELEASE, Release("c1").write())
    assert conversation.next_request() is None


@pytest.mark.parametrize(
    ("name", "is_open"), [("QUOTA_LIMIT", True), ("INVALID_ENUMERATION_CONTEXT", False)]
)
def test_a_list_that_fails_is_released_where_it_is_open(name: str, is_open: bool) -> None:
    conversation = begin(Listing, EnumerateShells())
    conversation.receive(page("A", context="c1", is_first=True))
    fault = Fault.of(name, "no")
    with pytest.raises(type(fault.error())):
        conversation.receive(fault)
    assert (conversation.abandon() is not None) is is_open


def test_one_shell_is_got_by_its_name() -> None:
    conversation = begin(Listing, EnumerateShells("A"))
    request = conversation.next_request()
    assert (request.action, request.resource_uri) == (ns.ACTION_GET, shells.SHELL)
    assert request.selectors == (Selector.of("ShellId", "A"),)
    said = answer(shells.write_description(ShellDescription("A", state="Connected")))
    assert conversation.receive(said) == [ShellDescription("A", state="Connected")]
    assert conversation.next_request() is None


# Calls


def test_a_variable_is_text() -> None:
    with pytest.raises(TypeMismatch, match="value of X"):
        OpenShell(environment={"X": 1})  # type: ignore[dict-item]


def test_an_idle_time_is_some() -> None:
    with pytest.raises(InvalidParameter, match="more than 0"):
        OpenShell(idle_timeout=0)
