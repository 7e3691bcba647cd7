"""COM interfaces: an address, and the functions that its table holds (MS-WMI 3.1.4; wbemcli.h).

Each interface is released by whoever has it, by `with` mostly. Nothing is released by a finalizer:
that may run in a thread that has no part in COM.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_int32, c_uint32, c_void_p
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from mi.errors import InvalidParameter
from protocols.wmidcom.com.structures import GUID, POINTER, pointer_at, text_at
from protocols.wmidcom.com.system import System, succeeded

__all__ = [
    "CallResult",
    "Context",
    "Enumerator",
    "Interface",
    "Locator",
    "Services",
    "Slot",
    "slot",
    "text_of",
    "wide",
]

# On 64-bit Windows, and anywhere else, there is but one way to call a function.
_function: Final[Any] = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)
_P, _LONG, _ULONG = c_void_p, c_int32, c_uint32


class Slot(NamedTuple):
    """A function of a table: its place, and how it is called."""

    place: int
    prototype: Any


def slot(place: int, *arguments: Any) -> Slot:
    """Return the function at a place of a table, with its arguments but for the object itself."""
    return Slot(place, _function(_LONG, _P, *arguments))


def wide(text: str) -> Any:
    """Return a text as functions take it that want no BSTR, for as long as it is kept."""
    return ctypes.create_string_buffer(text.encode("utf-16-le", "surrogatepass") + b"\0\0")


@contextmanager
def text_of(text: str | None, system: System) -> Iterator[int | None]:
    """Return the address of a BSTR, for as long; of None it is None."""
    if text is None:
        yield None
        return
    address = system.new_text(text)
    try:
        yield address
    finally:
        system.free_text(address)


class Interface:
    """An interface of an object, which is the holder's to release."""

    QUERY_INTERFACE: Final = slot(0, _P, _P)
    ADD_REF: Final = slot(1)
    RELEASE: Final = slot(2)

    def __init__(self, system: System, address: int) -> None:
        """Take over an interface.

        Args:
            system: what it came from.
            address: the interface.
        """
        self.system = system
        self.address = address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def raw(self, slot: Slot, *arguments: Any) -> int:
        """Call a function, and return what it returns."""
        return _called(self.address, slot, *arguments)

    def call(self, slot: Slot, *arguments: Any) -> int:
        """Call a function, and return the kind of its success.

        Raises:
            WbemError: it failed.
        """
        return succeeded(self.raw(slot, *arguments))

    def shared(self) -> Self:
        """Return another hold on the interface, which is released by itself.

        Raises:
            InvalidParameter: it was released.
        """
        address = self.address
        if not address:
            raise InvalidParameter("the session is closed")
        _called(address, self.ADD_REF)
        return type(self)(self.system, address)

    def release(self) -> None:
        """Let go of it; twice is no more than once."""
        address, self.address = self.address, 0
        if address:
            _called(address, self.RELEASE)

    def query(self, interface_id: str) -> int:
        """Return another interface of the same object.

        Raises:
            WbemError: it has no such interface.
        """
        found = c_void_p()
        self.call(self.QUERY_INTERFACE, byref(GUID.of(interface_id)), byref(found))
        return found.value or 0

    # What functions give

    def take_address(self, slot: Slot, *arguments: Any) -> int:
        """Call a function whose last argument is where it puts an interface; 0 is none."""
        found = c_void_p()
        self.call(slot, *arguments, byref(found))
        return found.value or 0

    def take_text(self, slot: Slot, *arguments: Any) -> str:
        """Call a function whose last argument is where it puts a BSTR."""
        address = self.take_address(slot, *arguments)
        try:
            return text_at(address)
        finally:
            self.system.free_text(address)


def _called(address: int, slot: Slot, *arguments: Any) -> int:
    function = pointer_at(pointer_at(address) + slot.place * POINTER)
    hresult: int = slot.prototype(function)(address, *arguments)
    return hresult


class Locator(Interface):
    """IWbemLocator."""

    CLASS_ID: Final = "4590f811-1d3a-11d0-891f-00aa004b2e24"
    INTERFACE_ID: Final = "dc12a687-737f-11cf-884d-00aa004b2e24"
    CONNECT_SERVER: Final = slot(3, _P, _P, _P, _P, _LONG, _P, _P, _P)


class Services(Interface):
    """IWbemServices; its functions have the places that they have in DCOM."""

    GET_OBJECT: Final = slot(6, _P, _LONG, _P, _P, _P)
    CREATE_CLASS_ENUM: Final = slot(12, _P, _LONG, _P, _P)
    PUT_INSTANCE: Final = slot(14, _P, _LONG, _P, _P)
    DELETE_INSTANCE: Final = slot(16, _P, _LONG, _P, _P)
    CREATE_INSTANCE_ENUM: Final = slot(18, _P, _LONG, _P, _P)
    EXEC_QUERY: Final = slot(20, _P, _P, _LONG, _P, _P)
    EXEC_NOTIFICATION_QUERY: Final = slot(22, _P, _P, _LONG, _P, _P)
    EXEC_METHOD: Final = slot(24, _P, _P, _LONG, _P, _P, _P, _P)


class Enumerator(Interface):
    """IEnumWbemClassObject."""

    NEXT: Final = slot(4, _LONG, _ULONG, _P, _P)


class CallResult(Interface):
    """IWbemCallResult."""

    GET_RESULT_OBJECT: Final = slot(3, _LONG, _P)
    GET_RESULT_STRING: Final = slot(4, _LONG, _P)
    GET_CALL_STATUS: Final = slot(6, _LONG, _P)


class Context(Interface):
    """IWbemContext."""

    CLASS_ID: Final = "674b6698-ee92-11d0-ad71-00c04fd8fdff"
    INTERFACE_ID: Final = "44aca674-e8fc-11d0-a07c-00c04fb68820"
    SET_VALUE: Final = slot(8, _P, _LONG, _P)
