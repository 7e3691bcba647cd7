"""Subscriptions over WINRM, by the public API, against the endpoint that plays Windows."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from mi.application import Application
from mi.callbacks import OperationCallbacks, OperationResult
from mi.calls import SubscribeEventLog
from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    InvalidQuery,
    MIError,
    NotFound,
    NotSupported,
    OperationCancelled,
    OperationTimeout,
)
from mi.event_log import query_list
from mi.indication import Indication
from mi.instance import Instance
from mi.operation import Operation
from mi.options import BOOKMARK_OLDEST, DestinationOptions, SubscriptionDeliveryOptions
from mi.results import OperationFlags
from mi.session import Session
from protocols.loopback import Cut, Endpoint, Limits, Replace, Stall
from protocols.wsman import namespaces as ns

TRANSCRIPTS = Path(__file__).parents[3] / "shared" / "transcripts" / "omi-live"
LONG = 20.0  # seconds after which a test gives up; nothing here takes so long
SERVICES = "WITHIN 1 WHERE TargetInstance ISA 'Win32_Service'"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running
        assert settles(lambda: running.open_contexts == 0), "a subscription was left open"


@contextmanager
def session_with(endpoint: Endpoint, **options: Any) -> Iterator[Session]:
    given = {"destination_port": endpoint.port, "credentials": endpoint.credentials, **options}
    with (
        Application() as application,
        application.new_session("WINRM", endpoint.host, DestinationOptions(**given)) as session,
    ):
        yield session


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[Session]:
    with session_with(endpoint) as open_session:
        yield open_session


def settles(condition: Callable[[], bool]) -> bool:
    """Whether something becomes true within a moment."""
    until = time.monotonic() + LONG
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def actions(endpoint: Endpoint) -> list[str]:
    return [one.name for one in endpoint.exchanges]


def numbers(events: Iterator[Indication], count: int) -> list[int]:
    return [next(events).instance["EventID"] for _ in range(count)]


def opened(endpoint: Endpoint, events: Operation[Indication]) -> None:
    """Let a subscription begin, by an event that is thrown away."""
    writer = threading.Thread(target=_write_when_open, args=(endpoint,))
    writer.start()
    assert next(events).instance["EventID"] == 0
    writer.join(60)


def _write_when_open(endpoint: Endpoint) -> None:
    assert settles(lambda: len(endpoint.subscriptions) > 0)
    endpoint.event_log.write("System", 0)


def later(act: Callable[..., Any], *arguments: Any) -> threading.Timer:
    timer = threading.Timer(0.1, act, arguments)
    timer.start()
    return timer


# The event log


def test_what_is_written_is_read_as_it_is_written(endpoint: Endpoint, session: Session) -> None:
    with session.subscribe_event_log("System", rendered_text=True) as events:
        opened(endpoint, events)
        later(
            lambda: endpoint.event_log.write(
                "System", 7036, "It stopped.", provider="SCM", level=2,
                data={"param1": "Spooler"}, keywords=0x8080000000000000,
                time=datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
            )
        )  # fmt: skip
        found = next(events)
    event = found.instance
    assert (event.class_name, event.server_name) == ("Event", endpoint.host)
    assert (event["EventID"], event["Level"], event["ProviderName"]) == (7036, 2, "SCM")
    assert event["Keywords"] == 0x8080000000000000
    assert event["TimeCreated"] == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert (dict(event["EventData"]), event["Message"]) == ({"param1": "Spooler"}, "It stopped.")
    assert etree.fromstring(event["Xml"]).tag == f"{{{ns.WINDOWS_EVENT}}}Event"
    assert found.bookmark is not None
    assert actions(endpoint)[0] == "Subscribe"
    assert actions(endpoint)[-1] == "Unsubscribe"


def test_existing_events_are_read_to_their_end(endpoint: Endpoint, session: Session) -> None:
    events = session.subscribe_event_log(
        ["System", "Application"], read_existing=True, follow=False, timeout=0.2
    )
    found = events.all()
    told = endpoint.repository.instances("root/cimv2", "Win32_NTLogEvent")
    assert len(found) == sum(one["Logfile"] in {"System", "Application"} for one in told)
    assert endpoint.open_contexts == 0


def test_a_bookmark_goes_on_behind_its_event_in_another_session(
    endpoint: Endpoint, session: Session
) -> None:
    kept = []
    with session.subscribe_event_log("System", read_existing=True) as events:
        for _ in range(5):
            kept.append(next(events))  # noqa: PERF401 - an operation that is left half-way
    for seen in kept:
        with (
            session_with(endpoint) as other,
            other.subscribe_event_log("System", seen.bookmark) as events,
        ):
            following = next(events).instance["EventRecordID"]
        assert following == seen.instance["EventRecordID"] + 1


def test_the_oldest_event_may_be_asked_for_by_a_word(session: Session) -> None:
    with session.subscribe_event_log("System", BOOKMARK_OLDEST) as events:
        assert next(events).instance["EventRecordID"] == 101


def test_a_bookmark_whose_events_are_gone_says_what_to_do(
    endpoint: Endpoint, session: Session
) -> None:
    with session.subscribe_event_log("System", read_existing=True) as events:
        bookmark = next(events).bookmark
    endpoint.event_log.clear("System")
    with pytest.raises(InvalidParameter, match="read_existing=True"):
        next(session.subscribe_event_log("System", bookmark))


def test_a_channel_that_is_not_there_is_an_error_or_passed_over(
    endpoint: Endpoint, session: Session
) -> None:
    with pytest.raises(NotFound, match="wevtutil"):
        next(session.subscribe_event_log(["System", "Nowhere"]))
    with session.subscribe_event_log(["System", "Nowhere"], ignore_channel_errors=True) as events:
        opened(endpoint, events)


def test_a_query_list_may_say_which_events(endpoint: Endpoint, session: Session) -> None:
    text = (
        '<QueryList><Query Path="System"><Select>*[System[EventID=0 or Level&lt;3]]</Select>'
        "<Suppress>*[System[EventID=2]]</Suppress></Query></QueryList>"
    )
    with session.subscribe_event_log(text) as events:
        opened(endpoint, events)
        for number, level in ((1, 4), (2, 2), (3, 2)):
            endpoint.event_log.write("System", number, level=level)
        assert numbers(events, 1) == [3]


# What happens in WMI


def test_what_changes_in_wmi_is_told(endpoint: Endpoint, session: Session) -> None:
    repository = endpoint.repository
    service = repository.get("root/cimv2", "Win32_Service", {"Name": "Spooler"})
    changed, new = service.copy(), service.copy()
    changed["State"], new["Name"] = "Running", "New"

    def change() -> None:
        assert settles(lambda: len(endpoint.subscriptions) > 0)
        for act, instance in (
            (repository.add, changed), (repository.add, new), (repository.remove, new),
        ):  # fmt: skip
            act(instance)

    query = f"SELECT * FROM __InstanceOperationEvent {SERVICES}"  # noqa: S608 - no value
    with session.subscribe(query) as events:
        thread = threading.Thread(target=change)
        thread.start()
        found = [next(events) for _ in range(3)]
        thread.join(60)
    assert [one.instance.class_name for one in found] == [
        "__InstanceModificationEvent", "__InstanceCreationEvent", "__InstanceDeletionEvent",
    ]  # fmt: skip
    modified = found[0].instance
    assert (modified["PreviousInstance"]["State"], modified["TargetInstance"]["State"]) == (
        "Stopped", "Running",
    )  # fmt: skip
    assert modified["TargetInstance"]["ProcessId"] == 0
    assert modified.is_typed
    assert [one.bookmark for one in found] == [None] * 3


def test_a_query_that_is_none_is_refused(session: Session) -> None:
    with pytest.raises(InvalidQuery, match="WITHIN"):
        next(session.subscribe("SELECT * FROM __InstanceCreationEvent"))


def test_what_happened_while_no_subscription_stood_is_not_known(
    endpoint: Endpoint, session: Session
) -> None:
    repository = endpoint.repository
    new = repository.get("root/cimv2", "Win32_Service", {"Name": "Spooler"}).copy()
    new["Name"] = "New"

    def change() -> None:
        assert settles(lambda: len(endpoint.subscriptions) > 0)
        repository.add(new)

    query = f"SELECT * FROM __InstanceCreationEvent {SERVICES}"  # noqa: S608 - no value
    with session.subscribe(query) as events:
        thread = threading.Thread(target=change)
        thread.start()
        assert next(events).instance["TargetInstance"]["Name"] == "New"
        thread.join(60)
        endpoint.subscriptions.close()
        with pytest.raises(MIError, match="what has happened since the last event is not known"):
            next(events)


def test_push_delivery_is_not_supported(session: Session) -> None:
    push = SubscriptionDeliveryOptions(delivery_type="PUSH")
    with pytest.raises(NotSupported, match="push delivery"):
        next(session.subscribe_event_log("System", delivery=push))


# The server closes it, forgets it, or is not there for a moment


@pytest.mark.parametrize(
    "end",
    [
        lambda endpoint: endpoint.subscriptions.close(),
        lambda endpoint: endpoint.subscriptions.close("EVENTING_FAST_SENDER"),
        lambda endpoint: endpoint.subscriptions.forget(),
        lambda endpoint: endpoint.disturb(Cut("Pull")),
        lambda endpoint: endpoint.disturb(Cut("Pull", after_bytes=300)),
    ],
    ids=["closes", "gives up", "forgets", "hangs up", "hangs up half-way"],
)
def test_no_event_is_lost_or_comes_twice_whatever_the_server_does(
    endpoint: Endpoint, session: Session, end: Callable[[Endpoint], Any]
) -> None:
    with session.subscribe_event_log("System") as events:
        opened(endpoint, events)
        for first in (1, 11, 21):
            endpoint.event_log.write("System", first)
            end(endpoint)
            for number in range(first + 1, first + 10):
                endpoint.event_log.write("System", number)
            assert numbers(events, 10) == list(range(first, first + 10))


@pytest.mark.parametrize(
    "end",
    [
        lambda endpoint: endpoint.subscriptions.close(),
        lambda endpoint: endpoint.subscriptions.forget(),
        lambda endpoint: endpoint.drop_connections(),
    ],
    ids=["closed", "forgotten", "cut off"],
)
def test_a_subscription_goes_on_that_ends_while_it_is_waited_for(
    endpoint: Endpoint, session: Session, end: Callable[[Endpoint], Any]
) -> None:
    with session.subscribe_event_log("System") as events:
        opened(endpoint, events)
        timer = later(end, endpoint)
        late = threading.Timer(0.3, endpoint.event_log.write, ["System", 5])
        late.start()
        assert numbers(events, 1) == [5]
        timer.join(60)
        late.join(60)


def test_a_log_that_is_cleared_before_the_subscription_is_opened_again_is_told(
    endpoint: Endpoint, session: Session
) -> None:
    with session.subscribe_event_log("System") as events:
        opened(endpoint, events)
        endpoint.subscriptions.close()
        for number in (1, 2):
            endpoint.event_log.write("System", number)
        endpoint.event_log.clear("System")
        with pytest.raises(InvalidParameter, match="read_existing=True"):
            next(events)


def test_a_connection_that_cannot_be_made_again_is_an_error(endpoint: Endpoint) -> None:
    with session_with(endpoint) as session:
        events = session.subscribe_event_log("System")
        opened(endpoint, events)
        endpoint.close()
        with pytest.raises(ConnectionFailed):
            next(events)
    endpoint.subscriptions.forget()


def test_heartbeats_are_no_news_and_a_late_reader_misses_nothing(
    endpoint: Endpoint, session: Session
) -> None:
    delivery = SubscriptionDeliveryOptions(heartbeat_interval=0.15)
    with session.subscribe_event_log("System", delivery=delivery) as events:
        opened(endpoint, events)
        late = threading.Timer(0.4, endpoint.event_log.write, ["System", 1])
        late.start()
        assert numbers(events, 1) == [1]
        assert actions(endpoint).count("Pull") > 2
        for number in (2, 3):
            endpoint.event_log.write("System", number)
        subscribed = actions(endpoint).count("Subscribe")
        time.sleep(0.3)  # longer than the heartbeat, so the server closes it
        assert numbers(events, 2) == [2, 3]
        assert actions(endpoint).count("Subscribe") > subscribed
        late.join(60)


def test_a_pull_that_times_out_is_asked_again() -> None:
    with Endpoint(limits=Limits(max_timeout=0.1)) as endpoint:
        with session_with(endpoint) as session, session.subscribe_event_log("System") as events:
            opened(endpoint, events)
            late = threading.Timer(0.4, endpoint.event_log.write, ["System", 1])
            late.start()
            assert numbers(events, 1) == [1]
            assert actions(endpoint).count("Pull") > 3
            late.join(60)
        assert endpoint.open_contexts == 0


def test_a_subscription_that_the_server_lets_end_is_renewed() -> None:
    limits = Limits(max_timeout=0.05, subscription_lifetime=1.0)
    with Endpoint(limits=limits) as endpoint:
        with session_with(endpoint) as session, session.subscribe_event_log("System") as events:
            opened(endpoint, events)
            late = threading.Timer(1.3, endpoint.event_log.write, ["System", 1])
            late.start()
            assert numbers(events, 1) == [1]
            assert actions(endpoint).count("Subscribe") == 1
            assert "Renew" in actions(endpoint)
            late.join(60)
        assert endpoint.open_contexts == 0


def test_a_subscription_ends_when_it_was_to_end(endpoint: Endpoint, session: Session) -> None:
    span = timedelta(seconds=0.5)
    for is_moment in (True, False):
        end = datetime.now(UTC) + span if is_moment else span
        delivery = SubscriptionDeliveryOptions(expiration_time=end)
        events = session.subscribe_event_log("System", read_existing=True, delivery=delivery)
        assert len(events.all()) == 137
    assert "Unsubscribe" not in actions(endpoint)


# The caller's time and will


@pytest.mark.parametrize("limit", ["timeout", "deadline"])
def test_the_callers_time_ends_the_wait_and_the_subscription(
    endpoint: Endpoint, session: Session, limit: str
) -> None:
    bound: dict[str, Any] = {limit: 0.3}
    events = session.subscribe_event_log("System", **bound)
    with pytest.raises(OperationTimeout, match=rf"the {limit} of 0\.3 s passed while"):
        next(events)
    assert settles(lambda: endpoint.open_contexts == 0)
    assert actions(endpoint)[-1] == "Unsubscribe"


def test_a_timeout_is_counted_from_one_event_to_the_next(
    endpoint: Endpoint, session: Session
) -> None:
    with session.subscribe_event_log("System", timeout=1.0) as events:
        opened(endpoint, events)
        for number in range(1, 4):
            time.sleep(0.4)
            endpoint.event_log.write("System", number)
            assert numbers(events, 1) == [number]


@pytest.mark.parametrize("end", ["cancel", "close"])
def test_another_thread_ends_it_and_it_is_unsubscribed(
    endpoint: Endpoint, session: Session, end: str
) -> None:
    events = session.subscribe_event_log("System")
    opened(endpoint, events)
    timer = later(getattr(events, end))
    with pytest.raises((OperationCancelled, InvalidParameter)):
        next(events)
    timer.join(60)
    assert endpoint.open_contexts == 0
    assert actions(endpoint)[-1] == "Unsubscribe"


def test_the_end_of_the_session_ends_it(endpoint: Endpoint) -> None:
    with session_with(endpoint) as session:
        events = session.subscribe_event_log("System")
        opened(endpoint, events)
        session.close()
    assert settles(lambda: endpoint.open_contexts == 0)


def test_a_subscribe_whose_answer_never_came_leaves_nothing_open(
    endpoint: Endpoint, session: Session
) -> None:
    endpoint.disturb(Stall("Subscribe", where="headers"))
    events = session.subscribe_event_log("System", timeout=0.3)
    with pytest.raises(OperationTimeout):
        next(events)
    assert settles(lambda: endpoint.open_contexts == 0)


def test_other_operations_go_on_beside_it(endpoint: Endpoint, session: Session) -> None:
    with session.subscribe_event_log("System") as events:
        opened(endpoint, events)
        thread = threading.Thread(target=numbers, args=(events, 1))
        thread.start()
        service = session.get_instance('Win32_Service.Name="Spooler"')
        assert service["State"] == "Stopped"
        endpoint.event_log.write("System", 1)
        thread.join(LONG)


def test_a_callback_makes_it_asynchronous(endpoint: Endpoint, session: Session) -> None:
    seen: list[Any] = []
    is_enough = threading.Event()

    def take(result: OperationResult[Indication]) -> None:
        seen.append(result)
        if len(seen) == 3:
            is_enough.set()

    call = SubscribeEventLog(query_list("System"), read_existing=True)
    operation = session.run(call, callbacks=OperationCallbacks(indication_result=take))
    assert is_enough.wait(LONG)
    operation.close()
    assert settles(lambda: not seen[-1].more_results)
    assert [one.value.instance["EventRecordID"] for one in seen[:3]] == [101, 102, 103]
    assert settles(lambda: endpoint.open_contexts == 0)


def test_cancelling_a_task_ends_it(endpoint: Endpoint, session: Session) -> None:
    async def follow(seen: list[Any], is_read: asyncio.Event) -> None:
        async with session.subscribe_event_log("System", read_existing=True) as events:
            async for event in events:
                seen.append(event)
                if len(seen) == 137:
                    is_read.set()

    async def run() -> None:
        is_read = asyncio.Event()
        task = asyncio.create_task(follow([], is_read))
        await is_read.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(run(), LONG))
    assert endpoint.open_contexts == 0


# OMI, as it was recorded


def recorded(name: str) -> bytes:
    path = TRANSCRIPTS / f"{name}.xml"
    if not path.exists():
        pytest.skip("the transcripts are not here")
    return path.read_bytes()


def as_recorded(name: str) -> Callable[[bytes], bytes]:
    """Return what answers with a recorded reply, as one to the message at hand."""

    def answer(original: bytes) -> bytes:
        related = re.search(rb"<a:RelatesTo>([^<]*)<", original)
        assert related is not None
        return re.sub(rb"(<wsa:RelatesTo>)[^<]*", rb"\g<1>" + related[1], recorded(name))

    return answer


def asked(data: bytes) -> dict[str, Any]:
    """Return what a request says that OMI looks at."""
    envelope = etree.fromstring(data)
    return {
        "action": envelope.findtext(f".//{{{ns.ADDRESSING}}}Action"),
        "selectors": [one.text for one in envelope.iter(f"{{{ns.WSMAN}}}Selector")],
        "identifier": envelope.findtext(f".//{{{ns.EVENTING}}}Identifier"),
        "context": envelope.findtext(f".//{{{ns.ENUMERATION}}}EnumerationContext"),
        "filter": envelope.findtext(f".//{{{ns.WSMAN}}}Filter"),
        "mode": [one.get("Mode") for one in envelope.iter(f"{{{ns.EVENTING}}}Delivery")],
    }


def test_the_recorded_subscription_of_omi_is_replayed(endpoint: Endpoint) -> None:
    steps = {
        "Subscribe": "202-subscribe-pull-alert",
        "Pull": "204-subscribe-pull-2",
        "Unsubscribe": "205-unsubscribe",
    }
    for action, name in steps.items():
        answer = as_recorded(f"{name}-response")
        endpoint.disturb(Replace(action, envelope=answer, status=200))
    with session_with(endpoint, server_kind="omi") as session:
        query, flags = "SELECT * FROM Test_Indication", OperationFlags.BASIC_RTTI
        with session.subscribe(query, flags=flags) as events:
            found = next(events)
    assert isinstance(found.instance, Instance)
    assert (found.instance.class_name, found.instance["id"]) == ("Test_Indication", "2")
    assert found.bookmark is None
    for exchange, name in zip(endpoint.exchanges, steps.values(), strict=True):
        assert asked(exchange.request_bytes) == asked(recorded(f"{name}-request"))


def test_a_subscription_reports_that_it_has_started_before_anything_happens(
    endpoint: Endpoint, session: Session
) -> None:
    flags = OperationFlags.REPORT_OPERATION_STARTED
    query = f"SELECT * FROM __InstanceCreationEvent {SERVICES}"  # noqa: S608 - no value
    with session.subscribe(query, flags=flags) as new:
        assert next(new) is None
        assert actions(endpoint) == ["Subscribe"]
