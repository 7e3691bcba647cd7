"""A WS-Management server that does as little as can be, in a process of its own.

It answers with prepared bodies, so that what is measured is the client. `/plain` echoes nothing and
needs no authentication: a POST to it is what the transport is compared with. `/wsman` checks
nothing over Basic, and logs on over NTLM with pyspnego. What it seals and unseals then it does by
the primitives alone, in C as servers do, and it checks no signature: a client waits for its server,
whose time in pyspnego would be counted as the client's.

Run as a module it prints its port, serves until its standard input ends, and never looks up
anything: arguments are the class, the instances in all, and the bytes of one envelope.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import spnego

from tests.benchmarks import bodies, outputs

__all__ = ["PASSWORD", "USER", "serving"]

USER, PASSWORD = "bench", "Bench-Pass-1"
_ID = re.compile(rb"<a:MessageID>([^<]*)</a:MessageID>")
_HEADER = re.compile(r"(?im)^(content-length|content-type|authorization):[ ]*(.*?)\r$")
_CONTEXT = re.compile(rb"<n:EnumerationContext>(\d+)</n:EnumerationContext>")
_RELATES_TO = "uuid:00000000-0000-0000-0000-000000000000"
_PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
_SEALED_TYPE = f'multipart/encrypted;protocol="{_PROTOCOL}";boundary="Encrypted Boundary"'
_SOAP_TYPE = "application/soap+xml;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Served:
    """What the server answers with: `total` instances in envelopes of about `size` bytes."""

    class_name: str
    total: int
    size: int
    per_page: int = field(init=False)

    def __post_init__(self) -> None:
        one = len(next(bodies.instances(self.class_name, 1)))
        object.__setattr__(self, "per_page", max(1, self.size // one))

    def page(self, start: int) -> bytes:
        """Return the page that begins with instance `start`; few distinct ones are made."""
        count = min(self.per_page, self.total - start)
        following = start + count
        context = None if following >= self.total else str(following)
        made = _items(self.class_name, count)
        head = "" if context is None else context
        tail = b"<n:EndOfSequence/>" if context is None else b""
        return (
            _HEAD % (b"PullResponse", _RELATES_TO.encode())
            + b"<n:PullResponse><n:EnumerationContext>%s</n:EnumerationContext>" % head.encode()
            + b"<n:Items>%s</n:Items>%s</n:PullResponse></s:Body></s:Envelope>" % (made, tail)
        )


_HEAD = (
    b'<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    b' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    b' xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"'
    b' xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>'
    b"<a:Action>http://schemas.xmlsoap.org/ws/2004/09/enumeration/%s</a:Action>"
    b"<a:MessageID>uuid:E2A4A5E1-86C6-4A3B-A40B-55E0D3C9F0B1</a:MessageID>"
    b"<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
    b"<a:RelatesTo>%s</a:RelatesTo></s:Header><s:Body>"
)


@cache
def _items(class_name: str, count: int) -> bytes:
    return "".join(bodies.instances(class_name, count)).encode()


@cache
def _got(class_name: str) -> tuple[bytes, bytes]:
    """Return what stands before the message's id in the reply to a Get, and what after it."""
    reply = _HEAD % (b"GetResponse", _RELATES_TO.encode()) + _items(class_name, 1)
    reply = reply.replace(b"2004/09/enumeration/Get", b"2004/09/transfer/Get")
    before, _, after = (reply + b"</s:Body></s:Envelope>").partition(_RELATES_TO.encode())
    return before, after


def _answer(served: Served, request: bytes) -> bytes:
    message_id = _ID.search(request)
    relates_to = message_id[1] if message_id else b""
    if b"transfer/Get<" in request:
        return relates_to.join(_got(served.class_name))
    said = outputs.answer(request)
    if said is not None:
        action, body = said
        return _HEAD % (action, relates_to) + body + b"</s:Body></s:Envelope>"
    context = _CONTEXT.search(request)
    if context is None:
        return (
            _HEAD % (b"EnumerateResponse", relates_to)
            + b"<n:EnumerateResponse><n:EnumerationContext>0</n:EnumerationContext>"
            + b"<w:Items/></n:EnumerateResponse></s:Body></s:Envelope>"
        )
    return served.page(int(context[1])).replace(_RELATES_TO.encode(), relates_to, 1)


