"""Values of PowerShell as JSON."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mi.cli.output.far_values import far_json_form
from mi.powershell import EnumValue, PowerShellObject, SecureString


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (2.5, 2.5),
        (float("inf"), "INF"),
        ("text", "text"),
        (b"\x00\xff", "AP8="),
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01T00:00:00+00:00"),
        (timedelta(hours=1), "PT1H0M0S"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([1, [2]], [1, [2]]),
        ({1: "one"}, {"1": "one"}),
        (EnumValue(4, "Running"), "Running"),
        (PowerShellObject({"Name": "Spooler", "Sub": PowerShellObject(text="t")}),
         {"Name": "Spooler", "Sub": "t"}),
    ],
)  # fmt: skip
def test_each_type_has_one_form(value: Any, form: Any) -> None:
    assert json.loads(json.dumps(far_json_form(value))) == form


def test_a_secure_string_is_not_shown() -> None:
    assert "sesame" not in json.dumps(far_json_form(SecureString("sesame")))
