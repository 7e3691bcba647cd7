"""The endpoint's event log is read as Windows' is, and anybody may write to it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from lxml import etree

from mi.instance import Instance
from protocols.loopback.event_log import EventLog, Record
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Repository
from protocols.wsman.events import EventReader


def read(record: Record, *, is_rendered: bool = False) -> Instance:
    return EventReader().read(etree.fromstring(record.event(is_rendered=is_rendered)))


def test_an_event_is_written_as_windows_writes_it() -> None:
    log = EventLog()
    record = log.write(
        "System",
        7036,
        "The <Spooler> stopped.",
        provider="Service & Control",
        level=2,
        data={"param1": "Spooler", "param2": "<stopped>"},
        qualifiers=0x4000,
        binary=b"\x00\xff",
        time=datetime(2026, 11, 1, 8, 30, 0, 250000, tzinfo=timezone(timedelta(hours=2))),
    )
    found = read(record, is_rendered=True)
    assert (found["ProviderName"], found["EventID"], found["Qualifiers"]) == (
        "Service & Control", 7036, 0x4000,
    )  # fmt: skip
    assert (found["Level"], found["Keywords"], found["Channel"]) == (2, 0x80000000000000, "System")
    assert found["TimeCreated"] == datetime(2026, 11, 1, 6, 30, 0, 250000, tzinfo=UTC)
    assert 'SystemTime="2026-11-01T06:30:00.250000000Z"' in found["Xml"]
    assert found["EventRecordID"] == record.number == 1
    assert dict(found["EventData"]) == {
        "param1": "Spooler", "param2": "<stopped>", "Binary": [0, 255],
    }  # fmt: skip
    assert found["Message"] == "The <Spooler> stopped."
    assert found["RenderingInfo"]["Level"] == "Error"
    assert found["RenderingInfo"]["Keywords"] == ["Classic"]


def test_the_texts_of_an_event_are_for_those_who_ask() -> None:
    assert read(EventLog().write("System", 1, "Hello"))["Message"] is None


def test_an_event_is_of_now_and_its_data_may_have_no_names() -> None:
    found = read(EventLog().write("Application", 1, data=["a", "b"]))
    assert abs(found["TimeCreated"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert dict(found["EventData"]) == {"Data": ["a", "b"]}


def test_records_are_numbered_in_each_channel_and_ordered_in_all() -> None:
    log = EventLog()
    found = [log.write(channel, 1) for channel in ("System", "Application", "SYSTEM")]
    assert [(one.channel, one.number) for one in found] == [
        ("System", 1), ("Application", 1), ("System", 2),
    ]  # fmt: skip
    assert [one.order for one in found] == [1, 2, 3]
    assert log.after("system", 1) == [found[2]]
    assert (log.first("System"), log.last("System")) == (1, 2)


def test_a_channel_that_is_cleared_goes_on_counting() -> None:
    log = EventLog()
    log.write("System", 1)
    log.clear("system")
    assert (log.first("System"), log.last("System"), log.after("System", 0)) == (2, 1, [])
    assert log.write("System", 1).number == 2


def test_a_channel_is_made_by_writing_to_it() -> None:
    log = EventLog(["System"])
    assert log.name_of("Lab/Admin") is None
    log.write("Lab/Admin", 1)
    assert (log.name_of("LAB/admin"), log.name_of("system")) == ("Lab/Admin", "System")


def test_an_expression_sees_an_event_in_no_namespace() -> None:
    tree = EventLog().write("System", 7036).tree()
    assert tree.findtext("Event/System/EventID") == "7036"


def test_whoever_watches_is_told_after_the_event_is_there() -> None:
    log = EventLog()
    seen: list[int] = []
    log.watch(lambda: seen.append(len(log.after("System", 0))))
    log.write("System", 1)
    assert seen == [1]


def test_the_log_begins_with_what_wmi_tells_of_it() -> None:
    repository = sample_repository()
    log = EventLog.of_repository(repository)
    told = list(repository.instances("root/cimv2", "Win32_NTLogEvent"))
    for channel in ("System", "Application", "Security"):
        own = {one["RecordNumber"]: one for one in told if one["Logfile"] == channel}
        found = [read(one, is_rendered=True) for one in log.after(channel, 0)]
        assert [one["EventRecordID"] for one in found] == sorted(own)
        for one in found:
            same = own[one["EventRecordID"]]
            assert (one["EventID"], one["Message"], one["TimeCreated"]) == (
                same["EventCode"], same["Message"], same["TimeGenerated"],
            )  # fmt: skip
            assert one["EventData"].get("Data", []) == same["InsertionStrings"]
            assert one["EventData"].get("Binary") == same["Data"]


@pytest.mark.parametrize(
    ("kind", "level", "word"),
    [(1, 2, "Classic"), (3, 4, "Classic"), (4, 0, "Audit Success"), (5, 0, "Audit Failure")],
)
def test_the_type_of_wmis_event_is_its_level_and_its_keywords(
    kind: int, level: int, word: str
) -> None:
    repository = sample_repository()
    one = next(repository.instances("root/cimv2", "Win32_NTLogEvent")).copy()
    one.update({"EventType": kind, "InsertionStrings": None})
    class_ = repository.find_class("root/cimv2", "Win32_NTLogEvent")
    log = EventLog.of_repository(Repository([class_], [one]))
    found = read(log.after(one["Logfile"], 0)[0], is_rendered=True)
    assert (found["Level"], found["RenderingInfo"]["Keywords"]) == (level, [word])


def test_a_repository_without_events_has_an_empty_log() -> None:
    log = EventLog.of_repository(Repository())
    assert log.last("System") == 0
    assert log.name_of("microsoft-windows-winrm/operational") is not None
