"""The objects that clients hold, and how many references each has (MS-DCOM 3.1.1.5.6)."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from protocols.dcom.methods import Interface
from protocols.dcom.objref import Standard, StandardReference

__all__ = ["Exported", "Exporter", "Thing"]

_REFERENCES: Final = 5  # that a client holds by having got an object, as Windows gives them
_OXID_BITS: Final = 63


class Thing(Protocol):
    """Something that can be held."""

    def close(self) -> None:
        """Do what is due once nobody holds it any more."""
        ...


@dataclass(slots=True)
class Exported:
    """An interface pointer of an object.

    Attributes:
        interface: what it is.
        thing: the object.
        standard: how it is referred to.
        references: how many the client holds.
        asked: when somebody last asked to keep it, or got it.
    """

    interface: Interface
    thing: Any
    standard: Standard
    references: int
    asked: float = field(default_factory=time.monotonic)


class Exporter:
    """What is exported on one port; any thread may use it.

    Attributes:
        oxid: its number.
        remote_unknown: the pointer by which references are given back.
    """

    def __init__(self, patience: float | None = None) -> None:
        """Export nothing yet.

        Args:
            patience: seconds after which an object goes that nobody asks to keep (MS-DCOM 3.1.1.6);
                None is never.
        """
        self._patience = patience
        self.oxid = secrets.randbits(_OXID_BITS)
        self.remote_unknown = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._exported: dict[bytes, Exported] = {}
        self._sets: dict[int, set[int]] = {}

    def __len__(self) -> int:
        self._collect()
        with self._lock:
            return len(self._exported)

    def export(self, interface: Interface, thing: Any) -> bytes:
        """Return the OBJREF of a new pointer."""
        with self._lock:
            standard = self._standard()
            self._exported[standard.ipid] = Exported(interface, thing, standard, _REFERENCES)
        return StandardReference(interface.iid, standard).packed()

    def _standard(self) -> Standard:
        return Standard(
            self.oxid, secrets.randbits(_OXID_BITS), secrets.token_bytes(16), _REFERENCES
        )

    def find(self, ipid: bytes) -> Exported | None:
        """Return what a pointer is to, or None if it is to nothing."""
        self._collect()
        with self._lock:
            return self._exported.get(ipid)

    def again(self, ipid: bytes, count: int) -> Standard | None:
        """Return how to refer to an object once more, or None if it is gone."""
        with self._lock:
            found = self._exported.get(ipid)
            if found is None:
                return None
            found.references += count
            return found.standard._replace(references=count)

    def release(self, ipid: bytes, count: int) -> None:
        """Take references back; the last one ends the object."""
        with self._lock:
            found = self._exported.get(ipid)
            if found is None:
                return
            found.references -= count
            if found.references > 0:
                return
            del self._exported[ipid]
        found.thing.close()

    def _collect(self) -> None:
        """End the objects that nobody has asked to keep for too long."""
        if self._patience is None:
            return
        oldest = time.monotonic() - self._patience
        with self._lock:
            gone = [one for one in self._exported.values() if one.asked < oldest]
            for one in gone:
                del self._exported[one.standard.ipid]
        for one in gone:
            one.thing.close()

    def close(self) -> None:
        """End all objects."""
        with self._lock:
            gone, self._exported = list(self._exported.values()), {}
        for one in gone:
            one.thing.close()

    # Keeping alive

    def change_set(self, set_id: int, add: Iterable[int], remove: Iterable[int]) -> int | None:
        """Change a set of objects that is kept alive; return its number, or None if unknown."""
        self._collect()
        with self._lock:
            if not set_id:
                set_id = secrets.randbits(_OXID_BITS) | 1
                self._sets[set_id] = set()
            if set_id not in self._sets:
                return None
            self._sets[set_id] |= set(add)
            self._sets[set_id] -= set(remove)
            self._keep(self._sets[set_id])
            return set_id

    def keep_set(self, set_id: int) -> bool:
        """Keep the objects of a set alive; return whether there is such a set."""
        self._collect()
        with self._lock:
            self._keep(self._sets.get(set_id, set()))
            return set_id in self._sets

    def _keep(self, wanted: set[int]) -> None:
        now = time.monotonic()
        for one in self._exported.values():
            if one.standard.oid in wanted:
                one.asked = now

    @property
    def kept(self) -> int:
        """How many objects clients ask to be kept alive."""
        with self._lock:
            return sum(map(len, self._sets.values()))
