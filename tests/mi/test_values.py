"""CIM values as Python values: the types, their ranges, and their text."""

import math
import struct
from datetime import UTC, datetime, timedelta
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.cim_datetime import INFINITE_FUTURE, CimDateTime, parse_datetime
from mi.errors import MIError, TypeMismatch
from mi.results import CimType
from mi.values import (
    INTEGER_RANGES,
    convert,
    format_value,
    infer_type,
    parse_value,
    shown,
)

_INTEGERS = list(INTEGER_RANGES)
_MOMENT = datetime(2015, 2, 26, 17, 59, 57, tzinfo=UTC)
_DAY = CimDateTime("20160107******.******+***")


def _single(number: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", number))[0])


class _Color(str, Enum):  # noqa: UP042 - whose str() is its name, as that of a StrEnum is not
    RED = "red"


class _Level(IntEnum):
    HIGH = 3


# Conversion


@pytest.mark.parametrize(
    ("value", "cim_type", "held"),
    [
        (True, CimType.BOOLEAN, True),
        (5, CimType.UINT8, 5),
        (1.5, CimType.REAL64, 1.5),
        ("text", CimType.STRING, "text"),
        ("c", CimType.CHAR16, "c"),
        (_MOMENT, CimType.DATETIME, _MOMENT),
        (timedelta(1), CimType.DATETIME, timedelta(1)),
        (_DAY, CimType.DATETIME, _DAY),
        ([1, 2], CimType.UINT16_ARRAY, [1, 2]),
        ([], CimType.STRING_ARRAY, []),
    ],
)
def test_each_type_is_held_as_its_python_type(value: Any, cim_type: CimType, held: Any) -> None:
    converted = convert(value, cim_type)
    assert converted == held
    assert type(converted) is type(held)


@pytest.mark.parametrize("cim_type", list(CimType))
def test_null_is_none_whatever_the_type(cim_type: CimType) -> None:
    assert convert(None, cim_type) is None


@pytest.mark.parametrize("cim_type", _INTEGERS)
def test_an_integer_has_the_range_of_its_type(cim_type: CimType) -> None:
    low, high = INTEGER_RANGES[cim_type]
    bits = 8 << (cim_type - 1) // 2
    assert high - low == 2**bits - 1
    assert low == (0 if cim_type.name.startswith("U") else -(2 ** (bits - 1)))
    assert [convert(value, cim_type) for value in (low, high)] == [low, high]
    for value in (low - 1, high + 1):
        with pytest.raises(TypeMismatch, match=f"is outside {cim_type.cim_name}"):
            convert(value, cim_type)


@pytest.mark.parametrize("value", [True, 1.0, "1", b"1", [1]])
def test_an_integer_is_an_int_and_nothing_else(value: Any) -> None:
    with pytest.raises(TypeMismatch, match="is not an integer, which uint32 needs"):
        convert(value, CimType.UINT32)


def test_members_of_enumerations_are_held_as_what_they_stand_for() -> None:
    assert type(convert(_Level.HIGH, CimType.UINT8)) is int
    red = convert(_Color.RED, CimType.STRING)
    assert (type(red), red) == (str, "red")
    assert convert(StrEnum("Letters", "A").A, CimType.CHAR16) == "a"


@pytest.mark.parametrize("cim_type", [CimType.REAL32, CimType.REAL64])
def test_a_real_takes_an_int_but_no_boolean_and_no_text(cim_type: CimType) -> None:
    assert type(convert(5, cim_type)) is float
    for value in (True, "1.5", 1j):
        with pytest.raises(TypeMismatch, match="is not a number"):
            convert(value, cim_type)


def test_a_real32_is_rounded_to_what_it_can_hold() -> None:
    assert convert(0.1, CimType.REAL32) == _single(0.1)
    assert convert(0.1, CimType.REAL64) == 0.1


@pytest.mark.parametrize(("value", "cim_type"), [(1e39, CimType.REAL32), (10**400, CimType.REAL64)])
def test_a_real_beyond_its_precision_is_out_of_range(value: Any, cim_type: CimType) -> None:
    with pytest.raises(TypeMismatch, match=f"is outside {cim_type.cim_name}"):
        convert(value, cim_type)


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinity_is_a_real(value: float) -> None:
    assert convert(value, CimType.REAL32) == convert(value, CimType.REAL64) == value


@pytest.mark.parametrize("value", [0, 1, "true", 0.0])
def test_a_boolean_is_true_or_false_and_nothing_like_it(value: Any) -> None:
    with pytest.raises(TypeMismatch, match="is not a boolean"):
        convert(value, CimType.BOOLEAN)


@pytest.mark.parametrize(
    ("value", "held"),
    [("é", "é"), (0, "\0"), (0xFFFF, "\uffff"), (0x41, "A"), ("\ud83d", "\ud83d")],
)
def test_a_char16_is_one_code_unit_and_may_be_given_as_its_number(value: Any, held: str) -> None:
    assert convert(value, CimType.CHAR16) == held


@pytest.mark.parametrize("value", ["", "ab", "\N{GRINNING FACE}", -1, 0x10000, True, 1.0])
def test_what_is_more_or_less_than_a_code_unit_is_no_char16(value: Any) -> None:
    with pytest.raises(TypeMismatch, match="is not one UTF-16 code unit"):
        convert(value, CimType.CHAR16)


@pytest.mark.parametrize("value", [1, b"text", ["t"], True])
def test_a_string_is_made_of_nothing_but_a_string(value: Any) -> None:
    with pytest.raises(TypeMismatch, match="is not a string"):
        convert(value, CimType.STRING)


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ("20150226175957.000000+000", _MOMENT),
        (" 00000001000000.000000:000 ", timedelta(1)),
        (CimDateTime("20150226175957.000000+000"), _MOMENT),
        (INFINITE_FUTURE, INFINITE_FUTURE),
    ],
)
def test_a_datetime_may_be_given_as_its_text_and_has_one_python_form(value: Any, held: Any) -> None:
    converted = convert(value, CimType.DATETIME)
    assert (converted, type(converted)) == (held, type(held))


