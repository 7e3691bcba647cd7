"""No secret of shells and scripts gets out: what they are given, and what they write.

Searched is what `tests.secrecy` says. Secrets are what commands read and write, what variables
hold, their arguments, and the parameters, input and secure strings of scripts.
"""

from __future__ import annotations

import asyncio
import pickle
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import product
from traceback import StackSummary, TracebackException
from typing import Any

import pytest

import mi
from mi.calls import Call
from mi.powershell import SecureString
from mi.shell_calls import FollowCommand, OpenShell, RunCommand, SendInput, ShellDescription
from protocols.loopback import Cut, Endpoint, Replace, Stall
from protocols.loopback.powershell.script_run import ScriptRun
from protocols.loopback.shells.invocation import Invocation
from protocols.wsman.shell_requests import Asking
from tests.secrecy import Secrets, Seen, reachable, search, seen
from tests.sessions import session_with

__all__ = ["seen"]  # it is a fixture

_TYPED = "typed-into-stdin-0123456789"
_VARIABLE = "value-of-a-variable-0123456789"
_ARGUMENT = "argument-of-a-command-0123456789"
_WRITTEN = "written-by-a-command-0123456789"
_PARAMETER = "parameter-of-a-script-0123456789"
_PIPED = "piped-into-a-script-0123456789"
_SECURE = "secure-string-0123456789"
_ALL = (_TYPED, _VARIABLE, _ARGUMENT, _WRITTEN, _PARAMETER, _PIPED, _SECURE)


@pytest.fixture
def secrets() -> Secrets:
    known = Secrets()
    for one in _ALL:
        known.add(one)
        known.add(one.encode("utf-16-le"))  # as PowerShell has them
        # Within a larger text, base64 begins at any of three places.
        for before in ("", "x", "xx"):
            coded = b64encode((before + one).encode()).decode()
            known.add(coded[4:-4])
    return known


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    def speak(it: Invocation) -> None:
        it.stdout.line(_WRITTEN)

    def answer(it: ScriptRun) -> Iterator[Any]:
        yield _WRITTEN
        yield from it.parameters.values()

    with Endpoint() as one:
        one.commands["speak"] = speak
        one.scripts["Get-Said"] = answer
        yield one
        assert one.open_shells == 0


@pytest.fixture
def searched(seen: Seen, secrets: Secrets, capsys: pytest.CaptureFixture[str]) -> Iterator[Seen]:
    """Take in what is seen, and find nothing in it."""
    yield seen
    for number in range(20):
        seen.add("filler", str(number))
    search(seen, secrets, capsys)


_CARRIERS = (Call, Asking, ShellDescription)
"""What has secrets, since they are sent or known by it: then pickles have them too, and no more."""


def look_around(session: mi.Session, seen: Seen) -> None:
    """Take in whatever hangs on a session."""
    for one in list(reachable(session)):
        seen.add(type(one).__qualname__, repr(one))
        if not isinstance(one, _CARRIERS):
            seen.pickle(one)


def fails(work: Callable[[], object], seen: Seen) -> None:
    """Take in the error that something fails with, and all that led to it.

    The variables in its traceback are those of what sends and receives: what the caller has given
    is in frames of his own, where a secure string is hidden and a text is not.
    """
    with pytest.raises(mi.MIError) as caught:
        work()
    error: BaseException | None = caught.value
    while error is not None:
        seen.add("error", f"{error} {error!r} {vars(error)!r}")
        shown = TracebackException.from_exception(error, capture_locals=True)
        frames = [frame for frame in shown.stack if "/protocols/" in frame.filename]
        seen.add("traceback", "".join(StackSummary.from_list(frames).format()))
        if isinstance(error, mi.MIError):
            seen.add("pickle", pickle.dumps(error, 0).decode("latin-1"))
        error = error.__cause__


def talk(session: mi.Session, seen: Seen) -> None:
    """Run commands in every way, and take in what can be seen of it meanwhile."""
    with session.shell(environment={"TOKEN": _VARIABLE}) as shell:
        seen.add("result", repr(shell.run("speak", [_ARGUMENT])))
        seen.add("result", repr(shell.run("more", stdin=_TYPED)))
        with shell.start("more") as command:
            command.stdin.write(_TYPED)
            look_around(session, seen)
            for one in (shell, command, command.stdin, command.lines(), command.received):
                seen.add("object", repr(one))
            command.stdin.close()
            seen.add("result", repr(command.result()))
        asyncio.run(_talk_in_a_task(shell, seen))
        look_around(session, seen)


async def _talk_in_a_task(shell: mi.Shell, seen: Seen) -> None:
    seen.add("result", repr(await shell.aio.run("more", stdin=_TYPED)))


def script_it(session: mi.Session, seen: Seen, engine: str) -> None:
    """Run a script with secrets, and take in what can be seen of it meanwhile."""
    given = {"P": _PARAMETER, "S": SecureString(_SECURE), "N": [{"inner": _PARAMETER}]}
    running = session.start_powershell("Get-Said", given, input=[_PIPED], engine=engine)
    with running:
        next(running)
        look_around(session, seen)
        for one in (running, running._run, running._calls):
            seen.add("object", f"{one!r}")
        running.result()
    look_around(session, seen)


_ENGINES = pytest.mark.parametrize("engine", ["runspace", "process"])


def test_shells_keep_what_they_are_given(endpoint: Endpoint, searched: Seen) -> None:
    with session_with(endpoint) as session:
        talk(session, searched)


@_ENGINES
def test_scripts_keep_what_they_are_given(endpoint: Endpoint, engine: str, searched: Seen) -> None:
    with session_with(endpoint) as session:
        script_it(session, searched, engine)


_DISTURBANCES: dict[str, Callable[[str], Any]] = {
    "cut": Cut,
    "stalled": Stall,
    "garbled": lambda action: Replace(action, envelope=b"<not xml"),
}
_disturbed = pytest.mark.parametrize(
    ("how", "action"), list(product(_DISTURBANCES, ("Create", "Command", "Send", "Receive")))
)


@_disturbed
def test_what_fails_in_a_shell_tells_nothing_of_it(
    endpoint: Endpoint, how: str, action: str, searched: Seen
) -> None:
    def run() -> None:
        with session.shell(environment={"TOKEN": _VARIABLE}) as shell:
            shell.run("more", [_ARGUMENT], stdin=_TYPED, deadline=0.3)

    with session_with(endpoint) as session:
        endpoint.disturb(_DISTURBANCES[how](action))
        fails(run, searched)
        look_around(session, searched)
        endpoint.undisturb()


@_ENGINES
@_disturbed
def test_what_fails_in_a_script_tells_nothing_of_it(
    endpoint: Endpoint, engine: str, how: str, action: str, searched: Seen
) -> None:
    given = {"P": _PARAMETER, "S": SecureString(_SECURE)}

    def run() -> None:
        session.powershell("Get-Said", given, input=[_PIPED], engine=engine, timeout=0.3)

    with session_with(endpoint) as session:
        endpoint.disturb(_DISTURBANCES[how](action))
        fails(run, searched)
        look_around(session, searched)
        endpoint.undisturb()


def test_calls_keep_what_they_carry(searched: Seen) -> None:
    shell = ShellDescription("S", environment={"TOKEN": _VARIABLE})
    for call in (
        OpenShell(environment={"TOKEN": _VARIABLE}, creation_xml=_SECURE.encode()),
        RunCommand(shell, f"login {_ARGUMENT}", (_ARGUMENT,)),
        FollowCommand(shell, "C"),
        SendInput(shell, "C", _TYPED.encode()),
    ):
        searched.add("call", repr(call))
