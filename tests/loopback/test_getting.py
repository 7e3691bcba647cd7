"""Get gives one instance, or the declaration of a class as far as it was asked for."""

import math
from typing import Any

from mi.results import CimType
from mi.schema import Class
from mi.serial.cimxml import read_class
from mi.store import SchemaStore
from protocols.loopback.declarations import declared_classes
from protocols.loopback.population import sample_repository
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.envelope import Request
from protocols.wsman.headers import Selector
from protocols.wsman.instances import Decoder
from protocols.wsman.namespaces import ACTION_GET, CIM_XML_SCHEMA, DMTF_CIM_SCHEMA, WMI

SCHEMA = (
    "IncludeInheritanceHierarchy", "IncludeInheritedElements", "IncludeQualifiers",
)  # fmt: skip


def declared(name: str) -> Class:
    return next(
        one for one in declared_classes() if (one.namespace, one.name) == ("root/cimv2", name)
    )


def test_an_instance_is_found_by_its_keys_without_case(client: Any) -> None:
    answer = client.get("win32_service", NAME="winrm")
    assert answer.status == 200
    [instance] = answer.all("//s:Body/*")
    assert instance.tag.endswith("Win32_Service}Win32_Service")
    assert answer.text("//s:Body//*[local-name()='Name']") == "WinRM"


def test_a_singleton_needs_no_key(client: Any) -> None:
    assert client.get("Win32_OperatingSystem").text("//*[local-name()='BuildNumber']") == "20348"


def test_every_type_comes_through_to_whoever_knows_the_class(client: Any) -> None:
    store = SchemaStore(declared_classes())
    decoder = Decoder(store, "root/cimv2", precise=False)
    repository = sample_repository()
    for name in ("full", "one", "extreme", "wildcards"):
        [element] = client.get("Loopback_AllTypes", Id=name).all("//s:Body/*")
        found = decoder.read(element)
        for key, value in repository.get("root/cimv2", "Loopback_AllTypes", {"Id": name}).items():
            kind = declared("Loopback_AllTypes").properties[key].type.scalar
            if kind in (CimType.INSTANCE, CimType.REFERENCE):
                assert (found[key] is None) is (value is None)
            elif not (isinstance(value, list) and any(map(_is_nan, value))):
                assert found[key] == value, key


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def test_microsofts_resource_uris_are_answered_in_their_own_family(client: Any) -> None:
    uri = f"{WMI}/root/cimv2/Win32_Service"
    answer = client.ask(Request(ACTION_GET, uri, selectors=(Selector.of("Name", "WinRM"),)))
    [instance] = answer.all("//s:Body/*")
    assert instance.tag == f"{{{uri}}}Win32_Service"


def test_a_missing_instance_is_wmis_not_found(client: Any) -> None:
    answer = client.get("Win32_Service", Name="Nope")
    assert answer.status == 500
    assert answer.code == str(NUMBERS["RESOURCE_NOT_FOUND"])
    assert answer.text("//s:Subcode/s:Value") == "a:DestinationUnreachable"
    assert answer.text("//w:FaultDetail").endswith("/InvalidResourceURI")
    assert answer.text("//*[local-name()='Operation']") == "GetObject"
    assert answer.text("//*[local-name()='ParameterInfo']") == 'Win32_Service.Name="Nope"'
    assert answer.text("//*[local-name()='StatusCode']") == str(0x80041002)


def test_an_unknown_class_and_unknown_namespace_are_wmis_too(client: Any) -> None:
    assert client.get("Nope").text("//*[local-name()='StatusCode']") == str(0x80041010)
    nowhere = (Selector.of("__cimnamespace", "root/nowhere"), Selector.of("Name", "x"))
    request = Request(ACTION_GET, f"{DMTF_CIM_SCHEMA}/Win32_Service", selectors=nowhere)
    assert client.ask(request).text("//*[local-name()='StatusCode']") == str(0x8004100E)


