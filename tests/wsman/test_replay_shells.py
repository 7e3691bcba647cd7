"""What this client sends to a shell is what the clients that were recorded sent, where they agree.

A recorded request is read by the server's side and held against what a conversation sends for the
same purpose: action, resource, shell, and what the body asks. Where the two differ on purpose,
`DIFFERENCES` says so, and why; a difference that is not in that table fails, and so does one that
is in it and is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import mi
from mi.command_line import command_line
from mi.shell_calls import (
    CMD,
    POWERSHELL,
    TERMINATE,
    DisconnectShell,
    OpenShell,
    ReconnectShell,
    RunCommand,
    SendInput,
    ShellDescription,
    ShellOption,
)
from protocols.wsman import shells
from protocols.wsman.dialects import DIALECTS, Settings
from protocols.wsman.envelope import (
    Reply,
    Request,
    parse,
    serialize,
)
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing
from protocols.wsman.incoming import IncomingRequest, parse_request
from protocols.wsman.shell import Disconnection, Opening, Reconnection
from protocols.wsman.shell_commands import Execution, Input
from protocols.wsman.shell_messages import CommandLine, Disconnect, Send, Signal, read_reconnect
from protocols.wsman.shell_output import Receive

RECORDINGS = Path(__file__).parents[3] / "shared" / "transcripts"
LIMIT = 1_000_000
SETTINGS = Settings(20.0, session_id="uuid:5D501741-C8D8-4544-83D1-08A21FFEB5DA")

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the transcripts are no part of the project"
)

_BODIES: Final[dict[str, Callable[[Any], Any]]] = {
    "Create": shells.NewShell.read,
    "Command": CommandLine.read,
    "Send": Send.read,
    "Receive": Receive.read,
    "Signal": Signal.read,
    "Disconnect": Disconnect.read,
    "Reconnect": read_reconnect,
    "Delete": len,
}

PROPOSED = "a name is proposed, so that a shell whose Create was not answered can be deleted"
KEEP_ALIVE = "pywinrm's and masterzen's clients leave the option out and take faults alone"
CONSOLE = "pypsrp leaves the option out, and so has the server's default"
CTRL_C = "pypsrp ends a command by ctrl_c; only terminate frees its place for certain (MS-WSMV)"

# (recording, what) → why this client differs.
DIFFERENCES: Final = {
    ("pypsrp/client_execute_cmd-00-request.xml", "body"): PROPOSED,
    ("pypsrp/client_execute_cmd_environment-00-request.xml", "body"): PROPOSED,
    ("pypsrp/client_execute_cmd-01-request.xml", "options"): CONSOLE,
    ("pypsrp/client_execute_cmd-03-request.xml", "body"): CTRL_C,
    ("ms-specs/MS-WSMV-074-4.8.2-Custom_Shell_Create.xml", "body"): PROPOSED,
    ("masterzen/sample_requests-02.xml", "options"): KEEP_ALIVE,
}


def recorded(name: str) -> IncomingRequest:
    return parse_request((RECORDINGS / name).read_bytes(), limit=LIMIT)


def ours(request: Request | None) -> IncomingRequest:
    assert request is not None, "this client sends nothing"
    sent = serialize(request, Addressing("http://server01/wsman", 153_600), "uuid:1")
    return parse_request(sent, limit=LIMIT)


def reply(name: str) -> Reply:
    data = (RECORDINGS / name).read_bytes()
    related = re.search(rb"RelatesTo[^>]*>\s*([^<]*?)\s*<", data)
    read = parse(data, related and related[1].decode(), limit=LIMIT)  # type: ignore[arg-type]
    assert isinstance(read, Reply)
    return read


def compare(name: str, request: Request | None) -> None:
    """Hold a request against a recorded one, with the differences that are meant."""
    theirs, mine = recorded(name), ours(request)
    kind = mine.action.rpartition("/")[2]
    assert (mine.action, mine.resource_uri) == (theirs.action, theirs.resource_uri)
    assert mine.selectors == {
        key: str(value).strip() for key, value in theirs.selectors.items()
    }  # fmt: skip
    read = _BODIES[kind]
    differing = {
        what
        for what, one, other in (
            ("body", _plain(read(mine.body)), _plain(read(theirs.body))),
            ("options", _options(mine), _options(theirs)),
        )
        if one != other
    }
    meant = {what for file, what in DIFFERENCES if file == name}
    assert differing == meant, f"{kind}: {read(mine.body)} for {read(theirs.body)}"


def _plain(body: Any) -> Any:
    """Return what a body asks, without the line ends that the specification's pages have put in."""
    if not isinstance(body, CommandLine):
        return body
    return CommandLine(body.command, tuple(one.strip() for one in body.arguments), body.command_id)


