"""What the script on the host writes, as bytes that are asked for by their number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mi.command import Command
from mi.errors import MIError, NotSupported, ProtocolError

__all__ = ["FarPieces"]

_OUT: Final = "stdout"
_MOST_SAID: Final = 16_384  # bytes that are kept of what goes to stderr
_MOST_TOLD: Final = 500  # characters of that in an error


class FarPieces:
    """The output of the script; what it says on stderr is kept for the error.

    Attributes:
        is_torn: whether a wait for it was not ended by what was waited for.
    """

    def __init__(self, command: Command) -> None:
        """Read what a command writes."""
        self._command = command
        self._pieces = command.output()
        self._piece = memoryview(b"")
        self._said = b""
        self._has_spoken = False
        self.is_torn = False

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes.

        Raises:
            NotSupported: there is no script that runs.
            MIError: it has ended, or the connection has.
        """
        if len(self._piece) >= size:
            taken, self._piece = self._piece[:size], self._piece[size:]
            return bytes(taken)
        return b"".join(self.chunks(size))

    def chunks(self, size: int) -> Iterator[memoryview]:
        """Return the next `size` bytes in the pieces in which they come.

        Raises:
            MIError: as `take`.
        """
        while size > 0:
            if not self._piece:
                self._piece = memoryview(self._next())
            chunk, self._piece = self._piece[:size], self._piece[size:]
            size -= len(chunk)
            yield chunk

    def _next(self) -> bytes:
        self.is_torn = True
        for output in self._pieces:
            if output.stream == _OUT and output.data:
                self._has_spoken, self.is_torn = True, False
                return output.data
            self._said = (self._said + output.data)[:_MOST_SAID]
        raise self.ended()

    def ended(self) -> MIError:
        """Return the error that the end of the script is."""
        said = _errors_in(self._said.decode("utf-8", "replace"))
        code = self._command.exit_code
        reason = f" with exit code {code}{said and f': {said}'}"
        if not self._has_spoken:
            return NotSupported(
                f"the host does not run the script for files; powershell.exe ended{reason}",
                advice="Files need Windows PowerShell on the host, in the full language mode.",
            )
        return ProtocolError(f"the script for files ended before its time{reason}")


def _errors_in(said: str) -> str:
    """Return the errors in what went to stderr: in PowerShell's XML, as text, or in both."""
    from mi.powershell.mixed_output import MixedOutput  # noqa: PLC0415 - only for errors
    from mi.powershell.records import Stream  # noqa: PLC0415 - likewise

    output = MixedOutput()
    records = (*output.feed(said), *output.finish())
    errors = (str(one.value).strip() for one in records if one.stream is Stream.ERROR)
    return " ".join(filter(None, errors))[:_MOST_TOLD]
