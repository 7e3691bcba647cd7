"""Whoever called an operation, as a provider sees him while it goes on (MS-WSMV 3.1.6.7, 3.1.6.8).

What he did not register for is not said, and a question that nobody asks him is answered as
Windows answers it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Final

from mi.events import Message, NonTerminatingError, Notice, Progress, Prompt, StreamedValue
from mi.options import ServerKind
from mi.results import CallbackMode, PromptType, ResponseType
from protocols.loopback.peer import ClientGone
from protocols.wsman.dialects import DIALECTS
from protocols.wsman.enhanced import registered_by
from protocols.wsman.envelope import serialize_reply
from protocols.wsman.forms import Forms
from protocols.wsman.incoming import IncomingRequest
from protocols.wsman.interactive import EventType, write_event
from protocols.wsman.namespaces import response_action
from protocols.wsman.writers import Writer

__all__ = ["Caller", "Dialogues", "Question"]

_BITS: Final = {
    Message: 0x01,
    NonTerminatingError: 0x02,
    StreamedValue: 0x04,
    Progress: 0x08,
    Prompt: 0x10,
}
_PREFIX: Final = "__mi_operationoptions_"
_WRITER: Final = Writer(DIALECTS[ServerKind.WINRM3], forms=Forms(types=True))


class Question:
    """A question that a provider waits to have answered.

    Attributes:
        is_over: set when it is answered, or nobody will answer it.
        response: the answer, or None.
    """

    def __init__(self) -> None:
        self.is_over = threading.Event()
        self.response: ResponseType | None = None


class Dialogues:
    """The questions that wait for an answer, by the id of their operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, Question] = {}

    def ask(self, operation_id: str) -> Question:
        """Return a question that was not answered yet."""
        with self._lock:
            question = self._open[operation_id] = Question()
        return question

    def settle(self, operation_id: str, response: ResponseType | None) -> bool:
        """Answer the question of an operation, or drop it; return whether there was one."""
        with self._lock:
            question = self._open.pop(operation_id, None)
        if question is None:
            return False
        question.response = response
        question.is_over.set()
        return True


class Caller:
    """The client of one operation."""

    def __init__(
        self,
        request: IncomingRequest,
        dialogues: Dialogues,
        send: Callable[[bytes], None],
        wait: Callable[..., None],
    ) -> None:
        """Know who called.

        Args:
            request: what he asked.
            dialogues: where his answers come in.
            send: sends him an envelope.
            wait: waits for seconds or an event, unless he leaves (`Peer.wait`).
        """
        self.wait = wait
        self._request = request
        self._dialogues = dialogues
        self._send = send
        self._id = request.operation_id or ""
        self._mask = registered_by(request) if self._id else 0
        self._sequence = 0

    def tell(self, notice: Notice) -> ResponseType:
        """Say something, and return the answer; YES to what was no question, or not asked.

        Raises:
            ClientGone: he does not wait for it any more.
        """
        if not self._mask & _BITS[type(notice)]:
            return ResponseType.YES
        if isinstance(notice, Message) and not self._hears(notice.channel):
            return ResponseType.YES
        if isinstance(notice, Prompt):
            return self._prompt(notice)
        if isinstance(notice, NonTerminatingError) and self._error_mode is CallbackMode.INQUIRE:
            return self._ask(
                NonTerminatingError(notice.instance, Prompt("", token=EventType.ERROR_ACTION))
            )
        self._say(notice)
        return ResponseType.YES

    def _prompt(self, prompt: Prompt) -> ResponseType:
        mode, regular = (
            self._option("promptusermode"),
            self._option("promptusermoderegular_ackvalue"),
        )
        if prompt.type is PromptType.NORMAL:
            answer = ResponseType.NO if regular == "false" else ResponseType.YES
            if mode == str(int(CallbackMode.IGNORE)) and regular:
                return answer
            if mode == str(int(CallbackMode.REPORT)):
                self._say(prompt)
                return answer
        return self._ask(Prompt(prompt.message, prompt.type, EventType.CONFIRM))

    def _ask(self, notice: Notice) -> ResponseType:
        question = self._dialogues.ask(self._id)
        try:
            self._say(notice)
            self.wait(None, question.is_over)
        finally:
            self._dialogues.settle(self._id, None)
        if question.response is None:
            raise ClientGone
        return question.response

    def _say(self, notice: Notice) -> None:
        self._sequence += 1
        self._send(
            serialize_reply(
                response_action(self._request.action),
                write_event(notice, _WRITER, self._request.resource_uri),
                self._request.message_id,
                f"uuid:{str(uuid.uuid4()).upper()}",
                operation=(self._id, self._sequence),
            )
        )

    @property
    def _error_mode(self) -> CallbackMode:
        return CallbackMode(int(self._option("writeerrormode") or CallbackMode.REPORT))

    def _hears(self, channel: int) -> bool:
        given = [
            option.value
            for option in self._request.options
            if option.name.lower() == f"wmiarray:{_PREFIX}channelvalue"
        ]
        return not given or str(int(channel)) in given

    def _option(self, name: str) -> str:
        wanted = f"wmi:{_PREFIX}{name}"
        found = (one.value for one in self._request.options if one.name.lower() == wanted)
        return next(found, None) or ""
