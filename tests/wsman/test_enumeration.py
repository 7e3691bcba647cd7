"""Enumerations, page by page: what is sent when, and what ends them."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from lxml import etree

from mi.calls import EnumerateInstances, QueryInstances
from mi.errors import (
    AccessDenied,
    InvalidEnumerationContext,
    InvalidQuery,
    LimitsExceeded,
    MIError,
    OperationTimeout,
    ProtocolError,
)
from mi.names import NameMap
from mi.options import ServerKind
from mi.results import CimType, OperationFlags, Result
from mi.schema import Class, Property
from mi.serial.cimxml import write_class
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.classes import class_request
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, Settings
from protocols.wsman.enumeration import _NEXT, Enumeration, _Event, _State
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option, Selector
from protocols.wsman.pages import (
    OBJECT,
    OBJECT_AND_REFERENCE,
    REFERENCE,
    Enumerate,
    Filter,
    Pull,
    Release,
    write_page,
)

THING = Class("X_Thing", "root/test", properties=NameMap([
    ("Size", Property("Size", CimType.UINT32)), ("Tags", Property("Tags", CimType.STRING_ARRAY)),
]))  # fmt: skip
SETTINGS = Settings(60.0, 500, server_name="server01")
TIMED_OUT = Fault("Receiver", "w:TimedOut", reason="It took too long.")
FORGOTTEN = Fault.of("INVALID_ENUMERATION_CONTEXT", "The context is not valid.")
DENIED = Fault("Sender", "w:AccessDenied", reason="Access is denied.")
TOO_LARGE = Fault.of("MAX_ENVELOPE_SIZE_EXCEEDED", "The item is too large.")
CLASS_CALL = EnumerateInstances("X_Thing", namespace="root/test")
QUERY = "SELECT Size FROM X_Thing WHERE Size <> 3"


def answer(inside: str) -> Reply:
    declared = f'xmlns:s="{ns.SOAP}" xmlns:n="{ns.ENUMERATION}" xmlns:w="{ns.WSMAN}"'
    body = etree.fromstring(f"<s:Body {declared}>{inside}</s:Body>")
    return Reply("", body, None, is_repaired=False)


def item(size: object, class_name: str = "X_Thing") -> str:
    uri = f"{ns.DMTF_CIM_SCHEMA}/{class_name}"
    return f'<p:{class_name} xmlns:p="{uri}"><p:Size>{size}</p:Size></p:{class_name}>'


def page(*sizes: object, context: str | None = None, is_first: bool = False) -> Reply:
    return answer(write_page([item(size) for size in sizes], context, is_first=is_first))


def enumeration(
    call: EnumerateInstances | QueryInstances = CLASS_CALL,
    *,
    kind: ServerKind = ServerKind.WINRM3,
    settings: Settings = SETTINGS,
    known: tuple[Class, ...] = (THING,),
) -> Enumeration:
    return Enumeration(call, settings, DIALECTS[kind], SchemaStore(known))


def opened(context: str = "c1", **options: Any) -> Enumeration:
    conversation = enumeration(**options)
    conversation.receive(page(1, context=context, is_first=True))
    return conversation


def sizes(results: list[Any]) -> list[int]:
    return [one["Size"] for one in results]


def sent(conversation: Enumeration) -> tuple[str, str]:
    request = conversation.next_request()
    assert request is not None
    return request.action.rpartition("/")[2], request.body


# What is asked


def test_the_instances_of_a_class_are_asked_for_at_the_class() -> None:
    assert enumeration().next_request() == Request(
        "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate",
        "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/X_Thing",
        Enumerate(500).write(),
        selectors=(Selector("__cimnamespace", "root/test"),),
        options=(Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean"),),
        operation_timeout=60.0,
    )


def test_a_query_is_asked_of_all_classes() -> None:
    call = QueryInstances(QUERY, namespace="root/test")
    assert enumeration(call).next_request() == Request(
        "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate",
        "http://schemas.dmtf.org/wbem/wscim/1/*",
        Enumerate(500, filter=Filter(ns.WQL_DIALECT, QUERY)).write(),
        selectors=(Selector("__cimnamespace", "root/test"),),
        options=(Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean"),),
        operation_timeout=60.0,
    )


def test_microsofts_family_names_the_namespace_in_the_uri() -> None:
    request = enumeration(kind=ServerKind.WINRM2).next_request()
    assert request is not None
    assert request.resource_uri == f"{ns.WMI}/root/test/X_Thing"
    assert (request.selectors, request.options) == ((), ())
    query = enumeration(QueryInstances(QUERY, namespace="root/test"), kind=ServerKind.WINRM2)
    request = query.next_request()
    assert request is not None
    assert request.resource_uri == f"{ns.WMI}/root/test/*"


@pytest.mark.parametrize(
    ("dialect", "uri"),
    [
        ("wql", ns.WQL_DIALECT),
        ("CQL", "http://schemas.dmtf.org/wbem/cql/1/dsp0202.pdf"),
        ("http://example.org/language", "http://example.org/language"),
    ],
)
def test_a_query_language_has_a_name_or_a_uri(dialect: str, uri: str) -> None:
    call = QueryInstances(QUERY, dialect, namespace="root/test")
    assert f'Dialect="{uri}"' in sent(enumeration(call))[1]


def test_a_query_language_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidQuery) as caught:
        enumeration(QueryInstances(QUERY, "SQL", namespace="root/test"))
    assert caught.value.result is Result.QUERY_LANGUAGE_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("kind", "keys_only", "mode"),
    [
        (ServerKind.WINRM3, False, OBJECT),
        (ServerKind.WINRM3, True, REFERENCE),
        (ServerKind.WINRM2, False, OBJECT_AND_REFERENCE),
        (ServerKind.WINRM2, True, REFERENCE),
        (ServerKind.OPENWSMAN, False, OBJECT_AND_REFERENCE),
        (ServerKind.AMT, False, OBJECT),
    ],
)
def test_keys_only_asks_for_references_and_servers_without_schema_send_both(
    kind: ServerKind, keys_only: bool, mode: str
) -> None:
    call = EnumerateInstances("X_Thing", keys_only, namespace="root/test")
    _, body = sent(enumeration(call, kind=kind))
    assert f"<w:EnumerationMode>{mode}</w:EnumerationMode>" in body or mode == OBJECT
    assert ("EnumerationMode" in body) == (mode != OBJECT)


@pytest.mark.parametrize(
    ("flags", "mode"),
    [
        (OperationFlags.DEFAULT, None),
        (OperationFlags.POLYMORPHISM_SHALLOW, "None"),
        (OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY, "ExcludeSubClassProperties"),
    ],
)
def test_the_flags_of_polymorphism_are_a_mode(flags: OperationFlags, mode: str | None) -> None:
    _, body = sent(enumeration(settings=Settings(flags=flags)))
    assert body == Enumerate(32000, polymorphism=mode).write()


@pytest.mark.parametrize(
    ("kind", "asked"),
    [(ServerKind.WINRM3, 32000), (ServerKind.OPENWSMAN, 100), (ServerKind.IDRAC, 100),
     (ServerKind.AMT, 999)],
)  # fmt: skip
def test_slow_servers_are_asked_for_fewer_results_at_a_time(kind: ServerKind, asked: int) -> None:
    conversation = opened(kind=kind, settings=Settings())
    assert sent(conversation) == ("Pull", Pull("c1", asked).write())


# How it goes on


def test_every_pull_has_the_newest_context_and_the_resource_of_the_enumerate() -> None:
    conversation = enumeration()
    first = conversation.next_request()
    assert first is not None
    assert sizes(conversation.receive(page(1, context="c1", is_first=True))) == [1]
    for number in range(1, 4):
        request = conversation.next_request()
        assert request is not None
        assert request.action == "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Pull"
        assert request.body == Pull(f"c{number}", 500).write()
        assert (request.resource_uri, request.selectors, request.options) == (
            first.resource_uri, first.selectors, first.options,
        )  # fmt: skip
        assert request.operation_timeout == 60.0
        assert sizes(conversation.receive(page(2, 3, context=f"c{number + 1}"))) == [2, 3]
    assert sizes(conversation.receive(page(4))) == [4]
    assert conversation.next_request() is None


def test_a_pull_is_never_repeated_on_its_own() -> None:
    conversation = enumeration()
    first = conversation.next_request()
    conversation.receive(page(context="c1", is_first=True))
    then = conversation.next_request()
    assert first is not None
    assert then is not None
    assert (first.repeatable, then.repeatable) == (True, False)


def test_a_first_page_may_be_the_last() -> None:
    conversation = enumeration()
    assert sizes(conversation.receive(page(1, 2, is_first=True))) == [1, 2]
    assert conversation.next_request() is None
    assert conversation.abandon() is None


END = "<n:EndOfSequence/>"
CONTEXT = "<n:EnumerationContext>c</n:EnumerationContext>"


@pytest.mark.parametrize(
    "inside",
    [
        f"<n:PullResponse>{CONTEXT}<n:Items/>{END}</n:PullResponse>",
        f"<n:PullResponse>{CONTEXT}<w:Items/><w:EndOfSequence/></n:PullResponse>",
        "<n:PullResponse><n:Items/></n:PullResponse>",
        "<n:PullResponse><n:EnumerationContext/><n:Items/></n:PullResponse>",
    ],
)
def test_it_ends_by_end_of_sequence_or_without_a_context(inside: str) -> None:
    conversation = opened()
    assert conversation.receive(answer(inside)) == []
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_empty_pages_end_nothing_however_many_they_are() -> None:
    conversation = opened()
    for _ in range(5000):
        assert conversation.receive(page(context="c1")) == []
    assert sent(conversation) == ("Pull", Pull("c1", 500).write())


def test_a_first_page_of_nothing_but_a_context_is_followed_by_a_pull() -> None:
    conversation = enumeration()
    reply = answer(write_page([], "c1", is_first=True, is_optimized=False))
    assert conversation.receive(reply) == []
    assert sent(conversation)[0] == "Pull"


def test_keys_only_results_are_named_by_what_the_server_sent() -> None:
    call = EnumerateInstances("X_Thing", keys_only=True, namespace="root/test")
    conversation = enumeration(call, known=())
    reference = (
        f'<a:EndpointReference xmlns:a="{ns.ADDRESSING}"><a:Address/><a:ReferenceParameters>'
        f"<w:ResourceURI>{ns.DMTF_CIM_SCHEMA}/X_Thing</w:ResourceURI><w:SelectorSet>"
        '<w:Selector Name="Size">3</w:Selector></w:SelectorSet></a:ReferenceParameters>'
        "</a:EndpointReference>"
    )
    (found,) = conversation.receive(answer(write_page([reference], None, is_first=True)))
    assert (found.key, found.namespace, found.server_name) == (
        {"Size": "3"}, "root/test", "server01",
    )  # fmt: skip


def test_a_fragment_is_of_the_class_that_the_query_names() -> None:
    conversation = enumeration(QueryInstances(QUERY, namespace="root/test"))
    fragment = "<w:XmlFragment><Size>7</Size></w:XmlFragment>"
    (found,) = conversation.receive(answer(write_page([fragment], None, is_first=True)))
    assert (found.class_name, dict(found)) == ("X_Thing", {"Size": 7})


def test_arrays_are_precise_where_the_server_makes_them_so() -> None:
    (precise,) = enumeration().receive(page(1, is_first=True))
    assert precise["Tags"] == []
    (other,) = enumeration(kind=ServerKind.OMI).receive(page(1, is_first=True))
    assert other["Tags"] is None


# Classes


def test_a_page_is_held_until_its_classes_are_known() -> None:
    conversation = enumeration(known=())
    assert conversation.receive(page(1, 2, context="c1", is_first=True)) == []
    assert conversation.awaits_class
    assert conversation.next_request() == class_request("root/test", "X_Thing", SETTINGS)
    assert sizes(conversation.receive(answer(write_class(THING)))) == [1, 2]
    assert not conversation.awaits_class
    assert sent(conversation) == ("Pull", Pull("c1", 500).write())


def test_a_class_that_became_known_elsewhere_is_not_asked_for() -> None:
    store = SchemaStore()
    conversation = Enumeration(CLASS_CALL, SETTINGS, DIALECTS[ServerKind.WINRM3], store)
    conversation.receive(page(1, context="c1", is_first=True))
    store.add(THING)
    assert conversation.next_request() is None
    assert conversation.awaits_class
    assert sizes(conversation.receive(CLASS_KNOWN)) == [1]
    assert sent(conversation)[0] == "Pull"


def test_a_class_that_is_refused_ends_it_and_its_context_is_released() -> None:
    conversation = enumeration(known=())
    conversation.receive(page(1, context="c1", is_first=True))
    with pytest.raises(AccessDenied, match="BASIC_RTTI"):
        conversation.receive(DENIED)
    assert conversation.next_request() is None
    request = conversation.abandon()
    assert request is not None
    assert request.body == Release("c1").write()


def test_an_item_that_cannot_be_read_fails_after_the_results_ahead_of_it() -> None:
    conversation = enumeration()
    assert sizes(conversation.receive(page(1, 2, "x", 4, context="c1", is_first=True))) == [1, 2]
    for _ in range(2):
        with pytest.raises(ProtocolError, match=r"X_Thing\.Size"):
            conversation.next_request()
    request = conversation.abandon()
    assert request is not None
    assert request.body == Release("c1").write()
    assert conversation.next_request() is None


# Faults


def test_a_pull_that_timed_out_is_sent_again_with_the_same_context() -> None:
    conversation = opened("c7")
    before = conversation.next_request()
    for _ in range(3):
        assert conversation.receive(TIMED_OUT) == []
        assert conversation.next_request() == before


def test_an_optimised_enumerate_that_timed_out_is_asked_once_more_without_it() -> None:
    conversation = enumeration()
    assert conversation.receive(TIMED_OUT) == []
    assert sent(conversation) == ("Enumerate", Enumerate().write())
    with pytest.raises(OperationTimeout):
        conversation.receive(TIMED_OUT)
    assert conversation.next_request() is None


def test_a_plain_enumerate_goes_on_like_any_other() -> None:
    for reply, action in (
        (page(context="c1", is_first=True), "Pull"),
        (page(is_first=True), None),
    ):
        conversation = enumeration()
        conversation.receive(TIMED_OUT)
        assert conversation.receive(reply) == []
        request = conversation.next_request()
        assert (request and request.action.rpartition("/")[2]) == action


def test_a_fault_ends_it_and_nothing_is_left_to_release() -> None:
    for conversation in (enumeration(), opened()):
        with pytest.raises(AccessDenied):
            conversation.receive(DENIED)
        assert conversation.next_request() is None
        assert conversation.abandon() is None


def test_a_fault_after_a_timeout_ends_it_too() -> None:
    conversation = enumeration()
    conversation.receive(TIMED_OUT)
    with pytest.raises(AccessDenied):
        conversation.receive(DENIED)


def test_a_fault_that_leaves_the_context_open_is_followed_by_a_release() -> None:
    conversation = opened("c1")
    assert not TOO_LARGE.ends_context
    with pytest.raises(LimitsExceeded):
        conversation.receive(TOO_LARGE)
    request = conversation.abandon()
    assert request is not None
    assert request.body == Release("c1").write()


@pytest.mark.parametrize(
    "fault",
    [
        FORGOTTEN,
        Fault("Sender", "a:DestinationUnreachable", reason="Enumeration context not found"),
    ],
)
def test_a_forgotten_context_says_to_fetch_all_first(fault: Fault) -> None:
    conversation = opened()
    with pytest.raises(InvalidEnumerationContext, match=r"\.all\(\)") as caught:
        conversation.receive(fault)
    assert fault.reason in str(caught.value)
    assert conversation.abandon() is None


def test_an_enumerate_has_no_context_to_forget() -> None:
    with pytest.raises(InvalidEnumerationContext) as caught:
        enumeration().receive(FORGOTTEN)
    assert ".all()" not in str(caught.value)


@pytest.mark.parametrize("inside", ["", "<n:Nothing/>"])
def test_a_reply_without_a_page_is_refused_and_the_context_released(inside: str) -> None:
    conversation = opened("c1")
    with pytest.raises(ProtocolError):
        conversation.receive(answer(inside))
    assert conversation.next_request() is None
    assert conversation.abandon() is not None


# Abandoning


def test_it_is_released_by_its_newest_context_and_once() -> None:
    conversation = opened("c1")
    conversation.receive(page(2, context="c2"))
    pull = conversation.next_request()
    request = conversation.abandon()
    assert pull is not None
    assert request == Request(
        "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Release",
        pull.resource_uri,
        Release("c2").write(),
        selectors=pull.selectors,
        options=pull.options,
        operation_timeout=60.0,
    )
    assert conversation.abandon() is None
    assert conversation.next_request() is None


def test_what_is_held_is_dropped_with_it() -> None:
    conversation = enumeration(known=())
    conversation.receive(page(1, context="c1", is_first=True))
    assert conversation.abandon() is not None
    assert not conversation.awaits_class
    assert conversation.next_request() is None


# The table


def test_every_event_has_its_row_in_every_state_but_the_last() -> None:
    assert set(_NEXT) == {
        (state, event) for state in _State if state is not _State.OVER for event in _Event
    }


class _Walk(RuleBasedStateMachine):
    """Any order of replies: what is sent fits what came, and nothing is left on the server."""

    def __init__(self) -> None:
        super().__init__()
        self.conversation = enumeration()
        self.context: str | None = None
        self.given: list[int] = []
        self.sent = 0
        self.is_over = False

    def _receive(self, reply: Reply | Fault) -> None:
        try:
            self.given += sizes(self.conversation.receive(reply))
        except MIError:
            self.is_over = True

    @precondition(lambda self: not self.is_over)
    @rule(count=st.integers(0, 3), is_last=st.booleans())
    def page_comes(self, count: int, *, is_last: bool) -> None:
        request = self.conversation.next_request()
        assert request is not None
        assert request.action.endswith("Enumerate" if self.context is None else "Pull")
        self.context = None if is_last else f"c{self.sent}"
        self._receive(page(*range(self.sent, self.sent + count), context=self.context))
        self.sent += count
        self.is_over = is_last

    @precondition(lambda self: not self.is_over)
    @rule()
    def nothing_comes_in_time(self) -> None:
        before = self.conversation.next_request()
        assert before is not None
        self._receive(TIMED_OUT)
        after = self.conversation.next_request()
        assert after == before or self.is_over or "Optimize" not in after.body  # type: ignore[union-attr]

    @precondition(lambda self: not self.is_over)
    @rule(fault=st.sampled_from([DENIED, FORGOTTEN, TOO_LARGE]))
    def fault_comes(self, fault: Fault) -> None:
        self._receive(fault)
        assert self.is_over
        self.context = None if fault.ends_context else self.context

    @precondition(lambda self: not self.is_over)
    @rule()
    def caller_has_had_enough(self) -> None:
        self.is_over = True

    @rule()
    def somebody_asks_what_is_next(self) -> None:
        assert self.conversation.next_request() == self.conversation.next_request()

    def teardown(self) -> None:
        if self.is_over:
            request = self.conversation.abandon()
            assert (request and request.body) == (self.context and Release(self.context).write())
            assert self.conversation.next_request() is None
        assert self.given == list(range(self.sent))


TestWalk = _Walk.TestCase
