r"""Names and paths of files by Windows' rules, on whichever system.

A name that a host lists is checked as one that is to be sent there: what names anything but a file
in its folder is refused (`..`, `a\b`, `C:`, `a:stream`).
"""

from __future__ import annotations

import ntpath
import re
from hashlib import sha256
from typing import Final

from mi.errors import InvalidParameter

__all__ = [
    "check_name",
    "check_path",
    "far_join",
    "is_partial",
    "long_form",
    "partial_name",
    "pattern_of",
]

_LONGEST_NAME: Final = 255  # UTF-16 units
_LONGEST_PLAIN_PATH: Final = 240  # MAX_PATH is 260, and a folder needs room for 8.3 names
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_RESERVED: Final = re.compile(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\xb9\xb2\xb3])(?:\..*|\s*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_WILD: Final = re.compile(r"[*?\[]")
_SUFFIX: Final = ".mi-part"
_LONG: Final = "\\\\?\\"
_LONG_SHARE: Final = "\\\\?\\UNC\\"
_PLACES: Final = ("", ".", "..")
_SHARE: Final = "\\\\"
_DEVICES: Final = "\\\\.\\"


def check_name(name: str) -> str:
    """Return the name of a file or a folder.

    Raises:
        InvalidParameter: Windows cannot have it, or it means something else than a file.
    """
    reason = _fault_of(name)
    if reason is not None:
        raise InvalidParameter(f"{name!r} is no name for a file of Windows: {reason}")
    return name


def _fault_of(name: str) -> str | None:
    forbidden = _FORBIDDEN.search(name)
    if name in _PLACES:
        return "it names a folder by its place"
    if forbidden is not None:
        return f"it has {forbidden[0]!r}"
    if name[-1] in ". ":
        return "it ends with a dot or a blank, which Windows leaves out"
    if _RESERVED.match(name):
        return "it is that of a device"
    try:
        units = len(name.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        return "it is no text"
    return f"it has {units} characters, and may have 255" if units > _LONGEST_NAME else None


def check_path(path: str) -> str:
    r"""Return a path on a host that something may be written to.

    Raises:
        InvalidParameter: Windows cannot have it, or it means something else than a file.
    """
    drive, below = ntpath.splitdrive(path.replace("/", "\\"))
    if drive.startswith(_DEVICES):
        raise InvalidParameter(f"{path!r} is no path for a file of Windows: it is that of a device")
    for name in below.split("\\"):
        reason = None if name in _PLACES else _fault_of(name)
        if reason is not None:
            raise InvalidParameter(f"{path!r} is no path for a file of Windows: {reason}")
    return path


def far_join(folder: str, *names: str) -> str:
    """Return the path of what is in a folder of a host."""
    return ntpath.join(folder, *names)


def long_form(path: str) -> str:
    r"""Return how a whole path is said to Windows, which wants long ones to begin with `\\?\`."""
    units = len(path.encode("utf-16-le")) // 2
    if units < _LONGEST_PLAIN_PATH or path.startswith(_LONG) or not ntpath.isabs(path):
        return path
    path = ntpath.normpath(path)  # Windows takes such a path as it is
    if path.startswith(_SHARE):
        return _LONG_SHARE + path.removeprefix(_SHARE)
    return _LONG + path


def partial_name(name: str) -> str:
    """Return what a file is called beside its place until it is whole.

    It is the same every time, so that what is there can be gone on with.
    """
    partial = f".{name}{_SUFFIX}"
    # 255 bytes is the limit of Linux' file systems, and stricter than Windows'.
    if len(partial.encode()) <= _LONGEST_NAME:
        return partial
    return f".{sha256(name.encode()).hexdigest()}{_SUFFIX}"


def is_partial(name: str) -> bool:
    """Return whether a name is that of a file that is not whole."""
    return name.startswith(".") and name.endswith(_SUFFIX)


def pattern_of(path: str) -> tuple[str, str] | None:
    """Return the folder and the pattern that a path of a host is, or None if it has no pattern."""
    folder, pattern = ntpath.split(path)
    return (folder, pattern) if _WILD.search(pattern) else None
