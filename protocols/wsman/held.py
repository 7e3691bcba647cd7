"""Items that have come and are not instances yet, for the declaration of their class is not known.

The items of a reply are read in order. Where one needs a class, all of them are held, and the class
is asked for; each distinct class of a reply, embedded ones too, is so asked for once. An item that
cannot be read fails the operation, but not before the ones ahead of it have been given.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from mi.errors import MIError
from mi.instance import Instance
from protocols.wsman.dialects import NO_CLASSES, ClassKnown, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.instances import UnknownClass
from protocols.wsman.wanted import Wanted

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Held", "ItemReader"]


class ItemReader(Protocol):
    """Whatever makes instances of items: the `Decoder` of CIM, or one for other documents.

    Attributes:
        is_repaired: whether characters were replaced in the reply at hand.
    """

    is_repaired: bool

    def read(self, element: _Element) -> Instance:
        """Return the instance that an item is.

        Raises:
            ProtocolError: it is none.
            UnknownClass: the declaration of its class is needed first.
        """
        ...

    def settle_for_text(self) -> None:
        """Need no class any more: the server turns out to declare none."""
        ...


class Held:
    """The items of one reply at a time, on their way to becoming instances."""

    def __init__(self, decoder: ItemReader, settings: Settings, schemas: SchemaView) -> None:
        """Hold nothing yet.

        Args:
            decoder: the operation's.
            settings: how to run the operation.
            schemas: where a declaration is put; the decoder looks there.
        """
        self._decoder = decoder
        self._wanted = Wanted(settings, schemas)
        self._items: Sequence[_Element] = ()
        self._read: list[Instance] = []
        self._failure: MIError | None = None

    @property
    def awaits_class(self) -> bool:
        """Whether something is held back."""
        return self._wanted.is_open

    def request(self) -> Request | None:
        """Return the request for the class that is wanted, or None if it is known by now."""
        return self._wanted.request()

    def raise_failure(self) -> None:
        """Raise the error that came after the last results, if one did."""
        if self._failure is not None:
            raise self._failure

    def take(self, items: Sequence[_Element], *, is_repaired: bool) -> list[Instance]:
        """Return the instances that the items of a reply are, or none if they are held.

        Raises:
            ProtocolError: the first of them cannot be read.
        """
        self._decoder.is_repaired = is_repaired
        self._items = items
        return self._go_on()

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Instance]:
        """Return what was held, now that there is an answer about the class that was wanted.

        Raises:
            MIError: the class is refused, or the answer is none.
        """
        if reply is NO_CLASSES:
            self._decoder.settle_for_text()
        try:
            self._wanted.receive(reply)
        except MIError as error:
            return self._given_before(error)
        return self._go_on()

    def _go_on(self) -> list[Instance]:
        read, results = self._decoder.read, self._read
        try:
            for item in islice(self._items, len(results), None):
                results.append(read(item))
        except UnknownClass as unknown:
            self._wanted.want(unknown)
            return []
        except MIError as error:
            return self._given_before(error)
        self._items, self._read = (), []
        return results

    def drop(self) -> None:
        """Forget what is held, and the error too."""
        self._wanted.drop()
        self._items, self._read, self._failure = (), [], None

    def _given_before(self, error: MIError) -> list[Instance]:
        """Return the results ahead of a failure, which is raised next time; or raise it now."""
        results = self._read
        self.drop()
        if not results:
            raise error
        self._failure = error
        return results
