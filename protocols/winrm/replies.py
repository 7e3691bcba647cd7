"""A reply of several envelopes, read as it comes (MS-WSMV 3.2.4.2.1: each chunk is one of them)."""

from __future__ import annotations

from typing import Protocol

from mi.control import CancelToken, Expiry
from protocols.winrm.adapter import Answer

__all__ = ["Replies"]


class _Source(Protocol):
    """What a line does for the reply that it is lent to; whatever fails closes the connection."""

    def content(self, answer: Answer) -> bytes:
        """Return the envelope of a reply that was read."""
        ...

    def read(self, answer: Answer, expiry: Expiry, cancel: CancelToken) -> bytes | None:
        """Return the next envelope of a reply that was not; None is its end."""
        ...

    def discard(self) -> None:
        """Close the connection."""
        ...


class Replies:
    """The envelopes of one reply, as they come; the line is theirs until the end."""

    def __init__(self, line: _Source, answer: Answer) -> None:
        self._line = line
        self._answer: Answer | None = answer

    def next(self, expiry: Expiry, cancel: CancelToken) -> bytes | None:
        """Return the next envelope; None is the end.

        Raises:
            MIError: the reply cannot be read on; nothing more comes.
        """
        answer, self._answer = self._answer, None
        if answer is None:
            return None
        if answer.chunks is None:
            return self._line.content(answer)
        envelope = self._line.read(answer, expiry, cancel)
        if envelope is not None:
            self._answer = answer
        return envelope

    def close(self) -> None:
        """Make an end: what has not come by now is not waited for."""
        if self._answer is not None:
            self._answer = None
            self._line.discard()
