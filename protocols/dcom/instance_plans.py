"""How the instances of one class are read: a plan, made once from their class part.

Reading is the hot path of WMIDCOM, as it is of WINRM. All of an instance that has a fixed place is
unpacked by one `struct`: its head, the bits of its properties, and its table of values. What the
bits say, which properties are null, which have the class' default, is worked out once for each
pattern of bits; fellows mostly have the same. Only texts are then read one by one, right here;
functions are called for what is neither a number nor a text.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final

from mi.errors import ProtocolError
from mi.instance import Instance
from mi.results import CimType
from protocols.dcom import qualifier_sets
from protocols.dcom.cim_types import FORMATS, WIDTHS
from protocols.dcom.class_parts import IS_DEFAULT, IS_NULL, ClassPart, Slot, bits_length
from protocols.dcom.encoded_values import READERS, Reader
from protocols.dcom.heaps import Heap, Objects, heap_at

__all__ = ["InstancePlan"]

_Picker = Callable[[Sequence[Any]], Sequence[Any]]

_NO_SETS, _SETS = 1, 2  # InstPropQualSetFlag (2.2.65)
_HEAD: Final = "<IBI"  # the length of the instance, flags, the name of its class
_LENGTH: Final = 0
_BITS: Final = 3
_FIRST: Final = 4  # among what is unpacked, the first value
_LENGTH_OF_SET: Final = 4
_MOST_SHAPES: Final = 128  # a memo needs an end, sooner where each is large
_MOST_REMEMBERED: Final = 16_384
# Where texts could be made of more octets than these, each one is counted (see `heaps`).
_UNCOUNTED: Final = 1 << 22


class _Shape:
    """What instances with the same bits have in common."""

    __slots__ = ("copied", "numbers", "others", "pick_numbers", "pick_texts", "template", "texts")

    def __init__(self) -> None:
        self.template: dict[str, Any] = {}
        self.copied: list[tuple[str, Any]] = []
        self.numbers: list[str] = []
        self.pick_numbers: _Picker = _nothing
        self.texts: list[str] = []
        self.pick_texts: _Picker = _nothing
        self.others: list[tuple[str, int, Reader]] = []


def _nothing(_values: Sequence[Any]) -> Sequence[Any]:
    return ()


def _picker(places: list[int]) -> _Picker:
    if len(places) == 1:
        return itemgetter(slice(places[0], places[0] + 1))
    return itemgetter(*places) if places else _nothing


class InstancePlan:
    """Reads the instances of one class.

    Attributes:
        part: what their class is.
        layout: what they share.
    """

    def __init__(self, part: ClassPart) -> None:
        """Make the plan of a class part."""
        self.part = part
        self.layout = part.layout
        self._slots = part.slots
        in_order = sorted(part.slots, key=lambda slot: slot.offset)
        self._places = {slot.order: _FIRST + at for at, slot in enumerate(in_order)}
        self._struct = struct.Struct(_HEAD + self._tables(in_order) + "I")
        self._shapes: dict[bytes, _Shape] = {}
        texts = sum(slot.declared.type is CimType.STRING for slot in part.slots)
        self._longest_heap = _UNCOUNTED // max(texts, 1)
        self._most_shapes = min(_MOST_SHAPES, _MOST_REMEMBERED // max(len(part.slots), 1))

    def _tables(self, in_order: Sequence[Slot]) -> str:
        """Return the format of the bits and of the values, which stand where the class says."""
        parts, free = [f"{bits_length(len(in_order))}s"], 0
        for slot in in_order:
            kind = slot.declared.type
            # A boolean is 16 bits, all of them or none (2.2.75), so that one octet tells it.
            letter = "?x" if kind is CimType.BOOLEAN else FORMATS[kind]
            parts.append(f"{slot.offset - free}x{letter}")
            free = slot.offset + WIDTHS[kind]
        return "".join(parts) + f"{self.part.values_length - free}x"

    def read(self, data: bytes, position: int, end: int, objects: Objects) -> dict[str, Any]:
        """Return the values of the instance that begins at a place, after its class.

        Raises:
            ProtocolError: it is cut off, or a value is not one of its type.
        """
        if position + self._struct.size > end:
            raise ProtocolError(f"an instance of {self.part.name} is cut off")
        raw = self._struct.unpack_from(data, position)
        stop = position + raw[_LENGTH]
        if stop > end:
            raise ProtocolError(f"an instance of {self.part.name} is cut off")
        heap = self._heap(data, position + self._struct.size, raw[-1], stop, objects)
        shape = self._shapes.get(raw[_BITS]) or self._new_shape(raw[_BITS])
        values = shape.template.copy()
        for name, default in shape.copied:
            values[name] = _copied(default)
        values.update(zip(shape.numbers, shape.pick_numbers(raw), strict=True))
        self._read_texts(values, shape, raw, heap)
        for name, place, read in shape.others:
            values[name] = read(heap, raw[place])
        return values

    def _heap(self, data: bytes, position: int, length: int, end: int, objects: Objects) -> Heap:
        """Return the heap of an instance, which comes after its qualifiers; MI has none of those.

        Args:
            data: what it is in.
            position: where the first set of qualifiers goes on, after its length.
            length: the length of that set.
            end: where the instance ends.
            objects: reads the objects in the heap.
        """
        position += length - _LENGTH_OF_SET
        flag = data[position] if length >= _LENGTH_OF_SET and position < end else 0
        position += 1
        if flag == _SETS:
            for _ in self._slots:
                position = qualifier_sets.end_of_set(data, position, end)
        elif flag != _NO_SETS:
            raise ProtocolError(f"the qualifiers of an instance of {self.part.name} are cut off")
        return heap_at(data, position, end, objects)

    def _read_texts(
        self, values: dict[str, Any], shape: _Shape, raw: Sequence[Any], heap: Heap
    ) -> None:
        data, start, end = heap.data, heap.start, heap.end
        if end - start > self._longest_heap:
            start = end  # none is read here, all are counted
        for name, reference in zip(shape.texts, shape.pick_texts(raw), strict=True):
            place = start + reference
            if place < end and not data[place]:
                stop = data.find(b"\0", place + 1, end)
                if stop < 0:
                    raise ProtocolError(f"{self.part.name}.{name}: the text is cut off")
                values[name] = str(data[place + 1 : stop], "latin-1")
            else:
                values[name] = heap.text(reference)

    def _new_shape(self, bits: bytes) -> _Shape:
        shape = _Shape()
        pairs = int.from_bytes(bits, "little")
        numbers: list[int] = []
        texts: list[int] = []
        for slot in self._slots:
            name, kind = slot.declared.name, slot.declared.type
            flags, place = pairs >> 2 * slot.order, self._places[slot.order]
            shape.template[name] = None
            if flags & IS_NULL:
                continue
            if flags & IS_DEFAULT:
                shape.template[name] = slot.declared.default
                if isinstance(slot.declared.default, (list, Instance)):
                    shape.copied.append((name, slot.declared.default))
            elif kind is CimType.STRING:
                shape.texts.append(name)
                texts.append(place)
            elif kind in READERS and kind is not CimType.BOOLEAN:
                shape.others.append((name, place, READERS[kind]))
            else:
                shape.numbers.append(name)
                numbers.append(place)
        shape.pick_numbers, shape.pick_texts = _picker(numbers), _picker(texts)
        if len(self._shapes) >= self._most_shapes:
            self._shapes.clear()
        self._shapes[bits] = shape
        return shape


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value.copy() if isinstance(value, Instance) else value
