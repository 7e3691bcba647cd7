"""Subscriptions: what is sent when, what the caller notices, and that no event is lost or twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from lxml import etree

from mi.calls import Subscribe as SubscribeCall
from mi.calls import SubscribeEventLog
from mi.errors import (
    AccessDenied,
    InvalidEnumerationContext,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    OperationTimeout,
    ProtocolError,
)
from mi.names import NameMap
from mi.options import ServerKind, SubscriptionDeliveryOptions
from mi.results import CimType, ErrorCategory, OperationFlags
from mi.schema import Class, Property
from mi.serial.cimxml import write_class
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.classes import class_request
from protocols.wsman.conversation import Resumable
from protocols.wsman.deliveries import bookmark_markup
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, Settings
from protocols.wsman.envelope import Reply, Request, parse, serialize_reply
from protocols.wsman.eventing import (
    Expiration,
    Manager,
    Renew,
    Renewed,
    Subscribe,
    Subscribed,
)
from protocols.wsman.fault import Fault
from protocols.wsman.pages import Pull, Release, write_page
from protocols.wsman.subscription import Subscription
from protocols.wsman.subscription_states import State

TRANSCRIPTS = Path(__file__).parents[3] / "shared" / "transcripts"
QUERY = "SELECT * FROM X_Event WITHIN 5"
X_EVENT = Class(
    "X_Event", "root/test", properties=NameMap([("Size", Property("Size", CimType.UINT32))])
)
SETTINGS = Settings(60.0, 500, server_name="server01")
PATIENT = Settings(None, 500)
TIMED_OUT = Fault("Receiver", "w:TimedOut", reason="Nothing came.")
DENIED = Fault("Sender", "w:AccessDenied", reason="Access is denied.")
TOO_LARGE = Fault.of("MAX_ENVELOPE_SIZE_EXCEEDED", "The event is too large.")
EXPIRED = Fault.of("BOOKMARK_EXPIRED", "The bookmark is expired.")
OMI_FORGOT = Fault("Sender", "a:DestinationUnreachable", reason="Enumeration context not found")
CLOSED = [
    Fault.of(name, "The subscription is closed.")
    for name in (
        "SUBSCRIPTION_CLOSED",
        "SUBSCRIPTION_CLOSE_IN_PROGRESS",
        "SUBSCRIPTION_CLIENT_DID_NOT_CALL_WITHIN_HEARTBEAT",
        "SUBSCRIPTION_NO_HEARTBEAT",
        "INVALID_ENUMERATION_CONTEXT",
        "ENUMERATION_CLOSED",
        "EVENTING_FAST_SENDER",
    )
] + [OMI_FORGOT]


def answer(inside: str, header: str = "") -> Reply:
    message = serialize_reply("", inside, "uuid:1", "uuid:2", header=header)
    reply = parse(message, "uuid:1", limit=1_000_000)
    assert isinstance(reply, Reply)
    return reply


def subscribed(
    context: str = "c0", identifier: str = "s1", expires: Expiration | None = None
) -> Reply:
    header = f"<e:Identifier>{identifier}</e:Identifier>" if identifier else ""
    return answer(
        Subscribed(Manager(ns.EVENT_LOG, header), context, expires).write("http://h/wsman")
    )


def mark(record: int) -> str:
    return (
        f'<BookmarkList><Bookmark Channel="System" RecordId="{record}" IsCurrent="true"/>'
        "</BookmarkList>"
    )


def logged(record: int) -> str:
    return (
        f'<Event xmlns="{ns.WINDOWS_EVENT}"><System><EventRecordID>{record}</EventRecordID>'
        "<Channel>System</Channel></System></Event>"
    )


def delivery(*records: int, context: str = "c1", bookmark: str | None = None) -> Reply:
    if bookmark is None:
        bookmark = mark(records[-1]) if records else ""
    page = write_page([logged(record) for record in records], context, is_first=False)
    return answer(page, bookmark_markup(bookmark))


def last(reply_page: str, header: str = "") -> Reply:
    return answer(
        f"<n:PullResponse><n:Items>{reply_page}</n:Items><n:EndOfSequence/></n:PullResponse>",
        header,
    )


def of_log(settings: Settings = SETTINGS, **said: Any) -> Subscription:
    call = SubscribeEventLog("<QueryList/>", namespace="root/cimv2", **said)
    return Subscription(call, settings, DIALECTS[ServerKind.WINRM3], SchemaStore())


def of_query(
    *known: Class, kind: ServerKind = ServerKind.WINRM3, flags: Any = OperationFlags.DEFAULT
) -> Subscription:
    call = SubscribeCall(QUERY, namespace="root/test")
    settings = Settings(60.0, 500, flags, "server01")
    return Subscription(call, settings, DIALECTS[kind], SchemaStore(known))


def opened(settings: Settings = SETTINGS, **said: Any) -> Subscription:
    conversation = of_log(settings, **said)
    conversation.receive(subscribed())
    return conversation


def sent(conversation: Subscription) -> Request:
    request = conversation.next_request()
    assert request is not None
    return request


def name(request: Request | None) -> str:
    return "" if request is None else request.action.rpartition("/")[2]


def origin(request: Request) -> str:
    """Return behind what a Subscribe begins."""
    body = f'<b xmlns:e="{ns.EVENTING}" xmlns:w="{ns.WSMAN}" xmlns:p="{ns.MICROSOFT}"'
    return Subscribe.read(
        etree.fromstring(f'{body} xmlns:s="{ns.SOAP}">{request.body}</b>')
    ).bookmark


def records(results: list[Any]) -> list[int]:
    return [one.instance["EventRecordID"] for one in results]


# The usual course


def test_it_subscribes_and_pulls() -> None:
    conversation = of_log(rendered_text=True)
    first = sent(conversation)
    assert name(first) == "Subscribe"
    assert (first.resource_uri, first.repeatable, first.operation_timeout) == (
        ns.EVENT_LOG, False, 60.0,
    )  # fmt: skip
    assert conversation.receive(subscribed()) == []
    then = sent(conversation)
    assert (name(then), then.body) == ("Pull", Pull("c0", 500).write())
    assert (then.resource_uri, then.selectors, then.options) == (
        first.resource_uri, first.selectors, first.options,
    )  # fmt: skip
    assert (then.repeatable, then.operation_timeout) == (False, 60.0)


def test_events_come_with_the_bookmark_of_where_each_stands() -> None:
    conversation = opened()
    results = conversation.receive(delivery(5, 6))
    assert records(results) == [5, 6]
    assert [one.bookmark for one in results] == [mark(5), mark(6)]
    assert results[0].instance.server_name == "server01"


def test_the_machine_that_an_event_is_from_is_told_unless_nobody_wants_to_know() -> None:
    header = f'<m:MachineID xmlns:m="{ns.MACHINE_ID}">win10.example</m:MachineID>'
    page = write_page([logged(5)], "c1", is_first=False)
    for uses_it, told in ((True, "win10.example"), (False, None)):
        conversation = opened(Settings(use_machine_id=uses_it))
        assert conversation.receive(answer(page, header))[0].machine_id == told


def test_every_pull_has_the_newest_context() -> None:
    conversation = opened()
    conversation.receive(delivery(5, context="c1"))
    assert sent(conversation).body == Pull("c1", 500).write()
    conversation.receive(answer("<n:PullResponse><n:Items/></n:PullResponse>"))
    assert sent(conversation).body == Pull("c1", 500).write()


def test_slow_servers_are_asked_for_fewer_events_at_a_time() -> None:
    conversation = of_query(X_EVENT, kind=ServerKind.OPENWSMAN)
    conversation.receive(subscribed())
    assert sent(conversation).body == Pull("c0", 100).write()


def test_waiting_is_no_failure_and_heartbeats_are_not_told() -> None:
    conversation = opened()
    for _ in range(3):
        assert conversation.receive(TIMED_OUT) == []
        assert sent(conversation).body == Pull("c0", 500).write()
    assert conversation.receive(delivery(context="c1")) == []
    assert sent(conversation).body == Pull("c1", 500).write()


def test_whoever_waits_for_ever_leaves_the_time_for_a_pull_to_the_server() -> None:
    assert sent(opened(PATIENT)).operation_timeout is None


# Its end by the caller


def test_abandoning_it_unsubscribes_where_the_server_said_and_by_what_names_it() -> None:
    conversation = opened(rendered_text=True)
    request = conversation.abandon()
    assert request is not None
    assert (name(request), request.body) == ("Unsubscribe", "<e:Unsubscribe/>")
    assert request.resource_uri == ns.EVENT_LOG
    assert request.header == f'<e:Identifier xmlns:e="{ns.EVENTING}">s1</e:Identifier>'
    assert (request.options, request.repeatable) == ((), True)
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_one_without_a_name_is_ended_by_releasing_its_enumeration() -> None:
    conversation = of_log()
    conversation.receive(subscribed(identifier=""))
    conversation.receive(delivery(5, context="c1"))
    request = conversation.abandon()
    assert request is not None
    assert (name(request), request.body) == ("Release", Release("c1").write())


def test_before_the_server_has_answered_there_is_nothing_to_release() -> None:
    assert of_log().abandon() is None


def test_an_answer_that_says_nothing_to_pull_with_is_refused_and_released() -> None:
    conversation = of_log()
    with pytest.raises(ProtocolError, match="nothing to pull with"):
        conversation.receive(subscribed(context=""))
    assert conversation.next_request() is None
    assert name(conversation.abandon()) == "Unsubscribe"


def test_an_answer_that_is_none_is_refused_and_the_subscription_released() -> None:
    conversation = opened()
    with pytest.raises(ProtocolError, match="no page of events"):
        conversation.receive(answer("<n:EnumerateResponse/>"))
    assert conversation.next_request() is None
    assert name(conversation.abandon()) == "Unsubscribe"


# Not to follow


def test_without_following_it_ends_when_nothing_more_is_there() -> None:
    for nothing in (TIMED_OUT, delivery()):
        conversation = opened(follow=False, read_existing=True)
        assert records(conversation.receive(delivery(5, 6))) == [5, 6]
        assert name(sent(conversation)) == "Pull"
        assert conversation.receive(nothing) == []
        assert conversation.next_request() is None
        assert name(conversation.abandon()) == "Unsubscribe"


@pytest.mark.parametrize(("timeout", "wait"), [(None, 5.0), (60.0, 5.0), (1.0, 0.5)])
def test_without_following_no_pull_waits_for_long(timeout: float | None, wait: float) -> None:
    assert sent(opened(Settings(timeout), follow=False)).operation_timeout == wait


# The server closes or forgets it


@pytest.mark.parametrize("fault", CLOSED, ids=lambda fault: fault.subcode + str(fault.wsman_code))
def test_a_subscription_that_was_closed_is_opened_again_behind_its_last_event(
    fault: Fault,
) -> None:
    conversation = opened()
    conversation.receive(delivery(5, 6))
    assert conversation.receive(fault) == []
    again = sent(conversation)
    assert (name(again), origin(again)) == ("Subscribe", mark(6))
    conversation.receive(subscribed("d0", "s2"))
    assert sent(conversation).body == Pull("d0", 500).write()
    assert records(conversation.receive(delivery(7))) == [7]
    request = conversation.abandon()
    assert request is not None
    assert "s2" in request.header


def test_nothing_is_released_of_one_that_was_closed() -> None:
    conversation = opened()
    conversation.receive(delivery(5))
    conversation.receive(CLOSED[0])
    assert conversation.abandon() is None


def test_it_is_opened_again_where_it_began_if_nothing_came_and_that_is_a_fixed_point() -> None:
    for said, begins in (({"bookmark": mark(4)}, mark(4)), ({"read_existing": True}, "")):
        conversation = opened(**said)
        conversation.receive(TIMED_OUT)
        assert conversation.receive(CLOSED[0]) == []
        again = sent(conversation)
        assert origin(again) == begins
        assert bool(again.options) is ("read_existing" in said)


def test_existing_events_are_not_asked_for_again_behind_a_bookmark() -> None:
    conversation = opened(read_existing=True)
    conversation.receive(delivery(5))
    assert [option.name for option in sent(conversation).options] == ["ReadExistingEvents"]
    conversation.receive(CLOSED[0])
    assert sent(conversation).options == ()


def test_a_heartbeat_may_tell_the_position_to_go_on_from() -> None:
    conversation = opened()
    conversation.receive(delivery(bookmark=mark(9)))
    assert conversation.receive(CLOSED[0]) == []
    assert origin(sent(conversation)) == mark(9)


def test_from_now_on_is_no_point_to_go_on_from() -> None:
    conversation = opened()
    conversation.receive(TIMED_OUT)
    assert conversation.receive(CLOSED[0]) == []
    with pytest.raises(MIError, match="closed; what has happened since the last event") as caught:
        conversation.next_request()
    assert caught.value.category is ErrorCategory.RESOURCE_UNAVAILABLE
    assert caught.value.native_code == 2150858760
    assert caught.value.advice is not None
    assert caught.value.advice.startswith("Subscribe again")
    assert conversation.abandon() is None


def test_events_without_bookmarks_are_no_point_to_go_on_from_either() -> None:
    conversation = opened(bookmark=mark(4))
    assert records(conversation.receive(delivery(5, bookmark=""))) == [5]
    conversation.receive(OMI_FORGOT)
    with pytest.raises(InvalidEnumerationContext, match="not known"):
        conversation.next_request()


def test_one_that_is_closed_before_its_first_page_is_not_opened_again() -> None:
    conversation = opened(bookmark=mark(4))
    conversation.receive(CLOSED[0])
    with pytest.raises(MIError, match=r"The subscription is closed\. Subscribe"):
        conversation.next_request()


def test_it_may_be_closed_any_number_of_times_if_it_gives_pages_in_between() -> None:
    conversation = opened()
    for number in range(5, 9):
        assert records(conversation.receive(delivery(number))) == [number]
        conversation.receive(CLOSED[0])
        assert origin(sent(conversation)) == mark(number)
        conversation.receive(subscribed())


def test_a_bookmark_that_is_gone_by_then_is_an_error_that_says_what_to_do() -> None:
    conversation = opened()
    conversation.receive(delivery(5))
    conversation.receive(CLOSED[0])
    with pytest.raises(InvalidParameter, match="The bookmark is expired") as caught:
        conversation.receive(EXPIRED)
    assert caught.value.advice is not None
    assert "read_existing=True" in caught.value.advice


@pytest.mark.parametrize(
    ("fault", "error"),
    [(DENIED, AccessDenied), (TIMED_OUT, OperationTimeout), (EXPIRED, InvalidParameter),
     (CLOSED[0], MIError)],
)  # fmt: skip
def test_a_subscribe_that_is_refused_is_the_operations_error(
    fault: Fault, error: type[MIError]
) -> None:
    conversation = of_log(bookmark=mark(4))
    with pytest.raises(error):
        conversation.receive(fault)
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_a_fault_that_ends_it_is_the_operations_error() -> None:
    conversation = opened()
    with pytest.raises(AccessDenied):
        conversation.receive(DENIED)
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_what_refuses_a_pull_alone_leaves_it_to_be_released() -> None:
    conversation = opened()
    with pytest.raises(LimitsExceeded):
        conversation.receive(TOO_LARGE)
    assert name(conversation.abandon()) == "Unsubscribe"


# The server ends the sequence


def test_events_that_come_with_the_end_are_given_before_it_goes_on() -> None:
    conversation = opened()
    results = conversation.receive(last(logged(5), bookmark_markup(mark(5))))
    assert records(results) == [5]
    assert origin(sent(conversation)) == mark(5)


def test_an_end_without_events_is_followed_by_another_subscription_too() -> None:
    conversation = opened()
    conversation.receive(delivery(5))
    assert conversation.receive(last("")) == []
    assert origin(sent(conversation)) == mark(5)


def test_an_end_in_place_of_the_first_page_is_the_end() -> None:
    conversation = opened(bookmark=mark(4))
    conversation.receive(last(""))
    with pytest.raises(MIError, match="the server ended the subscription"):
        conversation.next_request()
    assert conversation.abandon() is None


def test_events_that_come_with_the_end_and_without_bookmark_are_given_before_the_error() -> None:
    conversation = opened()
    assert records(conversation.receive(last(logged(5)))) == [5]
    with pytest.raises(MIError, match="ended the subscription; what has happened"):
        conversation.next_request()


# It comes to the end that was asked for


@pytest.mark.parametrize("over", [CLOSED[0], last("")], ids=["fault", "end"])
@pytest.mark.parametrize("has_page", [True, False])
def test_one_that_was_to_end_has_ended(over: Reply | Fault, has_page: bool) -> None:
    delivery_options = SubscriptionDeliveryOptions(expiration_time=600)
    conversation = opened(delivery=delivery_options)
    if has_page:
        conversation.receive(delivery(5))
    assert conversation.receive(over) == []
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_one_that_was_to_end_is_not_renewed() -> None:
    conversation = of_log(delivery=SubscriptionDeliveryOptions(expiration_time=60))
    conversation.receive(subscribed(expires=timedelta(seconds=60)))
    conversation.receive(TIMED_OUT)
    assert name(sent(conversation)) == "Pull"


# It is renewed where the server lets it end


def renewable() -> Subscription:
    conversation = of_log()
    conversation.receive(subscribed(expires=timedelta(seconds=240)))
    conversation.receive(TIMED_OUT)
    assert name(sent(conversation)) == "Pull"
    return conversation


@pytest.mark.parametrize("answered", [TIMED_OUT, delivery(), delivery(5)])
def test_it_is_renewed_when_half_of_its_time_may_be_over(answered: Reply | Fault) -> None:
    conversation = renewable()
    conversation.receive(answered)
    request = sent(conversation)
    assert (name(request), request.body) == ("Renew", Renew(timedelta(seconds=240)).write())
    assert request.header == f'<e:Identifier xmlns:e="{ns.EVENTING}">s1</e:Identifier>'
    conversation.receive(answer(Renewed(timedelta(seconds=120)).write()))
    assert name(sent(conversation)) == "Pull"
    conversation.receive(TIMED_OUT)
    assert sent(conversation).body == Renew(timedelta(seconds=120)).write()


@pytest.mark.parametrize("fault", [DENIED, TIMED_OUT])
def test_a_server_that_does_not_renew_is_asked_once(fault: Fault) -> None:
    conversation = renewable()
    conversation.receive(TIMED_OUT)
    assert conversation.receive(fault) == []
    for _ in range(5):
        assert name(sent(conversation)) == "Pull"
        conversation.receive(TIMED_OUT)


def test_one_that_is_gone_when_it_is_to_be_renewed_is_opened_again() -> None:
    conversation = renewable()
    conversation.receive(delivery(5))
    conversation.receive(CLOSED[0])
    assert origin(sent(conversation)) == mark(5)


# Its connection breaks


def test_a_page_that_was_lost_is_asked_for_again_in_another_subscription() -> None:
    conversation = opened()
    conversation.receive(delivery(5))
    assert isinstance(conversation, Resumable)
    assert conversation.resume()
    left = sent(conversation)
    assert (name(left), "s1" in left.header) == ("Unsubscribe", True)
    conversation.receive(answer(""))
    assert origin(sent(conversation)) == mark(5)
    assert conversation.abandon() is None


@pytest.mark.parametrize("fault", [DENIED, TIMED_OUT, CLOSED[0]])
def test_what_becomes_of_the_one_that_is_left_does_not_matter(fault: Fault) -> None:
    conversation = opened()
    conversation.receive(delivery(5))
    assert conversation.resume()
    assert conversation.receive(fault) == []
    assert origin(sent(conversation)) == mark(5)


def test_one_that_has_no_name_is_released_by_its_enumeration() -> None:
    conversation = of_log()
    conversation.receive(subscribed(identifier=""))
    conversation.receive(delivery(5))
    assert conversation.resume()
    assert name(sent(conversation)) == "Release"


def test_one_that_is_being_left_is_still_to_be_released() -> None:
    conversation = opened()
    conversation.receive(delivery(5))
    conversation.resume()
    assert name(conversation.abandon()) == "Unsubscribe"


def test_nothing_but_a_pull_behind_a_known_position_survives_a_loss() -> None:
    assert not of_log(bookmark=mark(4)).resume()
    assert not opened(bookmark=mark(4)).resume()  # its first page; another might be lost as well
    now = opened()
    now.receive(TIMED_OUT)
    assert not now.resume()
    waiting = of_query()
    waiting.receive(subscribed())
    waiting.receive(happened(1))
    assert not waiting.resume()


# Events of WMI, and their classes


def happened(*sizes: object) -> Reply:
    uri = f"{ns.DMTF_CIM_SCHEMA}/X_Event"
    items = [f'<p:X_Event xmlns:p="{uri}"><p:Size>{size}</p:Size></p:X_Event>' for size in sizes]
    return answer(write_page(items, "c1", is_first=False))


def test_what_happens_is_an_instance_of_its_class() -> None:
    conversation = of_query(X_EVENT)
    conversation.receive(subscribed())
    (found,) = conversation.receive(happened(7))
    assert (dict(found.instance), found.bookmark, found.machine_id) == ({"Size": 7}, None, None)
    assert found.instance.server_name == "server01"


def test_events_are_held_until_their_class_is_known() -> None:
    conversation = of_query()
    conversation.receive(subscribed())
    assert conversation.receive(happened(7, 8)) == []
    assert conversation.awaits_class
    settings = Settings(60.0, 500, server_name="server01")
    assert conversation.next_request() == class_request("root/test", "X_Event", settings)
    found = conversation.receive(answer(write_class(X_EVENT)))
    assert [one.instance["Size"] for one in found] == [7, 8]
    assert name(sent(conversation)) == "Pull"


def test_a_class_that_became_known_elsewhere_is_not_asked_for() -> None:
    store = SchemaStore()
    call = SubscribeCall(QUERY, namespace="root/test")
    conversation = Subscription(call, SETTINGS, DIALECTS[ServerKind.WINRM3], store)
    conversation.receive(subscribed())
    assert conversation.receive(CLASS_KNOWN) == []
    conversation.receive(happened(7))
    store.add(X_EVENT)
    assert conversation.next_request() is None
    assert len(conversation.receive(CLASS_KNOWN)) == 1


def test_a_class_that_is_refused_ends_it_and_it_is_released() -> None:
    conversation = of_query()
    conversation.receive(subscribed())
    conversation.receive(happened(7))
    with pytest.raises(AccessDenied, match="BASIC_RTTI"):
        conversation.receive(DENIED)
    assert conversation.next_request() is None
    assert name(conversation.abandon()) == "Unsubscribe"


def test_an_event_that_cannot_be_read_ends_it_after_those_before_it() -> None:
    conversation = of_query(X_EVENT)
    conversation.receive(subscribed())
    (found,) = conversation.receive(happened(7, "many", 9))
    assert found.instance["Size"] == 7
    with pytest.raises(ProtocolError, match=r"X_Event\.Size"):
        conversation.next_request()
    assert name(conversation.abandon()) == "Unsubscribe"


# The exchanges that were recorded from OMI


def recorded(which: str) -> Reply | Fault:
    path = TRANSCRIPTS / "omi-live" / f"{which}-response.xml"
    if not path.exists():
        pytest.skip("the transcripts are not here")
    data = path.read_bytes()
    related = etree.fromstring(data).findtext(f".//{{{ns.ADDRESSING}}}RelatesTo")
    return parse(data, related, limit=1_000_000)


def test_the_recorded_subscription_of_omi_is_understood() -> None:
    conversation = of_query(kind=ServerKind.OMI, flags=OperationFlags.BASIC_RTTI)
    conversation.receive(recorded("202-subscribe-pull-alert"))
    assert sent(conversation).body == Pull("4112580616", 500).write()
    (found,) = conversation.receive(recorded("204-subscribe-pull-2"))
    assert found.instance.class_name == "Test_Indication"
    assert found.instance["message"] == "test indication message"
    assert found.bookmark is None
    assert sent(conversation).body == Pull("4112580616", 500).write()
    conversation.receive(recorded("206-pull-after-unsubscribe"))
    with pytest.raises(InvalidEnumerationContext, match="Enumeration context not found; what has"):
        conversation.next_request()
    assert conversation.abandon() is None


def test_the_recorded_refusal_of_omi_is_told() -> None:
    conversation = of_query(kind=ServerKind.OMI)
    with pytest.raises(MIError, match="No indication class was found"):
        conversation.receive(recorded("216-subscribe-bad-class"))


class Log(RuleBasedStateMachine):
    """A server with a log, which closes and loses subscriptions, and a caller who counts."""

    def __init__(self) -> None:
        super().__init__()
        self.conversation = of_log(read_existing=True)
        self.written = 0  # records 1 to this
        self.sent = 0  # the last record that went out in the subscription at hand
        self.seen: list[int] = []
        self.is_open = False
        self.number = 0

    def due(self) -> str:
        return name(self.conversation.next_request())

    @rule(count=st.integers(1, 3))
    def write(self, count: int) -> None:
        self.written += count

    @precondition(lambda self: self.due() == "Subscribe")
    @rule()
    def subscribe(self) -> None:
        bookmark = origin(sent(self.conversation))
        self.sent = int(bookmark.split('RecordId="')[1].split('"')[0]) if bookmark else 0
        self.number += 1
        self.is_open = True
        self.conversation.receive(subscribed(f"c{self.number}", f"s{self.number}"))

    @precondition(lambda self: self.due() == "Pull")
    @rule(most=st.integers(1, 3))
    def pull(self, most: int) -> None:
        assert self.is_open
        going = list(range(self.sent + 1, min(self.written, self.sent + most) + 1))
        results = self.conversation.receive(delivery(*going) if going else TIMED_OUT)
        self.sent += len(going)
        self.seen += records(results)
        assert [one.bookmark for one in results] == [mark(record) for record in going]

    @precondition(lambda self: self.due() == "Pull" and self.conversation._state is State.OPEN)
    @rule(fault=st.sampled_from(CLOSED))
    def close(self, fault: Fault) -> None:
        self.is_open = False
        self.conversation.receive(fault)

    @precondition(lambda self: self.due() == "Pull" and self.conversation._state is State.OPEN)
    @rule()
    def lose(self) -> None:
        self.sent = self.written  # whatever was on its way is gone
        assert self.conversation.resume()

    @precondition(lambda self: self.due() == "Unsubscribe")
    @rule()
    def unsubscribe(self) -> None:
        assert f"s{self.number}" in sent(self.conversation).header
        self.is_open = False
        self.conversation.receive(answer(""))

    @invariant()
    def every_event_is_seen_once_and_in_order(self) -> None:
        assert self.seen == list(range(1, len(self.seen) + 1))

    def teardown(self) -> None:
        request = self.conversation.abandon()
        assert (request is not None) is self.is_open


TestLog = Log.TestCase
