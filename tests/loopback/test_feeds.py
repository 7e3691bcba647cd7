"""Feeds give what is there, in order and so much as fits, and say how far that goes."""

from typing import Any

import pytest

from mi.errors import InvalidClass, InvalidQuery
from mi.instance import Instance
from protocols.loopback.event_log import EventLog
from protocols.loopback.event_queries import EventQuery
from protocols.loopback.feeds import LogFeed, WmiFeed, read_bookmark
from protocols.loopback.population import sample_repository
from protocols.loopback.refusals import Refusal
from protocols.loopback.repository import Change, Repository
from protocols.meanings.numbers import NUMBERS

PLENTY = (100, 100_000)
BOTH = (
    "<QueryList><Query><Select Path='System'>*[System[Level=4]]</Select>"
    "<Select Path='Application'>*</Select></Query></QueryList>"
)


def refused(name: str) -> Any:
    return pytest.raises(Refusal, check=lambda one: one.fault.wsman_code == NUMBERS[name])


def log_feed(log: EventLog, behind: dict[str, int] | None = None) -> LogFeed:
    return LogFeed(EventQuery.parse(BOTH, log), log, behind or {}, is_rendered=False)


def numbers(events: list[str]) -> list[int]:
    return [int(one.split("<EventRecordID>")[1].split("<")[0]) for one in events]


def mark(current: str, **records: int) -> str:
    inside = "".join(
        f'<Bookmark Channel="{name}" RecordId="{number}"{" IsCurrent=" * (name == current)}'
        f"{chr(34) + 'true' + chr(34) if name == current else ''}/>"
        for name, number in records.items()
    )
    return f"<BookmarkList>{inside}</BookmarkList>"


# The event log


def test_a_feed_begins_with_what_is_written_from_now_on() -> None:
    log = EventLog()
    log.write("System", 1)
    feed = log_feed(log)
    assert feed.take(*PLENTY) == []
    log.write("System", 2)
    assert numbers(feed.take(*PLENTY)) == [2]
    assert feed.take(*PLENTY) == []


def test_a_feed_begins_behind_a_record_where_one_is_given() -> None:
    log = EventLog()
    for _ in range(3):
        log.write("System", 1)
    assert numbers(log_feed(log, {"System": 1}).take(*PLENTY)) == [2, 3]


def test_events_of_several_channels_come_in_the_order_of_writing() -> None:
    log = EventLog()
    feed = log_feed(log)
    for channel in ("System", "Application", "Security", "System"):
        log.write(channel, 1)
    assert numbers(feed.take(*PLENTY)) == [1, 1, 2]
    assert feed.bookmark == mark("System", System=2, Application=1)


def test_events_that_are_not_wanted_are_passed_over_and_not_told() -> None:
    log = EventLog()
    feed = log_feed(log)
    log.write("System", 1, level=4)
    log.write("System", 2, level=2)
    assert numbers(feed.take(*PLENTY)) == [1]
    assert feed.bookmark == mark("System", System=1, Application=0)
    log.write("System", 3, level=4)
    assert numbers(feed.take(*PLENTY)) == [3]


def test_so_many_events_come_as_are_asked_for_and_fit() -> None:
    log = EventLog()
    feed = log_feed(log)
    for _ in range(5):
        log.write("System", 1)
    assert numbers(feed.take(2, 100_000)) == [1, 2]
    length = len(log.after("System", 2)[0].event())
    assert numbers(feed.take(100, 2 * length + 1)) == [3, 4]
    with refused("MAX_ENVELOPE_SIZE_EXCEEDED"):
        feed.take(100, length - 1)
    assert numbers(feed.take(*PLENTY)) == [5]


def test_events_come_with_their_texts_where_that_is_asked_for() -> None:
    log = EventLog()
    feed = LogFeed(EventQuery.parse(BOTH, log), log, {}, is_rendered=True)
    log.write("System", 1, "Hello")
    assert "<Message>Hello</Message>" in feed.take(*PLENTY)[0]


# Bookmarks


def test_a_bookmark_says_behind_which_record_of_each_channel_to_begin() -> None:
    log = EventLog()
    log.write("System", 1)
    query = EventQuery.parse(BOTH, log)
    assert read_bookmark(mark("", SYSTEM=1, Other=7), query, log) == {"System": 1}


@pytest.mark.parametrize("text", ["7", "<BookmarkList><Bookmark Channel='System'/></BookmarkList>"])
def test_what_is_no_bookmark_is_refused(text: str) -> None:
    log = EventLog()
    with refused("INVALID_BOOKMARK"):
        read_bookmark(text, EventQuery.parse(BOTH, log), log)


