"""What there is to be copied on this machine: a file, a folder with all in it, or a pattern."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path

from mi.errors import InvalidParameter, NotFound
from mi.files.manner import RECURSE, Manner
from mi.files.names import check_name, is_partial
from mi.files.near_failures import near_errors

__all__ = ["NearFile", "Tree", "near_tree"]

_Root = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NearFile:
    """A file on this machine.

    Attributes:
        path: of it.
        names: its place in the target: the names of folders, and its own; none for the target.
        size: bytes.
        time: of the last change, in nanoseconds since 1970.
    """

    path: str
    names: tuple[str, ...]
    size: int
    time: int


@dataclass(slots=True)
class Tree:
    """What there is to be copied.

    Attributes:
        files: the files.
        folders: the places of folders in the target, each before what is in it.
        left_out: the paths of what is not copied.
    """

    files: list[NearFile] = field(default_factory=list)
    folders: list[tuple[str, ...]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def near_tree(source: str | os.PathLike[str], manner: Manner) -> Tree:
    """Return what a path, or a pattern where there is no such path, is to be copied.

    Of a file, the place is the target itself; of a folder, that is the target's; what a pattern
    finds is in the target.

    Args:
        source: the path, or the pattern.
        manner: what becomes of links and of folders.

    Raises:
        NotFound: there is no such thing.
        InvalidParameter: it is a folder, which is not wanted, or Windows cannot have a name in it,
            or two names are one to Windows, or links lead in a circle.
    """
    path = os.fspath(source)
    walk = _Walk(manner)
    with near_errors(path):
        if not os.path.lexists(path) and has_magic(path):
            found = sorted(glob(path))  # noqa: PTH207 - the pattern may be of a whole path
            if not found:
                raise NotFound(f"nothing on this machine is {path}")
            for one in found:
                walk.add(one, (Path(one).name,))
        else:
            walk.add(path, ())
    return walk.tree


class _Walk:
    def __init__(self, manner: Manner) -> None:
        self.tree = Tree()
        self._manner = manner
        self._seen: dict[tuple[str, ...], str] = {}

    def add(self, path: str, names: tuple[str, ...]) -> None:
        """Add a file, or a folder and all in it."""
        waiting: list[_Root] = [(path, names)]
        while waiting:
            waiting += self._added(*waiting.pop())

    def _added(self, path: str, names: tuple[str, ...]) -> Iterator[_Root]:
        """Add what a path is; return what is in it, the last first."""
        found = Path(path).stat()
        if names:
            self._check(path, names)
        is_folder = stat.S_ISDIR(found.st_mode)
        if is_folder and not names and not self._manner.recurses:
            raise InvalidParameter(f"{path} is a folder", advice=RECURSE)
        if is_folder and Path(path).is_symlink() and _leads_back(path, names):
            raise InvalidParameter(f"{path} is a link to a folder that it is in")
        if is_folder and self._manner.recurses:
            self.tree.folders.append(names)
            return reversed(list(self._inside(path, names)))
        if stat.S_ISREG(found.st_mode):
            self.tree.files.append(NearFile(path, names, found.st_size, found.st_mtime_ns))
        else:
            self.tree.left_out.append(path)
        return iter(())

    def _inside(self, folder: str, names: tuple[str, ...]) -> Iterator[_Root]:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if is_partial(entry.name) or (entry.is_symlink() and not self._follows(entry)):
                    self.tree.left_out.append(entry.path)
                else:
                    yield entry.path, (*names, entry.name)

    def _follows(self, link: os.DirEntry[str]) -> bool:
        return self._manner.follows_links and Path(link.path).exists()

    def _check(self, path: str, names: tuple[str, ...]) -> None:
        """Refuse what Windows would."""
        check_name(names[-1])
        key = tuple(name.lower() for name in names)
        other = self._seen.setdefault(key, path)
        if other != path:
            raise InvalidParameter(f"{other} and {path} are one name to Windows")


def _leads_back(link: str, names: tuple[str, ...]) -> bool:
    """Return whether a link leads to one of the folders that it was reached through."""
    real = os.path.realpath(link)
    above = itertools.islice(Path(link).parents, len(names))
    return any(os.path.realpath(folder) == real for folder in above)
