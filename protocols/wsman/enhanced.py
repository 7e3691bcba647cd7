"""Enhanced operations: one request, whose reply is several envelopes, and answers in between.

What a provider says on the way comes in the reply to the request, one envelope in each HTTP chunk,
and the last envelope is the result. A prompt is answered on another connection, in a message that
names the operation by its id (MS-WSMV 3.2.4.2, 3.2.6.5 to 3.2.7.9). Servers send none of this
unless the request says what the client listens to (2.2.10); those before Windows 8 know none of it
and answer as ever.

The client numbers its messages; what the server numbers is not looked at: on one connection nothing
is lost or doubled, and no operation is resumed on another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final, Self

from mi.callbacks import OperationCallbacks
from mi.events import Prompt
from mi.options import OperationOptions
from mi.results import CallbackMode, MessageChannel, PromptType, ResponseType
from protocols.wsman import markup
from protocols.wsman.envelope import Reply, Request, parse
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option
from protocols.wsman.interactive import EventType, write_response
from protocols.wsman.namespaces import (
    ADDRESSING,
    ANONYMOUS,
    FULL_DUPLEX,
    MICROSOFT,
    SOAP,
    WSMAN,
)

if TYPE_CHECKING:
    from protocols.wsman.incoming import IncomingRequest  # a client does not load it

__all__ = [
    "ACTION_ANSWER",
    "NOTHING",
    "Registration",
    "Signal",
    "answered",
    "enhanced",
    "read",
    "registered_by",
    "serialize_signal",
    "signal_of",
]

ACTION_ANSWER: Final = "/InteractiveResponse"
"""The action of an answer: no URI, and the same for every operation (MS-WSMV 2.2.2.5)."""

_PREFIX: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsman"
_REGISTRATION: Final = "__MI_CallbackRegistration"
_CHANNEL: Final = "wmiarray:__MI_OPERATIONOPTIONS_CHANNELVALUE"
_ERROR_MODE: Final = "wmi:__MI_OPERATIONOPTIONS_WRITEERRORMODE"
_PROMPT_MODE: Final = "wmi:__MI_OPERATIONOPTIONS_PROMPTUSERMODE"
_REGULAR_ANSWER: Final = "wmi:__MI_OPERATIONOPTIONS_PROMPTUSERMODEREGULAR_ACKVALUE"

_MESSAGES, _ERRORS, _STREAMS, _PROGRESS, _PROMPTS = 0x01, 0x02, 0x04, 0x08, 0x10


class Signal(StrEnum):
    """A message about an operation, of its resource and without a body: the action."""

    END = f"{_PREFIX}/End"
    """No more answers will come (MS-WSMV 3.1.4.19)."""
    CANCEL = f"{_PREFIX}/Cancel"
    """Nobody waits for the operation any more (MS-WSMV 3.1.4.20)."""


# What a server says on its own account in the reply to a request (MS-WSMV note 38), to keep the
# connection open or to know what it need not keep for a resumption. The specification spells the
# first in both ways.
_ITS_OWN: Final = frozenset(
    f"{_PREFIX}/{name}" for name in ("KeepAlive", "Keepalive", "AcknowledgeRequest", "Acknowledge")
)


class _Nothing(Enum):
    NOTHING = "nothing"


NOTHING: Final = _Nothing.NOTHING
"""What an envelope amounts to that a server sends for the connection's sake."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the caller listens to while an operation goes on.

    Attributes:
        mask: the bits of MS-WSMV 2.2.10; 0 is nothing.
        options: the options of a request that say so; those of modes alone where it is nothing.
        reports_prompts: whether prompts that are not critical are only told.
    """

    mask: int = 0
    options: tuple[Option, ...] = ()
    reports_prompts: bool = False

    @classmethod
    def of(cls, callbacks: OperationCallbacks | None, options: OperationOptions) -> Self:
        """Return what `callbacks` want to be told, in the modes of `options`."""
        mask = 0 if callbacks is None else _mask(callbacks, options)
        mode = options.prompt_user_mode
        return cls(mask, _options(mask, options), mode is CallbackMode.REPORT)

    def awaits(self, prompt: Prompt) -> bool:
        """Return whether the server waits for an answer to `prompt`."""
        if prompt.token is None:
            return False
        is_told = self.reports_prompts and prompt.token is EventType.CONFIRM
        return not is_told or prompt.type is PromptType.CRITICAL


def _mask(callbacks: OperationCallbacks, options: OperationOptions) -> int:
    channels, error_mode = options.enabled_channels, options.write_error_mode
    wanted = {
        # A server that is told of no channel sends them all.
        _MESSAGES: callbacks.write_message is not None and channels != frozenset(),
        # It knows no mode in which it keeps errors to itself, unlike prompts.
        _ERRORS: callbacks.write_error is not None and error_mode is not CallbackMode.IGNORE,
        _STREAMS: callbacks.streamed_parameter_result is not None,
        _PROGRESS: callbacks.write_progress is not None,
        _PROMPTS: callbacks.prompt_user is not None,
    }
    return sum(bit for bit, is_wanted in wanted.items() if is_wanted)


def _options(mask: int, options: OperationOptions) -> tuple[Option, ...]:
    found = [Option(_REGISTRATION, str(mask), "xs:int")] if mask else []
    if mask & _MESSAGES:
        channels = sorted(options.enabled_channels or MessageChannel)
        found += [Option(_CHANNEL, str(int(channel)), "xs:unsignedInt") for channel in channels]
    if options.write_error_mode in (CallbackMode.REPORT, CallbackMode.INQUIRE):
        found.append(Option(_ERROR_MODE, str(int(options.write_error_mode)), "xs:unsignedInt"))
    if options.prompt_user_mode is not None:
        found.append(Option(_PROMPT_MODE, str(int(options.prompt_user_mode)), "xs:int"))
    regular = options.prompt_user_regular_ack_value
    if regular is not None or options.prompt_user_mode is CallbackMode.IGNORE:
        # Without it a server that is to ignore prompts asks all the same (MS-WSMV 3.1.6.8).
        found.append(Option(_REGULAR_ANSWER, str(regular is not False).lower(), "xs:boolean"))
    return tuple(found)


# The client's side


def enhanced(request: Request, operation_id: str) -> Request:
    """Return a request whose reply may be several envelopes.

    It is sent once: a server that has the id already refuses it (MS-WSMV 3.1.4.1.39).
    """
    return replace(request, operation=(operation_id, 1), repeatable=False)


def answered(
    request: Request, operation_id: str, sequence: int, event: EventType, response: ResponseType
) -> Request:
    """Return the answer to an event in the reply to `request`: the same but for action and body.

    Args:
        request: what was asked.
        operation_id: the id that it was asked under.
        sequence: the number of this message among the client's, the request being the first.
        event: what is answered.
        response: the answer.
    """
    return replace(
        request,
        action=ACTION_ANSWER,
        body=write_response(event, response),
        operation=(operation_id, sequence),
        repeatable=False,
    )


def serialize_signal(signal: Signal, operation_id: str, message_id: str) -> bytes:
    """Return the bytes of a signal.

    Args:
        signal: what to say.
        operation_id: of which operation.
        message_id: as in `envelope.serialize`.
    """
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:w="{WSMAN}"'
        f' xmlns:p="{MICROSOFT}"><s:Header><a:To>{ANONYMOUS}</a:To>'
        f'<w:ResourceURI s:mustUnderstand="true">{FULL_DUPLEX}</w:ResourceURI>'
        f'<a:Action s:mustUnderstand="true">{signal}</a:Action>'
        f"<a:MessageID>{markup.text(message_id)}</a:MessageID>"
        f"<p:OperationID>{markup.text(operation_id)}</p:OperationID>"
        f"</s:Header><s:Body></s:Body></s:Envelope>"
    ).encode()


def read(data: bytes, message_id: str, *, limit: int) -> Reply | Fault | _Nothing:
    """Return what one envelope of the reply says; as `envelope.parse` otherwise.

    Raises:
        ProtocolError: it is nothing that can be trusted.
    """
    reply = parse(data, message_id, limit=limit, unrelated=_ITS_OWN)
    if isinstance(reply, Fault) or reply.action not in _ITS_OWN:
        return reply
    return NOTHING


# The server's side


def registered_by(request: IncomingRequest) -> int:
    """Return what a client listens to; several options count together (MS-WSMV 2.2.10)."""
    mask = 0
    for option in request.options:
        if option.name.rpartition(":")[2] == _REGISTRATION and (option.value or "").isdigit():
            mask |= int(option.value or "")
    return mask


def signal_of(request: IncomingRequest) -> Signal | None:
    """Return the signal that a request is, or None."""
    if request.resource_uri != FULL_DUPLEX:
        return None
    return next((signal for signal in Signal if signal == request.action), None)
