r"""A registry in memory, with the two views that 64-bit Windows has of it.

A 32-bit program that names `SOFTWARE` below HKEY_LOCAL_MACHINE gets `SOFTWARE\WOW6432Node`
("Registry Redirector" of the Windows documentation); all else is shared. Names are compared without
case and keep their spelling.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

__all__ = ["Hive", "Key", "Kind", "Registry", "Value"]

_SOFTWARE: Final = "software"
_REDIRECTED: Final = ("SOFTWARE", "WOW6432Node")


class Hive(IntEnum):
    """The roots, by the numbers that `hDefKey` has."""

    CLASSES_ROOT = 0x80000000
    CURRENT_USER = 0x80000001
    LOCAL_MACHINE = 0x80000002
    USERS = 0x80000003
    CURRENT_CONFIG = 0x80000005


class Kind(IntEnum):
    """The type of a value (REG_*)."""

    SZ = 1
    EXPAND_SZ = 2
    BINARY = 3
    DWORD = 4
    MULTI_SZ = 7
    QWORD = 11


@dataclass(frozen=True, slots=True)
class Value:
    """A value: text, a list of texts, a number, or the list of its bytes."""

    name: str
    kind: Kind
    data: Any


@dataclass(slots=True)
class Key:
    """A key, with its subkeys and values by folded name."""

    name: str
    keys: dict[str, Key] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)

    def made(self, name: str) -> Key:
        """Return a subkey, made if it is not there."""
        return self.keys.setdefault(name.lower(), Key(name))

    def set(self, value: Value) -> None:
        """Set a value in the place of one of its name."""
        self.values[value.name.lower()] = value


class Registry:
    """All of it; whoever changes what it has read holds the lock of the repository."""

    def __init__(self, keys: Mapping[str, Iterable[Value]] | None = None) -> None:
        """Make it of paths, which begin with the name of a hive, and the values there."""
        self._hives = {hive: Key(hive.name) for hive in Hive}
        for path, values in (keys or {}).items():
            hive, _, inner = path.partition("\\")
            key = self._hives[Hive[hive]]
            for part in _parts(inner):
                key = key.made(part)
            for value in values:
                key.set(value)

    def find(self, hive: Hive, path: str, *, is_32_bit: bool = False) -> Key | None:
        """Return the key at a path, or None."""
        key: Key | None = self._hives[hive]
        for part in _seen(hive, path, is_32_bit=is_32_bit):
            key = None if key is None else key.keys.get(part.lower())
        return key

    def make(self, hive: Hive, path: str, *, is_32_bit: bool = False) -> Key:
        """Return the key at a path, made with those above it if it is not there."""
        key = self._hives[hive]
        for part in _seen(hive, path, is_32_bit=is_32_bit):
            key = key.made(part)
        return key

    def remove(self, hive: Hive, path: str, *, is_32_bit: bool = False) -> None:
        """Take the key at a path away, which is there and is no hive."""
        *above, name = _seen(hive, path, is_32_bit=is_32_bit)
        parent = self._hives[hive]
        for part in above:
            parent = parent.keys[part.lower()]
        del parent.keys[name.lower()]


def _parts(path: str) -> list[str]:
    return [part for part in path.split("\\") if part]


def _seen(hive: Hive, path: str, *, is_32_bit: bool) -> list[str]:
    """Return the parts of a path as the architecture of the provider sees it."""
    parts = _parts(path)
    is_software = hive is Hive.LOCAL_MACHINE and parts[:1] and parts[0].lower() == _SOFTWARE
    if not (is_32_bit and is_software) or parts[1:2] == [_REDIRECTED[1]]:
        return parts
    return [*_REDIRECTED, *parts[1:]]
