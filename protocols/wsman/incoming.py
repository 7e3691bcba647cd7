"""Requests as the server's side reads them: what a client asks, whichever client it is.

Selectors and options are told by their names in the order in which they were written; what must be
understood and is not is told too, and whoever answers refuses it (SOAP 1.2 part 1, 5.4.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mi.errors import ProtocolError
from mi.serial import document
from protocols.wsman import soap
from protocols.wsman.durations import parse_duration
from protocols.wsman.headers import Option
from protocols.wsman.namespaces import (
    ADDRESSING,
    EVENTING,
    IDENTITY,
    MICROSOFT,
    SOAP,
    WSMAN,
    XSI,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["IncomingReference", "IncomingRequest", "parse_request"]

_ACTION: Final = f"{{{ADDRESSING}}}Action"
_MESSAGE_ID: Final = f"{{{ADDRESSING}}}MessageID"
_REFERENCE: Final = f"{{{ADDRESSING}}}EndpointReference"
_RESOURCE_URI: Final = f"{{{WSMAN}}}ResourceURI"
_SELECTOR: Final = f"{{{WSMAN}}}SelectorSet/{{{WSMAN}}}Selector"
_OPTION: Final = f"{{{WSMAN}}}OptionSet/{{{WSMAN}}}Option"
_IDENTIFY: Final = f"{{{IDENTITY}}}Identify"
_MOST_DIGITS: Final = 20  # an xs:unsignedLong has no more
_NIL: Final = f"{{{XSI}}}nil"
_MUST_UNDERSTAND: Final = f"{{{SOAP}}}mustUnderstand"
_UNDERSTOOD: Final = frozenset(
    f"{{{namespace}}}{name}"
    for namespace, names in {
        ADDRESSING: "To Action MessageID ReplyTo RelatesTo",
        WSMAN: "ResourceURI MaxEnvelopeSize SelectorSet OptionSet OperationTimeout Locale",
        MICROSOFT: "DataLocale SessionId OperationID SequenceId ActivityId",
        EVENTING: "Identifier",
    }.items()
    for name in names.split()
)


@dataclass(frozen=True, slots=True)
class IncomingReference:
    """A selector whose value is another object (an a:EndpointReference).

    Attributes:
        resource_uri: the class of that object, and maybe its namespace.
        selectors: what names it.
    """

    resource_uri: str
    selectors: Mapping[str, str | IncomingReference]


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """What a client asks.

    Attributes:
        action: the action URI, or "" for Identify.
        resource_uri: the class, or what else is operated on; "" where there is none.
        message_id: what the reply relates to, or None.
        selectors: what names the object, by name as it was written, in order.
        options: in order; one name may come several times.
        max_envelope_size: bytes that the reply may have, or None.
        operation_timeout: seconds, or None.
        to: the address that the client wrote.
        body: the s:Body element.
        not_understood: `{namespace}name` of headers that must be understood and are not.
        is_identify: whether it is Identify.
        identifier: the subscription that it is about, or None (e:Identifier).
        operation_id: the operation that it is part of, or None where one message is all of it.
        session_id: what the client calls its session, or None (p:SessionId).
        size: bytes of the message.
    """

    action: str
    resource_uri: str
    message_id: str | None
    selectors: Mapping[str, str | IncomingReference]
    options: tuple[Option, ...]
    max_envelope_size: int | None
    operation_timeout: float | None
    to: str
    body: _Element
    not_understood: tuple[str, ...] = ()
    is_identify: bool = False
    identifier: str | None = None
    operation_id: str | None = None
    session_id: str | None = None
    size: int = 0


def parse_request(data: bytes, *, limit: int) -> IncomingRequest:
    """Return what the bytes of a request ask.

    Raises:
        ProtocolError: it is no request that can be answered; the message says why.
    """
    header, body = soap.split(document.parse(data, limit=limit).root)
    size = soap.text_of(header, f"{{{WSMAN}}}MaxEnvelopeSize")
    timeout = soap.text_of(header, f"{{{WSMAN}}}OperationTimeout")
    return IncomingRequest(
        action=soap.text_of(header, _ACTION),
        resource_uri=soap.text_of(header, _RESOURCE_URI),
        message_id=soap.text_of(header, _MESSAGE_ID) or None,
        selectors=_selectors(header),
        options=_options(header),
        max_envelope_size=_bytes(size) if size else None,
        operation_timeout=parse_duration(timeout).total_seconds() if timeout else None,
        to=soap.text_of(header, f"{{{ADDRESSING}}}To"),
        body=body,
        not_understood=_not_understood(header),
        is_identify=soap.child(body, _IDENTIFY) is not None,
        identifier=soap.text_of(header, f"{{{EVENTING}}}Identifier") or None,
        operation_id=soap.text_of(header, f"{{{MICROSOFT}}}OperationID") or None,
        session_id=soap.text_of(header, f"{{{MICROSOFT}}}SessionId") or None,
        size=len(data),
    )


def _bytes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ProtocolError(f"MaxEnvelopeSize is not a number: {text!r}")
    return int(text)


def _selectors(parent: _Element | None) -> dict[str, str | IncomingReference]:
    selectors: dict[str, str | IncomingReference] = {}
    names: set[str] = set()
    for found in [] if parent is None else parent.iterfind(_SELECTOR):
        name = found.get("Name", "")
        if not name or name.lower() in names:
            raise ProtocolError(f"a selector has no name, or one that was there: {name!r}")
        names.add(name.lower())
        reference = soap.child(found, _REFERENCE)
        selectors[name] = (found.text or "") if reference is None else _reference(reference)
    return selectors


def _reference(element: _Element) -> IncomingReference:
    parameters = soap.child(element, f"{{{ADDRESSING}}}ReferenceParameters")
    return IncomingReference(soap.text_of(parameters, _RESOURCE_URI), _selectors(parameters))


def _options(header: _Element | None) -> tuple[Option, ...]:
    return tuple(
        Option(
            found.get("Name", ""),
            None if found.get(_NIL) in soap.TRUE else found.text or "",
            found.get("Type"),
            must_comply=found.get("MustComply") in soap.TRUE,
        )
        for found in ([] if header is None else header.iterfind(_OPTION))
    )


def _not_understood(header: _Element | None) -> tuple[str, ...]:
    return tuple(
        str(found.tag)
        for found in ([] if header is None else header)
        if found.get(_MUST_UNDERSTAND) in soap.TRUE and found.tag not in _UNDERSTOOD
    )
