"""Query lists select events of channels by XPath, as far as Windows does."""

from datetime import UTC, datetime, timedelta

import pytest

from protocols.loopback.event_log import EventLog
from protocols.loopback.event_queries import EventQuery
from protocols.loopback.refusals import Refusal
from protocols.meanings.numbers import NUMBERS


@pytest.fixture
def log() -> EventLog:
    log = EventLog()
    now = datetime.now(UTC)
    log.write("System", 1, provider="disk", level=2, data={"Disk": "C"}, time=now)
    log.write("System", 7036, provider="SCM", level=4, time=now - timedelta(days=3))
    log.write("Application", 1000, level=2, keywords=0x8080000000000000)
    return log


def listed(inside: str) -> str:
    return f"<QueryList><Query Id='0' Path='System'>{inside}</Query></QueryList>"


def found(log: EventLog, text: str) -> list[int]:
    query = EventQuery.parse(text, log)
    records = [one for name in query.channels for one in log.after(name, 0)]
    return [one.order for one in records if query.selects(one)]


@pytest.mark.parametrize(
    ("expression", "orders"),
    [
        ("*", [1, 2]),
        (" Event ", [1, 2]),
        ("*[System[Level=2]]", [1]),
        ("Event/System[Level &lt;= 4]", [1, 2]),
        ("*[System[(Level=1 or Level=4) and Provider[@Name='SCM']]]", [2]),
        ("*[EventData[Data[@Name='Disk']='C']]", [1]),
        ("*[System[TimeCreated[timediff(@SystemTime) &lt;= 86400000]]]", [1]),
        ("*[System[TimeCreated[timediff(@SystemTime, '2100-01-01T00:00:00Z') &gt; 0]]]", [1, 2]),
        ("*[System[band(Keywords, 36028797018963968)]]", [1, 2]),
        ("*[System[band(EventID, 1)]]", [1]),
        ("*[System[band(Channel, 1)]]", []),
        ("*[nothing(1)]", []),
        ("*[System[EventID=5]]", []),
    ],
)
def test_an_expression_selects_events(log: EventLog, expression: str, orders: list[int]) -> None:
    assert found(log, listed(f"<Select>{expression}</Select>")) == orders


def test_what_is_suppressed_is_not_selected(log: EventLog) -> None:
    text = listed("<Select>*</Select><Suppress>*[System[EventID=7036]]</Suppress>")
    assert found(log, text) == [1]


def test_several_expressions_select_what_any_of_them_does(log: EventLog) -> None:
    text = listed(
        "<Select>*[System[EventID=1]]</Select><Select>*[System[Level=2]]</Select>"
        "<Select Path='application'>*</Select>"
    )
    assert found(log, text) == [1, 3]


def test_channels_are_named_once_and_as_they_are_spelled(log: EventLog) -> None:
    query = EventQuery.parse(listed("<Select Path='SYSTEM'>*</Select><Select>*</Select>"), log)
    assert query.channels == ("System",)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("System", "ERROR_EVT_INVALID_QUERY"),
        ("<QueryList/>", "ERROR_EVT_INVALID_QUERY"),
        (listed("<Select>*[</Select>"), "ERROR_EVT_INVALID_QUERY"),
        (listed("<Select Path='Nowhere'>*</Select>"), "ERROR_EVT_CHANNEL_NOT_FOUND"),
        ("<QueryList><Query><Select>*</Select></Query></QueryList>", "ERROR_EVT_CHANNEL_NOT_FOUND"),
    ],
)
def test_what_selects_nothing_is_refused(log: EventLog, text: str, name: str) -> None:
    with pytest.raises(Refusal) as caught:
        EventQuery.parse(text, log)
    assert caught.value.fault.wsman_codes == (NUMBERS[name],)


def test_a_channel_that_is_not_there_may_be_passed_over_if_another_is(log: EventLog) -> None:
    text = listed("<Select>*</Select><Select Path='Nowhere'>*</Select>")
    assert EventQuery.parse(text, log, skips_unknown=True).channels == ("System",)
    with pytest.raises(Refusal):
        EventQuery.parse(listed("<Select Path='Nowhere'>*</Select>"), log, skips_unknown=True)
