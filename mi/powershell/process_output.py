"""The output of powershell.exe: lines that hold objects, and lines that are text."""

from __future__ import annotations

import codecs
from base64 import b64decode
from dataclasses import replace
from typing import Final

from mi.errors import ProtocolError
from mi.powershell import clixml
from mi.powershell.error_record import ErrorRecord
from mi.powershell.far_script import LETTERS
from mi.powershell.mixed_output import MixedOutput
from mi.powershell.records import Record, Stream
from mi.powershell.streams import record_of

__all__ = ["CUT_OFF", "ProcessOutput"]

CUT_OFF: Final = "OutputCutOff"
"""The identifier of the error of output that ended within an object."""

# That of the code page that the shell was opened with; some write its mark first.
_ENCODING: Final = "utf-8-sig"

_LONGEST_LINE: Final = 2 * clixml.DEFAULT_LIMIT  # characters; base64 makes 4 of 3 bytes


class ProcessOutput:
    """Reads both outputs of a process, in pieces that are cut anywhere.

    Args:
        mark: what lines of objects begin with; "" where none are expected.
    """

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._pieces: list[str] = []
        self._length = 0
        decoder = codecs.getincrementaldecoder(_ENCODING)
        self._decoders = {name: decoder("replace") for name in ("stdout", "stderr")}
        self._errors = MixedOutput()

    def feed(self, stream: str, data: bytes, *, is_last: bool = False) -> list[Record]:
        """Return what `data`, of `stdout` or `stderr`, completes.

        Raises:
            ProtocolError: a line, or an object, is longer than any may be.
        """
        text = self._decoders[stream].decode(data, is_last)
        if stream == "stderr":
            return [self._ended_by(record) for record in self._errors.feed(text)]
        return [self._read(line.removesuffix("\r")) for line in self._lines(text)]

    def _lines(self, text: str) -> list[str]:
        """Return the lines that `text` completes; one may come in many pieces."""
        first, *others = text.split("\n")
        self._pieces.append(first)
        self._length += len(first)
        if self._length > _LONGEST_LINE:
            raise ProtocolError("a line of the output of PowerShell is too long")
        if not others:
            return []
        *lines, last = "".join(self._pieces), *others
        self._pieces, self._length = [last], len(last)
        return lines

    def finish(self) -> list[Record]:
        """Return what is left, when the process has ended."""
        found = self.feed("stdout", b"", is_last=True)
        line, self._pieces = "".join(self._pieces), []
        if line:
            found.append(self._read(line.removesuffix("\r")))
        found += self.feed("stderr", b"", is_last=True)
        return found + [self._ended_by(record) for record in self._errors.finish()]

    def _read(self, line: str) -> Record:
        if not self._mark or not line.startswith(self._mark):
            return Record(Stream.OUTPUT, line)
        letter, content = line[len(self._mark) :][:1], line[len(self._mark) + 1 :]
        try:
            found = clixml.read(b64decode(content, validate=True))
            return record_of(LETTERS[letter], found[0].value)
        except (ProtocolError, ValueError, LookupError) as error:
            return Record(
                Stream.ERROR,
                ErrorRecord(
                    f"an object in the output cannot be read: {str(error) or 'it was cut off'}",
                    error_id=CUT_OFF,
                ),
            )

    def _ended_by(self, record: Record) -> Record:
        """Mark errors that powershell.exe itself prints: where others come as objects, they end it.

        A program's own text is none of PowerShell's errors, and has no identifier.
        """
        error = record.value
        if self._mark and isinstance(error, ErrorRecord) and error.error_id is not None:
            return Record(record.stream, replace(error, is_terminating=True))
        return record
