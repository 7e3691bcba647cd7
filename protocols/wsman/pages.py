"""The bodies of WS-Enumeration: Enumerate, Pull, Release, and the pages that answer the first two.

Each is one value, written by the one side and read by the other (DSP0226 8, DSP0227 8). Windows
puts Items and EndOfSequence into the WS-Management namespace in the first page and into that of
WS-Enumeration in the others; both are read in both. A context is opaque and may hold elements, so
it is kept as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lxml import etree

from mi.errors import ProtocolError
from protocols.wsman import markup, soap
from protocols.wsman.namespaces import CIM_BINDING, ENUMERATION, WSMAN

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "OBJECT",
    "OBJECT_AND_REFERENCE",
    "REFERENCE",
    "Enumerate",
    "Filter",
    "Page",
    "Pull",
    "Release",
    "read_context",
    "write_page",
]

OBJECT: Final = "EnumerateObject"
REFERENCE: Final = "EnumerateEPR"
OBJECT_AND_REFERENCE: Final = "EnumerateObjectAndEPR"
"""What the items are (DSP0226 8.7): the default, and the other two modes."""

_CONTEXT: Final = f"{{{ENUMERATION}}}EnumerationContext"
_RESPONSES: Final = tuple(f"{{{ENUMERATION}}}{name}Response" for name in ("Enumerate", "Pull"))
_ITEMS: Final = tuple(f"{{{uri}}}Items" for uri in (ENUMERATION, WSMAN))
_ENDS: Final = tuple(f"{{{uri}}}EndOfSequence" for uri in (ENUMERATION, WSMAN))


@dataclass(frozen=True, slots=True)
class Filter:
    """What selects the items.

    Attributes:
        dialect: the URI of its language; "" is XPath by default.
        text: the query.
        content: ready markup instead of a text, in a language that is XML.
        element: the element as it was read, or None.
    """

    dialect: str
    text: str = ""
    content: str | None = None
    element: _Element | None = field(default=None, compare=False, repr=False)

    def write(self) -> str:
        """Return the w:Filter; openwsman passes over an n:Filter without a word."""
        dialect = markup.attribute(self.dialect)
        inside = markup.text(self.text) if self.content is None else self.content
        return f'<w:Filter Dialect="{dialect}">{inside}</w:Filter>'


@dataclass(frozen=True, slots=True)
class Enumerate:
    """The request that opens an enumeration.

    Attributes:
        max_elements: how many items the first page may hold; None to get only the context.
        mode: what the items are.
        polymorphism: `None` (the word) for the class alone, `ExcludeSubClassProperties`,
            `IncludeSubClassProperties`, or None to leave it to the server (DSP0227 8.3).
        filter: what selects the items, or None for all of the class.
    """

    max_elements: int | None = None
    mode: str = OBJECT
    polymorphism: str | None = None
    filter: Filter | None = None

    def write(self) -> str:
        """Return the body, with its elements in the order of Windows' client."""
        optimized, mode, polymorphism = "", "", ""
        if self.max_elements is not None:
            optimized = (
                f"<w:OptimizeEnumeration/><w:MaxElements>{self.max_elements}</w:MaxElements>"
            )
        if self.mode != OBJECT:
            mode = f"<w:EnumerationMode>{self.mode}</w:EnumerationMode>"
        if self.polymorphism is not None:
            polymorphism = f"<b:PolymorphismMode>{self.polymorphism}</b:PolymorphismMode>"
        filter_ = "" if self.filter is None else self.filter.write()
        return f"<n:Enumerate>{optimized}{mode}{polymorphism}{filter_}</n:Enumerate>"

    @classmethod
    def read(cls, body: _Element) -> Enumerate:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Enumerate, or a number in it is none.
        """
        asked = _part(body, "Enumerate")
        is_optimized = asked.find(f"{{{WSMAN}}}OptimizeEnumeration") is not None
        most = _number(asked.findtext(f"{{{WSMAN}}}MaxElements"))
        return cls(
            most if is_optimized else None,
            soap.text_of(asked, f"{{{WSMAN}}}EnumerationMode") or OBJECT,
            soap.text_of(asked, f"{{{CIM_BINDING}}}PolymorphismMode") or None,
            _filter(asked),
        )


def _filter(asked: _Element) -> Filter | None:
    # Windows takes either namespace (MS-WSMV 3.1.4.8).
    for uri in (WSMAN, ENUMERATION):
        found = soap.child(asked, f"{{{uri}}}Filter")
        if found is not None:
            text = "".join(found.itertext())
            return Filter(found.get("Dialect", "").strip(), text, element=found)
    return None


@dataclass(frozen=True, slots=True)
class Pull:
    """The request for the next page.

    Attributes:
        context: the newest one, as markup.
        max_elements: how many items the page may hold.
    """

    context: str
    max_elements: int = 1

    def write(self) -> str:
        """Return the body."""
        return (
            f"<n:Pull><n:EnumerationContext>{self.context}</n:EnumerationContext>"
            f"<n:MaxElements>{self.max_elements}</n:MaxElements></n:Pull>"
        )

    @classmethod
    def read(cls, body: _Element) -> Pull:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Pull, or a number in it is none.
        """
        asked = _part(body, "Pull")
        # dracclient puts it into the namespace of WS-Management, and iDRAC takes it.
        texts = [asked.findtext(f"{{{uri}}}MaxElements") for uri in (ENUMERATION, WSMAN)]
        return cls(read_context(asked), _number(texts[0] or texts[1]))


