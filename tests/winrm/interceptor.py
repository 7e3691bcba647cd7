"""What opens TLS on the way, as some proxies do: a dialer that stands in between."""

from __future__ import annotations

import contextlib
import hashlib
import select
import socket
import ssl
import threading

from protocols.loopback import Endpoint
from tests.winrm.authority import Authority


class Interceptor:
    """Opens TLS with a certificate of its own, and passes on what comes.

    Attributes:
        fingerprint: the SHA-256 of the certificate that it shows.
    """

    def __init__(self, endpoint: Endpoint, authority: Authority, name: str) -> None:
        """Stand in between whoever dials by this and an endpoint.

        Args:
            endpoint: what is reached.
            authority: issues the certificate that is shown.
            name: whom that is for, and what the endpoint's own certificate is checked for.
        """
        self._endpoint = endpoint
        self._name = name
        self._context = authority.server(name)
        self.fingerprint = hashlib.sha256(authority.issued).hexdigest()
        self._threads: list[threading.Thread] = []

    def __call__(self, host: str, port: int, timeout: float | None) -> socket.socket:
        ours, theirs = socket.socketpair()
        self._threads.append(threading.Thread(target=self._serve, args=(theirs,), daemon=True))
        self._threads[-1].start()
        return ours

    def _serve(self, theirs: socket.socket) -> None:
        plain = ssl.create_default_context(cafile=self._endpoint.ca_file)
        with (
            self._context.wrap_socket(theirs, server_side=True) as client,
            socket.create_connection((self._endpoint.host, self._endpoint.port)) as reached,
            plain.wrap_socket(reached, server_hostname=self._name) as server,
        ):
            _pass_on(client, server)

    def close(self) -> None:
        for thread in self._threads:
            thread.join(10)


def _pass_on(client: ssl.SSLSocket, server: ssl.SSLSocket) -> None:
    """Pass on what comes until either end closes; in one thread, for OpenSSL takes no more."""
    across = {client: server, server: client}
    with contextlib.suppress(OSError):
        while True:
            pending = [one for one in across if one.pending()]
            for one in pending or select.select(list(across), [], [])[0]:
                one.settimeout(0)  # what came may be no data: a ticket of TLS 1.3
                with contextlib.suppress(ssl.SSLWantReadError):
                    data = one.recv(65536)
                    if not data:
                        return
                    across[one].settimeout(10)
                    across[one].sendall(data)
