"""The channel with a transport and conversations that are played; others have real ones."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mi.callbacks import SessionCallbacks
from mi.calls import Call, EnumerateInstances, QueryInstances, Subscribe, SubscribeEventLog
from mi.control import CancelToken, Control, Expiry
from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    MIError,
    NotFound,
    NotSupported,
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
)
from mi.instance import Instance
from mi.options import DestinationOptions, OperationOptions
from mi.results import OperationFlags
from mi.schema import Class
from mi.store import SchemaStore
from protocols.winrm import channel as channel_module
from protocols.winrm.channel import CONVERSATIONS, WinrmChannel, _Run
from protocols.winrm.endpoint import Address
from protocols.wsman.dialects import (
    CLASS_KNOWN,
    DIALECTS,
    ClassKnown,
    Dialect,
    SchemaView,
    Settings,
)
from protocols.wsman.envelope import Reply, Request, parse_request, serialize_reply
from protocols.wsman.fault import Fault

CALL = EnumerateInstances("Win32_Service", namespace="root/cimv2")
CLASS = Class("Win32_Service", "root/cimv2")


def request(action: str = "Enumerate", **others: Any) -> Request:
    return Request(f"urn:{action}", "urn:resource", **others)


class Played:
    """A conversation that sends what it is told to and gives what it is told to.

    A step is a request with the results of its reply, or an error that ends it.
    """

    def __init__(self, *steps: Any, left_open: Request | None = None) -> None:
        self.steps = deque(steps)
        self.left_open = left_open
        self.awaits_class = False
        self.received: list[Reply | Fault | ClassKnown] = []
        self.abandoned = 0

    def next_request(self) -> Request | None:
        step = self.steps[0] if self.steps else (None, [])
        if isinstance(step, MIError):
            raise step
        return None if self.awaits_class else step[0]

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        self.received.append(reply)
        self.awaits_class = False
        return list(self.steps.popleft()[1])

    def abandon(self) -> Request | None:
        self.abandoned += 1
        return self.left_open


class Transport:
    """A transport whose line is free and whose server answers anything, unless it is told."""

    def __init__(self) -> None:
        self.actions: list[str] = []
        self.repeatable: list[bool] = []
        self.expiries: list[Expiry] = []
        self.closed: list[Expiry] = []
        self.before: Callable[[str], None] = lambda action: None

    @contextmanager
    def lease(self, expiry: Expiry, cancel: CancelToken) -> Iterator["Transport"]:
        yield self

    def exchange(
        self, envelope: bytes, expiry: Expiry, cancel: CancelToken, *, repeatable: bool
    ) -> Iterator[bytes]:
        asked = parse_request(envelope, limit=10**6)
        action = asked.action.rpartition(":")[2]
        self.before(action)
        self.actions.append(action)
        self.repeatable.append(repeatable)
        self.expiries.append(expiry)
        return iter((serialize_reply("urn:reply", "<x:y/>", asked.message_id, "uuid:1"),))

    def close(self, expiry: Expiry) -> None:
        self.closed.append(expiry)


@pytest.fixture
def transport() -> Transport:
    return Transport()


def channel_over(
    transport: Transport | None, callbacks: SessionCallbacks | None = None, **options: Any
) -> WinrmChannel:
    given = DestinationOptions(**options)
    made = WinrmChannel(Address.of("h", given), "h", given, callbacks or SessionCallbacks())
    made._transport = transport  # type: ignore[assignment]
    return made


def play(
    channel: WinrmChannel,
    conversation: Played,
    call: Call[Any] = CALL,
    **control: Any,
) -> _Run:
    given = {"unary": False, "timeout": 5, **control}
    return _Run(channel, call, Control.begin(OperationOptions(), **given), conversation)


def values(run: _Run) -> list[Any]:
    """Return the results of all batches."""
    found: list[Any] = []
    while (batch := run.next_batch()) is not None:
        found += [event.value for event in batch]
    return found


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
    assert settings == Settings(7, 32_000, OperationFlags.BASIC_RTTI, "h")
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


# Running


def test_results_come_as_the_replies_do_and_empty_replies_are_passed_over(
    transport: Transport,
) -> None:
    run = play(
        channel_over(transport),
        Played(
            (request("Enumerate"), []),
            (request("Pull", repeatable=False), ["a", "b"]),
            (request("Pull", repeatable=False), ["c"]),
        ),
    )
    assert transport.actions == []
    first = run.next_batch()
    assert first is not None
    assert [event.value for event in first] == ["a", "b"]
    assert transport.actions == ["Enumerate", "Pull"]
    assert values(run) == ["c"]
    assert transport.actions == ["Enumerate", "Pull", "Pull"]
    assert transport.repeatable == [True, False, False]
    assert run.next_batch() is None


def test_each_message_has_an_id_of_its_own(transport: Transport) -> None:
    ids: list[str] = []
    make = channel_module._new_id

    def noted() -> str:
        ids.append(make())
        return ids[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(channel_module, "_new_id", noted)
        values(play(channel_over(transport), Played((request(), ["a"]), (request("Pull"), []))))
    assert len(set(ids)) == 2
    assert all(one.startswith("uuid:") and one[5:].isupper() for one in ids)


def test_identify_has_no_id(transport: Transport) -> None:
    identify = request(is_identify=True)
    run = play(channel_over(transport), Played((identify, ["a"])))
    assert values(run) == ["a"]


def test_an_error_comes_after_the_results_before_it(transport: Transport) -> None:
    run = play(channel_over(transport), Played((request(), ["a"]), NotFound("the rest")))
    assert run.next_batch() is not None
    with pytest.raises(NotFound, match="the rest"):
        run.next_batch()


def test_a_reply_that_is_none_ends_the_run(transport: Transport) -> None:
    def garbled(*_: object, **__: object) -> Iterator[bytes]:
        return iter((b"<html/>",))

    transport.exchange = garbled  # type: ignore[assignment]
    with pytest.raises(ProtocolError):
        values(play(channel_over(transport), Played((request(), ["a"]))))


class Resuming(Played):
    """A conversation that may go on without a reply."""

    can_resume = True
    lost = 0

    def resume(self) -> bool:
        self.lost += 1
        return self.can_resume


def lose_first(transport: Transport, action: str) -> None:
    def lose(sent: str) -> None:
        if sent == action:
            transport.before = lambda _: None
            raise ConnectionFailed("reset", outcome_unknown=True)

    transport.before = lose


def test_a_conversation_may_go_on_when_the_connection_broke(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    lose_first(transport, "Pull")
    conversation = Resuming((request(), ["a"]), (request("Pull"), ["b"]))
    with caplog.at_level(logging.WARNING, "mi.winrm"):
        assert values(play(channel_over(transport), conversation)) == ["a", "b"]
    assert conversation.lost == 1
    assert "the connection broke, and the operation goes on: reset" in caplog.text


def test_a_conversation_may_have_no_way_to_go_on(transport: Transport) -> None:
    lose_first(transport, "Pull")
    conversation = Resuming((request(), ["a"]), (request("Pull"), ["b"]))
    conversation.can_resume = False
    run = play(channel_over(transport), conversation)
    assert run.next_batch() is not None
    with pytest.raises(ConnectionFailed, match="reset"):
        run.next_batch()


class Change(EnumerateInstances):
    """A call that changes something."""

    repeatable = False


@pytest.mark.parametrize(("call", "is_unknown"), [(CALL, False), (Change("C"), True)])
def test_the_outcome_of_a_call_that_changes_nothing_is_never_unknown(
    transport: Transport, call: Call[Any], is_unknown: bool
) -> None:
    def lose(_: str) -> None:
        raise ConnectionFailed("lost", outcome_unknown=True)

    transport.before = lose
    with pytest.raises(ConnectionFailed) as caught:
        play(channel_over(transport), Played((request(), [])), call).next_batch()
    assert caught.value.outcome_unknown is is_unknown


def test_a_wait_begins_with_each_batch_and_goes_on_through_empty_replies(
    transport: Transport,
) -> None:
    steps = [(request(), []), (request("Pull"), ["a"]), (request("Pull"), ["b"])]
    values(play(channel_over(transport), Played(*steps)))
    first, second, third = transport.expiries
    assert first is second
    assert third.at > second.at


# Classes


def schema_request() -> Request:
    return request("Get", schema=("root/cimv2", "Win32_Service"))


def test_a_class_that_became_known_meanwhile_is_not_fetched(transport: Transport) -> None:
    class Late(Played):
        asked = 0

        def next_request(self) -> Request | None:
            self.asked += 1
            if self.asked == 2:  # asked again, once nobody else fetches the class
                self.awaits_class = True
            return super().next_request()

    conversation = Late((schema_request(), ["a"]))
    assert values(play(channel_over(transport), conversation)) == ["a"]
    assert conversation.received == [CLASS_KNOWN]
    assert transport.actions == []


def test_a_held_reply_goes_on_when_its_class_is_known_already(transport: Transport) -> None:
    conversation = Played((request(), ["a"]))
    conversation.awaits_class = True
    assert values(play(channel_over(transport), conversation)) == ["a"]
    assert conversation.received == [CLASS_KNOWN]


def test_a_class_is_fetched_by_one_operation_at_a_time(transport: Transport) -> None:
    channel = channel_over(transport)
    at_once: list[int] = []
    inside = 0
    gate = threading.Lock()

    def count(_: str) -> None:
        nonlocal inside
        with gate:
            inside += 1
            at_once.append(inside)
        threading.Event().wait(0.02)
        with gate:
            inside -= 1

    transport.before = count
    runs = [play(channel, Played((schema_request(), ["a"]))) for _ in range(3)]
    threads = [threading.Thread(target=values, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert at_once == [1, 1, 1]


def test_waiting_for_somebody_elses_fetch_ends_with_the_callers_own_time(
    transport: Transport,
) -> None:
    channel = channel_over(transport)
    waiting = play(channel, Played((schema_request(), ["a"])), timeout=0.1)
    with (
        channel.fetching(("ROOT/cimv2", "win32_SERVICE"), Expiry(), CancelToken()),
        pytest.raises(OperationTimeout, match="waiting for a free connection"),
    ):
        waiting.next_batch()
    with channel.fetching(("root/cimv2", "Win32_Service"), Expiry(), CancelToken()):
        pass


# Text


def untyped() -> Instance:
    return Instance.received("C", {"a": "1"}, None, None, None, is_typed=False)


@pytest.mark.parametrize(
    ("kind", "flags", "result", "expected"),
    [
        ("winrm2", OperationFlags.DEFAULT, untyped(), 1),
        ("winrm2", OperationFlags.NO_RTTI, untyped(), 0),
        ("winrm2", OperationFlags.BASIC_RTTI, untyped(), 0),
        ("winrm2", OperationFlags.DEFAULT, Instance("C"), 0),
        ("winrm2", OperationFlags.DEFAULT, CLASS, 0),
        ("winrm3", OperationFlags.DEFAULT, untyped(), 0),
    ],
)
def test_values_without_types_are_told_of_once_unless_they_were_asked_for(  # noqa: PLR0913, PLR0917
    transport: Transport,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    flags: OperationFlags,
    result: object,
    expected: int,
) -> None:
    told: list[tuple[int, str]] = []
    callbacks = SessionCallbacks(lambda number, text: told.append((number, text)))
    channel = channel_over(transport, callbacks, server_kind=kind)
    for _ in range(2):
        values(play(channel, Played((request(), [result])), flags=flags))
    warned = [record for record in caplog.records if record.name == "mi.schema"]
    assert len(told) == len(warned) == expected
    assert all(number == 0 and "declares no classes" in text for number, text in told)


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
    def no_line(expiry: Expiry, cancel: CancelToken) -> Iterator[Transport]:
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
