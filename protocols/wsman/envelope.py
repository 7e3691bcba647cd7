"""SOAP envelopes: a request or a reply as bytes, and bytes as a reply or a fault.

Requests are built from templates in the order and the form in which Windows' own client sends them
(recorded from Server 2016); only a request that has an `operation` has p:OperationID, since that
promises to read several envelopes in one reply (MS-WSMV). The same arguments always give the same
bytes.

A reply is only believed if it is one SOAP 1.2 envelope with one Body that answers our message. A
fault is told by its body alone: openwsman sends some with HTTP 200.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mi.errors import InvalidParameter, ProtocolError
from mi.serial import document
from protocols.wsman import markup, soap
from protocols.wsman.bulk import Texts, cut, filled
from protocols.wsman.durations import format_duration
from protocols.wsman.fault import Fault
from protocols.wsman.fault_writing import write_fault
from protocols.wsman.headers import Addressing, Option, Selector, option_set, selector_set
from protocols.wsman.namespaces import (
    ADDRESSING,
    ANONYMOUS,
    CIM_BINDING,
    ENUMERATION,
    EVENTING,
    MICROSOFT,
    SOAP,
    TRANSFER,
    WSMAN,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "Reply",
    "Request",
    "parse",
    "serialize",
    "serialize_bare",
    "serialize_fault",
    "serialize_reply",
]

_FAULT: Final = f"{{{SOAP}}}Fault"
_ACTION: Final = f"{{{ADDRESSING}}}Action"
_RELATES_TO: Final = f"{{{ADDRESSING}}}RelatesTo"
_NAMESPACES: Final = (
    f'xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:n="{ENUMERATION}" xmlns:w="{WSMAN}"'
    f' xmlns:p="{MICROSOFT}" xmlns:b="{CIM_BINDING}" xmlns:x="{TRANSFER}" xmlns:e="{EVENTING}"'
)
_START: Final = f"<s:Envelope {_NAMESPACES}><s:Header>"
_REPLY_START: Final = f'<s:Envelope xml:lang="en-US" {_NAMESPACES}><s:Header>'
_TO_BODY: Final = "</s:Header><s:Body>"
_END: Final = "</s:Body></s:Envelope>"
_REPLY_TO: Final = (
    f'</w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand="true">{ANONYMOUS}</a:Address>'
    '</a:ReplyTo><a:Action s:mustUnderstand="true">'
)


@dataclass(frozen=True, slots=True)
class Request:
    """One message to a server, without what is the same for the whole session.

    Attributes:
        action: the action URI.
        resource_uri: the class, or what else is operated on.
        body: ready markup for the inside of s:Body; the prefixes of `PREFIXES` are declared.
        selectors: what names the object, in order.
        options: options of the operation, in order.
        operation_timeout: seconds that the server may take, or None to leave it to the server.
        schema: (namespace, class) if the request asks for the declaration of a class.
        repeatable: whether it may be sent again when its reply was lost.
        is_identify: whether it is Identify, which has no headers at all.
        header: ready markup of further headers, such as what names a subscription.
        operation: the id of an operation of several messages and the number of this one among the
            client's (MS-WSMV 2.2.4.45), or None for one message and one reply.
        longest_wait: seconds after which no reply will come any more, or None where that cannot be
            said.
        is_poll: whether the server replies only once there is something to say, so that others
            must not be kept from a connection by it.
        has_streams: whether the reply may be long, and nearly all of it the text of Streams.
        bulk: what is in the body, in base64, where that has a `bulk.PLACE`, or nothing.
        is_patient: whether it is sent again, a little later, where a quota has kept the server
            from beginning with it.
    """

    action: str
    resource_uri: str
    body: str = field(default="", repr=False)
    selectors: tuple[Selector, ...] = ()
    options: tuple[Option, ...] = ()
    operation_timeout: float | None = None
    schema: tuple[str, str] | None = None
    repeatable: bool = True
    is_identify: bool = False
    header: str = ""
    operation: tuple[str, int] | None = None
    longest_wait: float | None = None
    is_poll: bool = False
    has_streams: bool = False
    is_patient: bool = True
    bulk: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered, a fault excepted.

    Attributes:
        action: the action URI, or "" where the reply has none (Identify).
        body: the s:Body element.
        header: the s:Header element, or None.
        is_repaired: whether characters that XML forbids were replaced by U+FFFD.
        texts: the texts of Streams that were taken out of the body (`bulk`).
    """

    action: str
    body: _Element
    header: _Element | None
    is_repaired: bool
    texts: Texts = field(default_factory=dict, repr=False)


def serialize(request: Request, addressing: Addressing, message_id: str) -> bytes:
    """Return the bytes of `request`.

    Args:
        request: what to ask.
        addressing: what is the same for the session.
        message_id: `uuid:` and an upper-case UUID, as Windows' client writes it.

    Raises:
        InvalidParameter: something in it holds a character that XML cannot carry.
    """
    if request.is_identify:
        return serialize_bare(request.body)
    timeout = request.operation_timeout
    envelope = _encoded(
        f'{_START}{addressing.to_markup}<w:ResourceURI s:mustUnderstand="true">'
        f"{markup.text(request.resource_uri)}{_REPLY_TO}{markup.text(request.action)}</a:Action>"
        f"{addressing.size_markup}<a:MessageID>{markup.text(message_id)}</a:MessageID>"
        f"{addressing.locale_markup}{_operation_markup(request.operation)}"
        f"{selector_set(request.selectors)}{option_set(request.options)}"
        f"{'' if timeout is None else _timeout_markup(timeout)}{request.header}"
        f"{_TO_BODY}{request.body}{_END}"
    )
    return filled(envelope, request.bulk) if request.bulk else envelope


