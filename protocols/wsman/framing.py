"""Sealed messages in HTTP bodies: multipart/encrypted, written and cut apart (MS-WSMV 2.2.9.1).

    --Encrypted Boundary
    <TAB>Content-Type: application/HTTP-SPNEGO-session-encrypted
    <TAB>OriginalContent: type=application/soap+xml;charset=UTF-8;Length=<bytes before sealing>
    --Encrypted Boundary
    <TAB>Content-Type: application/octet-stream
    <length of the header, 32 bits, low byte first><header><sealed bytes>--Encrypted Boundary--

Sealed bytes may hold anything, the boundary too, so nothing is ever searched in them: they are cut
by the lengths that stand before them. What the specification leaves open is read as it is sent:
without the TABs and with a CRLF too many (OMI), with a space in the boundary (Exchange), with
several parts (CredSSP, whose TLS records tell their own length).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from mi.errors import ProtocolError

__all__ = [
    "CREDSSP",
    "KERBEROS",
    "LARGEST_PART",
    "SPNEGO",
    "SealedPart",
    "content_type",
    "frame",
    "is_sealed",
    "split",
]

SPNEGO: Final = "application/HTTP-SPNEGO-session-encrypted"
"""The protocol of whatever was authenticated as Negotiate, Kerberos inside it included."""
KERBEROS: Final = "application/HTTP-Kerberos-session-encrypted"
CREDSSP: Final = "application/HTTP-CredSSP-session-encrypted"

LARGEST_PART: Final = 16384
"""Bytes of plain text in one part with CredSSP: those of a TLS record. Others never divide."""

_BOUNDARY: Final = "Encrypted Boundary"
_ONE_PART: Final = "multipart/encrypted"
_SEVERAL_PARTS: Final = "multipart/x-multi-encrypted"
_LONGEST_BOUNDARY: Final = 70  # RFC 2046 5.1.1
_LONGEST_LINE: Final = 1024
_LONGEST_HEADER: Final = 4096  # a Kerberos header has 60 bytes, NTLM's 16, CredSSP's 64 at most
_MOST_LINES: Final = 8
_TLS_RECORD_HEADER: Final = 5
_TLS_TYPES: Final = range(20, 24)  # RFC 8446 5.1; none of them is a dash

_PARAMETER: Final = re.compile(r';\s*([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|([^;"]*))')
_USUAL_FIELDS: Final = (
    rb"(\t?)Content-Type: (application/HTTP-[A-Za-z]{1,40}-session-encrypted)\r\n"
    rb"\t?OriginalContent: type=application/soap\+xml;charset=([A-Za-z0-9-]{1,40})"
    rb";Length=([0-9]{1,10})\r\n"
)
_USUAL_OCTETS: Final = rb"\t?Content-Type: application/octet-stream\r\n([\0-\xff]{4})"
_LENGTH: Final = re.compile(r"[0-9]{1,10}\Z")


@dataclass(frozen=True, slots=True)
class SealedPart:
    """One sealed message, or with CredSSP one of its pieces.

    Attributes:
        protocol: one of the constants of this module.
        charset: of the text that is sealed.
        length: its bytes before sealing; OMI counts the zeros that it pads it with.
        header: the signature or header. With CredSSP, and with Kerberos by OMI, it is only the
            beginning of what belongs to `sealed`: join the two.
        sealed: the sealed bytes, as a view of the body: a copy would cost a tenth of unsealing.
        has_tabs: whether the sender writes TABs; OMI does not, and accepts none.
    """

    protocol: str
    charset: str
    length: int
    header: bytes
    sealed: bytes | memoryview
    has_tabs: bool = True


def content_type(protocol: str, *, parts: int = 1) -> str:
    """Return the Content-Type of a body with so many sealed parts."""
    kind = _ONE_PART if parts == 1 else _SEVERAL_PARTS
    return f'{kind};protocol="{protocol}";boundary="{_BOUNDARY}"'


def is_sealed(content_type: str) -> bool:
    """Return whether a body of this Content-Type is sealed."""
    return content_type.partition(";")[0].strip().lower() in (_ONE_PART, _SEVERAL_PARTS)


def frame(
    protocol: str,
    parts: Iterable[tuple[bytes, bytes, int]],
    *,
    charset: str = "UTF-8",
    has_tabs: bool = True,
) -> bytes:
    """Return the body that holds sealed parts.

    Args:
        protocol: one of the constants of this module.
        parts: of each, the header, the sealed bytes, and the length before sealing.
        charset: of the text that is sealed.
        has_tabs: whether part headers begin with a TAB, as Windows wants them; OMI refuses it.
    """
    tab = "\t" if has_tabs else ""
    pieces = []
    for header, sealed, length in parts:
        head = (
            f"--{_BOUNDARY}\r\n{tab}Content-Type: {protocol}\r\n"
            f"{tab}OriginalContent: type=application/soap+xml;charset={charset};Length={length}\r\n"
            f"--{_BOUNDARY}\r\n{tab}Content-Type: application/octet-stream\r\n"
        )
        pieces += [head.encode(), len(header).to_bytes(4, "little"), header, sealed]
    pieces.append(f"--{_BOUNDARY}--\r\n".encode())
    return b"".join(pieces)


def split(content_type: str, body: bytes) -> list[SealedPart]:
    """Return the sealed parts of a body.

    Raises:
        ProtocolError: it is not framed so, a length in it is wrong, or it is not complete.
    """
    layout = _layout(content_type)
    part = _only_part(body, layout)
    return _Reader(body, layout).parts() if part is None else [part]


class _Layout(NamedTuple):
    """What a Content-Type tells about its body: the protocol, and what stands between parts.

    Attributes:
        protocol: of the parts, if it is told.
        between: matches what stands before the fields of a part and after them.
        end: matches what stands after the last part.
        usual: matches all that stands before the bytes of a part written as everybody does.
    """

    protocol: str | None
    between: re.Pattern[bytes]
    end: re.Pattern[bytes]
    usual: re.Pattern[bytes]


@lru_cache(maxsize=8)
def _layout(content_type: str) -> _Layout:
    """Return the layout by a Content-Type, which a server writes the same every time."""
    if not is_sealed(content_type):
        raise ProtocolError(f"the message is not sealed; its content type is {content_type!r}")
    parameters = _parameters(content_type)
    boundary = parameters.get("boundary", "")
    if not boundary.isascii() or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise ProtocolError(f"the sealed message names no usable boundary: {content_type!r}")
    dashed = rb"(?:\r\n)?--[ ]?" + re.escape(boundary.encode())
    between = dashed + rb"[ \t]*\r\n"
    return _Layout(
        parameters.get("protocol"),
        re.compile(between),
        re.compile(dashed + rb"--[ \t]*(?:\r\n)*\Z"),
        re.compile(between + _USUAL_FIELDS + between + _USUAL_OCTETS),
    )


def _only_part(body: bytes, layout: _Layout) -> SealedPart | None:
    """Return the part of a body that has one, written as everybody does; None is any other body.

    Nearly every reply is such a body, and a reader of lines takes four times as long.
    """
    usual = layout.usual.match(body)
    if usual is None:
        return None
    tab, written, charset, digits, size = usual.groups()
    protocol, length = written.decode(), int(digits)
    start = usual.end() + int.from_bytes(size, "little")
    is_other = protocol != layout.protocol or protocol.lower() == CREDSSP.lower()
    if is_other or start - usual.end() > _LONGEST_HEADER:
        return None
    if layout.end.match(body, start + length) is None:
        return None
    header, sealed = body[usual.end() : start], memoryview(body)[start : start + length]
    return SealedPart(protocol, charset.decode(), length, header, sealed, bool(tab))


def _parameters(value: str) -> dict[str, str]:
    """Return the parameters of a header by their names in lower case."""
    found = _PARAMETER.findall(value)
    return {name.lower(): (quoted or bare.strip()) for name, quoted, bare in found}


class _Reader:
    """Reads a body from its start to its end, once."""

    def __init__(self, body: bytes, layout: _Layout) -> None:
        self._body = body
        self._position = 0
        self._protocol, self._between, self._end, _ = layout

    def parts(self) -> list[SealedPart]:
        parts = []
        self._expect_boundary()
        while True:
            parts.append(self._part())
            if self._end.match(self._body, self._position):
                return parts
            self._expect_boundary()

    def _expect_boundary(self) -> None:
        if not self._at_boundary():
            raise ProtocolError(f"the sealed message has no boundary at byte {self._position}")

    def _at_boundary(self) -> bool:
        found = self._between.match(self._body, self._position)
        if found is None:
            return False
        self._position = found.end()
        return True

    def _part(self) -> SealedPart:
        fields, has_tabs = self._fields()
        protocol = fields.get("content-type", "")
        if not protocol or (self._protocol or protocol).lower() != protocol.lower():
            raise ProtocolError(f"a sealed part is of the protocol {protocol!r}, which is not ours")
        original = _parameters(f";{fields.get('originalcontent', '')}")
        length = original.get("length", "")
        if not _LENGTH.match(length):
            raise ProtocolError(f"a sealed part does not say its length: {length!r}")
        self._expect_octets()
        header, sealed = self._octets(int(length), is_tls=protocol.lower() == CREDSSP.lower())
        charset = original.get("charset", "UTF-8")
        return SealedPart(protocol, charset, int(length), header, sealed, has_tabs)

    def _fields(self) -> tuple[dict[str, str], bool]:
        """Return the fields up to the next boundary, and whether a TAB stands before them."""
        fields: dict[str, str] = {}
        has_tabs = self._body.startswith(b"\t", self._position)
        for _ in range(_MOST_LINES):
            if self._at_boundary():
                return fields, has_tabs
            name, value = self._field()
            fields[name] = value
        raise ProtocolError("a sealed part has too many fields")

    def _field(self) -> tuple[str, str]:
        """Return the name, in lower case, and the value of the field in this line."""
        end = self._body.find(b"\r\n", self._position, self._position + _LONGEST_LINE)
        if end < 0:
            raise ProtocolError(
                f"the sealed message is cut off or garbled at byte {self._position}"
            )
        line = self._body[self._position : end].decode("latin-1")
        self._position = end + 2
        name, _, value = line.partition(":")
        return name.strip().lower(), value.strip()

    def _expect_octets(self) -> None:
        name, value = self._field()
        if (name, value.lower()) != ("content-type", "application/octet-stream"):
            raise ProtocolError(f"a sealed part has {name}: {value} where its bytes should be")

    def _octets(self, length: int, *, is_tls: bool) -> tuple[bytes, bytes | memoryview]:
        """Return the header and the sealed bytes; a seal leaves the length as it is, but TLS."""
        header_length = int.from_bytes(self._take(4), "little")
        if header_length > _LONGEST_HEADER:
            raise ProtocolError(f"a sealed part claims a header of {header_length} bytes")
        if not is_tls:
            return self._take(header_length), self._view(length)
        records = self._take(self._tls_length())
        if len(records) < max(length, header_length):
            raise ProtocolError(
                f"a sealed part has {len(records)} bytes of TLS records for {length} of its own"
            )
        return records[:header_length], records[header_length:]

    def _tls_length(self) -> int:
        """Return the bytes of the TLS records that begin here."""
        position = self._position
        while position < len(self._body) and self._body[position] in _TLS_TYPES:
            payload = int.from_bytes(self._body[position + 3 : position + _TLS_RECORD_HEADER])
            position += _TLS_RECORD_HEADER + payload
        return position - self._position

    def _take(self, count: int) -> bytes:
        return bytes(self._view(count))

    def _view(self, count: int) -> memoryview:
        taken = memoryview(self._body)[self._position : self._position + count]
        if len(taken) < count:
            raise ProtocolError(
                f"the sealed message is cut off: {count} bytes should follow byte"
                f" {self._position}, but there are {len(taken)}"
            )
        self._position += count
        return taken
