"""What this machine's system says it could not do with a file, as an error."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mi.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    NotFound,
)

__all__ = ["near_errors"]

_KINDS: Final[dict[int, type[MIError]]] = {
    errno.EACCES: AccessDenied,
    errno.EDQUOT: LimitsExceeded,
    errno.EEXIST: AlreadyExists,
    errno.EFBIG: LimitsExceeded,
    errno.EISDIR: InvalidParameter,
    errno.ELOOP: InvalidParameter,
    errno.ENAMETOOLONG: InvalidParameter,
    errno.ENOENT: NotFound,
    errno.ENOSPC: LimitsExceeded,
    errno.ENOTDIR: InvalidParameter,
    errno.EPERM: AccessDenied,
    errno.EROFS: AccessDenied,
}


@contextmanager
def near_errors(path: str) -> Iterator[None]:
    """Let a failure of the system be an error with this file.

    Raises:
        MIError: the system's own error.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, MIError):  # some of them are both
            raise
        name = error.filename if isinstance(error.filename, str) else path
        code = error.errno or 0
        kind = _KINDS.get(code, MIError)
        reason = os.strerror(code) if code else str(error)
        raise kind(f"{name} on this machine: {reason}") from error