@pytest.mark.parametrize(
    "value",
    [datetime(2015, 2, 26), timedelta(-1), "2015-02-26", 1424973597, _MOMENT.date()],  # noqa: DTZ001
)
def test_a_naive_datetime_and_a_negative_interval_are_no_cim_datetime(value: Any) -> None:
    with pytest.raises(TypeMismatch):
        convert(value, CimType.DATETIME)


def test_an_array_is_a_new_list_of_converted_values() -> None:
    given_list = [1, 2]
    held = convert(given_list, CimType.REAL64_ARRAY)
    assert held == [1.0, 2.0]
    assert held is not given_list
    assert convert((value for value in "ab"), CimType.STRING_ARRAY) == ["a", "b"]


def test_an_array_may_hold_nulls_for_cim_has_them() -> None:
    assert convert([1, None], CimType.UINT8_ARRAY) == [1, None]


@pytest.mark.parametrize("value", [b"\x01\x02", bytearray(b"\x01\x02")])
def test_bytes_are_an_array_of_uint8_and_of_nothing_else(value: Any) -> None:
    assert convert(value, CimType.UINT8_ARRAY) == [1, 2]
    with pytest.raises(TypeMismatch, match="is not a list"):
        convert(value, CimType.UINT16_ARRAY)


@pytest.mark.parametrize("value", ["ab", 5, {"a": 1}, True])
def test_a_string_and_a_mapping_are_no_array(value: Any) -> None:
    with pytest.raises(TypeMismatch, match=r"is not a list, which string\[\] needs"):
        convert(value, CimType.STRING_ARRAY)


def test_each_element_of_an_array_is_checked() -> None:
    with pytest.raises(TypeMismatch, match="256 is outside uint8"):
        convert([1, 256], CimType.UINT8_ARRAY)


@pytest.mark.parametrize("cim_type", [CimType.REFERENCE, CimType.INSTANCE])
def test_objects_are_passed_through(cim_type: CimType) -> None:
    value = object()
    assert convert(value, cim_type) is value


def test_a_message_shows_no_more_than_the_beginning_of_a_long_value() -> None:
    with pytest.raises(TypeMismatch) as caught:
        convert("x" * 10_000, CimType.UINT32)
    assert len(caught.value.message) < 200
    assert shown([1, "a"]) == "[1, 'a']"


# Text to value


@pytest.mark.parametrize(
    ("text", "cim_type", "value"),
    [
        ("true", CimType.BOOLEAN, True),
        ("TRUE", CimType.BOOLEAN, True),  # OMI
        (" 1 ", CimType.BOOLEAN, True),
        ("False", CimType.BOOLEAN, False),
        ("0", CimType.BOOLEAN, False),
        ("18446744073709551615", CimType.UINT64, 2**64 - 1),
        ("+7", CimType.UINT8, 7),
        (" -7\n", CimType.SINT8, -7),
        ("0x80070005", CimType.UINT32, 0x80070005),  # event logs
        ("-0X10", CimType.SINT16, -16),
        ("007", CimType.UINT8, 7),
        ("1.5", CimType.REAL64, 1.5),
        ("-1.5E+3", CimType.REAL64, -1500.0),
        (" .5 ", CimType.REAL64, 0.5),
        ("5.", CimType.REAL64, 5.0),
        ("7", CimType.REAL64, 7.0),
        ("INF", CimType.REAL64, math.inf),
        ("-INF", CimType.REAL32, -math.inf),
        ("0.1", CimType.REAL32, _single(0.1)),
        ("c", CimType.CHAR16, "c"),
        ("5", CimType.CHAR16, "5"),  # Windows: the character
        ("65", CimType.CHAR16, "A"),  # OMI: its number
        (" text ", CimType.STRING, " text "),
        ("", CimType.STRING, ""),
        ("20150226175957.000000+000", CimType.DATETIME, _MOMENT),
        ("20160107******.******+***", CimType.DATETIME, _DAY),
        ("5", CimType.UINT16_ARRAY, 5),  # one element's text
    ],
)
def test_text_is_read_leniently(text: str, cim_type: CimType, value: Any) -> None:
    parsed = parse_value(text, cim_type)
    assert (parsed, type(parsed)) == (value, type(value))


