"""The bulk of a message, which does not go through what makes and reads the rest of it.

Nearly all of a long answer to a Receive is base64, of which XML has nothing to say. To put it
through the parser would make two more copies of it, at a third of what decoding it costs. So where
the start tag of a Stream is followed by a long text, that is cut out and a mark put in its place,
and whoever reads the Stream decodes what the mark stands for, where it lies in the bytes that came.
The Streams of one answer mostly begin alike, to the byte, and then one element stands for all of
them, since to read an element takes longer than to cut a text.

The bulk of a Send is likewise put into the bytes of the rest, once; as a part of its text it would
be copied four times, which takes longer than to make it.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from typing import Final

from mi.serial import document

__all__ = ["PLACE", "WORTH", "Texts", "cut", "filled", "plain"]

PLACE: Final = "\0"
"""Stands in a body for the base64 that comes later; no markup has it otherwise."""
WORTH: Final = 4096
"""Bytes from which on it is worth while."""

_LEAST: Final = 1024  # bytes; for less it is not worth it
_LOOKED_AT: Final = 64  # tags after which their number is held against what lies between them
_STREAM: Final = re.compile(rb"<((?:[\w.-]+:)?Stream)(?:\s[^<>]*[^<>/])?>")

Texts = dict[str, list[memoryview]]
"""What was taken out of a message, by the marks that stand for it; none is a text in base64."""


def cut(data: bytes) -> tuple[bytes, Texts]:
    """Return an envelope with marks for the long texts of its Streams, and those texts.

    Streams that follow one another, and begin alike, are one with the texts of all of them.
    """
    kept: list[bytes | memoryview] = []
    texts: Texts = {}
    whole = memoryview(data)
    find = data.find
    done = position = tags = 0
    while (name := find(b"Stream", position)) >= 0:
        tag = _STREAM.match(data, data.rfind(b"<", position, name))
        begin = name + 1 if tag is None else tag.end()
        end = find(b"<", begin)
        if end < 0 or (tags > _LOOKED_AT and end < tags * _LEAST):
            break
        if tag is not None and end - begin >= _LEAST:
            run, end = _run(data, tag, end)
            if run:
                mark = f"#{len(texts)}"
                kept += (whole[done:begin], mark.encode())
                texts[mark] = [whole[first:last] for first, last in run]
                done = end
        position, tags = end, tags + 1
    if not texts:
        return data, texts
    return b"".join((*kept, whole[done:])), texts


def _run(data: bytes, tag: re.Match[bytes], end: int) -> tuple[list[tuple[int, int]], int]:
    """Return where the texts are of the Streams that begin with `tag`, and where the last ends.

    Args:
        data: the envelope.
        tag: of the first of them.
        end: of the text of that one.
    """
    closing = b"</%s>" % tag[1]
    between = closing + tag[0]
    run: list[tuple[int, int]] = []
    begin, last = tag.end(), end
    while data.startswith(closing, end):
        run.append((begin, end))
        last = end
        if not data.startswith(between, end):
            break
        begin = end + len(between)
        end = data.find(b"<", begin)
    return run, last


def plain(text: memoryview) -> bytes:
    """Return a text as the parser reads it, which base64 is already: it holds no `&`.

    Raises:
        ProtocolError: it is none.
    """
    data = bytes(text)
    if b"&" not in data:
        return data
    element = b"<Stream>%s</Stream>" % data
    read = document.parse(element, limit=len(element), repair=True)
    return (read.root.text or "").encode()


def filled(envelope: bytes, data: bytes) -> bytes:
    """Return an envelope with the base64 of bytes in its place."""
    head, _, tail = envelope.partition(PLACE.encode())
    return b"".join((head, b2a_base64(data, newline=False), tail))
