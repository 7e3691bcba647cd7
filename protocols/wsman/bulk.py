"""The bulk of a message, which does not go through what makes and reads the rest of it.

Nearly all of a long answer to a Receive is base64, of which XML has nothing to say: it holds
neither a `<` nor a `&`. To put it through the parser would make two more copies of it, at a third
of what decoding it costs. So where the start tag of a Stream is followed by a long text, that is
cut out and a mark put in its place, and whoever reads the Stream decodes what the mark stands for,
where it lies in the bytes that came.

The bulk of a Send is likewise put into the bytes of the rest, once; as a part of its text it would
be copied four times, which takes longer than to make it.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Sequence
from typing import Final

from mi.errors import ProtocolError

__all__ = ["PLACE", "WORTH", "cut", "filled", "restored"]

PLACE: Final = "\0"
"""Stands in a body for the base64 that comes later; no markup has it otherwise."""
WORTH: Final = 4096
"""Bytes from which on it is worth while."""

_LEAST: Final = 1024  # bytes; for less it is not worth it
_LOOKED_AT: Final = 64  # tags after which their number is held against what lies between them
_STREAM: Final = re.compile(rb"<(?:[\w.-]+:)?Stream(?:\s[^<>]*[^<>/])?>")
_MARK: Final = b"#"  # no character of base64


def cut(data: bytes) -> tuple[bytes, list[memoryview]]:
    """Return an envelope with marks for the long texts of its Streams, and those texts."""
    kept: list[bytes | memoryview] = []
    texts: list[memoryview] = []
    whole = memoryview(data)
    find = data.find
    done = position = tags = 0
    while (name := find(b"Stream", position)) >= 0:
        tag = _STREAM.match(data, data.rfind(b"<", position, name))
        begin = name + 1 if tag is None else tag.end()
        end = find(b"<", begin)
        if end < 0 or (tags > _LOOKED_AT and end < tags * _LEAST):
            break
        if tag is not None and end - begin >= _LEAST and find(b"&", begin, end) < 0:
            kept += (whole[done:begin], b"%s%d" % (_MARK, len(texts)))
            texts.append(whole[begin:end])
            done = end
        position, tags = end, tags + 1
    if not texts:
        return data, texts
    return b"".join((*kept, whole[done:])), texts


def filled(envelope: bytes, data: bytes) -> bytes:
    """Return an envelope with the base64 of bytes in its place."""
    head, _, tail = envelope.partition(PLACE.encode())
    return b"".join((head, b2a_base64(data, newline=False), tail))


def restored(text: str, texts: Sequence[memoryview]) -> str | memoryview:
    """Return the text of a Stream: what its mark stands for, or else itself.

    Raises:
        ProtocolError: it is a mark that stands for nothing.
    """
    if text[0] != "#":
        return text
    try:
        return texts[int(text[1:])]
    except (ValueError, IndexError) as error:
        raise ProtocolError("a stream is not base64: it begins with '#'") from error
