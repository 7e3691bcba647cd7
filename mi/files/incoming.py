"""A file on its way from a host, which several lanes may read at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from mi.errors import MIError
from mi.files.far_files import FarFiles
from mi.files.far_tree import FarFile
from mi.files.near_file import PartialFile
from mi.files.ranges import Part, Ranges

__all__ = ["Incoming"]

_PART: Final = 4 << 20  # bytes that are asked for at once
_AHEAD: Final = 2  # of them by one lane, so that the host has always something to send


class Incoming:
    """The parts of a file, each asked for by the next lane that is free."""

    def __init__(self, file: FarFile, partial: PartialFile, tell: Callable[[int], None]) -> None:
        """Ask for nothing yet.

        Args:
            file: it.
            partial: where it is written.
            tell: told of the bytes of each piece that has come.
        """
        self._file = file
        self._partial = partial
        self._tell = tell
        self._ranges = Ranges(partial.begin, file.size)

    # As another lane

    def join(self, far: FarFiles) -> None:
        """See whether a lane can be used.

        Raises:
            MIError: it cannot.
        """
        far.look(self._file.path)

    def work(self, far: FarFiles) -> None:
        """Fetch parts until none is left.

        Raises:
            BaseException: a lane has failed, this one or another.
        """
        self._fetch(far, leads=False)

    def fail(self, error: BaseException) -> None:
        """Let all lanes end."""
        self._ranges.fail(error)

    # As the lane that has begun it

    def lead(self, far: FarFiles) -> bytes:
        """Fetch parts until none is left, and return the file's SHA-256 on the host.

        Raises:
            BaseException: a lane has failed, this one or another.
        """
        self._fetch(far, leads=True)
        return far.read_digest(self._file.path)

    def check(self) -> None:
        """Do nothing where all lanes have ended well.

        Raises:
            BaseException: one has failed.
        """
        self._ranges.check()

    # Inside

    def _fetch(self, far: FarFiles, *, leads: bool) -> None:
        path, ranges, asked = self._file.path, self._ranges, deque[Part]()
        is_last_asked = False
        while True:
            while len(asked) < _AHEAD and (part := ranges.take(_PART)):
                far.want(path, part.begin, part.size)
                asked.append(part)
            if leads and ranges.is_taken and not is_last_asked:
                far.want_digest(path, self._file.size)  # in the same message
                is_last_asked = True
            if asked:
                self._receive(far, asked.popleft())
                if leads and not ranges.is_taken:
                    self._follow(far)
            elif ranges.is_taken:
                return
            else:
                ranges.wait(_PART)

    def _receive(self, far: FarFiles, part: Part) -> None:
        place, end = part.begin, part.begin + part.size
        for chunk in far.read(self._file.path, part.size):
            self._partial.write(place, chunk)
            place += len(chunk)
            self._tell(len(chunk))
        if place != end:
            raise MIError(f"{self._file.path} has become shorter while it was copied")
        self._ranges.finish([part])

    def _follow(self, far: FarFiles) -> None:
        """Let both digests follow what has come."""
        done = self._ranges.done
        far.hash(self._file.path, done)
        self._partial.hash(done)
