"""The calls of shells are values, checked when they are made, without a secret in their repr."""

import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from mi.calls import Call
from mi.errors import InvalidParameter, TypeMismatch
from mi.shell_calls import (
    CTRL_C,
    TERMINATE,
    ConnectShell,
    DisconnectShell,
    EnumerateShells,
    FollowCommand,
    OpenShell,
    ReceiveOutput,
    ReconnectShell,
    RunCommand,
    SendInput,
    ShellDescription,
    SignalCommand,
)

_SHELL = ShellDescription("S1")
_ALL: list[Call[Any]] = [
    OpenShell(environment={"PASSWORD": "hunter2"}, creation_xml=b"hunter2"),
    ConnectShell("S1", connect_xml=b"hunter2"),
    RunCommand(_SHELL, "net use hunter2", ("hunter2",)),
    FollowCommand(_SHELL, "C1"),
    ReceiveOutput(_SHELL),
    SendInput(_SHELL, "C1", b"hunter2"),
    SignalCommand(_SHELL, "C1", CTRL_C),
    DisconnectShell(_SHELL),
    ReconnectShell(_SHELL),
    EnumerateShells(),
]


@pytest.mark.parametrize("call", _ALL, ids=lambda call: call.operation)
def test_a_call_is_a_frozen_value_that_pickles(call: Call[Any]) -> None:
    with pytest.raises(FrozenInstanceError):
        call.namespace = "root"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(call)) == call


@pytest.mark.parametrize("call", _ALL, ids=lambda call: call.operation)
def test_nothing_that_may_be_secret_is_in_its_repr(call: Call[Any]) -> None:
    assert "hunter2" not in repr(call)


def _those(fact: str) -> set[str]:
    return {call.operation for call in _ALL if getattr(call, fact)}


def test_a_shell_is_in_no_namespace() -> None:
    assert _those("has_namespace") == set()


def test_only_what_changes_nothing_or_may_happen_twice_is_repeated() -> None:
    assert _those("repeatable") == {"SignalCommand", "EnumerateShells"}


def test_one_result_comes_of_what_is_said_and_none_of_it_is_told() -> None:
    said = {"SendInput", "SignalCommand", "DisconnectShell", "ReconnectShell"}
    assert _those("unary") == _those("optional") == said


def test_what_waits_for_output_goes_on_until_somebody_ends_it() -> None:
    assert _those("endless") == {"RunCommand", "FollowCommand", "ReceiveOutput"}


def test_a_command_is_ended_unless_another_signal_is_named() -> None:
    assert SignalCommand(_SHELL, "C1").code == TERMINATE


def test_variables_are_copied_and_text() -> None:
    given = {"A": "1"}
    call = OpenShell(environment=given)
    given.clear()
    assert call.environment == {"A": "1"}
    for wrong in ({"A": 1}, {1: "A"}):
        with pytest.raises(TypeMismatch, match="is a string, not 1"):
            OpenShell(environment=wrong)  # type: ignore[arg-type, dict-item]


@pytest.mark.parametrize("seconds", [0, -1])
def test_an_idle_time_out_is_more_than_nothing(seconds: float) -> None:
    with pytest.raises(InvalidParameter, match="more than 0 seconds"):
        OpenShell(idle_timeout=seconds)


def test_a_command_and_its_arguments_are_text() -> None:
    with pytest.raises(TypeMismatch, match="the command is a string, not 5"):
        RunCommand(_SHELL, 5)  # type: ignore[arg-type]
    with pytest.raises(TypeMismatch, match="the argument 1 is a string, not None"):
        RunCommand(_SHELL, "dir", ("/s", None))  # type: ignore[arg-type]
