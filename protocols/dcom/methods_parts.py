"""The methods of a class, and their parameters as classes `__PARAMETERS` (MS-WMIO 2.2.38, 2.3.3).

A signature has the parameters that go in, or those that come out and `ReturnValue`, as properties;
the qualifier `ID` says the place of each among all of them. One that goes both ways is in both.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from mi.errors import ProtocolError
from mi.names import NameMap
from mi.parameters import RETURN_VALUE
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from protocols.dcom import qualifier_sets
from protocols.dcom.class_parts import ClassPart
from protocols.dcom.encoded_strings import NOTHING
from protocols.dcom.encoded_values import Embed
from protocols.dcom.heaps import Heap, HeapWriter, Objects, heap_at, number_at

__all__ = [
    "PARAMETERS",
    "Declaring",
    "Signatures",
    "input_class",
    "method_of",
    "output_class",
    "read",
    "write",
]

PARAMETERS: Final = "__PARAMETERS"
"""What the class of a signature is called."""

_HEAD: Final = struct.Struct("<IHH")
_METHOD: Final = struct.Struct("<IB3xIIII")
_PROPAGATED: Final = 0x20
_ID: Final = "ID"
_ABSTRACT: Final = Qualifier("abstract", CimType.BOOLEAN, value=True, flags=Flags.RESTRICTED)


class Signatures(NamedTuple):
    """The classes of what goes into a method and of what comes out, None where that is nothing."""

    inputs: ClassPart | None
    outputs: ClassPart | None


class _Signed(NamedTuple):
    name: str
    flags: int
    origin: int
    qualifiers: NameMap[Qualifier]
    signatures: Signatures


# Reading


class Declaring(Objects, Protocol):
    """What else is needed for what is declared."""

    def signature(self, data: bytes, start: int, end: int) -> ClassPart:
        """Return the class in the block of a signature, which fills `data[start:end]`."""
        ...


def read(
    data: bytes,
    position: int,
    end: int,
    objects: Declaring,
    origin: Callable[[int], str | None],
) -> dict[str, tuple[Method, Signatures]]:
    """Return the methods of a class, each with its signatures, by name and in order.

    Args:
        data: what they are in.
        position: where they begin.
        end: where they end.
        objects: reads signatures, and the objects among qualifiers.
        origin: names the class that a number means (2.2.45).

    Raises:
        ProtocolError: they cannot be read.
    """
    _, count, _ = _HEAD.unpack_from(data, position)
    first = position + _HEAD.size
    heap = heap_at(data, first + count * _METHOD.size, end, objects)
    found: dict[str, tuple[Method, Signatures]] = {}
    for place in range(count):
        raw = _METHOD.unpack_from(data, first + place * _METHOD.size)
        signed = _read(raw, heap, objects)
        found[signed.name] = (_method(signed, origin), signed.signatures)
    if len({name.lower() for name in found}) < count:
        raise ProtocolError("a class has two methods of one name")
    return found


def _read(raw: Sequence[int], heap: Heap, objects: Declaring) -> _Signed:
    name, flags, origin, qualifiers, *references = raw
    blocks = [heap.block(reference) for reference in references]
    inputs, outputs = (
        None if one is None else objects.signature(heap.data, *one) for one in blocks
    )
    return _Signed(
        heap.name(name), flags, origin, _qualifiers(heap, qualifiers), Signatures(inputs, outputs)
    )


def _qualifiers(heap: Heap, reference: int) -> NameMap[Qualifier]:
    if reference == NOTHING:
        return NameMap()
    position = heap.start + reference
    heap.place(reference, number_at(heap.data, position, heap.end))
    return qualifier_sets.split(qualifier_sets.read(heap, position, heap.end))[1]


def _method(signed: _Signed, origin: Callable[[int], str | None]) -> Method:
    inputs, outputs = signed.signatures
    return method_of(
        Method(
            signed.name,
            origin=origin(signed.origin),
            propagated=bool(signed.flags & _PROPAGATED),
            qualifiers=signed.qualifiers,
        ),
        [] if inputs is None else _declared(inputs),
        [] if outputs is None else _declared(outputs),
    )


def method_of(
    described: Method, gone_in: Iterable[Property], come_out: Iterable[Property]
) -> Method:
    """Return a method with what its signatures say: parameters, and the type that it returns."""
    outputs = [*come_out]
    returned = [one for one in outputs if one.name.lower() == RETURN_VALUE.lower()]
    others = [one for one in outputs if one not in returned]
    return replace(
        described,
        return_type=returned[0].type if returned else None,
        parameters=_parameters([*gone_in, *others]),
    )


def _declared(part: ClassPart) -> list[Property]:
    return [slot.declared for slot in sorted(part.slots, key=lambda slot: slot.order)]


def _parameters(declared: Iterable[Property]) -> NameMap[Parameter]:
    """Return parameters in the order of their IDs; one that is there twice goes both ways."""
    found: dict[str, Parameter] = {}
    for one in declared:
        twin = found.get(one.name.lower())
        qualifiers = one.qualifiers
        if twin is not None:
            both = {**twin.qualifiers, **one.qualifiers}
            qualifiers = NameMap(sorted(both.items(), key=lambda item: item[0].lower()))
        found[one.name.lower()] = Parameter(
            one.name, one.type, one.class_name, qualifiers=qualifiers
        )
    in_order = sorted(found.values(), key=_place)
    return NameMap((one.name, one) for one in in_order)


def _place(parameter: Parameter) -> int:
    known = parameter.qualifiers.get(_ID)
    return known.value if known is not None and isinstance(known.value, int) else NOTHING


# Writing


def input_class(method: Method) -> Class | None:
    """Return the class of what goes into a method, or None where that is nothing."""
    return _signature(_of_direction(method, Flags.IN))


def output_class(method: Method) -> Class | None:
    """Return the class of what comes out of a method, or None where that is nothing."""
    declared = _of_direction(method, Flags.OUT)
    if method.return_type is not None:
        qualifiers = NameMap([("out", _flag("out"))])
        declared.append(Property(RETURN_VALUE, method.return_type, qualifiers=qualifiers))
    return _signature(declared)


def _of_direction(method: Method, direction: Flags) -> list[Property]:
    return [
        Property(one.name, one.type, one.class_name, qualifiers=_identified(one, place))
        for place, one in enumerate(method.parameters.values())
        if one.flags & direction
    ]


def _identified(parameter: Parameter, place: int) -> NameMap[Qualifier]:
    """Return the qualifiers of a parameter, with one for its place and one for its direction."""
    qualifiers = dict(parameter.qualifiers.items())
    if _ID not in parameter.qualifiers:
        fixed = Flags.DISABLE_OVERRIDE | Flags.RESTRICTED
        qualifiers[_ID] = Qualifier(_ID, CimType.SINT32, place, fixed)
    for name, flag in (("in", Flags.IN), ("out", Flags.OUT)):
        if parameter.flags & flag and name not in parameter.qualifiers:
            qualifiers[name] = _flag(name)
    return NameMap(qualifiers.items())


def _flag(name: str) -> Qualifier:
    return Qualifier(name, CimType.BOOLEAN, value=True, flags=Flags.RESTRICTED)


def _signature(declared: Sequence[Property]) -> Class | None:
    if not declared:
        return None
    return Class(
        PARAMETERS,
        properties=NameMap((one.name, one) for one in declared),
        qualifiers=NameMap([(_ABSTRACT.name, _ABSTRACT)]),
    )


def write(
    methods: Mapping[str, Method],
    embed: Embed,
    signature: Callable[[Class], bytes],
    origin: Callable[[str | None], int],
) -> bytes:
    """Return the methods of a class.

    Args:
        methods: by name, in order.
        embed: writes the objects among qualifiers.
        signature: writes the block of a signature.
        origin: gives the number of the class that declares a method first.

    Raises:
        InvalidParameter: WMI has no such value.
    """
    heap = HeapWriter()
    described = b""
    for method in methods.values():
        name = heap.text(method.name)
        qualifiers = heap.add(qualifier_sets.write(method.qualifiers.values(), heap, embed))
        signatures = (input_class(method), output_class(method))
        described += _METHOD.pack(
            name,
            _PROPAGATED if method.propagated else 0,
            origin(method.origin),
            qualifiers,
            *(heap.block(b"" if one is None else signature(one)) for one in signatures),
        )
    octets = described + heap.octets()
    return _HEAD.pack(_HEAD.size + len(octets), len(methods), 0) + octets
