"""Commands are started, fed, read and signalled in the order that real servers enforce."""

import threading
from collections.abc import Callable, Iterator

import pytest

from mi.options import ServerKind
from protocols.loopback.peer import ClientGone
from protocols.loopback.service import Service
from protocols.loopback.shells.invocation import Invocation, NeverRan
from protocols.loopback.shells.quotas import QUOTAS, Quotas
from protocols.wsman.shell_output import DONE, RUNNING, Receive
from protocols.wsman.shells import ACTION_RECEIVE, NewShell
from tests.loopback.shells.psrp import PsrpClient
from tests.loopback.shells.shell_client import CTRL_C, Refused, ShellClient, service_of

ID = "AAAAAAAA-0000-4000-8000-000000000002"
KEEP_ALIVE = {"WSMAN_CMDSHELL_OPTION_KEEPALIVE": "TRUE"}
BARE = {"WINRS_SKIP_CMD_SHELL": "TRUE"}


def clients(service: Service) -> Iterator[ShellClient]:
    client = ShellClient(service)
    client.create()
    yield client
    service.shells.vanish()


@pytest.fixture
def client() -> Iterator[ShellClient]:
    yield from clients(service_of())


@pytest.fixture
def old() -> Iterator[ShellClient]:
    yield from clients(service_of(kind=ServerKind.WINRM2))


def refused(name: str, ask: Callable[..., object], *asked: object, **more: object) -> None:
    with pytest.raises(Refused, match=f"^{name}$"):
        ask(*asked, **more)


def test_a_command_has_its_output_its_errors_and_its_exit_code(client: ShellClient) -> None:
    assert client.run("echo", "hello", "there") == (0, b"hello there\r\n", b"")
    assert client.run("exit 3") == (3, b"", b"")
    code, out, err = client.run("nosuch")
    assert (code, out) == (1, b"")
    assert err.startswith(b"'nosuch' is not recognized")
    assert client.service.shells.open_commands == 0


def test_the_last_reply_closes_both_streams_and_says_done(client: ShellClient) -> None:
    command_id = client.command("echo", "x", command_id=ID.lower())
    assert command_id == ID
    pieces, received = [], client.receive(command_id)
    while not received.is_done:
        assert received.state == RUNNING
        pieces += received.pieces
        received = client.receive(command_id)
    pieces += received.pieces
    assert [(one.name, one.data, one.is_end) for one in pieces] == [
        ("stdout", b"x\r\n", False), ("stdout", b"", True), ("stderr", b"", True),
    ]  # fmt: skip
    assert (received.state, received.command_id) == (DONE, ID)
    refused("ALREADY_EXISTS", client.command, "echo", command_id=ID)
    client.signal(command_id)
    refused("ALREADY_EXISTS", client.command, "echo", command_id=ID)


def test_one_that_never_ran_has_no_exit_code(client: ShellClient) -> None:
    def broken(_: Invocation) -> int:
        raise NeverRan

    client.service.shells.commands["broken"] = broken
    assert client.run("broken")[0] is None


def test_input_reaches_a_command_that_runs(client: ShellClient) -> None:
    command_id = client.command("more")
    client.send(command_id, b"one\r\n")
    assert client.receive(command_id).pieces[0].data == b"one\r\n"
    client.send(command_id, "zwö".encode("cp437"), is_end=True)
    assert client.output(command_id) == (0, "zwö".encode("cp437"), b"")
    refused("SHELL_INVALID_INPUT_STREAM", client.send, command_id, b"", stream="pr")


def test_a_second_command_waits_until_the_end_of_the_first_was_received(
    client: ShellClient,
) -> None:
    first = client.command("more")
    refused("CONCURRENCY", client.command, "echo", "x")
    client.send(first, b"", is_end=True)
    client.output(first)
    assert client.service.shells.open_commands == 1
    second = client.command("more")
    assert client.service.shells.open_commands == 2
    client.signal(second)
    assert client.service.shells.open_commands == 1


