"""Text as MS-WMIO has it (2.2.78): a flag, then Latin-1 or UTF-16, then a null character.

Text whose characters are all below 256 must be Latin-1. Names that are met everywhere are not
written at all: a reference to one is its place in a dictionary (2.2.80).
"""

from __future__ import annotations

from typing import Final

from mi.errors import InvalidParameter, ProtocolError
from mi.values import shown

__all__ = ["DICTIONARY", "NOTHING", "encode", "of_dictionary", "read", "well_known"]

NOTHING: Final = 0xFFFFFFFF
"""The reference to nothing (2.2.69)."""
DICTIONARY: Final = 0x80000000
"""The bit that makes a reference one into the dictionary."""

_WORDS: Final = (
    '"', "key", "", "read", "write", "volatile", "provider", "dynamic", "cimwin32", "DWORD",
    "CIMTYPE",
)  # fmt: skip
_PLACES: Final = {word: DICTIONARY | place for place, word in enumerate(_WORDS)}
_COMPRESSED, _WIDE = 0, 1
# A lone surrogate is kept: a string of WMI's is any sequence of code units.
_UTF16: Final = ("utf-16-le", "surrogatepass")


def well_known(name: str) -> int | None:
    """Return the reference that stands for a name of the dictionary, or None if it has none."""
    return _PLACES.get(name)


def of_dictionary(reference: int) -> str:
    """Return what a reference into the dictionary stands for.

    Raises:
        ProtocolError: the dictionary ends before it.
    """
    place = reference & ~DICTIONARY
    if place >= len(_WORDS):
        raise ProtocolError(f"the dictionary of names has no entry {place}")
    return _WORDS[place]


def read(data: bytes, start: int, end: int) -> tuple[str, int]:
    """Return the text that begins at `start`, and where it ends; it must do so before `end`.

    Raises:
        ProtocolError: no text begins there, or it does not end.
    """
    flag = data[start] if start < end else None
    if flag == _COMPRESSED:
        stop = data.find(b"\0", start + 1, end)
        if stop >= 0:
            return str(data[start + 1 : stop], "latin-1"), stop + 1
    elif flag == _WIDE:
        stop = _end_of_wide(data, start + 1, end)
        if stop >= 0:
            return str(data[start + 1 : stop], *_UTF16), stop + 2
    raise ProtocolError("a text is cut off, or begins with neither 0 nor 1")


def _end_of_wide(data: bytes, start: int, end: int) -> int:
    """Return where the null character of UTF-16 text is, or -1."""
    stop = data.find(b"\0\0", start, end)
    while stop >= 0 and (stop - start) % 2:
        stop = data.find(b"\0\0", stop + 1, end)
    return stop


def encode(text: str) -> bytes:
    """Return the octets of a text.

    Raises:
        InvalidParameter: it holds a null character, where WMI would end it.
    """
    if "\0" in text:
        raise InvalidParameter(f"{shown(text)} holds a null character, which ends a text of WMI's")
    try:
        return b"\0" + text.encode("latin-1") + b"\0"
    except UnicodeEncodeError:
        return b"\1" + text.encode(*_UTF16) + b"\0\0"
