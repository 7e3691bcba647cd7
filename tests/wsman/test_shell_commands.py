"""The life of a command as a conversation: begun, read from, written to, signalled, ended."""

from dataclasses import replace
from typing import Any

import pytest

from mi.errors import (
    AccessDenied,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    NotFound,
    OperationTimeout,
    ProtocolError,
    ShellLost,
    TypeMismatch,
)
from mi.shell_calls import (
    CMD,
    CTRL_C,
    TERMINATE,
    CommandEnded,
    CommandStarted,
    FollowCommand,
    Output,
    ReceiveOutput,
    RunCommand,
    SendInput,
    ShellDescription,
    ShellOption,
    SignalCommand,
)
from protocols.wsman import shells
from protocols.wsman.bulk import filled
from protocols.wsman.conversation import Losing, Unhurried
from protocols.wsman.dialects import DIALECTS, Settings
from protocols.wsman.envelope import Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option, Selector
from protocols.wsman.shell_commands import Execution, Input, Reception, Signalling, piece_size
from protocols.wsman.shell_messages import (
    SEND_RESPONSE,
    SIGNAL_RESPONSE,
    CommandLine,
    Connect,
    Send,
    Signal,
    StreamPiece,
    write_command_id,
    write_connected,
)
from protocols.wsman.shell_output import DONE, RUNNING, Receive, Received
from tests.wsman.cases import answer

