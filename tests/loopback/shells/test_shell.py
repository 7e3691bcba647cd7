"""A shell idles, keeps its commands apart, and ends with everything in it."""

import pytest

from mi.shell_calls import CMD
from protocols.loopback.refusals import Refusal
from protocols.loopback.shells.attention import Terminated
from protocols.loopback.shells.process import Process
from protocols.loopback.shells.quotas import Quotas
from protocols.loopback.shells.shell import Opening, Shell


class Remote:
    """What speaks a protocol of its own."""

    def __init__(self) -> None:
        self.process = Process("S", lambda _: None, ())
        self.is_closed = False

    def begin(self, command_id: str, data: bytes, streams: object) -> Process:
        return Process(command_id, lambda _: None, ())

    def feed(self, data: bytes) -> None:
        raise NotImplementedError

    def connect(self, data: bytes) -> bytes:
        raise NotImplementedError

    def close(self) -> None:
        self.is_closed = True


def shell(remote: Remote | None = None, **quotas: object) -> Shell:
    return Shell(Opening(CMD, "S"), Quotas(**quotas), remote)  # type: ignore[arg-type]


def waits(process: Process) -> int:
    process.stdin.read()
    return 0


def test_it_does_not_idle_while_it_is_used() -> None:
    made = shell()
    made.idle_timeout = -1.0
    assert made.is_expired
    with made:
        made.idle_timeout = 0.0
        assert (made.inactivity, made.is_expired) == (0.0, False)
    assert made.run_time >= made.inactivity >= 0.0


def test_commands_are_counted_while_they_are_there_or_for_ever() -> None:
    for counts_ended, operations in ((False, 0), (True, 1)):
        made = shell(counts_ended=counts_ended)
        made.start(made.new_process("A", waits))
        assert made.operations == 1
        made.end_command("a")
        assert made.operations == operations


def test_a_second_command_waits_but_not_in_a_shell_with_its_own_protocol() -> None:
    for remote in (None, Remote()):
        made = shell(remote, processes_per_shell=2)
        made.check_free()
        made.start(made.new_process("A", waits))
        if remote is None:
            with pytest.raises(Refusal):
                made.check_free()
        else:
            made.check_free()
        made.start(made.new_process("B", waits))
        with pytest.raises(Refusal, match="as many"):
            made.check_free()
        made.close()
    assert remote is not None
    assert remote.is_closed


def test_a_command_is_found_by_its_id_or_is_the_shell_s_own() -> None:
    made = shell()
    process = made.new_process("A", waits)
    made.start(process)
    assert (made.process("a"), made.has("a"), made.has("b")) == (process, True, False)
    with pytest.raises(Refusal):
        made.start(made.new_process("A", waits))
    for missing in (None, "B"):
        with pytest.raises(Refusal):
            made.process(missing)
    made.end_command("A")
    made.end_command("A")
    with pytest.raises(Refusal, match="closed"):
        made.process("A")
    with pytest.raises(Refusal):
        made.start(made.new_process("A", waits))
    remote = Remote()
    assert shell(remote).process(None) is remote.process


def test_one_that_is_left_has_to_be_connected_to_again() -> None:
    made = shell()
    made.check_connected()
    made.is_connected = False
    with pytest.raises(Refusal):
        made.check_connected()


def test_it_ends_with_what_runs_in_it() -> None:
    made = shell()
    process = made.new_process("A", waits)
    made.start(process)
    made.close()
    with pytest.raises(Terminated):
        process.take((), 1, 10.0, lambda: True)
    assert made.processes == []
