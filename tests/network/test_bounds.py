import math
import time

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import OperationCancelled, OperationTimeout, ProtocolError
from protocols.network.bounds import Bell, Bounds, Phase
from tests.network.bounded import bounds


def test_bounds_know_how_long_to_wait_and_glance_at_the_token_meanwhile() -> None:
    assert bounds(None).wait() == bounds(1000).wait() == 0.5
    assert 0 < bounds(0.2).wait() <= 0.2


def test_bounds_end_with_the_error_of_their_limit_and_the_phase() -> None:
    over = Bounds(Expiry(0.0, "deadline", 3), CancelToken(), 0)
    over.enter(Phase.SECURING)
    with pytest.raises(OperationTimeout, match="the deadline of 3 s passed while in the TLS"):
        over.wait()


@pytest.mark.parametrize("phase", [Phase.SECURING, Phase.AUTHENTICATING])
def test_who_never_answers_may_be_another_service(phase: Phase) -> None:
    over = Bounds(Expiry(0.0, "timeout", 3), CancelToken(), 0)
    over.enter(phase)
    with pytest.raises(OperationTimeout) as caught:
        over.wait()
    assert str(caught.value.advice).endswith("another service's: check destination_port=.")
    over.enter(Phase.READING)
    with pytest.raises(OperationTimeout) as caught:
        over.wait()
    assert caught.value.advice == "Raise timeout= if the server needs longer."


def test_a_cancelled_operation_does_not_begin_and_does_not_wait() -> None:
    token = CancelToken()
    token.cancel("enough")
    cancelled = Bounds(Expiry(), token, 0)
    with pytest.raises(OperationCancelled, match="enough"), cancelled:
        pass
    with pytest.raises(OperationCancelled, match="enough"):
        cancelled.wait()


def test_a_phase_may_be_held_over_what_it_consists_of() -> None:
    held = bounds()
    held.hold(Phase.AUTHENTICATING)
    held.enter(Phase.SENDING)
    assert held.phase is Phase.AUTHENTICATING
    held.hold(None)
    held.enter(Phase.SENDING)
    assert held.phase is Phase.SENDING


def test_within_the_grace_everything_is_releasing() -> None:
    grace = bounds(5, "grace")
    grace.hold(Phase.AUTHENTICATING)
    grace.enter(Phase.WAITING)
    assert grace.phase is Phase.RELEASING


def test_what_passes_to_a_proxy_is_no_part_of_the_request() -> None:
    talking = bounds()
    talking.hold(Phase.AUTHENTICATING)
    with talking.tunnelling():
        talking.enter(Phase.SENDING)
        assert str(talking.phase) == "asking the proxy"
        talking.is_sent = True
        talking.arrived(5)
    assert (talking.is_sent, talking.received) == (False, 0)
    talking.enter(Phase.SENDING)
    assert talking.phase is Phase.AUTHENTICATING


def test_what_is_left_of_the_time_can_be_told() -> None:
    left = bounds(30).remaining()
    assert left is not None
    assert 0 < left <= 30
    assert bounds(None).remaining() is None


def test_time_is_shared_among_addresses_that_are_tried() -> None:
    third = bounds(30).share(3)
    assert third is not None
    assert math.isclose(third - time.monotonic(), 10, abs_tol=1)
    assert bounds(None).share(3) is bounds(30).share(1) is None


def test_more_bytes_than_any_reply_may_have_end_the_exchange() -> None:
    narrow = bounds(most=10)
    narrow.arrived(10)
    with pytest.raises(ProtocolError, match="does not end: 11 bytes"):
        narrow.arrived(1)
    narrow.begin()
    narrow.arrived(10)


def test_a_cancel_wakes_whoever_waits_until_the_exchange_is_over() -> None:
    token, woken = CancelToken(), []
    with Bounds(Expiry(), token, 0) as watched:
        watched.interrupt()  # nobody waits yet
        watched.interrupt_by(lambda: woken.append(1))
        token.cancel()
    assert woken == [1]
    token, woken = CancelToken(), []
    with Bounds(Expiry(), token, 0) as watched:
        watched.interrupt_by(lambda: woken.append(1))
    token.cancel()
    assert not woken


def test_a_bell_may_be_rung_twice_and_before_anybody_waits() -> None:
    bell = Bell()
    assert not bell.wait(0)
    bell.ring()
    bell.ring()
    assert bell.wait(None)
    assert not bell.wait(0.01)
