"""Python values as literals of PowerShell."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.credentials import Credentials
from mi.errors import InvalidParameter, TypeMismatch
from mi.powershell.literals import Literals, quoted
from mi.powershell.objects import EnumValue, PowerShellObject, SecureString
from protocols.loopback.powershell.literal_reader import LiteralReader


def _literals() -> Literals:
    return Literals(lambda number: f"&$__s {number}")


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("plain", "'plain'"),
        ("", "''"),
        ("it's", "'it''s'"),
        ("\u2018\u2019\u201a\u201b", "'\u2018\u2018\u2019\u2019\u201a\u201a\u201b\u201b'"),
        ('$env:PATH `n "x" $(Remove-Item C:)', "'$env:PATH `n \"x\" $(Remove-Item C:)'"),
        ("a\r\nb", "'a\r\nb'"),
    ],
)
def test_in_a_literal_nothing_is_special(text: str, literal: str) -> None:
    assert quoted(text) == literal


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_a_text_that_cannot_be_sent_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="cannot be given"):
        quoted(text)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "$null"),
        (True, "$true"),
        (False, "$false"),
        (-5, "(-5)"),
        (1 << 40, "([long]'1099511627776')"),
        ((1 << 64) - 1, "([uint64]'18446744073709551615')"),
        (-(1 << 70), "([bigint]::Parse('-1180591620717411303424'))"),
        (1.5, "([double]'1.5')"),
        (math.inf, "([double]::PositiveInfinity)"),
        (-math.inf, "([double]::NegativeInfinity)"),
        (Decimal("1E+3"), "([decimal]'1000')"),
        (b"\0\1", "([Convert]::FromBase64String('AAE='))"),
        (timedelta(seconds=1, microseconds=1), "([timespan]::FromTicks(10000010))"),
        (UUID(int=1), "([guid]'00000000-0000-0000-0000-000000000001')"),
        ([], "@()"),
        ([[1]], "@(,@(,(1)))"),
        ((1, "a"), "@((1),'a')"),
        ({"a": 1, 2: None}, "@{('a')=(1);((2))=$null}"),
        (PowerShellObject({"a": 1}), "([pscustomobject]@{('a')=(1)})"),
        (EnumValue(3, "Three"), "(3)"),
    ],
)
def test_each_type_has_its_literal(value: Any, literal: str) -> None:
    assert _literals().of(value) == literal


def test_a_number_that_is_none_has_a_literal() -> None:
    assert _literals().of(math.nan) == "([double]::NaN)"


def test_a_time_says_its_zone_or_has_none() -> None:
    aware = _literals().of(datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert aware.startswith("([datetimeoffset]::Parse('2026-11-24T12:00:00+00:00',")
    naive = _literals().of(datetime(2026, 11, 24, 12))  # noqa: DTZ001 - it has none
    assert naive.startswith("([datetime]::Parse('2026-11-24T12:00:00',")


def test_a_secret_is_named_by_its_number_and_sent_apart() -> None:
    literals = _literals()
    written = literals.of([SecureString("one"), Credentials.password("CONTOSO\\o'ps", "two")])
    assert written == (
        "@((&$__s 0),(New-Object Management.Automation.PSCredential('CONTOSO\\o''ps',(&$__s 1))))"
    )
    assert literals.secrets == ["one", "two"]


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("1." + "1" * 40)])
def test_a_decimal_that_net_cannot_hold_is_refused(value: Decimal) -> None:
    with pytest.raises(InvalidParameter, match=r"none of \.NET's decimals"):
        _literals().of(value)


def test_a_value_without_a_type_there_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="no value for object"):
        _literals().of(object())


def test_a_value_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidParameter, match="holds itself"):
        _literals().of(endless)


_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 80), 1 << 80)
    | st.floats(allow_nan=False)
    | _TEXTS
    | st.binary()
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.timedeltas()
    | st.uuids()
    | st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9
    )
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=10,
)


@given(_VALUES)
def test_a_literal_is_read_as_the_value_it_was_written_for(value: Any) -> None:
    reader = LiteralReader(_literals().of(value) + "after")
    assert reader.value() == value
    assert reader.takes("after")


def test_secrets_and_objects_are_read_too() -> None:
    literals = _literals()
    text = literals.of(
        [SecureString("s"), Credentials.password("ops", "p"), PowerShellObject({"a": 1})]
    )
    secret, credentials, plain = LiteralReader(text, tuple(literals.secrets)).value()
    assert secret.reveal() == "s"
    assert (str(credentials.user), credentials.reveal()) == ("ops", "p")
    assert isinstance(plain, Mapping)
    assert dict(plain) == {"a": 1}
