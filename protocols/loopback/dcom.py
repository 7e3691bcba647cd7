"""A server of WMI over DCOM on this machine's loopback interface, for tests and documentation.

    with DcomEndpoint() as endpoint:
        options = mi.DestinationOptions(
            destination_port=endpoint.port, credentials=endpoint.credentials
        )
        with mi.connect(endpoint.host, protocol="WMIDCOM", options=options) as session:
            ...

It has two ports, as Windows has: one where objects are made, which is 135 there, and one where they
are, which clients are told. It serves the same repository in memory as `http.Endpoint`, to one user
made up for it. It is for tests: it binds to loopback alone, and has no limits against a hostile
client.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from types import TracebackType
from typing import Final, Self

from mi.credentials import Credentials, Scheme
from mi.errors import InvalidParameter
from protocols.loopback.acceptor import Policy
from protocols.loopback.peer import Peer
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Repository
from protocols.loopback.rpc.answers import Answers
from protocols.loopback.rpc.connection import Counts, RpcConnection
from protocols.loopback.users import User, registered

__all__ = ["DcomEndpoint"]

_LONGEST_END: Final = 10.0  # seconds that a thread may take to end


class DcomEndpoint:
    """A DCOM server for as long as its context lasts.

    Attributes:
        host: the address it listens on.
        port: the port where objects are made; 0 before it listens.
        object_port: the port where they are.
        user: the only user it accepts.
        repository: what it serves.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that differs between servers
        self,
        repository: Repository | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        keytab: str | None = None,
        principal: str | None = None,
        patience: float | None = None,
    ) -> None:
        """Make an endpoint, which does nothing yet.

        Args:
            repository: what to serve; the sample if None.
            host: an address of the loopback interface.
            port: where objects are made; 0 for any that is free.
            keytab: the file with its Kerberos keys, without which it takes no Kerberos.
            principal: the user by Kerberos' name, `user@REALM`.
            patience: seconds after which an object goes that its client does not ask to keep, which
                on Windows are six minutes; None is never.

        Raises:
            InvalidParameter: the host is not a loopback address.
        """
        if not ipaddress.ip_address(host).is_loopback:
            raise InvalidParameter(
                f"{host} is not an address of the loopback interface",
                advice="This endpoint is for tests; it does not serve other machines.",
            )
        self.host, self.port, self.object_port = host, port, 0
        self.user = User.random()
        self.repository = sample_repository() if repository is None else repository
        self._policy = Policy(self.user, (), keytab=keytab, principal=principal)
        self._answers = Answers(self.repository, host, patience)
        self._counts = Counts()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._accepted = 0
        self._open: dict[threading.Thread, RpcConnection] = {}
        self._cleanup = contextlib.ExitStack()

    # Its life

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(registered(self.user))
            self.object_port = self._listen(stack, 0)
            self._answers.own.port = self.object_port
            self.port = self._listen(stack, self.port)
            stack.callback(self._begin_end)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every connection and thread; twice is allowed."""
        self._cleanup.close()

    def _listen(self, stack: contextlib.ExitStack, port: int) -> int:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, port), family=family)
        stack.callback(listener.close)
        bound: int = listener.getsockname()[1]
        thread = threading.Thread(target=self._accept, args=(listener, bound), name=f"dcom-{bound}")
        thread.start()
        stack.callback(self._end_listening, thread, bound)
        return bound

    def _accept(self, listener: socket.socket, port: int) -> None:
        while True:
            raw, _ = listener.accept()
            if self._closing.is_set():
                raw.close()
                return
            peer = Peer(raw, self._closing)
            connection = RpcConnection(peer, self._answers, self._policy, self._counts, port)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._accepted += 1
                self._open[thread] = connection
            thread.start()

    def _serve(self, connection: RpcConnection) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                del self._open[threading.current_thread()]

    def _begin_end(self) -> None:
        self._closing.set()
        self._answers.exporter.close()

    def _end_listening(self, listening: threading.Thread, port: int) -> None:
        # Closing a socket does not wake whoever accepts from it, and a client does.
        with socket.create_connection((self.host, port)):
            listening.join(_LONGEST_END)
        with self._lock:
            threads = list(self._open)
        self.drop_connections()
        for thread in threads:
            thread.join(_LONGEST_END)

    def drop_connections(self) -> None:
        """End every connection that is open, as a network does that fails."""
        with self._lock:
            connections = list(self._open.values())
        for connection in connections:
            connection.interrupt()

    def forget_objects(self) -> None:
        """End every object that a client holds, as a service does that is restarted."""
        self._answers.exporter.close()

    # What it is

    @property
    def credentials(self) -> Credentials:
        """The user's credentials for NTLM."""
        return self.credentials_for(Scheme.NTLM_DOMAIN)

    def credentials_for(self, scheme: Scheme | str) -> Credentials:
        """Return the user's credentials for a scheme that takes a password."""
        return Credentials.password(self.user.name, self.user.password, scheme=scheme)

    # What happened to it

    @property
    def calls(self) -> list[str]:
        """The methods that were called so far, by their names in MS-DCOM and MS-WMI; a copy."""
        return list(self._answers.calls)

    @property
    def logons(self) -> int:
        """Logons that succeeded: one for each connection."""
        return self._counts.logons

    @property
    def refused_logons(self) -> int:
        """Logons that failed: each of them could lock an account elsewhere."""
        return self._counts.refused

    @property
    def groups(self) -> int:
        """Association groups: connections of one client are in one."""
        return len(self._counts.groups)

    @property
    def pings(self) -> int:
        """How often clients asked for their objects to be kept alive."""
        return self._answers.own.pings

    @property
    def kept_objects(self) -> int:
        """Objects that clients ask to be kept alive."""
        return self._answers.exporter.kept

    @property
    def open_objects(self) -> int:
        """Objects to which clients hold references."""
        return len(self._answers.exporter)

    @property
    def connections(self) -> int:
        """Connections accepted so far."""
        return self._accepted

    @property
    def open_connections(self) -> int:
        """Connections that have not ended."""
        with self._lock:
            return len(self._open)
