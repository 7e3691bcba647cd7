"""VARIANTs and CIM values, both ways (MSDN, "Numbers"; MS-OAUT 2.2.29).

A VARIANT has fewer types than CIM: a uint32 comes as VT_I4, a uint64 as text. What a value is says
its CIMTYPE, which stands beside it, and an integer is the number that has the same bits.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ctypes import c_int16, c_void_p
from typing import Any, Final, NamedTuple, Protocol

from mi.errors import InvalidParameter, ProtocolError, TypeMismatch
from mi.instance import Instance
from mi.results import CimType
from mi.values import INTEGER_RANGES, format_value, parse_value, shown
from protocols.dcom.encoded_values import read_datetime
from protocols.wmidcom.com.structures import (
    NUMBERS,
    SAFEARRAY,
    VARIANT,
    VT_ARRAY,
    VT_BOOL,
    VT_BSTR,
    VT_EMPTY,
    VT_I2,
    VT_I4,
    VT_NULL,
    VT_R4,
    VT_R8,
    VT_UI1,
    VT_UNKNOWN,
    VT_VARIANT,
    pointer_at,
    text_at,
)
from protocols.wmidcom.com.system import System

__all__ = ["SURPLUS", "Embed", "Objects", "filled", "kind_of", "read", "received"]

_KIND: Final = 0x0FFF
_TRUE, _FALSE = -1, 0
SURPLUS: Final = "\0 "
"""What Wine 8 may write behind a path."""

_CODE_UNIT: Final = 0xFFFF


class _Object(NamedTuple):
    """An object in a VARIANT, which holds it."""

    address: int


class Objects(Protocol):
    """Reads what of a value is itself an object."""

    def reference(self, path: str) -> Instance:
        """Return the object that a path names."""
        ...

    def embedded(self, address: int) -> Instance | None:
        """Return the value of an object, which stays whose it was."""
        ...


class Embed(Protocol):
    """Writes what of a value is itself an object."""

    def reference(self, instance: Instance) -> str:
        """Return the path of an object."""
        ...

    def embedded(self, instance: Instance) -> int:
        """Return a new object, which is the caller's to release."""
        ...


# From a VARIANT


def received(variant: VARIANT, cim_type: CimType, objects: Objects) -> Any:
    """Return the value of a CIM type that is in a VARIANT.

    Raises:
        ProtocolError: it is none of that type.
    """
    raw = read(variant)
    if raw is None:
        return None
    if cim_type.is_array is not isinstance(raw, list):
        raise ProtocolError(f"a VARIANT of type {variant.vt} is no {_spelled(cim_type)}")
    if isinstance(raw, list):
        return [_value(item, cim_type.scalar, objects) for item in raw]
    return _value(raw, cim_type, objects)


def _spelled(cim_type: CimType) -> str:
    return f"{cim_type.cim_name}[]" if cim_type.is_array else cim_type.cim_name


def _value(raw: Any, cim_type: CimType, objects: Objects) -> Any:
    try:
        return None if raw is None else _READERS[cim_type](raw, cim_type, objects)
    except (TypeMismatch, ValueError, OverflowError) as error:
        raise ProtocolError(f"{shown(raw)} is no {cim_type.cim_name}") from error


def _integer(raw: Any, cim_type: CimType, _: Objects) -> int:
    if isinstance(raw, str):
        return int(parse_value(raw, cim_type))
    low, high = INTEGER_RANGES[cim_type]
    return (_number(raw) - low) % (high - low + 1) + low


def _number(raw: Any) -> int:
    if not isinstance(raw, int):
        raise TypeMismatch(f"{shown(raw)} is no integer")
    return raw


def _boolean(raw: Any, _type: CimType, _: Objects) -> bool:
    return _number(raw) != 0


def _real(raw: Any, _type: CimType, _: Objects) -> float:
    return float(raw)


def _char16(raw: Any, _type: CimType, _: Objects) -> str:
    return chr(_number(raw) & _CODE_UNIT)


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise TypeMismatch(f"{shown(raw)} is no text")
    return raw


def _string(raw: Any, _type: CimType, _: Objects) -> str:
    return _text(raw)


def _datetime(raw: Any, _type: CimType, _: Objects) -> Any:
    return read_datetime(_text(raw)) if raw else None


def _reference(raw: Any, _type: CimType, objects: Objects) -> Instance | None:
    path = _text(raw).rstrip(SURPLUS)
    return objects.reference(path) if path else None


def _embedded(raw: Any, _type: CimType, objects: Objects) -> Instance | None:
    if not isinstance(raw, _Object):
        raise TypeMismatch(f"{shown(raw)} is no object")
    return objects.embedded(raw.address)


_READERS: Final[Mapping[CimType, Callable[[Any, CimType, Objects], Any]]] = {
    CimType.BOOLEAN: _boolean,
    **dict.fromkeys(INTEGER_RANGES, _integer),
    CimType.REAL32: _real,
    CimType.REAL64: _real,
    CimType.CHAR16: _char16,
    CimType.DATETIME: _datetime,
    CimType.STRING: _string,
    CimType.REFERENCE: _reference,
    CimType.INSTANCE: _embedded,
}


def read(variant: VARIANT) -> Any:
    """Return what is in a VARIANT: None, a number, a boolean, a text, an object or a list of them.

    Raises:
        ProtocolError: it is of a type that WMI does not use.
    """
    return _read_at(variant.place, variant.vt)


def _read_at(place: int, kind: int) -> Any:
    if kind & VT_ARRAY:
        return _elements(pointer_at(place), kind & _KIND)
    reader = _AT_PLACE.get(kind)
    if reader is None:
        raise ProtocolError(f"{kind} is no type of a VARIANT that WMI uses")
    return reader(place)


