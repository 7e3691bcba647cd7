"""The primitive types of CLIXML (MS-PSRP 2.2.5.1)."""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from mi.powershell.primitives import PRIMITIVES, duration

_HOUR = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("S", "a_x0009_b", "a\tb"),
        ("C", "97", "a"),
        ("B", "true", True),
        ("B", "False", False),
        ("DT", "2008-04-11T10:42:32.2731993-07:00", datetime(
            2008, 4, 11, 10, 42, 32, 273199, timezone(timedelta(hours=-7)))),
        ("DT", "2020-02-29T00:00:00Z", datetime(2020, 2, 29, tzinfo=UTC)),
        ("DT", "0001-01-01T00:00:00", datetime(1, 1, 1)),  # noqa: DTZ001 - it has no zone
        ("DT", "2020-01-01T01:02:03+01:00", datetime(2020, 1, 1, 1, 2, 3, tzinfo=_HOUR)),
        ("TS", "PT9.0269026S", timedelta(seconds=9, microseconds=26902)),
        ("By", "254", 254),
        ("SB", "-127", -127),
        ("U16", "65535", 65535),
        ("I16", "-32767", -32767),
        ("U32", "4294967295", 4294967295),
        ("I32", "-2147483648", -2147483648),
        ("U64", "18446744073709551615", 18446744073709551615),
        ("I64", "-9223372036854775808", -9223372036854775808),
        ("Sg", "12.34", 12.34),
        ("Db", "-INF", -math.inf),
        ("D", "12.340", Decimal("12.340")),
        ("BA", "AQID\nBA==", b"\x01\x02\x03\x04"),
        ("BA", "", b""),
        ("G", "792e5b37-4505-47ef-b7d2-8711bb7affa8", UUID("792e5b37-4505-47ef-b7d2-8711bb7affa8")),
        ("URI", "http://www.microsoft.com/", "http://www.microsoft.com/"),
        ("Version", "6.2.1.3", "6.2.1.3"),
        ("XD", "<item/>", "<item/>"),
        ("SBK", "get-command -type cmdlet", "get-command -type cmdlet"),
    ],
)  # fmt: skip
def test_a_text_is_the_value_of_its_type(tag: str, text: str, value: Any) -> None:
    found = PRIMITIVES[tag](text)
    assert found == value
    assert type(found) is type(value)


def test_a_number_may_be_none() -> None:
    assert math.isnan(PRIMITIVES["Db"]("NaN"))


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("B", "yes"), ("C", "65536"), ("C", "a"), ("By", "256"), ("By", "-1"), ("SB", "128"),
        ("I32", "2147483648"), ("I32", ""), ("I64", "9" * 5000), ("Db", "much"), ("D", "NaN"),
        ("D", "x"), ("BA", "a"), ("BA", "@@@@"), ("G", "792e"), ("DT", "yesterday"), ("TS", "P"),
    ],
)  # fmt: skip
def test_what_is_none_of_a_type_is_refused(tag: str, text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError, KeyError)):
        PRIMITIVES[tag](text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("P1DT2H3M4.5S", timedelta(1, 4, 500000, hours=2, minutes=3)),
        ("-PT1M", timedelta(minutes=-1)),
        ("P10675199DT2H48M5.4775807S", timedelta(10675199, 5, 477580, hours=2, minutes=48)),
        ("PT0S", timedelta()),
    ],
)
def test_a_duration_is_cut_to_microseconds(text: str, value: timedelta) -> None:
    assert duration(text) == value


@pytest.mark.parametrize("text", ["", "P", "PT", "P1Y", "1D", "PT1S ", "P999999999999D"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        duration(text)


def test_a_duration_that_no_timedelta_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="no duration that Python holds"):
        duration("P999999999DT999999999H")
