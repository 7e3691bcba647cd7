"""Objects of WMI, written: classes, instances, and the parameters of methods (MS-WMIO)."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from typing import Final

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Property, Qualifier
from mi.serial.embedding import DEEPEST
from protocols.dcom import class_writing, object_blocks, object_names, wire_forms
from protocols.dcom.class_parts import IS_DEFAULT, IS_NULL, ClassPart, bits_length
from protocols.dcom.encoded_values import pack
from protocols.dcom.heaps import HeapWriter
from protocols.dcom.methods_parts import input_class, output_class
from protocols.dcom.object_names import Find
from protocols.dcom.object_reader import read_class_part

__all__ = ["write_class", "write_instance", "write_parameters", "write_results"]

_HEAD: Final = struct.Struct("<IBI")
_NO_QUALIFIERS: Final = struct.pack("<IB", 4, 1)  # an empty set, and none for any property
_BOTH: Final = IS_NULL | IS_DEFAULT


def _unknown(_namespace: str | None, _class_name: str) -> None:
    return None


def write_class(class_: Class) -> bytes:
    """Return a class as an encoding unit.

    Raises:
        InvalidParameter: WMI has no such value, or name.
    """
    embed = _Embedding(_unknown)
    part = embed.part(class_).octets
    return object_blocks.write_unit(class_writing.class_block(class_, part, embed))


def write_instance(
    instance: Instance,
    class_: Class,
    properties: Collection[str] | None = None,
    find: Find = _unknown,
) -> bytes:
    """Return an instance as an encoding unit.

    Args:
        instance: its values, of the types that the class declares.
        class_: its class; one that a server sent is given back to it octet for octet.
        properties: whose values are written, by any spelling; without them, all that the
            instance has. The others are marked as not set: they have the class' default.
        find: gives a class that is known, for embedded objects; it asks nobody. One of an unknown
            class is written as if the class had what the object has and no more.

    Raises:
        InvalidParameter: WMI has no such value, or objects are embedded too deep.
        TypeMismatch: a value does not fit its property.
    """
    embed = _Embedding(find)
    block = embed.instance(instance, embed.part(class_), properties)
    return object_blocks.write_unit(block)


def write_parameters(method: Method, given: Instance | None, find: Find = _unknown) -> bytes | None:
    """Return what goes into a method, or None where it takes nothing.

    Raises:
        InvalidParameter: WMI has no such value.
        TypeMismatch: a value does not fit its parameter.
    """
    known = wire_forms.signatures_of(method)
    return _signed(given, known and known.inputs, input_class(method), find)


def write_results(method: Method, given: Instance, find: Find = _unknown) -> bytes | None:
    """Return what comes out of a method with its `ReturnValue`, or None where that is nothing.

    Raises:
        InvalidParameter: WMI has no such value.
        TypeMismatch: a value does not fit its parameter.
    """
    known = wire_forms.signatures_of(method)
    return _signed(given, known and known.outputs, output_class(method), find)


def _signed(
    given: Instance | None, known: ClassPart | None, class_: Class | None, find: Find
) -> bytes | None:
    if class_ is None:
        return None
    embed = _Embedding(find)
    values = Instance(class_.name) if given is None else given
    part = embed.part(class_) if known is None else known
    return object_blocks.write_unit(embed.instance(values, part, None))


class _Embedding:
    """One object that is written, with all objects in it."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._depth = 0

    def reference(self, instance: Instance) -> str:
        """Return the path of an object."""
        return object_names.write(instance)

    def embedded(self, instance: Instance) -> bytes:
        """Return the block of an embedded object.

        Raises:
            InvalidParameter: it is embedded too deep, or holds itself.
        """
        if self._depth >= DEEPEST:
            raise InvalidParameter(
                f"an instance holds more than {DEEPEST} others in one another, or itself"
            )
        self._depth += 1
        try:
            declared = self._find(instance.namespace, instance.class_name) or _implied(instance)
            return self.instance(instance, self.part(declared), None)
        finally:
            self._depth -= 1

    def part(self, class_: Class) -> ClassPart:
        """Return the class part of a class: as a server sent it, or as it is written."""
        part = wire_forms.part_of(class_)
        if part is None:
            part = read_class_part(class_writing.class_part(class_, self))
            wire_forms.remember(class_, part)
        return part

    def instance(
        self, instance: Instance, part: ClassPart, properties: Collection[str] | None
    ) -> bytes:
        """Return the block of an instance."""
        spelled = {name.lower(): name for name in instance}
        if properties is not None:
            wanted = {name.lower() for name in properties}
            spelled = {name: one for name, one in spelled.items() if name in wanted}
        heap = HeapWriter()
        name = heap.name(part.name)
        tables = self._tables(instance, part, spelled, heap)
        body = tables + _NO_QUALIFIERS + heap.octets()
        head = object_blocks.write_head(
            is_class=False, server_name=instance.server_name, namespace=instance.namespace
        )
        return head + part.octets + _HEAD.pack(_HEAD.size + len(body), 0, name) + body

    def _tables(
        self, instance: Instance, part: ClassPart, spelled: Mapping[str, str], heap: HeapWriter
    ) -> bytes:
        """Return the bits and the values of an instance.

        Args:
            instance: the instance.
            part: its class.
            spelled: what is written of it: its own names by those in lower case.
            heap: takes what is no number.
        """
        bits, values = part.unset, bytearray(part.values_length)
        for slot in part.slots:
            declared = slot.declared
            name = spelled.get(declared.name.lower())
            if name is None:
                continue
            bits &= ~(_BOTH << 2 * slot.order)
            value = instance[name]
            if value is None:
                bits |= IS_NULL << 2 * slot.order
            else:
                entry = pack(value, declared.type, heap, self)
                values[slot.offset : slot.offset + len(entry)] = entry
        return bits.to_bytes(bits_length(len(part.slots)), "little") + values


def _implied(instance: Instance) -> Class:
    """Return the class that an instance has to be of, by what it has itself."""
    flags = Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS
    key = Qualifier("key", CimType.BOOLEAN, value=True, flags=flags)
    return Class(
        instance.class_name,
        instance.namespace,
        properties=NameMap(
            (
                one.name,
                Property(
                    one.name,
                    CimType.STRING if one.type is None else one.type,
                    qualifiers=NameMap([(key.name, key)] if one.flags & Flags.KEY else []),
                ),
            )
            for one in instance.elements()
        ),
    )
