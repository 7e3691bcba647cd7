"""Servers that keep to no rules, sessions with them, and what their callers must be told."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import mi
from tests.sessions import on_time
from tests.winrm.scripted import SOAP, Peer, ScriptedServer

__all__ = [
    "BOMB", "CHUNKED", "IDENTITY", "OK", "PAGE", "against", "endless_pages", "is_clear", "once",
    "raw", "refused", "without_end",
]  # fmt: skip

OK = b"HTTP/1.1 200 OK\r\nContent-Type: " + SOAP.encode() + b"\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
IDENTITY = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>'
    b'<i:IdentifyResponse xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    b"<i:ProductVendor>Nobody</i:ProductVendor></i:IdentifyResponse></s:Body></s:Envelope>"
)

BOMB = b"".join(
    [
        b'<!DOCTYPE b [<!ENTITY a0 "a">',
        *(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)),
        b"]>",
    ]
)


def is_clear(error: mi.MIError, said: str) -> None:
    """Look at what the caller is told: what was wrong, in one printable line, by a plain value."""
    assert re.search(said, error.message), error.message
    assert len(str(error)) < 1000
    assert str(error).isprintable()
    assert type(pickle.loads(pickle.dumps(error))) is type(error)
    assert error.extended_error["Message"]


def refused(services: Iterator[mi.Instance]) -> tuple[list[mi.Instance], mi.MIError]:
    """What came, and the error that came after it."""
    came: list[mi.Instance] = []
    with on_time(), pytest.raises(mi.MIError) as caught:
        came.extend(services)
    return came, caught.value


def raw(data: bytes) -> Callable[[Peer], None]:
    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(data)

    return serve


def once(status: int = 200, body: bytes = b"", **headers: str) -> Callable[[Peer], None]:
    def serve(peer: Peer) -> None:
        peer.request()
        peer.reply(status, body, **headers)

    return serve


def without_end(start: bytes, again: bytes) -> Callable[[Peer], None]:
    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(start)
        more = again * (65536 // len(again))
        while True:
            peer.send(more)

    return serve


@contextmanager
def against(*scripts: Callable[[Peer], None], **options: Any) -> Iterator[mi.Session]:
    """A session with a server that keeps to no rules, and Basic in the clear."""
    with ScriptedServer(*scripts) as server:
        given = {
            "credentials": mi.Credentials.password("user", "secret", scheme="BASIC"),
            "packet_privacy": False,
            "timeout": 10,
            **options,
        }
        with mi.connect("127.0.0.1", options=server.options(**given)) as session:
            yield session


PAGE = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"
 xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>
<a:RelatesTo>{message_id}</a:RelatesTo></s:Header><s:Body><n:{name}Response>
<n:EnumerationContext>uuid:{number}</n:EnumerationContext><n:Items>{items}</n:Items></n:{name}Response>
</s:Body></s:Envelope>"""


def endless_pages(items: str) -> Callable[[Peer], None]:
    """A server whose every reply is a page with a new context."""

    def serve(peer: Peer) -> None:
        number = 0
        while True:
            body = peer.request().body.decode()
            found = re.search("<a:MessageID>([^<]*)", body)
            assert found is not None
            number += 1
            name = "Enumerate" if "/Enumerate<" in body else "Pull"
            page = PAGE.format(message_id=found[1], name=name, number=number, items=items)
            peer.reply(body=page.encode())

    return serve
