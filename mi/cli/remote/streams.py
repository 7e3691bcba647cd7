"""What a command on a host writes, passed on to the standard streams as it comes."""

from __future__ import annotations

import sys
from typing import BinaryIO, Protocol, TextIO

from mi.output_text import Text
from mi.shell_calls import Output

__all__ = ["LocalStreams"]


class LocalStreams:
    """Writes each stream of a command to the one of the same name here.

    Text is decoded, and its line ends are this machine's; a lone CR, with which programs redraw a
    line, stays one. Without an encoding the bytes go on as they are.
    """

    def __init__(self, encoding: str | None) -> None:
        """Begin to write.

        Args:
            encoding: of what the command writes, or None.
        """
        self._streams = {
            "stdout": _stream(sys.stdout, encoding),
            "stderr": _stream(sys.stderr, encoding),
        }

    def write(self, piece: Output) -> None:
        """Pass a piece on; one of a stream that nobody knows is passed over."""
        stream = self._streams.get(piece.stream)
        if stream is not None:
            stream.write(piece.data)

    def end(self) -> None:
        """Write what is left of characters and line ends that were cut."""
        for stream in self._streams.values():
            stream.end()


class _Stream(Protocol):
    def write(self, data: bytes) -> None: ...

    def end(self) -> None: ...


def _stream(stream: TextIO, encoding: str | None) -> _Stream:
    return _Bytes(stream.buffer) if encoding is None else _Decoded(stream, encoding)


class _Bytes:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        self._stream.write(data)
        self._stream.flush()

    def end(self) -> None:
        """Leave it: bytes are whole."""


class _Decoded:
    def __init__(self, stream: TextIO, encoding: str) -> None:
        self._stream = stream
        self._text = Text(encoding)
        self._held = ""  # a CR whose LF may be in the next piece

    def write(self, data: bytes) -> None:
        self._put(self._text.feed(data))

    def end(self) -> None:
        self._put(self._text.feed(b"", is_end=True))
        self._stream.write(self._held)
        self._stream.flush()

    def _put(self, text: str) -> None:
        said = self._held + text
        self._held = "\r" if said.endswith("\r") else ""
        self._stream.write(said.removesuffix("\r").replace("\r\n", "\n"))
        self._stream.flush()
