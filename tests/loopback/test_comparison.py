"""WQL compares by the type of the property; text and LIKE know no case; null is only null."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.cim_datetime import CimDateTime
from mi.errors import InvalidQuery
from mi.instance import Instance
from mi.results import CimType
from protocols.loopback.comparison import comparable, comparer, liker

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPOOLER = Instance("Win32_Service", {"Name": "Spooler"}, namespace="root/cimv2")


def holds(value: Any, sign: str, constant: Any, cim_type: CimType) -> bool:
    return comparer(sign, cim_type, constant, "root/cimv2")(value)


@pytest.mark.parametrize(
    ("value", "sign", "constant", "cim_type"),
    [
        ("Running", "=", "RUNNING", CimType.STRING),
        ("b", ">", "A", CimType.STRING),
        ("a", "<=", "A", CimType.STRING),
        ("x", "=", "X", CimType.CHAR16),
        (4, "=", 4, CimType.UINT32),
        (4, "=", "4", CimType.UINT32),
        (4, "<", 4.5, CimType.UINT32),
        (4, ">=", "3.5", CimType.UINT32),
        (1, "=", True, CimType.UINT8),
        (5, "<", 2**70, CimType.UINT64),
        (2**63, ">", 2**63 - 1, CimType.UINT64),
        (0.5, "=", "0.5", CimType.REAL32),
        (True, "=", True, CimType.BOOLEAN),
        (True, "=", "True", CimType.BOOLEAN),
        (False, "<>", 1, CimType.BOOLEAN),
        (NOON, "=", "20260302120000.000000+000", CimType.DATETIME),
        (NOON, "=", "20260302130000.000000+060", CimType.DATETIME),
        (NOON, ">", "20260302", CimType.DATETIME),
        (NOON, ">", "2026-03-02", CimType.DATETIME),
        (NOON, "=", "2026-03-02 12:00:00", CimType.DATETIME),
        (NOON, "<", "3/3/2026", CimType.DATETIME),
        (NOON, "=", "03/02/2026 12:00:00", CimType.DATETIME),
        (timedelta(hours=1), ">", "00000000003000.000000:000", CimType.DATETIME),
        (SPOOLER, "=", 'Win32_Service.Name="spooler"', CimType.REFERENCE),
        (SPOOLER, "=", r'\\HOST\ROOT\cimv2:win32_service.name="SPOOLER"', CimType.REFERENCE),
        (SPOOLER, "<>", r'\\.\root\other:Win32_Service.Name="Spooler"', CimType.REFERENCE),
    ],
)
def test_what_is_so_is_found_and_its_opposite_is_not(
    value: Any, sign: str, constant: Any, cim_type: CimType
) -> None:
    opposite = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}[sign]
    assert holds(value, sign, constant, cim_type)
    assert not holds(value, opposite, constant, cim_type)


@pytest.mark.parametrize("cim_type", [CimType.STRING, CimType.INSTANCE, CimType.UINT8_ARRAY])
def test_null_is_equal_to_null_alone(cim_type: CimType) -> None:
    assert holds(None, "=", None, cim_type)
    assert not holds("x", "=", None, cim_type)
    assert holds("x", "<>", None, cim_type)
    assert not holds(None, "<>", None, cim_type)


def test_null_is_unequal_to_every_constant_and_neither_less_nor_greater() -> None:
    assert holds(None, "<>", "x", CimType.STRING)
    assert not any(holds(None, sign, "x", CimType.STRING) for sign in ("=", "<", ">", "<=", ">="))


@pytest.mark.parametrize("value", [CimDateTime("20260302******.******+***"), timedelta(1)])
def test_what_has_no_order_among_datetimes_is_unequal_and_not_ordered(value: Any) -> None:
    assert holds(value, "<>", "20260302", CimType.DATETIME)
    assert not holds(value, "<", "20270302", CimType.DATETIME)


@pytest.mark.parametrize(
    ("sign", "constant", "cim_type", "message"),
    [
        ("<", None, CimType.STRING, "NULL"),
        ("=", 1, CimType.UINT8_ARRAY, "arrays"),
        ("=", "x", CimType.INSTANCE, "arrays"),
        ("<", True, CimType.BOOLEAN, "not less or greater"),
        (">", "C.K=1", CimType.REFERENCE, "not less or greater"),
        ("=", "four", CimType.UINT32, "not a uint32"),
        ("=", "1_000", CimType.UINT32, "not a uint32"),
        ("=", "1.x", CimType.UINT32, "not a uint32"),
        ("=", "maybe", CimType.BOOLEAN, "not a boolean"),
        ("=", 4, CimType.STRING, "not a string"),
        ("=", "yesterday", CimType.DATETIME, "not a datetime"),
        ("=", 20260302, CimType.DATETIME, "not a datetime"),
        ("=", "no path", CimType.REFERENCE, "not a reference"),
    ],
)
def test_what_cannot_be_compared_is_an_invalid_query(
    sign: str, constant: Any, cim_type: CimType, message: str
) -> None:
    with pytest.raises(InvalidQuery, match=message):
        comparer(sign, cim_type, constant, "root/cimv2")


def test_keys_of_a_reference_compare_as_text_and_may_be_references_themselves() -> None:
    link = Instance("Link", {"Number": 7, "To": SPOOLER}, namespace="root/cimv2")
    inner = 'Win32_Service.Name=\\"spooler\\"'
    assert holds(link, "=", f'Link.number="7",To="{inner}"', CimType.REFERENCE)
    assert comparable(link, "root/x") != comparable(SPOOLER, "root/x")


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("win%", ["WinRM", "win"], ["Darwin", "wi"]),
        ("%RM", ["WinRM", "rm"], ["RMx"]),
        ("%n%m%", ["WinRM", "nm"], ["mn"]),
        ("W_nRM", ["WinRM", "wXnrm"], ["WnRM", "WiinRM"]),
        ("[a-c]x", ["ax", "Cx"], ["dx", "-x"]),
        ("[a=c]x", ["ax", "bx"], ["dx", "=x"]),
        ("[xyz]", ["x", "Z"], ["a", "xy"]),
        ("[^a-c]x", ["dx"], ["ax", "x"]),
        ("[%]%[_]", ["%_", "%a_"], ["a_", "%a"]),
        ("[c-a]", [], ["a", "b", "c", "-"]),
        ("[^c-a]", ["a", "z"], ["", "ab"]),
        ("a[b", ["a[b"], ["ab"]),
        ("", [""], ["a"]),
        ("%", ["", "a\nb"], []),
        ("%%a%%", ["a", "bab"], ["b"]),
        ("a%b%c", ["abc", "a--b--c"], ["ac", "abcd"]),
        ("a.c", ["a.c"], ["abc"]),
        ("[a\\-c]", ["\\", "a"], ["x"]),
    ],
)
def test_like_has_the_wildcards_of_wmi(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    like = liker(pattern, CimType.STRING)
    assert [text for text in matching + others if like(text)] == matching


def test_null_is_like_nothing() -> None:
    assert not liker("%", CimType.STRING)(None)


def test_like_compares_strings_with_text() -> None:
    with pytest.raises(InvalidQuery, match="LIKE"):
        liker("1%", CimType.UINT32)
    with pytest.raises(InvalidQuery, match="LIKE"):
        liker(1, CimType.STRING)


def test_a_pattern_of_many_wildcards_takes_no_time() -> None:
    began = time.monotonic()
    assert not liker("%a" * 30 + "b", CimType.STRING)("a" * 3000)
    assert time.monotonic() - began < 5


@given(st.text("ab%_[]^-", max_size=12), st.text("ab-^[]", max_size=12))
def test_like_agrees_with_a_plain_expression(pattern: str, text: str) -> None:
    """Without sets a pattern is a regular expression that backtracks."""
    bare = pattern.replace("[", "").replace("]", "")
    plain = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in bare)
    assert liker(bare, CimType.STRING)(text) == bool(re.fullmatch(plain, text))


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_pattern_compiles(pattern: str, text: str) -> None:
    assert liker(pattern, CimType.STRING)(text) in (True, False)
