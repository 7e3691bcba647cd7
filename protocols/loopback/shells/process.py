"""A command that runs in a shell: its thread, its streams, its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from protocols.loopback.shells.attention import CONTROL_C_EXIT, Attention, CtrlC, Terminated
from protocols.loopback.shells.invocation import NeverRan
from protocols.loopback.shells.pipes import Input, Output, Taken

__all__ = ["Process", "Work"]

Work = Callable[["Process"], int | None]
"""What a process does; it returns its exit code."""

_LONGEST_END: Final = 5.0  # seconds that its thread may take to end


class Process:
    """A command, from when it was started until the client is through with it."""

    def __init__(
        self,
        command_id: str,
        work: Work,
        output_streams: Sequence[str],
        *,
        keeps_pieces: bool = False,
    ) -> None:
        self.command_id = command_id
        self.attention = Attention()
        self.stdin = Input(self.attention)
        self.output = Output(output_streams, self.attention, keeps_pieces=keeps_pieces)
        self.is_received = False  # whether the client knows that it is done
        self.takes_ctrl_c = True  # not one whose input is a pipe, where that makes a difference
        self._work = work
        self._thread = threading.Thread(
            target=self._run, name=f"loopback-command-{command_id}", daemon=True
        )

    def start(self) -> None:
        """Begin to run."""
        self._thread.start()

    def take(
        self,
        streams: Sequence[str],
        most: int,
        seconds: float,
        is_connected: Callable[[], bool],
    ) -> Taken | None:
        """Return what it has written, as `Output.take` does, and note whether that was its end.

        Raises:
            Terminated: it was ended before it was done.
        """
        taken = self.output.take(streams, most, seconds, is_connected)
        if taken is not None and taken.is_done:
            self.is_received = True
        return taken

    def ctrl_c(self) -> None:
        """Press Ctrl-C."""
        if self.takes_ctrl_c:
            self.attention.ctrl_c()

    def terminate(self) -> None:
        """End it, wherever it is."""
        self.attention.terminate()

    def join(self) -> None:
        """Wait until its thread has ended; a script that never waits is left to itself."""
        self._thread.join(_LONGEST_END)

    def _run(self) -> None:
        with self.attention.running():
            try:
                code = self._work(self)
            except CtrlC:
                code = CONTROL_C_EXIT
            except NeverRan:
                code = None
            except Terminated:
                return  # whoever asked for it knows; its output is gone
            self.output.end(code)