def test_a_bookmark_is_expired_when_what_came_next_is_gone() -> None:
    log = EventLog()
    query = EventQuery.parse(BOTH, log)
    for _ in range(3):
        log.write("System", 1)
    log.clear("System")
    assert read_bookmark(mark("", System=3), query, log) == {"System": 3}
    for number in (2, 4):
        with refused("BOOKMARK_EXPIRED"):
            read_bookmark(mark("", System=number), query, log)


# WMI


@pytest.fixture
def repository() -> Repository:
    return sample_repository()


def wmi_feed(repository: Repository, text: str) -> WmiFeed:
    def write(event: Instance, selected: Any) -> str:
        target = event["TargetInstance"]["Name"]
        return f"{event.class_name} {target} {selected}"

    feed = WmiFeed(text, "root/cimv2", repository, write)
    repository.watch(feed.tell)
    return feed


def service(repository: Repository, **changes: Any) -> Instance:
    found = repository.get("root/cimv2", "Win32_Service", {"Name": "Spooler"}).copy()
    found.update(changes)
    return found


WHERE = "WITHIN 1 WHERE TargetInstance ISA 'CIM_Service'"


def test_a_feed_tells_of_what_comes_changes_and_goes(repository: Repository) -> None:
    feed = wmi_feed(repository, f"SELECT * FROM __InstanceOperationEvent {WHERE}")  # noqa: S608
    new = service(repository, Name="New")
    repository.add(new)
    repository.add(service(repository, Name="new", State="Running"))
    repository.remove(new)
    assert feed.take(2, 1000) == [
        "__InstanceCreationEvent New None",
        "__InstanceModificationEvent new None",
    ]
    assert feed.take(*PLENTY) == ["__InstanceDeletionEvent new None"]
    assert (feed.take(*PLENTY), feed.bookmark) == ([], "")


def test_an_event_has_what_changed_and_when(repository: Repository) -> None:
    events: list[Instance] = []

    def write(event: Instance, _: Any) -> str:
        events.append(event)
        return "x" * 10

    text = f"SELECT * FROM __InstanceModificationEvent {WHERE}"  # noqa: S608
    feed = WmiFeed(text, "root/cimv2", repository, write)
    repository.watch(feed.tell)
    repository.add(service(repository, State="Running"))
    (event,) = events
    assert (event["PreviousInstance"]["State"], event["TargetInstance"]["State"]) == (
        "Stopped", "Running",
    )  # fmt: skip
    assert event["TIME_CREATED"] > 130_000_000_000_000_000
    with refused("MAX_ENVELOPE_SIZE_EXCEEDED"):
        feed.take(1, 9)
    assert feed.take(*PLENTY) == ["x" * 10]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM __InstanceDeletionEvent WITHIN 1",
        "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Win32_Process'",
        "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'No_Such_Class'",
        "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance.TagId = 'x'",
        "SELECT * FROM __ExtrinsicEvent",
    ],
)
def test_what_is_not_wanted_is_not_told(repository: Repository, text: str) -> None:
    feed = wmi_feed(repository, text)
    repository.add(service(repository, Name="New"))
    assert feed.take(*PLENTY) == []


def test_what_happens_in_another_namespace_is_not_told(repository: Repository) -> None:
    feed = wmi_feed(repository, "SELECT * FROM __InstanceCreationEvent WITHIN 1")
    elsewhere = Instance("X", {"Name": "n"}, namespace="root/other")
    assert not feed.tell(Change(None, elsewhere))
    assert not feed.tell(Change(None, None))


def test_properties_may_be_selected(repository: Repository) -> None:
    text = f"SELECT TargetInstance FROM __InstanceCreationEvent {WHERE}"  # noqa: S608
    feed = wmi_feed(repository, text)
    repository.add(service(repository, Name="New"))
    assert feed.take(*PLENTY) == ["__InstanceCreationEvent New ('TargetInstance',)"]


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("SELECT * FROM Win32_Service", InvalidQuery, "no class of events"),
        ("SELECT * FROM __InstanceCreationEvent", InvalidQuery, "needs WITHIN"),
        ("SELECT * FROM No_Such_Event", InvalidClass, "No_Such_Event"),
        ("SELECT", InvalidQuery, "name is wanted"),
    ],
)
def test_what_is_no_event_query_is_refused(
    repository: Repository, text: str, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        wmi_feed(repository, text)
