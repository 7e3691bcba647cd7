"""One SOAP 1.2 message taken apart (SOAP 1.2 part 1, 5), and read leniently inside.

What frames a message is taken strictly; within it, URIs, ids and numbers may be padded, for many
servers print theirs prettily, and QNames may have prefixes that nobody declared.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Final

from lxml import etree

from mi.errors import ProtocolError
from protocols.wsman import markup
from protocols.wsman.namespaces import SOAP, SOAP_11

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "BODY",
    "ENVELOPE",
    "HEADER",
    "TRUE",
    "child",
    "content",
    "local_name",
    "qname",
    "split",
    "standalone",
    "text",
    "text_of",
]

ENVELOPE: Final = f"{{{SOAP}}}Envelope"
HEADER: Final = f"{{{SOAP}}}Header"
BODY: Final = f"{{{SOAP}}}Body"
TRUE: Final = ("true", "1")
"""How an attribute says that something is so (xs:boolean)."""


def split(root: _Element) -> tuple[_Element | None, _Element]:
    """Return the Header, if there is one, and the Body of an envelope.

    Raises:
        ProtocolError: it is no SOAP 1.2 envelope, has not exactly one Body, or has more in it.
    """
    if root.tag != ENVELOPE:
        raise ProtocolError(_no_envelope(str(root.tag)))
    parts = list(root)
    if len(parts) == 2 and parts[0].tag == HEADER and parts[1].tag == BODY:  # noqa: PLR2004 - both
        return parts[0], parts[1]
    if len(parts) == 1 and parts[0].tag == BODY:
        return None, parts[0]
    found = ", ".join(map(local_name, parts)) or "nothing"
    raise ProtocolError(f"the SOAP envelope must hold a Header and one Body, but holds {found}")


def _no_envelope(tag: str) -> str:
    if tag.startswith(f"{{{SOAP_11}"):
        return "the message is SOAP 1.1, and WS-Management is SOAP 1.2"
    return f"the message is not a SOAP 1.2 envelope; its root element is {tag}"


def child(parent: _Element, tag: str) -> _Element | None:
    """Return the first child `tag`, or None; several times faster than `find`."""
    return next(parent.iterchildren(tag), None)


def text(element: _Element) -> str:
    """Return the text of an element without what pads it."""
    return (element.text or "").strip()


def text_of(parent: _Element | None, tag: str) -> str:
    """Return the text of the child `tag`, or "" where there is none."""
    found = None if parent is None else child(parent, tag)
    return "" if found is None else text(found)


def local_name(element: _Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def qname(element: _Element, value: str) -> tuple[str, str]:
    """Return namespace and local name of a QName in the scope of an element.

    The namespace is "" where the prefix is not declared: Windows' own client sends such.
    """
    prefix, _, name = value.strip().rpartition(":")
    return element.nsmap.get(prefix or None) or "", name


def standalone(element: _Element) -> str:
    """Return an element as markup that declares the namespaces it uses, and no others."""
    # A copy leaves behind what is declared around the element and not used inside.
    return etree.tostring(deepcopy(element), encoding="unicode", with_tail=False)


def content(element: _Element) -> str:
    """Return what is inside an element as markup: its elements, else its text."""
    if not len(element):
        return markup.text(text(element))
    return "".join(map(standalone, element))
