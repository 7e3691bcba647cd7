"""CIM datetimes: exact both ways, and kept as they are where Python has nothing exact."""

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.cim_datetime import INFINITE_FUTURE, INFINITE_PAST, NOW, CimDateTime, parse_datetime
from mi.errors import InvalidParameter, MIError, TypeMismatch


def _zone(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes))


offsets = st.integers(-999, 999).map(_zone)
moments = st.datetimes(timezones=offsets)
intervals = st.timedeltas(timedelta(), timedelta(99_999_999, 86399, 999_999))


@given(moments)
def test_a_moment_goes_to_cim_and_back_with_its_offset(moment: datetime) -> None:
    text = str(CimDateTime.of(moment))
    if text != str(INFINITE_FUTURE):
        again = parse_datetime(text)
        assert again == moment
        assert isinstance(again, datetime)
        assert again.utcoffset() == moment.utcoffset()


@given(intervals)
def test_an_interval_goes_to_cim_and_back(interval: timedelta) -> None:
    assert parse_datetime(str(CimDateTime.of(interval))) == interval


_digits = st.text("0123456789", min_size=0, max_size=6)
cim_texts = st.one_of(
    st.tuples(
        st.from_regex(r"([0-9]{4}|\*{4})(([0-9]{2}|\*\*)){5}", fullmatch=True),
        _digits,
        st.sampled_from("+-"),
        st.from_regex(r"[0-9]{3}|\*{3}", fullmatch=True),
    ).map(lambda parts: f"{parts[0]}.{parts[1]:*<6}{parts[2]}{parts[3]}"),
    st.tuples(st.from_regex(r"([0-9]{8}|\*{8})(([0-9]{2}|\*\*)){3}", fullmatch=True), _digits).map(
        lambda parts: f"{parts[0]}.{parts[1]:*<6}:000"
    ),
)


@given(cim_texts)
def test_no_cim_datetime_is_changed_by_reading_and_writing_it(text: str) -> None:
    value = parse_datetime(text)
    if isinstance(value, CimDateTime):
        assert str(value) == text
    else:
        assert str(CimDateTime.of(value)) == text.replace("-000", "+000")


@given(st.text("0123456789*.:+-", min_size=24, max_size=26))
def test_any_other_text_is_refused_in_our_own_words(text: str) -> None:
    try:
        value = parse_datetime(text)
    except MIError as error:
        assert isinstance(error, InvalidParameter)  # noqa: PT017 - most texts are refused
    else:
        assert isinstance(value, (datetime, timedelta, CimDateTime))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20150226175957.000000+000", datetime(2015, 2, 26, 17, 59, 57, tzinfo=UTC)),
        ("20160107171416.123456-480", datetime(2016, 1, 7, 17, 14, 16, 123456, _zone(-480))),
        ("20160107171416.000001+999", datetime(2016, 1, 7, 17, 14, 16, 1, _zone(999))),
        ("00010101000000.000000-999", datetime(1, 1, 1, tzinfo=_zone(-999))),
        ("99991231235959.999999+000", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
        ("20160229000000.000000-000", datetime(2016, 2, 29, tzinfo=UTC)),
        ("00000000000000.000000:000", timedelta()),
        ("00000001020304.000005:000", timedelta(1, 7384, 5)),
        ("99999999235959.999999:000", timedelta(99_999_999, 86399, 999_999)),
    ],
)
def test_what_python_holds_exactly_becomes_datetime_or_timedelta(
    text: str, value: datetime | timedelta
) -> None:
    assert parse_datetime(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "20160107******.******+***",  # a day
        "********193000.000000+060",  # every day at half past seven: Win32_ScheduledJob
        "201601071714**.******+000",
        "20160107171416.12****+000",  # hundredths of a second
        "20160107171416.000000+***",  # no zone
        "********020304.000000:000",
        "00000001020304.000***:000",
        "00000000000000.000000+000",  # the year 0
        "20160107171460.000000+000",  # a leap second
        "20150229000000.000000+000",  # a day that its month has not
        "00000001250000.000000:000",  # hours that a day has not
        "00000001006000.000000:000",
        "00000001000060.000000:000",
        str(NOW),
        str(INFINITE_PAST),
        str(INFINITE_FUTURE),  # which a datetime would take for a moment
    ],
)
def test_what_python_cannot_hold_exactly_stays_a_cim_datetime(text: str) -> None:
    value = parse_datetime(text)
    assert value == CimDateTime(text)
    assert str(value) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20160107",
        "2016-01-07T17:14:16Z",
        "20160107171416.000000+00",
        "20160107171416.000000+0000",
        "2016010717141*.000000+000",  # a field is starred as a whole
        "20160107171416.12*456+000",  # and microseconds from the right
        "20160107171416.000000+**0",
        "20160107171416.0000000+00",
        "00000001020304.000005:060",
        "00000001020304.000005:***",
        "20160107171416,000000+000",
        "\N{ARABIC-INDIC DIGIT TWO}0160107171416.000000+000",
        "20160107171416.000000+000\n",
    ],
)
def test_the_text_has_25_characters_in_one_of_two_forms(text: str) -> None:
    with pytest.raises(InvalidParameter, match="is not the text of a CIM datetime"):
        CimDateTime(text)