def _elements(address: int, kind: int) -> list[Any] | None:
    if not address:
        return None
    array = SAFEARRAY.from_address(address)
    if array.dimensions != 1:
        raise ProtocolError(f"an array has {array.dimensions} dimensions")
    start = array.data or 0
    return [_read_at(start + index * array.width, kind) for index in range(array.bound.count)]


def _nothing(_place: int) -> None:
    return None


def _number_reader(number: Any) -> Callable[[int], Any]:
    return lambda place: number.from_address(place).value


def _object_at(place: int) -> _Object | None:
    address = pointer_at(place)
    return _Object(address) if address else None


_AT_PLACE: Final[Mapping[int, Callable[[int], Any]]] = {
    VT_EMPTY: _nothing,
    VT_NULL: _nothing,
    **{kind: _number_reader(number) for kind, number in NUMBERS.items()},
    VT_BOOL: lambda place: c_int16.from_address(place).value != _FALSE,
    VT_BSTR: lambda place: text_at(pointer_at(place)),
    VT_UNKNOWN: _object_at,
    VT_VARIANT: lambda place: read(VARIANT.from_address(place)),
}

_KINDS: Final = {
    VT_I2: CimType.SINT16,
    VT_I4: CimType.SINT32,
    VT_UI1: CimType.UINT8,
    VT_R4: CimType.REAL32,
    VT_R8: CimType.REAL64,
    VT_BOOL: CimType.BOOLEAN,
    VT_BSTR: CimType.STRING,
}


def kind_of(variant: VARIANT) -> CimType:
    """Return the type of a value beside which no CIMTYPE stands, as with qualifiers.

    Raises:
        ProtocolError: qualifiers have no such type.
    """
    kind = _KINDS.get(variant.vt & _KIND)
    if kind is None:
        raise ProtocolError(f"a qualifier's value is a VARIANT of type {variant.vt}")
    return kind.array if variant.vt & VT_ARRAY else kind


# Into a VARIANT


class _Form(NamedTuple):
    """How a VARIANT holds values of a CIM type.

    Attributes:
        kind: its type.
        number: what is at the place of the value.
        convert: makes that of a value; what it makes is the VARIANT's to free.
    """

    kind: int
    number: Any
    convert: Callable[[Any, System, Embed], Any]


def _as_it_is(value: Any, _system: System, _embed: Embed) -> Any:
    return value


def _as_text(value: Any, system: System, _embed: Embed) -> int:
    return system.new_text(format_value(value))


def _form_of_integer(kind: int) -> _Form:
    return _Form(kind, NUMBERS[kind], _as_it_is)  # ctypes keeps the bits that there is room for


_FORMS: Final[Mapping[CimType, _Form]] = {
    CimType.BOOLEAN: _Form(VT_BOOL, c_int16, lambda value, *_: _TRUE if value else _FALSE),
    CimType.SINT8: _form_of_integer(VT_I2),
    CimType.UINT8: _form_of_integer(VT_UI1),
    CimType.SINT16: _form_of_integer(VT_I2),
    CimType.UINT16: _form_of_integer(VT_I4),
    CimType.SINT32: _form_of_integer(VT_I4),
    CimType.UINT32: _form_of_integer(VT_I4),
    CimType.SINT64: _Form(VT_BSTR, c_void_p, _as_text),
    CimType.UINT64: _Form(VT_BSTR, c_void_p, _as_text),
    CimType.REAL32: _Form(VT_R4, NUMBERS[VT_R4], _as_it_is),
    CimType.REAL64: _Form(VT_R8, NUMBERS[VT_R8], _as_it_is),
    CimType.CHAR16: _Form(VT_I2, c_int16, lambda value, *_: ord(value)),
    CimType.DATETIME: _Form(VT_BSTR, c_void_p, _as_text),
    CimType.STRING: _Form(VT_BSTR, c_void_p, _as_text),
    CimType.REFERENCE: _Form(
        VT_BSTR, c_void_p, lambda value, system, embed: system.new_text(embed.reference(value))
    ),
    CimType.INSTANCE: _Form(VT_UNKNOWN, c_void_p, lambda value, _, embed: embed.embedded(value)),
}


@contextmanager
def filled(value: Any, cim_type: CimType, system: System, embed: Embed) -> Iterator[VARIANT]:
    """Return a VARIANT that holds a value of a CIM type, and free it afterwards.

    Raises:
        InvalidParameter: it is an array with a null in it, which WMI does not have.
    """
    variant = VARIANT()
    try:
        _fill(variant, value, cim_type, system, embed)
        yield variant
    finally:
        system.clear(variant)


def _fill(variant: VARIANT, value: Any, cim_type: CimType, system: System, embed: Embed) -> None:
    if value is None:
        variant.vt = VT_NULL
        return
    form = _FORMS[cim_type.scalar]
    if cim_type.is_array:
        array = system.new_array(form.kind, len(value))
        variant.address, variant.vt = (
            array,
            VT_ARRAY | form.kind,
        )  # from here on it is freed with it
        start, width = SAFEARRAY.from_address(array).data or 0, ctypes.sizeof(form.number)
        for index, item in enumerate(value):
            if item is None:
                raise InvalidParameter(f"WMI has no null in an array of {cim_type.cim_name}")
            number = form.number.from_address(start + index * width)
            number.value = form.convert(item, system, embed)
    else:
        number = form.number.from_address(variant.place)
        number.value = form.convert(value, system, embed)
        variant.vt = form.kind
