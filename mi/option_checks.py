"""What each kind of option accepts, and what it makes of that.

A check is called with the value and the option's name, and returns what the option holds. It
refuses a wrong type with `TypeMismatch` and a value out of range with `InvalidParameter`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, TypeVar

from mi.credentials import Credentials, CredentialsSource
from mi.errors import InvalidParameter, TypeMismatch
from mi.names import normalize_namespace

__all__ = [
    "architecture",
    "bookmark",
    "boolean",
    "channels",
    "choice",
    "credentials",
    "end_of_time",
    "locale",
    "member",
    "namespace",
    "number",
    "schema",
    "seconds",
    "service_principal",
    "text",
    "url_prefix",
]

MemberT = TypeVar("MemberT", bound=IntEnum)
_ARCHITECTURES = (32, 64)  # the values of WMI's __ProviderArchitecture
_LONGEST_LOCALE = 128  # MI_MAX_LOCALE_SIZE
_SERVICE_PRINCIPAL = re.compile(r"[^/@\s]+(?:/[^/@\s]+){1,2}(?:@[^/@\s]+)?")  # RFC 4120 6.2
_LONGEST_TIME = 4_294_967  # WinRM counts milliseconds in 32 bits (MaxTimeoutms): 49 days


def seconds(value: float | timedelta, what: str) -> float:
    """Return a duration in seconds; it is given as a number or a timedelta.

    Raises:
        TypeMismatch: it is neither.
        InvalidParameter: it is not positive, longer than 49 days, or not a number.
    """
    given = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeMismatch(f"{what} is seconds or a timedelta, not {value!r}")
    if not 0 < given <= _LONGEST_TIME:
        raise InvalidParameter(
            f"{what} is more than 0 and at most {_LONGEST_TIME} seconds, not {value!r}",
            advice="None waits for ever.",
        )
    return float(given)


def boolean(value: bool, what: str) -> bool:
    """Accept True and False."""
    if not isinstance(value, bool):
        raise TypeMismatch(f"{what} is True or False, not {value!r}")
    return value


def text(value: str, what: str) -> str:
    """Accept text without control characters."""
    if not isinstance(value, str):
        raise TypeMismatch(f"{what} is a string, not {value!r}")
    if not value.strip() or not value.isprintable():
        raise InvalidParameter(f"{what} may not be empty or hold control characters: {value!r}")
    return value


def locale(value: str, what: str) -> str:
    """Accept the tag of a language (RFC 5646)."""
    if len(text(value, what)) > _LONGEST_LOCALE:
        raise InvalidParameter(f"{what} is longer than {_LONGEST_LOCALE} characters")
    return value


def number(low: int, high: int) -> Callable[[int, str], int]:
    """Return the check of a whole number in a range."""

    def check(value: int, what: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeMismatch(f"{what} is a whole number, not {value!r}")
        if not low <= value <= high:
            raise InvalidParameter(f"{what} is {low} to {high}, not {value}")
        return int(value)

    return check


def architecture(value: int, what: str) -> int:
    """Accept the width of a provider's architecture in bits."""
    if number(0, 0xFFFFFFFF)(value, what) not in _ARCHITECTURES:
        raise InvalidParameter(f"{what} is 32 or 64, not {value}")
    return int(value)


def choice(*choices: str) -> Callable[[str, str], str]:
    """Return the check of one word out of some, without case."""
    folded = {choice.lower(): choice for choice in choices}

    def check(value: str, what: str) -> str:
        try:
            return folded[text(value, what).lower()]
        except KeyError:
            raise InvalidParameter(f"{what} is {' or '.join(choices)}, not {value!r}") from None

    return check


def member(kind: type[MemberT]) -> Callable[[int, str], MemberT]:
    """Return the check of a member of an enumeration, or its number."""

    def check(value: int, what: str) -> MemberT:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeMismatch(f"{what} is {kind.__name__}, not {value!r}")
        try:
            return kind(value)
        except ValueError:
            names = " or ".join(member.name for member in kind)
            raise InvalidParameter(f"{what} is {names}, not {value}") from None

    return check


def channels(value: Iterable[int], what: str) -> frozenset[int]:
    """Accept numbers of message channels."""
    if not isinstance(value, Iterable):
        raise TypeMismatch(f"{what} is the numbers of channels, not {value!r}")
    check = number(0, 0xFFFFFFFF)
    return frozenset(check(channel, "a channel") for channel in value)


def url_prefix(value: str, what: str) -> str:
    """Accept the path of a service, with or without a query."""
    path = text(value, what)
    if any(character in " #" for character in path):
        raise InvalidParameter(f"{what} is a path, with or without a query, not {value!r}")
    return path if path.startswith("/") else f"/{path}"


def service_principal(value: str, what: str) -> str:
    """Accept the name of a service in Kerberos (RFC 4120 6.2)."""
    if not _SERVICE_PRINCIPAL.fullmatch(text(value, what)):
        raise InvalidParameter(f"{what} is SERVICE/host or SERVICE/host@REALM, not {value!r}")
    return value


def namespace(value: str, what: str) -> str:  # noqa: ARG001 - the message says namespace
    """Accept a CIM namespace."""
    return normalize_namespace(value)


def schema(value: Any, what: str) -> Any:
    """Accept a `SchemaStore`, or what does as one."""
    # A SchemaStore, or what does as one: mi.store stands above this module.
    if not callable(getattr(value, "find", None)) or not callable(getattr(value, "add", None)):
        raise TypeMismatch(f"{what} is a SchemaStore, not {type(value).__name__}")
    return value


def credentials(
    value: CredentialsSource | Sequence[CredentialsSource], what: str
) -> tuple[CredentialsSource, ...]:
    """Accept credentials, a callable that returns them, or a list of both."""
    given = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if not given or not all(isinstance(one, Credentials) or callable(one) for one in given):
        raise TypeMismatch(f"{what} is Credentials, a callable that returns them, or a list")
    _refuse_doubles(one for one in given if isinstance(one, Credentials))
    return given


def _refuse_doubles(credentials: Iterable[Credentials]) -> None:
    """MI refuses the same scheme twice for one user: it could only repeat a refusal."""
    seen = set()
    for one in credentials:
        who = one.scheme, str(one.user).lower()
        if who in seen:
            raise InvalidParameter(f"{one!r} is given twice")
        seen.add(who)


def bookmark(value: str, what: str) -> str:
    """Accept the place in a stream of events where one got to."""
    if not isinstance(value, str):
        raise TypeMismatch(f"a {what} is a string, not {value!r}")
    if not value.strip():
        raise InvalidParameter(f"the {what} is empty", advice="Leave it out to begin from now on.")
    return value


def end_of_time(value: datetime | timedelta | float, what: str) -> datetime | float:
    """Accept a moment, or seconds from now."""
    if not isinstance(value, datetime):
        return seconds(value, what)
    if value.tzinfo is None:
        raise TypeMismatch(f"{what} needs a time zone, and {value!r} has none")
    return value
