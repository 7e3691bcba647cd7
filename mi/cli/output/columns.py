"""Which properties of an instance are shown, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import mi

__all__ = ["Columns", "Shown"]


class Shown(NamedTuple):
    """A value to show, with the type that tells how."""

    value: Any
    type: mi.CimType | None


# WMI's system properties of the same names, made from what an instance knows of itself.
_SYSTEM: dict[str, Callable[[mi.Instance], str | None]] = {
    "__class": lambda instance: instance.class_name,
    "__namespace": lambda instance: instance.namespace,
    "__path": lambda instance: instance.path,
    "__server": lambda instance: instance.server_name,
}


class Columns:
    """The properties asked for, or all of them.

    Attributes:
        wanted: the names asked for, as they were spelled; empty for all.
    """

    def __init__(self, wanted: Sequence[str] = ()) -> None:
        folded = {name.lower(): name for name in reversed(wanted)}
        self.wanted = tuple(name for name in wanted if folded[name.lower()] is name)
        self._unseen = dict.fromkeys(self.wanted)
        self._count = 0

    def of(self, instance: mi.Instance) -> dict[str, Shown]:
        """Return what to show of `instance`, in order; what it does not have is left out."""
        self._count += 1
        if not self.wanted:
            return {
                element.name: Shown(element.value, element.type) for element in instance.elements()
            }
        shown = {name: value for name in self.wanted if (value := _shown(instance, name))}
        for name in shown:
            self._unseen.pop(name, None)
        return shown

    @property
    def never_seen(self) -> Iterable[str]:
        """The names that were asked for and that no instance had, if there was an instance."""
        return self._unseen if self._count else ()


def _shown(instance: mi.Instance, name: str) -> Shown | None:
    system = _SYSTEM.get(name.lower())
    if system is not None:
        return Shown(system(instance), mi.CimType.STRING)
    if name not in instance:
        return None
    element = instance.element(name)
    return Shown(element.value, element.type)
