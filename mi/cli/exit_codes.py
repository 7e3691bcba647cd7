"""The exit codes of `mi`, and which error has which."""

from __future__ import annotations

from enum import IntEnum

import mi

__all__ = ["ExitCode", "exit_code"]


class ExitCode(IntEnum):
    """What `mi` says to the shell. The numbers are part of its interface and never change."""

    OK = 0
    UNSUPPORTED = 1
    """Not supported by this release, this machine or the server; or a piece is not installed."""
    USAGE = 2
    """The command line, an option or a value in it cannot be used, here or by the server."""
    AUTHENTICATION = 3
    """The credentials were refused, or the server does not allow it."""
    UNREACHABLE = 4
    """No connection, a broken one, or a certificate that is not trusted."""
    NOT_FOUND = 5
    """There is no such object, class or namespace."""
    SERVER_FAULT = 6
    """The server answered with any other fault, or with what is no valid answer."""
    TIMEOUT = 7
    """A time-out or a deadline passed."""
    INTERRUPTED = 130
    """Ctrl-C (128 + SIGINT), after what was open on the server had been released."""
    BROKEN_PIPE = 141
    """Whoever read the output stopped reading (128 + SIGPIPE)."""


# The first row that fits counts; a new class of error is a server fault until it has a row.
_CODE_OF_ERROR: tuple[tuple[type[mi.MIError], ExitCode], ...] = (
    (mi.AccessDenied, ExitCode.AUTHENTICATION),
    (mi.ConnectionFailed, ExitCode.UNREACHABLE),
    (mi.NotFound, ExitCode.NOT_FOUND),
    (mi.InvalidNamespace, ExitCode.NOT_FOUND),
    (mi.InvalidClass, ExitCode.NOT_FOUND),
    (mi.MethodNotFound, ExitCode.NOT_FOUND),
    (mi.OperationTimeout, ExitCode.TIMEOUT),
    (mi.NotSupported, ExitCode.UNSUPPORTED),
    (mi.InvalidParameter, ExitCode.USAGE),
    (mi.TypeMismatch, ExitCode.USAGE),
    (mi.NoSuchProperty, ExitCode.USAGE),
    (mi.InvalidQuery, ExitCode.USAGE),
    (mi.MIError, ExitCode.SERVER_FAULT),
)


def exit_code(error: mi.MIError) -> ExitCode:
    """Return the exit code that stands for `error`."""
    return next(code for kind, code in _CODE_OF_ERROR if isinstance(error, kind))
