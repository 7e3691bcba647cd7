"""What the caller tells a provider: which view of the registry, and what is its own."""

from typing import Any

import pytest

from mi.errors import NotSupported
from mi.options import OperationOptions
from mi.results import CimType, OperationFlags
from mi.session import Session
from protocols.loopback import Endpoint
from tests.winrm.opened import actions, opened

HKLM = 0x80000002
SOFTWARE = r"SOFTWARE\Contoso"
VIEW_32, VIEW_64 = (OperationOptions(provider_architecture=one) for one in (32, 64))


def registry(
    session: Session, method: str, options: OperationOptions | None = None, **given: Any
) -> Any:
    given = {"hDefKey": HKLM, **given}
    return session.invoke("StdRegProv", method, given, options=options, namespace="root/default")


def test_what_one_view_of_the_registry_is_given_the_other_does_not_have(session: Session) -> None:
    place = {"sSubKeyName": SOFTWARE, "sValueName": "Mode"}
    registry(session, "CreateKey", VIEW_32, sSubKeyName=SOFTWARE).check()
    registry(session, "SetStringValue", VIEW_32, **place, sValue="narrow").check()
    assert registry(session, "GetStringValue", VIEW_32, **place).out["sValue"] == "narrow"
    assert registry(session, "GetStringValue", VIEW_64, **place).return_value == 2
    assert registry(session, "GetStringValue", **place).return_value == 2
    direct = {**place, "sSubKeyName": r"SOFTWARE\WOW6432Node\Contoso"}
    assert registry(session, "GetStringValue", VIEW_64, **direct).out["sValue"] == "narrow"


@pytest.mark.parametrize(
    ("kind", "parameter", "value"),
    [
        ("String", "sValue", "text"),
        ("ExpandedString", "sValue", "text"),
        ("DWORD", "uValue", 0xFFFFFFFF),
        ("QWORD", "uValue", 1 << 63),
        ("Binary", "uValue", [0, 1, 255]),
        ("MultiString", "sValue", ["a", "b"]),
    ],
)
def test_every_kind_of_value_is_written_and_read(
    session: Session, kind: str, parameter: str, value: Any
) -> None:
    place = {"sSubKeyName": SOFTWARE, "sValueName": "V"}
    registry(session, "CreateKey", sSubKeyName=SOFTWARE).check()
    registry(session, f"Set{kind}Value", **place, **{parameter: value}).check()
    assert registry(session, f"Get{kind}Value", **place).out[parameter] == value


def test_a_view_is_one_option_and_no_more_exchanges(endpoint: Endpoint, session: Session) -> None:
    registry(session, "EnumKey", VIEW_32, sSubKeyName="SOFTWARE").check()
    assert actions(endpoint) == ["Get", "EnumKey"]
    declaration, call = (one.request_bytes for one in endpoint.exchanges)
    assert b"__ProviderArchitecture" not in declaration
    assert (
        b'<w:Option Name="wmi:__ProviderArchitecture" Type="xs:int">32</w:Option>' in call
    )  # fmt: skip
    assert b"__RequiredArchitecture" not in call


def test_an_architecture_may_be_required_where_there_are_several(
    endpoint: Endpoint, session: Session
) -> None:
    options = OperationOptions(provider_architecture=64, required_architecture=True)
    registry(session, "EnumKey", options, sSubKeyName="SOFTWARE").check()
    assert b'Name="wmi:__RequiredArchitecture"' in endpoint.exchanges[-1].request_bytes
    with opened(endpoint, server_kind="omi") as omi, pytest.raises(NotSupported, match="architect"):
        omi.get_instance('Win32_Service.Name="WinRM"', options=options)
    assert actions(endpoint) == ["Get", "EnumKey"]


def test_options_of_a_providers_own_go_with_every_request_but_that_for_the_class(
    endpoint: Endpoint, session: Session
) -> None:
    options = OperationOptions(max_elements=50)
    options.set_custom("Mode", "fast")
    options.set_custom("Level", 7, CimType.UINT8, must_comply=True)
    options.set_custom("Names", ["a", "b"])
    session.enumerate_instances("Win32_Service", options=options).all()
    for one in endpoint.exchanges:
        is_ours = one.resource_uri.endswith("Win32_Service")
        for name in (b'Name="wmi:Mode"', b'Name="wmi:Level"', b'Name="wmiarray:Names"'):
            assert (name in one.request_bytes) is is_ours
    assert b'Type="xs:unsignedByte"' in endpoint.exchanges[0].request_bytes
    assert b'MustComply="true"' in endpoint.exchanges[0].request_bytes


def test_languages_and_the_size_of_replies_are_the_sessions(endpoint: Endpoint) -> None:
    options = {"ui_locale": "de-DE", "data_locale": "fr-FR", "max_envelope_size": 200}
    with opened(endpoint, **options) as session:
        session.get_instance('Win32_Service.Name="WinRM"', flags=OperationFlags.NO_RTTI)
    sent = endpoint.exchanges[0].request_bytes
    assert b'<w:Locale xml:lang="de-DE"' in sent
    assert b'<p:DataLocale xml:lang="fr-FR"' in sent
    assert b">204800</w:MaxEnvelopeSize>" in sent
