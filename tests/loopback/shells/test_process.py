"""A process runs in its thread, and ends with an exit code, without one, or not at all."""

import threading

import pytest

from protocols.loopback.shells.attention import CtrlC, Terminated
from protocols.loopback.shells.invocation import NeverRan
from protocols.loopback.shells.pipes import Piece, Taken
from protocols.loopback.shells.process import Process


def started(work: object) -> Process:
    process = Process("1", work, ())  # type: ignore[arg-type]
    process.start()
    return process


def taken(process: Process) -> Taken | None:
    return process.take((), 1000, 10.0, lambda: True)


def never_ran(_: Process) -> int:
    raise NeverRan


def waiting(process: Process) -> int:
    process.stdin.read()
    return 1


def test_it_ends_with_its_exit_code() -> None:
    process = started(lambda _: 4)
    assert taken(process) == Taken((), is_done=True, exit_code=4)
    assert process.is_received
    process.join()


def test_one_that_never_ran_has_no_exit_code() -> None:
    assert taken(started(never_ran)) == Taken((), is_done=True, exit_code=None)


def test_ctrl_c_ends_one_that_takes_it() -> None:
    process = started(waiting)
    process.takes_ctrl_c = False
    process.ctrl_c()
    assert process.take((), 1000, 0.02, lambda: True) is None
    assert not process.is_received
    process.takes_ctrl_c = True
    process.ctrl_c()
    assert taken(process) == Taken((), is_done=True, exit_code=0xC000013A)


def test_one_that_is_terminated_is_not_heard_of_again() -> None:
    process = started(waiting)
    process.terminate()
    process.join()
    with pytest.raises(Terminated):
        taken(process)
    assert issubclass(CtrlC, Exception)


def test_a_script_that_never_waits_is_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protocols.loopback.shells.process._LONGEST_END", 0.01)
    go_on = threading.Event()
    process = started(lambda _: go_on.wait(10))
    process.terminate()
    process.join()
    go_on.set()


def test_what_is_written_without_waiting_is_taken_at_once_with_the_end() -> None:
    first_is_out, go_on = threading.Event(), threading.Event()

    def in_two_steps(process: Process) -> int:
        process.output.put("stdout", b"one ")
        first_is_out.set()
        go_on.wait(10)
        process.output.put("stdout", b"two")
        return 0

    process = Process("1", in_two_steps, ("stdout",))
    process.start()
    first_is_out.wait(10)
    threading.Timer(0.1, go_on.set).start()
    got = process.take(("stdout",), 1000, 10.0, lambda: True)
    end = Piece("stdout", is_end=True)
    assert got == Taken((Piece("stdout", b"one two"), end), is_done=True, exit_code=0)


def test_what_was_written_before_a_wait_does_not_wait_for_more() -> None:
    def asking(process: Process) -> int:
        process.output.put("stdout", b"Password: ")
        return len(process.stdin.read())

    process = Process("1", asking, ("stdout",))
    process.start()
    assert process.take(("stdout",), 1000, 10.0, lambda: True) == Taken(
        (Piece("stdout", b"Password: "),)
    )
    process.stdin.feed(b"secret", is_end=True)
    done = process.take(("stdout",), 1000, 10.0, lambda: True)
    assert done is not None
    assert done.exit_code == len(b"secret")
