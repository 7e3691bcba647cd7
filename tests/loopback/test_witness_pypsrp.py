"""A witness that is not ours: pypsrp logs on by NTLM, seals, and gets right answers.

It was written against real Windows, and shares no line with this project but the NTLM library.
"""

import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest

from protocols.loopback import Endpoint

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # whatever it thinks of newer libraries is not our error
    from pypsrp.exceptions import AuthenticationError, WSManFaultError
    from pypsrp.wsman import NAMESPACES, OptionSet, SelectorSet, WSMan

CLASS = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
ALL_CLASSES = "http://schemas.dmtf.org/wbem/wscim/1/*"
SCHEMA = "http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
WSMAN, ENUMERATION = f"{{{NAMESPACES['wsman']}}}", f"{{{NAMESPACES['wsen']}}}"

WAYS = [
    pytest.param(("ntlm", "always", False), id="ntlm, sealed over http"),
    pytest.param(("negotiate", "always", False), id="negotiate, sealed over http"),
    pytest.param(("negotiate", "auto", False), id="negotiate, as it chooses over http"),
    pytest.param(("negotiate", "auto", True), id="negotiate, bound to the certificate over https"),
    pytest.param(("negotiate", "always", True), id="negotiate, sealed over https"),
    pytest.param(("basic", "auto", True), id="basic over https"),
]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[tuple[Endpoint, WSMan]]:
    auth, encryption, is_tls = request.param
    with (
        Endpoint(tls=is_tls, channel_bindings=is_tls) as endpoint,
        witness(endpoint, auth=auth, encryption=encryption) as client,
    ):
        yield endpoint, client
        assert endpoint.connections == endpoint.logons == 1
        assert endpoint.refused_logons == 0
        assert all(one.is_sealed is (encryption == "always" or not is_tls)
                   for one in endpoint.exchanges)  # fmt: skip


def witness(endpoint: Endpoint, **options: Any) -> WSMan:
    given = {"password": endpoint.user.password, "auth": "ntlm", "encryption": "always"} | options
    return WSMan(
        endpoint.host,
        port=endpoint.port,
        username=endpoint.user.name,
        ssl=endpoint.ca_file is not None,
        cert_validation=endpoint.ca_file or True,
        no_proxy=True,
        **given,
    )


def selectors(**keys: str) -> SelectorSet:
    chosen = SelectorSet()
    for name, value in {"__cimnamespace": "root/cimv2", **keys}.items():
        chosen.add_option(name, value)
    return chosen


def enumerate_all(client: WSMan, uri: str, query: str | None = None) -> list[ET.Element]:
    """Return all items, by as many pulls as it takes."""
    body = ET.Element(f"{ENUMERATION}Enumerate")
    ET.SubElement(body, f"{WSMAN}OptimizeEnumeration")
    ET.SubElement(body, f"{WSMAN}MaxElements").text = "32000"
    if query is not None:
        ET.SubElement(body, f"{WSMAN}Filter", Dialect=WQL).text = query
    reply = client.enumerate(uri, body, selector_set=selectors())
    found = list(reply.find(f".//{WSMAN}Items"))
    while context := reply.findtext(f".//{ENUMERATION}EnumerationContext"):
        pull = ET.Element(f"{ENUMERATION}Pull")
        ET.SubElement(pull, f"{ENUMERATION}EnumerationContext").text = context
        ET.SubElement(pull, f"{ENUMERATION}MaxElements").text = "40"
        reply = client.pull(uri, pull, selector_set=selectors())
        found += list(reply.find(f".//{ENUMERATION}Items"))
    return found


def test_get_enumerate_pull_and_the_class_declaration_are_right(
    way: tuple[Endpoint, WSMan],
) -> None:
    endpoint, client = way
    [service] = client.get(f"{CLASS}Win32_Service", selector_set=selectors(Name="winrm"))
    assert service.tag == f"{{{CLASS}Win32_Service}}Win32_Service"
    assert service.findtext(f"{{{CLASS}Win32_Service}}State") == "Running"

    services = enumerate_all(client, f"{CLASS}Win32_Service")
    names = [one.findtext(f"{{{CLASS}Win32_Service}}Name") for one in services]
    assert (len(names), len(set(names))) == (125, 125)

    query = "SELECT Name, ProcessId FROM Win32_Process WHERE Name = 'lsass.exe'"
    [process] = enumerate_all(client, ALL_CLASSES, query)
    assert process.tag == f"{WSMAN}XmlFragment"
    assert [(child.tag, child.text) for child in process] == [
        ("Name", "lsass.exe"), ("ProcessId", "660"),
    ]  # fmt: skip

    wanted = OptionSet()
    wanted.add_option("IncludeQualifiers", "true")
    [declaration] = client.get(SCHEMA, selector_set=selectors(ClassName="Win32_Service"),
                               option_set=wanted)  # fmt: skip
    assert (declaration.tag, declaration.get("NAME")) == ("CLASS", "Win32_Service")

    assert endpoint.open_contexts == 0
    assert [one.name for one in endpoint.exchanges].count("Pull") == 4  # 124 items by 40


def test_a_fault_reaches_it_as_windows_faults_do() -> None:
    with (
        Endpoint() as endpoint,
        witness(endpoint) as client,
        pytest.raises(WSManFaultError) as caught,
    ):
        client.get(f"{CLASS}Nope", selector_set=selectors(Name="x"))
    assert caught.value.code == 2150858752
    assert caught.value.provider == "WMI Provider"
    assert endpoint.exchanges[0].is_sealed


def test_a_wrong_password_is_refused_once() -> None:
    with Endpoint() as endpoint:
        client = witness(endpoint, password="wrong")
        with client, pytest.raises(AuthenticationError):
            client.get(f"{CLASS}Win32_Service", selector_set=selectors(Name="WinRM"))
        assert endpoint.refused_logons == 1
        assert endpoint.exchanges == []
