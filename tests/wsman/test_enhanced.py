"""Messages under tests/wire/interactive have the form of MS-WSMV 4.11, and are used both ways."""

from pathlib import Path
from typing import Any

import pytest

from mi.callbacks import OperationCallbacks
from mi.errors import ProtocolError
from mi.events import Prompt
from mi.options import OperationOptions
from mi.results import CallbackMode, PromptType, ResponseType
from protocols.wsman import namespaces as ns
from protocols.wsman.enhanced import (
    ACTION_ANSWER,
    NOTHING,
    Registration,
    Signal,
    answered,
    enhanced,
    read,
    registered_by,
    serialize_signal,
    signal_of,
)
from protocols.wsman.envelope import (
    Reply,
    Request,
    serialize,
    serialize_fault,
    serialize_reply,
)
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing, Option, Selector
from protocols.wsman.incoming import parse_request
from protocols.wsman.interactive import EventType, read_response

WIRE = Path(__file__).parents[1] / "wire" / "interactive"
ADDRESSING = Addressing("http://server01:5985/wsman", 512000)
ASKED = "uuid:5BEBF248-219C-4771-963D-0833C321BB5E"
OPERATION = "uuid:CEB310A6-FB0B-441D-83E6-8B0C416192CF"
ENDED = "uuid:467C64F4-FC51-4433-80F2-7D9F04E9CEC8"
LIMIT = 100_000
REGISTRATION = "__MI_CallbackRegistration"
CHANNEL = "wmiarray:__MI_OPERATIONOPTIONS_CHANNELVALUE"
ERROR_MODE = "wmi:__MI_OPERATIONOPTIONS_WRITEERRORMODE"
PROMPT_MODE = "wmi:__MI_OPERATIONOPTIONS_PROMPTUSERMODE"
REGULAR = "wmi:__MI_OPERATIONOPTIONS_PROMPTUSERMODEREGULAR_ACKVALUE"
INQUIRE, REPORT, IGNORE = CallbackMode.INQUIRE, CallbackMode.REPORT, CallbackMode.IGNORE

GET = Request(
    ns.ACTION_GET,
    f"{ns.DMTF_CIM_SCHEMA}/X_Thing",
    selectors=(Selector("__cimnamespace", "root/test"), Selector("Name", "a")),
    options=(
        Option(REGISTRATION, "16", "xs:int"),
        Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean"),
    ),
    operation_timeout=60.0,
)


def ignore(*_: object) -> None:
    """Be told, and do nothing."""


def registration(*names: str, **options: Any) -> Registration:
    callbacks = OperationCallbacks(**dict.fromkeys(names, ignore))  # type: ignore[arg-type]
    return Registration.of(callbacks, OperationOptions(**options))


def sent(given: Registration) -> list[tuple[str, str | None]]:
    return [(option.name, option.value) for option in given.options]


# What is asked for


@pytest.mark.parametrize(
    ("name", "bit"),
    [
        ("write_message", 0x01),
        ("write_error", 0x02),
        ("streamed_parameter_result", 0x04),
        ("write_progress", 0x08),
        ("prompt_user", 0x10),
    ],
)
def test_each_callback_asks_for_its_own_and_nothing_else(name: str, bit: int) -> None:
    given = registration(name)
    assert given.mask == bit
    assert given.options[0] == Option(REGISTRATION, str(bit), "xs:int")


def test_several_callbacks_add_up() -> None:
    assert registration("write_message", "write_error", "write_progress").mask == 11


@pytest.mark.parametrize("names", [(), ("instance_result", "class_result", "indication_result")])
def test_without_such_a_callback_nothing_is_asked_for(names: tuple[str, ...]) -> None:
    assert registration(*names) == Registration()
    assert Registration.of(None, OperationOptions()) == Registration()


def test_messages_come_from_the_three_channels_unless_others_are_enabled() -> None:
    channels = [(CHANNEL, "0"), (CHANNEL, "1"), (CHANNEL, "2")]
    assert sent(registration("write_message"))[1:] == channels
    assert sent(registration("write_message", enabled_channels={7, 2}))[1:] == [
        (CHANNEL, "2"),
        (CHANNEL, "7"),
    ]
    assert registration("write_message").options[1].type == "xs:unsignedInt"
    assert sent(registration("write_error", enabled_channels={2})) == [(REGISTRATION, "2")]


def test_no_message_is_asked_for_when_no_channel_is_enabled() -> None:
    assert registration("write_message", enabled_channels=()) == Registration()


@pytest.mark.parametrize(("mode", "value"), [(REPORT, "0"), (INQUIRE, "1")])
def test_the_mode_of_errors_is_sent(mode: CallbackMode, value: str) -> None:
    given = registration("write_error", write_error_mode=mode)
    assert given.options[1:] == (Option(ERROR_MODE, value, "xs:unsignedInt"),)


def test_errors_that_are_ignored_are_not_asked_for() -> None:
    assert registration("write_error", write_error_mode=IGNORE) == Registration()


@pytest.mark.parametrize(("mode", "value"), [(REPORT, "0"), (INQUIRE, "1")])
def test_the_mode_of_prompts_is_sent(mode: CallbackMode, value: str) -> None:
    given = registration("prompt_user", prompt_user_mode=mode)
    assert given.options[1:] == (Option(PROMPT_MODE, value, "xs:int"),)


