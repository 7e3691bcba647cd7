"""Who makes calls of one destination: what the methods of a session need of the session itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypedDict, TypeVar, Unpack

from mi.calls import Call
from mi.control import Expiry
from mi.errors import MIError
from mi.operation import Operation
from mi.options import OperationOptions
from mi.results import OperationFlags
from mi.workers import Work

__all__ = [
    "CallKeywords",
    "Caller",
    "locating",
    "operation_name",
    "refuse_unknown",
    "refuse_unknown_of",
]

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


def operation_name(method: str) -> str:
    """Return what MI calls the operation that the method of that name of a session is."""
    return "".join(word.capitalize() for word in method.split("_"))


def locating(
    method: Callable[Concatenate[CallerT, P], ResultT],
) -> Callable[Concatenate[CallerT, P], ResultT]:
    """Let the errors of `method` say which destination and which of MI's operations it was.

    A keyword that it does not know is an error of its own, and not of `run`, which it is passed to.
    """
    operation = operation_name(method.__name__)

    @wraps(method)
    def located(caller: CallerT, /, *arguments: P.args, **keywords: P.kwargs) -> ResultT:
        try:
            return method(caller, *arguments, **keywords)
        except MIError as error:
            error.located(caller.destination, operation)
            raise
        except TypeError:
            refuse_unknown_of(method, caller, keywords)
            raise

    return located


def refuse_unknown_of(
    method: Callable[..., object], caller: object, keywords: Mapping[str, Any]
) -> None:
    """Do nothing if the method of `caller`, which takes `CallKeywords`, knows all keywords.

    Raises:
        TypeError: it does not.
    """
    own = {name: keywords[name] for name in keywords.keys() - method.__annotations__.keys()}
    refuse_unknown(own, CallKeywords, f"{type(caller).__name__}.{method.__name__}")


def refuse_unknown(keywords: Mapping[str, Any], known: type[Any], method: str) -> None:
    """Do nothing if all keywords are of the `TypedDict` that is `known`.

    Raises:
        TypeError: one is not, as Python itself would say it of parameters of `method`.
    """
    unknown = keywords.keys() - known.__annotations__
    if unknown:
        message = f"{method}() got an unexpected keyword argument {min(unknown)!r}"
        raise TypeError(message) from None
