from __future__ import annotations

import pytest

from mi.errors import ProtocolError
from mi.results import CimType
from protocols.dcom.cim_types import INHERITED, WIDTHS, cim_type, type_number


@pytest.mark.parametrize("kind", CimType)
def test_every_type_has_a_number(kind: CimType) -> None:
    assert cim_type(type_number(kind)) is kind
    assert cim_type(type_number(kind) | INHERITED) is kind


def test_the_numbers_are_those_of_the_specification() -> None:
    assert type_number(CimType.UINT32) == 19
    assert type_number(CimType.REFERENCE) == 102
    assert type_number(CimType.STRING_ARRAY) == 8200
    assert type_number(CimType.UINT32_ARRAY) == 0x2013  # of its example, not of its table


def test_a_number_of_no_type_is_refused() -> None:
    for number in (0, 1, 0x2000, 0x8008, 0xFFFFFFFF):
        with pytest.raises(ProtocolError, match="not the number of a CIM type"):
            cim_type(number)


def test_what_is_no_number_takes_the_room_of_a_reference() -> None:
    assert {WIDTHS[kind] for kind in CimType if kind.is_array} == {4}
    assert WIDTHS[CimType.BOOLEAN] == 2
    assert WIDTHS[CimType.SINT64] == 8
