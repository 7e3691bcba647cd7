"""Ctrl-C at any line that is run: the session can be used afterwards, and closes in time.

    python -m tests.interruptions [lines passed over, 1]

A query is read half and closed, while a KeyboardInterrupt is raised at one line of this project, of
requests, urllib3 or http.client; then at the next one, and so on. The exit code is 1 if a promise
was broken. It takes the place of the trace function, so it is run in a process of its own.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

import mi
from protocols.loopback import Endpoint
from tests.sessions import SERVICES, session_with, settles

__all__ = ["main"]

_PARTS: Final = (
    "/mi/", "/protocols/channels/", "/protocols/network/", "/protocols/security/",
    "/protocols/winrm/", "/protocols/wsman/",
    "/requests/", "/urllib3/", "/http/client.py", "/contextlib.py", "/threading.py",
)  # fmt: skip
_GRACE: Final = 5.0
_GENEROUS: Final = 3.0


class _Interrupter:
    """A trace function that raises at one of the lines that are run."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.lines = 0
        self.place = ""

    def __call__(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        name = frame.f_code.co_filename
        return self._line if any(part in name for part in _PARTS) else None

    def _line(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            self.lines += 1
            if self.lines == self._at:
                self.place = f"{frame.f_code.co_filename}, line {frame.f_lineno}"
                raise KeyboardInterrupt
        return self._line


def _read_half(session: mi.Session) -> None:
    with session.query_instances(SERVICES) as services:
        for _ in zip(range(25), services, strict=False):
            pass


def _interrupted(endpoint: Endpoint, at: int) -> tuple[_Interrupter, list[str]]:
    """Read half a query, interrupted at a line; return what was broken by that."""
    interrupter, problems = _Interrupter(at), list[str]()
    known = len(endpoint.exchanges)
    with session_with(endpoint, timeout=5) as session:
        session.get_class("Win32_Service")
        started = time.monotonic()
        sys.settrace(interrupter)
        try:
            _read_half(session)
        except KeyboardInterrupt:
            pass  # in a finalizer it is lost, as Python says
        except Exception as error:  # noqa: BLE001 - to be told
            problems.append(f"{error!r} instead of KeyboardInterrupt")
        finally:
            sys.settrace(None)
        try:
            session.test_connection(timeout=4)
        except mi.MIError as error:
            problems.append(f"the session is of no use: {error}")
    if time.monotonic() - started > _GRACE + _GENEROUS:
        problems.append(f"it took {time.monotonic() - started:.1f} s")
    if not settles(lambda: endpoint.open_connections == 0, _GENEROUS):
        problems.append("a connection stays open")
    # A context is known, and can be released, from the second page on.
    is_known = any(one.name == "Pull" for one in endpoint.exchanges[known:])
    if is_known and not settles(lambda: endpoint.open_contexts == 0, _GENEROUS):
        problems.append("a context stays open")
    for context in list(endpoint.contexts._entries):
        endpoint.contexts.discard(context)
    return interrupter, problems


def _broken(every: int) -> Iterator[str]:
    with Endpoint() as endpoint:
        whole, _ = _interrupted(endpoint, -1)
        for at in range(1, whole.lines + 1, every):
            interrupter, problems = _interrupted(endpoint, at)
            for problem in problems:
                yield f"at line {at} ({interrupter.place}): {problem}"
        print(f"interrupted at {len(range(1, whole.lines + 1, every))} of {whole.lines} lines")


def main(every: int = 1) -> int:
    """Interrupt at each line, or at one of `every` so many; return how much was broken."""
    logging.disable(logging.CRITICAL)
    count = 0
    for count, problem in enumerate(_broken(every), 1):  # noqa: B007 - the number is returned
        print(problem, flush=True)
    return count


if __name__ == "__main__":
    sys.exit(min(1, main(*map(int, sys.argv[1:]))))
