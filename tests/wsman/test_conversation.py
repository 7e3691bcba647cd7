"""What all conversations are."""

import pytest

from mi.calls import EnumerateInstances, GetClass, GetInstance, QueryInstances
from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.options import ServerKind
from mi.store import SchemaStore
from protocols.wsman.classes import Declaration
from protocols.wsman.conversation import Conversation, namespace_of
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, Settings
from protocols.wsman.enumeration import Enumeration
from protocols.wsman.transfer import Retrieval

WINRM3 = DIALECTS[ServerKind.WINRM3]
KEY = Instance("X_Thing", {"Name": "n"})


def conversations() -> list[Conversation]:
    rest = (Settings(), WINRM3, SchemaStore())
    return [
        Retrieval(GetInstance(KEY, namespace="root/test"), *rest),
        Enumeration(EnumerateInstances("X_Thing", namespace="root/test"), *rest),
        Enumeration(QueryInstances("SELECT * FROM X_Thing", namespace="root/test"), *rest),
        Declaration(GetClass("X_Thing", namespace="root/test"), *rest),
    ]


@pytest.mark.parametrize("conversation", conversations(), ids=lambda one: type(one).__name__)
def test_asking_what_is_next_changes_nothing(conversation: Conversation) -> None:
    first = conversation.next_request()
    assert first is not None
    assert conversation.next_request() == first


@pytest.mark.parametrize("conversation", conversations(), ids=lambda one: type(one).__name__)
def test_a_class_that_nobody_waits_for_changes_nothing(conversation: Conversation) -> None:
    first = conversation.next_request()
    assert not conversation.awaits_class
    assert conversation.receive(CLASS_KNOWN) == []
    assert conversation.next_request() == first


@pytest.mark.parametrize("conversation", conversations(), ids=lambda one: type(one).__name__)
def test_a_conversation_abandoned_before_it_began_leaves_nothing_behind(
    conversation: Conversation,
) -> None:
    assert conversation.abandon() is None
    assert conversation.next_request() is None
    assert conversation.abandon() is None


def test_a_call_says_its_namespace() -> None:
    assert namespace_of(GetClass("X_Thing", namespace="root/test")) == "root/test"
    with pytest.raises(InvalidParameter, match="GetClass"):
        namespace_of(GetClass("X_Thing"))
