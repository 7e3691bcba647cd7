"""Wine, which runs programs of Windows here, and a Windows of its own for the tests."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["LOADER", "Wine"]

_HOME = Path("/usr/lib/wine")
LOADER = _HOME / "wine64"
"""Debian's loader; its `wine` is a script that wants a 32-bit one, too."""
_SERVERS = ("wineserver", "wineserver64")
_LIMIT = 45 * 60  # seconds; the suite takes three minutes of a machine that has nothing else to do


class Wine:
    """A prefix: registry, drives and services that no other program of this machine shares."""

    def __init__(self, prefix: Path) -> None:
        self._prefix = prefix
        inherited = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
        self._environment = {
            **inherited,
            "WINEPREFIX": str(prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # Neither .NET nor a browser, which Wine would offer to fetch.
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
        }

    def make(self) -> None:
        """Make it, unless it is there already; this takes some seconds."""
        if not (self._prefix / "system.reg").exists():
            self._prefix.mkdir(parents=True, exist_ok=True)
            self.run(["wineboot", "--init"], subprocess.DEVNULL).check_returncode()
            self._server("--wait")  # until its registry is written

    def run(
        self,
        command: Sequence[str],
        output: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a program of Windows.

        Its standard input is nothing and its output a pipe: of a file or a terminal of this machine
        it could make no handle (WinError 6).
        """
        relay = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=output)
        try:
            return subprocess.run(
                [str(LOADER), *command],
                env={**self._environment, **(environment or {})},
                stdin=subprocess.DEVNULL, stdout=relay.stdin, stderr=subprocess.STDOUT,
                check=False, text=True, timeout=_LIMIT,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            self.end()  # or whatever it has left behind would hold the pipe
            raise
        finally:
            relay.communicate()

    def end(self) -> None:
        """End all that runs in it."""
        self._server("--kill")

    def _server(self, option: str) -> None:
        for name in _SERVERS:
            if (_HOME / name).exists():
                subprocess.run([_HOME / name, option], env=self._environment, check=False)
                return
