"""The message under tests/wire/identify has the form of a recorded one, and is used both ways."""

from pathlib import Path

import pytest
from lxml import etree

from mi.calls import TestConnection
from mi.errors import AccessDenied, OperationTimeout, ProtocolError
from mi.instance import Instance
from mi.options import ServerKind
from mi.results import CimType
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.conversation import Conversation
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, Settings
from protocols.wsman.envelope import Reply, parse, serialize
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing
from protocols.wsman.identify import IDENTIFY, Identification, read_response, serialize_response
from protocols.wsman.incoming import parse_request

PROJECT = Path(__file__).parents[2]
WIRE = PROJECT / "tests" / "wire" / "identify"
TRANSCRIPTS = PROJECT.parent / "shared" / "transcripts"
LIMIT = 1_000_000
PROFILE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/spnego-kerberos"
VERSION = "OS: 10.0.14393 SP: 0.0 Stack: 3.0"


def golden(name: str) -> bytes:
    return (WIRE / f"{name}.xml").read_bytes().rstrip(b"\n")


def answer(body: str) -> Reply:
    message = f'<s:Envelope xmlns:s="{ns.SOAP}"><s:Body>{body}</s:Body></s:Envelope>'
    reply = parse(message.encode(), None, limit=LIMIT)
    assert isinstance(reply, Reply)
    return reply


def conversation() -> Conversation:
    settings = Settings(server_name="server01")
    return Identification(TestConnection(), settings, DIALECTS[ServerKind.WINRM3], SchemaStore())


def test_the_request_is_written_as_the_golden_message_byte_for_byte() -> None:
    assert serialize(IDENTIFY, Addressing("http://h/wsman", 512000), "unused") == golden("request")


def test_the_golden_request_is_known_for_what_it_is() -> None:
    assert parse_request(golden("request"), limit=LIMIT).is_identify


def test_the_answer_is_written_as_the_golden_message_byte_for_byte() -> None:
    assert serialize_response("Microsoft Corporation", VERSION, [PROFILE]) == golden("response")


def test_the_golden_answer_is_read_as_an_instance_of_strings() -> None:
    reply = parse(golden("response"), None, limit=LIMIT)
    assert isinstance(reply, Reply)
    read = read_response(reply, "server01")
    assert (read.class_name, read.namespace, read.server_name) == (
        "IdentifyResponse", None, "server01",
    )  # fmt: skip
    assert dict(read) == {
        "ProtocolVersion": ns.WSMAN,
        "ProductVendor": "Microsoft Corporation",
        "ProductVersion": VERSION,
        "SecurityProfiles": [PROFILE],
    }
    assert read.element("SecurityProfiles").type is CimType.STRING_ARRAY
    assert read.element("ProductVersion").type is CimType.STRING


def test_omi_answers_in_the_namespace_of_soap_and_adds_what_nobody_asked() -> None:
    read = read_response(
        answer(
            f'<s:IdentifyResponse xmlns:i="{ns.IDENTITY}"><i:ProductVendor>OMI\n</i:ProductVendor>'
            "<i:SecurityProfiles/><s:Capability/></s:IdentifyResponse>"
        )
    )
    assert dict(read) == {"ProductVendor": "OMI", "SecurityProfiles": []}


@pytest.mark.parametrize("body", ["", "<i:Other xmlns:i='urn:i'/>", "text"])
def test_a_reply_that_does_not_say_what_answers_is_refused(body: str) -> None:
    with pytest.raises(ProtocolError, match="does not say what answers"):
        read_response(answer(body))


def test_replaced_characters_are_told() -> None:
    read = read_response(
        answer(
            f'<i:IdentifyResponse xmlns:i="{ns.IDENTITY}"><i:ProductVendor>&#1;</i:ProductVendor>'
            "</i:IdentifyResponse>"
        )
    )
    assert (read["ProductVendor"], read.is_repaired) == ("\ufffd", True)


@pytest.mark.parametrize(
    ("name", "vendor", "version"),
    [
        ("omi-live/001-identify-basic-response", "Open Management Infrastructure", "1.0.8-6"),
        ("omi-live/002-identify-ntlm-encrypted-response", "Open Management Infrastructure", None),
        ("wiseman/01-6.1-Identify", "The Wiseman Project - https://wiseman.dev.java.net", "0.5"),
    ],
)
def test_a_recorded_answer_is_read(name: str, vendor: str, version: str | None) -> None:
    path = TRANSCRIPTS / f"{name}.xml"
    if not path.exists():
        pytest.skip("the transcripts are not here")
    reply = parse(path.read_bytes(), None, limit=LIMIT)
    assert isinstance(reply, Reply)
    read = read_response(reply)
    assert read["ProductVendor"] == vendor
    assert read["ProtocolVersion"] == ns.WSMAN
    assert version is None or read["ProductVersion"] == version


def test_a_recorded_request_is_known_for_what_it_is() -> None:
    path = TRANSCRIPTS / "omi-live" / "001-identify-basic-request.xml"
    if not path.exists():
        pytest.skip("the transcripts are not here")
    recorded = parse_request(path.read_bytes(), limit=LIMIT)
    assert recorded.is_identify
    ours = etree.fromstring(golden("request"))
    theirs = etree.fromstring(path.read_bytes())
    assert [each.tag for each in ours.iter()] == [each.tag for each in theirs.iter()]


# The conversation


def test_the_connection_is_tested_by_one_request_and_one_answer() -> None:
    talk = conversation()
    assert talk.next_request() is IDENTIFY
    assert talk.next_request() is IDENTIFY
    (result,) = talk.receive(parse(golden("response"), None, limit=LIMIT))
    assert isinstance(result, Instance)
    assert result.server_name == "server01"
    assert talk.next_request() is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.of("ERROR_ACCESS_DENIED", "Access is denied."), AccessDenied),
        (Fault.of("OPERATION_TIMEDOUT", "Too slow."), OperationTimeout),
    ],
)
def test_a_fault_ends_the_test_with_its_error(fault: Fault, kind: type[Exception]) -> None:
    talk = conversation()
    with pytest.raises(kind):
        talk.receive(fault)
    assert talk.next_request() is None


def test_the_test_waits_for_no_class_and_leaves_nothing_open() -> None:
    talk = conversation()
    assert not talk.awaits_class
    assert talk.receive(CLASS_KNOWN) == []
    assert talk.next_request() is IDENTIFY
    assert talk.abandon() is None
    assert talk.next_request() is None
