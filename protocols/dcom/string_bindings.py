"""Where an object exporter listens and how it wants to be logged on to (MS-DCOM 2.2.19)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

from mi.errors import ProtocolError
from protocols.dcom.ndr import NdrReader, NdrWriter

__all__ = ["TCP", "DualStringArray", "SecurityBinding", "StringBinding"]

TCP: Final = 7
"""The tower identifier of ncacn_ip_tcp (MS-RPCE 2.1.1.1)."""

_RESERVED: Final = 0xFFFF  # of a SECURITYBINDING, "MUST be 0xffff"
_ENDPOINT: Final = re.compile(r"(?P<host>.*)\[(?P<port>[0-9]{1,5})\]")
_HIGHEST_PORT: Final = 65535
_HEAD: Final = struct.Struct("<HH")


class StringBinding(NamedTuple):
    """One address.

    Attributes:
        tower: what is spoken there, such as `TCP`.
        address: a host, and mostly an endpoint in brackets: `server01[49670]`.
    """

    tower: int
    address: str

    @property
    def port(self) -> int | None:
        """The TCP port, or None where the address has none."""
        found = _ENDPOINT.fullmatch(self.address)
        if self.tower != TCP or found is None:
            return None
        port = int(found["port"])
        return port if 0 < port <= _HIGHEST_PORT else None


class SecurityBinding(NamedTuple):
    """One way to log on.

    Attributes:
        service: the authentication service (MS-RPCE 2.2.1.1.7).
        principal: the server's name for it, or "".
    """

    service: int
    principal: str


@dataclass(frozen=True, slots=True)
class DualStringArray:
    """A DUALSTRINGARRAY.

    Attributes:
        addresses: where the exporter listens, the best first.
        securities: how it wants to be logged on to.
    """

    addresses: tuple[StringBinding, ...] = ()
    securities: tuple[SecurityBinding, ...] = ()

    @property
    def port(self) -> int | None:
        """The port of the first address that has one and is TCP's."""
        return next((one.port for one in self.addresses if one.port is not None), None)

    def write(self, writer: NdrWriter) -> None:
        """Write it as the structure of the IDL, with its size before it."""
        words, offset = self._words()
        writer.u32(len(words) // 2)
        writer.u16(len(words) // 2, offset)
        writer.raw(words)

    def packet(self) -> bytes:
        """Return it as it stands at the end of an OBJREF."""
        words, offset = self._words()
        return _HEAD.pack(len(words) // 2, offset) + words

    def _words(self) -> tuple[bytes, int]:
        first = b"".join(
            struct.pack("<H", one.tower) + _wide(one.address) for one in self.addresses
        )
        second = b"".join(
            struct.pack("<HH", one.service, _RESERVED) + _wide(one.principal)
            for one in self.securities
        )
        if not first and not second:
            return b"", 0
        first += b"\0\0"
        return first + second + b"\0\0", len(first) // 2

    @classmethod
    def read(cls, reader: NdrReader) -> DualStringArray:
        """Read the structure of the IDL.

        Raises:
            ProtocolError: its sizes contradict one another.
        """
        size = reader.u32()
        entries, offset = reader.u16(), reader.u16()
        reader.expect(entries, size, "the size of a DUALSTRINGARRAY")
        return cls._read(reader.raw(2 * entries), offset)

    @classmethod
    def read_packet(cls, data: bytes) -> DualStringArray:
        """Read what stands at the end of an OBJREF, and maybe something after it.

        Raises:
            ProtocolError: it ends early, or its sizes contradict one another.
        """
        reader = NdrReader(data)
        entries, offset = reader.u16(), reader.u16()
        return cls._read(reader.raw(2 * entries), offset)

    @classmethod
    def _read(cls, data: bytes, offset: int) -> DualStringArray:
        words = struct.unpack(f"<{len(data) // 2}H", data)
        if offset > len(words):
            raise ProtocolError("the security bindings begin after the end of their array")
        addresses = _texts(words[:offset], 1)
        securities = _texts(words[offset:], 2)
        return cls(
            tuple(StringBinding(head[0], text) for head, text in addresses),
            tuple(SecurityBinding(head[0], text) for head, text in securities),
        )


def _wide(text: str) -> bytes:
    return f"{text}\0".encode("utf-16-le", "surrogatepass")


def _texts(words: tuple[int, ...], head: int) -> list[tuple[tuple[int, ...], str]]:
    """Return the strings of one half, each with what stands before it."""
    found = []
    where = 0
    while where < len(words) and words[where]:
        start = where + head
        try:
            end = words.index(0, start)
        except ValueError:
            raise ProtocolError("a string in a DUALSTRINGARRAY does not end") from None
        text = struct.pack(f"<{end - start}H", *words[start:end])
        found.append((words[where:start], text.decode("utf-16-le", "surrogatepass")))
        where = end + 1
    return found
