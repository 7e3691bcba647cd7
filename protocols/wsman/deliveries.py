"""Deliveries: what a Pull of a subscription brings, and how far it goes.

Events come in the pages of an enumeration. Windows gives each a new context, OMI keeps the first
one, openwsman leaves out the element around the events. A page without events is a sign of life.

How far a delivery goes is said by a bookmark in its header. A bookmark is opaque: the markup inside
w:Bookmark, kept as it is, and sent back in a Subscribe (DSP0226 10.2.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from mi.errors import InvalidParameter, ProtocolError
from mi.serial import document
from protocols.wsman import soap
from protocols.wsman.envelope import Reply
from protocols.wsman.namespaces import BOOKMARK_EARLIEST, ENUMERATION, MACHINE_ID, WSMAN
from protocols.wsman.pages import read_context

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "LONGEST_BOOKMARK",
    "Delivery",
    "bookmark_markup",
    "check_bookmark",
    "read_bookmark",
    "read_position",
]

LONGEST_BOOKMARK: Final = 1_048_576
"""Bytes that a bookmark may have; one channel takes about a hundred."""

_BOOKMARK: Final = f"{{{WSMAN}}}Bookmark"
_MACHINE_ID: Final = f"{{{MACHINE_ID}}}MachineID"


class Delivery(NamedTuple):
    """What a Pull of a subscription brought.

    Attributes:
        items: the events.
        context: what to pull with from now on, as markup; "" for what it was.
        is_last: whether the server ends the subscription.
        bookmark: how far this goes, as markup; "" where that is not said.
        machine_id: the machine that the events are from, or None.
    """

    items: Sequence[_Element]
    context: str
    is_last: bool
    bookmark: str
    machine_id: str | None

    @classmethod
    def read(cls, reply: Reply) -> Delivery:
        """Return what a reply brings.

        Raises:
            ProtocolError: it does not answer a Pull.
        """
        page = soap.child(reply.body, f"{{{ENUMERATION}}}PullResponse")
        if page is None:
            raise ProtocolError("the reply to Pull holds no page of events")
        items: list[_Element] = []
        is_last = False
        for part in page:
            name = soap.local_name(part)
            if name == "Items":
                items.extend(part)
            elif name == "EndOfSequence":
                is_last = True
            elif name != "EnumerationContext":
                items.append(part)
        machine = soap.text_of(reply.header, _MACHINE_ID)
        return cls(items, read_context(page), is_last, read_position(reply.header), machine or None)


def read_bookmark(parent: _Element) -> str:
    """Return the bookmark in a header or a Subscribe, as markup; "" where there is none."""
    found = soap.child(parent, _BOOKMARK)
    return "" if found is None else soap.content(found)


def read_position(header: _Element | None) -> str:
    """Return how far the server says it has got; "" where it does not say.

    OMI, which has no bookmarks, sends the word for the earliest event with everything.
    """
    bookmark = "" if header is None else read_bookmark(header)
    return "" if bookmark == BOOKMARK_EARLIEST else bookmark


def bookmark_markup(bookmark: str) -> str:
    """Return the w:Bookmark element, for a header or a Subscribe; nothing where there is none."""
    return f"<w:Bookmark>{bookmark}</w:Bookmark>" if bookmark else ""


def check_bookmark(bookmark: str) -> str:
    """Return a bookmark that was kept outside of this program, once it is known to be one.

    Raises:
        InvalidParameter: it is not what a server once sent.
    """
    bookmark = bookmark.strip()
    try:
        document.parse(f"<b>{bookmark}</b>".encode(), limit=LONGEST_BOOKMARK)
    except (ProtocolError, UnicodeEncodeError) as error:
        raise InvalidParameter(
            f"the bookmark is none: {error}",
            advice="Give what Indication.bookmark said, unchanged.",
        ) from error
    return bookmark
