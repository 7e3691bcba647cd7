"""What an operation's callbacks are told besides results, and how they answer.

The thread that fetches runs them, one after another, and holds nothing meanwhile that another
thread may wait for. Where an answer is wanted it waits, until somebody gives it from whatever
thread, the time of the operation is over, or it is cancelled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple, TypeAlias

from mi.callbacks import OperationCallbacks, call_back
from mi.control import Control
from mi.errors import InvalidParameter, TypeMismatch
from mi.events import Message, NonTerminatingError, Notice, Progress, Prompt, StreamedValue
from mi.results import (
    CallbackMode,
    MessageChannel,
    OperationFlags,
    PromptType,
    ResponseType,
)

__all__ = ["Acknowledgement", "Answer", "Interaction", "Responder"]

_DEFAULT_CHANNELS: Final = frozenset(MessageChannel)
_MANUAL_ACK: Final = int(OperationFlags.MANUAL_ACK_RESULTS)

# A queue for the answer, which whoever answers takes out of the list: so only one can.
_Slot: TypeAlias = "list[SimpleQueue[ResponseType | None]]"


class Answer(NamedTuple):
    """What the server is to be told."""

    prompt: Prompt
    response: ResponseType


class Responder:
    """Answers one question, once, from any thread (MI_OperationCallback_PromptUserResult).

    One that is dropped unanswered says NO: nobody can answer any more, and nobody agreed.
    """

    __slots__ = ("_slot",)

    def __init__(self, slot: _Slot) -> None:
        self._slot = slot

    def __call__(self, response: ResponseType) -> None:
        """Answer.

        Args:
            response: a `ResponseType`, or True for YES and False for NO.

        Raises:
            InvalidParameter: it was answered, or nobody waits for it any more.
            TypeMismatch: that is no answer.
        """
        try:
            answer = ResponseType(response)
        except ValueError:
            raise TypeMismatch(f"an answer is a ResponseType, not {response!r}") from None
        if not _give(self._slot, answer):
            raise InvalidParameter("nobody waits for this answer any more")

    def __del__(self) -> None:
        # A SimpleQueue is made for it: it may be put to by the very thread that is in it.
        _give(self._slot, ResponseType.NO)


class Acknowledgement:
    """Says that a streamed value was dealt with, from any thread; so does dropping it."""

    __slots__ = ("_slot",)

    def __init__(self, slot: _Slot) -> None:
        self._slot = slot

    def __call__(self) -> None:
        """Let the operation go on; a second call does nothing."""
        _give(self._slot, ResponseType.YES)

    __del__ = __call__


def _give(slot: _Slot, response: ResponseType) -> bool:
    try:
        answers = slot.pop()
    except IndexError:
        return False
    answers.put(response)
    return True


class Interaction:
    """Tells the callbacks of one operation; one thread at a time uses it."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._callbacks = control.callbacks or OperationCallbacks()
        options = control.options
        channels = options.enabled_channels
        self._channels = _DEFAULT_CHANNELS if channels is None else channels
        self._error_mode = _either(options.write_error_mode, CallbackMode.REPORT)
        self._prompt_mode = _either(options.prompt_user_mode, CallbackMode.INQUIRE)
        is_agreed = options.prompt_user_regular_ack_value is not False
        self._regular = ResponseType.YES if is_agreed else ResponseType.NO

    def tell(self, notice: Notice) -> Answer | None:
        """Tell the callback of `notice`, if there is one; return what the server is to be told.

        Raises:
            OperationCancelled: the operation was cancelled while an answer was waited for.
            OperationTimeout: its time was over.
        """
        match notice:
            case Message():
                self._message(notice)
            case Progress():
                self._progress(notice)
            case StreamedValue():
                self._streamed(notice)
            case Prompt():
                return self._prompt(notice)
            case NonTerminatingError():
                return self._error(notice)
            case _:
                raise TypeError(f"a run delivers events, not {notice!r}")
        return None

    def _message(self, message: Message) -> None:
        if self._callbacks.write_message is not None and message.channel in self._channels:
            call_back(self._callbacks.write_message, message.channel, message.text)

    def _progress(self, progress: Progress) -> None:
        if self._callbacks.write_progress is not None:
            call_back(self._callbacks.write_progress, progress)

    def _prompt(self, prompt: Prompt) -> Answer:
        is_critical = prompt.type is PromptType.CRITICAL
        mode = CallbackMode.INQUIRE if is_critical else self._prompt_mode
        told = prompt.message, prompt.type
        response = self._response(mode, self._regular, self._callbacks.prompt_user, told)
        return Answer(prompt, response)

    def _error(self, error: NonTerminatingError) -> Answer | None:
        mode = self._error_mode
        if error.prompt is None and mode is CallbackMode.INQUIRE:
            mode = CallbackMode.REPORT  # the server goes on anyhow
        told = (error.instance,)
        response = self._response(mode, ResponseType.YES, self._callbacks.write_error, told)
        if response is ResponseType.YES_TO_ALL:
            self._error_mode = CallbackMode.REPORT
        return None if error.prompt is None else Answer(error.prompt, response)

    def _streamed(self, part: StreamedValue) -> None:
        callback = self._callbacks.streamed_parameter_result
        if callback is None:
            return
        told = part.name, part.type, part.value
        if int(self._control.flags) & _MANUAL_ACK:
            self._ask(callback, told, Acknowledgement)
        else:
            call_back(callback, *told, None)

    def _response(
        self,
        mode: CallbackMode,
        usual: ResponseType,
        callback: Callable[..., None] | None,
        told: tuple[Any, ...],
    ) -> ResponseType:
        if callback is None or mode is CallbackMode.IGNORE:
            return usual
        if mode is CallbackMode.REPORT:
            call_back(callback, *told, None)
            return usual
        return self._ask(callback, told, Responder)

    def _ask(
        self,
        callback: Callable[..., None],
        told: tuple[Any, ...],
        kind: type[Responder | Acknowledgement],
    ) -> ResponseType:
        answers: SimpleQueue[ResponseType | None] = SimpleQueue()
        slot = [answers]
        # Nothing here may keep what answers alive, or it could not be dropped.
        if not call_back(callback, *told, kind(slot)):
            _give(slot, ResponseType.NO)
        try:
            return self._wait(answers)
        finally:
            slot.clear()

    def _wait(self, answers: SimpleQueue[ResponseType | None]) -> ResponseType:
        cancel, end = self._control.cancel, self._control.end
        wake = partial(answers.put, None)
        cancel.watch(wake)
        try:
            answer = answers.get(timeout=end.remaining())
        except Empty:
            raise end.error("waiting for the answer of a callback") from None
        finally:
            cancel.unwatch(wake)
        if answer is None:
            raise cancel.error()
        return answer


def _either(given: CallbackMode | None, usual: CallbackMode) -> CallbackMode:
    return usual if given is None else given
