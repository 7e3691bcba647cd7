"""The block of an object: what kind it is, where it comes from, and its parts (MS-WMIO 2.2.5).

Around the outermost there is a unit with a signature and a length (2.2.1). The length may be
greater than what there is, as in Microsoft's own examples; what follows the parts has no meaning.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from mi.errors import InvalidParameter, ProtocolError
from mi.names import normalize_namespace
from protocols.dcom import encoded_strings
from protocols.dcom.class_parts import end_of_part
from protocols.dcom.heaps import number_at

__all__ = [
    "UNIT",
    "Head",
    "end_of_methods",
    "end_of_unit",
    "read_head",
    "skip_superclass",
    "write_head",
    "write_unit",
]

UNIT: Final = struct.Struct("<II")
"""What is before the outermost block: signature and length."""

_SIGNATURE: Final = 0x12345678
_CLASS, _INSTANCE, _DECORATED = 0x01, 0x02, 0x04
_LEAST_METHODS: Final = 12  # a length, a count and an empty heap


class Head(NamedTuple):
    """What a block begins with.

    Attributes:
        is_class: whether it is a class, and not an instance.
        server_name: the name that the server calls itself, if it says it.
        namespace: where the object is, if it says it.
        position: where the rest begins.
    """

    is_class: bool
    server_name: str | None
    namespace: str | None
    position: int


def end_of_unit(data: bytes) -> int:
    """Return where the outermost block ends.

    Raises:
        ProtocolError: no object begins with these octets.
    """
    if len(data) <= UNIT.size:
        raise ProtocolError("an object is cut off")
    signature, length = UNIT.unpack_from(data, 0)
    if signature != _SIGNATURE:
        raise ProtocolError("an object does not begin with the signature of one")
    return min(UNIT.size + int(length), len(data))


def read_head(data: bytes, start: int, end: int) -> Head:
    """Return what a block begins with.

    Raises:
        ProtocolError: it is not one.
    """
    flags = data[start] if start < end else 0
    if bool(flags & _CLASS) == bool(flags & _INSTANCE):
        raise ProtocolError("an object is neither a class nor an instance")
    position, server_name, namespace = start + 1, "", ""
    if flags & _DECORATED:
        server_name, position = encoded_strings.read(data, position, end)
        namespace, position = encoded_strings.read(data, position, end)
    return Head(bool(flags & _CLASS), server_name or None, _normal(namespace), position)


def _normal(namespace: str) -> str | None:
    if not namespace:
        return None
    try:
        return normalize_namespace(namespace)
    except InvalidParameter as error:
        raise ProtocolError(error.message) from error


def end_of_methods(data: bytes, position: int, end: int) -> int:
    """Return where the methods of a class end that begin at a place (2.2.38).

    Raises:
        ProtocolError: they do not end before `end`.
    """
    length = number_at(data, position, end)
    if length < _LEAST_METHODS or position + length > end:
        raise ProtocolError("the methods of a class are cut off")
    return position + length


def skip_superclass(data: bytes, position: int, end: int) -> int:
    """Return where the class itself begins, after its superclass (2.2.11).

    Raises:
        ProtocolError: the superclass does not end before `end`.
    """
    return end_of_methods(data, end_of_part(data, position, end), end)


def write_head(*, is_class: bool, server_name: str | None, namespace: str | None) -> bytes:
    """Return what a block begins with; without a namespace it does not say where it is from."""
    kind = _CLASS if is_class else _INSTANCE
    if namespace is None:
        return bytes((kind,))
    where = encoded_strings.encode(namespace.replace("/", "\\"))
    return bytes((kind | _DECORATED,)) + encoded_strings.encode(server_name or "") + where


def write_unit(block: bytes) -> bytes:
    """Return an outermost block with its signature and length."""
    return UNIT.pack(_SIGNATURE, len(block)) + block
