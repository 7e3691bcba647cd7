"""Every CIM value has one JSON form, and a text made of it."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import mi
from mi.cli.output.values import json_form, text_form

_INSTANT = datetime(2026, 3, 4, 5, 6, 7, 250000, tzinfo=timezone(timedelta(hours=2)))

_CASES: list[tuple[Any, Any, str]] = [
    (None, None, ""),
    (True, True, "true"),
    (False, False, "false"),
    (18446744073709551615, 18446744073709551615, "18446744073709551615"),
    (-1, -1, "-1"),
    (2.5, 2.5, "2.5"),
    (math.inf, "INF", "INF"),
    (-math.inf, "-INF", "-INF"),
    (math.nan, "NaN", "NaN"),
    ("", "", ""),
    ("Gr\u00fc\u00dfe", "Gr\u00fc\u00dfe", "Gr\u00fc\u00dfe"),
    (_INSTANT, "2026-03-04T05:06:07.250000+02:00", "2026-03-04T05:06:07.250000+02:00"),
    (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"),
    (timedelta(0), "PT0H0M0S", "PT0H0M0S"),
    (timedelta(3, 3723, 500000), "P3DT1H2M3.5S", "P3DT1H2M3.5S"),
    (timedelta(days=2), "P2DT0H0M0S", "P2DT0H0M0S"),
    (mi.CimDateTime("20260101******.******+000"), "20260101******.******+000",
     "20260101******.******+000"),
    ([], [], "[]"),
    ([1, None, 3], [1, None, 3], "[1, null, 3]"),
    ([timedelta(0)], ["PT0H0M0S"], '["PT0H0M0S"]'),
]  # fmt: skip


@pytest.mark.parametrize(("value", "form", "text"), _CASES, ids=[repr(case[0]) for case in _CASES])
def test_a_value_has_its_json_form_and_its_text(value: Any, form: Any, text: str) -> None:
    assert json_form(value) == form
    assert text_form(value) == text
    json.dumps(json_form(value), allow_nan=False)


def test_an_embedded_instance_is_an_object_that_begins_with_its_class() -> None:
    inner = mi.Instance("Inner", {"When": _INSTANT})
    outer = mi.Instance("Outer", {"Part": inner, "Parts": [inner]})
    part = {"__CLASS": "Inner", "When": "2026-03-04T05:06:07.250000+02:00"}
    assert json_form(inner, mi.CimType.INSTANCE) == part
    assert list(json_form(outer, mi.CimType.INSTANCE)) == ["__CLASS", "Part", "Parts"]
    assert json_form(outer["Parts"], mi.CimType.INSTANCE_ARRAY) == [part]


def test_a_reference_is_the_path_that_get_takes() -> None:
    key = mi.Instance("Win32_Service", {"Name": "Spooler"})
    assert json_form(key, mi.CimType.REFERENCE) == 'Win32_Service.Name="Spooler"'
    assert json_form([key], mi.CimType.REFERENCE_ARRAY) == ['Win32_Service.Name="Spooler"']
    assert text_form(key, mi.CimType.REFERENCE) == 'Win32_Service.Name="Spooler"'


def test_a_reference_that_names_nothing_is_shown_as_what_came() -> None:
    received = mi.Instance.received("Win32_Service", {"State": "Running"}, None, None,
                                    is_typed=False)  # fmt: skip
    assert json_form(received, mi.CimType.REFERENCE) == {
        "__CLASS": "Win32_Service", "State": "Running",
    }  # fmt: skip
