"""How the instances of one class are read: a plan, made once from its declaration.

Decoding is the one hot path of the library, and this is its inner loop. What a page of instances
costs is the making of an lxml proxy for each property and two attributes of it, so all else is
decided beforehand. The tags of an instance's children are compared, as a list, with those of the
instance before; fellows mostly agree, and then the i-th child is the i-th column and nothing is
looked up. Attributes are asked for only where an element has no text, and a function is called only
for what is neither text nor a plain number. Arrays, whose lengths differ, are cut out first.

A plan without a class reads text: every name is unknown then, and what repeats is a list.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mi.errors import MIError, ProtocolError
from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class, Property
from mi.values import INTEGER_RANGES
from protocols.wsman import soap
from protocols.wsman.namespaces import CIM_COMMON
from protocols.wsman.readers import (
    Context,
    Reader,
    is_null_array,
    read_octets,
    read_untyped,
    reader_of,
    stated_type,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Plan", "plan_of"]

_Picker = Callable[[list["_Element"]], Sequence["_Element"]]

_tag_of: Final = attrgetter("tag")

_BY_READER: Final = -1
_ONE_NULL: Final = [None]
# What the attributes of a null say: of all that a property may have, only xsi:nil is ever true.
# Asking for their values takes half as long as asking for one by name.
_NULL: Final = ["true"]
_LOCATION: Final = f"{{{CIM_COMMON}}}Location"
_MOST_SHAPES: Final = 128  # events with many insertion strings have many; a memo needs an end
_SHORTEST_BASE64: Final = 4  # no uint8 has as many digits, so one element is not misread


class _Column(NamedTuple):
    """What to do with the element of one property.

    Attributes:
        name: the property's name, as the class spells it.
        limit: None if its text is the value; the largest value of an integer type; `_BY_READER`
            for all else. A text that is no such number goes to the reader, which also knows
            negative and padded ones.
        read: the reader.
        is_array: whether it repeats.
        octets: for a uint8, whether one element may hold the whole array in base64 without saying
            so; None for all else.
        is_declared: whether the class has it.
    """

    name: str
    limit: int | None
    read: Reader
    is_array: bool = False
    octets: bool | None = None
    is_declared: bool = True


def _column_of(declared: Property) -> _Column:
    scalar = declared.type.scalar
    limit = INTEGER_RANGES[scalar][1] if scalar in INTEGER_RANGES else _BY_READER
    octets = declared.qualifiers.get("octetstring")
    return _Column(
        declared.name,
        None if scalar is CimType.STRING else limit,
        reader_of(scalar, declared.class_name),
        is_array=declared.type.is_array,
        octets=(octets is not None and octets.value is True) if scalar is CimType.UINT8 else None,
    )


def _read_location(element: _Element, context: Context) -> Instance:
    return context.reference(element)


# WinRM 1.0 puts the EPR of an instance among its properties (MS-WSMV 4.1.1).
_LOCATION_COLUMN: Final = _Column(_LOCATION, _BY_READER, _read_location, is_declared=False)


class _Shape:
    """What the children of an instance are, by position.

    Attributes:
        tags: their tags.
        is_spaced: whether white space stands between them; text may be a pretty-printer's then.
        template: every name with null, in the order of the instance.
        mask: which children are the one element of a property, or None where all are.
        names: the names of those.
        limits: their limits.
        readers: their readers.
        arrays: the name of each array, its column, and what picks its elements.
        empty: the arrays that are absent and thereby empty.
        is_located: whether the EPR of the instance is among them.
    """

    __slots__ = (
        "arrays", "empty", "is_located", "is_spaced", "limits", "mask", "names", "readers",
        "tags", "template",
    )  # fmt: skip

    def __init__(self, tags: list[Any], *, is_spaced: bool) -> None:
        self.tags = tags
        self.is_spaced = is_spaced
        self.template: dict[str, Any] = {}
        self.mask: list[bool] | None = None
        self.names: list[str] = []
        self.limits: list[int | None] = []
        self.readers: list[Reader] = []
        self.arrays: list[tuple[str, _Column, _Picker]] = []
        self.empty: list[str] = []
        self.is_located = _LOCATION in tags


class Plan:
    """How to read the instances of one class.

    Attributes:
        layout: what the instances share, or None without a class.
        class_name: the class' name as it is declared, or None without a class.
    """

    def __init__(
        self, class_: Class | None, *, precise: bool = False, selected: Iterable[str] | None = None
    ) -> None:
        """Make the plan of `class_`.

        Args:
            class_: its declaration, or None to read text.
            precise: whether the server tells null arrays from empty ones, which are absent then.
            selected: the only properties that can be there, without case; None for all.
        """
        properties = () if class_ is None else class_.properties.values()
        names = None if selected is None else {name.lower() for name in selected}
        self.layout = None if class_ is None else class_.layout
        self.class_name = None if class_ is None else class_.name
        self._precise = precise
        self._columns = {declared.name.lower(): _column_of(declared) for declared in properties}
        self._arrays = [
            column.name
            for folded, column in self._columns.items()
            if column.is_array and (names is None or folded in names)
        ]
        self._shape = self._new_shape([], is_spaced=False)
        self._shapes: dict[tuple[bool, tuple[Any, ...]], _Shape] = {}

    def read(self, element: _Element, context: Context) -> tuple[dict[str, Any], Instance | None]:
        """Return the values of an instance's properties, and the EPR of itself if it has one.

        Raises:
            ProtocolError: a value does not fit the type of its property, which it names.
        """
        children = element[:]
        tags = [*map(_tag_of, children)]
        is_spaced = element.text is not None
        shape = self._shape
        if tags != shape.tags or is_spaced is not shape.is_spaced:
            shape = self._shape = self._shape_of(tags, is_spaced=is_spaced)
        values = shape.template.copy()
        name = ""
        try:
            for child, name, limit, read in zip(
                children if shape.mask is None else compress(children, shape.mask),
                shape.names,
                shape.limits,
                shape.readers,
                strict=True,
            ):
                text = child.text
                if text is None:
                    if child.values() != _NULL:
                        values[name] = read(child, context)
                elif limit is None:
                    values[name] = text
                elif text.isdecimal() and (number := int(text)) <= limit:
                    values[name] = number
                else:
                    values[name] = read(child, context)
            for name, column, pick in shape.arrays:
                values[name] = self._array(pick(children), column, context)
        except (MIError, ValueError) as error:
            raise self._misfit(element, name, error) from error
        for name in shape.empty:
            values[name] = []
        return values, values.pop(_LOCATION) if shape.is_located else None

    def _array(
        self, children: Sequence[_Element], column: _Column, context: Context
    ) -> list[Any] | None:
        if len(children) == 1 and column.octets is not None and _is_octets(children[0], column):
            return read_octets(children[0])
        limit, read = column.limit, column.read
        elements = []
        for child in children:
            text = child.text
            if text is None:
                elements.append(read(child, context))
            elif limit is None:
                elements.append(text)
            elif text.isdecimal() and (number := int(text)) <= limit:
                elements.append(number)
            else:
                elements.append(read(child, context))
        if elements == _ONE_NULL and not (self._precise and not is_null_array(children[0])):
            return None
        return elements

    def _shape_of(self, tags: list[Any], *, is_spaced: bool) -> _Shape:
        key = (is_spaced, tuple(tags))
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            shape = self._shapes[key] = self._new_shape(tags, is_spaced=is_spaced)
        return shape

    def _new_shape(self, tags: list[Any], *, is_spaced: bool) -> _Shape:
        shape = _Shape(tags, is_spaced=is_spaced)
        scalars: dict[int, _Column] = {}
        found = self._found(tags, is_spaced=is_spaced)
        for column, positions in found.values():
            shape.template[column.name] = None
            if column.is_array or (len(positions) > 1 and not column.is_declared):
                shape.arrays.append((column.name, column, _picker(positions)))
            elif len(positions) > 1:
                raise ProtocolError(f"{self.class_name}.{column.name}: it has several values")
            else:
                scalars[positions[0]] = column
        if len(scalars) < len(tags):
            shape.mask = [position in scalars for position in range(len(tags))]
        in_order = [scalars[position] for position in sorted(scalars)]
        shape.names = [column.name for column in in_order]
        shape.limits = [column.limit for column in in_order]
        shape.readers = [column.read for column in in_order]
        absent = [name for name in self._arrays if name.lower() not in found]
        shape.template.update(dict.fromkeys(absent))
        shape.empty = absent if self._precise else []
        return shape

    def _found(self, tags: list[Any], *, is_spaced: bool) -> dict[str, tuple[_Column, list[int]]]:
        """Return the column and the positions of each property, by folded name, in order."""
        found: dict[str, tuple[_Column, list[int]]] = {}
        for position, tag in enumerate(tags):
            if not isinstance(tag, str):  # a comment, where the parser left it in
                continue
            column = self._column(tag)
            if is_spaced and column.limit is None:
                column = column._replace(limit=_BY_READER)
            found.setdefault(column.name.lower(), (column, []))[1].append(position)
        return found

    def _column(self, tag: str) -> _Column:
        if tag == _LOCATION:
            return _LOCATION_COLUMN
        name = tag.rpartition("}")[2]
        known = self._columns.get(name.lower())
        return _Column(name, None, read_untyped, is_declared=False) if known is None else known

    def _misfit(self, element: _Element, name: str, error: Exception) -> ProtocolError:
        # Python's own error is about its limit for numbers of thousands of digits.
        reason = error.message if isinstance(error, MIError) else "the number has too many digits"
        return ProtocolError(f"{self.class_name or soap.local_name(element)}.{name}: {reason}")


def _picker(positions: list[int]) -> _Picker:
    """Return what picks the children at some positions, which mostly are a run."""
    first, last = positions[0], positions[-1]
    if last - first == len(positions) - 1:
        return itemgetter(slice(first, last + 1))
    return itemgetter(*positions)


def _is_octets(element: _Element, column: _Column) -> bool:
    if stated_type(element) == "cimBase64Binary":
        return True
    return bool(column.octets) and len((element.text or "").strip()) >= _SHORTEST_BASE64


_PLANS: dict[tuple[int, bool], Plan] = {}


def plan_of(class_: Class, *, precise: bool) -> Plan:
    """Return the plan of a class for whole instances, made once for as long as the class lives."""
    key = (id(class_), precise)
    plan = _PLANS.get(key)
    if plan is None:
        plan = _PLANS[key] = Plan(class_, precise=precise)
        weakref.finalize(class_, _PLANS.pop, key, None).atexit = False
    return plan