@dataclass(frozen=True, slots=True)
class Release:
    """The request that ends an enumeration before its end.

    Attributes:
        context: the newest one, as markup.
    """

    context: str

    def write(self) -> str:
        """Return the body."""
        return f"<n:Release><n:EnumerationContext>{self.context}</n:EnumerationContext></n:Release>"

    @classmethod
    def read(cls, body: _Element) -> Release:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Release.
        """
        return cls(read_context(_part(body, "Release")))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of items, as a client reads it.

    Attributes:
        items: their elements.
        context: what to ask for the next page with, as markup; None after the last one.
    """

    items: Sequence[_Element]
    context: str | None

    @classmethod
    def read(cls, body: _Element) -> Page:
        """Return the page in an s:Body.

        It is the last if it says so, or has no context or an empty one: older iDRAC says nothing
        else. A page without items is none of that.

        Raises:
            ProtocolError: there is no page in it.
        """
        page = next((part for part in body if part.tag in _RESPONSES), None)
        if page is None:
            raise ProtocolError("the reply to Enumerate or Pull holds no page of items")
        items: list[_Element] = []
        is_last = False
        for part in page:
            if part.tag in _ITEMS:
                items.extend(item for item in part if isinstance(item.tag, str))
            elif part.tag in _ENDS:
                is_last = True
        return cls(items, None if is_last else read_context(page) or None)


def write_page(
    items: Sequence[str], context: str | None, *, is_first: bool, is_optimized: bool = True
) -> str:
    """Return a page for the inside of s:Body, in Windows' form.

    Args:
        items: the markup of each.
        context: what to ask for the next page with, or None if there is none.
        is_first: whether it answers the Enumerate.
        is_optimized: whether the Enumerate asked for items at all.
    """
    name, prefix = ("EnumerateResponse", "w") if is_first else ("PullResponse", "n")
    inside = f"<{prefix}:Items>{''.join(items)}</{prefix}:Items>" if is_optimized else ""
    if context is None:
        inside += f"<{prefix}:EndOfSequence/>"
    # The schema of WS-Enumeration wants the element in the first page, be it empty.
    named = f"<n:EnumerationContext>{context or ''}</n:EnumerationContext>"
    return f"<n:{name}>{named if is_first or context else ''}{inside}</n:{name}>"


def _part(body: _Element, name: str) -> _Element:
    found = soap.child(body, f"{{{ENUMERATION}}}{name}")
    if found is None:
        raise ProtocolError(f"the body of the request is no {name}")
    return found


def read_context(parent: _Element) -> str:
    """Return the context in a message, as markup; "" where there is none."""
    found = soap.child(parent, _CONTEXT)
    if found is None:
        return ""
    if not len(found):
        return markup.text(soap.text(found))
    inside = (etree.tostring(part, encoding="unicode") for part in found)
    return (markup.text(found.text or "") + "".join(inside)).strip()


def _number(text: str | None) -> int:
    """Return a MaxElements; without one it is 1 (DSP0226 8.7)."""
    stripped = (text or "1").strip()
    if not (stripped.isascii() and stripped.isdigit() and len(stripped) <= len(str(0xFFFFFFFF))):
        raise ProtocolError(f"MaxElements is no number: {stripped[:40]!r}")
    return int(stripped)
