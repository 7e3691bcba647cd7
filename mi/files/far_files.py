"""The files of a host, as long as a script runs there that reads and writes them.

Requests are gathered until an answer is wanted or a message is full, and written without waiting
for what came before: only so many bytes may be under way without a word of the far side.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from mi.errors import LimitsExceeded, MIError, NotFound, NotSupported, ProtocolError
from mi.files.far_failures import FarFailure, failure_of
from mi.files.far_pieces import FarPieces
from mi.files.far_script import ARGUMENTS, EXECUTABLE
from mi.files.names import long_form
from mi.files.requests import (
    PROBE,
    Entry,
    Reader,
    Status,
    Verb,
    request,
    written_long,
    written_text,
)

if TYPE_CHECKING:
    from mi.session_shells import SessionShells

__all__ = ["FarFiles"]

_ENVELOPE: Final = 4096  # bytes of a message around the base64
# So soon does a host end a script whose client is gone, and with it lets go of what that had open.
_IDLE: Final = 120.0  # seconds
_LEAST_PIECE: Final = 4096
_MOST_ENTRIES: Final = 1_000_000  # of one folder, that are kept here
_LARGEST_CHUNK: Final = 1 << 24  # bytes that the far side may announce at once
_MOST_LEFT: Final = 1 << 20  # bytes that are read of what a script says at its end
_WRITE: Final = request(Verb.WRITE) + written_long(0)


class FarFiles:
    """The files of a host; used by one thread. Leaving its `with` block ends the script.

    Every method raises `MIError`: what the host, the connection or the time limit made of it.
    """

    def __init__(
        self, session: SessionShells, envelope_size: int, deadline: float | None = None
    ) -> None:
        """Start nothing yet.

        Args:
            session: of the host.
            envelope_size: bytes that a message to it may have.
            deadline: seconds that all of it may take.
        """
        self._shell = session.shell(name="files", has_profile=False, idle_timeout=_IDLE)
        self._deadline = deadline
        # Four characters of base64 are three bytes; see `protocols.wsman.shell_commands`.
        self.piece_size = max((envelope_size - _ENVELOPE) // 4 * 3, _LEAST_PIECE)
        self._waiting: list[bytes] = []
        self._size = 0
        self._unanswered = 0
        self._is_torn = False
        self._is_greeted = False

    def __enter__(self) -> Self:
        try:
            self._command = self._shell.start(
                EXECUTABLE, ARGUMENTS, is_console=False, deadline=self._deadline
            )
            self._pieces = FarPieces(self._command)
            self._reader = Reader(self._pieces)
            self._queue(PROBE)  # it goes with what is asked first
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the script, from any thread, in at most 5 s; again, do nothing."""
        self._shell.close()

    @property
    def is_usable(self) -> bool:
        """Whether nothing was torn in the middle, so that something more may be asked."""
        return not (self._is_torn or self._pieces.is_torn)

    def _check_greeting(self) -> None:
        self._is_greeted = True
        greeting = self._pieces.take(len(PROBE))
        if greeting != PROBE or self._reader.byte() != Status.DONE:
            raise NotSupported(
                "the host's shell cannot carry files: the bytes 0 to 255 do not arrive as they are"
            )

    # What there is

    def look(self, path: str, *, opens: bool = False) -> tuple[str, Entry]:
        """Return the whole path of a file or a folder, and what is there.

        Args:
            path: as the user has written it.
            opens: whether it is a file that is opened, and a link has the size of what it leads to.
        """
        with self._asking(path):
            self._ask(request(Verb.LOOK, long_form(path), int(opens)))
            return self._reader.text(), self._reader.entry()

    def list(self, folder: str) -> Iterator[Entry]:
        """Return what is in a folder; it is believed in nothing but its form."""
        with self._asking(folder):
            self._send(request(Verb.LIST, long_form(folder)))
            for _ in range(_MOST_ENTRIES):
                if self._status() is Status.DONE:
                    self._unanswered -= 1
                    return
                yield self._reader.entry()
        raise LimitsExceeded(f"{folder} has more than {_MOST_ENTRIES} files")

    def digest(self, path: str, size: int) -> bytes:
        """Return the SHA-256 of the first `size` bytes of a file."""
        self.want_digest(path, size)
        return self.read_digest(path)

    # What is changed

    def make_folder(self, path: str) -> None:
        """Make a folder, with those above it; one that exists is left as it is."""
        with self._asking(path):
            self._ask(request(Verb.MAKE_FOLDER, long_form(path)))

    def delete(self, path: str) -> None:
        """Delete a file, if it is there."""
        with self._asking(path):
            self._ask(request(Verb.DELETE, long_form(path)))

    def open(self, path: str, size: int = 0) -> None:
        """Open a file to be written, by this script alone; a failure is told by what follows.

        Args:
            path: of the file, which is made if it is not there.
            size: bytes of it that stay.
        """
        self._queue(request(Verb.OPEN, long_form(path), size))
        self._unanswered += 1

    def join(self, path: str) -> None:
        """Open a file that others may write at the same time."""
        with self._asking(path):
            self._ask(request(Verb.JOIN, long_form(path)))

    def write_size(self, path: str) -> int:
        """Return the bytes to be written at once, so that they fill a message with what is due."""
        others = _WRITE, request(Verb.SYNC), request(Verb.HASH, long_form(path))
        return max(self.piece_size - sum(map(len, others)), 1)

    def write(self, begin: int, data: bytes) -> None:
        """Write in the file that is open, soon, or with `flush`; `settle` tells of a failure."""
        self._queue(request(Verb.WRITE, number=len(data)), written_long(begin), data)

    def sync(self) -> None:
        """Ask whether all was written; `settle` waits for the answer."""
        self._queue(request(Verb.SYNC))
        self._unanswered += 1

    def settle(self, path: str) -> None:
        """Wait until all has been answered; `path` is for the error."""
        with self._asking(path):
            self._answer_all()

    def leave(self, path: str) -> None:
        """Close the file that is open, which others go on with."""
        with self._asking(path):
            self._ask(request(Verb.LEAVE))

    def hash(self, path: str, size: int) -> None:
        """Let the digest go on up to here, by and by; nobody waits for it."""
        self._queue(request(Verb.HASH, long_form(path), size))

    def commit(self, path: str, target: str, digest: bytes, time: int = 0) -> None:
        """Give the file that is open its name, in the place of what has it, if it is as sent.

        Args:
            path: of the file.
            target: its name from now on.
            digest: the SHA-256 that it must have.
            time: of its last change, in 100 ns since 1601; 0 leaves it.
        """
        committing = request(Verb.COMMIT, long_form(path), time) + written_text(long_form(target))
        with self._asking(target):
            self._queue(committing, digest)
            self._unanswered += 1
            self._answer_all()

    # What is read

    def want(self, path: str, begin: int, size: int) -> None:
        """Ask for bytes of a file; `read` has the answers, in the same order."""
        self._queue(request(Verb.READ, long_form(path), begin) + written_long(size))
        self._unanswered += 1

    def read(self, path: str, size: int) -> Iterator[memoryview]:
        """Return the bytes that were asked for first, of those that were not read.

        Args:
            path: of the file.
            size: bytes that were asked for.

        Raises:
            ProtocolError: there are more.
        """
        with self._asking(path):
            self.flush()
            while self._status() is Status.MORE:
                length = self._reader.integer()
                if not 0 < length <= min(size, _LARGEST_CHUNK):
                    raise ProtocolError(f"the host sends {length} bytes where {size} are left")
                size -= length
                yield from self._pieces.chunks(length)
            self._unanswered -= 1

    def want_digest(self, path: str, size: int) -> None:
        """Ask for the SHA-256 of the first `size` bytes of a file, which `read_digest` has."""
        self._queue(request(Verb.DIGEST, long_form(path), size))
        self._unanswered += 1

    def read_digest(self, path: str) -> bytes:
        """Return the digest that was asked for."""
        with self._asking(path):
            self._answer()
            return self._reader.digest()

    # Requests and answers

    @contextmanager
    def _asking(self, path: str) -> Iterator[None]:
        """Let a failure of the script be an error with this file."""
        try:
            yield
        except FarFailure as failure:
            self._skip()
            raise failure_of(failure, path) from failure

    def _ask(self, asked: bytes) -> None:
        """Send a request, and wait until its answer begins."""
        self._send(asked)
        self._answer_all()

    def _answer_all(self) -> None:
        """Wait until all has been answered."""
        while self._unanswered:
            self._answer()

    def _send(self, asked: bytes) -> None:
        self._queue(asked)
        self._unanswered += 1
        self.flush()

    def _answer(self) -> None:
        self.flush()
        if self._status() is not Status.DONE:
            raise ProtocolError("the script for files sends more than was asked for")
        self._unanswered -= 1

    def _status(self) -> Status:
        if not self._is_greeted:
            self._check_greeting()
        number = self._reader.byte()
        if number == Status.FAILED:
            self._unanswered -= 1
            raise FarFailure(self._reader.integer(), self._reader.text(), self._reader.text())
        try:
            return Status(number)
        except ValueError:
            raise ProtocolError(f"the script for files answers by {number}") from None

    def _skip(self) -> None:
        """Read the answers to what was asked before a failure was known."""
        while self._unanswered:
            try:
                self._answer()
            except FarFailure:
                continue
            except ProtocolError:  # bytes that nobody wants any more
                self._is_torn = True
                return

    def _queue(self, *parts: bytes) -> None:
        size = sum(map(len, parts))
        if self._waiting and self._size + size > self.piece_size:
            self.flush()
        self._waiting += parts
        self._size += size
        if self._size >= self.piece_size:
            self.flush()

    def flush(self) -> None:
        """Send what waits to be sent."""
        if not self._waiting:
            return
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        self._is_torn = True
        try:
            self._command.stdin.write(data)
        except NotFound as error:
            raise self._lost() from error
        self._is_torn = False

    def _lost(self) -> MIError:
        """Return why the script takes no requests any more."""
        try:
            for _ in self._pieces.chunks(_MOST_LEFT):
                continue
        except MIError as error:
            return error
        return ProtocolError("the script for files takes no requests any more")