SHELL = ShellDescription("19CE36E9", CMD)
SETTINGS = Settings(None)
TIMED_OUT = Fault.of("OPERATION_TIMEDOUT", "nothing came")
GONE = Fault.of("UNEXPECTED_SELECTORS", "no such shell")
ENDED = Fault.of("ERROR_OPERATION_ABORTED", "aborted")
DENIED = Fault.of("ERROR_ACCESS_DENIED", "no")
LEFT = Fault.of("SHELL_DISCONNECTED", "left")
KEPT_ALIVE = (Option("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "TRUE"),)
RUN = RunCommand(SHELL, "dir", ("/s",), options=(ShellOption("WINRS_SKIP_CMD_SHELL", "FALSE"),))


def begin(kind: Any, call: Any, settings: Settings = SETTINGS) -> Any:
    return kind(call, settings, DIALECTS["winrm3"], None)  # type: ignore[index]


def started(call: RunCommand = RUN, settings: Settings = SETTINGS) -> Execution:
    conversation: Execution = begin(Execution, call, settings)
    conversation.receive(answer(write_command_id("C1")))
    return conversation


def said(*pieces: StreamPiece, done: bool = False, code: int | None = None) -> Any:
    return answer(Received(pieces, DONE if done else RUNNING, code, "C1").write())


def sent(conversation: Any, action: str) -> Request:
    request: Request = conversation.next_request()
    assert request.action == action
    assert request.selectors == (Selector.of("ShellId", "19CE36E9"),)
    return request


def test_a_command_is_begun_read_and_freed() -> None:
    conversation: Unhurried = begin(Execution, RUN)
    request = sent(conversation, shells.ACTION_COMMAND)
    assert CommandLine.read(answer(request.body).body) == CommandLine("dir", ("/s",))
    assert request.options == (Option("WINRS_SKIP_CMD_SHELL", "FALSE"),)
    assert not request.repeatable
    assert not request.is_poll
    assert conversation.receive(answer(write_command_id("C1"))) == [CommandStarted("C1")]
    receive = sent(conversation, shells.ACTION_RECEIVE)
    assert Receive.read(answer(receive.body).body) == Receive(("stdout", "stderr"), "C1")
    assert receive.options == KEPT_ALIVE
    assert (receive.is_poll, receive.repeatable) == (True, False)
    assert conversation.receive(said(StreamPiece("stdout", b"a", "C1"))) == [
        Output("stdout", b"a", command_id="C1")
    ]
    assert conversation.next_request() == receive
    assert not conversation.may_wait
    assert conversation.receive(
        said(
            StreamPiece("stdout", b"", "C1"),
            StreamPiece("stderr", b"b", "C1", is_end=True),
            StreamPiece("stdout", b"", "C1", is_end=True),
            done=True,
            code=3,
        )
    ) == [
        Output("stderr", b"b", is_end=True, command_id="C1"),
        Output("stdout", b"", is_end=True, command_id="C1"),
        CommandEnded(3),
    ]
    assert conversation.next_request() is None
    assert conversation.may_wait
    signal = conversation.abandon()
    assert signal is not None
    assert (signal.action, signal.repeatable) == (shells.ACTION_SIGNAL, True)
    assert Signal.read(answer(signal.body).body) == Signal(TERMINATE, "C1")
    assert conversation.abandon() == signal


def test_a_command_that_runs_is_ended_by_whoever_leaves_it() -> None:
    conversation = started()
    signal = conversation.abandon()
    assert signal is not None
    assert signal.action == shells.ACTION_SIGNAL
    assert conversation.next_request() is None


@pytest.mark.parametrize(
    ("fault", "kind"), [(DENIED, AccessDenied), (GONE, ShellLost), (TIMED_OUT, OperationTimeout)]
)
def test_a_command_that_was_not_begun_needs_no_end(fault: Fault, kind: type[MIError]) -> None:
    conversation = begin(Execution, RUN)
    with pytest.raises(kind):
        conversation.receive(fault)
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_a_command_without_a_name_is_none() -> None:
    conversation = begin(Execution, RUN)
    with pytest.raises(ProtocolError, match="name the command"):
        conversation.receive(answer("<rsp:CommandResponse xmlns:rsp='" + shells.SHELL + "'/>"))
    assert conversation.next_request() is None


@pytest.mark.parametrize("nothing", [TIMED_OUT, said(), answer(Received().write())])
def test_that_nothing_came_is_no_failure(nothing: Any) -> None:
    conversation = started()
    request = conversation.next_request()
    assert conversation.receive(nothing) == []
    assert conversation.next_request() == request


@pytest.mark.parametrize(
    ("fault", "kind", "is_there"),
    [
        (GONE, ShellLost, False),
        (Fault.of("ERROR_KEY_DELETED", "profile"), ShellLost, False),
        (ENDED, NotFound, False),
        (Fault.of("COMMAND_ALREADY_CLOSED", "closed"), NotFound, False),
        (LEFT, MIError, False),
        (DENIED, AccessDenied, True),
    ],
)
def test_a_command_that_is_not_there_needs_no_end(
    fault: Fault, kind: type[MIError], is_there: bool
) -> None:
    conversation = started()
    with pytest.raises(kind):
        conversation.receive(fault)
    assert conversation.next_request() is None
    assert (conversation.abandon() is not None) is is_there


def test_output_that_cannot_be_read_ends_the_command() -> None:
    conversation = started()
    with pytest.raises(ProtocolError):
        conversation.receive(answer())
    assert conversation.next_request() is None
    assert conversation.abandon() is not None


def test_a_command_whose_start_was_lost_is_ended_by_the_name_proposed() -> None:
    conversation: Losing = begin(Execution, replace(RUN, command_id="MINE"))
    line = CommandLine.read(answer(conversation.next_request().body).body)  # type: ignore[union-attr]
    assert line.command_id == "MINE"
    conversation.lose()
    assert conversation.next_request() is None
    signal = conversation.abandon()
    assert signal is not None
    assert Signal.read(answer(signal.body).body) == Signal(TERMINATE, "MINE")


def test_a_command_without_a_name_cannot_be_ended_when_its_start_was_lost() -> None:
    conversation = begin(Execution, RUN)
    conversation.lose()
    assert conversation.abandon() is None


def test_a_command_whose_output_was_lost_is_ended() -> None:
    conversation = started()
    conversation.lose()
    assert conversation.next_request() is None
    assert conversation.abandon() is not None


@pytest.mark.parametrize(
    ("caller", "longest", "poll"),
    [(None, 20.0, 20.0), (60.0, 20.0, 20.0), (4.0, 20.0, 2.0), (0.2, 20.0, 0.5), (None, 2.0, 2.0)],
)
def test_the_time_of_a_receive_is_over_at_the_server_first(
    caller: float | None, longest: float, poll: float
) -> None:
    conversation = started(settings=Settings(caller, longest_poll=longest))
    request = conversation.next_request()
    assert request is not None
    assert (request.operation_timeout, request.longest_wait) == (poll, poll + 15)


@pytest.mark.parametrize("is_patient", [True, False])
def test_a_server_without_room_is_asked_again_or_not(is_patient: bool) -> None:
    conversation = begin(Execution, replace(RUN, is_patient=is_patient))
    assert conversation.next_request().is_patient is is_patient


def test_a_server_may_be_left_to_say_by_a_fault_that_nothing_came() -> None:
    request = started(replace(RUN, keep_alive=False)).next_request()
    assert request is not None
    assert request.options == ()


# Commands of before


def test_a_command_is_followed_where_it_was_left() -> None:
    conversation = begin(Execution, FollowCommand(SHELL, "C1"))
    sent(conversation, shells.ACTION_RECEIVE)
    assert conversation.receive(said(done=True, code=0)) == [CommandEnded(0)]
    assert conversation.abandon() is not None


def test_a_command_of_another_client_is_connected_first() -> None:
    conversation = begin(Execution, FollowCommand(SHELL, "C1", connects=True))
    request = sent(conversation, shells.ACTION_CONNECT)
    assert Connect.read(answer(request.body).body) == Connect("C1")
    assert conversation.receive(answer(write_connected())) == [CommandStarted("C1")]
    sent(conversation, shells.ACTION_RECEIVE)


def test_a_command_of_another_client_that_was_not_reached_is_ended() -> None:
    conversation = begin(Execution, FollowCommand(SHELL, "C1", connects=True))
    conversation.lose()
    assert conversation.abandon() is not None


# What a shell itself writes


def test_a_shell_is_read_without_end() -> None:
    conversation = begin(Reception, ReceiveOutput(SHELL))
    request = sent(conversation, shells.ACTION_RECEIVE)
    assert Receive.read(answer(request.body).body) == Receive(("stdout",))
    pieces = Received((StreamPiece("stdout", b"x"),)).write()
    assert conversation.receive(answer(pieces)) == [Output("stdout", b"x")]
    assert conversation.receive(TIMED_OUT) == []
    assert conversation.next_request() == request
    assert conversation.abandon() is None
    assert conversation.next_request() is None


def test_a_shell_may_say_that_it_is_done() -> None:
    conversation = begin(Reception, ReceiveOutput(SHELL))
    assert conversation.receive(answer(Received((), DONE).write())) == []
    assert conversation.next_request() is None


def test_a_shell_may_be_gone() -> None:
    conversation = begin(Reception, ReceiveOutput(SHELL))
    with pytest.raises(ShellLost):
        conversation.receive(GONE)
    assert conversation.next_request() is None


# Input


def pieces(conversation: Input) -> list[StreamPiece]:
    found = []
    while (request := conversation.next_request()) is not None:
        body = (
            filled(request.body.encode(), request.bulk) if request.bulk else request.body.encode()
        )
        found += Send.read(answer(body.decode()).body).pieces
        assert conversation.receive(answer(SEND_RESPONSE)) == []
    return found


def test_input_is_sent_in_order_and_ends_with_the_last_piece() -> None:
    settings = Settings(max_envelope_size=4096 + 8)
    call = SendInput(SHELL, "C1", b"0123456789abcd", is_end=True)
    assert pieces(begin(Input, call, settings)) == [
        StreamPiece("stdin", b"012345", "C1"),
        StreamPiece("stdin", b"6789ab", "C1"),
        StreamPiece("stdin", b"cd", "C1", is_end=True),
    ]


@pytest.mark.parametrize("is_end", [False, True])
def test_no_input_is_one_piece(is_end: bool) -> None:
    call = SendInput(SHELL, None, b"", "pr", is_end)
    assert pieces(begin(Input, call)) == [StreamPiece("pr", b"", None, is_end)]


def test_input_that_is_too_large_for_the_server_is_sent_in_smaller_pieces() -> None:
    call = SendInput(SHELL, "C1", bytes(10_000), is_end=True)
    conversation = begin(Input, call, Settings(max_envelope_size=20_480))
    assert conversation.receive(Fault.of("SERVER_ENVELOPE_LIMIT", "too large")) == []
    found = pieces(conversation)
    assert [len(one.data) for one in found] == [6144, 3856]
    assert [one.is_end for one in found] == [False, True]


def test_input_that_is_refused_is_an_error() -> None:
    conversation = begin(Input, SendInput(SHELL, "C1", b"x"), Settings(max_envelope_size=8192))
    with pytest.raises(LimitsExceeded):
        conversation.receive(Fault.of("SERVER_ENVELOPE_LIMIT", "too large"))
    assert conversation.next_request() is None
    conversation = begin(Input, SendInput(SHELL, "C1", b"x"))
    with pytest.raises(NotFound):
        conversation.receive(ENDED)


@pytest.mark.parametrize(("envelope", "piece"), [(153_600, 112_128), (4096, 3), (0, 3)])
def test_a_piece_fits_into_an_envelope(envelope: int, piece: int) -> None:
    assert piece_size(envelope) == piece


# Signals


@pytest.mark.parametrize(("code", "is_repeatable"), [(CTRL_C, False), (TERMINATE, True)])
def test_a_signal_is_sent(code: str, is_repeatable: bool) -> None:
    conversation = begin(Signalling, SignalCommand(SHELL, "C1", code))
    request = sent(conversation, shells.ACTION_SIGNAL)
    assert request.repeatable is is_repeatable
    assert Signal.read(answer(request.body).body) == Signal(code, "C1")
    assert conversation.receive(answer(SIGNAL_RESPONSE)) == []
    assert conversation.next_request() is None


def test_a_signal_to_what_has_ended_is_no_error() -> None:
    conversation = begin(Signalling, SignalCommand(SHELL, "C1"))
    assert conversation.receive(ENDED) == []
    assert conversation.next_request() is None
    with pytest.raises(AccessDenied):
        begin(Signalling, SignalCommand(SHELL, "C1")).receive(DENIED)


# Calls


def test_a_command_is_text_that_can_be_sent() -> None:
    with pytest.raises(TypeMismatch, match="argument 0"):
        RunCommand(SHELL, "dir", (7,))  # type: ignore[arg-type]
    with pytest.raises(InvalidParameter):
        begin(Execution, RunCommand(SHELL, "dir \0"))


def test_a_quota_names_its_setting() -> None:
    with pytest.raises(LimitsExceeded, match="The limit is MaxShellsPerUser of the server"):
        begin(Execution, RUN).receive(Fault.of("QUOTA_MAX_SHELLS", "too many"))
    with pytest.raises(LimitsExceeded) as caught:
        begin(Execution, RUN).receive(Fault.of("QUOTA_MAX_SHELLS", "MaxShellsPerUser: 5"))
    assert "The limit is" not in str(caught.value)
