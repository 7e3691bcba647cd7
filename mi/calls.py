"""What a session is asked to do, as values.

A session method makes one of these; a handler has a row for each kind that it supports. Third
parties, the command line and `Session.run` make them too. A call does nothing and knows no wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from mi.call_checks import (
    check_instance,
    check_names,
    check_text,
    copy_of_delivery,
    copy_of_parameters,
)
from mi.errors import TypeMismatch
from mi.indication import Indication
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.names import check_name
from mi.options import SubscriptionDeliveryOptions
from mi.schema import Class

__all__ = [
    "AssociatorInstances",
    "Call",
    "CreateInstance",
    "DeleteInstance",
    "EnumerateClasses",
    "EnumerateInstances",
    "GetClass",
    "GetInstance",
    "Invoke",
    "ModifyInstance",
    "QueryInstances",
    "ReferenceInstances",
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
        result_callback: the one of `OperationCallbacks` that makes it asynchronous.
        subject: the name of the attribute that holds what it is about, if that is an instance.
        needs_key: whether that instance must name an object, with all of its keys.
        has_namespace: whether it is about objects of CIM, which are in a namespace.
        namespace: the CIM namespace; a session replaces None by its default before it starts.

    Raises:
        InvalidParameter: an argument that no server could accept.
        TypeMismatch: an argument of the wrong type.
    """

    unary: ClassVar[bool] = True
    optional: ClassVar[bool] = False
    repeatable: ClassVar[bool] = True
    endless: ClassVar[bool] = False
    result_callback: ClassVar[str] = "instance_result"
    subject: ClassVar[str | None] = None
    needs_key: ClassVar[bool] = True
    has_namespace: ClassVar[bool] = True

    namespace: str | None = field(default=None, kw_only=True)

    @property
    def operation(self) -> str:
        """The name of the MI operation, for messages."""
        return type(self).__name__

    @property
    def about(self) -> Instance | None:
        """The instance that it is about, whose namespace is the usual one; or None."""
        given = None if self.subject is None else getattr(self, self.subject)
        return given if isinstance(given, Instance) else None


@dataclass(frozen=True, slots=True)
class TestConnection(Call[Instance | None]):
    """Ask whether the server answers (MI_Session_TestConnection)."""

    __test__: ClassVar[bool] = False  # no test, whatever pytest makes of the name

    optional: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class GetInstance(Call[Instance]):
    """Get the instance that `key` names (MI_Session_GetInstance)."""

    subject: ClassVar[str | None] = "key"

    key: Instance

    def __post_init__(self) -> None:
        check_instance(key=self.key)


@dataclass(frozen=True, slots=True)
class CreateInstance(Call[Instance]):
    """Make a new object, `instance` (MI_Session_CreateInstance); the result may be but its key."""

    repeatable: ClassVar[bool] = False
    subject: ClassVar[str | None] = "instance"
    needs_key: ClassVar[bool] = False

    instance: Instance

    def __post_init__(self) -> None:
        check_instance(instance=self.instance)


@dataclass(frozen=True, slots=True)
class ModifyInstance(Call[Instance | None]):
    """Write an object's properties (MI_Session_ModifyInstance).

    Of an instance that came from a server those that were set since; else all that are not null.
    """

    optional: ClassVar[bool] = True
    repeatable: ClassVar[bool] = False
    subject: ClassVar[str | None] = "instance"

    instance: Instance

    def __post_init__(self) -> None:
        check_instance(instance=self.instance)


@dataclass(frozen=True, slots=True)
class DeleteInstance(Call[None]):
    """Delete the object that `key` names (MI_Session_DeleteInstance)."""

    optional: ClassVar[bool] = True
    repeatable: ClassVar[bool] = False
    subject: ClassVar[str | None] = "key"

    key: Instance

    def __post_init__(self) -> None:
        check_instance(key=self.key)


@dataclass(frozen=True, slots=True)
class Invoke(Call[MethodResult]):
    """Call a method of an object, or a static one of a class (MI_Session_Invoke).

    Attributes:
        target: the instance whose method it is, or for a static one the name of the class.
        method: its name.
        parameters: values by the names of the parameters; they are copied. An `Instance` of them
            may say their types, which a server without class declarations does not know.
    """

    repeatable: ClassVar[bool] = False
    subject: ClassVar[str | None] = "target"

    target: Instance | str
    method: str
    parameters: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.target, (Instance, str)):
            raise TypeMismatch(f"a method is one of an Instance or a class, not of {self.target!r}")
        check_name(self.class_name, "class name")
        check_name(self.method, "method name")
        object.__setattr__(self, "parameters", copy_of_parameters(self.parameters))

    @property
    def class_name(self) -> str:
        """The name of the class that has the method."""
        return self.target if isinstance(self.target, str) else self.target.class_name


