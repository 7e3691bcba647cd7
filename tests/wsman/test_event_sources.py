"""What is subscribed to, as the Subscribe says it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mi.calls import Subscribe as SubscribeCall
from mi.calls import SubscribeEventLog
from mi.errors import InvalidParameter, InvalidQuery, NotSupported
from mi.options import (
    BOOKMARK_NEWEST,
    BOOKMARK_OLDEST,
    ServerKind,
    SubscriptionDeliveryOptions,
)
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.dialects import DIALECTS, Settings
from protocols.wsman.event_sources import Source, source_of
from protocols.wsman.eventing import Subscribe
from protocols.wsman.events import EventReader
from protocols.wsman.headers import Option, Selector
from protocols.wsman.instances import Decoder
from protocols.wsman.pages import Filter

QUERY = "SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_Process'"
QUERY_LIST = '<QueryList><Query Id="0"><Select Path="System">*</Select></Query></QueryList>'
BOOKMARK = '<BookmarkList><Bookmark Channel="System" RecordId="7"/></BookmarkList>'
SETTINGS = Settings(60.0, 500, server_name="server01", locales=("de-DE", "en-US"))


def source(call: SubscribeCall | SubscribeEventLog, kind: ServerKind = ServerKind.WINRM3) -> Source:
    return source_of(call, SETTINGS, DIALECTS[kind], SchemaStore())


def of_query(kind: ServerKind = ServerKind.WINRM3, dialect: str = "WQL", **delivery: Any) -> Source:
    options = SubscriptionDeliveryOptions(**delivery) if delivery else None
    return source(SubscribeCall(QUERY, dialect, options, namespace="root/cimv2"), kind)


def of_log(delivery: dict[str, Any] | None = None, **said: Any) -> Source:
    options = SubscriptionDeliveryOptions(**delivery) if delivery else None
    return source(SubscribeEventLog(QUERY_LIST, delivery=options, namespace="root/cimv2", **said))


# What happens to objects


def test_an_event_query_is_for_all_classes() -> None:
    found = of_query()
    assert found.resource_uri == "http://schemas.dmtf.org/wbem/wscim/1/*"
    assert found.selectors == (Selector("__cimnamespace", "root/cimv2"),)
    assert found.options_behind("") == found.options_behind("<b/>")
    assert found.body == Subscribe(Filter(ns.WQL_DIALECT, QUERY))
    assert isinstance(found.reader, Decoder)
    assert (found.is_fixed, found.follows) == (False, True)


@pytest.mark.parametrize(
    ("name", "uri"),
    [("cql", "http://schemas.dmtf.org/wbem/cql/1/dsp0202.pdf"), ("http://x/y", "http://x/y")],
)
def test_the_language_of_a_query_has_a_uri(name: str, uri: str) -> None:
    found = of_query(dialect=name)
    assert found.body.filter == Filter(uri, QUERY)


def test_a_language_without_a_uri_is_refused() -> None:
    with pytest.raises(InvalidQuery):
        of_query(dialect="SQL")


def test_a_delivery_is_as_it_was_wished_for() -> None:
    found = of_query(heartbeat_interval=5, maximum_latency=30, expiration_time=600)
    assert found.body == Subscribe(
        Filter(ns.WQL_DIALECT, QUERY),
        heartbeats=5.0,
        max_time=30.0,
        expires=timedelta(minutes=10),
    )


def test_bookmarks_are_asked_for_by_giving_one() -> None:
    found = of_query(bookmark=BOOKMARK_NEWEST)
    assert (found.body.bookmark, found.body.sends_bookmarks) == ("", True)
    assert not found.is_fixed


def test_a_resource_that_the_caller_names_is_subscribed_to() -> None:
    settings = Settings(resource_uri="http://example/resource")
    call = SubscribeCall(QUERY, namespace="root/cimv2")
    found = source_of(call, settings, DIALECTS[ServerKind.WINRM3], SchemaStore())
    assert (found.resource_uri, found.selectors) == ("http://example/resource", ())


# The event log


def test_the_event_log_is_a_resource_of_its_own() -> None:
    found = of_log()
    assert found.resource_uri == ns.EVENT_LOG
    assert found.selectors == ()
    assert found.options_behind("") == ()
    assert found.body == Subscribe(
        Filter(ns.EVENT_QUERY_DIALECT, QUERY_LIST),
        locales=("de-DE", "en-US"),
        sends_bookmarks=True,
    )
    assert isinstance(found.reader, EventReader)
    assert (found.is_fixed, found.follows) == (False, True)


def test_what_is_wished_of_the_events_are_options() -> None:
    found = of_log(rendered_text=True, ignore_channel_errors=True, follow=False)
    assert found.options_behind("") == (
        Option("ContentFormat", "RenderedText"),
        Option("IgnoreChannelError", None),
    )
    assert not found.follows


def test_existing_events_are_read_until_there_is_a_bookmark() -> None:
    found = of_log(read_existing=True)
    assert found.is_fixed
    assert found.options_behind("") == (Option("ReadExistingEvents", "true"),)
    assert found.options_behind(BOOKMARK) == ()


@pytest.mark.parametrize(
    ("said", "delivery", "sent"),
    [
        ({"bookmark": BOOKMARK}, {}, BOOKMARK),
        ({}, {"bookmark": BOOKMARK}, BOOKMARK),
        ({"bookmark": BOOKMARK}, {"bookmark": "<Other/>"}, BOOKMARK),
        ({"bookmark": BOOKMARK_OLDEST}, {}, ns.BOOKMARK_EARLIEST),
        ({"bookmark": BOOKMARK_NEWEST}, {"bookmark": BOOKMARK}, ""),
    ],
)
def test_a_subscription_begins_behind_the_bookmark(
    said: dict[str, Any], delivery: dict[str, Any], sent: str
) -> None:
    found = of_log(delivery, **said)
    assert found.body.bookmark == sent
    assert found.is_fixed is bool(sent)


def test_what_is_no_bookmark_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="the bookmark is none"):
        of_log(bookmark="<BookmarkList>")


def test_a_subscription_may_end_at_a_moment() -> None:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    assert of_log({"expiration_time": moment}).body.expires == moment


def test_push_delivery_is_not_supported() -> None:
    with pytest.raises(NotSupported, match="push delivery is not in this release"):
        of_log({"delivery_type": "PUSH"})
    with pytest.raises(NotSupported, match="push delivery is not in this release"):
        of_query(delivery_type="PUSH")
