"""MI's numbers: the tables agree with mi.h and with one another."""

import pytest

from mi.results import (
    CATEGORY_OF_RESULT,
    CallbackMode,
    CimType,
    ErrorCategory,
    Flags,
    OperationFlags,
    PromptType,
    ResponseType,
    Result,
)

# reference: MI_Utilities_MapErrorToMiErrorCategory, by category.
_RESULTS_OF_CATEGORY = {
    0: (0, 1),
    18: (2,),
    10: (3, 5, 8, 9, 10, 12, 16, 17, 20, 21),
    5: (4, 15, 22),
    13: (6,),
    11: (7, 14, 25, 26),
    20: (11,),
    9: (13,),
    14: (23,),
    2: (24,),
    19: (27,),
    21: (28,),
}


def test_results_that_mi_leaves_out_are_left_out() -> None:
    assert {number for number in range(30) if number not in list(Result)} == {18, 19, 29}


def test_every_result_has_the_category_that_mi_gives_it() -> None:
    expected = {
        Result(result): ErrorCategory(category)
        for category, results in _RESULTS_OF_CATEGORY.items()
        for result in results
    }
    assert expected == CATEGORY_OF_RESULT


@pytest.mark.parametrize("cim_type", list(CimType))
def test_an_array_type_is_its_element_type_plus_16(cim_type: CimType) -> None:
    assert cim_type.is_array == (cim_type >= 16)
    assert cim_type.scalar == cim_type % 16
    assert cim_type.array == cim_type.scalar + 16
    assert cim_type.array.cim_name == cim_type.cim_name == cim_type.scalar.name.lower()


def test_unknown_bits_of_flags_are_no_error() -> None:
    unknown = 1 << 28
    assert Flags(unknown | Flags.KEY) & Flags.KEY
    assert OperationFlags(0x8000_0002) & OperationFlags.BASIC_RTTI


def test_flags_have_the_numbers_of_mi() -> None:
    assert (Flags.KEY, Flags.READ_ONLY, Flags.NOT_MODIFIED, Flags.NULL) == (
        0x1000,
        0x200000,
        0x2000000,
        0x20000000,
    )
    assert OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY & OperationFlags.POLYMORPHISM_SHALLOW


def test_the_numbers_of_callbacks_are_those_of_mi() -> None:
    assert [(one.name, one.value) for one in CallbackMode] == [
        ("REPORT", 0),
        ("INQUIRE", 1),
        ("IGNORE", 2),
    ]
    assert [(one.name, one.value) for one in PromptType] == [("NORMAL", 0), ("CRITICAL", 1)]
    assert [(one.name, one.value) for one in ResponseType] == [
        ("NO", 0),
        ("YES", 1),
        ("NO_TO_ALL", 2),
        ("YES_TO_ALL", 3),
    ]
