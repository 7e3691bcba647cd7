import time

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import OperationCancelled, OperationTimeout
from protocols.wmidcom.rpc import waiting
from protocols.wmidcom.rpc.waiting import Patient, within


def test_most_calls_end_with_the_caller_s_time() -> None:
    with within(Expiry.after(0, "timeout"), CancelToken()) as bounds:
        with pytest.raises(OperationTimeout):
            bounds.wait()
        wake = Woken()
        bounds.interrupt_by(wake)
        bounds.interrupt()
        assert wake.count == 1


class Woken:
    """Counts how often it was called."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def test_whoever_is_patient_waits_for_an_answer_that_is_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "_SLACK", 0.1)
    token, wake = CancelToken(), Woken()
    with Patient(Expiry.after(0, "timeout"), token, 0.1) as bounds:
        bounds.interrupt_by(wake)
        assert 0 < bounds.wait() <= 0.2
        token.cancel()
        assert not wake.count, "nothing is cut"
        assert 0 < bounds.wait() <= 0.2
        time.sleep(0.2)
        with pytest.raises(OperationCancelled):
            bounds.wait()


def test_time_that_is_left_is_waited_for() -> None:
    with Patient(Expiry.after(5, "timeout"), CancelToken(), 0.1) as bounds:
        assert bounds.wait() == 0.5
