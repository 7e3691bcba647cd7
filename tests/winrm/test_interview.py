"""The one connection, which costs one logon and leaves nothing open."""

import pytest

from mi import Credentials, Verdict
from protocols.loopback import Cut, Endpoint, Replace
from protocols.winrm import inspection
from tests.winrm.diagnosing import diagnose

OK, WARNING, FAILED, SKIPPED = Verdict


def test_a_wrong_password_is_one_logon_and_the_end(endpoint: Endpoint) -> None:
    other = Credentials.password("other", "wrong")
    wrong = Credentials.password(endpoint.user.name, "wrong")
    found = diagnose(endpoint, credentials=[wrong, other, endpoint.credentials])
    assert found["logon"].verdict is FAILED
    assert "does not accept the credentials" in found["logon"].detail
    assert found["wmi"].verdict is SKIPPED
    assert (endpoint.logons, endpoint.refused_logons) == (0, 1)


def test_a_connection_that_is_lost_after_the_logon_costs_no_second_one(endpoint: Endpoint) -> None:
    endpoint.disturb(Cut("Get"))
    found = diagnose(endpoint)
    assert found["clear text"].verdict is SKIPPED
    assert found["wmi"].verdict is FAILED
    assert "second logon is not spent" in found["wmi"].detail
    assert endpoint.logons == 1


def test_a_connection_that_is_lost_with_the_answer_to_the_logon_costs_no_second_one(
    endpoint: Endpoint,
) -> None:
    endpoint.disturb(Cut("Identify", count=None))
    assert diagnose(endpoint)["logon"].verdict is FAILED
    assert endpoint.logons == 1


def test_what_was_begun_is_released(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "_QUERY", "SELECT Name FROM Win32_Service")
    endpoint.disturb(Replace("Pull", envelope=lambda reply: reply.replace(b"PullResponse", b"x")))
    assert diagnose(endpoint)["wmi"].verdict is FAILED
    assert endpoint.exchanges[-1].name == "Release"
