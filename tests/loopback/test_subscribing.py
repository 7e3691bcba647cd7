"""Subscribe, Pull, Renew and Unsubscribe, as a service answers them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from mi.instance import Instance
from protocols.loopback.population import sample_repository
from protocols.loopback.service import Answer, Limits, Service
from protocols.meanings.numbers import NUMBERS
from protocols.wsman import namespaces as ns
from protocols.wsman.deliveries import Delivery
from protocols.wsman.envelope import Reply, Request, parse, serialize
from protocols.wsman.eventing import UNSUBSCRIBE, Renew, Renewed, Subscribe, Subscribed
from protocols.wsman.events import EventReader
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing, Option, Selector
from protocols.wsman.pages import Filter, Pull, Release

SYSTEM = '<QueryList><Query><Select Path="System">*</Select></Query></QueryList>'
CREATED = "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Win32_Service'"
ADDRESSING = Addressing("http://127.0.0.1/wsman", 512_000)
CIMV2 = (Selector.of("__cimnamespace", "root/cimv2"),)


class Asking:
    """Asks a service about one resource, without any network."""

    def __init__(self, uri: str = ns.EVENT_LOG, **limits: Any) -> None:
        self.service = Service(sample_repository(), Limits(**limits))
        self.uri = uri
        self.selectors = () if uri == ns.EVENT_LOG else CIMV2
        self.options: tuple[Option, ...] = ()

    def ask(self, action: str, body: str, **others: Any) -> Reply | Fault:
        answer = self.answer(action, body, **others)
        reply = parse(answer.envelope, "uuid:1", limit=10**7)
        assert (answer.status == 200) is isinstance(reply, Reply)
        return reply

    def answer(self, action: str, body: str, **others: Any) -> Answer:
        request = Request(
            action, self.uri, body, selectors=self.selectors, options=self.options,
            operation_timeout=0.05, **others,
        )  # fmt: skip
        incoming = self.service.read(serialize(request, ADDRESSING, "uuid:1"))
        return self.service.answer(incoming, is_connected=lambda: True)

    def subscribe(self, text: str = SYSTEM, dialect: str = "", **said: Any) -> Subscribed:
        usual = ns.EVENT_QUERY_DIALECT if self.uri == ns.EVENT_LOG else ns.WQL_DIALECT
        body = Subscribe(Filter(dialect or usual, text), **said).write()
        return Subscribed.read(said_well(self.ask(ns.ACTION_SUBSCRIBE, body)))

    def pull(self, context: str, most: int = 100) -> Delivery:
        reply = self.ask(ns.ACTION_PULL, Pull(context, most).write())
        return Delivery.read(said_well(reply))

    def refused(self, action: str, body: str, **others: Any) -> int | None:
        reply = self.ask(action, body, **others)
        assert isinstance(reply, Fault)
        return reply.wsman_code

    @property
    def log(self) -> Any:
        return self.service.events.log


def said_well(reply: Reply | Fault) -> Reply:
    assert isinstance(reply, Reply), reply
    return reply


def read(delivery: Delivery) -> list[Instance]:
    return [EventReader().read(item) for item in delivery.items]


# The event log


def test_a_subscription_is_named_in_windows_form_and_does_not_end() -> None:
    asking = Asking()
    subscribed = asking.subscribe()
    assert subscribed.manager.resource_uri == ns.EVENT_LOG
    assert subscribed.manager.header.startswith("<e:Identifier")
    assert subscribed.context.startswith("uuid:")
    assert subscribed.expires is None


def test_events_come_with_a_bookmark_in_the_header() -> None:
    asking = Asking()
    context = asking.subscribe().context
    asking.log.write("System", 7)
    delivery = asking.pull(context)
    assert [one["EventID"] for one in read(delivery)] == [7]
    assert delivery.bookmark == (
        '<BookmarkList><Bookmark Channel="System" RecordId="238" IsCurrent="true"/></BookmarkList>'
    )
    assert delivery.context != context


def test_existing_events_are_read_where_that_is_asked_for() -> None:
    asking = Asking()
    asking.options = (Option("ReadExistingEvents", "true"),)
    assert len(asking.pull(asking.subscribe().context, 5).items) == 5
    asking.options = ()
    context = asking.subscribe(bookmark=ns.BOOKMARK_EARLIEST).context
    assert read(asking.pull(context, 1))[0]["EventRecordID"] == 101


def test_a_subscription_goes_on_behind_a_bookmark() -> None:
    asking = Asking()
    bookmark = '<BookmarkList><Bookmark Channel="System" RecordId="235"/></BookmarkList>'
    context = asking.subscribe(bookmark=bookmark).context
    assert [one["EventRecordID"] for one in read(asking.pull(context))] == [236, 237]


def test_texts_are_rendered_where_that_is_asked_for() -> None:
    asking = Asking()
    asking.options = (Option("ContentFormat", "RenderedText"),)
    context = asking.subscribe().context
    asking.log.write("System", 7, "Hello")
    assert read(asking.pull(context))[0]["Message"] == "Hello"


def test_a_channel_that_is_not_there_may_be_passed_over() -> None:
    text = SYSTEM.replace("</Query>", '<Select Path="Nowhere">*</Select></Query>')
    asking = Asking()
    body = Subscribe(Filter(ns.EVENT_QUERY_DIALECT, text)).write()
    assert asking.refused(ns.ACTION_SUBSCRIBE, body) == NUMBERS["ERROR_EVT_CHANNEL_NOT_FOUND"]
    asking.options = (Option("IgnoreChannelError", None),)
    assert asking.subscribe(text).context


def test_a_pull_without_events_times_out() -> None:
    asking = Asking()
    context = asking.subscribe().context
    body = Pull(context).write()
    assert asking.refused(ns.ACTION_PULL, body) == NUMBERS["OPERATION_TIMEDOUT"]


def test_the_event_log_has_no_enumerations() -> None:
    asking = Asking()
    number = NUMBERS["INVALID_ENUMERATION_CONTEXT"]
    assert asking.refused(ns.ACTION_PULL, Pull("uuid:X").write()) == number
    assert asking.refused(ns.ACTION_RELEASE, Release("uuid:X").write()) == number


# What happens in the repository


def test_what_happens_is_an_instance_with_the_object_inside() -> None:
    asking = Asking(ns.DMTF_ALL_CLASSES)
    context = asking.subscribe(CREATED).context
    repository = asking.service.repository
    new = repository.get("root/cimv2", "Win32_Service", {"Name": "Spooler"}).copy()
    new["Name"] = "New"
    repository.add(new)
    delivery = asking.pull(context)
    (event,) = delivery.items
    assert event.tag == f"{{{ns.DMTF_CIM_SCHEMA}/__InstanceCreationEvent}}__InstanceCreationEvent"
    assert event.findtext(".//{*}Name") == "New"
    assert delivery.bookmark == ""


def test_selected_properties_come_as_a_fragment() -> None:
    asking = Asking(f"{ns.DMTF_CIM_SCHEMA}/__InstanceCreationEvent")
    text = "SELECT TIME_CREATED FROM __InstanceCreationEvent WITHIN 1"
    context = asking.subscribe(text).context
    repository = asking.service.repository
    repository.add(Instance(repository.find_class("root/cimv2", "Win32_Service"), {"Name": "New"}))
    (event,) = asking.pull(context).items
    assert [etree.QName(part).localname for part in event] == ["TIME_CREATED"]


def test_an_enumeration_is_pulled_and_released_as_before() -> None:
    asking = Asking(ns.DMTF_ALL_CLASSES)
    number = NUMBERS["INVALID_ENUMERATION_CONTEXT"]
    assert asking.refused(ns.ACTION_PULL, Pull("uuid:X").write()) == number
    assert asking.refused(ns.ACTION_RELEASE, Release("uuid:X").write()) == number


def test_a_query_that_wmi_refuses_is_told() -> None:
    asking = Asking(ns.DMTF_ALL_CLASSES)
    body = Subscribe(Filter(ns.WQL_DIALECT, "SELECT * FROM No_Such_Event")).write()
    reply = asking.ask(ns.ACTION_SUBSCRIBE, body)
    assert isinstance(reply, Fault)
    assert reply.extended_status is not None
    assert reply.extended_status["Operation"] == "ExecNotificationQuery"
    assert NUMBERS["WBEM_E_INVALID_CLASS"] in reply.wsman_codes


# What is refused


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"mode": "http://push"}, "EVENTING_DELIVERY_MODE_REQUESTED_UNAVAILABLE"),
        ({"filter": None}, "EVENTING_FILTERING_REQUESTED_UNAVAILABLE"),
        ({"filter": Filter("other", "x")}, "EVENTING_FILTERING_REQUESTED_UNAVAILABLE"),
        ({"expires": timedelta()}, "EVENTING_INVALID_EXPIRATION_TIME"),
        ({"expires": datetime(2020, 1, 1, tzinfo=UTC)}, "EVENTING_INVALID_EXPIRATION_TIME"),
        ({"bookmark": "7"}, "INVALID_BOOKMARK"),
    ],
)
def test_a_subscribe_that_cannot_be_answered_is_refused(said: dict[str, Any], name: str) -> None:
    usual: dict[str, Any] = {"filter": Filter(ns.EVENT_QUERY_DIALECT, SYSTEM)}
    body = Subscribe(**(usual | said)).write()
    assert Asking().refused(ns.ACTION_SUBSCRIBE, body) == NUMBERS[name]


def test_wmi_has_no_bookmarks() -> None:
    body = Subscribe(Filter(ns.WQL_DIALECT, CREATED), bookmark="<b/>").write()
    number = Asking(ns.DMTF_ALL_CLASSES).refused(ns.ACTION_SUBSCRIBE, body)
    assert number == NUMBERS["BOOKMARKS_NOT_SUPPORTED"]


@pytest.mark.parametrize(
    "action", [ns.ACTION_SUBSCRIBE, ns.ACTION_RENEW, ns.ACTION_PULL, ns.ACTION_RELEASE]
)
def test_a_body_that_is_another_is_refused(action: str) -> None:
    assert Asking().refused(action, "<e:Other/>") == NUMBERS["SCHEMA_VALIDATION_ERROR"]


# Its end


def test_a_subscription_is_ended_by_its_name_or_by_its_context() -> None:
    asking = Asking()
    first, second = asking.subscribe(), asking.subscribe()
    said_well(asking.ask(ns.ACTION_UNSUBSCRIBE, UNSUBSCRIBE, header=first.manager.header))
    said_well(asking.ask(ns.ACTION_RELEASE, Release(second.context).write()))
    assert len(asking.service.events.subscriptions) == 0
    number = asking.refused(ns.ACTION_UNSUBSCRIBE, UNSUBSCRIBE)
    assert number == NUMBERS["EVENTING_INVALID_MESSAGE"]


def test_a_subscription_stands_for_as_long_as_was_asked() -> None:
    asking = Asking()
    assert asking.subscribe(expires=timedelta(minutes=10)).expires == timedelta(minutes=10)
    later = datetime.now(UTC) + timedelta(minutes=10)
    granted = asking.subscribe(expires=later).expires
    assert isinstance(granted, timedelta)
    assert timedelta(minutes=9) < granted <= timedelta(minutes=10)


def test_a_service_may_let_subscriptions_end_that_ask_for_no_end() -> None:
    asking = Asking(subscription_lifetime=600.0)
    subscribed = asking.subscribe()
    assert subscribed.expires == timedelta(minutes=10)
    header = subscribed.manager.header
    renewed = said_well(asking.ask(ns.ACTION_RENEW, Renew().write(), header=header))
    assert Renewed.read(renewed).expires == timedelta(minutes=10)
    body = Renew(timedelta(minutes=20)).write()
    renewed = said_well(asking.ask(ns.ACTION_RENEW, body, header=header))
    assert Renewed.read(renewed).expires == timedelta(minutes=20)


def test_a_subscription_that_does_not_end_may_be_renewed_too() -> None:
    asking = Asking()
    header = asking.subscribe().manager.header
    renewed = said_well(asking.ask(ns.ACTION_RENEW, Renew().write(), header=header))
    assert Renewed.read(renewed).expires is None


def test_a_subscription_whose_answer_never_arrived_is_forgotten() -> None:
    asking = Asking()
    body = Subscribe(Filter(ns.EVENT_QUERY_DIALECT, SYSTEM)).write()
    answer = asking.answer(ns.ACTION_SUBSCRIBE, body)
    assert answer.opened is not None
    asking.service.forget(answer.opened)
    assert len(asking.service.events.subscriptions) == 0
