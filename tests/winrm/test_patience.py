"""After which answers a busy server is asked again; how often is in tests/network."""

from __future__ import annotations

import pytest
from lxml import etree

from mi.control import CancelToken, Expiry
from mi.errors import ConnectionFailed, MIError
from protocols.meanings.numbers import NUMBERS
from protocols.winrm.patience import Patience
from protocols.wsman.envelope import Reply
from protocols.wsman.fault import Fault

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


def test_without_time_nothing_is_borne() -> None:
    assert not patience(0.2).bears(QUOTA)
