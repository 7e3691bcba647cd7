"""What a provider says and asks while an operation goes on, and how it is answered (MS-WSMV).

Each event is an envelope of its own, an i:InteractiveEvent in the reply to the request (MS-WSMV
2.2.4.47); an answer is a request, an i:InteractiveResponse (2.2.4.48). Both sides are here. Not yet
seen against Windows: all of it follows the specification and its examples (4.11).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mi.elements import Element
from mi.errors import MIError, ProtocolError
from mi.events import Message, NonTerminatingError, Notice, Progress, Prompt, StreamedValue
from mi.results import CimType, Flags, MessageChannel, PromptType, ResponseType
from protocols.wsman import markup, soap
from protocols.wsman.fault_detail import read_instance, write_instance
from protocols.wsman.namespaces import CIM_COMMON, INTERACTIVE, XSI
from protocols.wsman.readers import Context, reader_of
from protocols.wsman.writers import Writer

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "EventType",
    "event_in",
    "read_event",
    "read_response",
    "write_event",
    "write_response",
]

_EVENT: Final = f"{{{INTERACTIVE}}}InteractiveEvent"
_RESPONSE: Final = f"{{{INTERACTIVE}}}InteractiveResponse"
_VALUE: Final = f"{{{INTERACTIVE}}}Value"
_DESCRIPTION: Final = f"{{{INTERACTIVE}}}Description"
_UNKNOWN: Final = 0xFFFFFFFF  # what a provider says of a number that it does not know
_ALL: Final = 100  # percent
_REPORT: Final = "report"


class EventType(StrEnum):
    """What an event is about (MS-WSMV 2.2.5.11)."""

    NO_SEMANTICS = "NoSemantics"
    DEBUG = "Debug"
    WARNING = "Warning"
    VERBOSE = "Verbose"
    PROGRESS = "Progress"
    CONFIRM = "Confirm"
    ERROR_ACTION = "ErrorAction"
    STREAMING_OUTPUT = "StreamingOutput"


_CHANNELS: Final = {
    EventType.WARNING: MessageChannel.WARNING,
    EventType.VERBOSE: MessageChannel.VERBOSE,
    EventType.DEBUG: MessageChannel.DEBUG,
}
_CHANNEL_EVENTS: Final = {int(channel): event for event, channel in _CHANNELS.items()}
_RESPONSES: Final = {
    ResponseType.YES: "yes",
    ResponseType.NO: "no",
    ResponseType.YES_TO_ALL: "yesToAll",
    ResponseType.NO_TO_ALL: "noToAll",
}
_RESPONSE_TYPES: Final = {text.lower(): response for response, text in _RESPONSES.items()}


# The client's side


def event_in(body: _Element) -> _Element | None:
    """Return the event that a reply's s:Body holds; None where it is the reply itself."""
    return soap.child(body, _EVENT)


def read_event(event: _Element, context: Context) -> list[Notice]:
    """Return what an event says: nothing, one thing, or each value of a streamed array.

    The token of a prompt is the `EventType` to answer with, or None where nobody waits for an
    answer.

    Args:
        event: the i:InteractiveEvent.
        context: for streamed values that are objects.

    Raises:
        ProtocolError: it says nothing that can be understood.
    """
    name = _text(event, "EventType")
    read = _READERS.get(name.lower())
    if read is None:
        raise ProtocolError(f"the server sent an event of the kind {name!r}, which is not known")
    try:
        return read(event, context)
    except ProtocolError:
        raise
    except MIError as error:
        raise ProtocolError(f"the {name} that the server sent: {error.message}") from error


def _message(channel: MessageChannel) -> Callable[[_Element, Context], list[Notice]]:
    def read(event: _Element, _: Context) -> list[Notice]:
        return [Message(channel, _description(event))]

    return read


def _progress(event: _Element, _: Context) -> list[Notice]:
    percent = _number(event, "PercentComplete")
    return [
        Progress(
            _text(event, "Activity"),
            _text(event, "CurrentOperation"),
            _text(event, "StatusDescription"),
            None if percent is not None and percent > _ALL else percent,
            _number(event, "SecondsRemaining"),
        )
    ]


def _confirm(event: _Element, _: Context) -> list[Notice]:
    is_critical = _text(event, "PromptType").lower() == PromptType.CRITICAL.name.lower()
    kind = PromptType.CRITICAL if is_critical else PromptType.NORMAL
    token = None if _is_report(event) else EventType.CONFIRM
    return [Prompt(_description(event), kind, token)]


def _error_action(event: _Element, _: Context) -> list[Notice]:
    description = soap.child(event, _DESCRIPTION)
    if description is not None and len(description):
        instance = read_instance(description[0])
    else:  # an error that cannot be read is worth more than an error about it
        instance = MIError(_description(event)).extended_error
    if _is_report(event):
        return [NonTerminatingError(instance)]
    message = str(instance.get("Message") or "")
    return [NonTerminatingError(instance, Prompt(message, token=EventType.ERROR_ACTION))]


def _streaming_output(event: _Element, context: Context) -> list[Notice]:
    name, number = _text(event, "Name"), _number(event, "Type")
    value = soap.child(event, _VALUE)
    if not name or value is None or number not in _TYPES:
        raise ProtocolError("the server sent a streamed value without its name or its type")
    scalar = _TYPES[number].scalar
    read = reader_of(scalar, None)
    return [StreamedValue(name, scalar, read(element, context)) for element in value]


