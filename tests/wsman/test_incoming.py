"""Requests as a server reads them; that they are what was sent is test_envelope.py's."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import ProtocolError
from protocols.wsman import namespaces as ns
from protocols.wsman.incoming import IncomingReference, parse_request

WIRE = Path(__file__).parents[1] / "wire" / "envelope"
LIMIT = 1_000_000
PROCESS = f"{ns.DMTF_CIM_SCHEMA}/Win32_Process"


def golden(name: str) -> bytes:
    return (WIRE / f"{name}.xml").read_bytes().rstrip(b"\n")


def test_a_selector_that_is_a_reference_is_read_as_one() -> None:
    read = parse_request(golden("get-instance-by-reference.request"), limit=LIMIT)
    assert read.selectors == {
        "__cimnamespace": "root/cimv2",
        "PartComponent": IncomingReference(
            PROCESS, {"__cimnamespace": "root/cimv2", "Handle": "4"}
        ),
    }


def request_with(header: str, body: str = "<s:Body/>") -> bytes:
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in ns.PREFIXES.items())
    return f"<s:Envelope {names}><s:Header>{header}</s:Header>{body}</s:Envelope>".encode()


@pytest.mark.parametrize(
    "data", [request_with(""), f'<s:Envelope xmlns:s="{ns.SOAP}"><s:Body/></s:Envelope>'.encode()]
)
def test_a_request_may_lack_every_header(data: bytes) -> None:
    read = parse_request(data, limit=LIMIT)
    assert (read.action, read.resource_uri, read.message_id, read.to) == ("", "", None, "")
    assert (read.selectors, read.options) == ({}, ())
    assert (read.max_envelope_size, read.operation_timeout) == (None, None)
    assert (read.not_understood, read.is_identify) == ((), False)


def test_identify_is_recognised_by_its_body() -> None:
    body = f'<s:Body><wsmid:Identify xmlns:wsmid="{ns.IDENTITY}"/></s:Body>'
    assert parse_request(request_with("", body), limit=LIMIT).is_identify


@pytest.mark.parametrize(
    "header",
    [
        "<w:MaxEnvelopeSize>much</w:MaxEnvelopeSize>",
        "<w:MaxEnvelopeSize>-1</w:MaxEnvelopeSize>",
        f"<w:MaxEnvelopeSize>{'9' * 5000}</w:MaxEnvelopeSize>",
        "<w:OperationTimeout>PT-1S</w:OperationTimeout>",
        "<w:SelectorSet><w:Selector>1</w:Selector></w:SelectorSet>",
        '<w:SelectorSet><w:Selector Name="A"/><w:Selector Name="a"/></w:SelectorSet>',
    ],
)
def test_a_header_that_makes_no_sense_is_refused(header: str) -> None:
    with pytest.raises(ProtocolError):
        parse_request(request_with(header), limit=LIMIT)


def test_a_selector_may_be_empty_and_a_reference_bare() -> None:
    read = parse_request(
        request_with(
            '<w:SelectorSet><w:Selector Name="A"/><w:Selector Name="B"><a:EndpointReference/>'
            "</w:Selector></w:SelectorSet>"
        ),
        limit=LIMIT,
    )
    assert read.selectors == {"A": "", "B": IncomingReference("", {})}


def test_headers_that_must_be_understood_and_are_not_are_named() -> None:
    read = parse_request(
        request_with(
            '<w:FragmentTransfer s:mustUnderstand="1">State</w:FragmentTransfer>'
            '<x:Other s:mustUnderstand="false"/><a:Action s:mustUnderstand="true">go</a:Action>'
        ),
        limit=LIMIT,
    )
    assert read.not_understood == (f"{{{ns.WSMAN}}}FragmentTransfer",)


@given(st.data())
def test_a_damaged_request_is_read_or_refused_but_never_anything_else(
    data: st.DataObject,
) -> None:
    changed = bytearray(golden("query.request"))
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position : position + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    with suppress(ProtocolError):
        parse_request(bytes(changed), limit=LIMIT)


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_no_request(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_request(data, limit=LIMIT)
