"""The channel with a transport and conversations that are played; others have real ones."""

import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
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
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
)
from mi.instance import Instance
from mi.options import OperationOptions
from mi.results import OperationFlags
from mi.store import SchemaStore
from protocols.winrm import channel as channel_module
from protocols.winrm import later
from protocols.winrm.channel import WinrmChannel
from protocols.winrm.conversations import CONVERSATIONS
from protocols.winrm.endpoint import Address
from protocols.winrm.plain import Basic
from protocols.winrm.run import Run
from protocols.wsman.circumstances import Circumstances, Reach
from protocols.wsman.dialects import (
    DIALECTS,
    Dialect,
    SchemaView,
    Settings,
)
from protocols.wsman.fault import Fault
from tests.sessions import settles
from tests.winrm.played import CALL, Played, Transport, channel_over, play, request, values


@pytest.fixture
def transport() -> Transport:
    return Transport()


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
        channel.fetching(("ROOT/cimv2", "win32_SERVICE"), Expiry(), CancelToken()),
        pytest.raises(OperationTimeout, match="waiting for a free connection"),
    ):
        waiting.next_batch()
    with channel.fetching(("root/cimv2", "Win32_Service"), Expiry(), CancelToken()):
        pass


# Ends


def test_a_run_that_is_closed_releases_what_is_open(transport: Transport) -> None:
    conversation = Played((request(), ["a"]), left_open=request("Release"))
    run = play(channel_over(transport), conversation)
    run.next_batch()
    run.close()
    run.close()
    assert transport.actions == ["Enumerate", "Release"]
    assert transport.expiries[1].limit == "grace"
    assert conversation.abandoned == 1


def test_a_run_with_nothing_open_sends_nothing(transport: Transport) -> None:
    run = play(channel_over(transport), Played())
    run.close()
    assert transport.actions == []


def test_a_release_that_fails_says_so_and_leaves_it_open(transport: Transport) -> None:
    run = play(channel_over(transport), Played(left_open=request("Release")))

    def fail(_: str) -> None:
        raise ConnectionFailed("gone")

    transport.before = fail
    with pytest.raises(ConnectionFailed):
        run.close()
    transport.before = lambda action: None
    run.drop()  # as after a close that was interrupted
    values(play(run._channel, Played((request(), []))))
    assert transport.actions == ["Release", "Enumerate"]


def test_a_dropped_run_is_released_before_the_next_exchange(transport: Transport) -> None:
    channel = channel_over(transport)
    for _ in range(2):
        play(channel, Played(left_open=request("Release"))).drop()
    play(channel, Played()).drop()
    assert transport.actions == []
    values(play(channel, Played((request(), []))))
    assert transport.actions == ["Release", "Release", "Enumerate"]
    assert transport.expiries[0].limit == "timeout"


def test_releasing_a_dropped_run_takes_the_grace_time_at_most(transport: Transport) -> None:
    channel = channel_over(transport)
    play(channel, Played(left_open=request("Release"))).drop()
    values(play(channel, Played((request(), [])), timeout=100))
    assert transport.expiries[0].limit == "grace"


