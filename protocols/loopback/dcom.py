"""A server of WMI over DCOM on this machine's loopback interface, for tests and documentation.

    with DcomEndpoint() as endpoint:
        options = endpoint.options()
        with mi.connect(endpoint.host, protocol="WMIDCOM", options=options) as session:
            ...

It has two ports, as Windows has: one where objects are made, which is 135 there, and one where they
are, which clients are told. It serves the same repository in memory as `http.Endpoint`, to one user
made up for it. It is for tests: it binds to loopback alone, and has no limits against a hostile
client.
"""

from __future__ import annotations

import contextlib

from protocols.loopback.acceptor import Policy
from protocols.loopback.listening import Listening
from protocols.loopback.peer import Peer
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Repository
from protocols.loopback.rpc.answers import Answers
from protocols.loopback.rpc.connection import Counts, RpcConnection

__all__ = ["DcomEndpoint"]


class DcomEndpoint(Listening):
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
            InvalidParameter: the host is not a loopback address, or the port is none.
        """
        super().__init__(host, port)
        self.object_port = 0
        self.repository = sample_repository() if repository is None else repository
        self._policy = Policy(self.user, (), keytab=keytab, principal=principal)
        self._answers = Answers(self.repository, host, patience)
        self._counts = Counts()

    def _begin(self, stack: contextlib.ExitStack) -> None:
        listeners = [stack.enter_context(self._ports.listener(port)) for port in (self.port, 0)]
        self.port, self.object_port = (one.getsockname()[1] for one in listeners)
        self._answers.own.port = self.object_port
        release = self._answers.exporter.close
        stack.enter_context(self._ports.served(listeners, self._connection, release))
        stack.callback(release)  # so that whoever waits is told before the connection ends

    def _connection(self, peer: Peer, _: int, port: int) -> RpcConnection:
        return RpcConnection(peer, self._answers, self._policy, self._counts, port)

    def forget_objects(self) -> None:
        """End every object that a client holds, as a service does that is restarted."""
        self._answers.exporter.close()

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
