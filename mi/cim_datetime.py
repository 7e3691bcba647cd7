"""CIM's datetime: a moment or an interval as 25 characters (DSP0004 5.2.4).

    yyyymmddHHMMSS.mmmmmmsUUU    a moment; UUU is its offset from UTC in minutes, with sign s
    ddddddddHHMMSS.mmmmmm:000    an interval

A field that is not significant is all asterisks, and microseconds may be starred from the right.
Python's `datetime` and `timedelta` stand for what they hold exactly; all else stays a
`CimDateTime`: wildcards, the year 0, a field out of range, and the infinite future.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from mi.errors import InvalidParameter, TypeMismatch

__all__ = ["INFINITE_FUTURE", "INFINITE_PAST", "NOW", "CimDateTime", "parse_datetime"]

_TIMESTAMP = re.compile(
    r"(?:[0-9]{4}|\*{4})(?:[0-9]{2}|\*\*){5}\.[0-9]{0,6}\*{0,6}[+-](?:[0-9]{3}|\*{3})\Z"
)
_INTERVAL = re.compile(r"(?:[0-9]{8}|\*{8})(?:[0-9]{2}|\*\*){3}\.[0-9]{0,6}\*{0,6}:000\Z")
_LENGTH = 25
_KIND = slice(21, 22)  # the sign of a moment's offset, or the colon of an interval
_OFFSET = slice(21, 25)
_MINUTE = timedelta(minutes=1)
_LONGEST_OFFSET = 999  # three digits; DSP0004 sets no other limit
_LONGEST_INTERVAL = timedelta(days=100_000_000)  # eight digits of days
_HOURS, _SIXTY = 24, 60


@dataclass(frozen=True, slots=True)
class CimDateTime:
    """A CIM datetime as its text, which need not be one that `datetime` or `timedelta` can hold.

    Raises:
        InvalidParameter: the text is not that of a CIM datetime.
        TypeMismatch: it is no string.
    """

    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TypeMismatch(f"the text of a CIM datetime is a string, not {self.text!r}")
        if len(self.text) != _LENGTH or not (
            _TIMESTAMP.match(self.text) or _INTERVAL.match(self.text)
        ):
            raise InvalidParameter(f"{self.text!r} is not the text of a CIM datetime")

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of(cls, value: datetime | timedelta) -> CimDateTime:
        """Return the CIM form of a moment or an interval.

        The moment is kept exactly. Its offset is too, if it is one of whole minutes and three
        digits; any other becomes UTC.

        Raises:
            TypeMismatch: a naive `datetime`, a negative or too long `timedelta`, or neither.
        """
        if isinstance(value, timedelta):
            return cls(_interval_text(value))
        if isinstance(value, datetime):
            return cls(_moment_text(value))
        raise TypeMismatch(f"a CIM datetime is of a datetime or a timedelta, not {value!r}")

    @property
    def is_interval(self) -> bool:
        """Whether it is a span of time rather than a moment."""
        return self.text[_KIND] == ":"

    @property
    def has_wildcards(self) -> bool:
        """Whether any part of it is left open."""
        return "*" in self.text

    def to_datetime(self, tz: tzinfo | None = None) -> datetime:
        """Return the earliest moment that it stands for: a field left open is its smallest value.

        Args:
            tz: the zone to take where the value leaves it open.

        Raises:
            TypeMismatch: it is an interval, leaves year or zone open, or is no moment that
                `datetime` can hold.
        """
        if self.is_interval:
            raise TypeMismatch(f"{self.text} is an interval", advice="Use to_timedelta().")
        if self.text.startswith("*"):
            raise TypeMismatch(f"{self.text} leaves the year open")
        zone = _zone(self.text) or tz
        if zone is None:
            raise TypeMismatch(f"{self.text} leaves the zone open", advice="Say tz=.")
        try:
            return _moment(self.text, zone)
        except ValueError as error:
            raise TypeMismatch(f"no datetime is {self.text}: {error}") from error

    def to_timedelta(self) -> timedelta:
        """Return the shortest interval that it stands for: a field left open is 0.

        Raises:
            TypeMismatch: it is a moment.
        """
        if not self.is_interval:
            raise TypeMismatch(f"{self.text} is a moment", advice="Use to_datetime().")
        days, hours, minutes, seconds, microseconds = _interval_fields(self.text)
        return timedelta(days, seconds, microseconds, 0, minutes, hours)


NOW = CimDateTime("00000101000000.000000+720")
"""The special moment `now` (DSP0004 5.2.4)."""
INFINITE_PAST = CimDateTime("00000101000000.999999+720")
"""The special moment before all others (DSP0004 5.2.4)."""
INFINITE_FUTURE = CimDateTime("99991231115959.999999-720")
"""The special moment after all others (DSP0004 5.2.4)."""


def parse_datetime(text: str) -> datetime | timedelta | CimDateTime:
    """Return what the 25 characters of a CIM datetime say.

    Raises:
        InvalidParameter: the text is not a CIM datetime.
    """
    value = CimDateTime(text)
    if value.has_wildcards or value == INFINITE_FUTURE:
        return value
    if value.is_interval:
        _, hours, minutes, seconds, _ = _interval_fields(text)
        in_range = hours < _HOURS and minutes < _SIXTY and seconds < _SIXTY
        return value.to_timedelta() if in_range else value
    try:
        return _moment(text, _zone(text))
    except ValueError:  # the year 0, a leap second, a day that its month has not
        return value


def _moment(text: str, zone: tzinfo | None) -> datetime:
    return datetime(
        int(text[:4]), _number(text[4:6], 1), _number(text[6:8], 1), _number(text[8:10]),
        _number(text[10:12]), _number(text[12:14]), _number(text[15:21]), zone,
    )  # fmt: skip


def _zone(text: str) -> timezone | None:
    offset = text[_OFFSET]
    if "*" in offset:
        return None
    minutes = int(offset)
    return timezone(timedelta(minutes=minutes)) if minutes else UTC


def _interval_fields(text: str) -> tuple[int, int, int, int, int]:
    return (
        _number(text[:8]), _number(text[8:10]), _number(text[10:12]), _number(text[12:14]),
        _number(text[15:21]),
    )  # fmt: skip


def _number(field: str, smallest: int = 0) -> int:
    """Return a field's value: the smallest if it is open, zeros for starred digits."""
    return smallest if field[0] == "*" else int(field.replace("*", "0"))


def _moment_text(value: datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        raise TypeMismatch(
            f"{value!r} says no time zone",
            advice="Give it a tzinfo, for instance .replace(tzinfo=datetime.UTC).",
        )
    minutes, rest = divmod(offset, _MINUTE)
    if rest or abs(minutes) > _LONGEST_OFFSET:
        value, minutes = _in_utc(value), 0
    sign = "-" if minutes < 0 else "+"
    return f"{value.year:04d}{value:%m%d%H%M%S.%f}{sign}{abs(minutes):03d}"


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise TypeMismatch(f"{value!r} has no UTC form between the years 1 and 9999") from error


def _interval_text(value: timedelta) -> str:
    if not timedelta() <= value < _LONGEST_INTERVAL:
        raise TypeMismatch(f"{value!r} is not an interval of 0 to 99,999,999 days")
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{value.days:08d}{hours:02d}{minutes:02d}{seconds:02d}.{value.microseconds:06d}:000"
