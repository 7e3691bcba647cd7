"""The streams of a command: the input that a client sends it, the output that it fetches.

Both are pipes between the thread of the command and those of the client's connections. An output
pipe holds only so much that nobody has fetched, as Windows' do: a command that writes more waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from protocols.loopback.shells.attention import Attention, Terminated

__all__ = ["Input", "Output", "Piece", "Taken"]

_ROOM: Final = 1 << 20  # bytes of output that wait for the client
_READ: Final = 4096  # bytes that are read from a pipe at once, if they are there
_MORE: Final = 0.5  # seconds for which a reply waits for a command that is about to write more
_OVERHEAD: Final = 96  # of each piece in a reply, in bytes: its element has as many characters


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of one output stream, or its end."""

    stream: str
    data: bytes = field(default=b"", repr=False)
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What a client fetched.

    Attributes:
        pieces: in the order in which they were written.
        is_done: whether the command has ended and there is nothing more.
        exit_code: of a command that has ended; None where it never ran.
    """

    pieces: tuple[Piece, ...]
    is_done: bool = False
    exit_code: int | None = None


class Input:
    """What a client sends to a command; the command reads it while it runs."""

    def __init__(self, attention: Attention) -> None:
        self._attention = attention
        self._data = bytearray()
        self._is_ended = False

    @classmethod
    def holding(cls, data: bytes, attention: Attention) -> Input:
        """Return an input that has all of its data already."""
        made = cls(attention)
        made.feed(data, is_end=True)
        return made

    @property
    def is_ended(self) -> bool:
        """Whether the client has closed it."""
        return self._is_ended

    def feed(self, data: bytes, *, is_end: bool = False) -> None:
        """Add what the client sent."""
        with self._attention.condition:
            self._data += data
            self._is_ended = self._is_ended or is_end
            self._attention.condition.notify_all()

    def read(self) -> bytes:
        """Return everything up to the end, which is waited for.

        Raises:
            CtrlC, Terminated: this was asked meanwhile.
        """
        self._attention.wait_for(lambda: self._is_ended)
        return self._take(len(self._data))

    def read_some(self) -> bytes:
        """Return what is there, which is waited for; nothing at the end.

        Raises:
            CtrlC, Terminated: as for `read`.
        """
        self._attention.wait_for(lambda: bool(self._data) or self._is_ended)
        return self._take(len(self._data))

    def read_exactly(self, size: int) -> bytes:
        """Return so many bytes, which are waited for; fewer at the end.

        Raises:
            CtrlC, Terminated: as for `read`.
        """
        self._attention.wait_for(lambda: len(self._data) >= size or self._is_ended)
        return self._take(size)

    def read_line(self) -> bytes:
        r"""Return the next line with its `\n`, which is waited for; nothing at the end.

        Raises:
            CtrlC, Terminated: as for `read`.
        """
        self._attention.wait_for(lambda: b"\n" in self._data or self._is_ended)
        end = self._data.find(b"\n") + 1
        return self._take(end or len(self._data))

    def lines(self) -> Iterable[bytes]:
        r"""Return the lines as they come, each with its `\n`."""
        return iter(self.read_line, b"")

    def _take(self, size: int) -> bytes:
        with self._attention.condition:
            taken = bytes(self._data[:size])
            del self._data[:size]
            return taken


class Output:
    """What a command writes, in all of its streams; a client fetches it."""

    def __init__(
        self,
        names: Sequence[str],
        attention: Attention,
        room: int = _ROOM,
        *,
        keeps_pieces: bool = False,
    ) -> None:
        """Make it.

        Args:
            names: the streams; a write to another goes nowhere.
            attention: of the command that writes.
            room: bytes that may wait for the client.
            keeps_pieces: whether what is written at once is fetched at once and alone, as PSRP's
                fragments are; else it is a pipe, and what waits in it is one.
        """
        self._keeps_pieces = keeps_pieces
        self._names = tuple(names)
        self._attention = attention
        self._room = room
        self._pieces: deque[Piece] = deque()
        self._waiting = 0
        self._is_done = False
        self._exit_code: int | None = None

    @property
    def is_done(self) -> bool:
        """Whether the command has ended; something may still be there to be fetched."""
        return self._is_done

    def write(self, stream: str, data: bytes) -> None:
        """Write to a stream, as soon as there is room.

        Raises:
            CtrlC, Terminated: this was asked.
        """
        self.wait_for_room()
        self.put(stream, data)

    def wait_for_room(self) -> None:
        """Wait until there is room for more.

        Raises:
            CtrlC, Terminated: this was asked.
        """
        self._attention.wait_for(lambda: self._waiting < self._room)

    def put(self, stream: str, data: bytes) -> None:
        """Write to a stream, room or not."""
        if not data or stream not in self._names:
            return
        with self._attention.condition:
            last = self._pieces[-1] if self._pieces and not self._keeps_pieces else None
            if last is not None and last.stream == stream and len(last.data) < _READ:
                data = self._pieces.pop().data + data
                self._waiting -= len(last.data)
            self._pieces.append(Piece(stream, bytes(data)))
            self._waiting += len(data)
            self._attention.condition.notify_all()

    def end(self, exit_code: int | None) -> None:
        """End all streams; Windows closes each of them, whether it was used or not."""
        with self._attention.condition:
            self._pieces.extend(Piece(name, is_end=True) for name in self._names)
            self._is_done, self._exit_code = True, exit_code
            self._attention.condition.notify_all()

    def take(
        self,
        streams: Sequence[str],
        most: int,
        seconds: float,
        is_connected: Callable[[], bool],
    ) -> Taken | None:
        """Return what there is in some streams; None if nothing comes in time.

        Args:
            streams: which; what the others hold stays.
            most: bytes that may be returned, one at least.
            seconds: for how long to wait for something.
            is_connected: whether the client still waits.

        Raises:
            Terminated: the command was ended before it was done.
        """
        with self._attention.condition:
            if self._attention.watch(lambda: self._has_news(streams), seconds, is_connected):
                # What a command writes without waiting goes in as few replies on a machine that
                # has much else to do as on an idle one.
                self._attention.watch(lambda: self._is_settled(most), _MORE, is_connected)
            if self._attention.is_terminated and not self._is_done:
                raise Terminated
            if not self._has_news(streams):
                return None
            pieces = tuple(self._drain(streams, most))
            if self._is_done and not any(one.stream in streams for one in self._pieces):
                return Taken(pieces, is_done=True, exit_code=self._exit_code)
            return Taken(pieces)

    def _has_news(self, streams: Sequence[str]) -> bool:
        if self._is_done or self._attention.is_terminated:
            return True
        return any(one.stream in streams for one in self._pieces)

    def _is_settled(self, most: int) -> bool:
        """Whether to wait for more would be in vain, or the reply is full."""
        is_over = self._is_done or self._attention.is_terminated or not self._attention.is_busy
        return is_over or self._waiting >= min(most, self._room)

    def _drain(self, streams: Sequence[str], most: int) -> Iterable[Piece]:
        """Take out what fits; what is kept whole goes alone if it is longer than that."""
        kept: deque[Piece] = deque()
        is_first = True
        while self._pieces:
            piece = self._pieces.popleft()
            if piece.stream not in streams:
                kept.append(piece)
            elif piece.is_end:
                yield piece
            elif most <= 0 or (self._keeps_pieces and len(piece.data) > most and not is_first):
                kept.append(piece)
                break
            else:
                if len(piece.data) > most and not self._keeps_pieces:
                    self._pieces.appendleft(Piece(piece.stream, piece.data[most:]))
                    piece = Piece(piece.stream, piece.data[:most])
                is_first = False
                most -= len(piece.data) + _OVERHEAD
                self._waiting -= len(piece.data)
                yield piece
        self._pieces.extendleft(reversed(kept))
        self._attention.condition.notify_all()
