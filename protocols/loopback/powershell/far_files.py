"""The script of `mi.files`, as its other end sees it: requests on stdin, answers on stdout.

A real PowerShell would run the script; here it is known by its text, and what it does is done with
the files in memory. Nothing is taken that the script would not take: what breaks the form of the
requests ends it, by a line on stderr.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from mi.errors import ProtocolError
from mi.files.far_script import SCRIPT
from mi.files.requests import (
    DIGEST_SIZE,
    NO_ATTRIBUTES,
    PROBE,
    Attribute,
    Entry,
    Reader,
    Status,
    Verb,
    written_entry,
    written_int,
    written_text,
)
from protocols.loopback.shells.files import FileSystem, Opened
from protocols.loopback.shells.invocation import Invocation

__all__ = ["SCRIPT", "serve"]

_CHUNK: Final = 1 << 20
_LARGEST_WRITE: Final = 1 << 24
_LARGEST_FILE: Final = 1 << 32  # it is kept in memory
_ARCHIVE: Final = 0x20
_DONE: Final = bytes((Status.DONE,))
_MORE: Final = bytes((Status.MORE,))
_LONG: Final = "\\\\?\\"
_LONG_SHARE: Final = "\\\\?\\UNC\\"
_LONGEST_PLAIN: Final = 260  # MAX_PATH


class _Facts(NamedTuple):
    """An exception of .NET."""

    code: int
    kind: str
    message: str

    def written(self) -> bytes:
        return b"".join(
            (
                bytes((Status.FAILED,)),
                written_int(self.code - (1 << 32)),
                written_text(self.kind),
                written_text(self.message),
            )
        )


_CORRUPT: Final = _Facts(0x80131501, "InvalidDataException", "Found invalid data while decoding.")
_TOO_SHORT: Final = _Facts(
    0x80070026, "EndOfStreamException", "Attempted to read past the end of the stream."
)
_CLOSED: Final = _Facts(
    0x80004003, "RuntimeException", "You cannot call a method on a null-valued expression."
)
_TOO_LONG: Final = _Facts(
    0x800700CE, "PathTooLongException", "The specified path, file name, or both are too long."
)
_ERRORS: Final[tuple[tuple[type[OSError], int, str, str], ...]] = (
    (FileNotFoundError, 0x80070002, "FileNotFoundException", "Could not find file '{}'."),
    (PermissionError, 0x80070005, "UnauthorizedAccessException", "Access to the path is denied."),
    (IsADirectoryError, 0x80070005, "UnauthorizedAccessException", "Access to the path is denied."),
    (NotADirectoryError, 0x8007010B, "IOException", "The directory name is invalid."),
    (BlockingIOError, 0x80070020, "IOException", "The process cannot access the file '{}'."),
    (FileExistsError, 0x800700B7, "IOException", "Cannot create '{}', which exists already."),
)
_FULL: Final = _Facts(0x80070070, "IOException", "There is not enough space on the disk.")
_OTHER: Final = _Facts(0x80131620, "IOException", "An I/O error has occurred.")


class _Failure(Exception):
    def __init__(self, facts: _Facts) -> None:
        super().__init__(facts.message)
        self.facts = facts


def _facts_of(error: OSError) -> _Facts:
    if error.errno == errno.ENOSPC:
        return _FULL
    for kind, code, name, text in _ERRORS:
        if isinstance(error, kind):
            return _Facts(code, name, text.format(error))
    return _OTHER


class _Input:
    def __init__(self, invocation: Invocation) -> None:
        self._read = invocation.stdin.read_exactly

    def take(self, size: int) -> bytes:
        data = self._read(size)
        if len(data) != size:
            raise EOFError
        return data


class _Hashed:
    """The hash of the begin of a file, as far as it has come."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path
        self.size = 0
        self.digest = sha256()

    def add(self, data: bytes) -> None:
        self.digest.update(data)
        self.size += len(data)


