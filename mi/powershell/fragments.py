"""Fragments of PowerShell remoting (MS-PSRP 2.2.4), as far as they must be looked at.

psrpcore takes them apart, and relies on getting whole ones that are honest. Pieces of output may
end anywhere, and what is in them was written by others.
"""

from __future__ import annotations

import struct
from typing import Final

from mi.errors import ProtocolError

__all__ = ["FragmentReader", "fragment_limit"]

_HEADER: Final = struct.Struct(">QQBI")  # object, number, flags, length
_LAST: Final = 2
_MESSAGE_HEADER: Final = 40  # bytes of an object that are no XML, but numbers and GUIDs (2.2.1)
_MOST_BYTES: Final = 256 << 20  # of one object
_MOST_OPEN: Final = 1000  # objects of which the last fragment has not come
_DECLARATION: Final = b"<!"  # of a DOCTYPE or an entity; what serializes objects writes none
_OVERHEAD: Final = 4096  # bytes of an envelope around what it carries
_LEAST: Final = 1024


def fragment_limit(envelope_size: int) -> int:
    """Return how many bytes of fragments fit into an envelope, of which base64 makes 4 of 3."""
    return max(_LEAST, (envelope_size - _OVERHEAD) // 4 * 3)


class FragmentReader:
    """Takes output in pieces, gives whole fragments."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._sizes: dict[int, int] = {}
        self._ends: dict[int, bytes] = {}

    def feed(self, data: bytes) -> list[bytes]:
        """Return the fragments that `data` completes.

        Raises:
            ProtocolError: an object is larger than any may be, too many are open, or one has an
                XML declaration that none needs.
        """
        self._rest += data
        found: list[bytes] = []
        end = 0
        while len(self._rest) - end >= _HEADER.size:
            number, _, flags, length = _HEADER.unpack_from(self._rest, end)
            self._count(number, length)
            begin = end + _HEADER.size
            if len(self._rest) < begin + length:
                self._sizes[number] -= length  # it is counted again once it is whole
                break
            found.append(bytes(self._rest[end : begin + length]))
            end = begin + length
            binary = max(0, _MESSAGE_HEADER - (self._sizes[number] - length))
            self._look_at(number, found[-1][_HEADER.size + binary :])
            if flags & _LAST:
                del self._sizes[number], self._ends[number]
        del self._rest[:end]
        return found

    def _count(self, number: int, length: int) -> None:
        self._sizes[number] = size = self._sizes.get(number, 0) + length
        if size > _MOST_BYTES or len(self._sizes) > _MOST_OPEN:
            raise ProtocolError(
                f"PowerShell sends an object of {size} bytes, of {len(self._sizes)} at a time"
            )

    def _look_at(self, number: int, content: bytes) -> None:
        text = self._ends.get(number, b"") + content
        if _DECLARATION in text:
            raise ProtocolError("PowerShell sends an object with an XML declaration")
        self._ends[number] = text[-1:]
