"""A server on 127.0.0.1 that does to each connection what a test says, however wrong that is."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import spnego
from spnego.channel_bindings import GssChannelBindings

from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address
from protocols.wsman import framing

SOAP = "application/soap+xml;charset=UTF-8"
Script = Callable[["Peer"], None]


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    headers: dict[str, str]
    body: bytes


class Peer:
    """The server's end of one connection."""

    def __init__(self, raw: socket.socket, server: ScriptedServer) -> None:
        self._socket = raw
        self._server = server
        self._read = b""

    def request(self) -> Received:
        """Read one request; `EOFError` at the end of the connection."""
        while b"\r\n\r\n" not in self._read:
            self.read_some()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")[1:]
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        length = int(headers.get("content-length", "0"))
        while len(self._read) < length:
            self.read_some()
        body, self._read = self._read[:length], self._read[length:]
        received = Received(headers, body)
        self._server.requests.append(received)
        return received

    def read_some(self) -> None:
        """Read what comes next; `EOFError` at the end of the connection."""
        data = self._socket.recv(65536)
        if not data:
            raise EOFError
        self._read += data

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reply(
        self, status: int = 200, body: bytes = b"", reason: str = "OK", **headers: str
    ) -> None:
        given = {"Content-Type": SOAP, "Content-Length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self.send(f"HTTP/1.1 {status} {reason}\r\n{lines}\r\n".encode() + body)

    def drip(self, data: bytes, interval: float) -> None:
        """Send a byte now and then, until nobody listens."""
        for index in range(len(data)):
            self.send(data[index : index + 1])
            if self._server.is_over.wait(interval):
                return

    def stall(self) -> None:
        """Do nothing until the test is over."""
        self._server.is_over.wait(60)

    def wait_for_end(self) -> None:
        """Do nothing until the client closes the connection."""
        with contextlib.suppress(OSError):
            while self._socket.recv(65536):
                pass
        self._server.ends.release()

    def reset(self) -> None:
        """Close the connection with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()


# Scripts that are played in many tests


def idle(peer: Peer) -> None:
    """Say nothing, until the client closes the connection."""
    peer.wait_for_end()


def echo(peer: Peer) -> None:
    """Answer each request with itself."""
    while True:
        peer.reply(body=b"<reply>" + peer.request().body + b"</reply>")


class ScriptedServer:
    """Runs one script for each connection; the last one for all that come after it.

    Attributes:
        connections: how many were accepted.
        requests: what was asked, in order.
        is_over: set when the test is.
        ends: released for each connection that a script saw end.
    """

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self._tls = tls
        self.connections = 0
        self.requests: list[Received] = []
        self.is_over = threading.Event()
        self.ends = threading.Semaphore(0)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            self._threads[0].join(10)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(10)
        for connection in self._open:
            connection.close()
        if self._failures:
            raise self._failures[0]

    @property
    def address(self) -> Address:
        return Address("https" if self._tls else "http", "127.0.0.1", self.port, "/wsman")

    def options(self, **others: object) -> DestinationOptions:
        transport = "HTTPS" if self._tls else "HTTP"
        return DestinationOptions(destination_port=self.port, transport=transport, **others)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            raw, _ = self._listener.accept()
            self._open.append(raw)
            if self.is_over.is_set():
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._start(self._serve, raw, script)

    def _serve(self, raw: socket.socket, script: Script) -> None:
        try:
            if self._tls is not None:
                raw = self._tls.wrap_socket(raw, server_side=True)
                self._open.append(raw)
            script(Peer(raw, self))
        except (OSError, EOFError):
            pass  # the client left, as clients may
        except BaseException as error:  # noqa: BLE001 - the test's to see
            self._failures.append(error)
        finally:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(raw, socket.SHUT_RDWR)


class SealingPeer:
    """The server's end of an NTLM logon and of what is sealed after it (pyspnego's acceptor)."""

    def __init__(self, peer: Peer, binding: bytes | None = None) -> None:
        self.peer = peer
        bindings = binding and GssChannelBindings(
            application_data=b"tls-server-end-point:" + binding
        )
        self._context = spnego.server(protocol="ntlm", channel_bindings=bindings or None)

    def log_on(self, *, reason: str = "OK", **headers: str) -> Self:
        """Answer the two requests of a logon."""
        token = self.step()
        self.peer.reply(401, WWW_Authenticate=f"Negotiate {token}", **headers)
        try:
            self.step()
        except spnego.exceptions.SpnegoError:
            self.peer.reply(401, WWW_Authenticate="Negotiate")
            raise EOFError from None
        received = self._received
        if framing.is_sealed(received.headers["content-type"]):
            self.reply(b"<reply>" + self._opened(received) + b"</reply>", **headers)
        elif received.body:
            self.peer.reply(200, b"<reply>" + received.body + b"</reply>", **headers)
        else:
            self.peer.reply(200, reason=reason, **headers)
        return self

    def step(self) -> str:
        """Read a token and return the answer to it."""
        self._received = self.peer.request()
        token = b64decode(self._received.headers["authorization"].removeprefix("Negotiate "))
        return b64encode(self._context.step(token) or b"").decode()

    def request(self) -> bytes:
        """Read a sealed request and return what is in it."""
        return self._opened(self.peer.request())

    def _opened(self, received: Received) -> bytes:
        part = framing.split(received.headers["content-type"], received.body)[0]
        return self._context.unwrap_winrm(part.header, part.sealed)

    def reply(self, envelope: bytes, status: int = 200, **headers: str) -> None:
        """Send a sealed reply."""
        content_type = framing.content_type(framing.SPNEGO)
        self.peer.reply(status, self.sealed(envelope), **{"Content-Type": content_type, **headers})

    def sealed(self, envelope: bytes) -> bytes:
        """Return the body that carries an envelope."""
        sealed = self._context.wrap_winrm(envelope)
        part = (sealed.header, sealed.data, len(envelope))
        return framing.frame(framing.SPNEGO, [part])

    def serve(self) -> None:
        """Answer one sealed request after the other, each by what it said."""
        while True:
            self.reply(b"<reply>" + self.request() + b"</reply>")
