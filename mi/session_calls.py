"""What may be asked of a destination: MI's operations, as the methods of a session.

Each makes the value of its call and runs it. `mi.Session`, the one class that derives from this
one, does the running.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Unpack

from mi.caller import Caller, CallKeywords, locating
from mi.calls import (
    AssociatorInstances,
    CreateInstance,
    DeleteInstance,
    EnumerateClasses,
    EnumerateInstances,
    GetClass,
    GetInstance,
    Invoke,
    ModifyInstance,
    QueryInstances,
    ReferenceInstances,
    Subscribe,
    SubscribeEventLog,
    TestConnection,
)
from mi.event_log import query_list
from mi.indication import Indication
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.operation import Operation
from mi.options import SubscriptionDeliveryOptions
from mi.schema import Class

__all__ = ["SessionCalls", "instance_of", "target_of"]


class SessionCalls(Caller):
    """The operations of a session with one destination, which `mi.Session` describes."""

    @locating
    def test_connection(self, **keywords: Unpack[CallKeywords]) -> Instance | None:
        """Return what the server says of itself, once it answers (MI_Session_TestConnection).

        Over WINRM that is the answer to Identify; None where a protocol tells nothing.

        Raises:
            ConnectionFailed: it cannot be reached.
            AuthenticationFailed: it does not accept the credentials.
        """
        return self.run(TestConnection(), **keywords).result()

    @locating
    def get_instance(self, key: Instance | str, **keywords: Unpack[CallKeywords]) -> Instance:
        """Return the instance that `key` names (MI_Session_GetInstance).

        Args:
            key: an instance with all keys of its class, or WMI's path of one.
            keywords: as for `run`.

        Raises:
            InvalidParameter: it names no object, for lack of a key. Nothing was sent.
            NotFound: there is none of that key.
            InvalidClass: there is no such class.
            InvalidNamespace: there is no such namespace.
        """
        return self.run(GetInstance(instance_of(key)), **keywords).result()

    @locating
    def create_instance(self, instance: Instance, **keywords: Unpack[CallKeywords]) -> Instance:
        """Make a new object and return what names it (MI_Session_CreateInstance).

        Most servers tell the key alone; `get_instance` gives the rest.

        Args:
            instance: the object; of its properties those that are not null are sent.
            keywords: as for `run`.

        Raises:
            AlreadyExists: there is one with its key.
            NoSuchProperty: the class has no property that the instance has. Nothing was sent.
        """
        return self.run(CreateInstance(instance), **keywords).result()

    @locating
    def modify_instance(
        self, instance: Instance, **keywords: Unpack[CallKeywords]
    ) -> Instance | None:
        """Write properties of an object; return it as it is now (MI_Session_ModifyInstance).

        Servers that do not tell how it is now give None.

        Args:
            instance: names the object. If a server sent it, what was set since then is written;
                else all of its properties that are not null.
            keywords: as for `run`.

        Raises:
            InvalidParameter: nothing was set, or a key, or the server writes null to what the
                instance came without. Nothing was sent.
            NoSuchProperty: the class has no property that the instance has. Nothing was sent.
        """
        return self.run(ModifyInstance(instance), **keywords).result()

    @locating
    def delete_instance(self, key: Instance | str, **keywords: Unpack[CallKeywords]) -> None:
        """Delete the object that `key` names (MI_Session_DeleteInstance).

        Args:
            key: as for `get_instance`.
            keywords: as for `run`.

        Raises:
            InvalidParameter: it names no object, for lack of a key. Nothing was sent.
            NotFound: there is none of that key.
            NotSupported: the class lets none of its objects be deleted.
        """
        self.run(DeleteInstance(instance_of(key)), **keywords).result()

    @locating
    def invoke(
        self,
        target: Instance | str,
        method: str,
        parameters: Mapping[str, Any] | None = None,
        **keywords: Unpack[CallKeywords],
    ) -> MethodResult:
        """Call a method and return what it gave back (MI_Session_Invoke).

        A return value other than 0 is no error; `MethodResult.check` makes it one.

        Args:
            target: the instance whose method it is, or its path in WMI's form; the name of a class
                for a static one.
            method: the name of the method.
            parameters: its input parameters by name, without case. None as a value is null, which
                is not the same as leaving the parameter out.
            keywords: as for `run`.

        Raises:
            InvalidParameter: the method has no such parameter. Nothing was sent.
            MethodNotFound: the class has no such method. Nothing was sent.
            TypeMismatch: a value does not fit its parameter. Nothing was sent.
        """
        return self.run(Invoke(target_of(target), method, parameters), **keywords).result()

    @locating
    def enumerate_instances(
        self, class_name: str, keys_only: bool = False, **keywords: Unpack[CallKeywords]
    ) -> Operation[Instance]:
        """Return the instances of a class and its subclasses (MI_Session_EnumerateInstances).

        Args:
            class_name: the class; `flags` may leave its subclasses out.
            keys_only: whether the keys are enough.
            keywords: as for `run`.
        """
        return self.run(EnumerateInstances(class_name, keys_only), **keywords)

    @locating
    def query_instances(
        self, query: str, dialect: str = "WQL", **keywords: Unpack[CallKeywords]
    ) -> Operation[Instance]:
        """Return the instances that a query selects (MI_Session_QueryInstances).

        Args:
            query: the text of the query; `mi.wql.query` puts values into one.
            dialect: the language of the query: WQL, CQL or one that the server knows.
            keywords: as for `run`.

        Raises:
            InvalidParameter: the query is empty. Of one that the server refuses the operation
                raises `InvalidQuery` when it is read.
        """
        return self.run(QueryInstances(query, dialect), **keywords)

    @locating
    def associator_instances(  # noqa: PLR0913, PLR0917 - MI has them so
        self,
        key: Instance | str,
        association_class: str | None = None,
        result_class: str | None = None,
        role: str | None = None,
        result_role: str | None = None,
        keys_only: bool = False,
        **keywords: Unpack[CallKeywords],
    ) -> Operation[Instance]:
        """Return the objects associated with one (MI_Session_AssociatorInstances).

        Args:
            key: names the one, as for `get_instance`.
            association_class: associations of this class, or its subclasses, alone.
            result_class: objects of this class, or its subclasses, alone.
            role: the property of the association that refers to the one.
            result_role: the property of the association that refers to the others.
            keys_only: whether the keys are enough.
            keywords: as for `run`.
        """
        call = AssociatorInstances(
            instance_of(key), association_class, result_class, role, result_role, keys_only
        )
        return self.run(call, **keywords)

    @locating
    def reference_instances(
        self,
        key: Instance | str,
        result_class: str | None = None,
        role: str | None = None,
        keys_only: bool = False,
        **keywords: Unpack[CallKeywords],
    ) -> Operation[Instance]:
        """Return the associations that refer to an object (MI_Session_ReferenceInstances).

        Args:
            key: names the object, as for `get_instance`.
            result_class: associations of this class, or its subclasses, alone.
            role: the property of the association that refers to the object.
            keys_only: whether the keys are enough.
            keywords: as for `run`.
        """
        call = ReferenceInstances(instance_of(key), result_class, role, keys_only)
        return self.run(call, **keywords)

    @locating
    def get_class(self, class_name: str, **keywords: Unpack[CallKeywords]) -> Class:
        """Return the declaration of a class (MI_Session_GetClass).

        Args:
            class_name: the class.
            keywords: as for `run`.

        Raises:
            InvalidClass: there is none of that name in the namespace.
            InvalidNamespace: there is no such namespace.
        """
        return self.run(GetClass(class_name), **keywords).result()

    @locating
    def enumerate_classes(
        self,
        class_name: str | None = None,
        names_only: bool = False,
        deep: bool = False,
        pattern: str | None = None,
        **keywords: Unpack[CallKeywords],
    ) -> Operation[Class]:
        """Return classes of a namespace (MI_Session_EnumerateClasses).

        Args:
            class_name: the class whose subclasses are wanted; None for those that have no
                superclass.
            names_only: whether the names are enough, which costs a fraction; the classes have
                nothing else then.
            deep: whether subclasses of subclasses are wanted too.
            pattern: what the names must match, without case: `*` is any text, `?` any character,
                as in `Win32_*`.
            keywords: as for `run`.
        """
        return self.run(EnumerateClasses(class_name, names_only, deep, pattern), **keywords)

    @locating
    def subscribe(
        self,
        query: str,
        dialect: str = "WQL",
        delivery: SubscriptionDeliveryOptions | None = None,
        **keywords: Unpack[CallKeywords],
    ) -> Operation[Indication]:
        """Return what happens on the host, as it happens (MI_Session_Subscribe).

        It waits for ever unless `timeout` is given here, and goes on until it is closed.

        Args:
            query: an event query, such as `SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE
                TargetInstance ISA 'Win32_Process'`.
            dialect: as for `query_instances`.
            delivery: how indications are delivered; it is copied.
            keywords: as for `run`.
        """
        return self.run(Subscribe(query, dialect, delivery), **keywords)

    @locating
    def subscribe_event_log(  # noqa: PLR0913, PLR0917 - MI has them so
        self,
        channels_or_query_list: str | Iterable[str],
        bookmark: str | None = None,
        read_existing: bool = False,
        rendered_text: bool = False,
        ignore_channel_errors: bool = False,
        delivery: SubscriptionDeliveryOptions | None = None,
        *,
        follow: bool = True,
        **keywords: Unpack[CallKeywords],
    ) -> Operation[Indication]:
        """Return what is written to the Windows event log, as it is written.

        It waits for ever unless `timeout` is given here, and goes on until it is closed.

        Args:
            channels_or_query_list: a channel (`System`), several, or the XML of a query list.
            bookmark: an indication's, to go on behind it.
            read_existing: whether to begin with the oldest event where there is no bookmark.
            rendered_text: whether events come with their message, put together by the host.
            ignore_channel_errors: whether channels that cannot be read are passed over.
            delivery: how events are delivered; it is copied.
            follow: whether to wait for what is yet to be written; else it ends when nothing more
                is there.
            keywords: as for `run`; a namespace has no meaning here.
        """
        call = SubscribeEventLog(
            query_list(channels_or_query_list), bookmark, read_existing, rendered_text,
            ignore_channel_errors, delivery, follow,
        )  # fmt: skip
        return self.run(call, **keywords)


def instance_of(key: Instance | str) -> Instance:
    """Return the instance that a caller names by itself or by WMI's path."""
    return Instance.from_path(key) if isinstance(key, str) else key


def target_of(target: Instance | str) -> Instance | str:
    """Return what a method is called on: an instance, also by its path, or the name of a class."""
    is_path = isinstance(target, str) and any(mark in target for mark in _PATH_MARKS)
    return instance_of(target) if is_path else target


_PATH_MARKS: Final = ("=", ".", ":", "\\")
