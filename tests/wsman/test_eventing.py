"""The messages under tests/wire/eventing have Windows' form, and are used both ways."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from mi.errors import ProtocolError
from protocols.wsman import namespaces as ns
from protocols.wsman.envelope import (
    Reply,
    Request,
    parse,
    serialize,
    serialize_reply,
)
from protocols.wsman.eventing import (
    UNSUBSCRIBE,
    Expiration,
    Manager,
    Renew,
    Renewed,
    Subscribe,
    Subscribed,
)
from protocols.wsman.headers import Addressing, Option
from protocols.wsman.incoming import parse_request
from protocols.wsman.pages import Filter

PROJECT = Path(__file__).parents[2]
WIRE = PROJECT / "tests" / "wire" / "eventing"
TRANSCRIPTS = PROJECT.parent / "shared" / "transcripts"
LIMIT = 1_000_000
ADDRESSING = Addressing("http://server01:5985/wsman", 512_000)
QUERY_LIST = '<QueryList><Query Id="0"><Select Path="System">*</Select></Query></QueryList>'
BOOKMARK = (
    '<BookmarkList><Bookmark Channel="System" RecordId="149161" IsCurrent="true"/></BookmarkList>'
)
SUBSCRIBE = Subscribe(
    Filter(ns.EVENT_QUERY_DIALECT, QUERY_LIST),
    heartbeats=5.0,
    max_time=30.0,
    locales=("en-US", "de-DE"),
    expires=timedelta(hours=1),
    bookmark=BOOKMARK,
    sends_bookmarks=True,
)
IDENTIFIER = "<e:Identifier>885E9924-235C-44EB-9834-B3440B7DCD38</e:Identifier>"
ASKED = "uuid:40E5E215-9AE6-4BB2-BF59-5BE542B6E67"
ANSWERED = "uuid:ACFA9E9F-D4C4-4C81-AC90-AB6D82CFACA"


def golden(name: str) -> bytes:
    return (WIRE / f"{name}.xml").read_bytes().rstrip(b"\n")


def said(name: str, last: str) -> Reply:
    reply = parse(golden(name), f"{ASKED}{last}", limit=LIMIT)
    assert isinstance(reply, Reply)
    return reply


def body(inside: str) -> etree._Element:
    declared = (
        f'xmlns:s="{ns.SOAP}" xmlns:e="{ns.EVENTING}" xmlns:n="{ns.ENUMERATION}"'
        f' xmlns:w="{ns.WSMAN}" xmlns:a="{ns.ADDRESSING}"'
    )
    return etree.fromstring(f"<s:Body {declared}>{inside}</s:Body>")


def answer(inside: str) -> Reply:
    return Reply("", body(inside), None, is_repaired=False)


# Subscribe


def test_a_subscribe_is_written_as_the_golden_message_byte_for_byte() -> None:
    request = Request(
        ns.ACTION_SUBSCRIBE, ns.EVENT_LOG, SUBSCRIBE.write(), operation_timeout=60.0,
        options=(Option("ContentFormat", "RenderedText"), Option("IgnoreChannelError", None)),
    )  # fmt: skip
    assert serialize(request, ADDRESSING, f"{ASKED}B") == golden("subscribe.request")


def test_the_golden_subscribe_is_read_for_what_it_is() -> None:
    request = parse_request(golden("subscribe.request"), limit=LIMIT)
    assert Subscribe.read(request.body) == SUBSCRIBE
    assert request.options[1] == Option("IgnoreChannelError", None)


def test_a_subscribe_says_no_more_than_it_must() -> None:
    mode = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull"
    written = f'<e:Subscribe><e:Delivery Mode="{mode}"></e:Delivery></e:Subscribe>'
    assert Subscribe().write() == written
    assert Subscribe.read(body(written)) == Subscribe()


def test_a_subscription_may_end_at_a_moment() -> None:
    subscribe = Subscribe(expires=datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    assert "<e:Expires>2026-11-01T06:30:00Z</e:Expires>" in subscribe.write()
    assert Subscribe.read(body(subscribe.write())) == subscribe


def test_a_query_list_is_also_read_where_its_elements_are_sent_as_such() -> None:
    read = Subscribe.read(
        body(
            '<e:Subscribe><e:Delivery Mode=" m "/><w:Filter Dialect=" d ">\n '
            f"{QUERY_LIST}\n</w:Filter></e:Subscribe>"
        )
    )
    assert (read.mode, read.filter) == ("m", Filter("d", QUERY_LIST))


def test_a_filter_is_read_in_the_namespace_of_eventing_too() -> None:
    read = Subscribe.read(body('<e:Subscribe><e:Delivery/><e:Filter Dialect="d"/></e:Subscribe>'))
    assert (read.mode, read.filter) == ("", Filter("d", ""))


@pytest.mark.parametrize("missing", ["Locale", "DataLocale"])
def test_one_of_the_languages_may_be_missing(missing: str) -> None:
    written = SUBSCRIBE.write()
    start = written.index(f"<{'w' if missing == 'Locale' else 'p'}:{missing}")
    element = written[start : written.index("/>", start) + 2]
    declared = written.replace(element, "").replace(
        "<e:Subscribe>", f'<e:Subscribe xmlns:p="{ns.MICROSOFT}">'
    )
    expected = ("", "de-DE") if missing == "Locale" else ("en-US", "")
    assert Subscribe.read(body(declared)).locales == expected


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<e:Other/>", "holds no Subscribe"),
        ("<e:Subscribe/>", "does not say how to deliver"),
        ("<e:Subscribe><e:Delivery/><e:Expires>soon</e:Expires></e:Subscribe>", "'soon'"),
        (
            "<e:Subscribe><e:Delivery/><e:Expires>2026-11-01</e:Expires></e:Subscribe>",
            "leaves the time zone open",
        ),
        (
            "<e:Subscribe><e:Delivery><w:Heartbeats>5</w:Heartbeats></e:Delivery></e:Subscribe>",
            "not a duration",
        ),
    ],
)
def test_what_is_no_subscribe_is_refused(inside: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        Subscribe.read(body(inside))


# Its answer


def test_the_answer_is_written_as_the_golden_message_byte_for_byte() -> None:
    subscribed = Subscribed(
        Manager(ns.EVENT_LOG, IDENTIFIER), "uuid:00A69F40-AF0D-4E6D-93BD-EFE6AADC3F51"
    )
    written = serialize_reply(
        ns.response_action(ns.ACTION_SUBSCRIBE),
        subscribed.write("http://server01:5985/wsman"),
        f"{ASKED}B",
        f"{ANSWERED}4",
    )
    assert written == golden("subscribe.reply")


def test_the_golden_answer_names_the_subscription_and_does_not_end() -> None:
    subscribed = Subscribed.read(said("subscribe.reply", "B"))
    assert subscribed.manager.resource_uri == ns.EVENT_LOG
    assert subscribed.manager.header == (
        f'<e:Identifier xmlns:e="{ns.EVENTING}">885E9924-235C-44EB-9834-B3440B7DCD38</e:Identifier>'
    )
    assert subscribed.context == "uuid:00A69F40-AF0D-4E6D-93BD-EFE6AADC3F51"
    assert (subscribed.expires, subscribed.bookmark) == (None, "")


def test_whatever_names_a_subscription_is_kept_but_its_resource_and_selectors() -> None:
    subscribed = Subscribed.read(
        answer(
            "<e:SubscribeResponse><e:SubscriptionManager><a:ReferenceParameters>"
            "<w:ResourceURI> u </w:ResourceURI><w:SelectorSet/>"
            '<x xmlns="urn:x" y="1">\n</x><e:Identifier>7</e:Identifier>'
            "</a:ReferenceParameters></e:SubscriptionManager></e:SubscribeResponse>"
        )
    )
    assert subscribed.manager == Manager(
        "u", f'<x xmlns="urn:x" y="1">\n</x><e:Identifier xmlns:e="{ns.EVENTING}">7</e:Identifier>'
    )


def test_an_answer_may_name_nothing_and_say_nothing_to_pull_with() -> None:
    subscribed = Subscribed.read(answer("<e:SubscribeResponse/>"))
    assert subscribed == Subscribed(Manager(None, ""), "")
    assert "EnumerationContext" not in subscribed.write("http://server01/wsman")


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ("PT600.000S", timedelta(minutes=10)),
        ("2026-11-01T06:30:00Z", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        ("PT0.000S", None),
        ("", None),
        ("whenever", None),
    ],
)
def test_the_end_that_a_server_gives_is_read_leniently(
    text: str, expires: Expiration | None
) -> None:
    inside = f"<e:SubscribeResponse><e:Expires>{text}</e:Expires></e:SubscribeResponse>"
    assert Subscribed.read(answer(inside)).expires == expires


def test_an_answer_may_say_how_far_it_has_got_already() -> None:
    message = golden("subscribe.reply").replace(
        b"</a:RelatesTo>", b"</a:RelatesTo><w:Bookmark> 7 </w:Bookmark>"
    )
    reply = parse(message, f"{ASKED}B", limit=LIMIT)
    assert isinstance(reply, Reply)
    assert Subscribed.read(reply).bookmark == "7"


def test_what_answers_no_subscribe_is_refused() -> None:
    with pytest.raises(ProtocolError, match="holds no SubscribeResponse"):
        Subscribed.read(answer("<e:RenewResponse/>"))


# Renew and Unsubscribe


@pytest.mark.parametrize(
    ("name", "action", "inside", "last"),
    [
        ("renew", ns.ACTION_RENEW, Renew(timedelta(minutes=10)).write(), "D"),
        ("unsubscribe", ns.ACTION_UNSUBSCRIBE, UNSUBSCRIBE, "E"),
    ],
)
def test_requests_about_a_subscription_name_it_in_a_header(
    name: str, action: str, inside: str, last: str
) -> None:
    request = Request(action, ns.EVENT_LOG, inside, operation_timeout=60.0, header=IDENTIFIER)
    assert serialize(request, ADDRESSING, f"{ASKED}{last}") == golden(f"{name}.request")
    read = parse_request(golden(f"{name}.request"), limit=LIMIT)
    assert read.identifier == "885E9924-235C-44EB-9834-B3440B7DCD38"
    assert read.not_understood == ()


def test_a_renew_is_read_for_what_it_is() -> None:
    request = parse_request(golden("renew.request"), limit=LIMIT)
    assert Renew.read(request.body) == Renew(timedelta(minutes=10))
    assert Renew.read(body(Renew().write())) == Renew(None)


@pytest.mark.parametrize(
    ("name", "action", "inside", "last"),
    [
        ("renew", ns.ACTION_RENEW, Renewed(timedelta(minutes=10)).write(), ("D", "6")),
        ("unsubscribe", ns.ACTION_UNSUBSCRIBE, "", ("E", "7")),
    ],
)
def test_their_answers_are_written_as_the_golden_messages(
    name: str, action: str, inside: str, last: tuple[str, str]
) -> None:
    ids = f"{ASKED}{last[0]}", f"{ANSWERED}{last[1]}"
    written = serialize_reply(ns.response_action(action), inside, *ids)
    assert written == golden(f"{name}.reply")


def test_the_answer_to_a_renew_says_the_new_end() -> None:
    assert Renewed.read(said("renew.reply", "D")).expires == timedelta(minutes=10)
    assert Renewed.read(answer(Renewed().write())).expires is None
    with pytest.raises(ProtocolError, match="holds no RenewResponse"):
        Renewed.read(answer(""))


# Recordings


def recorded(name: str, message_id: str) -> Any:
    path = TRANSCRIPTS / f"{name}.xml"
    if not path.exists():
        pytest.skip("the transcripts are not here")
    return parse(path.read_bytes(), message_id, limit=LIMIT)


def test_the_recorded_answer_of_windows_is_read() -> None:
    reply = recorded(
        "txwinrm/data_subscribe-subscribe_resp", "uuid:40E5E215-9AE6-4BB2-BF59-5BE542B6E67B"
    )
    subscribed = Subscribed.read(reply)
    assert subscribed.manager.resource_uri == ns.EVENT_LOG
    assert "885E9924-235C-44EB-9834-B3440B7DCD38" in subscribed.manager.header
    assert subscribed.context == "uuid:00A69F40-AF0D-4E6D-93BD-EFE6AADC3F51"
    assert subscribed.expires is None


def test_the_recorded_answer_of_omi_is_read() -> None:
    reply = recorded(
        "omi-live/202-subscribe-pull-alert-response", "uuid:5099C5EB-3323-4558-9BAF-FCD26137E9C9"
    )
    subscribed = Subscribed.read(reply)
    assert subscribed == Subscribed(
        Manager(
            "http://schemas.dmtf.org/wbem/wscim/1/*",
            f'<e:Identifier xmlns:e="{ns.EVENTING}">4112580616</e:Identifier>',
        ),
        "4112580616",
    )


def test_the_recorded_subscribe_of_a_collector_is_read() -> None:
    path = TRANSCRIPTS / "openwec" / "01-The_collector_answers__EnumerateResponse.xml"
    if not path.exists():
        pytest.skip("the transcripts are not here")
    subscribe = next(etree.parse(path).iter(f"{{{ns.EVENTING}}}Subscribe"))
    inner = subscribe.getparent()
    assert inner is not None
    read = Subscribe.read(inner)
    assert read.mode == "http://schemas.dmtf.org/wbem/wsman/1/wsman/Events"
    assert (read.heartbeats, read.max_time, read.locales) == (3600.0, 30.0, ("en-US", "en-US"))
    assert read.filter is not None
    assert read.filter.text.startswith("<QueryList>")
    assert 'RecordId="149140"' in read.bookmark
    assert read.sends_bookmarks