class _Seal:
    """Seals with the keys that pyspnego agreed upon (MS-NLMP 3.4.3 and 3.4.4)."""

    def __init__(self, context: Any) -> None:
        self._received, self._sent = context._handle_in, context._handle_out
        self._key = context._sign_key_out
        self._number = 0

    def opened(self, sealed: bytes) -> bytes:
        """Return the message that is sealed."""
        message: bytes = self._received.update(sealed)
        self._received.update(bytes(8))  # its checksum
        return message

    def closed(self, message: bytes) -> tuple[bytes, bytes]:
        """Return the signature and the sealed message."""
        sealed = self._sent.update(message)
        number = self._number.to_bytes(4, "little")
        checksum = self._sent.update(hmac.digest(self._key, number + message, "md5")[:8])
        self._number += 1
        return b"\1\0\0\0" + checksum + number, sealed


class _Connection:
    """One client: requests in, prepared answers out."""

    def __init__(self, connection: socket.socket, served: Served) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._stream: BinaryIO = connection.makefile("rb")
        self._served = served
        self._context: Any = None
        self._seal: _Seal | None = None

    def serve(self) -> None:
        """Answer until the client leaves."""
        with self._socket, self._stream:
            while (line := self._stream.readline()) != b"":
                headers = self._headers()
                body = self._stream.read(int(headers.get("content-length", "0")))
                self._socket.sendall(self._reply(line.split()[1], headers, body))

    def _headers(self) -> dict[str, str]:
        lines = []
        while (line := self._stream.readline()) not in (b"\r\n", b""):
            lines.append(line)
        found = _HEADER.findall(b"".join(lines).decode("latin-1"))
        return {name.lower(): value for name, value in found}

    def _reply(self, path: bytes, headers: dict[str, str], body: bytes) -> bytes:
        if path == b"/plain":
            return _http("200 OK", _items(self._served.class_name, 1))
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme == "Negotiate":
            return self._negotiate(base64.b64decode(token))
        if not headers.get("content-type", "").startswith("multipart/"):
            return _http("200 OK", _answer(self._served, body))
        return self._sealed(body)

    def _negotiate(self, token: bytes) -> bytes:
        if self._context is None or token.startswith(b"NTLMSSP\x00\x01"):
            self._context = spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
        answer = self._context.step(token)
        if answer is None:
            self._seal = _Seal(self._context)
            return _http("200 OK", b"")
        challenge = f"WWW-Authenticate: Negotiate {base64.b64encode(answer).decode()}\r\n"
        return _http("401 Unauthorized", b"", extra=challenge)

    def _sealed(self, body: bytes) -> bytes:
        start = body.index(b"octet-stream\r\n") + 14
        header = int.from_bytes(body[start : start + 4], "little")
        assert self._seal is not None
        sealed = body[start + 4 + header : body.rindex(b"--Encrypted Boundary--")]
        reply = _answer(self._served, self._seal.opened(sealed))
        signature, closed = self._seal.closed(reply)
        framed = b"".join(
            (
                b"--Encrypted Boundary\r\n\tContent-Type: %s\r\n" % _PROTOCOL.encode(),
                b"\tOriginalContent: type=%s;Length=%d\r\n" % (_SOAP_TYPE.encode(), len(reply)),
                b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n",
                len(signature).to_bytes(4, "little"),
                signature,
                closed,
                b"--Encrypted Boundary--\r\n",
            )
        )
        return _http("200 OK", framed, _SEALED_TYPE)


def _http(status: str, body: bytes, content_type: str = _SOAP_TYPE, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{extra}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _serve(served: Served) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_Connection(connection, served).serve, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


@contextmanager
def serving(class_name: str, total: int = 1, size: int = 512_000) -> Iterator[int]:
    """Run a server in a process of its own; the value is its port on 127.0.0.1."""
    arguments = [sys.executable, "-m", "tests.benchmarks.server", class_name, str(total), str(size)]
    with TemporaryDirectory() as directory:
        users = Path(directory, "users")  # NTLM's acceptor reads it at each logon
        users.write_text(f"BENCH:{USER}:{PASSWORD}\n", encoding="utf-8")
        process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "NTLM_USER_FILE": str(users)},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.communicate()


if __name__ == "__main__":
    _serve(Served(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
