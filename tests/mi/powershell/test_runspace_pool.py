"""Runspace pools, before a far side made of psrpcore's own server."""

from collections import deque
from dataclasses import replace
from typing import Any

import psrpcore
import pytest
from psrpcore import types as ps

from mi.errors import AccessDenied, ConnectionFailed, MIError, NotFound
from mi.powershell.runspace_pool import RunspacePool
from mi.powershell.script_calls import ScriptCalls
from mi.shell_calls import (
    ConnectShell,
    DisconnectShell,
    OpenShell,
    ReceiveOutput,
    SendInput,
    ShellOption,
)
from tests.mi.powershell import remoting
from tests.mi.powershell.remoting import FarSide


@pytest.fixture
def side() -> FarSide:
    return FarSide()


@pytest.fixture
def calls(side: FarSide) -> ScriptCalls:
    return ScriptCalls(side.far)


def test_it_opens_when_it_is_first_used_and_stays_open(side: FarSide, calls: ScriptCalls) -> None:
    pool = RunspacePool(side.far)
    assert not pool.is_open
    shell, exchange = pool.open(calls)
    assert pool.is_open
    assert pool.open(calls) == (shell, exchange)
    (call,) = side.calls(OpenShell)
    assert call.resource_uri == "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
    assert call.shell_id == str(exchange.pool.runspace_pool_id).upper()
    assert call.options == (ShellOption("protocolversion", "2.3", must_comply=True),)
    assert (call.input_streams, call.output_streams) == (("stdin", "pr"), ("stdout",))
    assert side.ends(ReceiveOutput) == [["close"]]
    assert side.ends(OpenShell) == [[]]


def test_it_is_idle_while_nothing_runs_in_it(side: FarSide, calls: ScriptCalls) -> None:
    pool = RunspacePool(side.far)
    assert not pool.is_idle
    _, exchange = pool.open(calls)
    assert pool.is_idle
    pipeline = psrpcore.ClientPowerShell(exchange.pool)
    assert not pool.is_idle
    exchange.forget(pipeline)
    assert pool.is_idle


def test_the_far_side_learns_how_many_runspaces_and_of_a_host(
    side: FarSide, calls: ScriptCalls
) -> None:
    RunspacePool(side.far, max_runspaces=3).open(calls)
    assert side.pool.max_runspaces == 3
    assert side.pool.host is not None
    assert (side.pool.host.IsHostNull, side.pool.host.IsHostUINull) == (False, True)


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("Ops", "http://schemas.microsoft.com/powershell/Ops"),
        ("http://schemas.microsoft.com/powershell/X", "http://schemas.microsoft.com/powershell/X"),
    ],
)
def test_a_session_configuration_is_a_resource(
    side: FarSide, calls: ScriptCalls, name: str, uri: str
) -> None:
    RunspacePool(side.far, name).open(calls)
    assert side.calls(OpenShell)[0].resource_uri == uri


def test_what_does_not_fit_into_the_first_envelope_is_sent(calls: ScriptCalls) -> None:
    side = FarSide(envelope_size=0)
    RunspacePool(side.far).open(ScriptCalls(side.far))
    assert len(side.calls(OpenShell)[0].creation_xml) <= 1024
    assert side.calls(SendInput)[0].command_id is None


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (AccessDenied("no"), "needs leave for the session configuration Ops"),
        (NotFound("no"), "Get-PSSessionConfiguration lists"),
        (ConnectionFailed("no"), None),
    ],
)
def test_a_refusal_says_what_to_do(
    side: FarSide, calls: ScriptCalls, error: MIError, advice: str | None
) -> None:
    side.refuse(OpenShell, error)
    pool = RunspacePool(side.far, "Ops")
    with pytest.raises(type(error)) as caught:
        pool.open(calls)
    assert (advice or "") in (caught.value.advice or "")
    assert side.ends(OpenShell) == [["close"]]
    pool.open(calls)
    assert pool.is_open


