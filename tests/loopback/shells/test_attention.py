"""Whatever is asked of a command reaches it where it waits."""

import threading
import time

import pytest

from protocols.loopback.shells.attention import Attention, CtrlC, Terminated


def test_ctrl_c_is_raised_once_and_the_end_always() -> None:
    attention = Attention()
    attention.check()
    attention.ctrl_c()
    assert attention.is_asked
    with pytest.raises(CtrlC):
        attention.check()
    attention.check()
    attention.terminate()
    assert attention.is_terminated
    for _ in range(2):
        with pytest.raises(Terminated):
            attention.check()


def test_a_wait_ends_with_what_it_waits_for_with_its_time_or_with_what_is_asked() -> None:
    attention = Attention()
    assert attention.wait_for(lambda: True)
    assert not attention.wait_for(lambda: False, 0.01)
    timer = threading.Timer(0.02, attention.ctrl_c)
    timer.start()
    with pytest.raises(CtrlC):
        attention.wait_for(lambda: False)
    timer.join(30)


def test_a_client_waits_until_it_is_so_or_its_time_is_over_or_it_is_gone() -> None:
    attention = Attention()
    assert attention.watch(lambda: True, 5.0, lambda: True)
    assert not attention.watch(lambda: False, 0.03, lambda: True)
    began = time.monotonic()
    assert not attention.watch(lambda: False, 30.0, lambda: False)
    assert time.monotonic() - began < 10.0
