"""Callables that give credentials, asked once for a whole session."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from mi.credentials import Credentials, CredentialsSource
from mi.errors import TypeMismatch

__all__ = ["AskedOnce", "asked_once"]


def asked_once(source: CredentialsSource) -> CredentialsSource:
    """Return what a session keeps of `source`: itself, or what asks it once if it is a callable."""
    return source if isinstance(source, Credentials) else AskedOnce(source)


class AskedOnce:
    """A callable source of credentials that is asked once, by whichever thread needs it first.

    A session puts it in place of each callable that it was given.
    """

    def __init__(self, ask: Callable[[], Credentials]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._answer: Credentials | None = None

    def __call__(self) -> Credentials:
        """Return the credentials.

        Raises:
            TypeMismatch: the callable returned something else.
        """
        with self._lock:
            if self._answer is None:
                answer = self._ask()
                if not isinstance(answer, Credentials):
                    raise TypeMismatch("a callable given as credentials must return Credentials")
                self._answer = answer
            return self._answer
