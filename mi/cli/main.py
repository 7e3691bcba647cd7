"""Where the `mi` command starts and ends: the pieces it needs, and its exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib.util import find_spec

__all__ = ["main"]

_NEEDED = ("click", "rich")
_UNSUPPORTED = 1  # ExitCode.UNSUPPORTED, known before anything may be imported


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the `mi` command and return its exit code; `arguments` are those of the process."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"mi: the command line needs {' and '.join(missing)}: "
            "pip install 'management-infrastructure[cli]'\n"
        )
        return _UNSUPPORTED
    # Warnings reach the user by the session's callbacks; the log would say them again.
    logging.getLogger("mi").addHandler(logging.NullHandler())
    _make_lossless(sys.stdout)
    return _run(arguments)


def _make_lossless(stream: object) -> None:
    """Write a character that the terminal's encoding lacks as an escape, rather than fail."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _run(arguments: Sequence[str] | None) -> int:
    import click  # noqa: PLC0415 - only known to be there now

    import mi  # noqa: PLC0415 - as click
    from mi.cli.advice import told  # noqa: PLC0415 - as click
    from mi.cli.commands import program  # noqa: PLC0415 - as click
    from mi.cli.exit_codes import ExitCode, exit_code  # noqa: PLC0415 - as click
    from mi.cli.output.terminal import complain  # noqa: PLC0415 - as click

    try:
        outcome = program.main(arguments, prog_name="mi", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as abort:
        if _was_ctrl_c(abort):
            complain("interrupted")
            return ExitCode.INTERRUPTED
        complain("there was no answer")
        return ExitCode.USAGE
    except mi.MIError as error:
        complain(f"error: {told(error)}")
        return exit_code(error)
    return outcome if isinstance(outcome, int) else ExitCode.OK


def _was_ctrl_c(abort: BaseException) -> bool:
    """Return whether click made `abort` of Ctrl-C, not of an end of input at a prompt."""
    return isinstance(abort.__context__, KeyboardInterrupt)
