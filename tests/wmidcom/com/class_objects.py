"""IWbemClassObject and IWbemQualifierSet over values of the library."""

from __future__ import annotations

from collections.abc import Mapping
from ctypes import c_int32
from typing import Any

from mi.instance import Instance
from mi.results import CimType, Flags
from mi.schema import Class, Property, Qualifier
from protocols.dcom.methods_parts import input_class, output_class
from protocols.wmidcom.com.structures import VARIANT
from protocols.wmidcom.services import WbemError
from tests.wmidcom.com import variant_values
from tests.wmidcom.com.com_objects import (
    LONG,
    NO_MORE_DATA,
    NOT_FOUND,
    ComObject,
    Enumeration,
    P,
    place,
    variant_at,
    wide_text,
)

NONSYSTEM_ONLY = 0x40
NOT_IMPLEMENTED = 0x80004001
CLASS_OBJECT = "dc12a681-737f-11cf-884d-00aa004b2e24"
UNKNOWN = "00000000-0000-0000-c000-000000000046"


class QualifierSet(ComObject):
    SLOTS = {  # noqa: RUF012 - nobody changes it
        7: ("begin", (LONG,)),
        8: ("next", (LONG, P, P, P)),
        9: ("end", ()),
    }

    def __init__(self, system: Any, qualifiers: Mapping[str, Qualifier], cim_type: str) -> None:
        super().__init__(system)
        said = Qualifier("CIMTYPE", CimType.STRING, cim_type, Flags.TO_SUBCLASS)
        self._qualifiers = [*qualifiers.values(), *([said] if cim_type else [])]
        self._enumeration = Enumeration()

    def begin(self, _flags: int) -> None:
        self._enumeration.begin([*self._qualifiers])

    def next(self, _flags: int, name: int, variant: int, flavor: int) -> int:
        one: Qualifier | None = self._enumeration.next()
        if one is None:
            return NO_MORE_DATA
        place(name, self.system.memory.new_text(one.name))
        kind = variant_values.QUALIFIERS.get(one.type.scalar, 3)
        variant_values.put(variant_at(variant), one.value, one.type, self.system.memory, _none)
        assert one.value is None or variant_at(variant).vt & 0xFFF == kind
        c_int32.from_address(flavor).value = _flavor(one)
        return 0

    def end(self) -> None:
        pass


def _none(_instance: Instance) -> int:
    raise AssertionError


def _flavor(qualifier: Qualifier) -> int:
    flavor = 0x02 if qualifier.flags & Flags.TO_SUBCLASS else 0
    flavor |= 0x10 if qualifier.flags & Flags.DISABLE_OVERRIDE else 0
    flavor |= 0x20 if qualifier.propagated else 0
    return flavor | (0x80 if qualifier.flags & Flags.TRANSLATABLE else 0)