def test_not_a_number_is_read() -> None:
    assert math.isnan(parse_value("NaN", CimType.REAL64))


@pytest.mark.parametrize(
    ("text", "cim_type"),
    [
        ("yes", CimType.BOOLEAN),
        ("", CimType.BOOLEAN),
        ("", CimType.UINT32),
        ("1.0", CimType.UINT32),
        ("1_000", CimType.UINT32),
        ("٣", CimType.UINT32),
        ("256", CimType.UINT8),
        ("-1", CimType.UINT8),
        ("9" * 5000, CimType.UINT64),
        ("1,5", CimType.REAL64),
        ("1.#INF", CimType.REAL64),
        ("1e999", CimType.REAL64),
        ("1e39", CimType.REAL32),
        ("infinity", CimType.REAL64),
        ("65536", CimType.CHAR16),
        ("ab", CimType.CHAR16),
        ("", CimType.CHAR16),
        ("\N{GRINNING FACE}", CimType.CHAR16),
        ("2015-02-26T17:59:57Z", CimType.DATETIME),
        ("Win32_Service", CimType.REFERENCE),
        ("<p:X/>", CimType.INSTANCE),
    ],
)
def test_text_that_does_not_fit_its_type_is_a_type_mismatch(text: str, cim_type: CimType) -> None:
    with pytest.raises(TypeMismatch):
        parse_value(text, cim_type)


@given(st.text(max_size=30), st.sampled_from(list(CimType)))
def test_any_text_is_read_or_refused_in_our_own_words(text: str, cim_type: CimType) -> None:
    try:
        parse_value(text, cim_type)
    except MIError as error:
        assert isinstance(error, TypeMismatch)  # noqa: PT017 - most texts are refused


# Value to text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (2**64 - 1, "18446744073709551615"),
        (_Level.HIGH, "3"),
        (1.5, "1.5"),
        (1e16, "1.0e+16"),
        (1.5e-7, "1.5e-07"),
        (math.inf, "INF"),
        (-math.inf, "-INF"),
        (math.nan, "NaN"),
        ("text", "text"),
        (_MOMENT, "20150226175957.000000+000"),
        (timedelta(1), "00000001000000.000000:000"),
        (_DAY, "20160107******.******+***"),
    ],
)
def test_each_value_has_its_cim_text(value: Any, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize("cim_type", _INTEGERS)
@given(data=st.data())
def test_an_integer_goes_to_text_and_back(cim_type: CimType, data: st.DataObject) -> None:
    value = data.draw(st.integers(*INTEGER_RANGES[cim_type]))
    assert parse_value(format_value(value), cim_type) == value


@given(st.floats(allow_nan=False))
def test_a_real64_goes_to_text_and_back(value: float) -> None:
    assert parse_value(format_value(value), CimType.REAL64) == value


@given(st.floats(width=32, allow_nan=False))
def test_a_real32_goes_to_text_and_back(value: float) -> None:
    assert parse_value(format_value(value), CimType.REAL32) == value


# The type of a value


@pytest.mark.parametrize(
    ("value", "cim_type"),
    [
        (True, CimType.BOOLEAN),
        (0, CimType.SINT32),
        (-(2**31), CimType.SINT32),
        (2**31, CimType.SINT64),
        (-(2**63), CimType.SINT64),
        (2**63, CimType.UINT64),
        (2**64 - 1, CimType.UINT64),
        (1.5, CimType.REAL64),
        ("text", CimType.STRING),
        (_MOMENT, CimType.DATETIME),
        (timedelta(1), CimType.DATETIME),
        (_DAY, CimType.DATETIME),
        (b"\x01", CimType.UINT8_ARRAY),
        ([True], CimType.BOOLEAN_ARRAY),
        (["a", "b"], CimType.STRING_ARRAY),
        ((1.5,), CimType.REAL64_ARRAY),
        ([None, "a"], CimType.STRING_ARRAY),
        ([1, 2**40], CimType.SINT64_ARRAY),
        ([1, None, 2**64 - 1], CimType.UINT64_ARRAY),
    ],
)
def test_the_type_of_a_value_is_inferred(value: Any, cim_type: CimType) -> None:
    assert infer_type(value) is cim_type


@pytest.mark.parametrize(
    "value",
    [None, [], [None], object(), 2**64, -(2**63) - 1, [-1, 2**63], [[1]], [b"a"], {"a": 1}],
)
def test_what_tells_no_type_has_none(value: Any) -> None:
    assert infer_type(value) is None


def test_the_datetime_vocabulary_is_here_too() -> None:
    assert parse_datetime(str(_DAY)) == _DAY
