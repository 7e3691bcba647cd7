from datetime import UTC, datetime

import pytest
from lxml import etree

from mi.errors import InvalidParameter
from protocols.wsman.headers import (
    Addressing,
    Option,
    Selector,
    endpoint_reference,
    option_set,
    reference_parameters,
    selector_set,
)
from protocols.wsman.namespaces import PREFIXES

URI = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/Win32_Process"


def parsed(markup: str) -> etree._Element:
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
    return etree.fromstring(f"<root {declared}>{markup}</root>")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a < b", "a &lt; b"),
        (True, "true"),
        (42, "42"),
        (2.5, "2.5"),
        (datetime(2024, 3, 3, 2, 2, 14, tzinfo=UTC), "20240303020214.000000+000"),
    ],
)
def test_a_selector_holds_the_canonical_cim_text_of_a_value(value: object, text: str) -> None:
    assert Selector.of("Key", value) == Selector("Key", text)


def test_a_selector_that_is_a_reference_holds_an_endpoint_reference() -> None:
    selector = Selector.reference("Antecedent", URI, [Selector.of("Handle", "4")])
    assert selector.markup == endpoint_reference(URI, [Selector.of("Handle", "4")])


def test_selectors_keep_their_order() -> None:
    selectors = (Selector.of("__cimnamespace", "root/cimv2"), Selector.of("Handle", "4"))
    assert selector_set(selectors) == (
        '<w:SelectorSet><w:Selector Name="__cimnamespace">root/cimv2</w:Selector>'
        '<w:Selector Name="Handle">4</w:Selector></w:SelectorSet>'
    )


def test_without_selectors_or_options_there_is_no_set_of_them() -> None:
    assert selector_set(()) == ""
    assert option_set(()) == ""


def test_options_have_a_type_where_one_is_given_and_no_must_understand() -> None:
    options = option_set(iter([Option("wmi:A&B", "x<y", "xs:string"), Option("Plain", "")]))
    assert options == (
        '<w:OptionSet xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<w:Option Name="wmi:A&amp;B" Type="xs:string">x&lt;y</w:Option>'
        '<w:Option Name="Plain"></w:Option></w:OptionSet>'
    )


def test_an_option_that_must_be_complied_with_makes_the_set_one_that_must_be_understood() -> None:
    options = parsed(option_set([Option("A", "1", must_comply=True), Option("B", None)]))[0]
    assert options.get(f"{{{PREFIXES['s']}}}mustUnderstand") == "true"
    assert [option.get("MustComply") for option in options] == ["true", None]


def test_an_option_without_a_value_is_nil() -> None:
    (option,) = parsed(option_set([Option("Flag", None)]))[0]
    assert option.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"
    assert option.text is None


def test_an_endpoint_reference_names_class_and_keys_at_the_anonymous_address() -> None:
    reference = endpoint_reference(URI, [Selector.of("Handle", "4")])
    assert reference == (
        "<a:EndpointReference><a:Address>"
        "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address>"
        f"<a:ReferenceParameters><w:ResourceURI>{URI}</w:ResourceURI><w:SelectorSet>"
        '<w:Selector Name="Handle">4</w:Selector></w:SelectorSet></a:ReferenceParameters>'
        "</a:EndpointReference>"
    )
    assert reference_parameters(URI, []) in endpoint_reference(URI, [], address="http://host/wsman")


def test_the_headers_of_a_session_are_escaped() -> None:
    addressing = Addressing("http://h/wsman?a&b", 512000, 'x"', "de-DE")
    assert addressing.to_markup == "<a:To>http://h/wsman?a&amp;b</a:To>"
    assert "512000" in addressing.size_markup
    assert 'xml:lang="x&quot;"' in addressing.locale_markup
    assert '<p:DataLocale xml:lang="de-DE" s:mustUnderstand="false"/>' in addressing.locale_markup


def test_a_name_that_xml_cannot_carry_is_refused() -> None:
    with pytest.raises(InvalidParameter):
        selector_set([Selector("a\x00", "")])
    with pytest.raises(InvalidParameter):
        option_set([Option("a", "\x01")])
