"""An endpoint's ports: who connects to them is served in a thread of his own, until all ends."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from protocols.loopback.peer import Peer

__all__ = ["Arrival", "Ports", "Served"]

_LONGEST_END: Final = 10.0  # seconds that a thread may take to end
_PAUSE: Final = 0.02  # seconds before the next look, where nobody can be let in just now


class Served(Protocol):
    """One client's connection."""

    def serve(self) -> None:
        """Answer until either end is through; raise nothing."""
        ...

    def interrupt(self) -> None:
        """End it from another thread."""
        ...


Arrival = Callable[[Peer, int, int], Served]
"""Makes what serves a client: his end, the number of the connection from 1 on, and the port."""


class Ports:
    """Who listens on an address, and who is connected; any thread may ask.

    Attributes:
        accepted: the connections so far.
    """

    def __init__(self, host: str) -> None:
        """Do nothing yet; `host` is the address."""
        self._host = host
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, Served] = {}
        self.accepted = 0

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)

    def listener(self, port: int) -> socket.socket:
        """Return what listens on a port, 0 for any that is free; nobody is let in yet.

        Raises:
            OSError: another has the port, or it is not for everybody.
        """
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        made = socket.create_server((self._host, port), family=family)
        made.settimeout(0)  # whoever came may have gone before he is let in
        return made

    @contextlib.contextmanager
    def served(
        self, listeners: Sequence[socket.socket], arrive: Arrival, let_go: Callable[[], None]
    ) -> Iterator[None]:
        """Let clients in for as long as the context lasts, and then end every connection.

        Args:
            listeners: who listens.
            arrive: called for each client.
            let_go: called in the end, to wake whatever a connection waits for.
        """
        closing = threading.Event()
        # Closing a socket does not wake whoever waits for it; the end of this pair does. A client
        # of our own would, too, if it could be had: there may be no more files, or ports.
        ours, theirs = socket.socketpair()
        thread = threading.Thread(
            target=self._accept,
            args=(listeners, theirs, arrive, closing),
            name=f"loopback-{listeners[0].getsockname()[1]}",
            daemon=True,  # whoever forgets to close an endpoint can end all the same
        )
        with ours, theirs:
            thread.start()
            try:
                yield
            finally:
                closing.set()
                ours.close()
                thread.join(_LONGEST_END)
                self._end(let_go)

    def _accept(
        self,
        listeners: Sequence[socket.socket],
        end: socket.socket,
        arrive: Arrival,
        closing: threading.Event,
    ) -> None:
        with selectors.DefaultSelector() as selector:
            for one in (end, *listeners):
                selector.register(one, selectors.EVENT_READ, one)
            while True:
                for key, _ in selector.select():
                    if key.data is end:
                        return
                    self._let_in(key.data, arrive, closing)

    def _let_in(self, listener: socket.socket, arrive: Arrival, closing: threading.Event) -> None:
        try:
            raw, _ = listener.accept()
        except OSError:  # he is gone again, or the process has no more files
            closing.wait(_PAUSE)
            return
        raw.settimeout(None)  # on some platforms it is as its listener
        port = listener.getsockname()[1]
        connection = arrive(Peer(raw, closing), self.accepted + 1, port)
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        with self._lock:
            self.accepted += 1
            self._open[thread] = connection
        thread.start()

    def _serve(self, connection: Served) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                del self._open[threading.current_thread()]

    def _end(self, let_go: Callable[[], None]) -> None:
        with self._lock:
            threads = list(self._open)
        self.drop()
        let_go()
        for thread in threads:
            thread.join(_LONGEST_END)

    def drop(self) -> None:
        """End every connection that is open."""
        with self._lock:
            connections = list(self._open.values())
        for connection in connections:
            connection.interrupt()