class _Script:
    """The script, as it runs."""

    def __init__(self, invocation: Invocation) -> None:
        self._files: FileSystem = invocation.files
        self._home = invocation.prompt.path
        self._reader = Reader(_Input(invocation))
        self._source = _Input(invocation)
        self._write = invocation.stdout.write
        self._path: str | None = None  # of the file that is open
        self._opened: Opened | None = None
        self._failure: _Facts | None = None
        self._hashed = _Hashed()

    def run(self) -> int:
        try:
            return self._run()
        finally:
            self._shut()

    def _run(self) -> int:
        self._write(PROBE)
        if self._source.take(len(PROBE)) != PROBE:
            self._write(bytes((Status.FAILED,)))
            return 1
        self._write(_DONE)
        while True:
            try:
                verb = Verb(self._reader.byte())
            except EOFError:
                return 0
            self._answer(verb, self._reader.text(), self._reader.long())

    def _answer(self, verb: Verb, path: str, number: int) -> None:
        rest = self._RESTS.get(verb, _nothing)(self, number)
        try:
            self._ANSWERS[verb](self, self._plain(path), number, rest)
        except OSError as error:
            self._fail(verb, _facts_of(error))
        except _Failure as failure:
            self._fail(verb, failure.facts)

    def _fail(self, verb: Verb, failure: _Facts) -> None:
        if verb is Verb.WRITE:
            self._failure = failure
        elif verb is not Verb.HASH:
            self._write(failure.written())

    def _plain(self, path: str) -> str:
        """Return a path without the prefix of long ones.

        Raises:
            _Failure: it is long, and has none.
        """
        if path.startswith(_LONG):
            return path.replace(_LONG_SHARE, "\\\\", 1).removeprefix(_LONG)
        whole = self._home(path)
        if len(whole) >= _LONGEST_PLAIN:
            raise _Failure(_TOO_LONG)
        return whole

    # What follows the head of a request

    def _data(self, number: int) -> tuple[int, bytes]:
        begin = self._reader.long()
        if not (0 <= number <= _LARGEST_WRITE and 0 <= begin <= _LARGEST_FILE):
            raise ProtocolError(f"a write of {number} bytes at {begin}")
        return begin, self._source.take(number)

    def _name_and_digest(self, _number: int) -> tuple[str, bytes]:
        return self._reader.text(), self._source.take(DIGEST_SIZE)

    def _size(self, _number: int) -> int:
        return self._reader.long()

    # One for each verb

    def _look(self, path: str, number: int, _rest: None) -> None:
        entry = self._entry(path)
        if number:
            entry = entry._replace(size=self._files.size(path))
        self._write(_DONE + written_text(path) + written_entry(entry))

    def _list(self, path: str, _number: int, _rest: None) -> None:
        for one in self._files.list(path):
            self._write(_MORE + written_entry(self._entry(f"{path}\\{one.name}")))
        self._write(_DONE)

    def _digest_of(self, path: str, number: int, _rest: None) -> None:
        self._write(_DONE + self._whole(path, number))

    def _hash(self, path: str, number: int, _rest: None) -> None:
        if self._hashed.path != path:
            self._hashed = _Hashed(path)
        while self._hashed.size < number:
            wanted = min(number - self._hashed.size, _CHUNK)
            if not (data := self._files.part(path, self._hashed.size, wanted)):
                raise _Failure(_TOO_SHORT)
            self._hashed.add(data)
        self._files.size(path)  # it is opened in any case

    def _make_folder(self, path: str, _number: int, _rest: None) -> None:
        self._files.make_folder(path)
        self._write(_DONE)

    def _delete(self, path: str, _number: int, _rest: None) -> None:
        self._shut()
        if self._files.exists(path):
            self._files.delete(path)
        self._write(_DONE)

    def _open(self, path: str, number: int, _rest: None) -> None:
        self._shut()
        self._failure, self._hashed = None, _Hashed()
        self._files.write(path, b"", append=True)
        self._opened, self._path = self._files.open(path), path
        self._files.truncate(path, number)
        self._files.write_at(path, number, b"")
        self._write(_DONE)

    def _join(self, path: str, _number: int, _rest: None) -> None:
        self._shut()
        self._failure = None
        self._opened, self._path = self._files.open(path, is_shared=True), path
        self._write(_DONE)

    def _write_data(self, _path: str, _number: int, rest: tuple[int, bytes]) -> None:
        if self._failure is not None:
            return
        if self._path is None:
            raise _Failure(_CLOSED)
        self._files.write_at(self._path, *rest)

    def _sync(self, _path: str, _number: int, _rest: None) -> None:
        self._check()
        self._write(_DONE)

    def _leave(self, _path: str, _number: int, _rest: None) -> None:
        self._shut()
        self._check()
        self._write(_DONE)

    def _commit(self, path: str, time: int, rest: tuple[str, bytes]) -> None:
        self._shut()
        self._check()
        target, digest = self._plain(rest[0]), rest[1]
        if digest != self._whole(path, self._files.size(path)):
            raise _Failure(_CORRUPT)
        if time:
            self._files.set_time(path, time)
        self._files.rename(path, target, replace=not self._files.is_folder(target))
        self._write(_DONE)

    def _read(self, path: str, begin: int, size: int) -> None:
        while size > 0 and (data := self._files.part(path, begin, min(size, _CHUNK))):
            self._write(_MORE + written_int(len(data)) + data)
            begin, size = begin + len(data), size - len(data)
        self._files.size(path)  # it is opened in any case
        self._write(_DONE)

    # Files

    def _check(self) -> None:
        if self._failure is not None:
            raise _Failure(self._failure)

    def _shut(self) -> None:
        if self._opened is not None:
            self._files.close(self._opened)
        self._opened = self._path = None

    def _whole(self, path: str, size: int) -> bytes:
        """Return the digest of the begin of a file, of which some may have been hashed before."""
        self._hash(path, size, None)
        hashed, self._hashed = self._hashed, _Hashed()
        return hashed.digest.digest()

    def _entry(self, path: str) -> Entry:
        files, name = self._files, path.rstrip("\\").rpartition("\\")[2]
        if not files.exists(path):
            return Entry(name, NO_ATTRIBUTES)
        is_folder = files.is_folder(path)
        attributes = Attribute.FOLDER if is_folder else _ARCHIVE
        attributes |= Attribute.READ_ONLY if files.is_read_only(path) else 0
        attributes |= Attribute.LINK if files.is_link(path) else 0
        has_no_size = is_folder or files.is_link(path)  # a link leads to what has one
        return Entry(name, attributes, 0 if has_no_size else files.size(path), files.time(path))

    _RESTS: Final[Mapping[Verb, Callable[..., object]]] = {
        Verb.WRITE: _data,
        Verb.COMMIT: _name_and_digest,
        Verb.READ: _size,
    }
    _ANSWERS: Final[Mapping[Verb, Callable[..., None]]] = {
        Verb.LOOK: _look,
        Verb.LIST: _list,
        Verb.DIGEST: _digest_of,
        Verb.HASH: _hash,
        Verb.MAKE_FOLDER: _make_folder,
        Verb.DELETE: _delete,
        Verb.OPEN: _open,
        Verb.JOIN: _join,
        Verb.WRITE: _write_data,
        Verb.SYNC: _sync,
        Verb.LEAVE: _leave,
        Verb.COMMIT: _commit,
        Verb.READ: _read,
    }


def _nothing(_script: _Script, _number: int) -> None:
    """Read nothing more of a request."""


def serve(invocation: Invocation) -> int:
    """Do as the script does, until its input ends; return its exit code."""
    try:
        return _Script(invocation).run()
    except (EOFError, ValueError, ProtocolError) as error:
        invocation.stderr.line(f"a request for files is broken: {error!r}")
        return 1
