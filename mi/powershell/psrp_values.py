"""psrpcore's values of PowerShell and ours, both ways."""

from __future__ import annotations

import enum
import queue
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psrpcore
from psrpcore import types as ps

from mi.credentials import Credentials
from mi.errors import InvalidParameter, TypeMismatch
from mi.powershell.objects import (
    DEEPEST,
    EnumValue,
    PowerShellObject,
    SecureString,
    name_and_password,
)

__all__ = ["from_psrp", "has_secret", "to_psrp"]


# From the far side


def from_psrp(value: Any) -> Any:
    """Return what psrpcore has read as a plain value, or as one of `mi.powershell.objects`."""
    return _Reading().value(value)


class _Reading:
    """Turns one value; what is in it several times, or in itself, is turned once."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def value(self, value: Any) -> Any:
        if value is None or value is True or value is False:
            return value
        known = self._known.get(id(value), self)
        if known is not self:
            return known
        for kind, turn in _READERS:
            if isinstance(value, kind):
                found = turn(value)
                break
        else:
            return self._container(value)
        self._known[id(value)] = found
        return found

    def _container(self, value: Any) -> Any:
        if isinstance(value, (list, queue.Queue)):
            return self._list(value)
        if isinstance(value, dict):
            return self._dictionary(value)
        return self._object(value)

    def _list(self, value: list[Any] | queue.Queue[Any]) -> list[Any]:
        found = self._known[id(value)] = []
        entries = value.queue if isinstance(value, queue.Queue) else value
        found.extend(map(self.value, entries))
        return found

    def _dictionary(self, value: dict[Any, Any]) -> dict[Any, Any]:
        found = self._known[id(value)] = {}
        for key, one in value.items():
            turned = self.value(key)
            found[turned if not isinstance(turned, PowerShellObject) else str(key)] = self.value(
                one
            )
        return found

    def _object(self, value: Any) -> PowerShellObject:
        meta = value.PSObject
        found = PowerShellObject(type_names=meta.type_names, text=meta.to_string)
        self._known[id(value)] = found
        for one in (*meta.adapted_properties, *meta.extended_properties):
            found._add([(one.name, self.value(one.get_value(value)))])  # noqa: SLF001 - it is ours
        return found


def _secure(value: ps.PSSecureString) -> SecureString:
    try:
        return SecureString(str.__str__(value.decrypt()))
    except psrpcore.MissingCipherError:
        return SecureString(None)


def _enum(value: Any) -> EnumValue:
    type_names = value.PSObject.type_names
    return EnumValue(
        int(value), value.name or str(value), type_names[0] if type_names else "System.Enum"
    )


def _time(value: datetime) -> datetime:
    return datetime.combine(value.date(), value.timetz())


def _duration(value: timedelta) -> timedelta:
    return timedelta(value.days, value.seconds, value.microseconds)


_READERS: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (ps.PSSecureString, _secure),
    (enum.Enum, _enum),
    (ps.PSChar, lambda value: chr(int(value))),
    (int, int),
    (str, str.__str__),
    (float, float),
    (bytes, bytes),
    (Decimal, Decimal),
    (datetime, _time),
    (timedelta, _duration),
    (UUID, lambda value: UUID(int=value.int)),
    (ps.PSVersion, str),
)


# To the far side


def has_secret(value: Any, _depth: int = 0) -> bool:
    """Whether a secure string is in `value`, for which a key has to be exchanged first."""
    if isinstance(value, (SecureString, Credentials)):
        return True
    if _depth > DEEPEST:
        return False  # what sends it refuses that
    inner: Iterable[Any] = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, (list, tuple)):
        inner = value
    return any(has_secret(one, _depth + 1) for one in inner)


def to_psrp(value: Any, _depth: int = 0) -> Any:
    """Return `value` as psrpcore sends it.

    Raises:
        TypeMismatch: PowerShell has no value for it.
        InvalidParameter: a number out of range, or a value that is deeper than 32, or holds itself.
    """
    if _depth > DEEPEST:
        raise InvalidParameter(f"a value is deeper than {DEEPEST}, or holds itself")
    for kind, turn in _WRITERS:
        if isinstance(value, kind):
            return turn(value, _depth + 1)
    raise TypeMismatch(
        f"PowerShell has no value for {type(value).__name__}",
        advice="There are text, numbers, bool, None, bytes, datetime, timedelta, UUID, lists,"
        " mappings, SecureString and Credentials.",
    )


def _integer(value: int, _depth: int) -> Any:
    for kind, bits in ((ps.PSInt, 31), (ps.PSInt64, 63)):
        if -(1 << bits) <= value < 1 << bits:
            return kind(value)
    if 0 <= value < 1 << 64:
        return ps.PSUInt64(value)
    raise InvalidParameter(f"{value} has more than 64 bits")


def _custom_object(value: PowerShellObject, depth: int) -> Any:
    found = ps.PSCustomObject()
    for name, one in value.items():
        ps.add_note_property(found, name, to_psrp(one, depth))
    return found


def _credential(value: Credentials, _depth: int) -> Any:
    user, password = name_and_password(value)
    return ps.PSCredential(UserName=user, Password=ps.PSSecureString(password))


def _as_it_is(value: Any, _depth: int) -> Any:
    return value


_WRITERS: Final[tuple[tuple[Any, Callable[[Any, int], Any]], ...]] = (
    ((type(None), bool), _as_it_is),
    (EnumValue, lambda value, depth: _integer(int(value), depth)),
    (ps.PSObject, _as_it_is),  # who uses psrpcore's own types knows why
    (int, _integer),
    (float, lambda value, _: ps.PSDouble(value)),
    ((str, bytes, datetime, timedelta, Decimal, UUID), _as_it_is),
    (bytearray, lambda value, _: bytes(value)),
    ((list, tuple), lambda value, depth: [to_psrp(one, depth) for one in value]),
    (PowerShellObject, _custom_object),
    (
        Mapping,
        lambda value, depth: {
            to_psrp(key, depth): to_psrp(one, depth) for key, one in value.items()
        },
    ),
    (SecureString, lambda value, _: ps.PSSecureString(value.reveal())),
    (Credentials, _credential),
)
