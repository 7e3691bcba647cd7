"""What providers say and ask on the way, over the wire and through the public API."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mi.application import Application
from mi.callbacks import OperationCallbacks
from mi.calls import GetInstance, Invoke, QueryInstances
from mi.errors import ConnectionFailed, InvalidParameter, MIError, OperationTimeout, ProtocolError
from mi.events import Message, NonTerminatingError, Progress, Prompt, StreamedValue
from mi.instance import Instance
from mi.options import DestinationOptions, OperationOptions
from mi.results import CallbackMode, CimType, PromptType, ResponseType
from mi.session import Session
from protocols.loopback import Endpoint, Replace, Say, Stall

SERVICES = "SELECT * FROM Win32_Service"
QUICK = 10.0  # seconds, the five of a release among them, however much else there is to do
YES, NO = ResponseType.YES, ResponseType.NO
ERROR = MIError("disk 3 is gone").extended_error


@contextmanager
def session_with(endpoint: Endpoint, **options: Any) -> Iterator[Session]:
    given = {
        "destination_port": endpoint.port,
        "credentials": endpoint.credentials,
        "max_elements": 50,
        "timeout": 10,
        **options,
    }
    with (
        Application() as application,
        application.new_session("WINRM", endpoint.host, DestinationOptions(**given)) as opened,
    ):
        yield opened


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[Session]:
    with session_with(endpoint) as opened:
        yield opened


class Heard:
    """Callbacks that keep what they are told, and answer what they are told to."""

    def __init__(self, *answers: ResponseType) -> None:
        self.said: list[Any] = []
        self._answers = list(answers)

    def note(self, *said: Any) -> None:
        self.said.append(said[0] if len(said) == 1 else said)

    def ask(self, *said: Any) -> None:
        *told, respond = said
        self.note(*told)
        if respond is not None:
            respond(self._answers.pop(0))

    def streamed(self, name: str, cim_type: CimType, value: Any, _: Any) -> None:
        self.note(name, cim_type, value)

    def callbacks(self, *names: str) -> OperationCallbacks:
        every: dict[str, Callable[..., None]] = {
            "write_message": self.note,
            "write_progress": self.note,
            "write_error": self.ask,
            "prompt_user": self.ask,
            "streamed_parameter_result": self.streamed,
        }
        return OperationCallbacks(**{name: every[name] for name in names or every})  # type: ignore[arg-type]


def stop_service(name: str = "Spooler") -> Invoke:
    key = Instance("Win32_Service", {"Name": name}, namespace="root/cimv2")
    return Invoke(key, "StopService", None, namespace="root/cimv2")


def actions(endpoint: Endpoint) -> list[str]:
    return [one.name or "Identify" for one in endpoint.exchanges]


def settles(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + QUICK
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def says(endpoint: Endpoint, *notices: Any, action: str = "StopService") -> list[ResponseType]:
    """Let a provider say these things; return where the answers will be."""
    answers: list[ResponseType] = []
    endpoint.disturb(Say(action, script=lambda caller: answers.extend(map(caller.tell, notices))))
    return answers


ALL = (
    Message(0, "careful"),
    Progress("Stopping", "Spooler", "now", 50, None),
    NonTerminatingError(ERROR),
    StreamedValue("Parts", CimType.UINT32, 7),
    StreamedValue("Parts", CimType.UINT32, 8),
)


def test_what_a_provider_says_is_told_in_its_order_and_the_result_comes_last(
    endpoint: Endpoint, session: Session
) -> None:
    says(endpoint, *ALL)
    heard = Heard()
    result = session.run(stop_service(), callbacks=heard.callbacks()).result()
    assert isinstance(result.return_value, int)
    assert heard.said[:2] == [(0, "careful"), Progress("Stopping", "Spooler", "now", 50, None)]
    assert heard.said[2]["Message"] == "disk 3 is gone"
    assert heard.said[3:] == [("Parts", CimType.UINT32, 7), ("Parts", CimType.UINT32, 8)]
    assert endpoint.connections == 1
    assert "End" not in actions(endpoint)


@pytest.mark.parametrize(
    ("name", "bit"),
    [
        ("write_message", "1"),
        ("write_error", "2"),
        ("streamed_parameter_result", "4"),
        ("write_progress", "8"),
        ("prompt_user", "16"),
    ],
)
def test_a_request_asks_for_what_the_caller_listens_to_and_for_nothing_else(
    endpoint: Endpoint, session: Session, name: str, bit: str
) -> None:
    heard = Heard()
    says(endpoint, *ALL)
    session.run(stop_service(), callbacks=heard.callbacks(name)).result()
    asked = endpoint.exchanges[-1].request_bytes
    assert f'"__MI_CallbackRegistration" Type="xs:int">{bit}<'.encode() in asked
    assert b"<p:OperationID" in asked
    assert len(heard.said) == {"streamed_parameter_result": 2, "prompt_user": 0}.get(name, 1)


def test_without_such_a_callback_a_request_is_as_ever(endpoint: Endpoint, session: Session) -> None:
    says(endpoint, *ALL)
    session.run(stop_service(), callbacks=OperationCallbacks()).result()
    session.run(stop_service("W32Time")).result()
    for exchange in endpoint.exchanges:
        assert b"__MI_CallbackRegistration" not in exchange.request_bytes
        assert b"OperationID" not in exchange.request_bytes


@pytest.mark.parametrize("response", ResponseType)
def test_a_prompt_is_answered_over_a_second_line(
    endpoint: Endpoint, session: Session, response: ResponseType
) -> None:
    answers = says(endpoint, Prompt("Really?", PromptType.NORMAL))
    heard = Heard(response)
    session.run(stop_service(), callbacks=heard.callbacks()).result()
    assert heard.said == [("Really?", PromptType.NORMAL)]
    assert answers == [response]
    assert actions(endpoint)[-3:] == ["InteractiveResponse", "StopService", "End"]
    first, second, third = endpoint.exchanges[-3:]
    assert endpoint.connections == 2
    assert first.connection != second.connection
    assert b">2</p:SequenceId>" in first.request_bytes
    assert second.is_sealed
    assert third.reply_bytes == b""


def test_each_answer_has_a_number_of_its_own(endpoint: Endpoint, session: Session) -> None:
    answers = says(endpoint, Prompt("1?", PromptType.NORMAL), Prompt("2?", PromptType.CRITICAL))
    session.run(stop_service(), callbacks=Heard(YES, NO).callbacks()).result()
    assert answers == [YES, NO]
    assert b">3</p:SequenceId>" in endpoint.exchanges[-3].request_bytes
    assert actions(endpoint).count("End") == 1


def test_an_error_is_asked_about_where_the_caller_wants_that(
    endpoint: Endpoint, session: Session
) -> None:
    answers = says(endpoint, NonTerminatingError(ERROR))
    options = OperationOptions(write_error_mode=CallbackMode.INQUIRE)
    heard = Heard(NO)
    session.run(stop_service(), options=options, callbacks=heard.callbacks()).result()
    assert (answers, len(heard.said)) == ([NO], 1)


@pytest.mark.parametrize("mode", [CallbackMode.REPORT, CallbackMode.IGNORE])
def test_what_is_only_reported_or_ignored_is_answered_by_the_server(
    endpoint: Endpoint, session: Session, mode: CallbackMode
) -> None:
    answers = says(endpoint, Prompt("Really?", PromptType.NORMAL))
    options = OperationOptions(prompt_user_mode=mode, prompt_user_regular_ack_value=False)
    heard = Heard()
    session.run(stop_service(), options=options, callbacks=heard.callbacks()).result()
    assert answers == [NO]
    assert len(heard.said) == (mode is CallbackMode.REPORT)
    assert "InteractiveResponse" not in actions(endpoint)


def test_only_the_enabled_channels_are_asked_for(endpoint: Endpoint, session: Session) -> None:
    says(endpoint, Message(0, "warning"), Message(1, "verbose"))
    heard = Heard()
    session.run(
        stop_service(),
        options=OperationOptions(enabled_channels={1}),
        callbacks=heard.callbacks("write_message"),
    ).result()
    assert heard.said == [(1, "verbose")]


def test_each_page_of_an_enumeration_may_say_something(
    endpoint: Endpoint, session: Session
) -> None:
    says(endpoint, Message(0, "first"), action="Enumerate")
    says(endpoint, Message(0, "second"), Prompt("More?", PromptType.NORMAL), action="Pull")
    heard = Heard(YES)
    call = QueryInstances(SERVICES, namespace="root/cimv2")
    services = session.run(call, callbacks=heard.callbacks()).all()
    assert len(services) > 100
    assert heard.said == [(0, "first"), (0, "second"), ("More?", PromptType.NORMAL)]
    assert endpoint.open_contexts == 0
    asked = [one.request_bytes for one in endpoint.exchanges if one.name == "Get"]
    assert all(b"OperationID" not in one for one in asked)  # class declarations need no listener


def test_a_fault_after_what_was_said_is_the_result(endpoint: Endpoint, session: Session) -> None:
    says(endpoint, Message(0, "careful"), action="Get")
    key = Instance("Win32_Service", {"Name": "nobody"}, namespace="root/cimv2")
    heard = Heard()
    with pytest.raises(MIError):
        session.run(GetInstance(key, namespace="root/cimv2"), callbacks=heard.callbacks()).result()
    assert heard.said == [(0, "careful")]


# What goes wrong


def waits(endpoint: Endpoint) -> Say:
    """Let a provider say something and then wait for the client to leave."""

    def script(caller: Any) -> None:
        caller.tell(Message(0, "waiting"))
        caller.wait(None)

    say = Say("StopService", script=script)
    endpoint.disturb(say)
    return say


def test_a_provider_that_stops_between_two_chunks_ends_on_time_and_is_cancelled(
    endpoint: Endpoint, session: Session
) -> None:
    waits(endpoint)
    started = time.monotonic()
    with pytest.raises(OperationTimeout, match="waiting for the reply") as caught:
        session.run(stop_service(), timeout=0.3, callbacks=Heard().callbacks()).result()
    assert time.monotonic() - started < QUICK
    assert caught.value.outcome_unknown
    assert actions(endpoint)[-2:] == ["Cancel", "End"]
    assert session.test_connection() is not None
    assert settles(lambda: endpoint.open_connections == 1)


def test_a_cancel_between_two_chunks_ends_it_and_tells_the_server(
    endpoint: Endpoint, session: Session
) -> None:
    waits(endpoint)
    is_told = threading.Event()
    callbacks = OperationCallbacks(write_message=lambda *_: is_told.set())
    operation = session.run(stop_service(), callbacks=callbacks)

    def cancel() -> None:
        is_told.wait(QUICK)
        operation.cancel()

    cancelling = threading.Thread(target=cancel)
    cancelling.start()
    with pytest.raises(MIError, match="cancelled"):
        operation.result()
    cancelling.join(60)
    assert actions(endpoint)[-2:] == ["Cancel", "End"]


def test_a_prompt_that_nobody_answers_in_time_ends_on_time(
    endpoint: Endpoint, session: Session
) -> None:
    says(endpoint, Prompt("Really?", PromptType.NORMAL))
    kept: list[Any] = []
    callbacks = OperationCallbacks(prompt_user=lambda *said: kept.extend(said))
    with pytest.raises(OperationTimeout, match="answer of a callback"):
        session.run(stop_service(), timeout=0.3, callbacks=callbacks).result()
    assert settles(lambda: actions(endpoint)[-2:] == ["Cancel", "End"])
    assert session.test_connection() is not None


def test_an_answer_that_comes_too_late_leaves_it_to_the_result(
    endpoint: Endpoint, session: Session
) -> None:
    def script(caller: Any) -> None:
        caller._ask = caller._say  # it does not wait
        caller.tell(Prompt("Really?", PromptType.NORMAL))
        caller.wait(0.3)

    endpoint.disturb(Say("StopService", script=script))
    result = session.run(stop_service(), callbacks=Heard(YES).callbacks()).result()
    assert isinstance(result.return_value, int)


def test_an_answer_that_is_answered_by_more_than_nothing_is_taken(
    endpoint: Endpoint, session: Session
) -> None:
    def script(caller: Any) -> None:
        caller._ask = caller._say
        caller.tell(Prompt("Really?", PromptType.NORMAL))
        caller.wait(0.3)

    def taken(envelope: bytes) -> bytes:
        return re.sub(b"<s:Body>.*</s:Body>", b"<s:Body/>", envelope, flags=re.DOTALL)

    endpoint.disturb(Say("StopService", script=script))
    endpoint.disturb(Replace("InteractiveResponse", envelope=taken))
    result = session.run(stop_service(), callbacks=Heard(YES).callbacks()).result()
    assert isinstance(result.return_value, int)


def test_an_answer_that_the_server_refuses_ends_the_operation(
    endpoint: Endpoint, session: Session
) -> None:
    def script(caller: Any) -> None:
        caller._id = "uuid:0"  # nobody will ever answer that
        caller._ask = caller._say
        caller.tell(Prompt("Really?", PromptType.NORMAL))
        caller.wait(None)

    def otherwise(envelope: bytes) -> bytes:
        return envelope.replace(b"2150859228", b"2150858882")

    endpoint.disturb(Say("StopService", script=script))
    endpoint.disturb(Replace("InteractiveResponse", envelope=otherwise))
    with pytest.raises(MIError) as caught:
        session.run(stop_service(), callbacks=Heard(YES).callbacks()).result()
    assert caught.value.outcome_unknown


def test_a_connection_lost_in_the_midst_leaves_the_outcome_unknown(
    endpoint: Endpoint, session: Session
) -> None:
    def script(caller: Any) -> None:
        caller.tell(Message(0, "careful"))
        caller.wait(0.05)
        raise OSError

    endpoint.disturb(Say("StopService", script=script))
    with pytest.raises((ConnectionFailed, ProtocolError)) as caught:
        session.run(stop_service(), callbacks=Heard().callbacks()).result()
    assert caught.value.outcome_unknown


def test_a_reply_that_ends_without_a_result_is_none(endpoint: Endpoint, session: Session) -> None:
    def script(caller: Any) -> None:
        caller.tell(Message(0, "careful"))
        connection = caller._send.func.__self__
        connection._sender.end_chunks()
        caller.wait(None)

    endpoint.disturb(Say("StopService", script=script))
    with pytest.raises(ProtocolError, match="ended before the result"):
        session.run(stop_service(), callbacks=Heard().callbacks()).result()


def test_an_event_that_is_none_ends_the_operation(endpoint: Endpoint, session: Session) -> None:
    def script(caller: Any) -> None:
        send = caller._send
        caller._send = lambda envelope: send(envelope.replace(b"Warning", b"Astonishment"))
        caller.tell(Message(0, "careful"))

    endpoint.disturb(Say("StopService", script=script))
    with pytest.raises(ProtocolError, match="Astonishment"):
        session.run(stop_service(), callbacks=Heard().callbacks()).result()


def test_what_keeps_the_connection_alive_is_passed_over(
    endpoint: Endpoint, session: Session
) -> None:
    def script(caller: Any) -> None:
        send = caller._send

        def keep_alive(envelope: bytes) -> None:
            _, action, rest = envelope.partition(b"<a:Action>")
            alive = b"http://schemas.microsoft.com/wbem/wsman/1/wsman/KeepAlive"
            send(_ + action + alive + rest[rest.index(b"</a:Action>") :])
            send(envelope)

        caller._send = keep_alive
        caller.tell(Message(0, "careful"))

    endpoint.disturb(Say("StopService", script=script))
    heard = Heard()
    session.run(stop_service(), callbacks=heard.callbacks()).result()
    assert heard.said == [(0, "careful")]


def test_a_first_leg_that_fails_says_nothing_to_a_server_that_heard_nothing(
    endpoint: Endpoint, session: Session
) -> None:
    endpoint.disturb(Stall(where="authentication"))
    with pytest.raises(OperationTimeout, match="authenticating"):
        session.run(stop_service(), timeout=0.3, callbacks=Heard().callbacks()).result()
    assert actions(endpoint) == []


def test_one_connection_is_not_enough(endpoint: Endpoint) -> None:
    with session_with(endpoint, max_connections=1) as session:
        session.get_class("Win32_Service")
        with pytest.raises(InvalidParameter, match="second connection"):
            session.run(stop_service(), callbacks=Heard().callbacks()).result()
        assert session.test_connection() is not None


def test_a_server_that_knows_no_dialogues_is_asked_for_none(endpoint: Endpoint) -> None:
    with session_with(endpoint, server_kind="omi") as session:
        session.run(stop_service(), callbacks=Heard().callbacks()).result()
    assert all(b"OperationID" not in one.request_bytes for one in endpoint.exchanges)


def test_what_was_dropped_in_the_midst_of_a_dialogue_gives_its_line_back(
    endpoint: Endpoint,
) -> None:
    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    callbacks = OperationCallbacks(write_message=leave)
    with session_with(endpoint, max_connections=2) as session:
        for _ in range(3):
            waits(endpoint)
            with pytest.raises(KeyboardInterrupt):
                session.run(stop_service(), callbacks=callbacks).result()
        assert actions(endpoint).count("Cancel") == 3
    assert settles(lambda: endpoint.open_connections == 0)
