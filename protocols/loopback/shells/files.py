r"""Files that exist only in memory, by Windows' rules of names: `C:\Users\operator\a.txt`.

Names are told apart without case and kept as they were written; `/` is `\`. Folders exist of
their own.
"""

from __future__ import annotations

import errno
import ntpath
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["HOME", "NOON", "FileSystem", "Listed", "Opened"]

HOME: Final = r"C:\Users\operator"
"""Where a shell begins."""

NOON: Final = 134_084_592_000_000_000
"""When everything was changed last that says nothing else: noon of 2025-11-24 UTC, in 100 ns since
1601. Nothing here depends on a clock."""

_FOLDERS: Final = (HOME, r"C:\Windows\System32", r"C:\Windows\Temp", rf"{HOME}\AppData\Local\Temp")


@dataclass(frozen=True, slots=True)
class Listed:
    """A file or a folder in a folder; a folder has no size."""

    name: str
    size: int | None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.size is None


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A file that somebody has open to write it."""

    key: str
    is_shared: bool


class FileSystem:
    """Files and folders; any thread may use it.

    Its errors are those of the operating system: FileNotFoundError, IsADirectoryError,
    NotADirectoryError, FileExistsError, PermissionError for what is read-only, BlockingIOError for
    what another has open, and OSError for a folder that is not empty, or a disk that is full
    (ENOSPC).

    Attributes:
        room: bytes that all files may have together, or None.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._names: dict[str, str] = {}  # as they were written
        self._contents: dict[str, bytearray | None] = {}  # None is a folder
        self._times: dict[str, int] = {}
        self._read_only: set[str] = set()
        self._links: set[str] = set()
        self._opened: list[Opened] = []
        self.room: int | None = None
        for folder in _FOLDERS:
            self.make_folder(folder)

    @staticmethod
    def absolute(path: str, directory: str = HOME) -> str:
        """Return a whole and normal path."""
        return ntpath.normpath(ntpath.join(directory, path))

    # Files

    def read(self, path: str) -> bytes:
        """Return what a file holds."""
        with self._lock:
            return bytes(self._file(path))

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        """Write a file; its folder must exist."""
        with self._lock:
            key = self._key(path)
            if self.is_folder(path):
                raise IsADirectoryError(path)
            if not self.is_folder(ntpath.dirname(self.absolute(path))):
                raise FileNotFoundError(path)
            self._check_writable(key, path)
            self._check_room(len(data))
            content = self._contents.get(key)
            if content is None or not append:
                self._names.setdefault(key, self.absolute(path))
                self._contents[key] = content = bytearray()
            content += data
            self._times.pop(key, None)

    def write_at(self, path: str, begin: int, data: bytes) -> None:
        """Write in a file that exists; what it skips is zeros."""
        with self._lock:
            content = self._file(path)
            self._check_writable(self._key(path), path)
            self._check_room(max(begin + len(data) - len(content), 0))
            content.extend(bytes(max(begin - len(content), 0)))
            content[begin : begin + len(data)] = data

    def part(self, path: str, begin: int, size: int) -> bytes:
        """Return so many bytes of a file, as far as it has them."""
        with self._lock:
            return bytes(memoryview(self._file(path))[begin : begin + size])

    def size(self, path: str) -> int:
        """Return how many bytes a file has."""
        with self._lock:
            return len(self._file(path))

    def truncate(self, path: str, size: int) -> None:
        """Leave no more than so many bytes of a file."""
        with self._lock:
            self._check_writable(self._key(path), path)
            del self._file(path)[size:]

    # Who has a file open to write it

    def open(self, path: str, *, is_shared: bool = False) -> Opened:
        """Open a file to be written, alone or with others who share it.

        Raises:
            BlockingIOError: another has it, and does not share it, or this one would not.
        """
        with self._lock:
            self._file(path)
            self._check_writable(self._key(path), path)
            others = [one for one in self._opened if one.key == self._key(path)]
            if others and not (is_shared and all(one.is_shared for one in others)):
                raise BlockingIOError(path)
            opened = Opened(self._key(path), is_shared)
            self._opened.append(opened)
            return opened

    def close(self, opened: Opened) -> None:
        """Have a file open no more; again, do nothing."""
        with self._lock:
            self._opened = [one for one in self._opened if one is not opened]

    def _check_closed(self, key: str, path: str) -> None:
        if any(one.key == key for one in self._opened):
            raise BlockingIOError(path)

    def delete(self, path: str) -> None:
        """Delete a file."""
        with self._lock:
            self._file(path)
            self._check_writable(self._key(path), path)
            self._check_closed(self._key(path), path)
            self._forget(self._key(path))

    def rename(self, old: str, new: str, *, replace: bool = False) -> None:
        """Give a file, or a folder with all that is in it, another name."""
        with self._lock:
            if not self.exists(old):
                raise FileNotFoundError(old)
            if self.exists(new) and not (replace or self._key(new) == self._key(old)):
                raise FileExistsError(new)
            self._check_writable(self._key(new), new)
            self._check_closed(self._key(old), old)
            self._check_closed(self._key(new), new)
            source, target = self.absolute(old), self.absolute(new)
            for key in [key for key in self._contents if _is_within(key, self._key(old))]:
                name, content, time = self._names[key], self._contents[key], self._times.get(key)
                self._forget(key)
                moved = target + name[len(source) :]
                self._names[self._key(moved)] = moved
                self._contents[self._key(moved)] = content
                if time is not None:
                    self._times[self._key(moved)] = time

    # Folders

    def make_folder(self, path: str) -> None:
        """Make a folder, with those above it; one that exists is left as it is."""
        with self._lock:
            path = self.absolute(path)
            if self.exists(path) and not self.is_folder(path):
                raise FileExistsError(path)
            above = ntpath.dirname(path)
            if above != path:
                self.make_folder(above)
            self._names.setdefault(self._key(path), path)
            self._contents[self._key(path)] = None

    def remove_folder(self, path: str, *, with_content: bool = False) -> None:
        """Remove a folder."""
        with self._lock:
            inside = list(self.list(path))
            if inside and not with_content:
                raise OSError(f"the folder is not empty: {path}")
            within = self._key(path)
            for key in [key for key in self._contents if _is_within(key, within)]:
                self._forget(key)

    def list(self, path: str) -> Iterator[Listed]:
        """Return what is in a folder, by name."""
        with self._lock:
            if not self.exists(path):
                raise FileNotFoundError(path)
            if not self.is_folder(path):
                raise NotADirectoryError(path)
            above = self._key(path)
            found = [key for key in self._contents if key != above and ntpath.dirname(key) == above]
            listed = [self._listed(key) for key in sorted(found)]
        return iter(listed)

    def walk(self, path: str) -> Iterator[str]:
        """Return the whole paths of all files in a folder and below it."""
        with self._lock:
            within = self._key(path)
            found = [
                self._names[key]
                for key, content in sorted(self._contents.items())
                if content is not None and _is_within(key, within)
            ]
        return iter(found)

    # Both

    def exists(self, path: str) -> bool:
        """Whether there is a file or a folder."""
        return self._key(path) in self._contents

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        return self._contents.get(self._key(path), b"") is None

    # What else there is to them

    def time(self, path: str) -> int:
        """Return when a file or a folder was changed last, in 100 ns since 1601."""
        return self._times.get(self._key(path), NOON)

    def set_time(self, path: str, time: int) -> None:
        """Say when a file or a folder was changed last."""
        self._times[self._key(path)] = time

    def is_read_only(self, path: str) -> bool:
        """Whether a file must not be written, replaced or deleted."""
        return self._key(path) in self._read_only

    def set_read_only(self, path: str, *, is_read_only: bool = True) -> None:
        """Say whether a file must not be written, replaced or deleted."""
        (self._read_only.add if is_read_only else self._read_only.discard)(self._key(path))

    def is_link(self, path: str) -> bool:
        """Whether a file or a folder is a link, or another reparse point."""
        return self._key(path) in self._links

    def set_link(self, path: str) -> None:
        """Say that a file or a folder is a link; it leads to itself here."""
        self._links.add(self._key(path))

    def _check_writable(self, key: str, path: str) -> None:
        if key in self._read_only:
            raise PermissionError(path)

    def _check_room(self, size: int) -> None:
        if self.room is not None and self._used() + size > self.room:
            raise OSError(errno.ENOSPC, "There is not enough space on the disk.")

    def _used(self) -> int:
        return sum(len(content) for content in self._contents.values() if content is not None)

    def _listed(self, key: str) -> Listed:
        content = self._contents[key]
        size = None if content is None else len(content)
        return Listed(ntpath.basename(self._names[key]), size)

    def _key(self, path: str) -> str:
        return self.absolute(path).lower()

    def _file(self, path: str) -> bytearray:
        if not self.exists(path):
            raise FileNotFoundError(path)
        content = self._contents[self._key(path)]
        if content is None:
            raise IsADirectoryError(path)
        return content

    def _forget(self, key: str) -> None:
        del self._names[key], self._contents[key]
        self._times.pop(key, None)
        self._links.discard(key)


def _is_within(key: str, folder: str) -> bool:
    return key == folder or key.startswith(folder.rstrip("\\") + "\\")
