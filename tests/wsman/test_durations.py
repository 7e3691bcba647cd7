from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.cim_datetime import CimDateTime
from mi.errors import ProtocolError
from protocols.wsman.durations import (
    format_datetime,
    format_duration,
    format_interval,
    parse_datetime,
    parse_duration,
)

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=ZONES)
INTERVALS = st.timedeltas(timedelta(), timedelta(days=99_999_999))


@pytest.mark.parametrize(
    ("seconds", "text"), [(60, "PT60.000S"), (0.5, "PT0.500S"), (7200.0, "PT7200.000S")]
)
def test_a_time_out_is_written_as_windows_writes_it(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P5Y", timedelta(days=1826)),
        ("P1Y1M22D", timedelta(days=417)),
        ("PT66S", timedelta(minutes=1, seconds=6)),
        ("PT5.5S", timedelta(seconds=5, microseconds=500000)),
        ("P0DT0H0M0S", timedelta()),
        ("P", timedelta()),
        ("PT0.000S", timedelta()),
        ("PT2147483.647S", timedelta(seconds=2147483, microseconds=647000)),
        ("P1Y1M22DT10H11M12S", timedelta(days=417, hours=10, minutes=11, seconds=12)),
        ("PT1.1234567S", timedelta(seconds=1, microseconds=123456)),
        (" P1DT2H3M4S\n", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P2M", timedelta(days=61)),
    ],
)
def test_a_duration_is_read_as_omi_reads_it(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    "text", ["", "60", "PT-1S", "-PT1S", "P1H", "PT1.5M", "P1D2H", "3600000", "PT12345678901S", "x"]
)
def test_what_is_no_duration_or_a_negative_one_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="not a duration"):
        parse_duration(text)


def test_a_duration_longer_than_python_can_hold_is_refused() -> None:
    with pytest.raises(ProtocolError, match="too long"):
        parse_duration("P9999999999D")


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=100), "P0DT0H1M40S"),
        (timedelta(), "P0DT0H0M0S"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=500), "P1DT2H3M4.5S"),
    ],
)
def test_an_interval_is_written_without_years_months_and_idle_zeros(
    span: timedelta, text: str
) -> None:
    assert format_interval(span) == text


@given(INTERVALS)
def test_an_interval_is_read_back_as_it_was_written(span: timedelta) -> None:
    assert parse_duration(format_interval(span)) == span
    assert parse_datetime(format_interval(span)) == span


@given(st.floats(0.001, 4e6).map(lambda seconds: round(seconds, 3)))
def test_a_time_out_is_read_back_to_the_millisecond(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2013, 4, 15, 20, 26, 12, 701000, UTC), "2013-04-15T20:26:12.701Z"),
        (datetime(2013, 4, 15, 20, 26, 12, tzinfo=UTC), "2013-04-15T20:26:12Z"),
        (datetime(2013, 4, 15, 20, 26, 10, tzinfo=UTC), "2013-04-15T20:26:10Z"),
        (
            datetime(2024, 3, 3, 2, 2, 14, 1994, timezone(timedelta(hours=1))),
            "2024-03-03T02:02:14.001994+01:00",
        ),
    ],
)
def test_a_moment_is_written_as_windows_writes_it(moment: datetime, text: str) -> None:
    assert format_datetime(moment) == text
    assert parse_datetime(text) == moment


@given(MOMENTS)
def test_a_moment_is_read_back_as_it_was_written(moment: datetime) -> None:
    again = parse_datetime(format_datetime(moment))
    assert again == moment
    assert again.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize("digits", range(10))
def test_a_moment_may_have_up_to_nine_digits_of_a_second(digits: int) -> None:
    fraction = f".{'123456789'[:digits]}" if digits else ""
    microsecond = int("123456789"[:digits][:6].ljust(6, "0"))
    expected = datetime(2024, 3, 3, 2, 2, 14, microsecond, UTC)
    assert parse_datetime(f"2024-03-03T02:02:14{fraction}Z") == expected


@pytest.mark.parametrize(
    ("text", "cim_text"),
    [
        ("2024-03-03T02:02:14", "20240303020214.000000+***"),
        ("2024-03-03T02:02:14.5", "20240303020214.500000+***"),
        ("2024-03-03", "20240303******.******+***"),
        ("2024-03-03Z", "20240303******.******+000"),
        ("2024-03-03-05:00", "20240303******.******-300"),
        ("02:02:14", "********020214.000000+***"),
        ("02:02:14.25+01:30", "********020214.250000+090"),
        ("0000-01-01T00:00:00Z", "00000101000000.000000+000"),
        ("2024030302**14.000000+060", "2024030302**14.000000+060"),
    ],
)
def test_what_a_moment_does_not_say_becomes_wildcards(text: str, cim_text: str) -> None:
    assert parse_datetime(text) == CimDateTime(cim_text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20240303020214.001994+060", "2024-03-03T02:02:14.001994+01:00"),
        (" 20240303020214.001994+060\n", "2024-03-03T02:02:14.001994+01:00"),
        ("00000001020304.500000:000", "P1DT2H3M4.5S"),
    ],
)
def test_the_text_of_dsp0004_is_read_too(text: str, value: str) -> None:
    assert parse_datetime(text) == parse_datetime(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "T02:02:14",
        "2024",
        "2024-03-03T",
        "2024-03-0302:02:14",
        "2024-13-03",
        "2024-03-32",
        "24:00:00",
        "02:60:00",
        "2024-03-03T02:02:14+99:99:00",
        "99999999999999.999999x999",
        "yesterday",
    ],
)
def test_what_is_neither_date_nor_time_nor_interval_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="not a date, a time or an interval"):
        parse_datetime(text)


@given(st.text(st.sampled_from("0123456789-:.+TZPDHMSYW* ")))
def test_arbitrary_text_is_a_value_or_a_protocol_error(text: str) -> None:
    try:
        value = parse_datetime(text)
    except ProtocolError:
        return
    assert isinstance(value, (datetime, timedelta, CimDateTime))
    assert not isinstance(value, datetime) or value.tzinfo is not None