_TYPES: Final = {int(cim_type): cim_type for cim_type in CimType}


def _nothing(_: _Element, __: Context) -> list[Notice]:
    return []


_READERS: Final[dict[str, Callable[[_Element, Context], list[Notice]]]] = {
    EventType.NO_SEMANTICS.lower(): _nothing,
    **{event.lower(): _message(channel) for event, channel in _CHANNELS.items()},
    EventType.PROGRESS.lower(): _progress,
    EventType.CONFIRM.lower(): _confirm,
    EventType.ERROR_ACTION.lower(): _error_action,
    EventType.STREAMING_OUTPUT.lower(): _streaming_output,
}


def _text(parent: _Element, name: str) -> str:
    return soap.text_of(parent, f"{{{INTERACTIVE}}}{name}")


def _description(event: _Element) -> str:
    """Return the text for people, as it was written."""
    found = soap.child(event, _DESCRIPTION)
    return "" if found is None else "".join(map(str, found.itertext()))


def _number(event: _Element, name: str) -> int | None:
    """Return an xs:unsignedInt; None where there is none, or it says that nobody knows."""
    text = _text(event, name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:11]) > _UNKNOWN:
        raise ProtocolError(f"the server sent an event whose {name} is {text!r}")
    return None if int(text) == _UNKNOWN else int(text)


def _is_report(event: _Element) -> bool:
    return _text(event, "ActionType").lower() == _REPORT


def write_response(event_type: EventType, response: ResponseType) -> str:
    """Return the i:InteractiveResponse that answers an event."""
    return (
        f'<i:InteractiveResponse xmlns:i="{INTERACTIVE}"><i:EventType>{event_type}</i:EventType>'
        f"<i:Response>{_RESPONSES[response]}</i:Response></i:InteractiveResponse>"
    )


# The server's side


def read_response(body: _Element) -> tuple[EventType, ResponseType]:
    """Return the event that a client answers, and its answer.

    Raises:
        ProtocolError: the s:Body holds no answer.
    """
    response = soap.child(body, _RESPONSE)
    if response is not None:
        event, answer = _text(response, "EventType"), _text(response, "Response").lower()
        if event in _ANSWERED and answer in _RESPONSE_TYPES:
            return EventType(event), _RESPONSE_TYPES[answer]
    raise ProtocolError("there is no i:InteractiveResponse that says what is answered, and how")


_ANSWERED: Final = (EventType.CONFIRM, EventType.ERROR_ACTION)


def write_event(notice: Notice, writer: Writer, resource_uri: str) -> str:
    """Return the i:InteractiveEvent that says something to the client.

    An error that has a prompt, and a prompt that has a token, are for the client to answer.

    Args:
        notice: what to say.
        writer: writes streamed values.
        resource_uri: of the class, whose namespace streamed values are in.

    Raises:
        InvalidParameter: XML cannot carry it.
    """
    inside = _WRITERS[type(notice)](notice, writer, resource_uri)
    return f'<i:InteractiveEvent xmlns:i="{INTERACTIVE}">{inside}</i:InteractiveEvent>'


def _write_message(message: Message, _: Writer, __: str) -> str:
    event_type = _CHANNEL_EVENTS.get(message.channel, EventType.DEBUG)
    return _fields(EventType=event_type, Description=message.text)


def _write_progress(progress: Progress, _: Writer, __: str) -> str:
    return _fields(
        EventType=EventType.PROGRESS,
        Activity=progress.activity,
        CurrentOperation=progress.current_operation,
        StatusDescription=progress.status,
        PercentComplete=_known(progress.percent_complete),
        SecondsRemaining=_known(progress.seconds_remaining),
    )


def _write_prompt(prompt: Prompt, _: Writer, __: str) -> str:
    action = _fields(ActionType="Report") if prompt.token is None else ""
    return (
        _fields(EventType=EventType.CONFIRM, Description=prompt.message)
        + action
        + _fields(PromptType=prompt.type.name.capitalize())
    )


def _write_error(error: NonTerminatingError, _: Writer, __: str) -> str:
    action = "Report" if error.prompt is None else "Inquire"
    return (
        _fields(EventType=EventType.ERROR_ACTION)
        + f"<i:Description>{write_instance(error.instance)}</i:Description>"
        + _fields(ActionType=action)
    )


def _write_streamed(part: StreamedValue, writer: Writer, resource_uri: str) -> str:
    element = writer.property(Element(part.name, part.value, part.type, Flags.NONE))
    return (
        _fields(EventType=EventType.STREAMING_OUTPUT, Name=part.name, Type=int(part.type))
        + f'<i:Value xmlns:xsi="{XSI}" xmlns:p="{markup.attribute(resource_uri)}"'
        f' xmlns:cim="{CIM_COMMON}">{element}</i:Value>'
    )


_WRITERS: Final[dict[type[Notice], Callable[..., str]]] = {
    Message: _write_message,
    Progress: _write_progress,
    Prompt: _write_prompt,
    NonTerminatingError: _write_error,
    StreamedValue: _write_streamed,
}


def _known(number: int | None) -> int:
    return _UNKNOWN if number is None else number


def _fields(**values: object) -> str:
    return "".join(
        f"<i:{name}>{markup.text(str(value))}</i:{name}>" for name, value in values.items()
    )