@dataclass(frozen=True, slots=True)
class EnumerateInstances(Call[Instance]):
    """Get the instances of a class (MI_Session_EnumerateInstances).

    Attributes:
        class_name: the class; instances of its subclasses come, too, unless a flag says otherwise.
        keys_only: whether their keys are enough.
    """

    unary: ClassVar[bool] = False

    class_name: str
    keys_only: bool = False

    def __post_init__(self) -> None:
        check_name(self.class_name, "class name")


@dataclass(frozen=True, slots=True)
class QueryInstances(Call[Instance]):
    """Get the instances that a query selects (MI_Session_QueryInstances).

    Attributes:
        query: its text.
        dialect: the language of the text: WQL, CQL or one that the server knows.
    """

    unary: ClassVar[bool] = False

    query: str
    dialect: str = "WQL"

    def __post_init__(self) -> None:
        check_text(query=self.query, dialect=self.dialect)


@dataclass(frozen=True, slots=True)
class AssociatorInstances(Call[Instance]):
    """Get the objects that are associated with one (MI_Session_AssociatorInstances).

    Attributes:
        key: names the one.
        association_class: associations of this class, or its subclasses, alone.
        result_class: objects of this class, or its subclasses, alone.
        role: the property of the association that refers to the one.
        result_role: the property of the association that refers to the others.
        keys_only: whether their keys are enough.
    """

    unary: ClassVar[bool] = False
    subject: ClassVar[str | None] = "key"

    key: Instance
    association_class: str | None = None
    result_class: str | None = None
    role: str | None = None
    result_role: str | None = None
    keys_only: bool = False

    def __post_init__(self) -> None:
        check_instance(key=self.key)
        check_names("class name", self.association_class, self.result_class)
        check_names("role", self.role, self.result_role)


@dataclass(frozen=True, slots=True)
class ReferenceInstances(Call[Instance]):
    """Get the associations that refer to an object (MI_Session_ReferenceInstances).

    Attributes:
        key: names it.
        result_class: associations of this class, or its subclasses, alone.
        role: the property of the association that refers to it.
        keys_only: whether their keys are enough.
    """

    unary: ClassVar[bool] = False
    subject: ClassVar[str | None] = "key"

    key: Instance
    result_class: str | None = None
    role: str | None = None
    keys_only: bool = False

    def __post_init__(self) -> None:
        check_instance(key=self.key)
        check_names("class name", self.result_class)
        check_names("role", self.role)


@dataclass(frozen=True, slots=True)
class GetClass(Call[Class]):
    """Get the declaration of the class `class_name` (MI_Session_GetClass)."""

    result_callback: ClassVar[str] = "class_result"

    class_name: str

    def __post_init__(self) -> None:
        check_name(self.class_name, "class name")


@dataclass(frozen=True, slots=True)
class EnumerateClasses(Call[Class]):
    """Get the subclasses of a class, or the classes without one (MI_Session_EnumerateClasses).

    Attributes:
        class_name: the class whose subclasses are wanted; None for those at the top.
        names_only: whether their names are enough.
        deep: whether subclasses of subclasses are wanted too.
        pattern: what their names must match, without case: `*` is any text, `?` any character.
    """

    unary: ClassVar[bool] = False
    result_callback: ClassVar[str] = "class_result"

    class_name: str | None = None
    names_only: bool = False
    deep: bool = False
    pattern: str | None = None

    def __post_init__(self) -> None:
        check_names("class name", self.class_name)
        if self.pattern is not None:
            check_text(pattern=self.pattern)


@dataclass(frozen=True, slots=True)
class Subscribe(Call[Indication]):
    """Get what happens, as a query describes it (MI_Session_Subscribe).

    Attributes:
        query: the text of an event query.
        dialect: the language of the text.
        delivery: how events are delivered; it is copied.
    """

    unary: ClassVar[bool] = False
    repeatable: ClassVar[bool] = False
    endless: ClassVar[bool] = True
    result_callback: ClassVar[str] = "indication_result"

    query: str
    dialect: str = "WQL"
    delivery: SubscriptionDeliveryOptions | None = None

    def __post_init__(self) -> None:
        check_text(query=self.query, dialect=self.dialect)
        object.__setattr__(self, "delivery", copy_of_delivery(self.delivery))


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
    result_callback: ClassVar[str] = "indication_result"

    query_list: str
    bookmark: str | None = None
    read_existing: bool = False
    rendered_text: bool = False
    ignore_channel_errors: bool = False
    delivery: SubscriptionDeliveryOptions | None = None
    follow: bool = True

    def __post_init__(self) -> None:
        check_text(query_list=self.query_list)
        if self.bookmark is not None:
            check_text(bookmark=self.bookmark)
        object.__setattr__(self, "delivery", copy_of_delivery(self.delivery))
