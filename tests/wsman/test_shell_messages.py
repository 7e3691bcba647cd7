"""The messages under tests/wire/shell have Windows' form, and are used both ways."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lxml import etree

from mi.errors import ProtocolError
from mi.shell_calls import CMD, CTRL_C, POWERSHELL, TERMINATE, ShellDescription
from protocols.wsman import namespaces as ns
from protocols.wsman import shell_messages as messages
from protocols.wsman import shells
from protocols.wsman.envelope import (
    Reply,
    Request,
    parse,
    serialize,
    serialize_reply,
)
from protocols.wsman.headers import Addressing, Option
from protocols.wsman.incoming import parse_request
from protocols.wsman.shell_output import DONE, RUNNING, Receive, Received

PROJECT = Path(__file__).parents[2]
WIRE = PROJECT / "tests" / "wire" / "shell"
TRANSCRIPTS = PROJECT.parent / "shared" / "transcripts"
LIMIT = 1_000_000
ADDRESSING = Addressing("http://server01:5985/wsman", 512_000)
ASKED = "uuid:77A7ED36-72E1-4C9B-9E1A-4E0E4CA3BA15"
ANSWERED = "uuid:0B9B2AF1-2C3C-49F7-A5CB-8B9BD9A1E2C4"
SHELL_ID = "19CE36E9-BE25-4CDE-9257-EFC212F8003E"
COMMAND_ID = "789B3D38-EDB7-494D-AD3B-3D63B099CD76"
UTF_8 = (
    Option("WINRS_NOPROFILE", "TRUE"),
    Option("WINRS_CODEPAGE", "65001"),
)
ON_COMMAND = (
    Option("WINRS_CONSOLEMODE_STDIN", "TRUE"),
    Option("WINRS_SKIP_CMD_SHELL", "FALSE"),
)
KEPT_ALIVE = (Option("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "TRUE"),)

NEW = shells.NewShell(
    name="mine",
    environment={"GREETING": 'say "hallo" & <go>', "leer": ""},
    working_directory="C:\\Users\\Jürgen",
    idle_timeout=7200.0,
)
POOL = shells.NewShell(
    shell_id=SHELL_ID,
    name="Runspace1",
    input_streams=("stdin", "pr"),
    output_streams=("stdout",),
    creation_xml=b"\x00\x01fragments",
)
COMMAND = messages.CommandLine("del", ("/p", '"d:\\temp\\my file & more.txt"'))
SEND = messages.Send((messages.StreamPiece("stdin", "Füße\r\n".encode(), COMMAND_ID, is_end=True),))
OUTPUT = Received(
    (
        messages.StreamPiece("stdout", b" Volume in drive C is Windows 2016\r\n", COMMAND_ID),
        messages.StreamPiece("stderr", b"\xff\x00\x80", COMMAND_ID),
        messages.StreamPiece("stdout", b"", COMMAND_ID, is_end=True),
        messages.StreamPiece("stderr", b"", COMMAND_ID, is_end=True),
    ),
    DONE,
    4294967295,
    COMMAND_ID,
)
SOME = Received((messages.StreamPiece("stdout", b"1\r\n", COMMAND_ID),), RUNNING, None, COMMAND_ID)
DESCRIBED = ShellDescription(
    SHELL_ID,
    name="mine",
    owner="WIN-NNMU24VVKJ0\\vagrant",
    client_ip="10.0.2.2",
    process_id=4321,
    idle_timeout=timedelta(hours=2),
    max_idle_timeout=timedelta(seconds=2147483, milliseconds=647),
    input_streams=("stdin",),
    output_streams=("stdout", "stderr"),
    state="Connected",
    buffer_mode="Block",
    run_time=timedelta(days=1, seconds=100),
    inactivity=timedelta(0),
    environment={"GREETING": "hallo"},
    working_directory="C:\\Windows",
    profile_loaded=True,
    encoding="UTF8",
)


class Said(NamedTuple):
    """A message: its action, the value that it is, how that is written and how it is read."""

    action: str
    value: Any
    written: str
    read: Callable[[etree._Element], Any]
    options: tuple[Option, ...] = ()
    resource_uri: str = CMD


REQUESTS = {
    "create": Said(ns.ACTION_CREATE, NEW, NEW.write(), shells.NewShell.read, UTF_8),
    "create-powershell": Said(
        ns.ACTION_CREATE,
        POOL,
        POOL.write(),
        shells.NewShell.read,
        (Option("protocolversion", "2.3", must_comply=True),),
        POWERSHELL,
    ),
    "command": Said(
        shells.ACTION_COMMAND, COMMAND, COMMAND.write(), messages.CommandLine.read, ON_COMMAND
    ),
    "command-powershell": Said(
        shells.ACTION_COMMAND,
        messages.CommandLine("", ("AAAA",), COMMAND_ID),
        messages.CommandLine("", ("AAAA",), COMMAND_ID).write(),
        messages.CommandLine.read,
        (),
        POWERSHELL,
    ),
    "send": Said(shells.ACTION_SEND, SEND, SEND.write(), messages.Send.read),
    "receive": Said(
        shells.ACTION_RECEIVE,
        Receive(("stdout", "stderr"), COMMAND_ID),
        Receive(("stdout", "stderr"), COMMAND_ID).write(),
        Receive.read,
        KEPT_ALIVE,
    ),
    "receive-powershell": Said(
        shells.ACTION_RECEIVE,
        Receive(("stdout",)),
        Receive(("stdout",)).write(),
        Receive.read,
        KEPT_ALIVE,
        POWERSHELL,
    ),
    "signal": Said(
        shells.ACTION_SIGNAL,
        messages.Signal(CTRL_C, COMMAND_ID),
        messages.Signal(CTRL_C, COMMAND_ID).write(),
        messages.Signal.read,
    ),
    "disconnect": Said(
        shells.ACTION_DISCONNECT,
        messages.Disconnect(180.0, "Drop"),
        messages.Disconnect(180.0, "Drop").write(),
        messages.Disconnect.read,
    ),
    "reconnect": Said(
        shells.ACTION_RECONNECT, None, messages.RECONNECT, messages.read_reconnect
    ),
    "connect": Said(
        shells.ACTION_CONNECT,
        messages.Connect(connect_xml=b"\x02fragments"),
        messages.Connect(connect_xml=b"\x02fragments").write(),
        messages.Connect.read,
        (),
        POWERSHELL,
    ),
}  # fmt: skip

REPLIES = {
    "create": Said(
        ns.ACTION_CREATE,
        DESCRIBED,
        shells.write_created(DESCRIBED, address="http://server01:5985/wsman"),
        shells.read_created,
    ),
    "create-old": Said(
        ns.ACTION_CREATE,
        ShellDescription(f"uuid:{SHELL_ID}"),
        shells.write_created(ShellDescription(f"uuid:{SHELL_ID}"), is_described=False),
        shells.read_created,
    ),
    "get": Said(
        ns.ACTION_GET, DESCRIBED, shells.write_description(DESCRIBED), shells.read_description
    ),
    "command": Said(
        shells.ACTION_COMMAND,
        COMMAND_ID,
        messages.write_command_id(COMMAND_ID),
        messages.read_command_id,
    ),
    "receive": Said(shells.ACTION_RECEIVE, OUTPUT, OUTPUT.write(), Received.read),
    "receive-running": Said(shells.ACTION_RECEIVE, SOME, SOME.write(), Received.read),
    "receive-nothing": Said(shells.ACTION_RECEIVE, Received(), Received().write(), Received.read),
    "connect": Said(
        shells.ACTION_CONNECT,
        b"\x03fragments",
        messages.write_connected(b"\x03fragments"),
        messages.read_connected,
        (),
        POWERSHELL,
    ),
}


def golden(name: str) -> bytes:
    return (WIRE / f"{name}.xml").read_bytes().rstrip(b"\n")


def body(inside: str) -> etree._Element:
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in ns.PREFIXES.items())
    return etree.fromstring(
        f'<s:Body {declared} xmlns:xsi="{ns.XSI}" xmlns:rsp="{shells.SHELL}">{inside}</s:Body>'
    )


def request(name: str) -> bytes:
    said = REQUESTS[name]
    selectors = () if said.action == ns.ACTION_CREATE else shells.selected(SHELL_ID)
    made = Request(
        said.action,
        said.resource_uri,
        said.written,
        selectors=selectors,
        options=said.options,
        operation_timeout=60.0,
    )
    return serialize(made, ADDRESSING, ASKED)


def reply(name: str) -> bytes:
    said = REPLIES[name]
    return serialize_reply(ns.response_action(said.action), said.written, ASKED, ANSWERED)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_written_as_the_golden_message_byte_for_byte(name: str) -> None:
    assert request(name) == golden(f"{name}.request")


@pytest.mark.parametrize("name", REQUESTS)
def test_a_server_reads_what_the_golden_message_asks(name: str) -> None:
    asked = parse_request(golden(f"{name}.request"), limit=LIMIT)
    said = REQUESTS[name]
    assert (asked.action, asked.resource_uri) == (said.action, said.resource_uri)
    assert asked.options == said.options
    assert not asked.not_understood
    assert said.read(asked.body) == said.value


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_is_written_as_the_golden_message_byte_for_byte(name: str) -> None:
    assert reply(name) == golden(f"{name}.reply")


@pytest.mark.parametrize("name", REPLIES)
def test_a_client_reads_what_the_golden_message_says(name: str) -> None:
    answer = parse(golden(f"{name}.reply"), ASKED, limit=LIMIT)
    assert isinstance(answer, Reply)
    assert REPLIES[name].read(answer.body) == REPLIES[name].value


# What is left out


def test_what_is_not_said_of_a_new_shell_is_not_written() -> None:
    least = shells.NewShell()
    assert least.write() == (
        f'<rsp:Shell xmlns:rsp="{shells.SHELL}"><rsp:InputStreams>stdin</rsp:InputStreams>'
        "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>"
    )
    assert shells.NewShell.read(body(least.write())) == least


def test_what_is_not_known_of_a_shell_is_not_written() -> None:
    unknown = ShellDescription("X", profile_loaded=False)
    markup = shells.write_description(unknown)
    assert "ProfileLoaded>No<" in markup
    assert "IdleTimeOut" not in markup
    assert shells.read_description(body(markup)) == unknown


def test_a_disconnect_may_leave_everything_to_the_server() -> None:
    assert messages.Disconnect.read(body(messages.Disconnect().write())) == messages.Disconnect()


def test_a_reconnect_may_be_empty_or_name_a_command() -> None:
    assert messages.read_reconnect(body("")) is None
    assert messages.read_reconnect(body('<rsp:Reconnect CommandId="C"/>')) == "C"


def test_a_connect_without_powershell_has_nothing_in_it() -> None:
    assert messages.Connect.read(body(messages.Connect().write())) == messages.Connect()
    assert messages.read_connected(body(messages.write_connected())) is None


# What servers do otherwise


def test_a_shell_is_named_by_its_selector_however_it_is_padded() -> None:
    created = shells.write_created(ShellDescription("X"), is_described=False)
    padded = body(created.replace(">X<", ">\n   X\n  <").replace(CMD, f"\n {CMD}\n "))
    assert shells.read_created(padded) == ShellDescription("X")


def test_a_shell_may_be_named_by_its_description_alone() -> None:
    described = body("<rsp:Shell><rsp:ShellId>X</rsp:ShellId></rsp:Shell>")
    assert shells.read_created(described) == ShellDescription("X")


def test_a_shell_without_a_name_is_no_reply() -> None:
    with pytest.raises(ProtocolError, match="name a shell"):
        shells.read_created(body("<x:ResourceCreated/>"))


def test_what_a_server_writes_of_a_shell_beside_the_point_is_passed_over() -> None:
    described = body(
        "<rsp:Shell><rsp:ShellId>X</rsp:ShellId><rsp:IdleTimeOut>for ever</rsp:IdleTimeOut>"
        "<rsp:ProcessId>many</rsp:ProcessId><rsp:Environment><rsp:Variable Name='A'/>"
        "</rsp:Environment></rsp:Shell>"
    )
    assert shells.read_description(described) == ShellDescription("X", environment={"A": ""})


@pytest.mark.parametrize(
    ("read", "inside", "said"),
    [
        (shells.NewShell.read, "", "no Shell"),
        (messages.CommandLine.read, "<rsp:CommandLine/>", "no Command"),
        (messages.read_command_id, "<rsp:CommandResponse/>", "does not name the command"),
        (messages.Send.read, "", "no Send"),
        (Receive.read, "<rsp:Receive/>", "names no streams"),
        (messages.Send.read, "<rsp:Send><rsp:Stream>A</rsp:Stream></rsp:Send>", "base64"),
        (messages.read_connected, "", "no ConnectResponse"),
    ],
)
def test_what_is_no_such_message_is_refused(
    read: Callable[[etree._Element], Any], inside: str, said: str
) -> None:
    with pytest.raises(ProtocolError, match=said):
        read(body(inside))


def test_what_powershell_wants_must_be_base64() -> None:
    with pytest.raises(ProtocolError, match="base64"):
        shells.decoded("é")


# Recordings

RECORDED = {
    "pypsrp/client_execute_cmd-00-request.xml": shells.NewShell.read,
    "pypsrp/client_execute_cmd-00-response.xml": shells.read_created,
    "pypsrp/client_execute_cmd-01-request.xml": messages.CommandLine.read,
    "pypsrp/client_execute_cmd-01-response.xml": messages.read_command_id,
    "pypsrp/client_execute_cmd-02-request.xml": Receive.read,
    "pypsrp/client_execute_cmd-02-response.xml": Received.read,
    "pypsrp/client_execute_cmd-03-request.xml": messages.Signal.read,
    "pypsrp/client_execute_cmd_environment-00-request.xml": shells.NewShell.read,
    "pypsrp/client_execute_cmd_environment-00-response.xml": shells.read_created,
    "pypsrp/psrp_small_msg_size-05-request.xml": messages.Send.read,
    "pywinrm/conftest-04.xml": messages.CommandLine.read,
    "pywinrm/conftest-06.xml": messages.read_command_id,
    "ms-specs/MS-WSMV-052-4.7.2-Execute_Command.xml": messages.CommandLine.read,
    "ms-specs/MS-WSMV-053-4.7.2-Execute_Command.xml": messages.read_command_id,
    "ms-specs/MS-WSMV-068-4.7.9-Disconnect_Shell.xml": messages.Disconnect.read,
    "ms-specs/MS-WSMV-070-4.7.10-Reconnect_Shell.xml": messages.read_reconnect,
    "ms-specs/MS-WSMV-074-4.8.2-Custom_Shell_Create.xml": shells.NewShell.read,
    "ms-specs/MS-WSMV-078-4.8.4-Custom_Shell_Receive.xml": Receive.read,
    "ms-specs/MS-WSMV-079-4.8.4-Custom_Shell_Receive.xml": Received.read,
    "masterzen/fixture_test-05.xml": Received.read,
    "masterzen/sample_requests-02.xml": Receive.read,
    "masterzen/sample_requests-04.xml": messages.Signal.read,
    "omi/test_wsbuf-02.xml": Receive.read,
    "runner-mei/shell_test-04.xml": Received.read,
    "txwinrm/data_shell-command_resp.xml": messages.read_command_id,
    "txwinrm/data_shell-create_resp.xml": shells.read_created,
    "txwinrm/data_shell-receive_resp_01.xml": Received.read,
    "txwinrm/data_shell-receive_resp_02.xml": Received.read,
    "winrb/get_command_output_response_not_done.xml": Received.read,
    "winrb/get_omi_command_output_response.xml": Received.read,
    "winrb/get_omi_command_output_response_not_done.xml": Received.read,
    "winrb/open_shell_omi.xml": shells.read_created,
    "winrb/open_shell_v1.xml": shells.read_created,
    "winrmsharp/ProtocolRunCommandWithEnv-00-response.xml": shells.read_created,
}


def recorded(name: str) -> etree._Element:
    path = TRANSCRIPTS / name
    if not path.exists():
        pytest.skip("no transcripts here")
    return parse_request(path.read_bytes(), limit=LIMIT).body


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_message_is_read(name: str) -> None:
    RECORDED[name](recorded(name))


def test_a_recorded_create_tells_of_the_shell() -> None:
    shell = shells.read_created(
        recorded("winrmsharp/ProtocolRunCommandWithEnv-00-response.xml")
    )  # fmt: skip
    assert shell.shell_id == "4F7B59AD-1C73-4F40-AC57-791FF1E51EE0"
    assert shell.environment == {"TESTENV1": "hi mom", "TESTENV2": "another var"}
    assert shell.idle_timeout == timedelta(hours=2)


def test_the_shells_of_old_servers_and_of_omi_are_known_by_their_selector() -> None:
    old = shells.read_created(recorded("winrb/open_shell_v1.xml"))
    omi = shells.read_created(recorded("winrb/open_shell_omi.xml"))
    assert old.shell_id == "uuid:739990FF-1492-4CDD-80BB-6E07ADB06D85"
    assert (omi.shell_id, omi.resource_uri) == ("74142DC5-E14D-4FCC-86ED-63DA3EE8407E", POWERSHELL)


def test_a_recorded_output_is_what_dir_has_written() -> None:
    said = Received.read(recorded("pypsrp/client_execute_cmd-02-response.xml"))
    assert said.is_done
    assert said.exit_code == 0
    assert b"".join(piece.data for piece in said.pieces).endswith(b"bytes free\r\n")
    assert [(piece.name, piece.is_end) for piece in said.pieces][-2:] == [
        ("stdout", True),
        ("stderr", True),
    ]


def test_the_specifications_example_has_output_behind_a_state() -> None:
    said = Received.read(recorded("ms-specs/MS-WSMV-079-4.8.4-Custom_Shell_Receive.xml"))
    assert said.is_done
    assert [piece.name for piece in said.pieces] == ["stdout", "stderr", "stdout"]
    assert said.pieces[0].data == b"H"


def test_a_recorded_exit_code_may_be_missing() -> None:
    said = Received.read(recorded("winrb/get_omi_command_output_response.xml"))
    assert said.is_done
    assert said.exit_code is None


def test_signals_are_recorded_in_this_form() -> None:
    said = messages.Signal.read(recorded("masterzen/sample_requests-04.xml"))
    assert said == messages.Signal(TERMINATE, "98EA8A09-FCCF-43A9-8D76-AA678A2FDE80")
