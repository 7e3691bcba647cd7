"""Enumerations under way, by the id that the newest reply gave them.

Every reply gives an enumeration a new id (all recordings). The one before it still releases it, for
the reply with the new one may have been lost on its way, and then the client knows no other; it
pulls nothing any more, for what it named is gone.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from protocols.loopback.refusals import refuse

__all__ = ["Contexts", "Enumeration", "Page"]


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of an enumeration, as markup; whether there are more."""

    items: tuple[str, ...]
    is_last: bool


@dataclass
class Enumeration:
    """What one client enumerates.

    Attributes:
        resource: what a Pull has to name again: the resource URI and the selectors.
        items: the items that have not been sent, as markup; made when they are asked for.
    """

    resource: tuple[str, ...]
    items: Iterator[str]
    _held: list[str] = field(default_factory=list, repr=False)

    def page(self, most: int, characters: int) -> Page:
        """Return the next items.

        Args:
            most: how many they may be; with 0, only whether there are any is found out.
            characters: how long they may be together.

        Raises:
            Refusal: the next item alone is longer than that; it stays the next.
        """
        taken: list[str] = []
        room = characters
        while len(taken) < most and self._peek() is not None and len(self._held[0]) <= room:
            taken.append(self._held.pop())
            room -= len(taken[-1])
        is_last = self._peek() is None
        if most and not taken and not is_last:
            raise refuse("MAX_ENVELOPE_SIZE_EXCEEDED")
        return Page(tuple(taken), is_last)

    def _peek(self) -> str | None:
        if not self._held:
            self._held.extend(item for item in (next(self.items, None),) if item is not None)
        return self._held[0] if self._held else None


@dataclass
class _Entry:
    enumeration: Enumeration
    expires: float
    replaced: str | None = None  # the id before this one
    is_pulling: bool = False


class Contexts:
    """The enumerations of an endpoint; any thread may use it."""

    def __init__(self, idle_limit: float = 240.0) -> None:
        """Make it.

        Args:
            idle_limit: seconds for which an enumeration is kept that nobody pulls (Windows'
                EnumerationTimeoutms).
        """
        self._idle_limit = idle_limit
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def __len__(self) -> int:
        with self._lock:
            self._expire()
            return len(self._entries)

    def open(self, enumeration: Enumeration) -> str:
        """Keep an enumeration and return its first id."""
        with self._lock:
            return self._add(_Entry(enumeration, 0.0))

    def pull(
        self, context: str, resource: tuple[str, ...], most: int, characters: int
    ) -> tuple[Page, str | None]:
        """Return the next page, and the new id, or None after the last one.

        Raises:
            Refusal: there is no such enumeration, it is of another resource, it is being pulled,
                or its next item does not fit. It keeps its id.
        """
        entry = self._begin(context, resource)
        try:
            page = entry.enumeration.page(most, characters)
        except BaseException:
            with self._lock:
                entry.is_pulling = False
            raise
        with self._lock:
            if self._entries.pop(context, None) is None:  # it was released meanwhile
                raise refuse("INVALID_ENUMERATION_CONTEXT")
            if page.is_last:
                return page, None
            entry.replaced, entry.is_pulling = context, False
            return page, self._add(entry)

    def release(self, context: str) -> None:
        """End the enumeration that has this id, or had it before its newest.

        Raises:
            Refusal: there is none.
        """
        with self._lock:
            self._expire()
            if self._entries.pop(context, None) is not None:
                return
            for newest, entry in self._entries.items():
                if entry.replaced == context:
                    del self._entries[newest]
                    return
        raise refuse("INVALID_ENUMERATION_CONTEXT")

    def discard(self, context: str) -> None:
        """Forget an enumeration whose id never reached the client."""
        with self._lock:
            self._entries.pop(context, None)

    def _begin(self, context: str, resource: tuple[str, ...]) -> _Entry:
        with self._lock:
            self._expire()
            entry = self._entries.get(context)
            if entry is None:
                raise refuse("INVALID_ENUMERATION_CONTEXT")
            if entry.enumeration.resource != resource:
                raise refuse("PULL_PARAMS_NOT_SAME_AS_ENUM")
            if entry.is_pulling:
                raise refuse("PULL_IN_PROGRESS")
            entry.is_pulling = True
            return entry

    def _add(self, entry: _Entry) -> str:
        context = f"uuid:{str(uuid.uuid4()).upper()}"
        entry.expires = time.monotonic() + self._idle_limit
        self._entries[context] = entry
        return context

    def _expire(self) -> None:
        now = time.monotonic()
        for context, entry in list(self._entries.items()):
            if entry.expires < now and not entry.is_pulling:
                del self._entries[context]
