"""What a caller is told when a server says no: through the public API, one cause after another."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import mi
from mi.instance import Instance
from mi.results import CimType
from protocols.loopback import Endpoint
from protocols.loopback.disturbances import Replace
from protocols.wsman.envelope import parse, serialize_fault
from protocols.wsman.fault import Fault

SERVICE = 'Win32_Service.Name="Spooler"'


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as made:
        yield made


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[mi.Session]:
    with mi.connect(
        endpoint.host, destination_port=endpoint.port, credentials=endpoint.credentials
    ) as made:
        yield made


def instead(fault: Fault) -> Callable[[bytes], bytes]:
    """Return what makes an envelope with `fault` of the one that it replaces."""

    def made(envelope: bytes) -> bytes:
        reply = parse(envelope, None, limit=10**7)
        header = getattr(reply, "header", None)
        relates_to = None if header is None else header.findtext("{*}RelatesTo")
        return serialize_fault(fault, relates_to, "uuid:1")

    return made


def refused(endpoint: Endpoint, action: str, fault: Fault, call: Callable[[], Any]) -> str:
    """Return what the error says that comes of `fault` in the place of the answer to `action`."""
    endpoint.disturb(Replace(action, envelope=instead(fault), status=500))
    with pytest.raises(mi.MIError) as caught:
        call()
    return str(caught.value)


DENIED = Fault.of("ERROR_ACCESS_DENIED", "Access is denied.")
OF_WMI = Fault.of("WBEM_E_ACCESS_DENIED", "Access denied.", provider="WMI Provider")


def test_who_is_let_in_nowhere_is_told_of_the_group_or_of_the_filtered_rights(
    endpoint: Endpoint, session: mi.Session
) -> None:
    said = refused(endpoint, "Get", DENIED, lambda: session.get_instance(SERVICE))
    assert said.startswith(f"{endpoint.host}: GetInstance: Access is denied.")
    assert "LocalAccountTokenFilterPolicy" in said
    assert f"If {endpoint.user.name} is a local administrator" in said


def test_who_is_let_in_elsewhere_is_told_of_the_namespace(
    endpoint: Endpoint, session: mi.Session
) -> None:
    session.get_class("Win32_Service")
    said = refused(
        endpoint, "Get", OF_WMI, lambda: session.get_class("X", namespace="root/standardcimv2")
    )
    assert f"Give {endpoint.user.name} Enable Account and Remote Enable" in said
    assert "on the namespace root/standardcimv2" in said


def test_whom_only_a_provider_denies_is_told_of_the_provider(
    endpoint: Endpoint, session: mi.Session
) -> None:
    session.get_class("Win32_Service")
    said = refused(endpoint, "Get", OF_WMI, lambda: session.get_instance(SERVICE))
    assert "what the provider of the class Win32_Service asks for" in said


def test_who_is_denied_inside_a_method_is_told_of_the_second_hop(
    endpoint: Endpoint, session: mi.Session
) -> None:
    said = refused(
        endpoint, "Create", OF_WMI,
        lambda: session.invoke("Win32_Process", "Create", {"CommandLine": "notepad.exe"}),
    )  # fmt: skip
    assert "If Win32_Process.Create reaches for another host" in said
    assert "scheme='CredSSP'" in said


def test_who_is_denied_on_a_share_is_told_so(endpoint: Endpoint, session: mi.Session) -> None:
    line = r"cmd /c copy \\files\in\a.txt C:\temp"
    said = refused(
        endpoint, "Create", OF_WMI,
        lambda: session.invoke("Win32_Process", "Create", {"CommandLine": line}),
    )  # fmt: skip
    assert "another host's share" in said


def test_a_class_that_may_not_be_seen_before_its_method_is_called_is_a_matter_of_the_namespace(
    endpoint: Endpoint, session: mi.Session
) -> None:
    said = refused(endpoint, "Get", OF_WMI, lambda: session.invoke("Win32_Process", "Create", {}))
    assert "Remote Enable on the namespace root/cimv2" in said


def test_an_answer_that_is_too_large_names_the_class_and_the_limit_of_this_client(
    endpoint: Endpoint,
) -> None:
    with mi.connect(
        endpoint.host, destination_port=endpoint.port, credentials=endpoint.credentials,
        max_envelope_size=64,
    ) as session:  # fmt: skip
        fault = Fault.of("MAX_ENVELOPE_SIZE_EXCEEDED", "The response is too large.")
        query = "SELECT * FROM Win32_Service"
        said = refused(endpoint, "Enumerate", fault, lambda: session.query_instances(query).all())
    assert "max_envelope_size=64 and too small for an instance of Win32_Service" in said
    assert 'winrm set winrm/config @{MaxEnvelopeSizekb="8192"}' in said


def test_characters_that_cannot_be_sent_name_the_class_and_a_query_without_them(
    endpoint: Endpoint, session: mi.Session
) -> None:
    fault = Fault.of("INVALID_CHARACTERS_IN_RESPONSE", "The response has invalid characters.")
    said = refused(
        endpoint, "Enumerate", fault, lambda: session.enumerate_instances("Win32_Service").all()
    )
    assert "Select the properties you need (SELECT Name, … FROM Win32_Service)" in said


def test_the_servers_own_error_instance_is_the_one_that_comes_along(
    endpoint: Endpoint, session: mi.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("protocols.network.patience._MOST_WAITS", 0)
    sent = Instance("MSFT_WmiError")
    sent.add("Message", "This user is allowed 1500 operations.", CimType.STRING)
    sent.add("error_Code", 2150859174, CimType.UINT32)
    sent.add("error_Type", "HRESULT", CimType.STRING)
    fault = replace(Fault("Receiver", "w:InternalError"), extended_error=sent)
    endpoint.disturb(Replace("Get", envelope=instead(fault), status=500))
    with pytest.raises(mi.LimitsExceeded) as caught:
        session.get_instance(SERVICE)
    assert caught.value.extended_error == sent
    assert caught.value.native_code == 2150859174
    assert "MaxConcurrentOperationsPerUser" in str(caught.value)


def test_a_number_that_nobody_knows_is_told_in_both_ways(
    endpoint: Endpoint, session: mi.Session
) -> None:
    fault = Fault(reason="Something new.", message="Something new.", wsman_codes=(0x80338ABC,))
    said = refused(endpoint, "Get", fault, lambda: session.get_instance(SERVICE))
    assert "Something new. (error 2150861500, 0x80338ABC)" in said
