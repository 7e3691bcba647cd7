"""Keeping secrets out of what others get to see: the logs of libraries, and tracebacks.

pyspnego writes the tokens that it makes into its log, and those of NTLM are worth a guess at the
password. What it says while it works for us is left out; what it says of others' work passes.

Tools that show a traceback with the local variables of its frames would show passwords, tokens and
messages, for these are what the frames worked with. So an error that leaves this package takes no
variables along; the lines of its traceback stay.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from traceback import clear_frames
from types import TracebackType
from typing import Final

__all__ = ["Forgetting", "discreet", "forget"]

# A logger's filter sees the records of that logger alone, so each that writes tokens has its own.
_TELL_TOKENS: Final = ("_ntlm", "_negotiate", "_gss", "_sspi", "_credssp")
_is_ours: Final = ContextVar("mi_is_logging_on", default=False)


class _Discretion(logging.Filter):
    """Lets pass what is not said while a logon of ours goes on."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - its signature
        return not _is_ours.get()


for _name in _TELL_TOKENS:
    logging.getLogger(f"spnego.{_name}").addFilter(_Discretion())


@contextmanager
def discreet() -> Iterator[None]:
    """Let the libraries that do the logon say nothing about it in their logs.

    Threads that are started with a copy of the context keep to it, too.
    """
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


def forget(error: BaseException, outer: BaseException | None = None) -> None:
    """Take the variables of finished frames out of an error and of what led to it.

    Args:
        error: on its way to the caller.
        outer: what the caller was handling when he called; that is his.
    """
    pending: list[BaseException | None] = [error]
    seen = {id(outer)}  # errors need not have a hash
    while pending:
        one = pending.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            clear_frames(one.__traceback__)
            pending += [one.__cause__, one.__context__]


class Forgetting:
    """A context out of which no error takes variables along."""

    __slots__ = ("_outer",)

    def __enter__(self) -> None:
        self._outer = sys.exception()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if error is not None:
            forget(error, self._outer)
