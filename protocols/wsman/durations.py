"""Spans and moments of time as the wire writes them: xs:duration, xs:dateTime and CIM's own text.

Windows wraps values as `<cim:Datetime>` and `<cim:Interval>`, OMI sends the same texts bare, iDRAC
and openwsman send the 25 characters of DSP0004. All are read; Windows' forms are written.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from mi.cim_datetime import CimDateTime
from mi.cim_datetime import parse_datetime as parse_cim_datetime
from mi.errors import InvalidParameter, ProtocolError

__all__ = [
    "format_datetime",
    "format_duration",
    "format_interval",
    "parse_datetime",
    "parse_duration",
]

# Ten digits hold Windows' longest, PT2147483.647S, and never overflow a timedelta's arithmetic.
# OMI writes no time at all as a bare P, which XML Schema forbids.
_COUNT: Final = "([0-9]{1,10})"
_DURATION: Final = re.compile(
    rf"P(?:{_COUNT}Y)?(?:{_COUNT}M)?(?:{_COUNT}D)?"
    rf"(?:T(?:{_COUNT}H)?(?:{_COUNT}M)?(?:{_COUNT}(?:\.([0-9]*))?S)?)?\Z"
)
_DATE: Final = "(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01])"
_TIME: Final = (
    "(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9])"
    r"(?:\.(?P<fraction>[0-9]+))?"
)
_ZONE: Final = "(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
_MOMENT: Final = re.compile(rf"(?:{_DATE})?(?P<T>T)?(?:{_TIME})?{_ZONE}\Z")
_DAYS_OF_YEAR: Final = 365
_DAYS_OF_MONTH: Final = 30
_MICROSECOND_DIGITS: Final = 6
_CIM_LENGTH: Final = 25
_CIM_POINT: Final = 14


def format_duration(seconds: float) -> str:
    """Return an xs:duration of whole milliseconds, as Windows writes time-outs: `PT60.000S`."""
    return f"PT{seconds:.3f}S"


def format_interval(value: timedelta) -> str:
    """Return the xs:duration of a CIM interval as Windows writes it: `P0DT0H1M40S`.

    Years and months have no fixed length, so they are never written.
    """
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    return f"P{value.days}DT{hours}H{minutes}M{seconds}{fraction}S"


def format_datetime(value: datetime) -> str:
    """Return the xs:dateTime of an aware `datetime` as Windows writes it, without idle zeros."""
    text = value.isoformat()
    zone = text[-6:]
    moment = text[:-6].rstrip("0") if value.microsecond else text[:-6]
    return f"{moment}{'Z' if zone == '+00:00' else zone}"


def parse_duration(text: str) -> timedelta:
    """Return the time that an xs:duration spans, down to the microsecond.

    A year is 365 days and a leap day every fourth, a month 30 days and one more every second, as
    OMI reads them. No server means a negative one.

    Raises:
        ProtocolError: it is no duration, or a negative one, or longer than 999,999,999 days.
    """
    match = _DURATION.match(text.strip())
    if match is None:
        raise ProtocolError(f"{text!r} is not a duration")
    years, months, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[:6])
    days += years * _DAYS_OF_YEAR + years // 4 + months * _DAYS_OF_MONTH + months // 2
    try:
        return timedelta(days, seconds, _microseconds(match[7]), 0, minutes, hours)
    except OverflowError as error:
        raise ProtocolError(f"the duration {text!r} is too long") from error


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0"))


def parse_datetime(text: str) -> datetime | timedelta | CimDateTime:
    """Return what a CIM datetime says, in whichever of the wire's forms it was written.

    A moment with its zone becomes an aware `datetime`; digits beyond the microsecond are dropped.
    A date or time alone, or without a zone, becomes a `CimDateTime` with wildcards for what is
    not said: those are what the wire's xs:date and xs:time come from (DSP0230).

    Raises:
        ProtocolError: it is none of these forms.
    """
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # a time alone, an interval, CIM's form, a year that datetime has not
        return _uncommon(text)
    return moment if moment.tzinfo is not None else _uncommon(text)


def _uncommon(text: str) -> datetime | timedelta | CimDateTime:
    if text.startswith("P"):
        return parse_duration(text)
    cim_text = text
    if len(text) != _CIM_LENGTH or text[_CIM_POINT] != ".":
        cim_text = _with_wildcards(text)
    try:
        return parse_cim_datetime(cim_text)
    except InvalidParameter as error:
        raise ProtocolError(f"{text!r} is not a date, a time or an interval") from error


def _with_wildcards(text: str) -> str:
    """Return the DSP0004 text of an xs:dateTime, xs:date or xs:time."""
    match = _MOMENT.match(text)
    if match is None or not (match["year"] or match["hour"]):
        return text  # not a date: the caller says so
    if bool(match["T"]) != bool(match["year"] and match["hour"]):
        return text
    date = "{year}{month}{day}" if match["year"] else "********"
    time = "{hour}{minute}{second}.{microsecond:06d}" if match["hour"] else "******.******"
    parts = match.groupdict() | {"microsecond": _microseconds(match["fraction"])}
    return (date + time).format_map(parts) + _cim_zone(match["zone"])


def _cim_zone(zone: str | None) -> str:
    if zone is None:
        return "+***"
    if zone == "Z":
        return "+000"
    return f"{zone[0]}{int(zone[1:3]) * 60 + int(zone[4:6]):03d}"
