"""A copy as a whole: what there is, the ways to the host, and what came of it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from mi.control import Expiry
from mi.errors import InvalidParameter, OperationCancelled, TypeMismatch
from mi.files.download import Download
from mi.files.far_files import FarFiles
from mi.files.far_tree import far_tree
from mi.files.lanes import Lanes, Sharing, lanes_for
from mi.files.manner import CopyKeywords, Manner, Told
from mi.files.names import check_path
from mi.files.near_tree import near_tree
from mi.files.result import CopyResult
from mi.files.upload import Upload
from mi.option_checks import number, seconds

if TYPE_CHECKING:
    from mi.session_shells import SessionShells

__all__ = ["Copy"]

JobT = TypeVar("JobT")
JobT_contra = TypeVar("JobT_contra", contravariant=True)

_USUAL_LANES: Final = 4
_USUAL_OF_ONE: Final = 3  # at one file: each keeps some 4 MiB of messages
_NO_TEXT: Final = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_lanes = number(1, 64)


class _Copier(Protocol[JobT_contra]):
    def copy(self, job: JobT_contra) -> None: ...


class _Maker(Protocol[JobT_contra]):
    def __call__(
        self, far: FarFiles, manner: Manner, told: Told, shared: Sharing, /
    ) -> _Copier[JobT_contra]: ...


class Copy:
    """One copy between this machine and a host; it is run once."""

    def __init__(
        self,
        session: SessionShells,
        envelope_size: int,
        connections: int | None,
        keywords: CopyKeywords,
    ) -> None:
        """Begin nothing yet.

        Args:
            session: of the host.
            envelope_size: bytes that a message may have.
            connections: that the session may have; None where nobody has said how many.
            keywords: how to copy.

        Raises:
            InvalidParameter: a keyword has a value that it cannot have.
        """
        self._session = session
        self._envelope_size = envelope_size
        self._stop = Event()
        self._manner = Manner(
            keywords.get("recursive", True),
            keywords.get("resume", False),
            keywords.get("times", False),
            keywords.get("follow_links", False),
            self._stop,
        )
        given = keywords.get("parallel")
        asked = _USUAL_LANES if given is None else _lanes(given, "parallel")
        # Each lane waits for its answers by one connection, and all of them write by another.
        self._most = asked if connections is None else max(1, min(asked, connections - 1))
        self._most_of_one = min(self._most, _USUAL_OF_ONE) if given is None else self._most
        self._progress = keywords.get("progress")
        deadline = keywords.get("deadline")
        self._given = None if deadline is None else seconds(deadline, "deadline")
        self._end = Expiry.after(self._given, "deadline")
        self._turn = Lock()
        self._fars: list[FarFiles] = []

    def to_host(self, source: str | os.PathLike[str], target: str) -> CopyResult:
        """Copy from this machine to the host.

        Raises:
            MIError: it was not done, or not wholly.
        """
        _check_far(target)
        check_path(target)
        began = monotonic()
        tree = near_tree(source, self._manner)
        told = self._told([file.size for file in tree.files])
        with self._far() as far:
            lanes = self._lanes(far)
            jobs = Upload(far, self._manner, told, lanes.shared).prepare(tree, target)
            self._do(lanes, Upload, jobs, told)
        files = tuple(told.files[job.target] for job in jobs)
        return CopyResult(files, tuple(tree.left_out), monotonic() - began)

    def from_host(self, source: str, target: str | os.PathLike[str]) -> CopyResult:
        """Copy from the host to this machine.

        Raises:
            MIError: it was not done, or not wholly.
        """
        _check_far(source)
        began = monotonic()
        with self._far() as far:
            tree = far_tree(far, source, self._manner)
            told = self._told([file.size for file in tree.files])
            jobs = Download.prepare(tree, source, target)
            self._do(self._lanes(far), Download, jobs, told)
        files = tuple(told.files[str(job.target)] for job in jobs)
        return CopyResult(files, tuple(tree.left_out), monotonic() - began)

    def stop(self) -> None:
        """Let it end soon by `OperationCancelled`; from any thread, waiting for nothing."""
        self._stop.set()

    def close(self) -> None:
        """End it, from any thread, in at most 5 s."""
        with self._turn:
            self._stop.set()
            fars = tuple(self._fars)
        for far in fars:
            far.close()

    # Inside

    def _far(self) -> FarFiles:
        with self._turn:  # so that `close` knows all that there will be
            self._check_stop()
            left = self._given if not self._fars else self._end.remaining()
            far = FarFiles(self._session, self._envelope_size, left)
            self._fars.append(far)
            return far

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise OperationCancelled("the copy was cancelled")

    def _lanes(self, far: FarFiles) -> Lanes:
        return Lanes(far, self._far, self._stop, self._most_of_one)

    def _do(
        self,
        lanes: Lanes,
        kind: _Maker[JobT],
        jobs: Sequence[JobT],
        told: Told,
    ) -> None:
        def do(job: JobT, far: FarFiles) -> None:
            kind(far, self._manner, told, lanes.shared).copy(job)

        count = lanes_for(told.sizes, self._most)
        lanes.run([partial(do, job) for job in jobs], count)

    def _told(self, sizes: list[int]) -> Told:
        self._check_stop()
        return Told(self._progress, sizes, self._stop)


def _check_far(path: str) -> None:
    given: object = path
    if not isinstance(given, str):
        raise TypeMismatch(f"a path on the host is a string, not {type(given).__name__}")
    if not path or _NO_TEXT.search(path):
        raise InvalidParameter(
            f"{path!r} is no path of Windows", advice="Write C:/folder/file, or a raw string."
        )
