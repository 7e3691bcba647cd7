"""How much of a file an earlier try has left that can be gone on with."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING

from mi.files.near_file import hashes_of
from mi.files.ranges import WINDOW

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["begin_of"]


def begin_of(path: str, size: int, is_there: Callable[[int, bytes], bool]) -> tuple[int, _Hash]:
    """Return how many bytes from the begin both ends have, and the hash of them.

    What several lanes have written may have holes in its last `WINDOW` bytes, of which nobody
    knows: it is their digest that tells.

    Args:
        path: of the file on this machine.
        size: bytes that may be the same.
        is_there: whether so many bytes of the other end's have this SHA-256.

    Raises:
        MIError: an end cannot be read.
    """
    sizes = [one for one in (size - WINDOW, size) if one > 0]
    for begin, digest in reversed(list(zip(sizes, hashes_of(path, sizes), strict=True))):
        if is_there(begin, digest.digest()):
            return begin, digest
    return 0, sha256()
