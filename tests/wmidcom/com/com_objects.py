"""COM objects made of ctypes callbacks, which count their references (wbemcli.h).

A function raises what it fails with; everything else is as a client of COM meets it.
"""

from __future__ import annotations

import ctypes
import itertools
import traceback
from ctypes import c_int32, c_uint32, c_void_p
from typing import Any, ClassVar

from protocols.wmidcom.com.structures import GUID, VARIANT
from protocols.wmidcom.services import WbemError

P, LONG, ULONG = c_void_p, c_int32, c_uint32
NO_MORE_DATA, NOT_FOUND, NO_INTERFACE, FAILED = 0x40005, 0x80041002, 0x80004002, 0x80041001

_function: Any = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)
_ids = itertools.count()


def signed(hresult: int) -> int:
    return ctypes.c_int32(hresult).value


def place(address: int | None, value: int | None) -> None:
    """Write an address where a client wants it, if it does."""
    if address:
        c_void_p.from_address(address).value = value


def wide_text(address: int) -> str:
    """Return a text that ends with a zero, BSTR or not."""
    octets = b""
    while (unit := ctypes.string_at(address + len(octets), 2)) != b"\0\0":
        octets += unit
    return octets.decode("utf-16-le", "surrogatepass")


def bstr(address: int | None) -> str | None:
    if not address:
        return None
    length = c_uint32.from_address(address - 4).value
    return ctypes.string_at(address, length).decode("utf-16-le", "surrogatepass")


class ComObject:
    """A COM object: a row of `SLOTS` says the place, the method and the arguments."""

    INTERFACES: ClassVar[tuple[str, ...]] = ()
    SLOTS: ClassVar[dict[int, tuple[str, tuple[Any, ...]]]] = {}
    _table: ClassVar[Any] = None
    _callbacks: ClassVar[list[Any]] = []
    _living: ClassVar[dict[int, ComObject]] = {}

    def __init__(self, system: Any) -> None:
        self.system = system
        self.references = 1
        self._memory = (c_void_p * 1)(ctypes.addressof(self._made_table()))
        self.address = ctypes.addressof(self._memory)
        self._living[self.address] = self
        system.living.add(self)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @classmethod
    def _made_table(cls) -> Any:
        if vars(cls).get("_table") is None:
            rows = {
                0: ("query_interface", (P, P)),
                1: ("add_ref", ()),
                2: ("release", ()),
                **cls.SLOTS,
            }
            table = (c_void_p * (max(rows) + 1))()
            for row, (name, types) in rows.items():
                callback = _function(LONG, P, *types)(_dispatcher(name))
                ComObject._callbacks.append(callback)
                table[row] = ctypes.cast(callback, c_void_p).value
            cls._table = table
        return cls._table

    # IUnknown

    def query_interface(self, interface: int, found: int) -> int:
        wanted = str(GUID.from_address(interface))
        if wanted not in self.INTERFACES:
            place(found, None)
            return signed(NO_INTERFACE)
        self.add_ref()
        place(found, self.address)
        return 0

    def add_ref(self) -> int:
        with self.system.lock:
            self.references += 1
            return self.references

    def release(self) -> int:
        with self.system.lock:
            self.references -= 1
            references = self.references
        if references == 0:
            del self._living[self.address]
            self.system.living.discard(self)
            self.gone()
        return references

    def gone(self) -> None:
        """Release what it holds itself."""


def _dispatcher(name: str) -> Any:
    def dispatch(this: int, *arguments: Any) -> int:
        found = ComObject._living.get(this)
        if found is None:
            print(f"{name} of an object that is gone")  # noqa: T201 - for whoever debugs
            return signed(FAILED)
        try:
            return getattr(found, name)(*arguments) or 0
        except WbemError as error:
            found.system.fail(error)
            return signed(error.hresult)
        except Exception as error:  # noqa: BLE001 - it would be lost in the callback
            traceback.print_exc()
            found.system.mistakes.append(error)
            return signed(FAILED)

    return dispatch


class Enumeration:
    """What Begin and Next of WMI's objects share."""

    def __init__(self) -> None:
        self._rest: list[Any] = []

    def begin(self, rest: list[Any]) -> None:
        self._rest = rest

    def next(self) -> Any:
        return self._rest.pop(0) if self._rest else None


def variant_at(address: int) -> VARIANT:
    return VARIANT.from_address(address)