class ClassObject(ComObject):
    """A class where `values` is None, else an instance."""

    INTERFACES = (CLASS_OBJECT, UNKNOWN)
    SLOTS = {  # noqa: RUF012 - nobody changes it
        3: ("get_qualifier_set", (P,)),
        4: ("get", (P, LONG, P, P, P)),
        5: ("put", (P, LONG, P, LONG)),
        8: ("begin", (LONG,)),
        9: ("next", (LONG, P, P, P, P)),
        10: ("end", ()),
        11: ("get_property_qualifier_set", (P, P)),
        15: ("spawn_instance", (LONG, P)),
        17: ("get_property_origin", (P, P)),
        19: ("get_method", (P, LONG, P, P)),
        22: ("begin_methods", (LONG,)),
        23: ("next_method", (LONG, P, P, P)),
        24: ("end_methods", ()),
        25: ("get_method_qualifier_set", (P, P)),
        26: ("get_method_origin", (P, P)),
    }

    def __init__(
        self,
        system: Any,
        declaration: Class,
        values: Mapping[str, Any] | None = None,
        relative_path: str | None = None,
    ) -> None:
        super().__init__(system)
        self.declaration = declaration
        self.values = None if values is None else dict(values)
        self.written: list[str] = []
        self._relative_path = relative_path
        self._properties = Enumeration()
        self._methods = Enumeration()

    # What is asked of all

    def _system_value(self, name: str) -> tuple[Any, CimType]:
        rows: dict[str, tuple[Any, CimType]] = {
            "__GENUS": (1 if self.values is None else 2, CimType.SINT32),
            "__CLASS": (self.declaration.name or None, CimType.STRING),
            "__DERIVATION": ([*self.declaration.derivation], CimType.STRING_ARRAY),
            "__RELPATH": (self._relative_path, CimType.STRING),
        }
        return rows[name]

    def get(self, name: int, _flags: int, variant: int, _type: int, _flavor: int) -> None:
        value, cim_type = self._system_value(wide_text(name))
        self._give(variant_at(variant), value, cim_type)

    def _give(self, variant: VARIANT, value: Any, cim_type: CimType) -> None:
        variant_values.put(variant, value, cim_type, self.system.memory, self._new)

    def _new(self, instance: Instance) -> int:
        found: ClassObject = self.system.object_of(instance)
        return found.address

    def _name(self, name: int, names: Mapping[str, Any]) -> str:
        wanted = wide_text(name).lower()
        for one in names:
            if one.lower() == wanted:
                return one
        raise WbemError(NOT_FOUND)

    # Properties

    def put(self, name: int, _flags: int, variant: int, _type: int) -> None:
        assert self.values is not None
        declared = self.declaration.properties[self._name(name, self.declaration.properties)]
        value = variant_values.take(variant_at(variant), declared.type, self._instance)
        self.values[declared.name] = value
        self.written.append(declared.name)

    def _instance(self, address: int) -> Instance:
        found = ComObject._living[address]
        assert isinstance(found, ClassObject)
        return found.instance()

    def instance(self) -> Instance:
        declaration = self.declaration
        values = {one: (self.values or {}).get(one) for one in self.written}
        return Instance.received(
            declaration.name, values, declaration.layout, declaration.namespace
        )

    def begin(self, flags: int) -> None:
        assert flags == NONSYSTEM_ONLY
        declared = self.declaration.properties
        self._properties.begin([one for one in declared.values() if self._has(one)])

    def _has(self, one: Property) -> bool:
        return self.values is None or one.name in self.values

    def next(self, _flags: int, name: int, variant: int, number: int, flavor: int) -> int:
        one: Property | None = self._properties.next()
        if one is None:
            return NO_MORE_DATA
        place(name, self.system.memory.new_text(one.name))
        value = one.default if self.values is None else self.values[one.name]
        self._give(variant_at(variant), value, one.type)
        c_int32.from_address(number).value = variant_values.number_of(one.type)
        c_int32.from_address(flavor).value = 0x20 if one.propagated else 0
        return 0

    def end(self) -> None:
        pass

    def get_property_origin(self, name: int, found: int) -> None:
        one = self.declaration.properties[self._name(name, self.declaration.properties)]
        if one.origin is None:
            raise WbemError(NOT_FOUND)
        place(found, self.system.memory.new_text(one.origin))

    # Qualifiers

    def get_qualifier_set(self, found: int) -> None:
        place(found, QualifierSet(self.system, self.declaration.qualifiers, "").address)

    def get_property_qualifier_set(self, name: int, found: int) -> None:
        one = self.declaration.properties[self._name(name, self.declaration.properties)]
        # Those that propagate to instances, of which `read` is none.
        kept = {
            key: value
            for key, value in one.qualifiers.items()
            if self.values is None or key.lower() == "key"
        }
        word = {CimType.REFERENCE: "ref", CimType.INSTANCE: "object"}.get(
            one.type.scalar, one.type.cim_name
        )
        said = f"{word}:{one.class_name}" if one.class_name else word
        place(found, QualifierSet(self.system, kept, said).address)

    def get_method_qualifier_set(self, name: int, found: int) -> None:
        one = self.declaration.methods[self._name(name, self.declaration.methods)]
        place(found, QualifierSet(self.system, one.qualifiers, "").address)

    # Methods

    def begin_methods(self, _flags: int) -> None:
        self._methods.begin([*self.declaration.methods])

    def next_method(self, _flags: int, name: int, gone_in: int, come_out: int) -> int:
        one: str | None = self._methods.next()
        if one is None:
            return NO_MORE_DATA
        place(name, self.system.memory.new_text(one))
        self._signatures(one, gone_in, come_out)
        return 0

    def end_methods(self) -> None:
        pass

    def get_method(self, name: int, _flags: int, gone_in: int, come_out: int) -> None:
        self._signatures(self._name(name, self.declaration.methods), gone_in, come_out)

    def _signatures(self, name: str, gone_in: int, come_out: int) -> None:
        method = self.declaration.methods[name]
        for where, side in ((gone_in, input_class(method)), (come_out, output_class(method))):
            place(where, None if side is None else ClassObject(self.system, side).address)

    def get_method_origin(self, name: int, found: int) -> None:
        one = self.declaration.methods[self._name(name, self.declaration.methods)]
        if one.origin is None:
            raise WbemError(NOT_FOUND)
        place(found, self.system.memory.new_text(one.origin))

    def spawn_instance(self, _flags: int, found: int) -> None:
        place(found, ClassObject(self.system, self.declaration, {}).address)
