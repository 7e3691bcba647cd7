"""Until a credential has been accepted, one connection at a time logs on."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.credentials import Credentials
from mi.errors import AuthenticationFailed, MIError, OperationTimeout
from mi.options import DestinationOptions
from protocols.loopback import Endpoint, Stall
from protocols.network.bounds import Bounds
from protocols.security.rejection import Rejected
from protocols.winrm.admission import Admission
from protocols.winrm.endpoint import Address
from protocols.winrm.transport import Transport
from protocols.wsman.envelope import serialize_bare
from protocols.wsman.identify import IDENTIFY
from tests.winrm.scripted import Peer, ScriptedServer

LONG = 10.0
REQUEST = serialize_bare(IDENTIFY.body)


def transport_to(endpoint: Endpoint, *credentials: Credentials) -> Transport:
    options = DestinationOptions(destination_port=endpoint.port, credentials=list(credentials))
    return Transport(Address.of(endpoint.host, options), options, SessionCallbacks())


def soon(seconds: float = LONG) -> Expiry:
    return Expiry.after(seconds, "timeout")


def identify(transport: Transport, seconds: float = LONG) -> None:
    with transport.lease(soon(seconds), CancelToken()) as line:
        next(line.exchange(REQUEST, soon(seconds), CancelToken(), repeatable=True))


class Together:
    """Several threads that ask at once, and what became of them."""

    def __init__(self, count: int, ask: Callable[[], None]) -> None:
        self.errors: list[MIError | None] = []
        gate = threading.Barrier(count)

        def run() -> None:
            gate.wait(LONG)
            try:
                ask()
            except MIError as error:
                self.errors.append(error)
            else:
                self.errors.append(None)

        threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)


def test_a_wrong_password_is_tried_once_however_many_connections_want_to(
    endpoint: Endpoint,
) -> None:
    wrong = Credentials.password(endpoint.user.name, "wrong", scheme="NtlmDomain")
    transport = transport_to(endpoint, wrong)
    errors = Together(8, lambda: identify(transport)).errors
    assert len(errors) == 8
    assert all(isinstance(error, AuthenticationFailed) for error in errors)
    assert endpoint.refused_logons == 1
    transport.close(soon())


def test_once_one_has_logged_on_the_others_do_at_once(endpoint: Endpoint) -> None:
    transport = transport_to(endpoint, endpoint.credentials)
    identify(transport)
    stall = endpoint.disturb(Stall(where="authentication"))  # one of the three that come now
    with ExitStack() as stack:
        lines = [stack.enter_context(transport.lease(soon(), CancelToken())) for _ in range(4)]
        stuck = threading.Thread(
            target=lambda: list(lines[2].exchange(REQUEST, soon(), CancelToken(), repeatable=True))
        )
        stuck.start()
        assert stall.reached.wait(LONG)
        list(lines[3].exchange(REQUEST, soon(), CancelToken(), repeatable=True))
        stall.until.set()
        stuck.join(LONG)
    assert endpoint.logons == 3
    transport.close(soon())


def test_while_the_first_logs_on_the_others_wait_in_their_own_time(endpoint: Endpoint) -> None:
    transport = transport_to(endpoint, endpoint.credentials)
    stall = endpoint.disturb(Stall(where="authentication"))
    first = threading.Thread(target=identify, args=(transport,))
    first.start()
    assert stall.reached.wait(LONG)
    with pytest.raises(OperationTimeout, match="waiting for a free connection"):
        identify(transport, 0.1)
    assert endpoint.connections == 1
    stall.until.set()
    first.join(LONG)
    identify(transport, LONG)
    assert endpoint.refused_logons == 0
    transport.close(soon())


def test_a_first_logon_that_is_lost_is_the_next_ones_to_do(endpoint: Endpoint) -> None:
    transport = transport_to(endpoint, endpoint.credentials)
    endpoint.disturb(Stall(where="authentication"))
    with pytest.raises(OperationTimeout, match="authenticating"):
        identify(transport, 0.2)
    identify(transport)
    assert (endpoint.logons, endpoint.refused_logons) == (1, 0)
    transport.close(soon())


def test_with_basic_the_first_reply_says_that_the_credential_is_accepted() -> None:
    is_asked, is_told = threading.Event(), threading.Event()
    at_once: list[int] = []

    def first(peer: Peer) -> None:
        peer.request()
        is_asked.set()
        is_told.wait(LONG)
        at_once.append(server.connections)
        peer.reply(body=b"<reply/>")
        peer.wait_for_end()

    def later(peer: Peer) -> None:
        peer.request()
        peer.reply(body=b"<reply/>")
        peer.wait_for_end()

    with ScriptedServer(first, later) as server:
        basic = Credentials.password("ops", "secret", scheme="Basic")
        options = server.options(credentials=basic, packet_privacy=False)
        transport = Transport(server.address, options, SessionCallbacks())
        together = threading.Thread(target=lambda: Together(4, lambda: identify(transport)))
        together.start()
        assert is_asked.wait(LONG)
        time.sleep(0.05)
        is_told.set()
        together.join(LONG)
        assert at_once == [1]
        transport.close(soon())


# By itself


def admission(*credentials: Credentials) -> Admission:
    options = DestinationOptions(credentials=list(credentials), packet_privacy=False)
    return Admission(options, Address.of("h", options))


def bounds(seconds: float = LONG) -> Bounds:
    return Bounds(soon(seconds), CancelToken(), 0)


def basic(user: str) -> Credentials:
    return Credentials.password(user, "x", scheme="Basic")


def refusal() -> Rejected:
    return Rejected(AuthenticationFailed("no"), is_refusal=True)


def test_two_connections_that_are_refused_later_are_one_refusal() -> None:
    both = admission(basic("one"), basic("two"))
    both.enter(bounds()).accept()
    first, second = both.enter(bounds()), both.enter(bounds())
    first.reject(refusal())
    second.reject(refusal())
    entry = both.enter(bounds())
    assert str(entry.method.user) == "two"
    entry.close()
    entry.close()


def test_after_a_refusal_one_at_a_time_tries_what_is_left() -> None:
    both = admission(basic("one"), basic("two"))
    both.enter(bounds()).accept()
    both.enter(bounds()).reject(refusal())
    entry = both.enter(bounds())
    with pytest.raises(OperationTimeout):
        both.enter(bounds(0.05))
    entry.reject(refusal())
    entry.close()
    for _ in range(2):
        with pytest.raises(AuthenticationFailed):
            both.enter(bounds())


def test_who_waited_while_another_was_accepted_does_not_keep_the_others_waiting() -> None:
    one = admission(basic("one"))
    entry = one.enter(bounds())
    entered: list[Any] = []
    waiting = threading.Thread(target=lambda: entered.append(one.enter(bounds())))
    waiting.start()
    while not one._turns._queue:
        time.sleep(0.001)
    entry.accept()
    waiting.join(LONG)
    assert entered[0].method is one.enter(bounds()).method
    entered[0].accept()


def test_the_way_to_log_on_is_known_while_it_is_in_use_and_not_after_a_refusal(
    endpoint: Endpoint,
) -> None:
    transport = transport_to(endpoint, endpoint.credentials)
    assert transport.method is None
    identify(transport)
    assert transport.method is not None
    assert str(transport.method.user) == endpoint.user.name
    transport.close(soon())
    refused = transport_to(endpoint, Credentials.password(endpoint.user.name, "wrong"))
    with pytest.raises(AuthenticationFailed):
        identify(refused)
    assert refused.method is None
    refused.close(soon())
