"""Values as literals of PowerShell, in the forms in which `mi.powershell.literals` writes them."""

from __future__ import annotations

import math
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import mi
from mi.powershell.objects import PowerShellObject, SecureString

__all__ = ["LiteralReader"]

_TEXT: Final = re.compile("'((?:[^'\u2018\u2019\u201a\u201b]|(['\u2018\u2019\u201a\u201b])\\2)*)'")
_QUOTES: Final = re.compile("(['\u2018\u2019\u201a\u201b])\\1")
_CONSTANTS: Final = {
    "$null": None,
    "$true": True,
    "$false": False,
    "([double]::NaN)": math.nan,
    "([double]::PositiveInfinity)": math.inf,
    "([double]::NegativeInfinity)": -math.inf,
}
_FORM: Final = re.compile(
    r"\((?:(?P<integer>-?\d+)\)|&\$__s (?P<secret>\d+)\)|\[(?P<type>[\w.]+)\](?P<rest>[:\w]*\(?))"
)
_CREDENTIAL: Final = "(New-Object Management.Automation.PSCredential("


class LiteralReader:
    """Reads literals of a text, one behind the other.

    Attributes:
        place: where in the text it is.
    """

    def __init__(self, text: str, secrets: tuple[str, ...] = ()) -> None:
        self.text = text
        self.place = 0
        self._secrets = secrets

    def takes(self, expected: str) -> bool:
        """Whether this comes next, which is then behind the reader."""
        is_there = self.text.startswith(expected, self.place)
        self.place += len(expected) * is_there
        return is_there

    def expect(self, expected: str) -> None:
        """Go behind what must come next.

        Raises:
            ValueError: something else does.
        """
        if not self.takes(expected):
            raise ValueError(f"{expected!r} is missing at {self.text[self.place :][:40]!r}")

    def quoted(self) -> str:
        """Return a text.

        Raises:
            ValueError: there is none.
        """
        found = _TEXT.match(self.text, self.place)
        if found is None:
            raise ValueError(f"no text at {self.text[self.place :][:40]!r}")
        self.place = found.end()
        return _QUOTES.sub(r"\1", found[1])

    def value(self) -> Any:
        """Return the value of a literal.

        Raises:
            ValueError: there is none.
        """
        for text, value in _CONSTANTS.items():
            if self.takes(text):
                return value
        for opening, read in _OPENINGS.items():
            if self.takes(opening):
                return read(self)
        form = _FORM.match(self.text, self.place)
        return self.quoted() if form is None else self._form(form)

    def _form(self, form: re.Match[str]) -> Any:
        self.place = form.end()
        if form["integer"] is not None:
            return int(form["integer"])
        if form["secret"] is not None:
            return SecureString(self._secrets[int(form["secret"])])
        found = _TYPES[form["type"]](self)
        # The brackets of the call, where it is one, and of the literal.
        self.expect("))" if form["rest"].endswith("(") else ")")
        return found

    def _list(self) -> list[Any]:
        found: list[Any] = []
        self.takes(",")
        while not self.takes(")"):
            found.append(self.value())
            self.takes(",")
        return found

    def _mapping(self) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        while not self.takes("}"):
            self.expect("(")
            key = self.value()
            self.expect(")=")
            found[key] = self.value()
            self.takes(";")
        return found

    def _credential(self) -> mi.Credentials:
        user = self.quoted()
        self.expect(",")
        password = self.value().reveal()
        self.expect("))")
        return mi.Credentials.password(user, password)

    def _time(self) -> datetime:
        found = datetime.fromisoformat(self.quoted())
        self.expect(",[Globalization.CultureInfo]::InvariantCulture")
        return found

    def _duration(self) -> timedelta:
        digits = re.compile(r"-?\d+").match(self.text, self.place)
        if digits is None:
            raise ValueError("a time without ticks")
        self.place = digits.end()
        return timedelta(microseconds=int(digits[0]) // 10)

    def _object(self) -> PowerShellObject:
        self.expect("@{")
        return PowerShellObject(self._mapping())


_OPENINGS: Final[Mapping[str, Callable[[LiteralReader], Any]]] = {
    "@(": LiteralReader._list,  # noqa: SLF001 - the table of this very class
    "@{": LiteralReader._mapping,  # noqa: SLF001
    _CREDENTIAL: LiteralReader._credential,  # noqa: SLF001
}
_TYPES: Final[Mapping[str, Callable[[LiteralReader], Any]]] = {
    "long": lambda reader: int(reader.quoted()),
    "uint64": lambda reader: int(reader.quoted()),
    "bigint": lambda reader: int(reader.quoted()),
    "double": lambda reader: float(reader.quoted()),
    "decimal": lambda reader: Decimal(reader.quoted()),
    "Convert": lambda reader: b64decode(reader.quoted()),
    "datetime": LiteralReader._time,  # noqa: SLF001
    "datetimeoffset": LiteralReader._time,  # noqa: SLF001
    "timespan": LiteralReader._duration,  # noqa: SLF001
    "guid": lambda reader: UUID(reader.quoted()),
    "pscustomobject": LiteralReader._object,  # noqa: SLF001
}
