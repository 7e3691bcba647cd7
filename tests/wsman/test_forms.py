"""How a value is written for each kind of server."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from mi.cim_datetime import CimDateTime
from mi.errors import InvalidParameter
from mi.options import ServerKind
from mi.results import CimType
from protocols.wsman.forms import ANSWERED, FORMS, Datetimes, Forms

MOMENT = datetime(2026, 3, 2, 12, 0, 0, 500000, tzinfo=timezone(timedelta(hours=1)))
SPAN = timedelta(days=1, hours=2)
VAGUE = CimDateTime("20260302******.******+***")


def test_every_kind_of_server_has_its_forms() -> None:
    assert set(FORMS) == set(ServerKind)


@pytest.mark.parametrize(
    ("form", "value", "markup"),
    [
        (Datetimes.WRAPPED, MOMENT, "<cim:Datetime>2026-03-02T11:00:00.5Z</cim:Datetime>"),
        (Datetimes.WRAPPED, SPAN, "<cim:Interval>P1DT2H0M0S</cim:Interval>"),
        (Datetimes.WRAPPED, VAGUE, f"<cim:CIM_DateTime>{VAGUE}</cim:CIM_DateTime>"),
        (Datetimes.BARE, MOMENT, "2026-03-02T12:00:00.5+01:00"),
        (Datetimes.BARE, SPAN, "P1DT2H0M0S"),
        (Datetimes.BARE, VAGUE, str(VAGUE)),
        (Datetimes.DMTF, MOMENT, "20260302120000.500000+060"),
        (Datetimes.DMTF, SPAN, "00000001020000.000000:000"),
        (Datetimes.DMTF, VAGUE, str(VAGUE)),
    ],
)
def test_a_datetime_is_wrapped_or_bare_or_dmtfs_text(
    form: Datetimes, value: Any, markup: str
) -> None:
    assert Forms(form).content(CimType.DATETIME, value) == markup


def test_the_first_and_the_last_moment_keep_their_zone_for_utc_has_no_year_for_them() -> None:
    first = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))
    written = Forms().content(CimType.DATETIME, first)
    assert written == "<cim:Datetime>0001-01-01T00:00:00+01:00</cim:Datetime>"


def test_the_wrapper_of_a_fragment_is_of_no_namespace() -> None:
    markup = Forms().content(CimType.DATETIME, MOMENT.astimezone(UTC), "")
    assert markup == "<Datetime>2026-03-02T11:00:00.5Z</Datetime>"


@pytest.mark.parametrize(
    ("kind", "text"), [(ServerKind.OMI, "65"), (ServerKind.WINRM3, "A"), (ServerKind.AMT, "A")]
)
def test_omi_alone_takes_a_character_by_its_number(kind: ServerKind, text: str) -> None:
    assert FORMS[kind].content(CimType.CHAR16, "A") == text


@pytest.mark.parametrize("kind", ServerKind)
@pytest.mark.parametrize(
    ("cim_type", "value", "text"),
    [
        (CimType.BOOLEAN, True, "true"),
        (CimType.UINT64, 2**64 - 1, "18446744073709551615"),
        (CimType.REAL64, float("-inf"), "-INF"),
        (CimType.STRING, "a<b&c", "a&lt;b&amp;c"),
        (CimType.STRING, "", ""),
    ],
)
def test_text_numbers_and_booleans_are_alike_for_all(
    kind: ServerKind, cim_type: CimType, value: Any, text: str
) -> None:
    assert FORMS[kind].content(cim_type, value) == text


def test_what_xml_cannot_carry_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"U\+0000"):
        Forms().content(CimType.STRING, "\0")


@pytest.mark.parametrize(
    ("kind", "moment", "span"),
    [
        (ServerKind.WINRM3, "2026-03-02T12:00:00.5+01:00", "P1DT2H0M0S"),
        (ServerKind.OMI, "2026-03-02T12:00:00.5+01:00", "P1DT2H0M0S"),
        (ServerKind.WINRM2, "20260302120000.500000+060", "00000001020000.000000:000"),
        (ServerKind.OPENWSMAN, "20260302120000.500000+060", "00000001020000.000000:000"),
    ],
)
def test_a_datetime_that_is_a_key_is_iso_text_or_dmtfs(
    kind: ServerKind, moment: str, span: str
) -> None:
    assert FORMS[kind].key(MOMENT) == moment
    assert FORMS[kind].key(SPAN) == span


def test_any_other_key_is_its_canonical_text() -> None:
    assert [FORMS[ServerKind.OMI].key(value) for value in (True, 5, "a&b")] == ["true", "5", "a&b"]


def test_todays_windows_alone_is_told_the_types_of_what_is_text() -> None:
    stated = FORMS[ServerKind.WINRM3]
    assert stated.type_markup(CimType.UINT64) == ' xsi:type="cim:cimUnsignedLong"'
    assert stated.type_markup(CimType.DATETIME) == ""
    assert stated.type_markup(CimType.INSTANCE) == ""
    others = [FORMS[kind] for kind in ServerKind if kind is not ServerKind.WINRM3]
    assert {forms.type_markup(CimType.STRING) for forms in [*others, ANSWERED]} == {""}


def test_amt_is_sent_no_nulls_and_windows_answers_no_null_arrays() -> None:
    assert [kind for kind in ServerKind if not FORMS[kind].nulls] == [ServerKind.AMT]
    assert [kind for kind in ServerKind if not FORMS[kind].null_arrays] == [ServerKind.AMT]
    assert (ANSWERED.nulls, ANSWERED.null_arrays) == (True, False)
