"""What the handler asks of a transport: IWbemServices as MI needs it (MS-WMI 3.1.4.3).

Two transports have it: `rpc`, DCOM in pure Python from any platform, and `com`, the local machine
on Windows. Neither knows MI's operations, and the operations know neither of them. Objects are
values here: `Class` and `Instance`, as a WINRM session gives them. Their `server_name` is the
destination as the caller named it, and their namespace what `normalize_namespace` makes of it.

A call ends in one of three ways: with its result; with `WbemError`, where WMI or the RPC runtime of
the other end answered with a code; with an `MIError` where there was no answer, be it for lack of
time (`Bounds`), of a connection, or of sense in what came.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag
from typing import Any, NamedTuple, Protocol

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.instance import Instance
from mi.options import DestinationOptions
from mi.results import CimType
from mi.schema import Class, Method

__all__ = [
    "Batch",
    "Bounds",
    "ContextValue",
    "OpenConnection",
    "Outgoing",
    "WbemConnection",
    "WbemEnumerator",
    "WbemError",
    "WbemFlags",
    "WbemServices",
]


class WbemFlags(IntFlag):
    """Flags of the calls, with the numbers of MS-WMI 2.2.6; a number may mean two things.

    RETURN_IMMEDIATELY and FORWARD_ONLY make a call that returns an enumerator semisynchronous: it
    returns at once, and its objects can be read but once, as they come.
    """

    NONE = 0
    UPDATE_ONLY = 0x1  # of a put: the object must be there
    CREATE_ONLY = 0x2  # of a put: it must not
    SHALLOW = 0x1  # of an enumeration: of the class itself, or its immediate subclasses
    RETURN_IMMEDIATELY = 0x10
    FORWARD_ONLY = 0x20
    USE_AMENDED_QUALIFIERS = 0x20000  # with the qualifiers of the locale


class Bounds(NamedTuple):
    """What ends a wait: its time, and the caller's wish.

    Attributes:
        expiry: when it must be over; its `error(phase)` is raised then.
        cancel: its `error()` is raised once it is cancelled.
    """

    expiry: Expiry
    cancel: CancelToken

    def check(self, phase: str) -> None:
        """Raise if the wait is over before what `phase` names begins.

        Raises:
            OperationCancelled: somebody cancelled the operation.
            OperationTimeout: no time is left.
        """
        if self.cancel.cancelled:
            raise self.cancel.error()
        if self.expiry.remaining() == 0.0:
            raise self.expiry.error(phase)


class ContextValue(NamedTuple):
    """One value of an IWbemContext, which WMI hands to the provider (MS-WMI 2.2.13).

    Attributes:
        name: such as `__ProviderArchitecture`.
        value: a CIM value, as instances hold it.
        type: its type.
    """

    name: str
    value: Any
    type: CimType


class Outgoing(NamedTuple):
    """An object on its way to the server, with all that is needed to write it.

    Attributes:
        instance: its values, of the types that its class declares.
        declaration: its class; of parameters, the `in` parameters of the method as the properties
            of a class `__PARAMETERS`.
        properties: those whose values are sent, null or not; the others go as not set, with the
            class' default.
        embedded: the declarations of the classes of all instances embedded in it, at any depth, by
            the lower-case name of the class.
    """

    instance: Instance
    declaration: Class
    properties: tuple[str, ...]
    embedded: Mapping[str, Class]


class WbemError(Exception):
    """WMI, or the RPC runtime at the other end, answered that it failed.

    Attributes:
        hresult: an HRESULT, a WBEMSTATUS or the status of an RPC fault, from 0 to 2**32 - 1.
        status: the `__ExtendedStatus` that came with it, or None.
    """

    def __init__(self, hresult: int, status: Instance | None = None) -> None:
        super().__init__(f"0x{hresult:08X}")
        self.hresult = hresult
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.hresult, self.status)


class Batch(NamedTuple):
    """What an enumerator had to give.

    Attributes:
        objects: in the order of the server; it may be empty.
        is_end: whether they are the last.
        size: bytes that they took on their way, or 0 where nobody counts them.
    """

    objects: list[Any]
    is_end: bool
    size: int = 0


class WbemEnumerator(Protocol):
    """An IEnumWbemClassObject: used by one thread at a time, released once."""

    def next(self, count: int, wait: float, bounds: Bounds) -> Batch:
        """Return up to `count` objects, fewer or none if they do not come within `wait` seconds.

        WBEM_S_FALSE is an end with objects; WBEM_S_TIMEDOUT is no end (MS-WMI 3.1.4.4.2).

        Args:
            count: at least 1.
            wait: how long the server may wait for them; a transport adds what the wire needs.
            bounds: ends the call itself.

        Raises:
            WbemError: the enumeration failed; whatever came before has been returned.
            MIError: there was no answer.
        """
        ...

    def release(self, bounds: Bounds) -> None:
        """Let go of it on the server; where its connection is gone, or it was, do nothing.

        Raises:
            MIError: there was no answer; nothing is left to be done here all the same.
        """
        ...


class WbemServices(Protocol):
    """One namespace of a server; every method may be called from any thread.

    `flags` are those that the call itself takes; a transport sends them as they are, so that an
    enumeration is semisynchronous because the caller says so. `context` becomes an IWbemContext;
    without values there is none. All methods raise `WbemError`, and `MIError` with
    `outcome_unknown` set where `put_instance`, `delete_instance` or `exec_method` was sent and
    its answer got lost.
    """

    def get_class(
        self, name: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> Class:
        """Return the declaration of a class, with all that it inherits (GetObject)."""
        ...

    def get_instance(
        self, path: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> Instance:
        """Return the object that a relative path names, `Class.Key="value"` (GetObject)."""
        ...

    def exec_query(
        self, query: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> WbemEnumerator:
        """Return what a WQL query selects: instances, or classes where it is a schema query."""
        ...

    def create_instance_enum(
        self, class_name: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> WbemEnumerator:
        """Return the instances of a class: without SHALLOW, of its subclasses too."""
        ...

    def create_class_enum(
        self,
        superclass: str | None,
        flags: WbemFlags,
        context: tuple[ContextValue, ...],
        bounds: Bounds,
    ) -> WbemEnumerator:
        """Return the subclasses of a class, or of none; without SHALLOW, theirs too."""
        ...

    def exec_notification_query(
        self, query: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> WbemEnumerator:
        """Return the events that a WQL query describes, as they happen; they have no end."""
        ...

    def exec_method(
        self,
        path: str,
        method: Method,
        parameters: Outgoing | None,
        context: tuple[ContextValue, ...],
        bounds: Bounds,
    ) -> Instance | None:
        """Call a method, and return what it returned, with `ReturnValue` (ExecMethod).

        Args:
            path: relative: of the object, or for a static method the name of the class.
            method: as its class declares it.
            parameters: what goes in; None where the method has no `in` parameters.
            context: for the provider.
            bounds: of the call.
        """
        ...

    def put_instance(
        self,
        outgoing: Outgoing,
        flags: WbemFlags,
        context: tuple[ContextValue, ...],
        bounds: Bounds,
    ) -> str | None:
        """Write an object, and return the path that the server says it has, if it does.

        Args:
            outgoing: the object.
            flags: UPDATE_ONLY or CREATE_ONLY.
            context: for the provider.
            bounds: of the call.
        """
        ...

    def delete_instance(
        self, path: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> None:
        """Delete the object that a relative path names."""
        ...


class WbemConnection(Protocol):
    """A way to one server; any thread may use it. Making one touches neither COM nor the network.

    What is needed is connected when it is asked for. After a connection broke, the calls on it have
    failed, and the next `services` connects anew.
    """

    def services(self, namespace: str, locale: str | None, bounds: Bounds) -> WbemServices:
        r"""Log in to a namespace, if that was not done before (IWbemLevel1Login::NTLMLogin).

        Args:
            namespace: with forward slashes: `root/cimv2`.
            locale: in WMI's form, `MS_409`, or None for the server's.
            bounds: of the call.

        Raises:
            WbemError: the namespace is not there, access is denied …
            MIError: there was no answer, or no logon.
        """
        ...

    def after_fork(self) -> None:
        """In a child process: forget what is the parent's, and send nothing on it."""
        ...

    def close(self, expiry: Expiry) -> None:
        """Release all that is left on the server, and disconnect; twice is allowed."""
        ...


class OpenConnection(Protocol):
    """What makes a connection: `rpc.connection.RpcConnection`, `com.connection.ComConnection`."""

    def __call__(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> WbemConnection:
        """Return a connection that has touched nothing yet.

        Args:
            destination: as the caller named it, or None for this machine.
            options: a copy that nobody else changes.
            callbacks: told what happens outside any operation.

        Raises:
            InvalidParameter: an option has a value that it cannot use.
            NotSupported: something that it needs is not installed.
        """
        ...
