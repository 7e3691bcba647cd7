import pytest
from lxml import etree

from mi.errors import ProtocolError
from protocols.wsman import soap
from protocols.wsman.namespaces import SOAP, SOAP_11

HEADER, BODY = "<s:Header/>", "<s:Body/>"


def envelope(*parts: str, namespace: str = SOAP) -> etree._Element:
    return etree.fromstring(f'<s:Envelope xmlns:s="{namespace}">{"".join(parts)}</s:Envelope>')


def test_header_and_body_are_told_apart() -> None:
    header, body = soap.split(envelope(HEADER, BODY))
    assert header is not None
    assert (header.tag, body.tag) == (soap.HEADER, soap.BODY)


def test_a_header_may_be_missing() -> None:
    header, body = soap.split(envelope(BODY))
    assert header is None
    assert body.tag == soap.BODY


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (HEADER,),
        (BODY, BODY),
        (HEADER, BODY, BODY),
        (HEADER, HEADER, BODY),
        (BODY, HEADER),
        (HEADER, BODY, "<extra/>"),
        ("<extra/>",),
        (HEADER, "<extra/>"),
    ],
)
def test_an_envelope_must_hold_at_most_a_header_and_then_exactly_one_body(
    parts: tuple[str, ...],
) -> None:
    with pytest.raises(ProtocolError, match="must hold a Header and one Body"):
        soap.split(envelope(*parts))


def test_soap_1_1_is_refused_by_its_name() -> None:
    with pytest.raises(ProtocolError, match=r"SOAP 1\.1"):
        soap.split(envelope(HEADER, BODY, namespace=SOAP_11))


def test_what_is_not_soap_is_refused_with_the_name_of_its_root() -> None:
    with pytest.raises(ProtocolError, match="root element is html"):
        soap.split(etree.fromstring("<html><body/></html>"))


def test_the_text_of_an_element_is_what_is_not_padding() -> None:
    parent = etree.fromstring("<a><b>\n  uuid:1 </b><c/></a>")
    assert soap.text_of(parent, "b") == "uuid:1"
    assert soap.text_of(parent, "c") == ""
    assert soap.text_of(parent, "d") == ""
    assert soap.text_of(None, "b") == ""


def test_the_first_child_of_a_name_is_found() -> None:
    parent = etree.fromstring("<a><b>1</b><b>2</b></a>")
    found = soap.child(parent, "b")
    assert found is not None
    assert found.text == "1"
    assert soap.child(parent, "c") is None


def test_a_qname_is_resolved_where_it_stands() -> None:
    element = etree.fromstring('<a xmlns="urn:default" xmlns:p="urn:p"/>')
    assert soap.qname(element, " p:Name ") == ("urn:p", "Name")
    assert soap.qname(element, "Name") == ("urn:default", "Name")
    assert soap.qname(element, "q:Name") == ("", "Name")
    assert soap.local_name(element) == "a"


def test_an_element_stands_alone_with_the_namespaces_it_uses_and_no_others() -> None:
    parent = etree.fromstring(
        '<s:a xmlns:s="urn:s" xmlns:w="urn:w"><w:b x="1"><c>\xe9 &amp;</c></w:b> tail</s:a>'
    )
    assert soap.standalone(parent[0]) == '<w:b xmlns:w="urn:w" x="1"><c>\xe9 &amp;</c></w:b>'
    assert soap.standalone(parent[0][0]) == "<c>\xe9 &amp;</c>"


def test_the_content_of_an_element_is_its_elements_or_its_text_as_markup() -> None:
    assert soap.content(etree.fromstring("<a> x &amp; y\n</a>")) == "x &amp; y"
    assert soap.content(etree.fromstring("<a>\n <b/> <c>1</c>\n</a>")) == "<b/><c>1</c>"
    assert soap.content(etree.fromstring("<a/>")) == ""
