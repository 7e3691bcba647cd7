"""The namespaces of a server, found by what each says of those in it (`__NAMESPACE`).

Who may read one namespace may be kept out of another. What cannot be read is left out with all that
is in it, and told; only what would fail for every namespace alike, or for the first, is an error.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, overload

from mi.calls import EnumerateInstances
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    MIError,
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
)

__all__ = ["ROOT", "Namespaces", "inner_namespaces", "walk"]

ROOT: Final = "root"
"""Where WMI's namespaces begin."""

_FATAL: Final = (
    AuthenticationFailed,
    ConnectionFailed,
    OperationCancelled,
    OperationTimeout,
)

_DEEPEST: Final = 32  # levels; Windows has four or five


@dataclass(frozen=True)
class Namespaces(Sequence[str]):
    """Namespaces, each before those in it.

    Attributes:
        names: all that could be found, with forward slashes.
        unreadable: why those in a namespace could not be found, by its name.
    """

    names: tuple[str, ...] = ()
    unreadable: Mapping[str, MIError] = field(default_factory=dict)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...

    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return self.names[index]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)


def inner_namespaces(namespace: str) -> EnumerateInstances:
    """Return the call that asks a namespace for those in it; their `Name` is what they are."""
    return EnumerateInstances("__NAMESPACE", namespace=namespace)


def walk(root: str) -> Generator[str, Sequence[str] | MIError, Namespaces]:
    """Yield each namespace to ask, be sent the names of those in it or why not; return them all.

    Raises:
        MIError: the first cannot be read, or none could.
        ProtocolError: there is no end to them, as with a server that names the same ones wherever
            it is asked.
    """
    names: list[str] = []
    unreadable: dict[str, MIError] = {}
    ahead = [root]
    while ahead:
        names.append(ahead.pop())
        found = yield names[-1]
        if not isinstance(found, MIError):
            if found and names[-1].count("/") >= _DEEPEST:
                raise ProtocolError(f"there is no end to the namespaces in {names[-1]}")
            ahead.extend(f"{names[-1]}/{name}" for name in reversed(found))
        elif isinstance(found, _FATAL) or len(names) == 1:
            raise found
        else:
            unreadable[names[-1]] = found
    return Namespaces(tuple(names), unreadable)