def test_selectors_that_do_not_fit_are_refused_before_wmi_is_asked(client: Any) -> None:
    for keys, name in (
        ({}, "INSUFFCIENT_SELECTORS"),
        ({"Name": "x", "State": "y"}, "UNEXPECTED_SELECTORS"),
    ):
        answer = client.get("Win32_Service", **keys)
        assert answer.code == str(NUMBERS[name])
        assert answer.text("//s:Subcode/s:Value") == "w:InvalidSelectors"


def test_a_reply_that_does_not_fit_is_refused(client: Any) -> None:
    client.size = 8192
    answer = client.get("Loopback_AllTypes", Id="full")
    assert answer.code == str(NUMBERS["MAX_ENVELOPE_SIZE_EXCEEDED"])
    assert answer.text("//s:Subcode/s:Value") == "w:EncodingLimit"
    assert client.get("Win32_Service", Name="WinRM").status == 200


# Class declarations


def test_a_declaration_is_a_class_of_cim_xml_in_no_namespace(client: Any) -> None:
    answer = client.get_class("win32_service", *SCHEMA)
    [element] = answer.all("//s:Body/*")
    assert element.tag == "CLASS"
    found = read_class(element, "root/cimv2")
    wanted = declared("Win32_Service")
    assert (found.name, found.derivation, found.keys) == (
        wanted.name, wanted.derivation, wanted.keys,
    )  # fmt: skip
    assert found.layout.types == wanted.layout.types
    assert dict(found.layout.flags) == dict(wanted.layout.flags)
    assert list(found.methods) == list(wanted.methods)


def test_every_declared_class_reads_back_as_it_is(client: Any) -> None:
    for wanted in declared_classes():
        if wanted.namespace == "root/cimv2":
            [element] = client.get_class(wanted.name, *SCHEMA).all("//s:Body/*")
            found = read_class(element, "root/cimv2")
            assert (found.layout, found.derivation) == (wanted.layout, wanted.derivation)


def test_what_is_inherited_is_left_out_unless_it_is_asked_for(client: Any) -> None:
    [element] = client.get_class("Win32_Service", "IncludeQualifiers").all("//s:Body/*")
    own = {one.get("NAME") for one in element.iterfind("PROPERTY")}
    assert own == {"CheckPoint", "DelayedAutoStart", "ProcessId", "WaitHint"}
    assert {one.get("NAME") for one in element.iterfind("METHOD")} == {
        "GetSecurityDescriptor", "SetSecurityDescriptor",
    }  # fmt: skip
    assert element.get("DERIVATION") is None
    assert element.get("SUPERCLASS") == "Win32_BaseService"


def test_qualifiers_are_left_out_unless_they_are_asked_for(client: Any) -> None:
    [element] = client.get_class("Win32_Service", "IncludeInheritedElements").all("//s:Body/*")
    assert len(element.findall("PROPERTY")) == 26
    # The one that is a part of the type of an embedded instance stays.
    assert {one.get("NAME") for one in element.iter("QUALIFIER")} == {"EmbeddedInstance"}


def test_a_class_has_to_be_named(client: Any) -> None:
    namespace = (Selector.of("__cimnamespace", "root/cimv2"),)
    answer = client.ask(Request(ACTION_GET, CIM_XML_SCHEMA, selectors=namespace))
    assert answer.code == str(NUMBERS["MISSING_CLASSNAME"])
    named = (*namespace, Selector.reference("ClassName", "uri", ()))
    answer = client.ask(Request(ACTION_GET, CIM_XML_SCHEMA, selectors=named))
    assert answer.code == str(NUMBERS["MISSING_CLASSNAME"])


def test_a_class_that_is_not_there_is_wmis_invalid_class(client: Any) -> None:
    assert client.get_class("Nope").text("//*[local-name()='StatusCode']") == str(0x80041010)
