"""What a session does with files: copies them to the host, and from it."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import TYPE_CHECKING, Unpack

from mi.caller import refuse_unknown
from mi.errors import MIError
from mi.session_shells import SessionShells

if TYPE_CHECKING:
    from mi.files.copy import Copy
    from mi.files.manner import CopyKeywords
    from mi.files.result import CopyResult

__all__ = ["SessionFiles"]


class SessionFiles(SessionShells):
    """The files of the host of a session, which `mi.Session` describes."""

    @property
    @abstractmethod
    def max_connections(self) -> int | None:
        """The connections that there may be, or None where nobody has said how many."""
        ...

    def copy_to(
        self, source: str | os.PathLike[str], target: str, **keywords: Unpack[CopyKeywords]
    ) -> CopyResult:
        r"""Copy files from this machine to the host.

        Each is written beside its place and takes it when all of it is there and its SHA-256 is
        the one that it has here. A file that is there already, and the same, is not sent again.

        Args:
            source: a file, a folder with all that is in it, or a pattern (`*.log`).
            target: a path on the host, from the user's folder on if it is not whole. A file goes
                into a folder that exists, or a path that ends with a slash, under its own name;
                what is in a folder, and what a pattern finds, goes into the folder of this name.
            keywords: those of `mi.files.manner.CopyKeywords`.

        Raises:
            NotFound: there is nothing to be copied.
            InvalidParameter: Windows cannot have a name of it; nothing was sent.
            AccessDenied: a file on the host is read-only, or not to be written by this user.
            LimitsExceeded: a disk is full.
            OperationTimeout: the deadline has passed.
        """
        try:
            return self.new_copy(keywords, "Session.copy_to").to_host(source, target)
        except MIError as error:
            error.located(self.destination, "CopyTo")
            raise

    def copy_from(
        self, source: str, target: str | os.PathLike[str], **keywords: Unpack[CopyKeywords]
    ) -> CopyResult:
        """Copy files from the host to this machine; else as `copy_to`.

        Args:
            source: a path on the host: a file, a folder, or a pattern in its last part.
            target: a path on this machine, as for `copy_to`.
            keywords: those of `mi.files.manner.CopyKeywords`.

        Raises:
            NotFound: there is nothing to be copied.
            ProtocolError: the host lists what is no name of a file, or not all of one has come.
            AccessDenied: a file is not to be read, or the one on this machine not to be replaced.
            LimitsExceeded: a disk is full.
            OperationTimeout: the deadline has passed.
        """
        try:
            return self.new_copy(keywords, "Session.copy_from").from_host(source, target)
        except MIError as error:
            error.located(self.destination, "CopyFrom")
            raise

    def new_copy(self, how: CopyKeywords, method: str = "Session.new_copy") -> Copy:
        """Return a copy that has not begun, and can be stopped; `copy_to` and `copy_from` run one.

        Args:
            how: to copy.
            method: for the message where a keyword is none.
        """
        from mi.files.copy import Copy  # noqa: PLC0415 - only who copies files needs it
        from mi.files.manner import CopyKeywords  # noqa: PLC0415 - likewise

        refuse_unknown(how, CopyKeywords, method)
        return Copy(self, self.envelope_size, self.max_connections, how)
