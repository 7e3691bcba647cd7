"""Callbacks: of a session, for what happens outside any operation, and of one operation.

They are the caller's code: an exception in one is logged and breaks no operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from threading import local
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from mi.errors import MIError, TypeMismatch
from mi.events import Progress
from mi.indication import Indication
from mi.instance import Instance
from mi.results import CimType, PromptType, ResponseType, Result
from mi.schema import Class

if TYPE_CHECKING:
    from mi.operation import Operation

__all__ = [
    "Acknowledge",
    "OperationCallbacks",
    "OperationResult",
    "Respond",
    "SessionCallbacks",
    "call_back",
    "is_in_callback",
    "log_failure",
]

ResultT = TypeVar("ResultT")

Acknowledge: TypeAlias = Callable[[], None]
"""Says that a result was dealt with (MI_OperationCallback_ResultAcknowledge)."""

Respond: TypeAlias = Callable[[ResponseType], None]
"""Answers a prompt or an error, once, from any thread; True is YES and False is NO.

Raises `InvalidParameter` where it was answered, or where nobody waits any more.
"""


class _Callbacks:
    """What all sets of callbacks have in common: they are checked when they are made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for one in fields(self):  # type: ignore[arg-type]  # each of them is a dataclass
            given = getattr(self, one.name)
            if given is not None and not callable(given):
                raise TypeMismatch(f"a callback is a callable, not {given!r}")


@dataclass(frozen=True, slots=True)
class SessionCallbacks(_Callbacks):
    """What to call for a message or an error outside any operation (MI_SessionCallbacks).

    They inform only, and may run in any thread. An exception in one is logged, and breaks nothing.

    Attributes:
        write_message: called with the channel's number and the text.
        write_error: called with a CIM_Error instance.

    Raises:
        TypeMismatch: one of them cannot be called.
    """

    write_message: Callable[[int, str], None] | None = None
    write_error: Callable[[Instance], None] | None = None

    def message(self, channel: int, text: str) -> None:
        """Tell the caller `text`."""
        if self.write_message is not None:
            call_back(self.write_message, channel, text)

    def error(self, instance: Instance) -> None:
        """Tell the caller of an error that ends no operation."""
        if self.write_error is not None:
            call_back(self.write_error, instance)


@dataclass(frozen=True, slots=True)
class OperationResult(Generic[ResultT]):
    """One result of an asynchronous operation, as its callback is given it.

    Attributes:
        operation: the operation; a callback may cancel and close it.
        value: an `Instance`, `Class`, `MethodResult` or `Indication`; None where there is none.
        more_results: False for the final result, which is exactly one, the last, and may come
            without a value.
        error: why the operation failed, with its message and `extended_error`; in a final result.
        acknowledge: to be called, from any thread, before the next result comes; a second call does
            nothing. None unless the operation has `OperationFlags.MANUAL_ACK_RESULTS`.
    """

    operation: Operation[ResultT]
    value: ResultT | None
    more_results: bool
    error: MIError | None = None
    acknowledge: Acknowledge | None = None

    @property
    def result(self) -> Result:
        """The MI_Result: OK unless there is an error."""
        return Result.OK if self.error is None else self.error.result


@dataclass(frozen=True, slots=True)
class OperationCallbacks(_Callbacks):
    """What to call while an operation runs (MI_OperationCallbacks).

    The first three make the operations of their kind asynchronous. The others work with every
    operation. For one operation one callback runs at a time, in the order in which the server
    issued things. An exception in one is logged, and breaks no operation.

    Attributes:
        instance_result: called with each `OperationResult` of calls that give instances, of
            `Invoke` and of `TestConnection`.
        class_result: called with each `OperationResult` of calls that give classes.
        indication_result: called with each `OperationResult` of a subscription.
        write_message: called with the channel's number and the text, if the channel is enabled.
        write_error: called with a CIM_Error instance and, where the server waits to be told whether
            to go on, with what answers; else with None.
        write_progress: called with a `Progress`.
        prompt_user: called with the question, its type and what answers, or with None where the
            mode of the prompt answers.
        streamed_parameter_result: called with the name, the type and the value of a part of an out
            parameter, and what acknowledges it, as for results.

    Raises:
        TypeMismatch: one of them cannot be called.
    """

    instance_result: Callable[[OperationResult[Any]], None] | None = None
    class_result: Callable[[OperationResult[Class]], None] | None = None
    indication_result: Callable[[OperationResult[Indication]], None] | None = None
    write_message: Callable[[int, str], None] | None = None
    write_error: Callable[[Instance, Respond | None], None] | None = None
    write_progress: Callable[[Progress], None] | None = None
    prompt_user: Callable[[str, PromptType, Respond | None], None] | None = None
    streamed_parameter_result: Callable[[str, CimType, Any, Acknowledge | None], None] | None = None


class _Depth(local):
    """How many callbacks the thread is in."""

    depth = 0


_here = _Depth()


def call_back(callback: Callable[..., None], *arguments: Any) -> bool:
    """Call the caller's code; return False where it failed, which is logged."""
    _here.depth += 1
    try:
        callback(*arguments)
    except Exception as error:  # noqa: BLE001 - the caller's code may raise anything
        log_failure(error)
        return False
    finally:
        _here.depth -= 1
    return True


def is_in_callback() -> bool:
    """Return whether this thread is in the caller's code, called from here: do not make it wait."""
    return _here.depth > 0


def log_failure(error: BaseException) -> None:
    """Log what a callback raised."""
    import logging  # noqa: PLC0415 - a tenth of the time of `import mi`, for a rare event

    logging.getLogger("mi.callbacks").error("a callback failed", exc_info=error)
