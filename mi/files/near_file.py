"""A file on this machine that is written beside its place, and takes it when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, Final

from mi.files.names import partial_name
from mi.files.near_failures import near_errors
from mi.files.requests import LATEST

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["PartialFile", "digest_of", "hashes_of", "near_time", "windows_time"]

_PIECE: Final = 1 << 20
_EPOCH: Final = 116_444_736_000_000_000  # 1970 in 100 ns since 1601 (FILETIME)
_TICK: Final = 100  # ns


def windows_time(nanoseconds: int) -> int:
    """Return a time since 1970 in 100 ns since 1601, at least 1, at most what Windows has."""
    return min(max(nanoseconds // _TICK + _EPOCH, 1), LATEST)


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
        _go_on(digest, file, size)
    return digest.digest()


def hashes_of(path: str, sizes: list[int]) -> list[_Hash]:
    """Return the hashes of the begins of a file, of so many bytes each, which rise.

    Raises:
        MIError: it cannot be read.
    """
    digest, found, before = sha256(), [], 0
    with near_errors(path), Path(path).open("rb") as file:
        for size in sizes:
            _go_on(digest, file, size - before)
            found.append(digest.copy())
            before = size
    return found


def _go_on(digest: _Hash, file: BinaryIO, left: int | None) -> None:
    """Hash what follows in a file, all of it or so many bytes."""
    while data := file.read(_PIECE if left is None else min(_PIECE, left)):
        digest.update(data)
        left = None if left is None else left - len(data)


class PartialFile:
    """A file that is not whole yet, which any thread may write.

    Attributes:
        begin: bytes that were there already, and are the right ones.
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
        self._turn = Lock()
        self._digest: _Hash = sha256()
        self._hashed = 0
        self.begin = 0

    @property
    def path(self) -> str:
        """Its own path."""
        return str(self._path)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Open it for the `with` block; after an error it stays only if it `keeps`.

        Raises:
            MIError: the system refuses.
        """
        with self._errors():
            self._file = self._open()
        try:
            yield
        except BaseException:
            with suppress(OSError):
                self._file.close()
            if not self._keeps:
                self.delete()
            raise

    def _open(self) -> BinaryIO:
        if self._keeps and self._path.is_file() and not self._path.is_symlink():
            return self._path.open("r+b", buffering=0)
        self._path.unlink(missing_ok=True)
        # Whatever somebody has put there meanwhile is not followed.
        return self._path.open("x+b", buffering=0)

    def _errors(self) -> AbstractContextManager[None]:
        return near_errors(str(self._target))

    @property
    def size(self) -> int:
        """The bytes that it has."""
        return self._file.seek(0, os.SEEK_END)

    def go_on(self, begin: int, digest: _Hash) -> None:
        """Keep the first `begin` bytes, which have this hash, and no more.

        Raises:
            MIError: the system refuses.
        """
        self.begin = self._hashed = begin
        self._digest = digest
        with self._errors():
            self._file.truncate(begin)

    def write(self, begin: int, data: memoryview) -> None:
        """Write what comes `begin` bytes from the begin of the file.

        Raises:
            MIError: the system refuses.
        """
        with self._turn, self._errors():
            self._file.seek(begin)
            while data:
                data = data[self._file.write(data) :]

    def hash(self, size: int) -> None:
        """Let the digest go on up to here.

        Raises:
            MIError: the system refuses.
        """
        with self._errors(), self._path.open("rb", buffering=0) as file:
            file.seek(self._hashed)
            _go_on(self._digest, file, size - self._hashed)
        self._hashed = size

    def digest(self, size: int) -> bytes:
        """Return the SHA-256 of its first `size` bytes, which are on the disk.

        Raises:
            MIError: the system refuses.
        """
        self.hash(size)
        return self._digest.digest()

    def commit(self, time: int | None) -> None:
        """Let it take its place, in that of what is there.

        Args:
            time: of its last change, in nanoseconds since 1970; None leaves it.

        Raises:
            MIError: the system refuses.
        """
        with self._errors():
            os.fsync(self._file.fileno())
            self._file.close()  # Windows renames nothing that is open
            if time is not None:
                os.utime(self._path, ns=(time, time))
            self._path.replace(self._target)

    def delete(self) -> None:
        """Delete it, if it is there."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
