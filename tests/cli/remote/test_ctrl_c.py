"""Ctrl-C, one step after another."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

import mi
from mi.cli.remote.ctrl_c import passing_on

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX'")
_LONG = 30.0


def _press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _failing(error: mi.MIError, done: threading.Event) -> Callable[[], None]:
    def step() -> None:
        done.set()
        raise error

    return step


def test_each_takes_one_step_and_one_more_interrupts() -> None:
    first, second = threading.Event(), threading.Event()
    before = signal.getsignal(signal.SIGINT)
    with passing_on(first.set, second.set):
        _press()
        assert first.wait(_LONG)
        assert not second.is_set()
        _press()
        assert second.wait(_LONG)
        with pytest.raises(KeyboardInterrupt):
            _press()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (mi.NotFound("it has ended"), ""),
        (mi.AccessDenied("no"), "mi: warning: Ctrl-C did not reach the host: no\n"),
    ],
)
def test_a_step_that_fails_is_told_unless_there_was_nothing_left(
    capsys: pytest.CaptureFixture[str], error: mi.MIError, told: str
) -> None:
    done = threading.Event()
    with passing_on(_failing(error, done)):
        _press()
        assert done.wait(_LONG)
    for thread in threading.enumerate():
        if thread.name == "mi-ctrl-c":
            thread.join(_LONG)
    assert capsys.readouterr().err == told


def test_in_another_thread_it_is_left_as_it_is() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with passing_on():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(_LONG)
    assert seen == [before]
