"""The error output of powershell.exe, which is plain text, CLIXML, or both by turns.

PowerShell writes CLIXML where nobody looks at a console: a line `#< CLIXML`, then one document,
whose objects come over time. Programs that it starts write their text to the same pipe, before,
after and between documents. So objects are taken as each is complete, and what is no object is
text; a document that ends too early costs no more than the object that is not complete.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from html import unescape as without_entities
from typing import Final

from mi.errors import ProtocolError
from mi.powershell.clixml import DEFAULT_LIMIT, ClixmlReader
from mi.powershell.error_text import error_records
from mi.powershell.escapes import unescape
from mi.powershell.records import Record, Stream
from mi.powershell.streams import record_of
from mi.serial import document

__all__ = ["MixedOutput"]

_LOGGER = logging.getLogger("mi.powershell")

_HEADER: Final = "#< CLIXML"
_OPENING: Final = re.compile(r"(?:#< CLIXML\s*)?<Objs\b[^<>]*>")
_TAG: Final = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z0-9]+)[^<>]*?(?P<empty>/?)>")
_ANY_TAG: Final = re.compile(r"<[^<>]*>?")
_CUT_TEXT: Final = re.compile(
    r'\s*<S S="(?P<stream>(?i:error|warning|verbose|debug))">(?P<text>[^<]*)'
)
_LONGEST_OPENING: Final = 300
_MOST_TEXT: Final = 1 << 20  # of errors, before they are delivered however they go on
_LONGEST_END: Final = 500  # of an error, in which that it is over can be seen
_ENDED_ERROR: Final = re.compile(r"\+ FullyQualifiedErrorId : [^\n]*\n(?:   \S[^\n]*\n)?\s*\n\Z")


class MixedOutput:
    """Takes error output in pieces, cut anywhere; gives what is complete."""

    def __init__(self) -> None:
        self._rest = ""
        self._is_document = False
        self._depth = 0
        self._scanned = 0  # how far the tags of an incomplete object have been counted
        self._reader = ClixmlReader()
        self._errors = ""  # their text comes in lines, which make no record alone

    def feed(self, text: str) -> list[Record]:
        """Return what `text` completes.

        Raises:
            ProtocolError: one object is longer than any may be.
        """
        self._rest += text.replace("\r\n", "\n")
        found = list(self._complete())
        if len(self._rest) > DEFAULT_LIMIT:
            raise ProtocolError("an object in the error output of PowerShell is too long")
        end = max(0, len(self._errors) - _LONGEST_END)
        if len(self._errors) > _MOST_TEXT or _ENDED_ERROR.search(self._errors, end):
            found += self._flushed()
        return found

    def finish(self) -> list[Record]:
        """Return what is left, complete or not."""
        found: list[Record] = []
        if not self._is_document:
            self._errors += self._rest.removeprefix(_HEADER)
        else:
            found += self._salvaged(self._rest)
        self._rest = ""
        return found + self._flushed()

    def _complete(self) -> Iterator[Record]:
        while self._rest:
            if self._is_document:
                whole = self._child()
                if whole is None:
                    return
                yield from self._read(whole)
            elif not self._open():
                return

    # Text

    def _open(self) -> bool:
        """Take text up to the next document; whether one has begun."""
        opening = _OPENING.search(self._rest)
        if opening is not None:
            self._errors += self._rest[: opening.start()]
            self._rest = self._rest[opening.end() :]
            self._is_document = not opening[0].endswith("/>")  # one that is empty has no end tag
            self._depth = self._scanned = 0
            self._reader = ClixmlReader()
            return True
        # What may be the beginning of one has to wait for the rest of it.
        begun = max(self._rest.rfind("#"), self._rest.rfind("<Objs"))
        header = self._rest.rfind(_HEADER)
        kept = header if header >= 0 else begun
        if kept < 0 or len(self._rest) - kept > _LONGEST_OPENING:
            kept = len(self._rest)
        self._errors += self._rest[:kept]
        self._rest = self._rest[kept:]
        return False

    def _flushed(self) -> list[Record]:
        text, self._errors = self._errors, ""
        return [Record(Stream.ERROR, record) for record in error_records(text)]

    # Objects

    def _child(self) -> str | None:
        """Take the next complete child of the document, "" for its end, or None for nothing."""
        for tag in _TAG.finditer(self._rest, self._scanned):
            self._scanned = tag.end()
            if tag["end"] and self._depth == 0:  # that of the document itself
                self._is_document = False
                self._rest = self._rest[tag.end() :]
                return ""
            self._depth += -1 if tag["end"] else not tag["empty"]
            if self._depth == 0:
                whole, self._rest = self._rest[: tag.end()], self._rest[tag.end() :]
                self._scanned = 0
                return whole
        return None

    def _read(self, child: str) -> Iterator[Record]:
        if not child:
            return
        try:
            root = document.parse(f"<Objs>{child}</Objs>", limit=DEFAULT_LIMIT, repair=True).root
            found = self._reader.item(root[0])
        except (ProtocolError, IndexError) as error:
            _LOGGER.debug("an object in the error output cannot be read: %s", error)
            yield from self._salvaged(child)
            return
        self._errors += (root.text or "").lstrip()  # of a program that wrote to the same pipe
        if found.stream is Stream.ERROR and isinstance(found.value, str):
            self._errors += found.value.replace("\r\n", "\n")
            return
        yield from self._flushed()
        yield record_of(*found)

    def _salvaged(self, broken: str) -> Iterator[Record]:
        """Return the text of what is broken or cut off, where a text is all that it was."""
        cut = _CUT_TEXT.match(broken)
        if cut is None:
            if "<Obj" not in broken:
                self._errors += _without_tags(broken)
            return
        stream = Stream(cut["stream"].lower())
        text = _without_tags(cut["text"])
        if stream is Stream.ERROR:
            self._errors += text
        else:
            yield record_of(stream, text)


def _without_tags(markup: str) -> str:
    return unescape(without_entities(_ANY_TAG.sub("", markup))).replace("\r\n", "\n")