def test_a_receive_that_waits_in_vain_times_out(client: ShellClient) -> None:
    command_id = client.command("more")
    client.timeout = 0.05
    with pytest.raises(Refused) as caught:
        client.receive(command_id, options=KEEP_ALIVE)
    assert caught.value.fault.wsman_codes == (2150858793,)
    assert caught.value.fault.is_timeout
    client.service.shells.quotas = Quotas(answers_keep_alive=True)
    refused("OPERATION_TIMEDOUT", client.receive, command_id)
    received = client.receive(command_id, options=KEEP_ALIVE)
    assert (received.pieces, received.state) == ((), RUNNING)


def test_nothing_is_answered_to_a_client_that_is_gone(client: ShellClient) -> None:
    command_id = client.command("more")
    client.is_connected = False
    with pytest.raises(ClientGone):
        client.answer(ACTION_RECEIVE, Receive(("stdout",), command_id).write())


def test_a_shell_that_is_left_ends_the_receive_that_waits(client: ShellClient) -> None:
    command_id = client.command("more")
    timer = threading.Timer(0.05, client.disconnect)
    timer.start()
    refused("SHELL_DISCONNECTED", client.receive, command_id)
    timer.join(30)


def test_ctrl_c_ends_a_command_that_never_would(client: ShellClient) -> None:
    command_id = client.command("ping", "-t", "192.0.2.1")
    assert client.receive(command_id).state == RUNNING
    client.signal(command_id, CTRL_C)
    code, out, _ = client.output(command_id)
    assert code == 0xC000013A
    assert out.endswith(b"Control-C\r\n")


def test_terminate_ends_a_command_and_the_receive_that_waits(client: ShellClient) -> None:
    command_id = client.command("more")
    timer = threading.Timer(0.05, client.signal, (command_id,))
    timer.start()
    refused("ERROR_OPERATION_ABORTED", client.receive, command_id)
    timer.join(30)
    refused("COMMAND_ALREADY_CLOSED", client.receive, command_id)
    refused("COMMAND_ALREADY_CLOSED", client.send, command_id, b"")
    client.signal(command_id)
    client.signal(command_id, CTRL_C)


def test_what_is_not_there_is_told_apart(client: ShellClient) -> None:
    client.signal("nowhere", CTRL_C)
    refused("UNEXPECTED_SELECTORS", client.receive, "nowhere")
    refused("SHELL_INVALID_COMMAND_HANDLE", client.receive, None)
    refused("SHELL_INVALID_DESIRED_STREAMS", client.receive, "x", ("stdother",))
    refused("SHELL_INVALID_DESIRED_STREAMS", client.receive, "x", ())
    refused("ACTION_NOT_SUPPORTED", client.signal, "x", "urn:strange")


def test_output_comes_in_envelopes_that_are_not_too_large(client: ShellClient) -> None:
    client.size = 32_768
    command_id = client.command("produce", "1")
    total, replies = 0, 0
    while True:
        answer = client.answer(ACTION_RECEIVE, Receive(("stdout", "stderr"), command_id).write())
        assert len(answer.envelope) <= 32_768
        replies += 1
        total += answer.envelope.count(b"<rsp:Stream")
        if DONE.encode() in answer.envelope:
            break
    assert replies > 64
    assert total >= replies


# Quotas


def test_server_2008_r2_runs_thirteen_commands_in_a_shell(old: ShellClient) -> None:
    for _ in range(13):
        assert old.run("echo", "x")[0] == 0
    refused("QUOTA_MAX_OPERATIONS", old.command, "echo", "x")
    old.delete()
    old.create()
    assert old.run("echo", "x")[0] == 0


def test_commands_that_were_not_signalled_take_the_places_of_a_shell(client: ShellClient) -> None:
    client.delete()
    client.service.shells.quotas = Quotas(processes_per_shell=2)
    client.create()
    for _ in range(2):
        client.output(client.command("echo", "x"))
    refused("QUOTA_MAX_COMMANDS_PER_SHELL_PPQ", client.command, "echo", "x")


