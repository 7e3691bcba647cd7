import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.credentials import Credentials
from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    MIError,
    OperationCancelled,
    OperationTimeout,
)
from protocols.winrm.bounds import Bell
from protocols.winrm.line import Line
from protocols.winrm.transport import Transport
from tests.winrm.scripted import Peer, ScriptedServer

BASIC = Credentials.password("ops", "secret", scheme="Basic")
LONG = 10.0


def echo(peer: Peer) -> None:
    while True:
        peer.reply(body=b"<reply>" + peer.request().body + b"</reply>")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(echo) as running:
        yield running


@pytest.fixture
def transport(server: ScriptedServer) -> Iterator[Transport]:
    options = server.options(credentials=BASIC, packet_privacy=False)
    made = Transport(server.address, options, SessionCallbacks())
    yield made
    made.close(Expiry.after(5, "grace"))


def soon(seconds: float = LONG) -> Expiry:
    return Expiry.after(seconds, "timeout")


def ask(line: Line) -> bytes:
    return next(line.exchange(b"<request/>", soon(), CancelToken(), repeatable=True))


class Waiting(threading.Thread):
    """Somebody who waits for the line, and what became of that."""

    def __init__(
        self, transport: Transport, use: Callable[[], None] = lambda: None, seconds: float = LONG
    ) -> None:
        super().__init__(daemon=True)
        self._transport = transport
        self._use = use
        self._seconds = seconds
        self.token = CancelToken()
        self.error: MIError | None = None
        waiting = len(transport._queue)
        self.start()
        while self.is_alive() and len(transport._queue) == waiting:
            time.sleep(0.001)

    def run(self) -> None:
        try:
            with self._transport.lease(soon(self._seconds), self.token):
                self._use()
        except MIError as error:
            self.error = error


def test_nothing_is_connected_before_the_first_exchange(
    server: ScriptedServer, transport: Transport
) -> None:
    with transport.lease(soon(), CancelToken()) as line:
        assert server.connections == 0
        assert ask(line) == b"<reply><request/></reply>"
    assert server.connections == 1


def test_there_is_one_line_for_all(server: ScriptedServer, transport: Transport) -> None:
    for _ in range(2):
        with transport.lease(soon(), CancelToken()) as line:
            ask(line)
    assert server.connections == 1


def test_whoever_waits_gets_the_line_in_the_order_of_coming(transport: Transport) -> None:
    order: list[int] = []
    with transport.lease(soon(), CancelToken()):
        waiting = [Waiting(transport, lambda n=n: order.append(n)) for n in range(5)]
    for one in waiting:
        one.join(LONG)
    assert order == [0, 1, 2, 3, 4]


def test_a_line_comes_back_whatever_happens(transport: Transport) -> None:
    with pytest.raises(KeyboardInterrupt), transport.lease(soon(), CancelToken()):
        raise KeyboardInterrupt
    with transport.lease(soon(), CancelToken()):
        pass


def test_waiting_for_the_line_ends_with_the_callers_time(transport: Transport) -> None:
    with transport.lease(soon(), CancelToken()):
        late = Waiting(transport, seconds=0.1)
        late.join(LONG)
    assert isinstance(late.error, OperationTimeout)
    assert "while waiting for a free connection" in late.error.message
    with transport.lease(soon(), CancelToken()):
        pass


def test_a_cancel_ends_waiting_for_the_line(transport: Transport) -> None:
    with transport.lease(soon(), CancelToken()):
        cancelled, patient = Waiting(transport), Waiting(transport)
        cancelled.token.cancel()
        cancelled.join(LONG)
        assert isinstance(cancelled.error, OperationCancelled)
    patient.join(LONG)
    assert patient.error is None


def test_who_gets_the_line_and_does_not_want_it_any_more_passes_it_on(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if Ctrl-C came between the handing over and the look at it.
    def interrupted(self: Bell, seconds: float | None) -> bool:
        transport._give_back()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Bell, "wait", interrupted)
        transport._take(soon(), CancelToken())
        with pytest.raises(KeyboardInterrupt):
            transport._take(soon(), CancelToken())
    with transport.lease(soon(), CancelToken()):
        pass


# Closing


def test_a_closed_transport_lends_nothing(server: ScriptedServer, transport: Transport) -> None:
    with transport.lease(soon(), CancelToken()) as line:
        ask(line)
    transport.close(soon())
    transport.close(soon())
    with (
        pytest.raises(InvalidParameter, match="the session is closed"),
        transport.lease(soon(), CancelToken()),
    ):
        pass
    assert server.connections == 1


def test_closing_sends_those_who_wait_away_and_waits_for_the_one_who_works(
    transport: Transport,
) -> None:
    with transport.lease(soon(), CancelToken()):
        waiting = Waiting(transport)
        closing = threading.Thread(target=transport.close, args=(soon(),), daemon=True)
        closing.start()
        waiting.join(LONG)
        assert isinstance(waiting.error, InvalidParameter)
        assert closing.is_alive()
    closing.join(LONG)
    assert not closing.is_alive()


def test_closing_without_a_limit_waits_as_long_as_it_takes(transport: Transport) -> None:
    with transport.lease(soon(), CancelToken()):
        closing = threading.Thread(target=transport.close, args=(Expiry(),), daemon=True)
        closing.start()
        closing.join(0.05)
        assert closing.is_alive()
    closing.join(LONG)
    assert not closing.is_alive()


def test_an_exchange_that_does_not_end_is_cut_off() -> None:
    with ScriptedServer(lambda peer: peer.wait_for_end()) as server:
        options = server.options(credentials=BASIC, packet_privacy=False)
        transport = Transport(server.address, options, SessionCallbacks())

        def ask_in_vain() -> None:
            with transport.lease(soon(), CancelToken()) as line:
                next(line.exchange(b"<r/>", soon(), CancelToken(), repeatable=False))

        errors: list[MIError] = []

        def work() -> None:
            try:
                ask_in_vain()
            except MIError as error:
                errors.append(error)

        working = threading.Thread(target=work, daemon=True)
        working.start()
        while not server.connections:
            time.sleep(0.001)
        time.sleep(0.05)
        transport.close(soon(0.1))
        working.join(LONG)
        assert isinstance(errors[0], ConnectionFailed)
        assert server.ends.acquire(timeout=LONG)
