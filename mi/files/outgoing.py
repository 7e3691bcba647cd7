"""A file on its way to a host, which several lanes may write at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, Final

from mi.errors import MIError
from mi.files.far_files import FarFiles
from mi.files.near_failures import near_errors
from mi.files.near_tree import NearFile
from mi.files.ranges import Part, Ranges

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["Outgoing"]

_SYNC: Final = 8  # pieces of a lane after which the far side is asked whether it has kept up


class Outgoing:
    """The pieces of a file, each read once and sent by the next lane that is free.

    Messages to one script may overtake one another, so a lane sends one at a time; several lanes
    hide the way to the host.
    """

    def __init__(  # noqa: PLR0913 - what there is to know of it
        self,
        file: NearFile,
        opened: BinaryIO,
        partial: str,
        *,
        begin: int,
        digest: _Hash,
        tell: Callable[[int], None],
    ) -> None:
        """Send nothing yet.

        Args:
            file: it.
            opened: it, to be read.
            partial: where it is written on the host.
            begin: bytes that are there already.
            digest: the hash of them.
            tell: told of the bytes of each piece that was sent.
        """
        self._file = file
        self._opened = opened
        self._partial = partial
        self._digest = digest
        self._tell = tell
        self._turn = Lock()
        self._ranges = Ranges(begin, file.size)
        opened.seek(begin)

    # As another lane

    def join(self, far: FarFiles) -> None:
        """Let a lane write the file, too.

        Raises:
            MIError: it cannot.
        """
        far.join(self._partial)

    def work(self, far: FarFiles) -> None:
        """Send pieces until none is left, and close the file.

        Raises:
            BaseException: a lane has failed, this one or another.
        """
        try:
            sent = self._send(far, leads=False)
            far.leave(self._partial)
        except BaseException:
            self._let_go(far)
            raise
        self._ranges.finish(sent)

    def _let_go(self, far: FarFiles) -> None:
        """Close the file in a lane that has failed: while it is open, it cannot be deleted."""
        if not far.is_usable:
            far.close()
            return
        with suppress(MIError):
            far.leave(self._partial)

    def fail(self, error: BaseException) -> None:
        """Let all lanes end."""
        self._ranges.fail(error)

    # As the lane that has begun it

    def lead(self, far: FarFiles, *, follows: bool) -> None:
        """Send pieces until none is left; whether they have arrived is seen by what follows.

        Args:
            far: the lane.
            follows: whether the host's digest follows what is written.

        Raises:
            BaseException: a lane has failed, this one or another.
        """
        self._send(far, leads=follows)

    def digest(self) -> bytes:
        """Return the SHA-256 of all that was read, once all lanes have ended well.

        Raises:
            BaseException: one has failed.
        """
        self._ranges.check()
        return self._digest.digest()

    # Inside

    def _send(self, far: FarFiles, *, leads: bool) -> list[Part]:
        """Send pieces until none is left; return those of which nothing was heard yet."""
        size = far.write_size(self._partial)
        asked: list[Part] = []  # about these, by a SYNC
        fresh: list[Part] = []
        while not self._ranges.is_taken:
            piece = self._next(size)
            if piece is None:
                far.sync()
                self._settle(far, asked, fresh)
                self._ranges.wait(size)
                continue
            part, data = piece
            fresh.append(part)
            far.write(part.begin, data)
            del piece, data  # the message has them, and is as large
            if part.size == size:
                far.flush()
            self._tell(part.size)
            if len(fresh) == _SYNC:
                self._settle(far, asked)
                far.sync()
                if leads:
                    far.hash(self._partial, self._ranges.done)
                asked, fresh = fresh, asked
        return asked + fresh

    def _settle(self, far: FarFiles, *parts: list[Part]) -> None:
        far.settle(self._partial)
        for some in parts:
            self._ranges.finish(some)

    def _next(self, size: int) -> tuple[Part, bytes] | None:
        """Return the next piece, unless others are to be waited for, or none is left."""
        with self._turn:  # the digest wants them in order
            part = self._ranges.take(size)
            if part is None:
                return None
            with near_errors(self._file.path):
                data = self._opened.read(part.size)
            if len(data) != part.size:
                raise MIError(f"{self._file.path} has become shorter while it was copied")
            self._digest.update(data)
            return part, data
