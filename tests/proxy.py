"""A connection in between that does one thing wrong: at one byte, on its way up or down.

It knows nothing of HTTP. Bytes are counted in each direction over all connections, so a fault
happens once; what comes before and after it passes unchanged.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

__all__ = ["Direction", "Fault", "Kind", "Proxy"]

_PIECE: Final = 65_536
_TICK: Final = 0.005  # seconds between two looks at what does not come with an event
_RESET: Final = struct.pack("ii", 1, 0)  # of SO_LINGER: what is not sent is thrown away
_DELAY: Final = 0.03


class Direction(StrEnum):
    """Which way bytes go."""

    UP = "up"
    DOWN = "down"


class Kind(StrEnum):
    """What happens at the byte."""

    CUT = "cut"
    """Both ends are reset before it."""
    END = "end"
    """Nothing comes from it on: the receiver sees an orderly end, the sender a reset."""
    STALL = "stall"
    """Nothing comes from it on, and nobody is told."""
    DELAY = "delay"
    """It, and all after it, comes a moment later."""
    DUPLICATE = "duplicate"
    """It, and some after it, comes twice."""
    CORRUPT = "corrupt"
    """A bit of it is another."""
    LOSE = "lose"
    """It does not come; what is after it does."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: what.
        direction: on which way: up is to the server.
        offset: at which byte of all that go this way, from 0.
    """

    kind: Kind
    direction: Direction
    offset: int

    def applied(self, piece: bytes, place: int) -> bytes:
        """Return `piece` with the fault at `place`, where the fault changes bytes."""
        match self.kind:
            case Kind.DUPLICATE:
                end = place + 1 + self.offset % 40
                return piece[:end] + piece[place:]
            case Kind.CORRUPT:
                changed = bytearray(piece)
                changed[place] ^= 1 << self.offset % 8
                return bytes(changed)
            case Kind.LOSE:
                return piece[:place] + piece[place + 1 :]
            case _:
                return piece


@dataclass(eq=False)
class _End:
    """One end of a connection: a socket, what waits to be sent to it, and where its bytes go."""

    sock: socket.socket
    direction: Direction
    other: _End = field(init=False, repr=False)
    waiting: bytearray = field(default_factory=bytearray)
    held_until: float | None = None  # when what it sent may go on; infinity is never
    held: bytearray = field(default_factory=bytearray)
    is_at_end: bool = False
    is_closed: bool = False


class Proxy:
    """Passes bytes on to a port of this machine.

    Attributes:
        port: where clients connect.
        has_failed: whether the fault has happened.
        passed: the bytes that came to it from each side since `arm`.
    """

    def __init__(self, target: int) -> None:
        """Make a proxy to `target`, which does nothing yet."""
        self._target = target
        self._fault: Fault | None = None
        self.has_failed = False
        self.passed = dict.fromkeys(Direction, 0)
        self._ends: set[_End] = set()
        self._lock = threading.Lock()
        self._is_over = False

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name=f"proxy-{self.port}", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join(10)
        for end in list(self._ends):
            self._close(end)
        self._selector.close()
        self._listener.close()

    @property
    def connections(self) -> int:
        """Connections that are open at either end."""
        return len(self._ends) // 2

    def arm(self, fault: Fault | None) -> None:
        """Let something go wrong, or nothing any more; count from here on."""
        with self._lock:
            self._fault = fault
            self.has_failed = False
            self.passed = dict.fromkeys(Direction, 0)

    # The thread

    def _run(self) -> None:
        while not self._is_over:
            for key, events in self._selector.select(_TICK):
                if key.data is None:
                    self._accept()
                    continue
                end = key.data
                if events & selectors.EVENT_WRITE:
                    self._send(end)
                if events & selectors.EVENT_READ:
                    self._receive(end)
            self._look_round()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._target))
            ends = _End(client, Direction.UP), _End(server, Direction.DOWN)
            ends[0].other, ends[1].other = ends[1], ends[0]
            for end in ends:
                end.sock.settimeout(0)
                end.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ends.add(end)
                self._selector.register(end.sock, selectors.EVENT_READ, end)

    def _receive(self, end: _End) -> None:
        if end.is_closed or end.is_at_end:
            return
        try:
            piece = end.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            self._reset(end)
            return
        if piece:
            self._pass(end, piece)
        else:
            end.is_at_end = True
        self._update(end)
        self._update(end.other)

    def _pass(self, end: _End, piece: bytes) -> None:
        with self._lock:
            before = self.passed[end.direction]
            self.passed[end.direction] = before + len(piece)
            fault = self._fault
            place = -1 if fault is None else fault.offset - before
            if (
                fault is None
                or self.has_failed
                or fault.direction is not end.direction
                or not 0 <= place < len(piece)
            ):
                fault = None
            else:
                self.has_failed = True
        if end.held_until is not None:
            end.held += piece
        elif fault is None:
            end.other.waiting += piece
        elif fault.kind in (Kind.CUT, Kind.END):
            end.other.waiting += piece[:place]
            self._send(end.other)
            self._reset(end, is_told=fault.kind is Kind.END)
        elif fault.kind in (Kind.STALL, Kind.DELAY):
            end.other.waiting += piece[:place]
            end.held += piece[place:]
            is_for_ever = fault.kind is Kind.STALL
            end.held_until = float("inf") if is_for_ever else time.monotonic() + _DELAY
        else:
            end.other.waiting += fault.applied(piece, place)

    def _send(self, end: _End) -> None:
        while end.waiting and not end.is_closed:
            try:
                sent = end.sock.send(end.waiting)
            except BlockingIOError:
                break
            except OSError:
                self._reset(end)
                return
            del end.waiting[:sent]
        self._update(end)

    def _update(self, end: _End) -> None:
        """Wait for what can still happen at an end, and pass the end of the other one on."""
        if end.is_closed:
            return
        other = end.other
        if other.is_at_end and not end.waiting and not other.held:
            with contextlib.suppress(OSError):
                end.sock.shutdown(socket.SHUT_WR)
        if end.is_at_end and other.is_at_end and not end.waiting and not other.waiting:
            self._close(end)
            self._close(other)
            return
        events = 0 if end.is_at_end else selectors.EVENT_READ
        events |= selectors.EVENT_WRITE if end.waiting else 0
        registered = end.sock in self._selector.get_map()
        if events and registered:
            self._selector.modify(end.sock, events, end)
        elif events:
            self._selector.register(end.sock, events, end)
        elif registered:
            self._selector.unregister(end.sock)

    def _look_round(self) -> None:
        now = time.monotonic()
        for end in list(self._ends):
            if end.is_closed:
                continue
            if end.held_until is not None and end.held_until <= now:
                end.held_until = None
                end.other.waiting += end.held
                end.held.clear()
                self._send(end.other)
            if end.is_at_end and end.held_until is not None:
                end.held.clear()  # nobody waits for it
            # An end may be followed by a reset: the client did not read all that it was sent.
            if end.is_at_end and end.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._reset(end)
            self._update(end)

    def _reset(self, end: _End, *, is_told: bool = False) -> None:
        """Close both ends, with a reset; `is_told` lets the other one see an orderly end."""
        for one in (end, end.other):
            if not (is_told and one is end.other):
                with contextlib.suppress(OSError):
                    one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._close(one)

    def _close(self, end: _End) -> None:
        if end.is_closed:
            return
        end.is_closed = True
        if end.sock in self._selector.get_map():
            self._selector.unregister(end.sock)
        end.sock.close()
        self._ends.discard(end)
