"""IWbemServices of one namespace, called: for the threads that use COM, and for them alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from ctypes import byref, c_void_p
from typing import Any, Final, TypeVar

from mi.schema import Method
from protocols.dcom.object_names import Find
from protocols.wmidcom.com import failures
from protocols.wmidcom.com.contexts import new_context
from protocols.wmidcom.com.interfaces import Enumerator, Services, Slot, text_of
from protocols.wmidcom.com.object_reader import ObjectReader, nothing
from protocols.wmidcom.com.object_writer import ObjectWriter
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.com.semisynchronous import Answer
from protocols.wmidcom.com.system import System
from protocols.wmidcom.services import ContextValue, Outgoing, WbemError, WbemFlags

__all__ = ["Namespace"]

T = TypeVar("T")

_LATER: Final = WbemFlags.RETURN_IMMEDIATELY
# RPC_S_SERVER_UNAVAILABLE, RPC_S_CALL_FAILED, RPC_E_DISCONNECTED, RPC_E_SERVER_DIED,
# CO_E_OBJNOTCONNECTED: the service has ended, or was started anew.
_GONE: Final = frozenset((0x800706BA, 0x800706BE, 0x80010108, 0x80010007, 0x800401FD))


class Namespace:
    """A namespace.

    Attributes:
        system: COM.
        services: its interface.
        reader: reads its objects.
        is_broken: whether its server has gone, so that it must be connected to anew.
    """

    def __init__(
        self,
        system: System,
        services: Services,
        name: str,
        server_name: str | None,
        find: Find = nothing,
    ) -> None:
        """Take over the interface of a namespace.

        Args:
            system: COM.
            services: the interface.
            name: the namespace, as it was asked for.
            server_name: the server as its objects are to name it.
            find: gives a class that is known already, for the keys of references; it asks nobody.
        """
        self.system = system
        self.services = services
        self.is_broken = False
        self.reader = ObjectReader(system, self.fetch, name, server_name, find)

    def explained(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; where WMI refuses, with what it says of that.

        Raises:
            WbemError: it refuses.
        """
        self.system.forget_error()
        try:
            return work()
        except WbemError as error:
            raise self.failure(error) from error

    def failure(self, error: WbemError) -> WbemError:
        """Return a failure of this thread with what WMI says of it."""
        self.is_broken = self.is_broken or error.hresult in _GONE
        return failures.explained(error, self.system, self.reader)

    def fetch(self, class_name: str) -> WbemObject:
        """Return the object of a class, which is the caller's to release."""
        found = c_void_p()
        with self._call((), class_name) as (services, _, name):
            services.call(Services.GET_OBJECT, name, 0, None, byref(found), None)
        return WbemObject(self.system, found.value or 0)

    # Calls that are answered later

    def get(
        self, path: str, flags: WbemFlags, context: Iterable[ContextValue], answer: Answer
    ) -> None:
        """Ask for an object."""
        with self._call(context, path) as (services, said, address):
            services.call(
                Services.GET_OBJECT,
                address, flags | _LATER, said, answer.object_place, answer.result_place,
            )  # fmt: skip

    def put(
        self,
        outgoing: Outgoing,
        flags: WbemFlags,
        context: Iterable[ContextValue],
        answer: Answer,
    ) -> None:
        """Write an object."""
        writer = ObjectWriter(self.system, self.fetch, outgoing)
        with (
            self.fetch(outgoing.declaration.name) as class_,
            writer.spawned(class_) as written,
            self._call(context) as (services, said),
        ):
            services.call(
                Services.PUT_INSTANCE, written.address, flags | _LATER, said, answer.result_place
            )

    def delete(
        self, path: str, flags: WbemFlags, context: Iterable[ContextValue], answer: Answer
    ) -> None:
        """Delete an object."""
        with self._call(context, path) as (services, said, address):
            services.call(
                Services.DELETE_INSTANCE, address, flags | _LATER, said, answer.result_place
            )

    def execute(
        self,
        path: str,
        method: Method,
        parameters: Outgoing | None,
        context: Iterable[ContextValue],
        answer: Answer,
    ) -> None:
        """Call a method."""
        with (
            self._given(path, method, parameters) as given,
            self._call(context, path, method.name) as (services, said, *addresses),
        ):
            services.call(
                Services.EXEC_METHOD,
                *addresses, _LATER, said, given, answer.object_place, answer.result_place,
            )  # fmt: skip

    # Enumerations

    def enumerate(
        self, slot: Slot, about: Iterable[str], flags: WbemFlags, context: Iterable[ContextValue]
    ) -> Enumerator:
        """Call a function that gives an enumerator, which is the caller's to release."""
        with self._call(context, *about) as (services, said, *addresses):
            address = services.take_address(slot, *addresses, flags, said)
        enumerator = Enumerator(self.system, address)
        try:
            self.system.protect(address)
        except WbemError:
            enumerator.release()
            raise
        return enumerator

    # What is needed for a call

    @contextmanager
    def _call(self, context: Iterable[ContextValue], *texts: str) -> Iterator[tuple[Any, ...]]:
        """Return the services, the address of a context, and those of BSTRs, for as long."""
        with ExitStack() as stack:
            services = stack.enter_context(self.services.shared())
            said = stack.enter_context(new_context(context, self.system))
            addresses = [stack.enter_context(text_of(text, self.system)) for text in texts]
            yield services, said, *addresses

    @contextmanager
    def _given(
        self, path: str, method: Method, parameters: Outgoing | None
    ) -> Iterator[int | None]:
        """Return the address of a method's parameters, None where it takes none."""
        if parameters is None:
            yield None
            return
        writer = ObjectWriter(self.system, self.fetch, parameters)
        with (
            self.fetch(_class_of(path)) as class_,
            class_.inputs(method.name) as inputs,
        ):
            if inputs is None:
                yield None
                return
            with writer.spawned(inputs) as given:
                yield given.address


def _class_of(path: str) -> str:
    """Return the class of a relative path."""
    return path.partition(".")[0].partition("=")[0]