def test_a_server_that_is_to_ignore_prompts_is_told_what_to_answer_itself() -> None:
    assert sent(registration(prompt_user_mode=IGNORE)) == [(PROMPT_MODE, "2"), (REGULAR, "true")]
    given = registration(prompt_user_mode=IGNORE, prompt_user_regular_ack_value=False)
    assert given.options[1:] == (Option(REGULAR, "false", "xs:boolean"),)


NORMAL = Prompt("?", PromptType.NORMAL, EventType.CONFIRM)
CRITICAL = Prompt("?", PromptType.CRITICAL, EventType.CONFIRM)
ERROR = Prompt("?", PromptType.NORMAL, EventType.ERROR_ACTION)
TOLD = Prompt("?", PromptType.CRITICAL)


@pytest.mark.parametrize(
    ("mode", "prompt", "expected"),
    [
        (None, NORMAL, True),
        (INQUIRE, NORMAL, True),
        (REPORT, NORMAL, False),
        (REPORT, CRITICAL, True),
        (REPORT, ERROR, True),
        (IGNORE, NORMAL, True),
        (INQUIRE, TOLD, False),
    ],
)
def test_a_server_waits_for_an_answer_unless_it_only_reports(
    mode: CallbackMode | None, prompt: Prompt, expected: bool
) -> None:
    assert registration("prompt_user", prompt_user_mode=mode).awaits(prompt) is expected


# Messages

REQUESTS = {
    "get": enhanced(GET, OPERATION),
    "answer": answered(GET, OPERATION, 2, EventType.CONFIRM, ResponseType.YES),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_written_as_the_specification_has_it(name: str) -> None:
    written = serialize(REQUESTS[name], ADDRESSING, ASKED)
    assert written == (WIRE / f"{name}.request.xml").read_bytes().rstrip(b"\n")


@pytest.mark.parametrize("name", REQUESTS)
def test_such_a_request_is_never_sent_twice(name: str) -> None:
    assert not REQUESTS[name].repeatable


@pytest.mark.parametrize("signal", Signal)
def test_a_signal_is_written_as_the_specification_has_it(signal: Signal) -> None:
    path = WIRE / f"{signal.name.lower()}.request.xml"
    assert serialize_signal(signal, OPERATION, ENDED) == path.read_bytes().rstrip(b"\n")


def test_a_server_learns_what_the_client_listens_to_and_in_which_operation() -> None:
    asked = parse_request((WIRE / "get.request.xml").read_bytes(), limit=LIMIT)
    assert (registered_by(asked), asked.operation_id) == (16, OPERATION)
    assert signal_of(asked) is None


def test_a_server_reads_the_answer() -> None:
    asked = parse_request((WIRE / "answer.request.xml").read_bytes(), limit=LIMIT)
    assert (asked.action, asked.operation_id) == (ACTION_ANSWER, OPERATION)
    assert read_response(asked.body) == (EventType.CONFIRM, ResponseType.YES)


@pytest.mark.parametrize("signal", Signal)
def test_a_server_reads_a_signal(signal: Signal) -> None:
    path = WIRE / f"{signal.name.lower()}.request.xml"
    asked = parse_request(path.read_bytes(), limit=LIMIT)
    assert (signal_of(asked), asked.operation_id) == (signal, OPERATION)


def test_what_is_said_of_the_duplex_and_is_no_signal_is_none() -> None:
    data = serialize_signal(Signal.END, OPERATION, ENDED).replace(b"wsman/End<", b"wsman/Wave<")
    assert signal_of(parse_request(data, limit=LIMIT)) is None


def test_several_registrations_count_together_and_nonsense_counts_nothing() -> None:
    options = (
        Option(f"wmi:{REGISTRATION}", "1"),
        Option(REGISTRATION, "8", "xs:int"),
        Option(REGISTRATION, "many"),
        Option(REGISTRATION, None),
        Option("else", "4"),
    )
    data = serialize(Request(ns.ACTION_GET, "urn:x", options=options), ADDRESSING, ASKED)
    asked = parse_request(data, limit=LIMIT)
    assert (registered_by(asked), asked.operation_id) == (9, None)


# Replies


def reply(action: str, related: str | None = ASKED) -> bytes:
    return serialize_reply(action, "<x:y/>", related, ENDED, operation=(OPERATION, 1))


def test_an_envelope_of_the_reply_must_answer_the_request() -> None:
    assert isinstance(read(reply("urn:GetResponse"), ASKED, limit=LIMIT), Reply)
    for related in (None, ENDED):
        with pytest.raises(ProtocolError):
            read(reply("urn:GetResponse", related), ASKED, limit=LIMIT)


@pytest.mark.parametrize("name", ["KeepAlive", "Keepalive", "AcknowledgeRequest", "Acknowledge"])
def test_what_a_server_says_for_the_connections_sake_says_nothing(name: str) -> None:
    action = f"http://schemas.microsoft.com/wbem/wsman/1/wsman/{name}"
    assert read(reply(action, None), ASKED, limit=LIMIT) is NOTHING


def test_a_fault_is_the_result() -> None:
    data = serialize_fault(Fault("s:Receiver", "w:InternalError", "x"), ASKED, ENDED)
    assert isinstance(read(data, ASKED, limit=LIMIT), Fault)