def test_a_naive_datetime_is_refused_with_the_way_out() -> None:
    with pytest.raises(TypeMismatch, match=r"says no time zone.*tzinfo"):
        CimDateTime.of(datetime(2016, 1, 7))  # noqa: DTZ001 - the point of it


@pytest.mark.parametrize(
    "zone",
    [
        timezone(timedelta(minutes=1000)),
        timezone(-timedelta(hours=23)),
        timezone(timedelta(minutes=53, seconds=28)),
        ZoneInfo("Europe/Berlin"),  # which before 1893 was 53 minutes and 28 seconds ahead
    ],
)
def test_an_offset_that_cim_cannot_write_becomes_utc_and_the_moment_stays(
    zone: timezone | ZoneInfo,
) -> None:
    moment = datetime(1890, 6, 1, 12, 30, 15, 7, zone)
    text = str(CimDateTime.of(moment))
    assert text.endswith("+000")
    assert parse_datetime(text) == moment


def test_a_moment_that_has_no_utc_form_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="no UTC form"):
        CimDateTime.of(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=20))))


@pytest.mark.parametrize(
    "interval", [timedelta(microseconds=-1), timedelta(days=-1), timedelta(days=100_000_000)]
)
def test_an_interval_is_not_negative_and_has_eight_digits_of_days(interval: timedelta) -> None:
    with pytest.raises(TypeMismatch, match="0 to 99,999,999 days"):
        CimDateTime.of(interval)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20160107******.******+060", datetime(2016, 1, 7, tzinfo=_zone(60))),
        ("2016**********.******+000", datetime(2016, 1, 1, tzinfo=UTC)),
        ("20160107171416.12****-030", datetime(2016, 1, 7, 17, 14, 16, 120000, _zone(-30))),
        ("20160107171416.000007+000", datetime(2016, 1, 7, 17, 14, 16, 7, UTC)),
        (str(INFINITE_FUTURE), datetime(9999, 12, 31, 11, 59, 59, 999999, _zone(-720))),
    ],
)
def test_on_request_a_field_left_open_is_its_smallest_value(text: str, moment: datetime) -> None:
    value = CimDateTime(text).to_datetime()
    assert value == moment
    assert value.utcoffset() == moment.utcoffset()


def test_on_request_a_zone_left_open_is_the_one_that_the_caller_says() -> None:
    day = CimDateTime("20160107******.******+***")
    with pytest.raises(TypeMismatch, match=r"leaves the zone open\. Say tz=\."):
        day.to_datetime()
    berlin = ZoneInfo("Europe/Berlin")
    assert day.to_datetime(berlin) == datetime(2016, 1, 7, tzinfo=berlin)


def test_a_zone_that_is_said_wins_over_the_callers() -> None:
    moment = CimDateTime("20160107******.******+060").to_datetime(UTC)
    assert moment == datetime(2016, 1, 7, tzinfo=_zone(60))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("****0107171416.000000+000", "leaves the year open"),
        ("00000001020304.000005:000", r"is an interval\. Use to_timedelta\(\)"),
        (str(NOW), "no datetime is 0000"),
        ("20160107171460.000000+000", "no datetime is 2016"),
    ],
)
def test_what_is_no_moment_is_refused_on_request(text: str, reason: str) -> None:
    with pytest.raises(TypeMismatch, match=reason):
        CimDateTime(text).to_datetime(UTC)


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("00000001250000.000000:000", timedelta(days=2, hours=1)),
        ("********020304.5*****:000", timedelta(seconds=7384, microseconds=500_000)),
        ("00000001**0304.000000:000", timedelta(days=1, seconds=184)),
    ],
)
def test_on_request_an_interval_is_the_shortest_that_it_can_be(
    text: str, interval: timedelta
) -> None:
    assert CimDateTime(text).to_timedelta() == interval


def test_a_moment_is_no_interval() -> None:
    with pytest.raises(TypeMismatch, match=r"is a moment\. Use to_datetime\(\)"):
        NOW.to_timedelta()


def test_a_cim_datetime_is_a_value() -> None:
    day = CimDateTime("20160107******.******+***")
    assert (day.is_interval, day.has_wildcards) == (False, True)
    assert CimDateTime("00000001020304.000005:000").is_interval
    assert not NOW.has_wildcards
    assert {day: 1}[copy.deepcopy(day)] == 1
    assert pickle.loads(pickle.dumps(day)) == day
    assert repr(day) == "CimDateTime(text='20160107******.******+***')"
