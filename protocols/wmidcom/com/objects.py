"""IWbemClassObject and IWbemQualifierSet: classes and instances, in this very process.

Nothing here asks the server: an object brings all that it has along.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes import byref, c_int32, c_void_p
from typing import Any, Final, NamedTuple

from protocols.wmidcom.com.interfaces import Interface, slot, wide
from protocols.wmidcom.com.structures import VARIANT, text_at
from protocols.wmidcom.com.variants import SURPLUS, read
from protocols.wmidcom.services import WbemError

__all__ = ["Entry", "QualifierSet", "Signed", "WbemObject", "is_missing"]

_P, _LONG = c_void_p, c_int32
_NO_MORE_DATA: Final = 0x40005  # WBEM_S_NO_MORE_DATA
_NOT_FOUND: Final = 0x80041002  # WBEM_E_NOT_FOUND
_NOT_IMPLEMENTED: Final = 0x80004001  # E_NOTIMPL
_NONSYSTEM_ONLY: Final = 0x40  # WBEM_FLAG_NONSYSTEM_ONLY
_CLASS: Final = 1  # WBEM_GENUS_CLASS


def is_missing(error: WbemError) -> bool:
    """Return whether an object answered that it has no such thing, or none of that kind at all."""
    return error.hresult in {_NOT_FOUND, _NOT_IMPLEMENTED}


class Entry(NamedTuple):
    """What comes of an enumeration of properties or qualifiers; the VARIANT lasts until the next.

    Attributes:
        name: of the property or qualifier.
        variant: its value.
        number: the CIMTYPE of a property.
        flavor: where it comes from, and whither it goes (wbemcli.h, WBEM_FLAVOR_TYPE).
    """

    name: str
    variant: VARIANT
    number: int
    flavor: int


class Signed(NamedTuple):
    """A method; what is of classes in it is released when the next is asked for.

    Attributes:
        name: its name.
        inputs: the class of what goes into it, None where that is nothing.
        outputs: the class of what comes out of it.
    """

    name: str
    inputs: WbemObject | None
    outputs: WbemObject | None


class QualifierSet(Interface):
    """IWbemQualifierSet."""

    BEGIN: Final = slot(7, _LONG)
    NEXT: Final = slot(8, _LONG, _P, _P, _P)
    END: Final = slot(9)

    def entries(self) -> Iterator[Entry]:
        """Return the qualifiers."""
        self.call(self.BEGIN, 0)
        flavor = c_int32()
        for name, variant in _each(self, self.NEXT, byref(flavor)):
            yield Entry(name, variant, 0, flavor.value)
        self.call(self.END)


class WbemObject(Interface):
    """IWbemClassObject."""

    INTERFACE_ID: Final = "dc12a681-737f-11cf-884d-00aa004b2e24"
    GET_QUALIFIER_SET: Final = slot(3, _P)
    GET: Final = slot(4, _P, _LONG, _P, _P, _P)
    PUT: Final = slot(5, _P, _LONG, _P, _LONG)
    BEGIN: Final = slot(8, _LONG)
    NEXT: Final = slot(9, _LONG, _P, _P, _P, _P)
    END: Final = slot(10)
    GET_PROPERTY_QUALIFIER_SET: Final = slot(11, _P, _P)
    SPAWN_INSTANCE: Final = slot(15, _LONG, _P)
    GET_PROPERTY_ORIGIN: Final = slot(17, _P, _P)
    GET_METHOD: Final = slot(19, _P, _LONG, _P, _P)
    BEGIN_METHODS: Final = slot(22, _LONG)
    NEXT_METHOD: Final = slot(23, _LONG, _P, _P, _P)
    END_METHODS: Final = slot(24)
    GET_METHOD_QUALIFIER_SET: Final = slot(25, _P, _P)
    GET_METHOD_ORIGIN: Final = slot(26, _P, _P)

    # What it is

    @property
    def is_class(self) -> bool:
        """Whether it is a class, not an instance."""
        return bool(self.system_value("__GENUS") == _CLASS)

    @property
    def class_name(self) -> str:
        """The name of its class, or of itself; empty where it has none."""
        return str(self.system_value("__CLASS") or "")

    @property
    def derivation(self) -> tuple[str, ...]:
        """The superclasses of its class, nearest first."""
        return tuple(self.system_value("__DERIVATION") or ())

    @property
    def path(self) -> str:
        """The relative path of an instance; empty where it has none."""
        return str(self.system_value("__RELPATH") or "").rstrip(SURPLUS)

    def system_value(self, name: str) -> Any:
        """Return the value of a system property."""
        variant = VARIANT()
        try:
            self.call(self.GET, wide(name), 0, byref(variant), None, None)
            return read(variant)
        finally:
            self.system.clear(variant)

    # Properties

    def entries(self) -> Iterator[Entry]:
        """Return the properties, of which a superclass' are some, and system properties none."""
        self.call(self.BEGIN, _NONSYSTEM_ONLY)
        number, flavor = c_int32(), c_int32()
        for name, variant in _each(self, self.NEXT, byref(number), byref(flavor)):
            yield Entry(name, variant, number.value, flavor.value)
        self.call(self.END)

    def put(self, name: str, variant: VARIANT) -> None:
        """Set a property that the class has."""
        self.call(self.PUT, wide(name), 0, byref(variant), 0)

    def property_origin(self, name: str) -> str:
        """Return the class that declares a property first."""
        return self.take_text(self.GET_PROPERTY_ORIGIN, wide(name))

    def spawn(self) -> WbemObject:
        """Return a new instance of a class."""
        return WbemObject(self.system, self.take_address(self.SPAWN_INSTANCE, 0))

    # Qualifiers

    def qualifiers(self) -> QualifierSet:
        """Return the qualifiers of the class."""
        return QualifierSet(self.system, self.take_address(self.GET_QUALIFIER_SET))

    def property_qualifiers(self, name: str) -> QualifierSet:
        """Return the qualifiers of a property."""
        address = self.take_address(self.GET_PROPERTY_QUALIFIER_SET, wide(name))
        return QualifierSet(self.system, address)

    def method_qualifiers(self, name: str) -> QualifierSet:
        """Return the qualifiers of a method."""
        return QualifierSet(
            self.system, self.take_address(self.GET_METHOD_QUALIFIER_SET, wide(name))
        )

    # Methods

    def methods(self) -> Iterator[Signed]:
        """Return the methods, of which a superclass' are some."""
        self.call(self.BEGIN_METHODS, 0)
        while True:
            name, inputs, outputs = c_void_p(), c_void_p(), c_void_p()
            try:
                hresult = self.call(self.NEXT_METHOD, 0, byref(name), byref(inputs), byref(outputs))
                if hresult == _NO_MORE_DATA:
                    break
                with ExitStack() as stack:
                    sides = [self._side(one, stack) for one in (inputs, outputs)]
                    yield Signed(text_at(name.value or 0), *sides)
            finally:
                self.system.free_text(name.value or 0)
        self.call(self.END_METHODS)

    def _side(self, found: c_void_p, stack: ExitStack) -> WbemObject | None:
        """Return the class of one side of a method, and release it when it is not needed."""
        if not found.value:
            return None
        return stack.enter_context(WbemObject(self.system, found.value))

    def method_origin(self, name: str) -> str:
        """Return the class that declares a method first."""
        return self.take_text(self.GET_METHOD_ORIGIN, wide(name))

    @contextmanager
    def inputs(self, name: str) -> Iterator[WbemObject | None]:
        """Return the class of what goes into a method, None where that is nothing."""
        inputs, outputs = c_void_p(), c_void_p()
        self.call(self.GET_METHOD, wide(name), 0, byref(inputs), byref(outputs))
        with ExitStack() as stack:
            self._side(outputs, stack)
            yield self._side(inputs, stack)


def _each(enumerated: Interface, following: Any, *arguments: Any) -> Iterator[tuple[str, VARIANT]]:
    """Return the name and the value of each entry; both are freed when the next is asked for."""
    while True:
        name, variant = c_void_p(), VARIANT()
        try:
            hresult = enumerated.call(following, 0, byref(name), byref(variant), *arguments)
            if hresult == _NO_MORE_DATA:
                return
            yield text_at(name.value or 0), variant
        finally:
            enumerated.system.free_text(name.value or 0)
            enumerated.system.clear(variant)
