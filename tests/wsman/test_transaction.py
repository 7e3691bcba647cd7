"""One request and its reply, and the classes that either may need first."""

from typing import Any

import pytest

from mi.errors import (
    AccessDenied,
    InvalidClass,
    InvalidNamespace,
    MIError,
    NotFound,
    NotSupported,
    OperationTimeout,
    ProtocolError,
    TypeMismatch,
)
from mi.instance import Instance
from mi.options import ServerKind
from mi.results import CimType
from mi.schema import Class
from mi.store import SchemaStore
from protocols.wsman.classes import class_request
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, NO_CLASSES
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.instances import Decoder
from protocols.wsman.outgoing import Outgoing
from protocols.wsman.transaction import Transaction
from tests.wsman.cases import DENIED, SETTINGS, SPACE, TIMED_OUT, answer, declare, declared

SENT = declare("X_Sent", Size=CimType.UINT8)
BACK = declare("X_Back", Size=CimType.UINT32)
ITEM = '<p:X_Back xmlns:p="urn:x/X_Back"><p:Size>7</p:Size></p:X_Back>'


class Sending(Transaction):
    """Sends an instance and reads one."""

    def __init__(self, store: SchemaStore, *, repeatable: bool = False) -> None:
        dialect = DIALECTS[ServerKind.WINRM3]
        self.repeatable = repeatable
        outgoing = Outgoing(SETTINGS, dialect, store, SPACE)
        super().__init__(outgoing, Decoder(store, SPACE), SETTINGS, store)

    def prepare(self) -> Request:
        instance = self._outgoing.typed(Instance("X_Sent", {"Size": 5}))
        body = self._outgoing.instance(instance, ["Size"])
        return Request("urn:Send", "urn:x", body, repeatable=self.repeatable)

    def read(self, reply: Reply) -> list[Any]:
        return [self._decoder.read(reply.body[0])]


def sending(*known: Class, repeatable: bool = False) -> Sending:
    return Sending(SchemaStore(known), repeatable=repeatable)


def test_the_request_is_sent_when_all_of_it_is_known_and_the_reply_read() -> None:
    conversation = sending(SENT, BACK)
    request = conversation.next_request()
    assert request is not None
    assert request.action == "urn:Send"
    assert not conversation.awaits_class
    [found] = conversation.receive(answer(ITEM))
    assert found["Size"] == 7
    assert conversation.next_request() is None


def test_a_class_is_asked_for_before_the_request_and_another_after_the_reply() -> None:
    conversation = sending()
    assert conversation.awaits_class
    assert conversation.next_request() == class_request(SPACE, "X_Sent", SETTINGS)
    assert conversation.receive(declared(SENT)) == []
    request = conversation.next_request()
    assert request is not None
    assert request.schema is None
    assert conversation.receive(answer(ITEM)) == []
    assert conversation.awaits_class
    assert conversation.next_request() == class_request(SPACE, "X_Back", SETTINGS)
    [found] = conversation.receive(declared(BACK))
    assert found["Size"] == 7
    assert not conversation.awaits_class
    assert conversation.next_request() is None


def test_a_class_that_became_known_elsewhere_is_not_asked_for() -> None:
    store = SchemaStore([BACK])
    conversation = Sending(store)
    store.add(SENT)
    assert conversation.next_request() is None
    assert conversation.awaits_class
    assert conversation.receive(CLASS_KNOWN) == []
    request = conversation.next_request()
    assert request is not None
    assert request.action == "urn:Send"


def test_a_class_that_somebody_else_waits_for_changes_nothing() -> None:
    conversation = sending(SENT, BACK)
    assert conversation.receive(CLASS_KNOWN) == []
    assert conversation.next_request() is not None


def test_a_server_that_declares_nothing_is_sent_and_gives_text() -> None:
    conversation = sending()
    assert conversation.receive(NO_CLASSES) == []
    request = conversation.next_request()
    assert request is not None
    assert 'xsi:type="cim:' not in request.body
    [found] = conversation.receive(answer(ITEM))
    assert (found.is_typed, found["Size"]) == (False, "7")


def test_what_does_not_fit_the_class_fails_before_it_is_sent() -> None:
    conversation = sending(BACK)
    with pytest.raises(MIError, match="no property named 'Size'") as caught:
        conversation.receive(declared(declare("X_Sent", Name=CimType.STRING)))
    assert not caught.value.outcome_unknown
    assert conversation.next_request() is None


def test_a_class_that_is_refused_before_the_request_leaves_nothing_done() -> None:
    conversation = sending()
    with pytest.raises(AccessDenied) as caught:
        conversation.receive(DENIED)
    assert not caught.value.outcome_unknown
    assert conversation.next_request() is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("WBEM_E_ACCESS_DENIED", AccessDenied),
        ("WBEM_E_INVALID_NAMESPACE", InvalidNamespace),
        ("WBEM_E_INVALID_CLASS", InvalidClass),
        ("RESOURCE_NOT_FOUND", NotFound),
    ],
)
def test_a_class_that_is_not_there_before_the_request_is_what_is_wrong_with_the_call(
    name: str, kind: type[MIError]
) -> None:
    conversation = sending()
    with pytest.raises(kind, match=r"^No\.") as caught:
        conversation.receive(Fault.of(name, "No."))
    assert "BASIC_RTTI" not in str(caught.value)


def test_a_class_that_is_refused_otherwise_names_both_ways_out() -> None:
    with pytest.raises(NotSupported, match="BASIC_RTTI"):
        sending().receive(Fault.of("ACTION_NOT_SUPPORTED", "No."))


def test_a_fault_means_that_nothing_came_of_it() -> None:
    conversation = sending(SENT)
    with pytest.raises(NotFound) as caught:
        conversation.receive(Fault.of("RESOURCE_NOT_FOUND", "no such thing"))
    assert not caught.value.outcome_unknown
    assert conversation.next_request() is None


@pytest.mark.parametrize("reply", [TIMED_OUT, answer(ITEM.replace(">7<", ">seven<"))])
def test_a_time_out_and_a_reply_that_cannot_be_read_leave_unknown_what_was_done(
    reply: Reply | Fault,
) -> None:
    with pytest.raises((OperationTimeout, ProtocolError)) as caught:
        sending(SENT, BACK).receive(reply)
    assert caught.value.outcome_unknown


def test_so_does_a_class_that_is_refused_after_the_reply() -> None:
    conversation = sending(SENT)
    conversation.receive(answer(ITEM))
    with pytest.raises(MIError, match="X_Back") as caught:
        conversation.receive(DENIED)
    assert caught.value.outcome_unknown


def test_of_what_changes_nothing_the_outcome_is_never_unknown() -> None:
    for reply in (TIMED_OUT, answer(ITEM.replace(">7<", ">x<"))):
        with pytest.raises(MIError) as caught:
            sending(SENT, BACK, repeatable=True).receive(reply)
        assert not caught.value.outcome_unknown


def test_a_call_that_cannot_be_put_into_a_message_does_not_begin() -> None:
    with pytest.raises(TypeMismatch):
        sending(declare("X_Sent", Size=CimType.REFERENCE))


def test_abandoning_it_leaves_nothing_to_send_or_to_wait_for() -> None:
    for conversation in (sending(), sending(SENT)):
        assert conversation.abandon() is None
        assert not conversation.awaits_class
        assert conversation.next_request() is None


def test_the_result_says_where_characters_were_replaced() -> None:
    [found] = sending(SENT, BACK).receive(answer(ITEM, is_repaired=True))
    assert found.is_repaired
