"""Asking a busy server again: after which answers, how often, and for how long at most."""

from __future__ import annotations

import threading
import time

import pytest
from lxml import etree

from mi.control import CancelToken, Expiry
from mi.errors import ConnectionFailed, MIError, OperationCancelled
from protocols.winrm.patience import Patience
from protocols.wsman.envelope import Reply
from protocols.wsman.fault import Fault
from protocols.wsman.fault_codes import NUMBERS

QUOTA = Fault("Sender", "w:QuotaLimit", wsman_codes=(NUMBERS["QUOTA_USER"],))


def status(code: int) -> MIError:
    return MIError("no", native_code=code, native_type="HTTP")


def patience(seconds: float | None = None) -> Patience:
    return Patience(Expiry.after(seconds, "timeout"), CancelToken())


@pytest.mark.parametrize("answer", [QUOTA, status(503), status(429)])
def test_a_busy_server_is_borne(answer: Fault | MIError) -> None:
    assert patience().bears(answer)


@pytest.mark.parametrize(
    "answer",
    [
        Fault("Sender", "w:InvalidSelectors"),
        Reply("", etree.Element("Body"), None, is_repaired=False),
        status(500),
        ConnectionFailed("lost"),
        MIError("no", native_code=503, native_type="WIN32"),
    ],
)
def test_any_other_answer_is_not(answer: Reply | Fault | MIError) -> None:
    assert not patience().bears(answer)


def test_it_does_not_begin_to_wait_where_the_time_would_be_over_first() -> None:
    assert not patience(0.2).bears(QUOTA)
    assert patience(10).bears(QUOTA)


def test_each_wait_is_longer_and_their_number_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protocols.winrm.patience._FIRST", 0.002)
    waiting = patience()
    waits = []
    while waiting.bears(QUOTA):
        started = time.monotonic()
        waits.append(waiting.wait())
        assert time.monotonic() - started >= waits[-1]
    assert len(waits) == 5
    for number, wait in enumerate(waits):
        assert 0.001 * 2**number <= wait <= 0.002 * 2**number


def test_a_cancel_ends_a_wait() -> None:
    cancel = CancelToken()
    waiting = Patience(Expiry(), cancel)
    waiting._next = 100.0
    threading.Timer(0.05, cancel.cancel).start()
    started = time.monotonic()
    with pytest.raises(OperationCancelled):
        waiting.wait()
    assert time.monotonic() - started < 10  # where the wait alone takes fifty
