"""Values in VARIANTs, both ways, against what MSDN says of each CIM type."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mi.cim_datetime import CimDateTime
from mi.errors import InvalidParameter, ProtocolError
from mi.instance import Instance
from mi.results import CimType
from protocols.wmidcom.com.structures import SAFEARRAY, VARIANT
from protocols.wmidcom.com.variants import filled, kind_of, read, received
from tests.wmidcom.com import variant_values
from tests.wmidcom.com.com_server import FakeSystem

VALUES: dict[CimType, list[Any]] = {
    CimType.BOOLEAN: [True, False],
    CimType.SINT8: [-128, -1, 0, 127],
    CimType.UINT8: [0, 128, 255],
    CimType.SINT16: [-0x8000, 0x7FFF],
    CimType.UINT16: [0, 0x8000, 0xFFFF],
    CimType.SINT32: [-0x80000000, 0x7FFFFFFF],
    CimType.UINT32: [0, 0x80000000, 0xFFFFFFFF],
    CimType.SINT64: [-0x8000000000000000, 0x7FFFFFFFFFFFFFFF],
    CimType.UINT64: [0, 0xFFFFFFFFFFFFFFFF],
    CimType.REAL32: [0.5, -1.25],
    CimType.REAL64: [0.1, -1e300],
    CimType.CHAR16: ["a", "\0", "\u20ac", "\ud800"],
    CimType.STRING: ["", "text", "z\u00fcrich \U0001f600", "with \0 inside"],
    CimType.DATETIME: [
        datetime(2024, 2, 29, 12, 30, 15, 123456, UTC),
        timedelta(days=3, seconds=4),
        CimDateTime("2024****000000.000000+***"),
    ],
    CimType.REFERENCE: [Instance("Win32_Service", {"Name": "Spooler"}, namespace="root/cimv2")],
    CimType.INSTANCE: [Instance("Win32_Process", {"Handle": "4"}, namespace="root/cimv2")],
}
CASES = [(kind, value) for kind, values in VALUES.items() for value in values]
CASES += [(kind.array, values) for kind, values in VALUES.items()]
CASES += [(kind.array, []) for kind in VALUES]
CASES += [(kind, None) for kind in VALUES] + [(kind.array, None) for kind in VALUES]


class Objects:
    """Objects by the address of a COM object; references by their paths."""

    def __init__(self, system: FakeSystem) -> None:
        self.system = system
        self.released: list[int] = []

    def reference(self, path: Any) -> Any:
        return Instance.from_path(path) if isinstance(path, str) else path.path

    def embedded(self, what: Any) -> Any:
        if isinstance(what, Instance):
            return self.new(what)
        return next(one for one in self.system.living if one.address == what).instance()

    def new(self, instance: Instance) -> int:
        found = self.system.object_of(instance)
        found.written = [*instance]
        return found.address


@pytest.mark.parametrize(("cim_type", "value"), CASES)
def test_what_wmi_gives_is_the_value(system: FakeSystem, cim_type: CimType, value: Any) -> None:
    objects, variant = Objects(system), VARIANT()
    variant_values.put(variant, value, cim_type, system.memory, objects.new)
    assert received(variant, cim_type, objects) == value
    system.clear(variant)


@pytest.mark.parametrize(("cim_type", "value"), CASES)
def test_what_wmi_is_given_is_the_value(system: FakeSystem, cim_type: CimType, value: Any) -> None:
    objects = Objects(system)
    with filled(value, cim_type, system, objects) as variant:
        assert variant_values.take(variant, cim_type, objects.embedded) == value


def test_half_a_pair_loses_no_text_around_it(system: FakeSystem) -> None:
    variant = VARIANT(vt=8)
    variant.address = system.new_text("a\ud800b")
    assert received(variant, CimType.STRING, Objects(system)) == "a\ufffdb"
    system.clear(variant)


@pytest.mark.parametrize("cim_type", VALUES)
def test_a_null_in_an_array_is_refused_and_nothing_is_left(
    system: FakeSystem, cim_type: CimType
) -> None:
    values = [VALUES[cim_type][0], None]
    with (
        pytest.raises(InvalidParameter, match="WMI has no null in an array"),
        filled(values, cim_type.array, system, Objects(system)),
    ):
        pass


def _variant(vt: int, value: int) -> VARIANT:
    variant = VARIANT(vt=vt)
    variant.wide = value
    return variant


@pytest.mark.parametrize(
    ("variant", "cim_type", "value"),
    [
        (_variant(20, -1), CimType.SINT64, -1),
        (_variant(21, -1), CimType.UINT64, 0xFFFFFFFFFFFFFFFF),
        (_variant(16, -1), CimType.SINT8, -1),
        (_variant(19, 7), CimType.UINT8, 7),
        (_variant(3, 7), CimType.REAL64, 7.0),
        (_variant(0, 7), CimType.STRING, None),
        (_variant(13, 0), CimType.INSTANCE, None),
        (_variant(0x2008, 0), CimType.STRING_ARRAY, None),
        (_variant(8, 0), CimType.STRING, ""),
        (_variant(8, 0), CimType.DATETIME, None),
        (_variant(8, 0), CimType.REFERENCE, None),
    ],
)
def test_what_windows_does_not_do_but_might_is_read(
    system: FakeSystem, variant: VARIANT, cim_type: CimType, value: Any
) -> None:
    assert received(variant, cim_type, Objects(system)) == value


@pytest.mark.parametrize(
    ("variant", "cim_type"),
    [
        (_variant(3, 1), CimType.STRING),
        (_variant(3, 1), CimType.DATETIME),
        (_variant(3, 1), CimType.REFERENCE),
        (_variant(3, 1), CimType.INSTANCE),
        (_variant(5, 1), CimType.UINT32),
        (_variant(5, 1), CimType.BOOLEAN),
        (_variant(8, 0), CimType.UINT32),
        (_variant(8, 0), CimType.REAL32),
        (_variant(8, 0), CimType.CHAR16),
        (_variant(3, 1), CimType.UINT32_ARRAY),
        (_variant(9, 1), CimType.INSTANCE),
    ],
)
def test_a_value_of_another_type_is_refused(
    system: FakeSystem, variant: VARIANT, cim_type: CimType
) -> None:
    with pytest.raises(ProtocolError, match="is no "):
        received(variant, cim_type, Objects(system))


def test_the_path_that_wine_pads_is_the_path(system: FakeSystem) -> None:
    variant = VARIANT(vt=8)
    variant.address = system.new_text('Win32_Service.Name="Spooler"\0\0\0')
    assert received(variant, CimType.REFERENCE, Objects(system))["Name"] == "Spooler"
    system.clear(variant)


def test_an_array_of_variants_is_an_array_of_what_is_in_them(system: FakeSystem) -> None:
    variant = VARIANT(vt=0x200C)
    variant.address = system.new_array(12, 2)
    data = SAFEARRAY.from_address(variant.address or 0).data or 0
    first = VARIANT.from_address(data)
    first.vt, first.address = 8, system.new_text("text")
    VARIANT.from_address(data + 24).vt = 1
    assert received(variant, CimType.STRING_ARRAY, Objects(system)) == ["text", None]
    system.clear(variant)


def test_an_array_of_several_dimensions_is_refused(system: FakeSystem) -> None:
    variant = VARIANT(vt=0x2003)
    variant.address = system.new_array(3, 1)
    SAFEARRAY.from_address(variant.address or 0).dimensions = 2
    with pytest.raises(ProtocolError, match="2 dimensions"):
        read(variant)
    SAFEARRAY.from_address(variant.address or 0).dimensions = 1
    system.clear(variant)


@pytest.mark.parametrize(
    ("vt", "cim_type"),
    [(8, CimType.STRING), (0x2008, CimType.STRING_ARRAY), (11, CimType.BOOLEAN),
     (3, CimType.SINT32), (5, CimType.REAL64), (0x2003, CimType.SINT32_ARRAY)],
)  # fmt: skip
def test_a_qualifier_is_of_the_type_that_its_value_has(vt: int, cim_type: CimType) -> None:
    assert kind_of(VARIANT(vt=vt)) is cim_type


def test_a_qualifier_of_no_such_type_is_refused() -> None:
    with pytest.raises(ProtocolError, match="a VARIANT of type 13"):
        kind_of(VARIANT(vt=13))
