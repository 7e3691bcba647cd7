"""Literals are read as the client writes them, and nothing else is."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from mi.credentials import Credentials
from mi.powershell.literals import Literals
from mi.powershell.objects import PowerShellObject, SecureString
from protocols.loopback.powershell.literal_reader import LiteralReader


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 5, -5, 1 << 40, (1 << 64) - 1, -(1 << 70), 1.5, math.inf, -math.inf,
        Decimal("1.50"), "it's \u2018quoted\u2019", b"\0\xff", timedelta(days=-1, microseconds=7),
        datetime(2026, 11, 24, 12, 0, 0), datetime(2026, 11, 24, 12, 0, 0, 5, tzinfo=UTC),  # noqa: DTZ001 - a local time
        UUID(int=7), [], [1], [[1]], [1, "two", None], {"a": 1, 2: [3]}, {},
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    reader = LiteralReader(Literals(lambda _: "").of(value))
    found = reader.value()
    assert (found, type(found)) == (value, type(value))
    assert reader.place == len(reader.text)


def test_what_is_no_number_comes_back() -> None:
    assert math.isnan(LiteralReader(Literals(lambda _: "").of(math.nan)).value())


def test_objects_and_secrets_come_back() -> None:
    literals = Literals(lambda number: f"&$__s {number}")
    text = literals.of([
        PowerShellObject({"a": 1}), SecureString("hidden"), Credentials.password("me", "pw"),
    ])  # fmt: skip
    thing, secret, credentials = LiteralReader(text, tuple(literals.secrets)).value()
    assert thing["a"] == 1
    assert secret.reveal() == "hidden"
    assert credentials.user.user == "me"


@pytest.mark.parametrize("text", ["", "nonsense", "@(1", "([timespan]::FromTicks(x))", "@{a}"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"missing|no text|ticks"):
        LiteralReader(text).value()
