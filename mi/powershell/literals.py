"""Python values as literals of PowerShell, none of which can be anything but a value.

A text is quoted in single quotes, in which nothing is special but a single quote, and PowerShell
takes five characters for one (U+0027 and U+2018 to U+201B; about_Quoting_Rules). What is secret
never becomes a literal: it is named by its place among those that are sent apart.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from mi.credentials import Credentials
from mi.errors import InvalidParameter, TypeMismatch
from mi.powershell.objects import (
    DEEPEST,
    EnumValue,
    PowerShellObject,
    SecureString,
    name_and_password,
)

__all__ = ["Literals", "quoted"]

_QUOTES: Final = {ord(quote): quote * 2 for quote in "'\u2018\u2019\u201a\u201b"}
_INT_32: Final = range(-(1 << 31), 1 << 31)
_INT_64: Final = range(-(1 << 63), 1 << 63)
_MOST_DIGITS: Final = 29  # of a .NET decimal


def quoted(text: str) -> str:
    """Return `text` as a literal.

    Raises:
        InvalidParameter: it has a half of a surrogate pair, or a null character, which
            powershell.exe would not get.
    """
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidParameter(f"{text!r} has a character that PowerShell cannot be given")
    return f"'{text.translate(_QUOTES)}'"


class Literals:
    """Writes values, and gathers the secrets among them.

    Args:
        secret: the expression of the secret with a number; it is a SecureString.

    Attributes:
        secrets: what is to be sent apart, by their numbers.
    """

    def __init__(self, secret: Callable[[int], str]) -> None:
        self._secret = secret
        self.secrets: list[str] = []

    def of(self, value: Any, _depth: int = 0) -> str:
        """Return `value` as a literal.

        Raises:
            TypeMismatch: PowerShell has no value for it.
            InvalidParameter: a number out of range, a text that cannot be sent, or a value that
                is deeper than 32, or holds itself.
        """
        if _depth > DEEPEST:
            raise InvalidParameter(f"a parameter is deeper than {DEEPEST}, or holds itself")
        for kind, write in self._writers:
            if isinstance(value, kind):
                return write(self, value, _depth + 1)
        raise TypeMismatch(
            f"PowerShell has no value for {type(value).__name__}",
            advice="There are text, numbers, bool, None, bytes, datetime, timedelta, UUID, lists,"
            " mappings, SecureString and Credentials.",
        )

    # One for each type

    def _none(self, _value: None, _depth: int) -> str:
        return "$null"

    def _boolean(self, value: bool, _depth: int) -> str:
        return "$true" if value else "$false"

    def _enum(self, value: EnumValue, _depth: int) -> str:
        return f"({int(value)})"

    def _integer(self, value: int, _depth: int) -> str:
        if value in _INT_32:
            return f"({value})"
        if value in _INT_64:
            return f"([long]'{value}')"
        if 0 <= value < 1 << 64:
            return f"([uint64]'{value}')"
        return f"([bigint]::Parse('{value}'))"

    def _real(self, value: float, _depth: int) -> str:
        if math.isnan(value):
            return "([double]::NaN)"
        if math.isinf(value):
            return "([double]::PositiveInfinity)" if value > 0 else "([double]::NegativeInfinity)"
        return f"([double]'{value!r}')"

    def _decimal(self, value: Decimal, _depth: int) -> str:
        if not value.is_finite() or len(value.as_tuple().digits) > _MOST_DIGITS:
            raise InvalidParameter(f"{value} is none of .NET's decimals")
        return f"([decimal]'{value:f}')"

    def _text(self, value: str, _depth: int) -> str:
        return quoted(value)

    def _bytes(self, value: bytes | bytearray, _depth: int) -> str:
        return f"([Convert]::FromBase64String('{b64encode(value).decode()}'))"

    def _time(self, value: datetime, _depth: int) -> str:
        kind = "[datetime]" if value.tzinfo is None else "[datetimeoffset]"
        style = "[Globalization.CultureInfo]::InvariantCulture"
        return f"({kind}::Parse('{value.isoformat()}',{style}))"

    def _duration(self, value: timedelta, _depth: int) -> str:
        return f"([timespan]::FromTicks({value // timedelta(microseconds=1) * 10}))"

    def _uuid(self, value: UUID, _depth: int) -> str:
        return f"([guid]'{value}')"

    def _list(self, value: Sequence[Any], depth: int) -> str:
        # A list of one list would be that list without the comma.
        inside = ",".join(self.of(one, depth) for one in value)
        return f"@({',' * (len(value) == 1)}{inside})"

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> str:
        entries = (f"({self.of(key, depth)})={self.of(one, depth)}" for key, one in value.items())
        return f"@{{{';'.join(entries)}}}"

    def _object(self, value: PowerShellObject, depth: int) -> str:
        return f"([pscustomobject]{self._mapping(value, depth)})"

    def _secure(self, value: SecureString, _depth: int) -> str:
        self.secrets.append(value.reveal())
        return f"({self._secret(len(self.secrets) - 1)})"

    def _credential(self, value: Credentials, depth: int) -> str:
        user, password = name_and_password(value)
        secret = self._secure(SecureString(password), depth)
        return f"(New-Object Management.Automation.PSCredential({quoted(user)},{secret}))"

    _writers: tuple[tuple[Any, Callable[..., str]], ...] = (
        (type(None), _none),
        (bool, _boolean),
        (EnumValue, _enum),
        (int, _integer),
        (float, _real),
        (Decimal, _decimal),
        (str, _text),
        ((bytes, bytearray), _bytes),
        (datetime, _time),
        (timedelta, _duration),
        (UUID, _uuid),
        ((list, tuple), _list),
        (PowerShellObject, _object),
        (Mapping, _mapping),
        (SecureString, _secure),
        (Credentials, _credential),
    )