def test_a_dropped_run_that_cannot_be_released_disturbs_nobody(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(action: str) -> None:
        if action == "Release":
            raise ConnectionFailed("gone")

    transport.before = fail
    channel = channel_over(transport)
    play(channel, Played(left_open=request("Release"))).drop()
    assert values(play(channel, Played((request(), ["a"])))) == ["a"]
    assert "could not be released: gone" in caplog.text


@pytest.mark.parametrize(
    "error", [OperationCancelled("x"), OperationTimeout("x"), KeyboardInterrupt()]
)
def test_a_dropped_run_stays_with_the_channel_when_its_releaser_must_go(
    transport: Transport, error: BaseException
) -> None:
    channel = channel_over(transport)
    play(channel, Played(left_open=request("Release"))).drop()
    run = play(channel, Played((request(), ["a"])), timeout=0.05)

    def stop(_: str) -> None:
        if isinstance(error, OperationCancelled):
            run._control.cancel.cancel()
        if isinstance(error, OperationTimeout):
            threading.Event().wait(0.1)
        raise error

    transport.before = stop
    with pytest.raises(type(error)):
        run.next_batch()
    transport.before = lambda action: None
    channel.close(Expiry.of_grace())
    assert transport.actions == ["Release"]


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


def test_closing_goes_on_when_the_release_fails(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def no_line(expiry: Expiry, cancel: CancelToken, **how: bool) -> Iterator[Transport]:
        raise OperationTimeout("in use")
        yield transport

    transport.lease = no_line  # type: ignore[method-assign]
    channel = channel_over(transport)
    play(channel, Played(left_open=request("Release"))).drop()
    with caplog.at_level(logging.WARNING, "mi.winrm"):
        channel.close(Expiry.of_grace())
    assert "what was left open could not be released: in use" in caplog.text
    assert len(transport.closed) == 1


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
    monkeypatch.setattr(channel_module, "_CHANNELS", {channel, never_used})
    channel_module._begin_anew()
    run.close()
    with pytest.raises(InvalidParameter, match="in another process"):
        run.next_batch()
    assert values(play(channel, Played((request("Get"), ["b"])))) == ["b"]
    assert transport.actions == ["Enumerate", "Get"]


def test_a_dropped_run_that_another_thread_releases_is_passed_over(transport: Transport) -> None:
    class Emptied(deque[Any]):
        def __bool__(self) -> bool:
            return True

    channel = channel_over(transport)
    channel._orphans = Emptied()
    assert values(play(channel, Played((request(), ["a"])))) == ["a"]


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


# Last words that wait


class Ended(Played):
    """A conversation that has ended, and leaves something open that is in nobody's way."""

    may_wait = True


def ended(channel: WinrmChannel, name: str = "Signal") -> Run:
    run = play(channel, Ended(left_open=request(name)))
    assert run.next_batch() is None
    return run


def test_what_may_wait_is_released_a_moment_later(transport: Transport) -> None:
    channel = channel_over(transport)
    ended(channel).close()
    assert transport.actions == []
    assert settles(lambda: transport.actions == ["Signal"])


def test_what_may_wait_is_released_when_the_channel_closes(transport: Transport) -> None:
    channel = channel_over(transport)
    ended(channel).close()
    channel.close(Expiry.of_grace())
    assert transport.actions == ["Signal"]


def test_what_may_wait_does_not_where_too_much_waits(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "_MOST", 0)
    channel = channel_over(transport)
    ended(channel).close()
    assert transport.actions == ["Signal"]


def test_what_cannot_be_released_later_is_released_with_the_next_exchange(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(action: str) -> None:
        raise ConnectionFailed("no route")

    transport.before = refuse
    channel = channel_over(transport)
    with caplog.at_level(logging.INFO, "mi.winrm"):
        ended(channel).close()
        assert settles(lambda: len(channel._orphans) == 1)
    assert "not released yet: no route" in caplog.text
    transport.before = lambda _: None
    values(play(channel, Played((request(), []))))
    assert transport.actions == ["Signal", "Enumerate"]


def test_what_another_process_has_ended_is_not_released(transport: Transport) -> None:
    channel = channel_over(transport)
    run = ended(channel)
    run.life = object()
    channel.defer(run)
    assert settles(lambda: len(channel._later) == 0)
    assert transport.actions == []


def test_a_quota_is_made_room_for_by_what_waits(transport: Transport) -> None:
    channel = channel_over(transport)
    ended(channel).close()
    transport.faults["Command"] = Fault.of("QUOTA_MAX_COMMANDS_PER_SHELL_PPQ", "too many")

    def relent(action: str) -> None:
        if action == "Signal":
            transport.faults.clear()

    transport.before = relent
    run = play(channel, Played((request("Command", repeatable=False), ["done"])))
    assert values(run) == ["done"]
    assert transport.actions == ["Command", "Signal", "Command"]


def test_a_fault_that_is_no_quota_moves_nothing(transport: Transport) -> None:
    channel = channel_over(transport)
    ended(channel).close()
    transport.faults["Command"] = Fault.of("ERROR_ACCESS_DENIED", "no")
    values(play(channel, Played((request("Command", repeatable=False), ["told"]))))
    assert transport.actions == ["Command"]
    channel.close(Expiry.of_grace())


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


def test_what_may_take_its_time_is_released_a_moment_later(transport: Transport) -> None:
    run = play(channel_over(transport), Played(left_open=request("Signal")))
    run.take_time()
    run.close()
    assert transport.actions == []
    assert settles(lambda: transport.actions == ["Signal"])