def test_a_pool_that_breaks_says_why(
    side: FarSide, calls: ScriptCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened_then_broken(_: FarSide, call: Any) -> Any:
        results = list(FarSide._open(side, call))
        side.outgoing.clear()
        side.break_pool("no more memory")
        yield from results

    monkeypatch.setitem(remoting.ANSWERS, OpenShell, opened_then_broken)
    with pytest.raises(MIError, match="does not open a runspace pool: no more memory"):
        RunspacePool(side.far).open(calls)


def test_a_pool_that_ends_while_it_opens_is_an_error(side: FarSide, calls: ScriptCalls) -> None:
    pool = RunspacePool(side.far)
    pool.open(calls)
    pool.close()
    side.refuse(ReceiveOutput, StopAsyncIteration())  # type: ignore[arg-type]  # no error of ours
    with pytest.raises(StopAsyncIteration):
        pool.open(calls)
    assert side.ends(OpenShell)[-1] == ["close"]


def test_a_pool_that_says_nothing_is_an_error(
    side: FarSide, calls: ScriptCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side, "_flush", lambda: None)
    with pytest.raises(MIError, match="ended while it was being opened"):
        RunspacePool(side.far).open(calls)


def test_a_key_is_exchanged_once(side: FarSide, calls: ScriptCalls) -> None:
    pool = RunspacePool(side.far)
    pool.exchange_key(calls)
    pool.exchange_key(calls)
    (sent,) = side.calls(SendInput)
    assert sent.command_id is None
    assert len(side.calls(ReceiveOutput)) == 2


def test_it_can_be_left_and_gone_on_with(side: FarSide, calls: ScriptCalls) -> None:
    pool = RunspacePool(side.far)
    name = pool.disconnect(calls)
    assert str(name).upper() == side.calls(OpenShell)[0].shell_id
    assert side.calls(DisconnectShell)[0].buffer_mode == "Block"
    assert not pool.is_open
    again = RunspacePool(side.far, pool_id=name)
    shell, exchange = again.open(calls)
    assert again.is_open
    assert exchange.pool.runspace_pool_id == name
    assert shell.shell_id == side.calls(ConnectShell)[0].shell_id == str(name).upper()
    again.exchange_key(calls)


def test_what_the_connection_does_not_answer_is_received(
    side: FarSide, calls: ScriptCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_: FarSide, call: ConnectShell) -> Any:
        (shell,) = FarSide._connect(side, call)
        side.outgoing.setdefault(None, deque()).append(shell.connect_response)
        yield replace(shell, connect_response=None)

    name = RunspacePool(side.far).disconnect(calls)
    monkeypatch.setitem(remoting.ANSWERS, ConnectShell, silent)
    again = RunspacePool(side.far, pool_id=name)
    again.open(calls)
    assert again.is_open


def test_a_pool_that_the_server_has_deleted_is_opened_anew(
    side: FarSide, calls: ScriptCalls
) -> None:
    pool = RunspacePool(side.far)
    first, _ = pool.open(calls)
    pool.lose(first)
    assert not pool.is_open
    second, _ = pool.open(calls)
    assert second is not first
    pool.lose(first)
    assert pool.is_open


def test_closing_it_deletes_it_and_twice_is_once(side: FarSide, calls: ScriptCalls) -> None:
    pool = RunspacePool(side.far)
    pool.open(calls)
    pool.close()
    pool.close()
    assert side.ends(OpenShell) == [["close"]]


def test_a_state_that_is_no_end_changes_nothing(side: FarSide, calls: ScriptCalls) -> None:
    pool = RunspacePool(side.far)
    pool.open(calls)
    state = ps.RunspacePoolStateMsg(RunspaceState=ps.RunspacePoolState.Opened.value)
    side.pool.prepare_message(state)
    side._flush()
    pool.exchange_key(calls)
