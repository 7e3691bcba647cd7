"""Classes and objects for tests of the encoding of WMI's objects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_instance

__all__ = [
    "EVERY_TYPE",
    "PART",
    "VALUES",
    "EmbedNothing",
    "ReadNothing",
    "again",
    "class_of",
    "find",
    "flag",
    "method",
    "qualifier",
]

NAMESPACE: Final = "root/cimv2"
_FLAVOR: Final = Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS


def qualifier(name: str, kind: CimType, value: Any, flags: Flags = _FLAVOR) -> Qualifier:
    return Qualifier(name, kind, value, flags)


def flag(name: str, flags: Flags = _FLAVOR) -> Qualifier:
    return qualifier(name, CimType.BOOLEAN, value=True, flags=flags)


def qualifiers(*given: Qualifier) -> NameMap[Qualifier]:
    return NameMap((one.name, one) for one in given)


def class_of(name: str, *declared: Property, **facts: Any) -> Class:
    properties = NameMap((one.name, one) for one in declared)
    return Class(name, NAMESPACE, properties=properties, **facts)


def method(name: str, *parameters: Parameter, **facts: Any) -> Method:
    return Method(name, parameters=NameMap((one.name, one) for one in parameters), **facts)


KEY: Final = Property("Id", CimType.UINT32, origin="Part", qualifiers=qualifiers(flag("key")))
PART: Final = class_of("Part", KEY, Property("Text", CimType.STRING, origin="Part"))


def part(number: int, text: str | None) -> Instance:
    return Instance(PART, {"Id": number, "Text": text})


def reference(text: str) -> Instance:
    return Instance.from_path(rf'\\.\root\cimv2:Named.Name="{text}"')


_MOMENT: Final = datetime(2026, 11, 22, 10, 40, 15, 724000, tzinfo=UTC)
_SCALARS: Final[dict[CimType, list[Any]]] = {
    CimType.BOOLEAN: [True, False],
    CimType.UINT8: [0, 0xFF],
    CimType.SINT8: [-0x80, 0x7F],
    CimType.UINT16: [0, 0xFFFF],
    CimType.SINT16: [-0x8000, 0x7FFF],
    CimType.UINT32: [0, 0xFFFFFFFF],
    CimType.SINT32: [-0x80000000, 0x7FFFFFFF],
    CimType.UINT64: [0, 2**64 - 1],
    CimType.SINT64: [-(2**63), 2**63 - 1],
    CimType.REAL32: [1.5, -0.25],
    CimType.REAL64: [1e300, -2.25],
    CimType.CHAR16: ["A", "漢"],
    CimType.DATETIME: [_MOMENT, timedelta(days=3, seconds=7)],
    CimType.STRING: ["", "héllo", "漢𝄞"],
    CimType.REFERENCE: [reference("a"), reference('b\\"c')],
    CimType.INSTANCE: [part(1, "one"), part(2, None)],
}


def _declared(kind: CimType) -> Property:
    class_name = {CimType.REFERENCE: "Named", CimType.INSTANCE: "Part"}.get(kind.scalar)
    return Property(kind.name.title(), kind, class_name, origin="EveryType")


EVERY_TYPE: Final = class_of("EveryType", *map(_declared, CimType))
"""A class that has a property of each type."""

VALUES: Final[dict[str, Any]] = {
    **{kind.name.title(): values[-1] for kind, values in _SCALARS.items()},
    **{kind.array.name.title(): values for kind, values in _SCALARS.items()},
}
"""A value for each of its properties."""


def find(_namespace: str | None, class_name: str) -> Class | None:
    return {"Part": PART}.get(class_name)


def again(instance: Instance, class_: Class) -> Instance:
    """The instance, written and read."""
    found = ObjectReader().read(write_instance(instance, class_, find=find), NAMESPACE)
    assert isinstance(found, Instance)
    return found


class ReadNothing:
    """Reads objects where there are none."""

    def embedded(self, data: bytes, start: int, end: int) -> Instance:
        raise AssertionError

    def reference(self, path: str) -> Instance:
        return Instance("Path", {"Text": path})


class EmbedNothing:
    """Writes objects where there are none."""

    def embedded(self, instance: Instance) -> bytes:
        return instance.class_name.encode()

    def reference(self, instance: Instance) -> str:
        return instance.class_name
