"""What a Pull of a subscription brings, from each server that was seen to deliver."""

from pathlib import Path

import pytest
from lxml import etree

from mi.errors import InvalidParameter, ProtocolError
from protocols.wsman import namespaces as ns
from protocols.wsman import soap
from protocols.wsman.deliveries import (
    Delivery,
    bookmark_markup,
    check_bookmark,
    read_bookmark,
    read_position,
)
from protocols.wsman.envelope import Reply, parse, serialize_reply
from protocols.wsman.pages import write_page

PROJECT = Path(__file__).parents[2]
WIRE = PROJECT / "tests" / "wire" / "eventing"
TRANSCRIPTS = PROJECT.parent / "shared" / "transcripts"
LIMIT = 1_000_000
BOOKMARK = (
    '<BookmarkList><Bookmark Channel="System" RecordId="149161" IsCurrent="true"/></BookmarkList>'
)


def parsed(data: bytes, message_id: str) -> Reply:
    reply = parse(data, message_id, limit=LIMIT)
    assert isinstance(reply, Reply)
    return reply


def delivered(inside: str, header: str = "") -> Delivery:
    message = serialize_reply("", inside, "uuid:1", "uuid:2", header=header)
    return Delivery.read(parsed(message, "uuid:1"))


def test_the_golden_delivery_brings_an_event_and_says_how_far_it_goes() -> None:
    golden = (WIRE / "pull.reply.xml").read_bytes().rstrip(b"\n")
    delivery = Delivery.read(parsed(golden, "uuid:40E5E215-9AE6-4BB2-BF59-5BE542B6E67C"))
    assert [soap.local_name(item) for item in delivery.items] == ["Event"]
    assert delivery.context == "uuid:1B2A69F4-AF0D-4E6D-93BD-EFE6AADC3F52"
    assert delivery.bookmark == BOOKMARK
    assert (delivery.is_last, delivery.machine_id) == (False, None)


def test_a_delivery_is_written_as_the_golden_message_byte_for_byte() -> None:
    golden = (WIRE / "pull.reply.xml").read_bytes().rstrip(b"\n")
    event = golden[golden.index(b"<Event ") : golden.index(b"</n:Items>")].decode()
    body = write_page([event], "uuid:1B2A69F4-AF0D-4E6D-93BD-EFE6AADC3F52", is_first=False)
    written = serialize_reply(
        f"{ns.ENUMERATION}/PullResponse",
        body,
        "uuid:40E5E215-9AE6-4BB2-BF59-5BE542B6E67C",
        "uuid:ACFA9E9F-D4C4-4C81-AC90-AB6D82CFACA5",
        header=bookmark_markup(BOOKMARK),
    )
    assert written == golden


def test_a_heartbeat_brings_nothing() -> None:
    delivery = delivered(write_page([], "uuid:7", is_first=False))
    assert delivery == Delivery([], "uuid:7", is_last=False, bookmark="", machine_id=None)


def test_a_delivery_without_a_context_leaves_it_as_it_was() -> None:
    delivery = delivered("<n:PullResponse><n:Items/></n:PullResponse>")
    assert (delivery.context, delivery.is_last) == ("", False)


@pytest.mark.parametrize("prefix", ["n", "w"])
def test_the_server_may_end_the_subscription(prefix: str) -> None:
    page = f"<n:PullResponse><n:Items><a/></n:Items><{prefix}:EndOfSequence/></n:PullResponse>"
    delivery = delivered(page)
    assert (delivery.is_last, len(delivery.items)) == (True, 1)


def test_openwsman_leaves_out_the_element_around_the_events() -> None:
    delivery = delivered(
        "<n:PullResponse><n:EnumerationContext>c</n:EnumerationContext><p:A/><p:B/>"
        "</n:PullResponse>"
    )
    assert [soap.local_name(item) for item in delivery.items] == ["A", "B"]


def test_the_machine_may_be_said_in_the_header() -> None:
    header = f'<m:MachineID xmlns:m="{ns.MACHINE_ID}">win10.example\n</m:MachineID>'
    assert delivered("<n:PullResponse/>", header).machine_id == "win10.example"


def test_what_answers_no_pull_is_refused() -> None:
    with pytest.raises(ProtocolError, match="holds no page of events"):
        delivered("<n:EnumerateResponse/>")


def test_the_recorded_delivery_of_omi_has_no_bookmark_to_go_on_from() -> None:
    path = TRANSCRIPTS / "omi-live" / "204-subscribe-pull-2-response.xml"
    if not path.exists():
        pytest.skip("the transcripts are not here")
    delivery = Delivery.read(parsed(path.read_bytes(), "uuid:AFF50B73-AC83-4657-A5FF-727A76E36BB2"))
    assert [soap.local_name(item) for item in delivery.items] == ["Test_Indication"]
    assert (delivery.context, delivery.bookmark, delivery.is_last) == ("4112580616", "", False)


# Bookmarks


def test_a_bookmark_is_kept_verbatim_and_without_what_is_declared_around_it() -> None:
    header = etree.fromstring(
        f'<s:Header xmlns:s="{ns.SOAP}" xmlns:w="{ns.WSMAN}"><w:Bookmark>\n  {BOOKMARK}\n'
        "</w:Bookmark></s:Header>"
    )
    assert read_bookmark(header) == read_position(header) == BOOKMARK


@pytest.mark.parametrize("text", ["", ns.BOOKMARK_EARLIEST])
def test_no_bookmark_and_the_word_for_the_earliest_are_no_position(text: str) -> None:
    header = etree.fromstring(
        f'<s:Header xmlns:s="{ns.SOAP}" xmlns:w="{ns.WSMAN}"><w:Bookmark>{text}</w:Bookmark>'
        "</s:Header>"
    )
    assert read_position(header) == ""
    assert read_bookmark(header) == text


def test_a_message_without_header_has_no_position() -> None:
    assert read_position(None) == ""


def test_a_bookmark_is_written_where_there_is_one() -> None:
    assert bookmark_markup("") == ""
    assert bookmark_markup("7") == "<w:Bookmark>7</w:Bookmark>"


@pytest.mark.parametrize("kept", [BOOKMARK, "42", "a &amp; b"])
def test_a_bookmark_that_was_kept_is_taken_back(kept: str) -> None:
    assert check_bookmark(f" {kept}\n") == kept


@pytest.mark.parametrize("kept", ["<BookmarkList>", "a & b", "<w:Bookmark/>", "\ud800", "</b><b>"])
def test_what_is_no_bookmark_is_refused_before_it_is_sent(kept: str) -> None:
    with pytest.raises(InvalidParameter, match="the bookmark is none") as caught:
        check_bookmark(kept)
    assert caught.value.advice == "Give what Indication.bookmark said, unchanged."
