"""A proxy on 127.0.0.1 that does CONNECT, for users whom it knows by Basic, Digest or NTLM."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Self

import spnego
from requests.utils import parse_dict_header

from protocols.loopback.users import User

NONCES = ("c0ffee", "decaf")


class ConnectProxy:
    """Connects to whatever it is asked for.

    Attributes:
        port: where it listens.
        asked: the places that it was asked for, with the scheme of the credentials that came along.
        logons: how many were accepted.
        refused: how many were not.
    """

    def __init__(
        self,
        user: User | None = None,
        schemes: tuple[str, ...] = (),
        *,
        closes: bool = False,
        is_stale: bool = False,
        reaches: Callable[[str, int], tuple[str, int]] = lambda *place: place,
    ) -> None:
        """Make a proxy.

        Args:
            user: whom it lets pass; None is anybody.
            schemes: what it offers.
            closes: whether it closes the connection with each refusal.
            is_stale: whether the first answer to a Digest challenge comes too late.
            reaches: where it really connects to.
        """
        self._user, self._schemes, self._closes = user, schemes, closes
        self._reaches = reaches
        self._nonces = list(NONCES if is_stale else NONCES[:1])
        self.asked: list[tuple[str, str | None]] = []
        self.logons = self.refused = self.connections = 0
        self._sockets: list[socket.socket] = []
        self._here = threading.local()
        self._is_over = False

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        with socket.create_connection(("127.0.0.1", self.port)):
            self._threads[0].join(10)
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(10)
        for one in [self._listener, *self._sockets]:
            one.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            self._sockets.append(client)
            if self._is_over:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        # A thread is a connection, and NTLM logs one on.
        self._here.context = None
        with contextlib.suppress(OSError, EOFError):
            while not self._answer(client):
                pass

    def _answer(self, client: socket.socket) -> bool:
        """Answer one request; return whether the connection is of no more use."""
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(65536)
            if not data:
                raise EOFError
            head += data
        first, *lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        method, authority, _ = first.split(" ")
        assert method == "CONNECT"
        header = headers.get("proxy-authorization")
        self.asked.append((authority, header and header.partition(" ")[0]))
        challenges = self._admit(authority, header)
        if challenges is None:
            self._connect(client, authority)
            return True
        page = b"<html>who are you?</html>"
        offers = "".join(f"Proxy-Authenticate: {challenge}\r\n" for challenge in challenges)
        close = "Connection: close\r\n" if self._closes else ""
        client.sendall(
            f"HTTP/1.1 407 Who?\r\n{offers}{close}Content-Length: {len(page)}\r\n\r\n".encode()
            + page
        )
        if self._closes:
            client.shutdown(socket.SHUT_WR)
        return self._closes

    # Who asks

    def _admit(self, authority: str, header: str | None) -> list[str] | None:
        """Return the challenges, or None where it may pass."""
        if self._user is None:
            return None
        if header is None:
            return self._challenges()
        scheme, _, value = header.partition(" ")
        check = {"Basic": self._basic, "Digest": self._digest}.get(scheme, self._ntlm)
        return check(scheme, value, authority)

    def _challenges(self) -> list[str]:
        digest = f'Digest realm="proxy", qop="auth-int, auth", nonce="{self._nonces[0]}"'
        rows = {"Basic": 'Basic realm="proxy"', "Digest": digest}
        return [rows.get(scheme, scheme) for scheme in self._schemes]

    def _counted(self, *, is_right: bool) -> list[str] | None:
        if is_right:
            self.logons += 1
            return None
        self.refused += 1
        return self._challenges()

    def _basic(self, scheme: str, value: str, authority: str) -> list[str] | None:
        assert self._user is not None
        right = f"{self._user.name}:{self._user.password}"
        return self._counted(is_right=b64decode(value).decode() == right)

    def _digest(self, scheme: str, value: str, authority: str) -> list[str] | None:
        assert self._user is not None
        said = parse_dict_header(value)
        if len(self._nonces) > 1:
            del self._nonces[0]
            return [f"{self._challenges()[0]}, stale=true"]

        def md5(*parts: str) -> str:
            return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

        secret = md5(self._user.name, "proxy", self._user.password)
        right = md5(
            secret, said["nonce"], said["nc"], said["cnonce"], "auth", md5("CONNECT", authority)
        )
        is_ours = said["nonce"] == self._nonces[0] and said["uri"] == authority
        return self._counted(is_right=is_ours and said["response"] == right)

    def _ntlm(self, scheme: str, value: str, authority: str) -> list[str] | None:
        context = self._here.context
        if context is None:
            options = spnego.NegotiateOptions.use_ntlm
            context = self._here.context = spnego.server(protocol="ntlm", options=options)
        try:
            token = context.step(b64decode(value))
        except spnego.exceptions.SpnegoError:
            return self._counted(is_right=False)
        if not context.complete:
            return [f"{scheme} {b64encode(token or b'').decode()}"]
        return self._counted(is_right=True)

    # The tunnel

    def _connect(self, client: socket.socket, authority: str) -> None:
        host, _, port = authority.rpartition(":")
        try:
            server = socket.create_connection(self._reaches(host.strip("[]"), int(port)))
        except OSError:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        self._sockets.append(server)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        there = threading.Thread(target=_copy, args=(client, server), daemon=True)
        self._threads.append(there)
        there.start()
        _copy(server, client)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
