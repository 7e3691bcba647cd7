"""What is found once somebody was let in."""

import re
from typing import Any

import pytest

from mi import Verdict
from protocols.loopback import Endpoint, Replace
from protocols.loopback.service import Limits
from protocols.winrm import inspection
from tests.winrm.diagnosing import configured, diagnose

OK, WARNING, FAILED, SKIPPED = Verdict


# The configuration


@pytest.mark.parametrize(
    ("how", "name", "verdict", "told"),
    [
        ({"size": 150}, "envelope size", WARNING, "150 KB; max_envelope_size=150"),
        ({"size": 8000}, "envelope size", OK, "8000 KB"),
        ({"clear": "true"}, "clear text", WARNING, "AllowUnencrypted; winrm set"),
        ({"level": "None"}, "channel binding", WARNING, "CbtHardeningLevel; winrm set"),
        ({"level": "Strict"}, "channel binding", OK, "Strict"),
    ],
)
def test_the_configuration_says_what_the_service_demands(
    endpoint: Endpoint, how: Any, name: str, verdict: Verdict, told: str
) -> None:
    configured(endpoint, **how)
    finding = diagnose(endpoint)[name]
    assert finding.verdict is verdict
    detail, _, advice = told.partition("; ")
    assert detail in finding.detail
    assert advice in (finding.advice or "")


def test_a_configuration_that_is_not_told_is_no_failure(endpoint: Endpoint) -> None:
    found = diagnose(endpoint)
    for name in ("clear text", "channel binding", "envelope size"):
        assert found[name].verdict is SKIPPED
        assert "administrator" in str(found[name].advice)
    assert found.is_ok


def test_a_configuration_without_the_settings_says_nothing(endpoint: Endpoint) -> None:
    def told(fault: bytes) -> bytes:
        return re.sub(rb"(<s:Body[^>]*>).*(</s:Body>)", rb"\1<x/>\2", fault, flags=re.DOTALL)

    endpoint.disturb(Replace("Get", envelope=told, status=200))
    found = diagnose(endpoint)
    for name in ("clear text", "channel binding", "envelope size"):
        assert (found[name].verdict, found[name].detail) == (SKIPPED, "the service does not say")


def test_other_kinds_of_servers_have_no_configuration_and_no_wmi(endpoint: Endpoint) -> None:
    found = diagnose(endpoint, server_kind="omi")
    for name in ("clear text", "channel binding", "envelope size", "wmi"):
        assert found[name].verdict is SKIPPED
        assert "omi" in found[name].detail
    assert [one.name for one in endpoint.exchanges] == ["Identify"]


# Messages and WMI


def test_tls_seals_what_nothing_else_does() -> None:
    with Endpoint(tls=True) as endpoint:
        assert diagnose(endpoint, "localhost")["sealing"].detail == "TLS does it"


def test_messages_in_clear_are_warned_of() -> None:
    with Endpoint(allow_unencrypted=True) as endpoint:
        found = diagnose(endpoint, packet_privacy=False)
        assert (found["sealing"].verdict, found["wmi"].verdict) == (WARNING, OK)


def test_who_may_not_use_wmi_is_told_which_right_is_missing() -> None:
    with Endpoint(limits=Limits(denied=("root/cimv2",))) as endpoint:
        found = diagnose(endpoint)
        assert found["wmi"].verdict is FAILED
        assert found["wmi"].advice
        assert found["logon"].verdict is OK


def test_a_namespace_without_windows_is_told(endpoint: Endpoint) -> None:
    found = diagnose(endpoint, default_namespace="root/interop")
    assert found["wmi"].verdict in (WARNING, FAILED)


def test_no_system_at_all_is_told(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        inspection, "_QUERY", "SELECT Caption FROM Win32_OperatingSystem WHERE Caption = 'x'"
    )
    assert diagnose(endpoint)["wmi"].verdict is WARNING
