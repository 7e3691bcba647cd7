"""Files on their way to a host."""

from __future__ import annotations

import ntpath
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mi.errors import AccessDenied, InvalidParameter, MIError
from mi.files.far_files import FarFiles
from mi.files.lanes import LARGE, Sharing
from mi.files.manner import Manner, Told
from mi.files.names import check_name, far_join, partial_name
from mi.files.near_failures import near_errors
from mi.files.near_file import digest_of, windows_time
from mi.files.near_tree import NearFile, Tree
from mi.files.outgoing import Outgoing
from mi.files.requests import Entry
from mi.files.result import CopiedFile
from mi.files.resumption import begin_of

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["Upload", "UploadJob"]


class UploadJob(NamedTuple):
    """A file to be copied.

    Attributes:
        file: it.
        target: its path on the host.
        there: what is there, or None where nobody has looked.
    """

    file: NearFile
    target: str
    there: Entry | None = None


class Upload:
    """Copies a tree to a host; each thread has one of its own."""

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

    def prepare(self, tree: Tree, target: str) -> list[UploadJob]:
        """Make the folders, and return what is left to be done.

        Args:
            tree: what is copied.
            target: the path on the host, as the user has written it.

        Raises:
            InvalidParameter: Windows cannot have the name of the file.
            MIError: a folder cannot be made.
        """
        root, there = self._far.look(target)
        one = tree.files[0] if tree.files and not tree.files[0].names else None
        if one is not None and (there.is_folder or target.endswith(("\\", "/"))):
            root, there = self._far.look(far_join(root, check_name(Path(one.path).name)))
        for names in tree.folders:
            self._far.make_folder(far_join(root, *names))
        if not (tree.folders or there.exists):
            self._far.make_folder(root if one is None else ntpath.dirname(root))
        if one is not None:
            return [UploadJob(one, root, there)]
        return [UploadJob(file, far_join(root, *file.names)) for file in tree.files]

    def copy(self, job: UploadJob) -> None:
        """Copy a file.

        Raises:
            MIError: it was not done.
        """
        file, target, there = job
        there = self._far.look(target)[1] if there is None else there
        self._told.more(file.path, target, file.size, 0)
        digest = self._same(file, target, there)
        if digest is not None:
            done = CopiedFile(file.path, target, file.size, digest.hex(), was_skipped=True)
        else:
            _check(there, target)
            done = self._sent(file, target)
        self._told.done(done)

    def _same(self, file: NearFile, target: str, there: Entry) -> bytes | None:
        """Return the digest of a file if the host has the same."""
        if not there.exists or there.is_folder or there.size != file.size:
            return None
        digest = digest_of(file.path)
        return digest if digest == self._far.digest(target, file.size) else None

    def _begin(self, file: NearFile, partial: str) -> tuple[int, _Hash]:
        """Return how much of a file is there from an earlier try, and the hash of that."""
        if not self._manner.resumes:
            return 0, sha256()
        there = self._far.look(partial)[1]
        if not there.exists or there.is_folder or there.size > file.size:
            return 0, sha256()
        return begin_of(
            file.path, there.size, lambda size, digest: self._far.digest(partial, size) == digest
        )

    def _sent(self, file: NearFile, target: str) -> CopiedFile:
        where = far_join(ntpath.dirname(target), partial_name(ntpath.basename(target)))
        begin, digest = self._begin(file, where)
        told = partial(self._told.more, file.path, target, file.size)
        try:
            with near_errors(file.path):
                opened = Path(file.path).open("rb")  # noqa: SIM115 - its own errors alone
            with opened:
                if begin:
                    told(begin)
                outgoing = Outgoing(file, opened, where, begin=begin, digest=digest, tell=told)
                self._far.open(where, begin)
                self._write(outgoing, where, file.size - begin)
            time = windows_time(file.time) if self._manner.keeps_times else 0
            self._far.commit(where, target, outgoing.digest(), time)
        except BaseException:
            if self._far.is_usable and not self._manner.resumes:
                with suppress(MIError):
                    self._far.delete(where)
            raise
        return CopiedFile(file.path, target, file.size, outgoing.digest().hex(), resumed_at=begin)

    def _write(self, outgoing: Outgoing, where: str, left: int) -> None:
        """Send what is left of a file, with the help of others if it is much."""
        if left < LARGE:
            outgoing.lead(self._far, follows=False)
            return
        self._far.join(where)
        with self._shared(outgoing, left):
            outgoing.lead(self._far, follows=True)


def _check(there: Entry, target: str) -> None:
    """Refuse what cannot be replaced, before anything is sent."""
    if there.is_folder:
        raise InvalidParameter(f"{target} is a folder on the host")
    if there.is_read_only:
        raise AccessDenied(
            f"{target} is read-only on the host", advice="Take the attribute away: attrib -r."
        )
