"""What there is to be copied on a host: a file, a folder with all in it, or what a pattern is.

What the host lists is checked before anything is made of it here.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mi.errors import InvalidParameter, LimitsExceeded, NotFound, ProtocolError
from mi.files.far_files import FarFiles
from mi.files.manner import RECURSE, Manner
from mi.files.names import check_name, far_join, is_partial, pattern_of
from mi.files.requests import Entry

__all__ = ["FarFile", "FarTree", "far_tree"]

_DEEPEST: Final = 200  # folders in one another
_MOST: Final = 1_000_000  # files and folders that are kept in memory


@dataclass(frozen=True, slots=True)
class FarFile:
    """A file on a host.

    Attributes:
        path: of it.
        names: its place in the target: the names of folders, and its own; none for the target.
        size: bytes.
        time: of the last change, in 100 ns since 1601.
    """

    path: str
    names: tuple[str, ...]
    size: int
    time: int


@dataclass(slots=True)
class FarTree:
    """What there is to be copied.

    Attributes:
        files: the files.
        folders: the places of folders in the target, each before what is in it.
        left_out: the paths of links.
    """

    files: list[FarFile] = field(default_factory=list)
    folders: list[tuple[str, ...]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def far_tree(far: FarFiles, source: str, manner: Manner) -> FarTree:
    """Return what a path of a host, or a pattern in its last part, is to be copied.

    Of a file, the place is the target itself; of a folder, that is the target's; what a pattern
    finds is in the target.

    Args:
        far: the files of the host.
        source: the path.
        manner: what becomes of links and of folders.

    Raises:
        NotFound: there is no such thing.
        InvalidParameter: it is a folder, which is not wanted.
        ProtocolError: what the host lists is no name of a file.
        LimitsExceeded: there is too much of it.
    """
    walk = _Walk(far, manner)
    asked = pattern_of(source)
    if asked is None:
        path, entry = far.look(source)
        if not entry.exists:
            raise NotFound(f"{source} is not on the host")
        walk.add(path, (), entry)
        return walk.tree
    folder, there = far.look(asked[0] or ".")
    if not there.exists:
        raise NotFound(f"{asked[0]} is not on the host")
    found = [one for one in walk.listed(folder) if _fits(one.name, asked[1])]
    if not found:
        raise NotFound(f"nothing on the host is {source}")
    for one in found:
        walk.add(far_join(folder, one.name), (one.name,), one)
    return walk.tree


def _fits(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name.lower(), pattern.lower())


class _Walk:
    def __init__(self, far: FarFiles, manner: Manner) -> None:
        self.tree = FarTree()
        self._far = far
        self._manner = manner
        self._count = 0

    def add(self, path: str, names: tuple[str, ...], entry: Entry) -> None:
        """Add a file, or a folder and all in it."""
        waiting = [(path, names, entry)]
        while waiting:
            path, names, entry = waiting.pop()
            is_left = (entry.is_link and not self._manner.follows_links) or is_partial(entry.name)
            if names and is_left:
                self.tree.left_out.append(path)
            elif entry.is_folder and not self._manner.recurses:
                self._leave_out(path, names)
            elif entry.is_folder:
                self.tree.folders.append(names)
                waiting += reversed(list(self._inside(path, names)))
            else:
                self._add_file(path, names, entry)

    def _add_file(self, path: str, names: tuple[str, ...], entry: Entry) -> None:
        if entry.is_link:
            try:
                entry = self._far.look(path, opens=True)[1]
            except NotFound:
                if not names:
                    raise
                self.tree.left_out.append(path)  # it leads nowhere
                return
        self.tree.files.append(FarFile(path, names, entry.size, entry.time))

    def _leave_out(self, path: str, names: tuple[str, ...]) -> None:
        if not names:
            raise InvalidParameter(f"{path} is a folder", advice=RECURSE)
        self.tree.left_out.append(path)

    def _inside(
        self, folder: str, names: tuple[str, ...]
    ) -> Iterator[tuple[str, tuple[str, ...], Entry]]:
        if len(names) > _DEEPEST:
            raise LimitsExceeded(f"{folder} on the host is deeper than {_DEEPEST} folders")
        for entry in self.listed(folder):
            yield far_join(folder, entry.name), (*names, entry.name), entry

    def listed(self, folder: str) -> list[Entry]:
        """Return what is in a folder, checked and by name."""
        entries: dict[str, Entry] = {}
        for entry in self._far.list(folder):
            self._count += 1
            if self._count > _MOST:
                raise LimitsExceeded(f"there are more than {_MOST} files")
            try:
                check_name(entry.name)
            except InvalidParameter as error:
                raise ProtocolError(
                    f"the host lists a file that is none: {error.message}"
                ) from error
            key = os.path.normcase(entry.name)
            if key in entries:
                raise ProtocolError(f"the host lists {entry.name} twice in {folder}")
            entries[key] = entry
        return sorted(entries.values(), key=lambda one: one.name.lower())
