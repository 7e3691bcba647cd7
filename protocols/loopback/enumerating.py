"""Enumerate, Pull and Release: what is enumerated, and in which pages it goes out.

A first reply that was asked for items holds exactly one, whatever was asked (Server 2008 R2 to
2016, recorded); the following ones hold what fits into half of MaxEnvelopeSize, for the service
counts it in UTF-16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mi.errors import MIError
from mi.instance import Instance
from protocols.loopback import wql
from protocols.loopback.contexts import Enumeration, Page
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.peer import ClientGone
from protocols.loopback.refusals import of_wmi, refuse
from protocols.loopback.representation import Writer
from protocols.loopback.resources import Family, find_class
from protocols.wsman.namespaces import CIM_BINDING, ENUMERATION, WQL_DIALECT, WSMAN

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["enumerate_instances", "pull", "release"]

_MODES: Final = ("EnumerateObject", "EnumerateEPR", "EnumerateObjectAndEPR")
_POLYMORPHISM: Final = ("IncludeSubClassProperties", "ExcludeSubClassProperties", "None")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The body of an Enumerate (DSP0226 8, DSP0227 8)."""

    is_optimized: bool
    most: int
    mode: str
    polymorphism: str
    dialect: str | None
    query: str

    @classmethod
    def read(cls, element: _Element) -> _Asked:
        # Windows takes either namespace for the filter (MS-WSMV 3.1.4.8).
        filters = [element.find(f"{{{uri}}}Filter") for uri in (WSMAN, ENUMERATION)]
        found = next((one for one in filters if one is not None), None)
        return cls(
            element.find(f"{{{WSMAN}}}OptimizeEnumeration") is not None,
            _number(element.findtext(f"{{{WSMAN}}}MaxElements")),
            _choice(element.findtext(f"{{{WSMAN}}}EnumerationMode"), _MODES),
            _choice(element.findtext(f"{{{CIM_BINDING}}}PolymorphismMode"), _POLYMORPHISM),
            None if found is None else found.get("Dialect", "").strip(),
            "" if found is None else "".join(found.itertext()),
        )


def _number(text: str | None) -> int:
    """Return a MaxElements; without one it is one item (DSP0226 8.7)."""
    stripped = (text or "1").strip()
    if not (stripped.isascii() and stripped.isdigit() and int(stripped[:20]) > 0):
        raise refuse("SCHEMA_VALIDATION_ERROR", f"MaxElements is {stripped!r}")
    return int(stripped[:20])


def _choice(text: str | None, choices: tuple[str, ...]) -> str:
    chosen = (text or choices[0]).strip()
    if chosen not in choices:
        raise refuse("ENUMERATION_MODE_UNSUPPORTED", f"{chosen!r} is no mode")
    return chosen


# Enumerate


def enumerate_instances(operation: Operation) -> Outcome:
    """Begin an enumeration; keep it, unless its first reply is its last.

    Raises:
        Refusal: the request cannot be answered.
        ClientGone: nobody waits for the reply, so nothing is kept.
    """
    asked = _Asked.read(_part(operation, "Enumerate"))
    enumeration = Enumeration(operation.identity, _items(operation, asked))
    page = enumeration.page(1, operation.characters) if asked.is_optimized else None
    if not operation.is_connected():
        raise ClientGone
    if page is not None and page.is_last:
        return Outcome(_response("", page))
    context = operation.contexts.open(enumeration)
    return Outcome(_response(context, page), context)


def _response(context: str, page: Page | None) -> str:
    items = "" if page is None else f"<w:Items>{''.join(page.items)}</w:Items>"
    end = "<w:EndOfSequence/>" if page is not None and page.is_last else ""
    return (
        f"<n:EnumerateResponse><n:EnumerationContext>{context}</n:EnumerationContext>"
        f"{items}{end}</n:EnumerateResponse>"
    )


def _items(operation: Operation, asked: _Asked) -> Iterator[str]:
    writer = Writer(operation.resource.dialect, operation.wants_precise_arrays)
    if asked.dialect is not None:
        return _selected(operation, asked, writer)
    resource = operation.resource
    if resource.family is not Family.CLASS:
        raise refuse("ENUMERATE_CANNOT_PROCESS_FILTER", "all classes need a query")
    class_ = find_class(operation.repository, resource, "CreateInstanceEnum")
    is_deep = asked.polymorphism != "None"
    found = operation.repository.instances(resource.namespace, class_.name, deep=is_deep)
    is_narrow = asked.polymorphism == "ExcludeSubClassProperties"
    return map(_form(asked.mode, writer, class_.properties if is_narrow else None), found)


def _form(mode: str, writer: Writer, within: Iterable[str] | None) -> Callable[[Instance], str]:
    if mode == "EnumerateEPR":
        return writer.reference
    write = writer.instance if mode == "EnumerateObject" else writer.both
    return lambda instance: write(instance, within=within)


def _selected(operation: Operation, asked: _Asked, writer: Writer) -> Iterator[str]:
    repository, namespace = operation.repository, operation.resource.namespace
    if asked.dialect != WQL_DIALECT:
        raise refuse("ENUMERATE_FILTER_DIALECT_REQUESTED_UNAVAILABLE", str(asked.dialect))
    if operation.resource.family is not Family.ALL_CLASSES:
        raise refuse("INVALID_URI_WMI_ENUM_WQL")
    try:
        query = wql.parse(asked.query)
        properties = query.selected(repository.find_class(namespace, query.class_name))
        found = repository.query(namespace, query)
    except MIError as error:
        raise of_wmi(error, "ExecQuery", asked.query) from error
    if properties is None:
        return map(_form(asked.mode, writer, None), found)
    if asked.mode != "EnumerateObject":
        raise refuse("OBJECTONLY_INVALID")
    return (writer.fragment(instance, properties) for instance in found)


# Pull and Release


def pull(operation: Operation) -> Outcome:
    """Go on with an enumeration.

    Raises:
        Refusal: there is no such enumeration, or its next item does not fit.
    """
    element = _part(operation, "Pull")
    wanted = _number(element.findtext(f"{{{ENUMERATION}}}MaxElements"))
    page, context = operation.contexts.pull(
        _context(element), operation.identity, min(wanted, operation.most), operation.characters
    )
    named = f"<n:EnumerationContext>{context}</n:EnumerationContext>" if context else ""
    end = "<n:EndOfSequence/>" if page.is_last else ""
    items = f"<n:Items>{''.join(page.items)}</n:Items>"
    return Outcome(f"<n:PullResponse>{named}{items}{end}</n:PullResponse>")


def release(operation: Operation) -> Outcome:
    """End an enumeration.

    Raises:
        Refusal: there is no such enumeration.
    """
    operation.contexts.release(_context(_part(operation, "Release")))
    return Outcome("")


def _part(operation: Operation, name: str) -> _Element:
    element = operation.request.body.find(f"{{{ENUMERATION}}}{name}")
    if element is None:
        raise refuse("SCHEMA_VALIDATION_ERROR", f"the body is no {name}")
    return element


def _context(element: _Element) -> str:
    return element.findtext(f"{{{ENUMERATION}}}EnumerationContext", "").strip()
