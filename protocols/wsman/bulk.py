"""The bulk of a reply, taken out before the rest of it is parsed.

Nearly all of a long answer to a Receive is base64, of which XML has nothing to say: it holds
neither a `<` nor a `&`. To put it through the parser would make two more copies of it, at a third
of what decoding it costs. So where the start tag of a Stream is followed by a long text, that is
cut out and a mark put in its place, and whoever reads the Stream decodes what the mark stands for,
where it lies in the bytes that came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from mi.errors import ProtocolError

__all__ = ["cut", "restored"]

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
