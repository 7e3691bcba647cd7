"""Where the events of a delivery stand, and whether a subscription may go on from there."""

from typing import Any

import pytest
from lxml import etree

from mi.indication import Indication
from mi.instance import Instance
from protocols.wsman.bookmarks import Position, positions
from protocols.wsman.deliveries import Delivery


def event(channel: str, record: int) -> Instance:
    return Instance("Event", {"Channel": channel, "EventRecordID": record})


def bookmark(current: str, **records: Any) -> str:
    entries = "".join(
        f'<Bookmark Channel="{channel}" RecordId="{record}"'
        f"{' IsCurrent=' + chr(34) + 'true' + chr(34) if channel == current else ''}/>"
        for channel, record in records.items()
    )
    return f"<BookmarkList>{entries}</BookmarkList>"


def records(found: list[str]) -> list[dict[str, str]]:
    """Return the record of each channel, by bookmark, with a star at the current one."""
    return [
        {
            str(one.get("Channel")): str(one.get("RecordId")) + "*" * ("IsCurrent" in one.attrib)
            for one in etree.fromstring(text)
        }
        for text in found
    ]


def test_nothing_stands_nowhere() -> None:
    assert positions([], "", bookmark("System", System=7)) == []


def test_the_last_event_stands_where_the_server_says() -> None:
    after = "<BookmarkList>\n<Bookmark Channel='System' RecordId='7'/>\n</BookmarkList>"
    assert positions([event("System", 7)], "", after) == [after]


def test_the_events_before_it_stand_where_their_numbers_say() -> None:
    events = [event("System", number) for number in (5, 6, 9)]
    found = positions(events, "", bookmark("System", System=9))
    assert records(found) == [{"System": "5*"}, {"System": "6*"}, {"System": "9*"}]


def test_each_channel_counts_for_itself() -> None:
    events = [event("System", 5), event("Application", 80), event("system", 6)]
    before = bookmark("Application", System=4, Application=79, Security=1)
    after = bookmark("System", System=6, Application=80, Security=1)
    assert records(positions(events, before, after)) == [
        {"System": "5*", "Application": "79", "Security": "1"},
        {"System": "5", "Application": "80*", "Security": "1"},
        {"System": "6*", "Application": "80", "Security": "1"},
    ]


def test_a_channel_of_which_nothing_is_known_yet_has_no_number_to_give() -> None:
    events = [event("System", 5), event("Application", 80), event("System", 6)]
    after = bookmark("System", System=6, Application=80)
    found = positions(events, "<start/>", after)
    assert found[0] == "<start/>"
    assert records(found[1:]) == [
        {"System": "5", "Application": "80*"},
        {"System": "6*", "Application": "80"},
    ]


@pytest.mark.parametrize(
    "after",
    [
        bookmark("ForwardedEvents", ForwardedEvents=3),  # their numbers are of another machine
        bookmark("System", System=8),
        bookmark("System", System=7, SYSTEM=7),
        '<Other><Bookmark Channel="System" RecordId="7"/></Other>',
        "7",
    ],
)
def test_what_cannot_be_reckoned_stands_where_the_last_delivery_ended(after: str) -> None:
    events = [event("System", 6), event("System", 7)]
    assert positions(events, "<before/>", after) == ["<before/>", after]


def test_events_that_have_no_numbers_stand_where_the_last_delivery_ended() -> None:
    events = [Instance("__InstanceCreationEvent"), Instance("__InstanceCreationEvent")]
    assert positions(events, "", bookmark("System", System=7)) == [
        "",
        bookmark("System", System=7),
    ]


def test_a_delivery_that_says_nothing_leaves_its_events_where_the_last_one_ended() -> None:
    assert positions([event("System", 6), event("System", 7)], "<b/>", "") == ["<b/>", "<b/>"]


# The position of a subscription


def delivery(items: int, after: str = "", machine: str | None = None) -> Delivery:
    elements = [etree.Element("Event") for _ in range(items)]
    return Delivery(elements, "c", is_last=False, bookmark=after, machine_id=machine)


def test_a_subscription_from_now_on_has_no_position_until_the_server_says_one() -> None:
    position = Position("", is_exact=False)
    position.go_to("")
    assert (position.bookmark, position.is_exact) == ("", False)
    position.go_to("<b/>")
    assert (position.bookmark, position.is_exact, position.origin) == ("<b/>", True, "")
    position.begin_anew()
    assert position.origin == "<b/>"


def test_events_are_indications_with_their_bookmarks() -> None:
    position = Position("", is_exact=True)
    first, second = event("System", 6), event("System", 7)
    after = bookmark("System", System=7)
    assert position.go_past([first, second], delivery(2, after, "win10")) == [
        Indication(first, bookmark("System", System=6), "win10"),
        Indication(second, after, "win10"),
    ]
    assert (position.bookmark, position.is_exact) == (after, True)


def test_where_events_are_delivered_without_a_bookmark_the_position_is_exact_no_more() -> None:
    position = Position("<b/>", is_exact=True)
    assert position.go_past([event("System", 7)], delivery(1))[0].bookmark == "<b/>"
    assert (position.bookmark, position.is_exact) == ("<b/>", False)


def test_the_first_of_several_events_are_no_whole_delivery() -> None:
    position = Position("", is_exact=True)
    found = position.go_past([event("System", 6)], delivery(2, bookmark("System", System=7)))
    assert (found[0].bookmark, position.bookmark, position.is_exact) == (None, "", False)
