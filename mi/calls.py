"""What a session is asked to do, as values.

A session method makes one of these; a handler has a row for each kind that it supports. Third
parties, the command line and `Session.run` make them too. A call does nothing and knows no wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from mi.errors import InvalidParameter, TypeMismatch
from mi.instance import Instance
from mi.names import check_name
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
        optional: whether the one result may be missing; it is None then.
        repeatable: whether a lost answer may be asked for again: it changes nothing.
        namespace: the CIM namespace; a session replaces None by its default before it starts.

    Raises:
        InvalidParameter: an argument that no server could accept.
        TypeMismatch: an argument of the wrong type.
    """

    unary: ClassVar[bool] = True
    optional: ClassVar[bool] = False
    repeatable: ClassVar[bool] = True

    namespace: str | None = field(default=None, kw_only=True)

    @property
    def operation(self) -> str:
        """The name of the MI operation, for messages."""
        return type(self).__name__

    @property
    def target(self) -> Instance | None:
        """The instance that names the object to work on: its keys must be there, all of them."""
        return None


@dataclass(frozen=True, slots=True)
class TestConnection(Call[Instance | None]):
    """Ask whether the server answers (MI_Session_TestConnection)."""

    __test__: ClassVar[bool] = False  # no test, whatever pytest makes of the name

    optional: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class GetInstance(Call[Instance]):
    """Get the instance that `key` names (MI_Session_GetInstance)."""

    key: Instance

    def __post_init__(self) -> None:
        if not isinstance(self.key, Instance):
            raise TypeMismatch(f"a key is an Instance, not {self.key!r}")

    @property
    def target(self) -> Instance:
        """The key."""
        return self.key


@dataclass(frozen=True, slots=True)
class EnumerateInstances(Call[Instance]):
    """Get the instances of a class (MI_Session_EnumerateInstances)."""

    unary: ClassVar[bool] = False

    class_name: str
    keys_only: bool = False

    def __post_init__(self) -> None:
        check_name(self.class_name, "class name")


@dataclass(frozen=True, slots=True)
class QueryInstances(Call[Instance]):
    """Get the instances that a query selects (MI_Session_QueryInstances)."""

    unary: ClassVar[bool] = False

    query: str
    dialect: str = "WQL"

    def __post_init__(self) -> None:
        for name in ("query", "dialect"):
            text = getattr(self, name)
            if not isinstance(text, str):
                raise TypeMismatch(f"a {name} is a string, not {text!r}")
            if not text.strip():
                raise InvalidParameter(f"the {name} is empty")


@dataclass(frozen=True, slots=True)
class GetClass(Call[Class]):
    """Get the declaration of a class (MI_Session_GetClass)."""

    class_name: str

    def __post_init__(self) -> None:
        check_name(self.class_name, "class name")
