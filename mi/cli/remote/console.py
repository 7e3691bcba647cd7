"""cmd on a host, as one who types sees it: what it writes, and where it asks for a line.

Its prompt has a mark that nobody else writes, so that its end is known. What it is sent it writes
once more, as cmd does where its input is no terminal, and that is left out.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mi.output_text import Text

__all__ = ["Console", "Heard", "prompt_variable"]


def prompt_variable(mark: str) -> str:
    """Return the value of PROMPT with which cmd asks so (`$S` is a blank, `$P$G` the usual one)."""
    return f"{mark}$S$P$G"


class Heard(NamedTuple):
    """What a piece of output is.

    Attributes:
        text: what is to be shown, with this machine's line ends.
        prompt: what cmd asks with, if it now waits for a line.
    """

    text: str
    prompt: str | None = None


class Console:
    """Tells cmd's prompts and echoes from what commands write.

    Attributes:
        unended: the last line that was shown, if it has not ended: a program may ask with it.
    """

    def __init__(self, mark: str, encoding: str) -> None:
        """Know how the prompt begins.

        Args:
            mark: what no command writes, and `prompt_variable` puts into the prompt.
            encoding: of what is written.
        """
        self._mark = f"{mark} "
        self._text = Text(encoding)
        self._asks = re.compile(re.escape(self._mark) + r"([^\n]*>)\Z")
        self._held = ""
        self._echo = ""
        self.unended = ""

    def sent(self, line: str) -> None:
        """Take note of a line that cmd is sent, and will write."""
        self._echo = f"{line}\n"
        self.unended = ""

    def hear(self, data: bytes) -> Heard:
        """Take what was written."""
        self._held = (self._held + self._text.feed(data)).replace("\r\n", "\n")
        if not self._is_past_echo():
            return Heard("")
        asks = self._asks.search(self._held)
        if asks is not None:
            text, self._held, self.unended = self._held[: asks.start()], "", ""
            return Heard(text, asks[1])
        text, self._held = self._split()
        self.unended = (self.unended + text).rpartition("\n")[2]
        return Heard(text)

    def end(self) -> str:
        """Return what is left to be shown."""
        text, self._held = self._held + self._text.feed(b"", is_end=True), ""
        return text

    def _is_past_echo(self) -> bool:
        """Leave the echo out; return whether it has come, or will not."""
        if not self._echo:
            return True
        seen = self._held.removesuffix("\r")
        if self._held.startswith(self._echo):
            self._held = self._held[len(self._echo) :]
        elif self._echo.startswith(seen):
            return False
        self._echo = ""
        return True

    def _split(self) -> tuple[str, str]:
        """Split what is held into what can be shown, and what may become a prompt, or a CRLF."""
        begins = self._held.rfind(self._mark)
        if begins >= 0 and "\n" not in self._held[begins:]:
            return self._held[:begins], self._held[begins:]
        for size in range(min(len(self._mark), len(self._held)), 0, -1):
            if self._mark.startswith(self._held[-size:]):
                return self._held[:-size], self._held[-size:]
        shown = self._held.removesuffix("\r")
        return shown, self._held[len(shown) :]