def _options(request: IncomingRequest) -> set[tuple[str, str]]:
    return {(option.name, str(option.value).upper()) for option in request.options}


def begin(kind: Any, call: Any) -> Any:
    return kind(call, SETTINGS, DIALECTS["winrm3"], None)  # type: ignore[index]


def shell(name: str) -> ShellDescription:
    """Return the shell that a recorded request is about."""
    request = recorded(name)
    return ShellDescription(str(request.selectors["ShellId"]).strip(), request.resource_uri)


# A whole conversation


def test_a_command_is_run_as_pypsrp_ran_it_against_server_2016() -> None:
    name = "pypsrp/client_execute_cmd-{:02}-{}.xml"
    opening = begin(Opening, OpenShell(shell_id="OURS"))
    compare(name.format(0, "request"), opening.next_request())
    [opened] = opening.receive(reply(name.format(0, "response")))
    command, arguments = command_line("dir", [])
    options = (
        ShellOption("WINRS_CONSOLEMODE_STDIN", "TRUE"),
        ShellOption("WINRS_SKIP_CMD_SHELL", "FALSE"),
    )
    running = begin(Execution, RunCommand(opened, command, arguments, options=options))
    compare(name.format(1, "request"), running.next_request())
    running.receive(reply(name.format(1, "response")))
    compare(name.format(2, "request"), running.next_request())
    *output, ended = running.receive(reply(name.format(2, "response")))
    assert ended.exit_code == 0
    assert b"".join(one.data for one in output).startswith(b" Volume in drive C")
    assert running.next_request() is None
    # Sent where the shell is kept; where it is deleted next, as here, nothing waits for it.
    compare(name.format(3, "request"), running.abandon())
    compare(name.format(4, "request"), opening.abandon())


def test_what_waits_is_asked_again_as_winrmsharp_was_told_to() -> None:
    data = (
        RECORDINGS / "winrmsharp/ProtocolRunCommandExceedingOperationTimeout-02-response.xml"
    ).read_bytes()
    timed_out = parse(data, "uuid:00000000-0000-0000-0000-000000000002", limit=LIMIT)
    assert isinstance(timed_out, Fault)
    running = begin(Execution, RunCommand(ShellDescription("A"), "dir"))
    running.receive(reply("txwinrm/data_shell-command_resp.xml"))
    receive = running.next_request()
    assert running.receive(timed_out) == []
    assert running.next_request() == receive


def test_output_in_two_answers_is_read_as_txwinrm_recorded_it() -> None:
    running = begin(Execution, RunCommand(ShellDescription("A"), "typeperf"))
    running.receive(reply("txwinrm/data_shell-command_resp.xml"))
    first = running.receive(reply("txwinrm/data_shell-receive_resp_01.xml"))
    assert running.next_request().action == shells.ACTION_RECEIVE
    *second, ended = running.receive(reply("txwinrm/data_shell-receive_resp_02.xml"))
    assert ended.exit_code == 0
    text = b"".join(one.data for one in (*first, *second) if one.stream == "stdout")
    assert text.startswith(b'\r\n"(PDH-CSV 4.0)"')


def test_a_shell_that_is_gone_is_known_by_what_was_recorded() -> None:
    data = (RECORDINGS / "pypsrp/psrp_is_alive_invalid_selectors-04-response.xml").read_bytes()
    gone = parse(data, "uuid:877294B2-0B63-493A-9A91-DD6A4D68B0B3", limit=LIMIT)
    with pytest.raises(mi.ShellLost):
        begin(Execution, RunCommand(ShellDescription("A"), "dir")).receive(gone)


def test_a_program_that_is_not_there_is_told_by_what_was_recorded() -> None:
    data = (RECORDINGS / "pypsrp/winrs_no_cmd_shell-01-response.xml").read_bytes()
    missing = parse(data, "uuid:203DCF7B-C198-42CE-B584-8453560B704F", limit=LIMIT)
    with pytest.raises(mi.NotFound, match="cannot find the file") as caught:
        begin(Execution, RunCommand(ShellDescription("A"), "nothing.exe")).receive(missing)
    assert caught.value.native_code == 2147942402


# Single messages


