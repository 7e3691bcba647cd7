"""Files on their way from a host."""

from __future__ import annotations

import ntpath
import os
import stat
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from mi.errors import AccessDenied, InvalidParameter, ProtocolError
from mi.files.far_files import FarFiles
from mi.files.far_tree import FarFile, FarTree
from mi.files.incoming import Incoming
from mi.files.lanes import LARGE, Sharing
from mi.files.manner import Manner, Told
from mi.files.names import check_name
from mi.files.near_failures import near_errors
from mi.files.near_file import PartialFile, digest_of, near_time
from mi.files.result import CopiedFile
from mi.files.resumption import begin_of

__all__ = ["Download", "DownloadJob"]

_SEPARATORS: Final = ("/", os.sep)


class DownloadJob(NamedTuple):
    """A file to be copied.

    Attributes:
        file: it.
        target: its path on this machine.
    """

    file: FarFile
    target: Path


class Download:
    """Copies a tree from a host; each thread has one of its own."""

    def __init__(self, far: FarFiles, manner: Manner, told: Told, shared: Sharing) -> None:
        """Copy nothing yet.

        Args:
            far: the files of the host.
            manner: how to copy.
            told: told how far it is.
            shared: lets other lanes help.
        """
        self._shared = shared
        self._far = far
        self._manner = manner
        self._told = told

    @staticmethod
    def prepare(tree: FarTree, source: str, target: str | os.PathLike[str]) -> list[DownloadJob]:
        """Make the folders, and return what is left to be done.

        Args:
            tree: what is copied.
            source: what the user calls it.
            target: the path on this machine.

        Raises:
            MIError: a folder cannot be made.
        """
        written = os.fspath(target)
        root = Path(written)
        into = root.is_dir() or written.endswith(_SEPARATORS)
        if tree.files and not tree.files[0].names and into:
            # By the name that the user has given: the host's word for it may lead anywhere.
            root /= check_name(ntpath.basename(source))
        with near_errors(written):
            for names in tree.folders:
                root.joinpath(*names).mkdir(parents=True, exist_ok=True)
            if not tree.folders:
                above = root if tree.files[:1] and tree.files[0].names else root.parent
                above.mkdir(parents=True, exist_ok=True)
        return [DownloadJob(file, root.joinpath(*file.names)) for file in tree.files]

    def copy(self, job: DownloadJob) -> None:
        """Copy a file.

        Raises:
            MIError: it was not done.
        """
        file, target = job
        path = str(target)
        self._told.more(file.path, path, file.size, 0)
        digest = self._same(file, target)
        if digest is not None:
            done = CopiedFile(file.path, path, file.size, digest.hex(), was_skipped=True)
        else:
            done = self._fetched(file, path)
        self._told.done(done)

    def _same(self, file: FarFile, target: Path) -> bytes | None:
        """Return the digest of a file if this machine has the same.

        Raises:
            InvalidParameter, AccessDenied: what is there is not to be replaced.
        """
        with near_errors(str(target)):
            if not target.exists():
                return None
            there = target.stat()
        if not stat.S_ISREG(there.st_mode):
            raise InvalidParameter(f"{target} on this machine is no file")
        if there.st_size == file.size:
            digest = digest_of(str(target))
            if digest == self._far.digest(file.path, file.size):
                return digest
        if not there.st_mode & stat.S_IWUSR:
            raise AccessDenied(f"{target} on this machine is read-only")
        return None

    def _fetched(self, file: FarFile, target: str) -> CopiedFile:
        into = PartialFile(target, keeps=self._manner.resumes)
        told = partial(self._told.more, file.path, target, file.size)
        with into.opened():
            into.go_on(
                *begin_of(into.path, min(into.size, file.size), partial(self._is, file.path))
            )
            if into.begin:
                told(into.begin)
            digest = self._read(Incoming(file, into, told), file.size - into.begin)
            if digest != into.digest(file.size):
                raise ProtocolError(f"{file.path} did not arrive as it is on the host")
            into.commit(near_time(file.time) if self._manner.keeps_times else None)
        return CopiedFile(file.path, target, file.size, digest.hex(), resumed_at=into.begin)

    def _is(self, path: str, size: int, digest: bytes) -> bool:
        """Return whether so many bytes of a file on the host have this SHA-256."""
        return self._far.digest(path, size) == digest

    def _read(self, incoming: Incoming, left: int) -> bytes:
        """Fetch what is left of a file, with the help of others if it is much."""
        if left < LARGE:
            return incoming.lead(self._far)
        with self._shared(incoming, left):
            digest = incoming.lead(self._far)
        incoming.check()
        return digest
