"""What a caller tells a provider beside the call: an IWbemContext (MS-WMI 2.2.13).

It is a bag of named values, each of a type of OLE Automation. WMI keeps there what it keeps in
variants: 64-bit numbers, times and references are text, and unsigned numbers are signed ones.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from mi.errors import NotSupported, ProtocolError
from mi.results import CimType
from mi.values import convert, format_value
from protocols.dcom.guids import guid
from protocols.dcom.ndr import NdrReader
from protocols.dcom.objref import CustomReference, read_custom

__all__ = ["ContextProperty", "read_context", "write_context"]

_IID: Final = guid("44ACA674-E8FC-11D0-A07C-00C04FB68820")
_CLSID: Final = guid("674B6698-EE92-11D0-AD71-00C04FD8FDFF")
_NULL: Final = 1  # VT_NULL
_TEXT: Final = 8  # VT_BSTR
_BOOLEAN: Final = 11  # VT_BOOL
_TRUE: Final = -1  # VARIANT_TRUE
_ARRAY: Final = 0x2000  # VT_ARRAY
_MOST_PROPERTIES: Final = 4096
_SINGLE_SIZE: Final = 8  # bytes of a value that is no text, whatever it needs of them
_TEXT_SIZE: Final = 4  # what arrays of texts say is the size of an element

_U16: Final = struct.Struct("<H")
_U32: Final = struct.Struct("<I")
_FORMATS: Final = {
    2: struct.Struct("<h"),
    3: struct.Struct("<i"),
    5: struct.Struct("<d"),
    _BOOLEAN: struct.Struct("<h"),
    16: struct.Struct("<b"),
    17: struct.Struct("<B"),
    18: struct.Struct("<H"),
    19: struct.Struct("<I"),
}
_VARIANTS: Final = {
    CimType.BOOLEAN: _BOOLEAN,
    CimType.UINT8: 17,
    CimType.SINT8: 2,
    CimType.UINT16: 3,
    CimType.SINT16: 2,
    CimType.UINT32: 3,
    CimType.SINT32: 3,
    CimType.UINT64: _TEXT,
    CimType.SINT64: _TEXT,
    CimType.REAL32: 5,
    CimType.REAL64: 5,
    CimType.CHAR16: 2,
    CimType.DATETIME: _TEXT,
    CimType.STRING: _TEXT,
}
_TYPES: Final = {
    2: CimType.SINT16,
    3: CimType.SINT32,
    5: CimType.REAL64,
    _TEXT: CimType.STRING,
    _BOOLEAN: CimType.BOOLEAN,
    16: CimType.SINT8,
    17: CimType.UINT8,
    18: CimType.UINT16,
    19: CimType.UINT32,
}


class ContextProperty(NamedTuple):
    """One of the values.

    Attributes:
        name: such as `__ProviderArchitecture`.
        value: as instances hold it.
        type: its type.
    """

    name: str
    value: Any
    type: CimType


def write_context(identifier: bytes, properties: Iterable[ContextProperty]) -> bytes:
    """Return the OBJREF of a context.

    Args:
        identifier: a GUID of the context.
        properties: its values.

    Raises:
        NotSupported: one is of a type that contexts do not have here.
        TypeMismatch: one is not of its type.
    """
    parts = [_written(one) for one in properties]
    head = _U32.pack(1) + identifier + _U32.pack(len(parts))
    return CustomReference(_IID, _CLSID, head + b"".join(parts)).packed()


def read_context(reference: bytes) -> list[ContextProperty]:
    """Return the values of the context that an OBJREF carries along.

    Raises:
        ProtocolError: it carries none, or is garbled.
    """
    reader = NdrReader(read_custom(reference, _CLSID))
    reader.expect(_number(reader), 1, "the number of GUIDs of a context")
    reader.raw(16)
    count = _number(reader)
    if count > _MOST_PROPERTIES:
        raise ProtocolError(f"a context has {count} values; {_MOST_PROPERTIES} are allowed")
    return [_read(reader) for _ in range(count)]


def _written(given: ContextProperty) -> bytes:
    variant = _VARIANTS.get(given.type.scalar)
    if variant is None:
        raise NotSupported(f"{given.name} cannot be {given.type.name} in the context of a call")
    head = _text(given.name) + _U32.pack(0)
    if given.value is None:
        return head + _U16.pack(_NULL)
    value = convert(given.value, given.type)
    if given.type.is_array:
        return head + _U16.pack(variant | _ARRAY) + _array(value, variant)
    packed = _packed(value, variant)
    if variant != _TEXT:
        packed = packed.ljust(_SINGLE_SIZE, b"\0")
    return head + _U16.pack(variant) + packed


def _array(values: list[Any], variant: int) -> bytes:
    size = _TEXT_SIZE if variant == _TEXT else _FORMATS[variant].size
    elements = b"".join(_packed(one, variant) for one in values)
    return struct.pack("<II", len(values), size) + elements


def _packed(value: Any, variant: int) -> bytes:
    if variant == _TEXT:
        return _text(format_value(value))
    if variant == _BOOLEAN:
        value = _TRUE if value else 0
    number = ord(value) if isinstance(value, str) else value
    form = _FORMATS[variant]
    if isinstance(number, int):  # unsigned as signed: the bits are the same
        return (number & ((1 << 8 * form.size) - 1)).to_bytes(form.size, "little")
    return form.pack(number)


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-le", "surrogatepass")
    return _U32.pack(len(encoded) // 2) + encoded


# Nothing in a context is aligned, unlike in a stub.


def _number(reader: NdrReader) -> int:
    return int.from_bytes(reader.raw(4), "little")


def _read_text(reader: NdrReader) -> str:
    return reader.raw(2 * _number(reader)).decode("utf-16-le", "surrogatepass")


def _read(reader: NdrReader) -> ContextProperty:
    name = _read_text(reader)
    _number(reader)
    variant = int.from_bytes(reader.raw(2), "little")
    if variant == _NULL:
        return ContextProperty(name, None, CimType.STRING)
    element = _TYPES.get(variant & ~_ARRAY)
    if element is None:
        raise ProtocolError(f"a context has a value of the type {variant}")
    if variant & _ARRAY:
        values = _read_array(reader, variant & ~_ARRAY)
        return ContextProperty(name, values, CimType(element + CimType.BOOLEAN_ARRAY))
    if variant == _TEXT:
        return ContextProperty(name, _read_text(reader), element)
    return ContextProperty(name, _unpacked(reader.raw(_SINGLE_SIZE), variant), element)


def _read_array(reader: NdrReader, variant: int) -> list[Any]:
    count, size = _number(reader), _number(reader)
    least = _TEXT_SIZE if variant == _TEXT else _FORMATS[variant].size
    if size < least or count * least > reader.remaining:
        raise ProtocolError("an array in a context is longer than the context")
    if variant == _TEXT:
        return [_read_text(reader) for _ in range(count)]
    return [_unpacked(reader.raw(size), variant) for _ in range(count)]


def _unpacked(data: bytes, variant: int) -> Any:
    value = _FORMATS[variant].unpack_from(data)[0]
    return bool(value) if variant == _BOOLEAN else value
