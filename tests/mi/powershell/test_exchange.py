"""psrpcore's runspace pool, shared by threads, and the seam where its errors become ours."""

import struct
from typing import Any
from uuid import uuid4

import psrpcore
import pytest
from psrpcore import types as ps

from mi.errors import InvalidParameter, ProtocolError, TypeMismatch
from mi.powershell.exchange import Exchange, reading
from mi.powershell.fragments import FragmentReader

_LIMIT = 1000


def _opened() -> tuple[Exchange, psrpcore.ServerRunspacePool]:
    exchange, server = (
        Exchange(psrpcore.ClientRunspacePool(), _LIMIT),
        psrpcore.ServerRunspacePool(),
    )
    for payload in exchange.prepare(lambda pool: pool.open()):
        _give(server, payload.data)
    while (answer := server.data_to_send()) is not None:
        exchange.receive(FragmentReader(), answer.data)
    return exchange, server


def _give(server: psrpcore.ServerRunspacePool, data: bytes) -> list[Any]:
    server.receive_data(psrpcore.PSRPPayload(data, psrpcore.StreamType.default, None))
    return list(iter(server.next_event, None))


def test_two_halves_agree() -> None:
    exchange, server = _opened()
    assert exchange.state == server.state == ps.RunspacePoolState.Opened
    assert exchange.pool.runspace_pool_id == server.runspace_pool_id


def test_what_is_sent_fits_and_no_fragment_is_empty() -> None:
    exchange, server = _opened()
    pipeline = psrpcore.ClientPowerShell(exchange.pool, no_input=False)
    pipeline.add_script("x" * 3000)
    psrpcore.ServerPipeline(server, pipeline.pipeline_id)
    payloads = exchange.prepare(
        lambda _: (pipeline.start(), pipeline.send("y"), pipeline.send_eof())
    )
    assert len(payloads) > 3
    assert all(len(payload.data) <= _LIMIT for payload in payloads)
    assert {payload.stream for payload in payloads} == {"stdin"}
    events = [event for payload in payloads for event in _give(server, payload.data)]
    assert [type(event).__name__ for event in events] == [
        "CreatePipelineEvent",
        "PipelineInputEvent",
        "EndOfPipelineInputEvent",
    ]


def test_answers_to_prompts_go_by_a_stream_of_their_own() -> None:
    exchange, server = _opened()
    call = server.host_call(ps.HostMethodIdentifier.ReadLine)
    answer = server.data_to_send()
    assert answer is not None
    exchange.receive(FragmentReader(), answer.data)
    (payload,) = exchange.prepare(lambda pool: pool.host_response(call, "x"))
    assert payload.stream == "pr"


def test_what_cannot_be_sent_is_an_invalid_parameter() -> None:
    exchange, _ = _opened()
    with pytest.raises(InvalidParameter, match="cannot send this: RuntimeError: no"):
        exchange.prepare(_raise(RuntimeError("no")))
    with pytest.raises(TypeMismatch, match="ours"):
        exchange.prepare(_raise(TypeMismatch("ours")))


def _raise(error: Exception) -> Any:
    def step(_: Any) -> None:
        raise error

    return step


@pytest.mark.parametrize("content", [b"", b"\0" * 40, b"\0" * 40 + b"<x", b"\xff" * 60])
def test_what_cannot_be_read_is_a_protocol_error(content: bytes) -> None:
    exchange, _ = _opened()
    header = bytes(8) + bytes(8) + b"\3" + len(content).to_bytes(4, "big")
    with pytest.raises(ProtocolError, match="cannot be read"):
        exchange.receive(FragmentReader(), header + content)


@pytest.mark.parametrize("depth", [5000, 50000])
def test_an_object_that_is_too_deep_is_a_protocol_error(depth: int) -> None:
    exchange, _ = _opened()
    content = b'<Obj N="a"><MS>' * depth + b"</MS></Obj>" * depth
    head = struct.pack("<II", 1, ps.PSRPMessageType.PipelineOutput.value)
    message = head + exchange.pool.runspace_pool_id.bytes_le + uuid4().bytes_le + content
    with pytest.raises(ProtocolError, match="recursion depth"):
        exchange.receive(FragmentReader(), struct.pack(">QQBI", 9, 0, 3, len(message)) + message)


def test_reading_turns_every_error_into_ours() -> None:
    with pytest.raises(ProtocolError, match="KeyError: 'x'"), reading():
        raise KeyError("x")
    with reading():
        pass


def test_a_pipeline_is_forgotten_whatever_its_state() -> None:
    exchange, _ = _opened()
    pipeline = psrpcore.ClientPowerShell(exchange.pool, pipeline_id=uuid4()).add_script("x")
    exchange.prepare(lambda _: pipeline.start())
    exchange.forget(pipeline)
    exchange.forget(pipeline)
    assert exchange.pool.pipeline_table == {}