def serialize_bare(body: str) -> bytes:
    """Return the bytes of a message without headers: Identify and its reply (DSP0226)."""
    return _encoded(f'<s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body>{body}{_END}')


def _operation_markup(operation: tuple[str, int] | None) -> str:
    if operation is None:
        return ""
    return (
        f'<p:OperationID s:mustUnderstand="false">{operation[0]}</p:OperationID>'
        f'<p:SequenceId s:mustUnderstand="false">{operation[1]}</p:SequenceId>'
    )


def _timeout_markup(seconds: float) -> str:
    return f"<w:OperationTimeout>{format_duration(seconds)}</w:OperationTimeout>"


def _encoded(envelope: str) -> bytes:
    try:
        return envelope.encode()
    except UnicodeEncodeError as error:
        raise InvalidParameter("half a surrogate pair cannot be sent") from error


def parse(
    data: bytes,
    message_id: str | None,
    *,
    limit: int,
    unrelated: Container[str] = (),
    has_streams: bool = False,
) -> Reply | Fault:
    """Return what the bytes of a reply say.

    Args:
        data: one envelope.
        message_id: the id of our message, or None where a reply has no headers (Identify).
        limit: bytes that a reply may have.
        unrelated: the actions of messages that answer none of ours, and are taken all the same.
        has_streams: whether the texts of Streams are taken out of it.

    Raises:
        ProtocolError: it is not a reply to our message that can be trusted.
    """
    texts: Texts = {}
    if has_streams and len(data) <= limit:
        data, texts = cut(data)
    read = document.parse(data, limit=limit, repair=True)
    header, body = soap.split(read.root)
    fault = soap.child(body, _FAULT)
    action = soap.text_of(header, _ACTION)
    if message_id is not None and action not in unrelated:
        _check_relation(header, message_id, is_fault=fault is not None)
    if fault is not None:
        return Fault.read(fault, header)
    return Reply(action, body, header, read.is_repaired, texts)


def _check_relation(header: _Element | None, message_id: str, *, is_fault: bool) -> None:
    """Refuse a reply to another message; early faults name none (MSFT_WmiError on Windows)."""
    related = (
        [] if header is None else [soap.text(found) for found in header.iterchildren(_RELATES_TO)]
    )
    if not related and is_fault:
        return
    if not related:
        raise ProtocolError("the reply does not say which message it answers (no RelatesTo)")
    if related != [message_id]:
        raise ProtocolError(
            f"the reply answers another message: {', '.join(related)} instead of {message_id}"
        )


# The server's side


def serialize_reply(  # noqa: PLR0913 - one for each part of a reply
    action: str,
    body: str,
    relates_to: str | None,
    message_id: str,
    *,
    header: str = "",
    operation: tuple[str, int] | None = None,
) -> bytes:
    """Return the bytes of a reply, with its headers in Windows' order.

    Args:
        action: the reply's action URI.
        body: ready markup for the inside of s:Body, as in a `Request`.
        relates_to: the id of the message that is answered, or None as in Windows' early faults.
        message_id: the reply's own id.
        header: ready markup of further headers.
        operation: as in a `Request`; the number is that among the server's messages.
    """
    related = "" if relates_to is None else f"<a:RelatesTo>{markup.text(relates_to)}</a:RelatesTo>"
    return _encoded(
        f"{_REPLY_START}<a:Action>{markup.text(action)}</a:Action>"
        f"<a:MessageID>{markup.text(message_id)}</a:MessageID>{_operation_markup(operation)}"
        f"<a:To>{ANONYMOUS}</a:To>{related}{header}{_TO_BODY}{body}{_END}"
    )


def serialize_fault(
    fault: Fault, relates_to: str | None, message_id: str, *, machine: str = "localhost"
) -> bytes:
    """Return the bytes of a reply that is a fault.

    Each header that was not understood is named in one of the reply's (SOAP 1.2 part 1, 5.4.8).

    Args:
        fault: what to say.
        relates_to: as in `serialize_reply`.
        message_id: likewise.
        machine: the name of the server.
    """
    header = "".join(map(_not_understood_markup, fault.not_understood))
    body = write_fault(fault, machine=machine)
    return serialize_reply(fault.action, body, relates_to, message_id, header=header)


def _not_understood_markup(name: str) -> str:
    namespace, _, local_name = name.removeprefix("{").rpartition("}")
    if not namespace:
        return f'<s:NotUnderstood qname="{local_name}"/>'
    declared = markup.attribute(namespace)
    return f'<s:NotUnderstood qname="q:{local_name}" xmlns:q="{declared}"/>'
