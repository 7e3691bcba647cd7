"""What a session is asked to do, as values.

A session method makes one of these; a handler has a row for each kind that it supports. Third
parties, the command line and `Session.run` make them too. A call does nothing and knows no wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from mi.instance import Instance
from mi.schema import Class

__all__ = [
    "Call",
    "EnumerateInstances",
    "GetClass",
    "GetInstance",
    "QueryInstances",
    "TestConnection",
]

ResultT = TypeVar("ResultT", covariant=True)  # noqa: PLC0105 - shown to users as Call[ResultT]


@dataclass(frozen=True, slots=True)
class Call(Generic[ResultT]):
    """One operation of the MI API.

    Attributes:
        unary: whether it has exactly one result.
        repeatable: whether a lost answer may be asked for again: it changes nothing.
        namespace: the CIM namespace; a session replaces None by its default before it starts.
    """

    unary: ClassVar[bool] = True
    repeatable: ClassVar[bool] = True

    @property
    def operation(self) -> str:
        """The name of the MI operation, for messages."""
        return type(self).__name__


@dataclass(frozen=True, slots=True)
class TestConnection(Call[Instance | None]):
    """Ask whether the server answers (MI_Session_TestConnection)."""

    __test__: ClassVar[bool] = False  # no test, whatever pytest makes of the name


@dataclass(frozen=True, slots=True)
class GetInstance(Call[Instance]):
    """Get the instance that `key` names (MI_Session_GetInstance)."""

    key: Instance
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class EnumerateInstances(Call[Instance]):
    """Get the instances of a class (MI_Session_EnumerateInstances)."""

    unary: ClassVar[bool] = False

    class_name: str
    keys_only: bool = False
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class QueryInstances(Call[Instance]):
    """Get the instances that a query selects (MI_Session_QueryInstances)."""

    unary: ClassVar[bool] = False

    query: str
    dialect: str = "WQL"
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class GetClass(Call[Class]):
    """Get the declaration of a class (MI_Session_GetClass)."""

    class_name: str
    namespace: str | None = None
