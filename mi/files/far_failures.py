"""What the host says it could not do with a file, as an error."""

from __future__ import annotations

from typing import Any, Final

from mi.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    NotFound,
    NotSupported,
    ProtocolError,
)
from mi.results import ErrorCategory

__all__ = ["CORRUPT", "FarFailure", "failure_of"]

CORRUPT: Final = "InvalidDataException"
"""The exception of a file whose digest is not the one that it should have."""

_IN_USE: Final = (
    "Another program has it open; a copy that lost its connection lets go of it after two minutes."
)
_WIN32: Final = 0x80070000
_NAMES: Final[dict[str, type[MIError]]] = {
    CORRUPT: ProtocolError,
    "EndOfStreamException": ProtocolError,
    "NotSupportedException": NotSupported,
    "ArgumentException": InvalidParameter,
    "PathTooLongException": InvalidParameter,
}
# By the numbers of winerror.h.
_CODES: Final[dict[int, tuple[type[MIError], str | None]]] = {
    2: (NotFound, None),
    3: (NotFound, None),
    5: (AccessDenied, None),
    15: (NotFound, None),
    19: (AccessDenied, "The disk is write-protected."),
    21: (NotFound, None),
    32: (MIError, _IN_USE),
    33: (MIError, _IN_USE),
    39: (LimitsExceeded, "Make room on the disk; with resume, the copy goes on."),
    80: (AlreadyExists, None),
    112: (LimitsExceeded, "Make room on the disk; with resume, the copy goes on."),
    123: (InvalidParameter, None),
    183: (AlreadyExists, None),
    1175: (MIError, _IN_USE),
    1176: (MIError, _IN_USE),
    1224: (MIError, _IN_USE),
    206: (InvalidParameter, "Windows takes longer paths from .NET 4.6.2 on."),
}
_BUSY: Final = (32, 33, 1175, 1176, 1224)
_CODE_BITS: Final = 0xFFFF


class FarFailure(Exception):
    """What the script on the host answers, if it has failed.

    Attributes:
        code: the HRESULT, 0 to 2**32 - 1.
        kind: the name of .NET's exception.
        message: its words.
    """

    def __init__(self, code: int, kind: str, message: str) -> None:
        """Tell of it."""
        super().__init__(message)
        self.code = code % (1 << 32)
        self.kind = kind
        self.message = message


def failure_of(failure: FarFailure, path: str) -> MIError:
    """Return the error that a failure with a file is.

    Args:
        failure: what the script has said.
        path: of the file.
    """
    facts: dict[str, Any] = {"native_code": failure.code, "native_type": "HRESULT"}
    kind, advice = _NAMES.get(failure.kind, MIError), None
    number = failure.code & _CODE_BITS
    if failure.code & ~_CODE_BITS == _WIN32:
        kind, advice = _CODES.get(number, (kind, None))
        if number in _BUSY:
            facts["category"] = ErrorCategory.RESOURCE_BUSY
    message = f"{path}: {failure.message.strip() or failure.kind}"
    return kind(message, advice=advice, **facts)
