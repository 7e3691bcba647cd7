"""The channel with a transport and conversations that are played; others have real ones."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mi.calls import (
    Call,
    DeleteInstance,
    EnumerateInstances,
    GetInstance,
    QueryInstances,
    Subscribe,
    SubscribeEventLog,
)
from mi.control import CancelToken, Control, Expiry
from mi.credentials import Credentials
from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    MIError,
    NotSupported,
    OperationTimeout,
    ProtocolError,
)
from mi.instance import Instance
from mi.options import OperationOptions
from mi.results import OperationFlags
from mi.store import SchemaStore
from protocols.channels import forks
from protocols.meanings.circumstances import Circumstances, Reach
from protocols.winrm.conversations import CONVERSATIONS
from protocols.winrm.endpoint import Address
from protocols.winrm.plain import Basic
from protocols.wsman.dialects import (
    DIALECTS,
    Dialect,
    SchemaView,
    Settings,
)
from protocols.wsman.fault import Fault
from tests.winrm.played import CALL, Played, Transport, channel_over, play, request, values

# Starting


class Unheard(Call[None]):
    """A call that nobody has a row for."""


def test_a_call_without_a_row_is_not_supported(transport: Transport) -> None:
    with pytest.raises(NotSupported, match="Unheard is not in this release over WINRM"):
        channel_over(transport).start(Unheard(), Control.begin(OperationOptions()))


class Recorder:
    """A conversation that shows what it was made from."""

    made: tuple[Call[Any], Settings, Dialect, SchemaView]

    def __init__(self, *given: Any) -> None:
        Recorder.made = given  # type: ignore[assignment]


def started(
    monkeypatch: pytest.MonkeyPatch, options: OperationOptions, **destination: Any
) -> tuple[Call[Any], Settings, Dialect, SchemaView]:
    monkeypatch.setitem(CONVERSATIONS, EnumerateInstances, Recorder)  # type: ignore[misc]
    control = Control.begin(options, OperationFlags.BASIC_RTTI, timeout=7)
    channel_over(None, **destination).start(CALL, control)
    return Recorder.made


def test_a_conversation_is_made_from_the_call_and_the_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call, settings, dialect, schemas = started(monkeypatch, OperationOptions())
    assert call is CALL
    assert settings.session_id.startswith("uuid:")
    assert replace(settings, session_id="") == Settings(7, 32_000, OperationFlags.BASIC_RTTI, "h")
    assert dialect is DIALECTS["winrm3"]  # type: ignore[index]
    assert schemas.find("root/cimv2", "Win32_Service") is None


def test_the_operations_options_come_before_the_destinations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = SchemaStore()
    given: dict[str, Any] = {"max_elements": 20, "server_kind": "omi", "schema": store}
    _, settings, dialect, schemas = started(monkeypatch, OperationOptions(), **given)
    assert (settings.max_elements, dialect) == (20, DIALECTS["omi"])  # type: ignore[index]
    assert schemas is store
    _, settings, _, _ = started(monkeypatch, OperationOptions(max_elements=10), **given)
    assert settings.max_elements == 10


def test_a_conversation_is_told_the_languages_of_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"ui_locale": "de-DE", "data_locale": "fr-FR"}
    _, settings, _, _ = started(monkeypatch, OperationOptions(), **given)
    assert settings.locales == ("de-DE", "fr-FR")


def test_waiting_for_somebody_elses_fetch_ends_with_the_callers_own_time(
    transport: Transport,
) -> None:
    channel = channel_over(transport)
    fetch = request("Get", schema=("root/cimv2", "Win32_Service"))
    waiting = play(channel, Played((fetch, ["a"])), timeout=0.1)
    with (
        channel.fetching.only("ROOT/cimv2", "win32_SERVICE", Expiry(), CancelToken()),
        pytest.raises(OperationTimeout, match="waiting for a free connection"),
    ):
        waiting.next_batch()


# Closing


def test_closing_releases_and_closes(transport: Transport) -> None:
    channel = channel_over(transport)
    run = play(channel, Played(left_open=request("Release")))
    run.drop()
    grace = Expiry.of_grace()
    channel.close(grace)
    assert transport.actions == ["Release"]
    assert transport.closed == [grace]
    run = play(channel, Played(left_open=request("Release")))
    run.close()  # there is nothing left to send
    assert transport.actions == ["Release"]


def test_a_channel_that_was_never_used_closes_without_a_transport() -> None:
    channel = channel_over(None)
    channel.close(Expiry.of_grace())
    channel.close(Expiry.of_grace())
    with pytest.raises(InvalidParameter, match="the session is closed"):
        play(channel, Played((request(), []))).next_batch()


def test_a_query_is_an_enumeration() -> None:
    assert CONVERSATIONS[QueryInstances] is CONVERSATIONS[EnumerateInstances]


def test_both_kinds_of_subscriptions_are_one_conversation() -> None:
    assert CONVERSATIONS[Subscribe] is CONVERSATIONS[SubscribeEventLog]


def test_the_transport_is_made_once_when_it_is_needed() -> None:
    channel = channel_over(None)
    assert channel._transport is None
    assert channel._lines() is channel._lines()
    channel.close(Expiry.of_grace())


def test_what_is_known_where_a_fault_comes_in_is_of_the_call_and_of_the_session(
    transport: Transport,
) -> None:
    channel = channel_over(transport, max_envelope_size=64)
    transport.method = Basic(Credentials.password("ops", "secret"), Address("http", "h", 1, "/"))
    channel.server.answered("root/cimv2")
    assert channel.circumstances(CALL, request()) == Circumstances(
        "Win32_Service", "Win32_Service", "root/cimv2", user="ops", may_be_filtered=True,
        reach=Reach.NAMESPACE, max_envelope_size=64,
    )  # fmt: skip


def test_before_anything_was_sent_nothing_is_known_of_the_session() -> None:
    asked = request(schema=("root/other", "X_Thing"))
    assert channel_over(None).circumstances(CALL, asked) == Circumstances(
        "X_Thing", "X_Thing", "root/other", max_envelope_size=500
    )


# A fork


def test_after_a_fork_what_was_begun_before_is_the_parents(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, never_used = channel_over(transport), channel_over(None)
    run = play(channel, Played((request(), ["a"]), left_open=request("Release")))
    values(run)
    dropped = play(channel, Played(left_open=request("Release")))
    dropped.drop()
    monkeypatch.setattr(forks, "_OUTLIVING", {channel, never_used})
    forks._begin_anew()
    run.close()
    with pytest.raises(InvalidParameter, match="in another process"):
        run.next_batch()
    assert values(play(channel, Played((request("Get"), ["b"])))) == ["b"]
    assert transport.actions == ["Enumerate", "Get"]


# What the caller and the kind of server make of a call


KEY = Instance("Win32_Service", {"Name": "Spooler"})


def test_a_prefix_of_the_callers_own_is_that_of_the_resource(transport: Transport) -> None:
    options = OperationOptions(resource_uri_prefix="http://schemas.acme.com/cim")
    control = Control.begin(options)
    conversation = channel_over(transport).begin(GetInstance(KEY, namespace="root/x"), control)
    asked = conversation.next_request()
    assert asked is not None
    assert asked.resource_uri == "http://schemas.acme.com/cim/Win32_Service"


def test_what_a_kind_of_server_cannot_do_is_not_begun(transport: Transport) -> None:
    channel = channel_over(transport, server_kind="winrm2")
    with pytest.raises(NotSupported, match="WinRM before 3"):
        channel.start(DeleteInstance(KEY, namespace="root/x"), Control.begin(OperationOptions()))
    assert transport.actions == []


@pytest.mark.parametrize("repeatable", [True, False])
def test_what_came_of_a_change_is_unknown_where_its_reply_is_none(
    transport: Transport, repeatable: bool
) -> None:
    transport.exchange = lambda *_, **__: iter((b"<html/>",))  # type: ignore[assignment,misc]
    asked = request("Change", repeatable=repeatable)
    with pytest.raises(ProtocolError) as caught:
        channel_over(transport).ask(asked, Expiry.of_grace(), CancelToken())
    assert caught.value.outcome_unknown is not repeatable


def test_a_poll_is_sent_again_when_the_server_was_busy(transport: Transport) -> None:
    transport.faults["Receive"] = Fault.of("QUOTA_USER", "too many")
    attempts: list[str] = []

    def relent(action: str) -> None:
        attempts.append(action)
        if len(attempts) == 2:
            transport.faults.clear()

    transport.before = relent
    poll = request("Receive", repeatable=False, is_poll=True)
    assert values(play(channel_over(transport), Played((poll, ["a"])))) == ["a"]
    assert attempts == ["Receive", "Receive"]


def test_a_poll_that_is_written_again_differs_by_its_id_alone(transport: Transport) -> None:
    channel = channel_over(transport)
    poll, other = request("Receive", is_poll=True), request("Receive", body="<x/>", is_poll=True)
    ids = ("uuid:1", "uuid:22", "uuid:3")
    for asked in (poll, other, request("Get")):
        fresh = [channel_over(None).written(asked, one) for one in ids]
        assert [channel.written(asked, one) for one in ids] == fresh


# Answers that do not come


@pytest.mark.parametrize(
    ("longest", "timeout", "kind"),
    [(0.01, 5, ConnectionFailed), (5, 0.01, OperationTimeout), (None, 0.01, OperationTimeout)],
)
def test_no_answer_in_all_of_the_servers_time_is_a_connection_that_is_lost(
    transport: Transport, longest: float | None, timeout: float, kind: type[MIError]
) -> None:
    def exchange(envelope: bytes, expiry: Expiry, *rest: Any, **others: Any) -> Iterator[bytes]:
        raise expiry.error("waiting for the reply")

    transport.exchange = exchange  # type: ignore[method-assign]
    sent = request(longest_wait=longest, repeatable=False)
    run = play(channel_over(transport), Played((sent, [])), timeout=timeout)
    with pytest.raises(kind) as caught:
        run.next_batch()
    if longest == 0.01:
        assert "gave no answer in 0.01 s" in str(caught.value)


@pytest.mark.parametrize(("connections", "poll"), [(None, 20.0), (1, 2.0), (2, 20.0)])
def test_a_poll_is_brief_where_there_is_one_connection(
    monkeypatch: pytest.MonkeyPatch, connections: int | None, poll: float
) -> None:
    made = started(monkeypatch, OperationOptions(), max_connections=connections)
    assert made[1].longest_poll == poll
