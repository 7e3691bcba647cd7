"""The primitive types of CLIXML (MS-PSRP 2.2.5.1), each with what Python makes of its text."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from mi.powershell.escapes import unescape

__all__ = ["PRIMITIVES", "Read", "duration"]

Read = Callable[[str], Any]
"""Reads the text of an element; a `ValueError` says that it is none of this type."""

_DURATION: Final = re.compile(
    r"(?P<sign>-?)P(?=.)(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,12}(?:\.\d{1,12})?)S)?)?\Z"
)
_TICK: Final = Decimal("0.000001")  # what a timedelta holds; .NET has a digit more


def duration(text: str) -> timedelta:
    """Return an xs:duration of days, hours, minutes and seconds, cut to microseconds."""
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration")
    seconds = Decimal(match["seconds"] or 0)
    whole, fraction = divmod(seconds, 1)
    try:
        length = timedelta(
            days=int(match["days"] or 0),
            hours=int(match["hours"] or 0),
            minutes=int(match["minutes"] or 0),
            seconds=int(whole),
            microseconds=int(fraction / _TICK),
        )
    except OverflowError as error:
        raise ValueError(f"{text!r} is no duration that Python holds") from error
    return -length if match["sign"] else length


def _integer(bits: int, *, signed: bool) -> Read:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)

    def read(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return read


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.strip().lower()]


def _decimal(text: str) -> Decimal:
    number = Decimal(text.strip())  # its own error is an ArithmeticError
    if not number.is_finite():
        raise ValueError(text)
    return number


def _bytes(text: str) -> bytes:
    return b64decode("".join(text.split()), validate=True)


PRIMITIVES: Final[Mapping[str, Read]] = {
    "S": unescape,  # 2.2.5.1.1
    "C": lambda text: chr(_integer(16, signed=False)(text)),  # 2.2.5.1.2, a UTF-16 unit
    "B": _boolean,
    "DT": datetime.fromisoformat,
    "TS": duration,
    "By": _integer(8, signed=False),
    "SB": _integer(8, signed=True),
    "U16": _integer(16, signed=False),
    "I16": _integer(16, signed=True),
    "U32": _integer(32, signed=False),
    "I32": _integer(32, signed=True),
    "U64": _integer(64, signed=False),
    "I64": _integer(64, signed=True),
    "Sg": float,
    "Db": float,
    "D": _decimal,
    "BA": _bytes,
    "G": UUID,
    "URI": unescape,
    "Version": str.strip,
    "XD": unescape,  # 2.2.5.1.22, an XML document
    "SBK": unescape,  # 2.2.5.1.23, the text of a script block
}
"""By the name of the element; what has none of these is an object, a reference or a null."""
