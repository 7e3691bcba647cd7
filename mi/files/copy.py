"""A copy as a whole: what there is, the way to the host, and what came of it."""

from __future__ import annotations

import os
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from mi.errors import InvalidParameter, OperationCancelled, TypeMismatch
from mi.files.download import Download
from mi.files.far_files import FarFiles
from mi.files.far_tree import far_tree
from mi.files.manner import CopyKeywords, Manner, Told
from mi.files.near_tree import near_tree
from mi.files.result import CopiedFile, CopyResult
from mi.files.upload import Upload
from mi.option_checks import seconds

if TYPE_CHECKING:
    from mi.session_shells import SessionShells

__all__ = ["Copy"]


class Copy:
    """One copy between this machine and a host; `run` is called once."""

    def __init__(self, session: SessionShells, envelope_size: int, keywords: CopyKeywords) -> None:
        """Begin nothing yet.

        Args:
            session: of the host.
            envelope_size: bytes that a message may have.
            keywords: how to copy.
        """
        self._stop = Event()
        self._manner = Manner(
            keywords.get("recursive", True),
            keywords.get("resume", False),
            keywords.get("times", False),
            keywords.get("follow_links", False),
            self._stop,
        )
        self._progress = keywords.get("progress")
        deadline = keywords.get("deadline")
        self._far = FarFiles(
            session, envelope_size, None if deadline is None else seconds(deadline, "deadline")
        )

    def to_host(self, source: str | os.PathLike[str], target: str) -> CopyResult:
        """Copy from this machine to the host.

        Raises:
            MIError: it was not done, or not wholly.
        """
        _check_far(target)
        began = monotonic()
        tree = near_tree(source, self._manner)
        told = self._told([file.size for file in tree.files])
        with self._far as far:
            Upload(far, self._manner, told).run(tree, target)
        return _result(told.files, tree.left_out, began)

    def from_host(self, source: str, target: str | os.PathLike[str]) -> CopyResult:
        """Copy from the host to this machine.

        Raises:
            MIError: it was not done, or not wholly.
        """
        _check_far(source)
        began = monotonic()
        with self._far as far:
            tree = far_tree(far, source, self._manner)
            told = self._told([file.size for file in tree.files])
            Download(far, self._manner, told).run(tree, source, target)
        return _result(told.files, tree.left_out, began)

    def stop(self) -> None:
        """Let it end soon by `OperationCancelled`; from any thread, waiting for nothing."""
        self._stop.set()

    def close(self) -> None:
        """End it, from any thread, in at most 5 s."""
        self._stop.set()
        self._far.close()

    def _told(self, sizes: list[int]) -> Told:
        if self._stop.is_set():
            raise OperationCancelled("the copy was cancelled")
        return Told(self._progress, sizes, self._stop)


def _result(files: list[CopiedFile], left_out: list[str], began: float) -> CopyResult:
    return CopyResult(tuple(files), tuple(left_out), monotonic() - began)


def _check_far(path: str) -> None:
    given: object = path
    if not isinstance(given, str):
        raise TypeMismatch(f"a path on the host is a string, not {type(given).__name__}")
    if not path or any(ord(character) < ord(" ") for character in path):
        raise InvalidParameter(
            f"{path!r} is no path of Windows", advice="Write C:/folder/file, or a raw string."
        )