def command(name: str, *line: str) -> Request:
    program, *arguments = line
    options = (
        ShellOption("WINRS_CONSOLEMODE_STDIN", "TRUE"),
        ShellOption("WINRS_SKIP_CMD_SHELL", "FALSE"),
    )
    called, given = command_line(program, arguments)
    call = RunCommand(shell(name), called, given, options=options)
    request: Request = begin(Execution, call).next_request()
    return request


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pywinrm/conftest-04.xml", ("ipconfig", "/all")),
        ("pywinrm/conftest-05.xml", ("hostname",)),
        ("ms-specs/MS-WSMV-052-4.7.2-Execute_Command.xml", ("del", "/p", "d:\\temp\\out.txt")),
    ],
)
def test_a_command_is_begun_as_others_begin_it(name: str, line: tuple[str, ...]) -> None:
    compare(name, command(name, *line))


def test_a_shell_has_the_environment_that_it_had() -> None:
    name = "pypsrp/client_execute_cmd_environment-00-request.xml"
    environment = {
        "string": "string value",
        "int": "1234",
        "bool": "True",
        "double_quote": 'double " quote',
        "single_quote": "single ' quote",
        "hyphen - var": "abc @ 123",
    }
    opening = begin(Opening, OpenShell(shell_id="OURS", environment=environment))
    compare(name, opening.next_request())
    [opened] = opening.receive(reply(name.replace("request", "response")))
    assert opened.environment == environment


def test_a_shell_of_another_kind_is_opened_as_the_specification_has_it() -> None:
    name = "ms-specs/MS-WSMV-074-4.8.2-Custom_Shell_Create.xml"
    uri = recorded(name).resource_uri
    client = {"WinRSClientGuid": "\n7988584e-d748-4ba4-9cfa-7688258fc346\n"}
    call = OpenShell(uri, shell_id="OURS", environment=client)
    compare(name, begin(Opening, call).next_request())


def test_output_is_asked_for_as_others_ask_for_it() -> None:
    name = "masterzen/sample_requests-02.xml"
    running = begin(Execution, RunCommand(shell(name), "dir"))
    told = f"<CommandId>{Receive.read(recorded(name).body).command_id}</CommandId>"
    answer = (RECORDINGS / "txwinrm/data_shell-command_resp.xml").read_bytes()
    answer = re.sub(rb"<rsp:CommandId>.*</rsp:CommandId>", _of_shells(told), answer)
    running.receive(parse(answer, "uuid:" + _related(answer), limit=LIMIT))
    compare(name, running.next_request())


def _of_shells(markup: str) -> bytes:
    return markup.replace("<C", "<rsp:C").replace("</C", "</rsp:C").encode()


def _related(data: bytes) -> str:
    found = re.search(rb"RelatesTo[^>]*>\s*uuid:([^<]*?)\s*<", data)
    assert found is not None
    return found[1].decode()


def test_a_shell_is_deleted_as_others_delete_it() -> None:
    name = "masterzen/sample_requests-03.xml"
    opening = begin(Opening, OpenShell(shell_id=shell(name).shell_id))
    opening.lose()
    compare(name, opening.abandon())


def test_a_command_is_ended_as_others_end_it() -> None:
    name = "masterzen/sample_requests-04.xml"
    command_id = Signal.read(recorded(name).body).command_id
    running = begin(Execution, RunCommand(shell(name), "dir", command_id=command_id))
    running.lose()
    compare(name, running.abandon())
    assert Signal.read(recorded(name).body).code == TERMINATE


def test_input_is_sent_as_pypsrp_sent_it() -> None:
    name = "pypsrp/psrp_small_msg_size-05-request.xml"
    [piece] = Send.read(recorded(name).body).pieces
    assert shell(name).resource_uri == POWERSHELL
    call = SendInput(shell(name), piece.command_id, piece.data)
    compare(name, begin(Input, call).next_request())


def test_a_shell_is_left_and_found_again_as_the_specification_has_it() -> None:
    name = "ms-specs/MS-WSMV-068-4.7.9-Disconnect_Shell.xml"
    compare(name, begin(Disconnection, DisconnectShell(shell(name), 180.0)).next_request())
    name = "ms-specs/MS-WSMV-070-4.7.10-Reconnect_Shell.xml"
    compare(name, begin(Reconnection, ReconnectShell(shell(name))).next_request())
    assert shell(name).resource_uri == CMD


def test_every_difference_is_one_of_a_recording() -> None:
    assert all((RECORDINGS / name).is_file() for name, _ in DIFFERENCES)
