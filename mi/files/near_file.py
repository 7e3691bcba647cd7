"""A file on this machine that is written beside its place, and takes it when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from mi.files.names import partial_name
from mi.files.near_failures import near_errors

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["PartialFile", "digest_of", "near_time", "windows_time"]

_PIECE: Final = 1 << 20
_EPOCH: Final = 116_444_736_000_000_000  # 1970 in 100 ns since 1601 (FILETIME)
_TICK: Final = 100  # ns


def windows_time(nanoseconds: int) -> int:
    """Return a time since 1970 in 100 ns since 1601, at least 1, which is as good as never."""
    return max(nanoseconds // _TICK + _EPOCH, 1)


def near_time(ticks: int) -> int:
    """Return a time in 100 ns since 1601 in nanoseconds since 1970."""
    return (ticks - _EPOCH) * _TICK


def digest_of(path: str, size: int | None = None) -> bytes:
    """Return the SHA-256 of a file, or of its first `size` bytes.

    Raises:
        MIError: it cannot be read.
    """
    digest = sha256()
    with near_errors(path), Path(path).open("rb") as file:
        left = size
        while data := file.read(_PIECE if left is None else min(_PIECE, left)):
            digest.update(data)
            left = None if left is None else left - len(data)
    return digest.digest()


class PartialFile:
    """A file that is not whole yet; leaving its `with` block closes it.

    Attributes:
        begin: bytes that were there already.
    """

    def __init__(self, target: str, *, keeps: bool) -> None:
        """Open nothing yet.

        Args:
            target: the path that it takes when it is whole.
            keeps: whether what is there of it is gone on with, and stays when it fails.
        """
        self._target = Path(target)
        self._path = self._target.with_name(partial_name(self._target.name))
        self._keeps = keeps
        self._digest: _Hash = sha256()
        self.begin = 0

    @contextmanager
    def opened(self, most: int) -> Iterator[None]:
        """Open it for the `with` block; after an error it stays only if it `keeps`.

        Args:
            most: bytes of what is there that may be gone on with.

        Raises:
            MIError: the system refuses.
        """
        with self._errors():
            self._file = self._open(most)
        try:
            with self._errors():
                self._hash_begin()
            yield
        except BaseException:
            with suppress(OSError):
                self._file.close()
            if not self._keeps:
                self.delete()
            raise

    def _open(self, most: int) -> BinaryIO:
        if self._may_go_on(most):
            return self._path.open("r+b")
        self._path.unlink(missing_ok=True)
        return self._path.open("x+b")  # whatever somebody has put there meanwhile is not followed

    def _errors(self) -> AbstractContextManager[None]:
        return near_errors(str(self._target))

    def _may_go_on(self, most: int) -> bool:
        if not self._keeps or self._path.is_symlink() or not self._path.is_file():
            return False
        self.begin = min(self._path.stat().st_size, most)
        return True

    def _hash_begin(self) -> None:
        left = self.begin
        while data := self._file.read(min(_PIECE, left)):
            self._digest.update(data)
            left -= len(data)
        self._file.truncate(self.begin)
        self._file.seek(self.begin)

    def restart(self) -> None:
        """Keep nothing of what was there."""
        self.begin, self._digest = 0, sha256()
        with self._errors():
            self._file.seek(0)
            self._file.truncate()

    def write(self, data: memoryview) -> None:
        """Write what follows.

        Raises:
            MIError: the system refuses.
        """
        self._digest.update(data)
        with self._errors():
            self._file.write(data)

    def digest(self) -> bytes:
        """Return the SHA-256 of all that is in it."""
        return self._digest.digest()

    def commit(self, time: int | None) -> None:
        """Let it take its place, in that of what is there.

        Args:
            time: of its last change, in nanoseconds since 1970; None leaves it.

        Raises:
            MIError: the system refuses.
        """
        with self._errors():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()  # Windows renames nothing that is open
            if time is not None:
                os.utime(self._path, ns=(time, time))
            self._path.replace(self._target)

    def delete(self) -> None:
        """Delete it, if it is there."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
