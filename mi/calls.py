"""What a session is asked to do, as values.

A session method makes one of these; a handler has a row for each kind that it supports. Third
parties, the command line and `Session.run` make them too. A call does nothing and knows no wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from mi.errors import InvalidParameter, TypeMismatch
from mi.indication import Indication
from mi.instance import Instance
from mi.names import check_name
from mi.options import SubscriptionDeliveryOptions
from mi.schema import Class

__all__ = [
    "Call",
    "EnumerateInstances",
    "GetClass",
    "GetInstance",
    "QueryInstances",
    "Subscribe",
    "SubscribeEventLog",
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
        endless: whether it goes on until somebody ends it, so that the usual time-out, which is
            for answers that ought to come, does not bound it.
        namespace: the CIM namespace; a session replaces None by its default before it starts.

    Raises:
        InvalidParameter: an argument that no server could accept.
        TypeMismatch: an argument of the wrong type.
    """

    unary: ClassVar[bool] = True
    optional: ClassVar[bool] = False
    repeatable: ClassVar[bool] = True
    endless: ClassVar[bool] = False

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
        _check_text(query=self.query, dialect=self.dialect)


@dataclass(frozen=True, slots=True)
class GetClass(Call[Class]):
    """Get the declaration of a class (MI_Session_GetClass)."""

    class_name: str

    def __post_init__(self) -> None:
        check_name(self.class_name, "class name")


@dataclass(frozen=True, slots=True)
class Subscribe(Call[Indication]):
    """Get what happens, as a query describes it (MI_Session_Subscribe).

    A `delivery` is copied.
    """

    unary: ClassVar[bool] = False
    repeatable: ClassVar[bool] = False
    endless: ClassVar[bool] = True

    query: str
    dialect: str = "WQL"
    delivery: SubscriptionDeliveryOptions | None = None

    def __post_init__(self) -> None:
        _check_text(query=self.query, dialect=self.dialect)
        object.__setattr__(self, "delivery", _delivery(self.delivery))


@dataclass(frozen=True, slots=True)
class SubscribeEventLog(Call[Indication]):
    """Get what is written to the Windows event log.

    Attributes:
        query_list: which channels and events; `mi.event_log.query_list` makes one.
        bookmark: where to go on; else what `delivery` says, else from now on.
        read_existing: whether to begin with the oldest event where there is no bookmark.
        rendered_text: whether events come with their message, put together by the server.
        ignore_channel_errors: whether channels that cannot be read are passed over.
        delivery: how events are delivered; it is copied.
        follow: whether to wait for what is yet to come; else it ends when nothing more is there.
    """

    unary: ClassVar[bool] = False
    repeatable: ClassVar[bool] = False
    endless: ClassVar[bool] = True

    query_list: str
    bookmark: str | None = None
    read_existing: bool = False
    rendered_text: bool = False
    ignore_channel_errors: bool = False
    delivery: SubscriptionDeliveryOptions | None = None
    follow: bool = True

    def __post_init__(self) -> None:
        _check_text(query_list=self.query_list)
        if self.bookmark is not None:
            _check_text(bookmark=self.bookmark)
        object.__setattr__(self, "delivery", _delivery(self.delivery))


def _check_text(**texts: str) -> None:
    for name, text in texts.items():
        if not isinstance(text, str):
            raise TypeMismatch(f"a {name} is a string, not {text!r}")
        if not text.strip():
            raise InvalidParameter(f"the {name} is empty")


def _delivery(given: SubscriptionDeliveryOptions | None) -> SubscriptionDeliveryOptions | None:
    if given is None:
        return None
    if not isinstance(given, SubscriptionDeliveryOptions):
        raise TypeMismatch(f"delivery is SubscriptionDeliveryOptions, not {given!r}")
    return given.copy()
