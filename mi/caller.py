"""Who makes calls of one destination: what the methods of a session need of the session itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypedDict, TypeVar, Unpack

from mi.calls import Call
from mi.control import Expiry
from mi.errors import MIError
from mi.operation import Operation
from mi.options import OperationOptions
from mi.results import OperationFlags
from mi.workers import Work

__all__ = ["CallKeywords", "Caller", "locating", "operation_name"]

P = ParamSpec("P")
ResultT = TypeVar("ResultT")
CallerT = TypeVar("CallerT", bound="Caller")


class CallKeywords(TypedDict, total=False):
    """The keywords that every call takes; `Session.run` says what each means."""

    namespace: str | None
    options: OperationOptions | None
    flags: OperationFlags
    timeout: float | timedelta | None
    deadline: float | timedelta | Expiry | None


class Caller(ABC):
    """What runs calls at one destination; `mi.Session` is the one, and describes it.

    Attributes:
        destination: the host, or None for this machine.
    """

    destination: str | None

    @property
    @abstractmethod
    def envelope_size(self) -> int:
        """The bytes that a message may have."""
        ...

    @abstractmethod
    def run(self, call: Call[ResultT], **keywords: Unpack[CallKeywords]) -> Operation[ResultT]:
        """Return the operation of any call, as `mi.Session.run` does."""
        ...

    @abstractmethod
    def submit(self, work: Work) -> None:
        """Let a thread of the application's executor do `work`, as `mi.Session.submit` does."""
        ...

    @abstractmethod
    def _refuse_if_closed(self) -> None:
        """Do nothing while calls are run.

        Raises:
            InvalidParameter: none are any more.
        """
        ...


def operation_name(method: Callable[..., object]) -> str:
    """Return what MI calls the operation that a method of a session is."""
    return "".join(word.capitalize() for word in method.__name__.split("_"))


def locating(
    method: Callable[Concatenate[CallerT, P], ResultT],
) -> Callable[Concatenate[CallerT, P], ResultT]:
    """Let the errors of `method` say which destination and which of MI's operations it was."""
    operation = operation_name(method)

    @wraps(method)
    def located(caller: CallerT, /, *arguments: P.args, **keywords: P.kwargs) -> ResultT:
        try:
            return method(caller, *arguments, **keywords)
        except MIError as error:
            error.located(caller.destination, operation)
            raise

    return located
