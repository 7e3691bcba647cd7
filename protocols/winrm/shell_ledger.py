"""The shells of a session, as far as the end of one thing decides over another.

A shell that was disconnected is not deleted when what had opened it is closed, and a command of a
shell that is deleted needs no Signal. Neither is for a conversation to know, which knows itself
alone; both can be told from the messages that go by.
"""

from __future__ import annotations

from typing import Final

from protocols.wsman.envelope import Request
from protocols.wsman.namespaces import ACTION_DELETE
from protocols.wsman.shells import (
    ACTION_CONNECT,
    ACTION_DISCONNECT,
    ACTION_RECONNECT,
    ACTION_SIGNAL,
    SHELL_ID,
)

__all__ = ["ShellLedger"]

_FOUND_AGAIN: Final = (ACTION_CONNECT, ACTION_RECONNECT)
_MOST_DELETED: Final = 1000  # whose last commands may still be about to be signalled


class ShellLedger:
    """What is known of a session's shells; each step is atomic, so it takes no lock."""

    def __init__(self) -> None:
        self._left: set[str] = set()
        self._deleted: dict[str, None] = {}

    def note(self, request: Request) -> None:
        """Take note that a request was answered."""
        shell_id = _shell_of(request)
        if shell_id is None:
            return
        if request.action == ACTION_DISCONNECT:
            self._left.add(shell_id)
        elif request.action in _FOUND_AGAIN:
            self._left.discard(shell_id)

    def last_word(self, request: Request) -> Request | None:
        """Return what an operation leaves to be said at its end, if it is still to be said."""
        shell_id = _shell_of(request)
        if shell_id is None:
            return request
        if shell_id in self._left:
            return None
        if request.action == ACTION_SIGNAL:
            return None if shell_id in self._deleted else request
        if request.action == ACTION_DELETE:
            self._deleted[shell_id] = None
            if len(self._deleted) > _MOST_DELETED:
                self._deleted.pop(next(iter(self._deleted)), None)
        return request


def _shell_of(request: Request) -> str | None:
    return next((one.markup for one in request.selectors if one.name == SHELL_ID), None)
