"""Diagnoses: findings as values, and how an application comes to them."""

import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

import mi
from mi.control import Expiry
from mi.diagnosis import Diagnosis, Finding, Verdict

GOOD = Finding("port", Verdict.OK, "5985 answers")
BAD = Finding("logon", Verdict.FAILED, "refused", "Check the password.")
FOUND = Diagnosis("server01", "WINRM", (GOOD, BAD))


def test_a_diagnosis_is_ok_where_nothing_failed() -> None:
    assert not FOUND.is_ok
    warned = Finding("clock", Verdict.WARNING, "late")
    assert Diagnosis(None, "WINRM", (GOOD, warned)).is_ok


def test_findings_are_found_by_their_order_and_their_name() -> None:
    assert list(FOUND) == [GOOD, BAD]
    assert FOUND["logon"] is BAD
    with pytest.raises(mi.NotFound, match="no finding named 'clock'") as caught:
        FOUND["clock"]
    assert "port, logon" in str(caught.value.advice)


def test_a_diagnosis_is_a_value() -> None:
    assert pickle.loads(pickle.dumps(FOUND)) == FOUND
    assert len({FOUND, Diagnosis("server01", "WINRM", (GOOD, BAD))}) == 1
    with pytest.raises(AttributeError):
        FOUND.protocol = "x"  # type: ignore[misc]


def test_a_diagnosis_can_be_json() -> None:
    assert json.loads(json.dumps(FOUND.as_dict())) == {
        "destination": "server01",
        "protocol": "WINRM",
        "ok": False,
        "findings": [
            {"name": "port", "verdict": "ok", "detail": "5985 answers", "advice": None},
            {
                "name": "logon",
                "verdict": "failed",
                "detail": "refused",
                "advice": "Check the password.",
            },
        ],
    }


# The application


class Handler:
    """A handler that can diagnose, or fails to."""

    failure: mi.MIError | None = None

    def __init__(self) -> None:
        self.asked: tuple[Any, ...] = ()

    def open(self, *_: object) -> Any:
        raise AssertionError

    def diagnose(
        self, destination: str | None, options: mi.DestinationOptions, expiry: Expiry
    ) -> Iterator[Finding]:
        self.asked = (destination, options, expiry)
        yield GOOD
        if self.failure is not None:
            raise self.failure


class Silent:
    def open(self, *_: object) -> Any:
        raise AssertionError


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def application(handler: Handler) -> Iterator[mi.Application]:
    with mi.Application() as application:
        application.handlers.register("WINRM", handler)
        application.handlers.register("SILENT", Silent())
        yield application


def test_an_application_asks_the_handler_and_keeps_what_it_finds(
    application: mi.Application, handler: Handler
) -> None:
    options = mi.DestinationOptions(destination_port=1)
    assert application.diagnose("server01", options) == Diagnosis("server01", "WINRM", (GOOD,))
    destination, given, expiry = handler.asked
    assert (destination, given) == ("server01", options)
    assert given is not options
    assert (expiry.limit, expiry.seconds) == ("deadline", 60.0)


def test_protocol_and_deadline_can_be_said(application: mi.Application, handler: Handler) -> None:
    assert application.diagnose(protocol="winrm", deadline=5).destination is None
    assert handler.asked[2].seconds == 5.0
    with pytest.raises(mi.InvalidParameter, match="deadline"):
        application.diagnose("server01", deadline=0)


def test_a_handler_need_not_be_able_to(application: mi.Application) -> None:
    with pytest.raises(mi.NotSupported, match="SILENT cannot diagnose") as caught:
        application.diagnose("server01", protocol="silent")
    assert (caught.value.host, caught.value.operation) == ("server01", "Diagnose")


def test_what_cannot_be_diagnosed_at_all_is_an_error(
    application: mi.Application, handler: Handler
) -> None:
    handler.failure = mi.InvalidParameter("no host")
    for wrong in ({"destination": ""}, {"protocol": ""}, {"destination": "server01"}):
        with pytest.raises(mi.InvalidParameter) as caught:
            application.diagnose(**wrong)  # type: ignore[arg-type]
        assert caught.value.operation == "Diagnose"
    with pytest.raises(mi.TypeMismatch):
        application.diagnose("server01", "options")  # type: ignore[arg-type]
    with pytest.raises(mi.NotFound):
        application.diagnose("server01", protocol="nobody")
    application.close()
    with pytest.raises(mi.InvalidParameter, match="closed"):
        application.diagnose("server01")
