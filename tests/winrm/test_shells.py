"""Shells and their commands against an endpoint: what is asked, what comes, and what is left."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import mi
from mi.errors import (
    CommandFailed,
    ConnectionFailed,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    NotFound,
    NotSupported,
    OperationTimeout,
    ProtocolError,
    ShellLost,
)
from mi.options import ServerKind
from mi.shell_calls import CTRL_C, OpenShell, RunCommand, ShellOption, SignalCommand
from protocols.loopback import Cut, Endpoint, Limits, Replace, Stall
from protocols.winrm import channel, later
from protocols.wsman.envelope import serialize_fault
from protocols.wsman.fault import Fault
from tests.sessions import EARLY, actions, on_time, session_with, settles


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as one:
        yield one


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[mi.Session]:
    with session_with(endpoint) as one:
        yield one
    assert endpoint.open_shells == 0, "a shell was left behind"


def since(endpoint: Endpoint, count: int) -> list[str]:
    return actions(endpoint)[count:]


def script(endpoint: Endpoint, name: str) -> Any:
    """Return a decorator that makes a function a command of the endpoint."""

    def add(run: Any) -> Any:
        endpoint.commands[name] = run
        return run

    return add


# What it takes


def test_a_command_in_a_shell_of_its_own_takes_four_exchanges(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell:
        result = shell.run("ipconfig", ["/all"])
    assert result.exit_code == 0
    assert "WIN-LAB01" in result.stdout
    assert result.stderr == ""
    assert actions(endpoint) == ["Create", "Command", "Receive", "Delete"]


def test_a_command_in_a_shell_that_is_kept_takes_two_before_its_output(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell:
        shell.run("hostname")
        assert settles(lambda: "Signal" in actions(endpoint)), "the Signal never came"
        assert endpoint.open_commands == 0
        count = len(actions(endpoint))
        shell.run("hostname")
        assert since(endpoint, count) == ["Command", "Receive"]
        assert settles(lambda: since(endpoint, count) == ["Command", "Receive", "Signal"])


def test_a_thousand_commands_leave_nothing_behind(endpoint: Endpoint, session: mi.Session) -> None:
    with session.shell() as shell:
        for number in range(1000):
            assert shell.run("echo", [str(number)]).stdout == f"{number}\r\n"
        assert settles(lambda: endpoint.open_commands == 0)
        assert endpoint.open_shells == 1
    assert actions(endpoint).count("Create") == 1
    assert actions(endpoint).count("Signal") == 1000
    assert endpoint.open_connections <= 3


def test_nothing_is_sent_before_something_is_needed(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell:
        assert shell.id is None
        assert repr(shell) == "<Shell on 127.0.0.1, not open>"
    assert actions(endpoint) == []


# What a shell has


def test_a_shell_is_opened_as_it_is_wanted(endpoint: Endpoint, session: mi.Session) -> None:
    with session.shell(
        environment={"GREETING": "grüß dich"},
        working_directory="C:\\Windows",
        idle_timeout=600,
        has_profile=False,
        name="mine",
    ) as shell:
        said = shell.open()
        assert (said.name, said.shell_id) == ("mine", shell.id)
        assert shell.run("echo %GREETING%").stdout == "grüß dich\r\n"
        assert shell.run("cd").stdout == "C:\\Windows\r\n"
        [listed] = session.shells()
        assert (listed.shell_id, listed.profile_loaded) == (shell.id, False)
        assert listed.idle_timeout is not None
        assert listed.idle_timeout.total_seconds() == 600
        assert str(shell.id) in repr(shell)
    assert repr(shell) == "<Shell on 127.0.0.1, closed>"


@pytest.mark.parametrize(
    ("how", "active"), [({}, "65001"), ({"codepage": 850}, "850"), ({"codepage": None}, "437")]
)
def test_the_code_page_says_what_the_bytes_are(
    session: mi.Session, how: dict[str, Any], active: str
) -> None:
    with session.shell(**how) as shell:
        assert shell.run("chcp").stdout == f"Active code page: {active}\r\n"
        assert shell.run("echo", ["Größe"]).stdout == "Größe\r\n"
        assert shell.run("more", stdin="Füße\r\n").stdout == "Füße\r\n"


def test_one_command_may_write_in_another_encoding(session: mi.Session, endpoint: Endpoint) -> None:
    endpoint.commands["wide"] = lambda it: it.stdout.write("ä".encode("utf-16-le"))
    with session.shell() as shell:
        assert shell.run("wide", encoding="utf-16-le").stdout == "ä"
        assert shell.run("wide", text=False).stdout == b"\xe4\0"


def test_a_shell_that_is_closed_runs_nothing(session: mi.Session) -> None:
    shell = session.shell()
    shell.close()
    shell.close()
    with pytest.raises(InvalidParameter, match="the shell is closed"):
        shell.run("hostname")


# Commands


def test_arguments_arrive_as_they_are(endpoint: Endpoint, session: mi.Session) -> None:
    given: list[tuple[str, ...]] = []
    endpoint.commands["take"] = lambda it: given.append(it.arguments)
    arguments = ["two words", 'say "hi"', "R&D", "100%", "%PATH%", "C:\\x y\\", "", "a|b>c"]
    with session.shell() as shell:
        shell.run("take", arguments)
        shell.run("take", 'as it "is written"')
        shell.run("take a line")
    assert given == [tuple(arguments), ("as", "it", "is written"), ("a", "line")]


@pytest.mark.parametrize("command", ["", "  "])
def test_a_command_has_a_name(session: mi.Session, command: str) -> None:
    with session.shell() as shell, pytest.raises(InvalidParameter, match="empty"):
        shell.run(command)


def test_a_command_is_a_string(session: mi.Session) -> None:
    with session.shell() as shell, pytest.raises(mi.TypeMismatch, match="a command is a string"):
        shell.run(7)  # type: ignore[call-overload]


def test_a_command_line_that_cmd_would_cut_is_refused(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell, pytest.raises(InvalidParameter, match="8191"):
        shell.run("echo", ["x" * 8190])
    assert actions(endpoint) == []


def test_an_exit_code_is_a_result_and_an_error_if_it_is_checked(session: mi.Session) -> None:
    with session.shell() as shell:
        assert shell.run("hostname").check().exit_code == 0
        failed = shell.run("type", ["C:\\missing.txt"])
        with pytest.raises(CommandFailed, match="exit code 1: The system cannot find") as caught:
            failed.check()
        assert caught.value.native_code == failed.exit_code == 1
        raw = shell.run("type", ["C:\\missing.txt"], text=False)
        with pytest.raises(CommandFailed, match="The system cannot find"):
            raw.check()


def test_a_command_reads_what_it_is_given(session: mi.Session) -> None:
    with session.shell() as shell:
        assert shell.run("sort", stdin="b\r\na\r\n").stdout == "a\r\nb\r\n"
        assert shell.run("sort", stdin=b"\xff\r\n", text=False).stdout == b"\xff\r\n"
        assert shell.run("sort", stdin="").stdout == ""


def test_input_that_nobody_reads_is_no_error(endpoint: Endpoint, session: mi.Session) -> None:
    with session.shell() as shell:
        assert shell.run("hostname", stdin="x" * 100_000).exit_code == 0


def test_input_goes_in_pieces_that_the_server_takes(endpoint: Endpoint) -> None:
    data = bytes(range(256)) * 1000
    with session_with(endpoint, max_envelope_size=64) as one, one.shell() as shell:
        assert shell.run("more", stdin=data, text=False).stdout == data
    sent = [len(it.request_bytes) for it in endpoint.exchanges if it.name == "Send"]
    assert len(sent) == 6
    assert max(sent) <= 64 * 1024


def test_a_character_that_the_code_page_has_not_is_refused(session: mi.Session) -> None:
    with session.shell(codepage=437) as shell, pytest.raises(InvalidParameter, match="cp437"):
        shell.run("more", stdin="\u0416")


# Commands that run


def test_lines_come_while_the_command_runs(endpoint: Endpoint, session: mi.Session) -> None:
    go = threading.Event()

    @script(endpoint, "steps")
    def steps(it: Any) -> int:
        it.stdout.write("one\r\ntw")
        assert go.wait(EARLY)
        it.stderr.line("oops")
        it.stdout.write("o\r\nlast")
        return 3

    with session.shell() as shell, shell.start("steps") as command:
        lines = command.lines()
        assert next(lines) == ("stdout", "one")
        assert command.is_running
        assert command.exit_code is None
        go.set()
        assert sorted(lines) == [("stderr", "oops"), ("stdout", "last"), ("stdout", "two")]
        assert command.wait() == 3
        assert not command.is_running
        assert next(lines, None) is None
        assert repr(command) == f"<Command {command.id}, ended with 3>"


def test_one_stream_may_be_read_for_itself(endpoint: Endpoint, session: mi.Session) -> None:
    @script(endpoint, "both")
    def both(it: Any) -> None:
        for number in range(3):
            it.stderr.line(f"e{number}")
            it.stdout.line(f"o{number}")

    with session.shell() as shell, shell.start("both") as command:
        assert list(command.stdout) == ["o0", "o1", "o2"]
        assert list(command.stderr) == ["e0", "e1", "e2"]


def test_pieces_come_as_bytes(session: mi.Session) -> None:
    with session.shell() as shell, shell.start("hostname") as command:
        assert b"".join(piece.data for piece in command.output()) == b"WIN-LAB01\r\n"


def test_what_was_not_read_is_in_the_result(endpoint: Endpoint, session: mi.Session) -> None:
    with session.shell() as shell:
        with shell.start("ping", ["-n", "3", "host"]) as command:
            assert next(command.stdout) == ""
            result = command.result()
            assert "Received = 3" in result.stdout
        with shell.start("hostname") as command:
            assert command.result_bytes().stdout == b"WIN-LAB01\r\n"


def test_a_command_is_written_to_while_it_runs(session: mi.Session) -> None:
    with session.shell() as shell, shell.start("more") as command:
        lines = command.stdout
        with command.stdin as stdin:
            stdin.write("first\r\n")
            assert next(lines) == "first"
            stdin.write(b"second\r\n")
            assert next(lines) == "second"
        assert list(lines) == []
        assert command.wait(EARLY) == 0
        command.stdin.close()
        with pytest.raises(InvalidParameter, match="stdin of the command is closed"):
            command.stdin.write("third")


def test_input_ends_with_the_command(session: mi.Session) -> None:
    with session.shell() as shell, shell.start("hostname") as command:
        command.wait()
        assert settles(lambda: _refuses(command))
        command.stdin.close()


def _refuses(command: mi.Command) -> bool:
    try:
        command.stdin.write("x")
    except NotFound:
        return True
    return False


def test_ctrl_c_reaches_the_command(session: mi.Session) -> None:
    with session.shell() as shell, shell.start("ping", ["-t", "host"]) as command:
        lines = command.lines()
        while "Reply" not in next(lines).text:
            pass
        command.ctrl_c()
        assert any(line.text == "Control-C" for line in lines)
        assert command.wait() == 0xC000013A


def test_ctrl_break_reaches_the_command(session: mi.Session) -> None:
    with session.shell() as shell, shell.start("timeout", ["/t", "60"]) as command:
        command.ctrl_break()
        assert command.wait(EARLY) == 0xC000013A


def test_a_command_is_terminated(endpoint: Endpoint, session: mi.Session) -> None:
    with session.shell() as shell:
        with shell.start("ping", ["-t", "host"]) as command:
            command.terminate()
            with on_time():
                assert command.wait() is None
            assert command.result().exit_code is None
        assert shell.run("hostname").exit_code == 0
    assert endpoint.open_commands == 0


def test_waiting_ends_and_the_command_goes_on(session: mi.Session) -> None:
    with session.shell() as shell, shell.start("more") as command:
        with on_time(), pytest.raises(OperationTimeout, match="waiting for the command to end"):
            command.wait(0.05)
        command.stdin.write("x\r\n", is_last=True)
        assert command.wait() == 0
        assert command.result().stdout == "x\r\n"


def test_leaving_a_command_ends_it(endpoint: Endpoint, session: mi.Session) -> None:
    with session.shell() as shell:
        with on_time(), shell.start("ping", ["-t", "host"]) as command:
            next(command.lines())
        assert endpoint.open_commands == 0
        with pytest.raises(MIError):
            command.wait()
        command.close()
        assert shell.run("hostname").exit_code == 0


def test_leaving_a_shell_ends_what_runs_in_it(endpoint: Endpoint, session: mi.Session) -> None:
    with session.shell() as shell:
        command = shell.start("timeout", ["/t", "60"])
    with pytest.raises(MIError):
        command.wait(EARLY)
    assert endpoint.open_shells == 0


def test_closing_the_session_deletes_what_is_open(endpoint: Endpoint) -> None:
    with session_with(endpoint) as one:
        shell = one.shell()
        shell.run("hostname")
        command = shell.start("timeout", ["/t", "60"])
    assert settles(lambda: endpoint.open_shells == 0)
    with pytest.raises(MIError):
        command.wait(EARLY)


@pytest.mark.parametrize("ended_by", [KeyError, KeyboardInterrupt])
def test_a_shell_is_deleted_whatever_its_block_ends_by(
    endpoint: Endpoint, session: mi.Session, ended_by: type[BaseException]
) -> None:
    def leave() -> None:
        with session.shell() as shell:
            shell.run("hostname")
            shell.start("timeout", ["/t", "60"])
            raise ended_by

    with pytest.raises(ended_by):
        leave()
    assert endpoint.open_shells == 0
    assert actions(endpoint)[-1] == "Delete"


def test_a_hundred_mebibytes_arrive_complete_and_in_order() -> None:
    written, read = hashlib.sha256(), hashlib.sha256()

    def flood(it: Any) -> None:
        for number in range(100):
            block = hashlib.sha256(number.to_bytes(4)).digest() * (1 << 15)
            written.update(block)
            it.stdout.write(block)

    with Endpoint(schemes=("Basic",), allow_unencrypted=True) as endpoint:
        endpoint.commands["flood"] = flood
        with (
            session_with(
                endpoint, credentials=endpoint.basic_credentials, packet_privacy=False
            ) as one,
            one.shell() as shell,
            shell.start("flood") as command,
        ):
            size = 0
            for piece in command.output():
                read.update(piece.data)
                size += len(piece.data)
            assert command.wait() == 0
    assert size == 100 << 20
    assert read.digest() == written.digest()


def test_much_output_waits_until_it_is_read(endpoint: Endpoint, session: mi.Session) -> None:
    written: list[int] = []

    @script(endpoint, "flood")
    def flood(it: Any) -> None:
        for number in range(64):
            it.stdout.write(bytes([number]) * (1 << 18))
            written.append(number)

    with session.shell() as shell, shell.start("flood") as command:
        output = command.output()
        next(output)
        assert settles(lambda: _is_still(written), 30)
        assert len(written) < 50, "all of it was taken though nobody reads"
        total = sum(len(piece.data) for piece in output)
        assert total > 15 << 20
        assert command.wait() == 0


def _is_still(written: list[int]) -> bool:
    count = len(written)
    time.sleep(0.2)
    return len(written) == count


# Time


@pytest.mark.parametrize("keeps_alive", [False, True])
def test_a_silent_command_is_waited_for(
    endpoint: Endpoint,
    session: mi.Session,
    keeps_alive: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel, "_LONGEST_POLL", 0.05)
    endpoint.shells.quotas = replace(endpoint.shells.quotas, answers_keep_alive=keeps_alive)
    endpoint.commands["silent"] = lambda it: it.sleep(0.4)
    with session.shell() as shell:
        assert shell.run("silent").exit_code == 0
    assert actions(endpoint).count("Receive") >= 3


def test_a_command_that_writes_nothing_for_too_long_is_ended(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell:
        with on_time(), pytest.raises(OperationTimeout, match=r"timeout of 0.2 s"):
            shell.run("timeout", ["/t", "60"], timeout=0.2)
        assert settles(lambda: endpoint.open_commands == 0)
        assert shell.run("hostname").exit_code == 0


def test_a_command_that_never_ends_ends_at_its_deadline(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell:
        # It began with the opening of the shell, and is told as it was given.
        with on_time(), pytest.raises(OperationTimeout, match=r"deadline of 0\.3 s"):
            shell.run("ping", ["-t", "host"], deadline=0.3)
        assert settles(lambda: endpoint.open_commands == 0)
        assert shell.run("hostname").exit_code == 0


def test_a_deadline_holds_for_the_opening_too(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.disturb(Stall("Create"))
    shell = session.shell()
    with on_time(), pytest.raises(OperationTimeout, match="deadline"):
        shell.run("hostname", deadline=0.3)


def test_a_deadline_holds_for_what_the_command_reads_too(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell, shell.start("sort", deadline=1) as sort:
        endpoint.disturb(Stall("Send"))
        with on_time(), pytest.raises(OperationTimeout, match="deadline of 1 s"):
            sort.stdin.write("b")
    assert settles(lambda: endpoint.open_commands == 0)


def test_a_server_that_says_nothing_more_is_noticed(
    endpoint: Endpoint, session: mi.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_LONGEST_POLL", 0.05)
    monkeypatch.setattr("protocols.wsman.shell_requests._MARGIN", 0.3)
    endpoint.disturb(Stall("Receive"))
    with session.shell() as shell:
        with on_time(), pytest.raises(ConnectionFailed, match=r"gave no answer in 0.35 s"):
            shell.run("hostname")
        assert shell.run("hostname").exit_code == 0


def test_many_silent_commands_keep_nobody_from_a_connection(
    endpoint: Endpoint, session: mi.Session
) -> None:
    shells = [session.shell() for _ in range(6)]
    commands = [shell.start("more") for shell in shells]
    for command in commands:
        assert command.is_running
        with pytest.raises(OperationTimeout):
            command.wait(0.02)
    with on_time(8):
        for command in commands:
            command.stdin.write("x\r\n", is_last=True)
        assert [command.result().stdout for command in commands] == ["x\r\n"] * 6
    for shell in shells:
        shell.close()


def test_one_connection_is_enough(endpoint: Endpoint) -> None:
    with session_with(endpoint, max_connections=1) as one, one.shell() as shell, on_time(10):
        assert shell.run("more", stdin="x\r\n").stdout == "x\r\n"
        assert shell.run("hostname").exit_code == 0
    assert endpoint.connections == 1


# Shells that do not last


def test_a_shell_that_vanished_is_opened_again(endpoint: Endpoint, session: mi.Session) -> None:
    with session.shell() as shell:
        shell.run("hostname")
        first = shell.id
        endpoint.shells.vanish()
        assert shell.run("hostname").exit_code == 0
        assert shell.id != first


def test_a_shell_that_vanished_is_an_error_where_it_must_not_be_opened_again(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell(reopens=False) as shell:
        shell.run("hostname")
        endpoint.shells.vanish()
        with pytest.raises(ShellLost, match="not there any more") as caught:
            shell.run("hostname")
        assert caught.value.native_code == 2150858843
    assert next(iter(session.enumerate_instances("Win32_Service")))


def test_a_shell_that_vanishes_takes_its_command_along(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell:
        with shell.start("ping", ["-t", "host"]) as command:
            next(command.lines())
            endpoint.shells.vanish()
            with on_time(), pytest.raises(MIError) as caught:
                command.wait()
            assert isinstance(caught.value, NotFound)
        assert shell.run("hostname").exit_code == 0


def test_a_shell_that_idles_for_too_long_is_opened_again(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.shells.quotas = replace(endpoint.shells.quotas, least_idle_timeout=0.0)
    with session.shell(idle_timeout=0.6) as shell:
        shell.run("hostname")
        assert settles(lambda: endpoint.open_shells == 0)
        assert shell.run("hostname").exit_code == 0
    assert actions(endpoint).count("Create") == 2


def test_fifteen_operations_of_an_old_server_last_for_any_number_of_commands() -> None:
    with Endpoint(limits=Limits(kind=ServerKind.WINRM2)) as endpoint:
        with session_with(endpoint) as one, one.shell() as shell:
            for number in range(40):
                assert shell.run("echo", [str(number)]).stdout == f"{number}\r\n"
        assert endpoint.open_shells == 0
        assert actions(endpoint).count("Create") == 4


def test_a_quota_is_named_with_the_setting(
    endpoint: Endpoint, session: mi.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("protocols.network.patience._FIRST", 0.01)
    endpoint.shells.quotas = replace(endpoint.shells.quotas, shells_per_user=1)
    with session.shell() as one, session.shell() as other:
        one.run("hostname")
        with pytest.raises(LimitsExceeded, match="MaxShellsPerUser") as caught:
            other.run("hostname")
        assert not caught.value.outcome_unknown
        assert one.run("hostname").exit_code == 0


def test_what_waits_to_be_signalled_makes_room_for_a_command(
    endpoint: Endpoint, session: mi.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "PAUSE", 3.0)
    endpoint.shells.quotas = replace(endpoint.shells.quotas, processes_per_shell=1)
    with session.shell() as shell:
        for _ in range(3):
            assert shell.run("hostname").exit_code == 0
    assert actions(endpoint).count("Create") == 1


def test_a_shell_is_not_replaced_while_a_command_runs_in_it(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.shells.quotas = replace(endpoint.shells.quotas, processes_per_shell=1)
    with session.shell() as shell, shell.start("more") as command:
        with pytest.raises(LimitsExceeded, match="MaxConcurrentCommandsPerShell"):
            shell.run("hostname")
        command.stdin.close()
        assert command.wait(EARLY) == 0


# What goes wrong


def test_a_shell_whose_opening_was_lost_is_deleted(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.disturb(Cut("Create"))
    shell = session.shell()
    with pytest.raises(ConnectionFailed) as caught:
        shell.run("hostname")
    assert caught.value.outcome_unknown
    assert settles(lambda: endpoint.open_shells == 0)
    assert shell.run("hostname").exit_code == 0
    shell.close()


def test_a_command_whose_start_was_lost_is_not_started_twice(
    endpoint: Endpoint, session: mi.Session
) -> None:
    ran: list[int] = []
    endpoint.commands["count"] = lambda it: ran.append(1)
    endpoint.disturb(Cut("Command"))
    with session.shell() as shell:
        with pytest.raises(ConnectionFailed) as caught:
            shell.run("count")
        assert caught.value.outcome_unknown
        assert settles(lambda: ran == [1])
        assert shell.run("hostname").exit_code == 0
        assert ran == [1]
    assert actions(endpoint).count("Create") == 2, "what may run in a shell goes with it"


def test_output_that_was_lost_is_an_error(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.disturb(Cut("Receive"))
    with session.shell() as shell:
        with pytest.raises(ConnectionFailed):
            shell.run("hostname")
        assert shell.run("hostname").exit_code == 0
        assert settles(lambda: endpoint.open_commands == 0)


@pytest.mark.parametrize(("command", "stdin"), [("hostname", None), ("more", "x\r\n")])
def test_what_a_command_that_has_begun_has_done_is_not_known(
    endpoint: Endpoint, session: mi.Session, command: str, stdin: str | None
) -> None:
    with session.shell() as shell:
        endpoint.disturb(Replace("Receive", envelope=_access_denied))
        with pytest.raises(mi.AccessDenied) as caught:
            shell.run(command, stdin=stdin)
        assert caught.value.outcome_unknown
        assert shell.run("hostname").exit_code == 0


def test_output_that_is_no_text_is_read_all_the_same(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.commands["noise"] = lambda it: it.stdout.write(b"a\xff\xfe\x80b\xe2\x82")
    with session.shell() as shell:
        assert shell.run("noise").stdout == "a\ufffd\ufffd\ufffdb\ufffd"
        with shell.start("noise") as command:
            assert list(command.stdout) == ["a\ufffd\ufffd\ufffdb\ufffd"]


def test_output_behind_the_end_belongs_to_it(endpoint: Endpoint, session: mi.Session) -> None:
    def turned(envelope: bytes) -> bytes:
        start = envelope.index(b"<rsp:Stream")
        state = envelope.index(b"<rsp:CommandState")
        end = envelope.index(b"</rsp:ReceiveResponse")
        streams, done = envelope[start:state], envelope[state:end]
        return envelope[:start] + done + streams + envelope[end:]

    endpoint.disturb(Replace("Receive", envelope=turned))
    with session.shell() as shell:
        assert shell.run("hostname").stdout == "WIN-LAB01\r\n"


def test_an_exit_code_may_be_missing(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.disturb(
        Replace("Receive", envelope=lambda it: it.replace(b"<rsp:ExitCode>0</rsp:ExitCode>", b""))
    )
    with session.shell() as shell:
        result = shell.run("hostname")
        assert (result.exit_code, result.stdout) == (None, "WIN-LAB01\r\n")
        assert result.check() is result


def test_output_that_is_not_base64_is_an_error(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.disturb(
        Replace("Receive", envelope=lambda it: it.replace(b"V0lOLUxBQjAx", b"V0lOLUxBQjA"))
    )
    with session.shell() as shell:
        with pytest.raises(ProtocolError, match="base64"):
            shell.run("hostname")
        assert settles(lambda: endpoint.open_commands == 0)
        assert shell.run("hostname").exit_code == 0


def test_the_end_of_a_command_that_fails_is_its_error(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell, shell.start("ping", ["-t", "host"]) as command:
        endpoint.disturb(Replace("Receive", envelope=_access_denied))
        with pytest.raises(mi.AccessDenied):
            list(command.lines())
        with pytest.raises(mi.AccessDenied):
            command.wait()


def _access_denied(envelope: bytes) -> bytes:
    _, _, rest = envelope.partition(b"<a:RelatesTo>")
    related = rest.partition(b"<")[0].decode()
    return serialize_fault(Fault.of("ERROR_ACCESS_DENIED", "no"), related, "uuid:1")


# Leaving a shell and finding it again


def test_a_shell_is_left_and_found_again(endpoint: Endpoint, session: mi.Session) -> None:
    with session.shell() as shell:
        command = shell.start("more")
        with pytest.raises(OperationTimeout):
            command.wait(0.02)
        shell_id = shell.disconnect(idle_timeout=120, drops_output=False)
        assert shell_id == shell.id
        with on_time(), pytest.raises(MIError):
            command.wait()
        [listed] = session.shells()
        assert listed.state == "Disconnected"
        shell.reconnect()
        with shell.command(command.id) as again:
            again.stdin.write("still here\r\n", is_last=True)
            assert again.result().stdout == "still here\r\n"
    assert endpoint.open_shells == 0


def test_a_shell_is_taken_over_by_another_session(endpoint: Endpoint) -> None:
    with session_with(endpoint) as one, one.shell() as shell:
        command = shell.start("more")
        shell_id = shell.disconnect()
    assert endpoint.open_shells == 1, "what was left is not deleted"
    with session_with(endpoint) as other, other.connect_shell(shell_id) as shell:
        with shell.command(command.id) as again:
            again.stdin.write("from afar\r\n", is_last=True)
            assert again.result().stdout == "from afar\r\n"
        assert shell.run("hostname").exit_code == 0
    assert endpoint.open_shells == 0


def test_only_what_was_open_can_be_reconnected(session: mi.Session) -> None:
    with pytest.raises(InvalidParameter, match="no shell to reconnect"):
        session.shell().reconnect()


def test_an_old_server_cannot_be_left() -> None:
    with (
        Endpoint(limits=Limits(kind=ServerKind.WINRM2)) as endpoint,
        session_with(endpoint) as one,
        one.shell() as shell,
        pytest.raises(NotSupported),
    ):
        shell.disconnect()


# Calls, without a Shell


def test_a_dropped_shell_is_deleted_with_the_next_exchange(
    endpoint: Endpoint, session: mi.Session
) -> None:
    operation = session.run(OpenShell())
    shell = next(operation)
    assert endpoint.open_shells == 1
    events = session.run(RunCommand(shell, "hostname"))
    assert [type(event).__name__ for event in events] == [
        "CommandStarted", "Output", "Output", "Output", "CommandEnded",
    ]  # fmt: skip
    del operation
    session.test_connection()
    assert endpoint.open_shells == 0


def test_a_signal_to_a_command_that_is_not_there_is_no_error(session: mi.Session) -> None:
    operation = session.run(OpenShell())
    shell = next(operation)
    session.run(SignalCommand(shell, "11111111-1111-1111-1111-111111111111", CTRL_C)).result()
    operation.close()


def test_an_option_that_the_provider_must_know_is_said_so(session: mi.Session) -> None:
    option = ShellOption("NO_SUCH", "1", must_comply=True)
    with pytest.raises(InvalidParameter, match="NO_SUCH"):
        next(session.run(OpenShell(options=(option,))))
