"""The namespaces of a server, found by what each says of those in it (`__NAMESPACE`).

Who may read one namespace may be kept out of another. What cannot be read is left out with all that
is in it, and told; only what would fail for every namespace alike, or for the first, is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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

__all__ = ["ROOT", "Namespaces", "Walk", "inner_namespaces"]

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


class Walk(Iterator[str]):
    """A walk through namespaces: iterating gives each to be asked; tell it what came of that."""

    def __init__(self, root: str) -> None:
        """Begin with the namespace `root`."""
        self._names: list[str] = []
        self._unreadable: dict[str, MIError] = {}
        self._ahead = [root]

    def __next__(self) -> str:
        if not self._ahead:
            raise StopIteration
        self._names.append(self._ahead.pop())
        return self._names[-1]

    def enter(self, names: Sequence[str]) -> None:
        """Go on with the namespaces in the one that was asked, which are these.

        Raises:
            ProtocolError: there is no end to them, as with a server that names the same ones
                wherever it is asked.
        """
        asked = self._names[-1]
        if names and asked.count("/") >= _DEEPEST:
            raise ProtocolError(f"there is no end to the namespaces in {asked}")
        self._ahead.extend(f"{asked}/{name}" for name in reversed(names))

    def pass_by(self, error: MIError) -> None:
        """Leave out those in the namespace that was asked, since they cannot be read.

        Raises:
            MIError: `error` itself, where it was the first, or none could be read.
        """
        if isinstance(error, _FATAL) or len(self._names) == 1:
            raise error
        self._unreadable[self._names[-1]] = error

    def result(self) -> Namespaces:
        """Return what was found."""
        return Namespaces(tuple(self._names), self._unreadable)
