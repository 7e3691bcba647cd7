"""One operation: what is asked, what comes, and how it ends."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from mi.callbacks import OperationCallbacks, SessionCallbacks
from mi.calls import Call, EnumerateInstances, GetInstance, SubscribeEventLog, TestConnection
from mi.control import CancelToken, Control, Expiry
from mi.errors import (
    ConnectionFailed,
    InvalidClass,
    NotFound,
    ProtocolError,
)
from mi.events import Prompt
from mi.instance import Instance
from mi.options import OperationOptions, ServerKind
from mi.results import OperationFlags, ResponseType
from mi.shell_calls import EnumerateShells
from protocols.meanings.circumstances import Reach
from protocols.winrm.run import Run
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, NO_CLASSES
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.identify import serialize_response
from protocols.wsman.namespaces import ACTION_GET
from tests.winrm.played import CALL, CLASS, Played, Transport, channel_over, play, request, values


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
    values(play(channel_over(transport), Played((request(), ["a"]), (request("Pull"), []))))
    assert len(set(transport.ids)) == 2
    assert all(str(one).startswith("uuid:") and str(one)[5:].isupper() for one in transport.ids)


def test_identify_has_no_id(transport: Transport) -> None:
    identify = request(is_identify=True)
    run = play(channel_over(transport), Played((identify, ["a"])))
    assert values(run) == ["a"]
    assert transport.ids == [None]


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


# What is known where a fault comes in


DENIED = Fault.of("ERROR_ACCESS_DENIED", "Access is denied.")


def test_a_fault_is_told_with_what_is_known_of_the_call(transport: Transport) -> None:
    transport.faults["Enumerate"] = DENIED
    conversation = Played((request(), []))
    assert values(play(channel_over(transport), conversation)) == []
    [told] = conversation.received
    assert isinstance(told, Fault)
    assert told == DENIED
    known = told.circumstances
    assert (known.class_name, known.namespace) == ("Win32_Service", "root/cimv2")
    assert known.reach is Reach.NOTHING


def test_a_fault_about_a_class_is_told_with_that_class(transport: Transport) -> None:
    transport.faults["Get"] = DENIED
    conversation = Played((request("Get", schema=("root/other", "X_Thing")), []))
    values(play(channel_over(transport), conversation))
    [told] = conversation.received
    assert isinstance(told, Fault)
    assert (told.circumstances.class_name, told.circumstances.namespace) == (
        "X_Thing",
        "root/other",
    )


@pytest.mark.parametrize(
    ("call", "options", "sent", "reach"),
    [
        (CALL, {}, {}, Reach.NAMESPACE),
        (CALL, {}, {"schema": ("root/CIMV2", "X")}, Reach.NAMESPACE),
        (CALL, {}, {"schema": ("root/other", "X")}, Reach.SERVER),
        (CALL, {"resource_uri": "urn:config"}, {}, Reach.SERVER),
        (SubscribeEventLog("<QueryList/>", namespace="root/cimv2"), {}, {}, Reach.SERVER),
        (CALL, {}, {"is_identify": True}, Reach.NOTHING),
    ],
)
def test_an_answer_shows_how_far_the_server_lets_the_caller_in(
    transport: Transport,
    call: Call[Any],
    options: dict[str, Any],
    sent: dict[str, Any],
    reach: Reach,
) -> None:
    channel = channel_over(transport)
    control = Control.begin(OperationOptions(**options), unary=False, timeout=5)
    values(Run(channel, call, control, Played((request(**sent), []))))
    assert channel.server.reach("root/cimv2") is reach


def test_a_run_that_listens_to_nobody_has_nothing_to_answer(transport: Transport) -> None:
    play(channel_over(transport), Played()).answer(Prompt("?"), ResponseType.YES)
    assert transport.actions == []


# What the server turns out to be


OLD = Fault.of("URI_NON_DMTF_CLASS", "The class is none of DMTF's.")
ELSEWHERE = Fault("Sender", "a:DestinationUnreachable", reason="No such resource.")
KEY = Instance("Win32_Service", {"Name": "Spooler"})


def test_a_refused_form_is_changed_and_the_call_begun_again(transport: Transport) -> None:
    channel = channel_over(transport)
    transport.faults[ACTION_GET.partition(":")[2]] = OLD
    call = GetInstance(KEY, namespace="root/cimv2")
    control = Control.begin(OperationOptions(), unary=True, flags=OperationFlags.NO_RTTI)
    with pytest.raises(InvalidClass):  # this server refuses the other form too
        values(channel.start(call, control))
    assert len(transport.actions) == 2
    assert channel.server.dialect is DIALECTS[ServerKind.WINRM2]


def test_a_server_without_class_declarations_is_told_to_the_conversation(
    transport: Transport,
) -> None:
    transport.faults["GetClass"] = ELSEWHERE
    fetch = request("GetClass", schema=("root/cimv2", "Win32_Service"))
    conversation = Played((fetch, []), (request(), ["a"]))
    channel = channel_over(transport)
    assert values(play(channel, conversation)) == ["a"]
    assert conversation.received[0] is NO_CLASSES
    assert not channel.server.dialect.has_schema


def test_a_server_that_is_asked_what_it_is_is_believed(transport: Transport) -> None:
    said = serialize_response("Openwsman Project", "2.8", ())
    transport.exchange = lambda *_, **__: iter((said,))  # type: ignore[assignment,misc]
    channel = channel_over(transport)
    [identity] = values(channel.start(TestConnection(), Control.begin(OperationOptions())))
    assert identity["ProductVendor"] == "Openwsman Project"
    assert channel.server.dialect is DIALECTS[ServerKind.OPENWSMAN]


def test_the_callers_options_go_with_all_but_what_asks_for_a_class(transport: Transport) -> None:
    sent: list[bytes] = []
    answer = transport.exchange

    def exchange(envelope: bytes, *given: Any, **keywords: Any) -> Iterator[bytes]:
        sent.append(envelope)
        return answer(envelope, *given, **keywords)

    transport.exchange = exchange  # type: ignore[method-assign]
    fetch = request("GetClass", schema=("root/cimv2", "Win32_Service"))
    conversation = Played((request(), []), (fetch, []), (request("Pull"), ["a"]))
    options = OperationOptions(provider_architecture=32)
    control = Control.begin(options, unary=False, timeout=5)
    assert values(Run(channel_over(transport), CALL, control, conversation)) == ["a"]
    assert [b"wmi:__ProviderArchitecture" in one for one in sent] == [True, False, True]


# Its end


def test_what_is_open_is_released_by_close_or_later_once_it_is_dropped(
    transport: Transport,
) -> None:
    channel = channel_over(transport)
    closed, dropped = (
        play(channel, Played((request(), ["a"]), left_open=request("Release"))) for _ in range(2)
    )
    closed.next_batch()
    closed.close()
    assert transport.actions == ["Enumerate", "Release"]
    dropped.next_batch()
    dropped.drop()
    assert transport.actions[2:] == ["Enumerate"]
    channel.leftovers.release_dropped(Expiry.of_grace(), CancelToken())
    assert transport.actions[3:] == ["Release"]
    assert not dropped.part()
    closed.close()
    assert len(transport.actions) == 4


# What is lost, and what may wait


class Losing(Played):
    """A conversation that can release what it may have begun."""

    lost = 0

    def lose(self) -> None:
        self.lost += 1


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (ConnectionFailed("reset", outcome_unknown=True), 1),
        (ConnectionFailed("no route"), 0),
        (KeyboardInterrupt(), 1),
    ],
)
def test_a_conversation_is_told_that_a_reply_is_lost(
    transport: Transport, error: BaseException, lost: int
) -> None:
    def fail(_: str) -> None:
        raise error

    transport.before = fail
    conversation = Losing((request(repeatable=False), []))
    with pytest.raises(type(error)):
        play(channel_over(transport), conversation).next_batch()
    assert conversation.lost == lost


def test_a_shell_is_no_place_for_what_providers_of_wmi_say(transport: Transport) -> None:
    heard: list[Any] = []
    callbacks = OperationCallbacks(write_message=lambda *said: heard.append(said))
    options = OperationOptions()
    options.set_custom("NAME", "value")
    control = Control.begin(options, callbacks=callbacks)
    sent: list[Request] = []
    channel = channel_over(transport)

    def note(asked: Request, *_: object) -> Any:
        sent.append(asked)
        return reply_to(asked)

    channel.ask = note  # type: ignore[method-assign]
    call = EnumerateShells(namespace="root/cimv2")
    run = Run(channel, call, control, Played((request(), ["a"])))
    assert values(run) == ["a"]
    assert [option.name for option in sent[0].options] == ["NAME"]
    assert channel.server.reach("root/cimv2") is Reach.SERVER


def reply_to(_: Request) -> Reply:
    return Reply("urn:reply", etree.fromstring("<body/>"), None, is_repaired=False)


def test_a_fault_about_a_shell_teaches_nothing_of_the_server(transport: Transport) -> None:
    channel = channel_over(transport)
    transport.faults["Enumerate"] = Fault.of("URI_NON_DMTF_CLASS", "no")
    call = EnumerateShells(namespace="root/cimv2")
    assert values(play(channel, Played((request(), ["told"])), call)) == ["told"]
    assert channel.server.dialect is DIALECTS[ServerKind.WINRM3]


def test_a_run_that_may_take_its_time_is_deferred(transport: Transport) -> None:
    channel = channel_over(transport)
    deferred: list[Run] = []
    channel.leftovers.defer = deferred.append  # type: ignore[method-assign]
    run = play(channel, Played(left_open=request()))
    run.take_time()
    run.close()
    assert deferred == [run]
    assert transport.actions == []
