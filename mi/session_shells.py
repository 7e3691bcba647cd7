"""What a session does with shells: opens them, takes them over, and lists them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Unpack

from mi.caller import Caller, CallKeywords, refuse_unknown
from mi.operation import Operation
from mi.option_checks import seconds

if TYPE_CHECKING:
    from mi.shell import Shell
    from mi.shell_calls import ShellDescription, ShellOption

__all__ = ["SessionShells"]

_UTF_8: Final = 65001
_OEM: Final = 437  # what servers take that are told nothing (MS-WSMV 3.1.4.5.2)


class SessionShells(Caller):
    """The shells of a session with one destination, which `mi.Session` describes."""

    def shell(  # noqa: PLR0913 - the keywords that a shell has
        self,
        *,
        environment: Mapping[str, str] | None = None,
        working_directory: str | None = None,
        codepage: int | None = _UTF_8,
        encoding: str | None = None,
        idle_timeout: float | timedelta | None = None,
        has_profile: bool = True,
        name: str | None = None,
        reopens: bool = True,
    ) -> Shell:
        r"""Return a shell for commands of Windows, which is opened when it is first used.

        Args:
            environment: variables that its commands have besides the user's own.
            working_directory: where they begin; else the user's own directory.
            codepage: of the console in which they write, 65001 for UTF-8; None leaves it to the
                server, whose OEM code page is 437 unless it is told so otherwise.
            encoding: of what they write and read, by Python's name; else the code page's.
            idle_timeout: seconds or a timedelta without a message after which the server may
                delete it, from 60 s on; else the server's own, mostly two hours.
            has_profile: whether the user's profile is loaded.
            name: what the server calls it in its lists.
            reopens: whether a new shell takes its place if the server has deleted it.

        Raises:
            InvalidParameter: an argument is not usable; nothing is sent.
        """
        from mi.output_text import encoding_of  # noqa: PLC0415 - only who wants a shell needs it
        from mi.shell import Shell  # noqa: PLC0415 - likewise
        from mi.shell_calls import OpenShell  # noqa: PLC0415 - likewise

        opening = OpenShell(
            environment=environment,
            working_directory=working_directory,
            idle_timeout=None if idle_timeout is None else seconds(idle_timeout, "idle_timeout"),
            name=name,
            options=_options(codepage, has_profile=has_profile),
        )
        chosen = encoding or encoding_of(_OEM if codepage is None else codepage)
        return Shell(self, opening, chosen, reopens=reopens)

    def connect_shell(
        self, shell_id: str, *, codepage: int = _UTF_8, encoding: str | None = None
    ) -> Shell:
        """Return a shell that another session has disconnected from (WinRM 3).

        Leaving its `with` block deletes it, unless it is disconnected again.

        Args:
            shell_id: what `Shell.disconnect` has returned, or a list says.
            codepage: with which it was opened.
            encoding: of what its commands write and read; else the code page's.
        """
        from mi.output_text import encoding_of  # noqa: PLC0415 - only who wants a shell needs it
        from mi.shell import Shell  # noqa: PLC0415 - likewise
        from mi.shell_calls import ConnectShell  # noqa: PLC0415 - likewise

        return Shell(self, ConnectShell(shell_id), encoding or encoding_of(codepage))

    def shells(self, **keywords: Unpack[CallKeywords]) -> Operation[ShellDescription]:
        """Return the shells on the server, of all users as far as this one may see them.

        Args:
            keywords: as for `run`; a namespace has no meaning here.
        """
        from mi.shell_calls import EnumerateShells  # noqa: PLC0415 - as above

        refuse_unknown(keywords, CallKeywords, "Session.shells")
        return self.run(EnumerateShells(), **keywords)


def _options(codepage: int | None, *, has_profile: bool) -> tuple[ShellOption, ...]:
    from mi.shell_calls import ShellOption  # noqa: PLC0415 - as above

    options = [ShellOption("WINRS_NOPROFILE", "FALSE" if has_profile else "TRUE")]
    if codepage is not None:
        options.append(ShellOption("WINRS_CODEPAGE", str(codepage)))
    return tuple(options)