def test_winrm_2_chooses_the_id_of_a_command(old: ShellClient) -> None:
    assert old.command("echo", command_id=ID) != ID
    assert QUOTAS[ServerKind.WINRM2].honours_options


def test_a_program_without_cmd_has_to_be_there_where_that_is_asked_for(old: ShellClient) -> None:
    with pytest.raises(Refused) as caught:
        old.command("nosuch", options=BARE)
    assert caught.value.fault.wsman_codes == (2147942402,)
    assert caught.value.fault.provider == "Shell cmd plugin"
    command_id = old.command(r"C:\Windows\System32\whoami.exe", "& echo", options=BARE)
    assert old.output(command_id) == (0, b"win-lab01\\operator\r\n", b"")


def test_a_newer_server_passes_over_that_option(client: ShellClient) -> None:
    command_id = client.command("nosuch", options=BARE)
    assert client.output(command_id)[0] == 1


def test_ctrl_c_does_not_reach_a_command_whose_input_is_a_pipe(old: ShellClient) -> None:
    command_id = old.command("more", options={"WINRS_CONSOLEMODE_STDIN": "FALSE"})
    old.signal(command_id, CTRL_C)
    old.send(command_id, b"still here", is_end=True)
    assert old.output(command_id) == (0, b"still here", b"")


def test_a_line_that_is_too_long_for_cmd_is_not_run(client: ShellClient) -> None:
    assert client.run("echo", "x" * 8190) == (1, b"", b"The command line is too long.\r\n")


def test_a_command_finds_the_variables_and_the_folder_of_its_shell(client: ShellClient) -> None:
    client.delete()
    client.create(NewShell(environment={"WHO": "me"}, working_directory="..\\"))
    assert client.run("echo %WHO% %username% %COMPUTERNAME%")[1] == b"me operator WIN-LAB01\r\n"
    assert client.run("cd")[1] == b"C:\\Users\r\n"


def test_what_is_no_command_is_refused(client: ShellClient) -> None:
    for ask in ("Command", "Receive", "Send", "Signal"):
        action = f"http://schemas.microsoft.com/wbem/wsman/1/windows/shell/{ask}"
        refused("SCHEMA_VALIDATION_ERROR", client.ask, action, "<p:Nothing/>")


def test_shells_that_vanish_end_what_runs_in_them(client: ShellClient) -> None:
    command_id = client.command("more")
    timer = threading.Timer(0.05, client.service.shells.vanish)
    timer.start()
    refused("ERROR_OPERATION_ABORTED", client.receive, command_id)
    timer.join(30)
    refused("UNEXPECTED_SELECTORS", client.receive, command_id)


# A shell of PowerShell


def test_pipelines_run_beside_one_another_and_are_fed_stopped_and_ended() -> None:
    service = service_of()
    client = PsrpClient(service)
    client.open()
    shell, command_id = client.begin("$input", no_input=False)
    assert command_id == str(shell.pipeline_id).upper()
    _, other = client.begin("Start-Sleep 100")
    shell.send("hello")
    shell.send_eof()
    client.send(command_id, client.said)
    while not client.hear(command_id):
        pass
    client.signal(other, "powershell/signal/crtl_c")
    while not client.hear(other):
        pass
    assert service.shells.open_commands == 2
    client.signal(command_id)
    client.signal(other)
    assert service.shells.open_commands == 0
    client.pool.get_available_runspaces()
    client.send(None, client.said)
    client.hear(None)
    client.delete()
    assert len(service.shells) == 0


def test_what_is_no_pipeline_is_refused() -> None:
    service = service_of()
    client = PsrpClient(service)
    client.open()
    refused("POWERSHELL_PLUGIN", client.command, "", "YQ==")
    refused("SCHEMA_VALIDATION_ERROR", client.command, "", "\u00fc")
    service.shells.vanish()
