"""What came of a copy, and how far one is."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["CopiedFile", "CopyProgress", "CopyResult"]


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """One file, at both ends the same now.

    Attributes:
        source: its path where it came from.
        target: its path where it went.
        size: bytes.
        digest: its SHA-256 in hexadecimal digits, which both ends have computed.
        was_skipped: whether it was there already, so that nothing was sent.
        resumed_at: bytes that were there from an earlier try.
    """

    source: str
    target: str
    size: int
    digest: str
    was_skipped: bool = False
    resumed_at: int = 0


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What came of a copy.

    Attributes:
        files: each of them, in order.
        left_out: the paths of links, devices and the like, which are not copied.
        seconds: that it took.
    """

    files: tuple[CopiedFile, ...] = field(repr=False)
    left_out: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def copied(self) -> int:
        """How many files were sent."""
        return len(self.files) - self.skipped

    @property
    def skipped(self) -> int:
        """How many files were there already."""
        return sum(one.was_skipped for one in self.files)

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(one.size for one in self.files)

    @property
    def sent(self) -> int:
        """The bytes that went over the network, before base64."""
        return sum(one.size - one.resumed_at for one in self.files if not one.was_skipped)


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """How far a copy is.

    Attributes:
        source: the path of the present file where it comes from.
        target: its path where it goes.
        done: bytes of it that are there.
        size: bytes of it.
        total_done: bytes of all files that are there.
        total_size: bytes of all files.
        files_done: files that are there, or were.
        files: how many there are.
    """

    source: str
    target: str
    done: int
    size: int
    total_done: int
    total_size: int
    files_done: int
    files: int
