"""Calls are values, checked when they are made."""

import pickle
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import pytest

from mi import calls
from mi.calls import (
    Call,
    EnumerateInstances,
    GetClass,
    GetInstance,
    QueryInstances,
    Subscribe,
    SubscribeEventLog,
    TestConnection,
)
from mi.errors import InvalidParameter, TypeMismatch
from mi.instance import Instance
from mi.options import SubscriptionDeliveryOptions

_KEY = Instance("Win32_Service", {"Name": "Spooler"}, namespace="root/cimv2")
_ALL = [
    TestConnection(),
    GetInstance(_KEY),
    EnumerateInstances("Win32_Service"),
    QueryInstances("SELECT * FROM Win32_Service"),
    GetClass("Win32_Service"),
    Subscribe("SELECT * FROM __InstanceCreationEvent WITHIN 5"),
    SubscribeEventLog("<QueryList/>"),
]


@pytest.mark.parametrize("call", _ALL, ids=lambda call: call.operation)
def test_a_call_is_a_frozen_value_that_pickles(call: Call[Any]) -> None:
    with pytest.raises(FrozenInstanceError):
        call.namespace = "root"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(call)) == call


@pytest.mark.parametrize("call", _ALL, ids=lambda call: call.operation)
def test_a_call_may_name_its_namespace(call: Call[Any]) -> None:
    assert call.namespace is None
    assert replace(call, namespace="root/default").namespace == "root/default"


@pytest.mark.parametrize("call", _ALL, ids=lambda call: call.operation)
def test_a_call_is_named_as_mi_names_the_operation(call: Call[Any]) -> None:
    assert call.operation in calls.__all__


def test_which_calls_have_one_result() -> None:
    assert [type(call) for call in _ALL if call.unary] == [TestConnection, GetInstance, GetClass]


def test_only_a_connection_test_may_have_no_result() -> None:
    assert [type(call) for call in _ALL if call.optional] == [TestConnection]


def test_calls_that_only_read_may_be_repeated_and_subscriptions_may_not() -> None:
    repeatable = [type(call) for call in _ALL if not call.repeatable]
    assert repeatable == [Subscribe, SubscribeEventLog]


def test_subscriptions_alone_go_on_until_somebody_ends_them() -> None:
    assert [type(call) for call in _ALL if call.endless] == [Subscribe, SubscribeEventLog]


def test_only_the_key_of_a_get_names_an_object() -> None:
    assert [type(call) for call in _ALL if call.target is not None] == [GetInstance]
    assert GetInstance(_KEY).target is _KEY


@pytest.mark.parametrize("make", [EnumerateInstances, GetClass])
def test_a_class_name_is_a_legal_one(make: Any) -> None:
    with pytest.raises(InvalidParameter, match="is not a legal class name"):
        make("Win32_Service; DROP")
    with pytest.raises(TypeMismatch):
        make(None)


@pytest.mark.parametrize("given", ["Win32_Service", None, {"Name": "Spooler"}])
def test_a_key_is_an_instance(given: Any) -> None:
    with pytest.raises(TypeMismatch, match="a key is an Instance"):
        GetInstance(given)


@pytest.mark.parametrize("make", [QueryInstances, Subscribe])
@pytest.mark.parametrize("given", ["", "  "])
def test_neither_query_nor_dialect_is_empty(make: Any, given: str) -> None:
    with pytest.raises(InvalidParameter, match="the query is empty"):
        make(given)
    with pytest.raises(InvalidParameter, match="the dialect is empty"):
        make("SELECT * FROM Win32_Service", given)


@pytest.mark.parametrize("make", [QueryInstances, Subscribe])
def test_query_and_dialect_are_strings(make: Any) -> None:
    with pytest.raises(TypeMismatch, match="a query is a string"):
        make(5)
    with pytest.raises(TypeMismatch, match="a dialect is a string"):
        make("SELECT * FROM Win32_Service", None)


def test_query_list_and_bookmark_are_strings_that_say_something() -> None:
    with pytest.raises(InvalidParameter, match="the query_list is empty"):
        SubscribeEventLog(" ")
    with pytest.raises(InvalidParameter, match="the bookmark is empty"):
        SubscribeEventLog("<QueryList/>", "")
    with pytest.raises(TypeMismatch, match="a bookmark is a string, not 7"):
        SubscribeEventLog("<QueryList/>", 7)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [Subscribe, SubscribeEventLog])
def test_delivery_options_are_copied(make: Any) -> None:
    delivery = SubscriptionDeliveryOptions(bookmark="<BookmarkList/>")
    call = make("<QueryList/>", delivery=delivery)
    delivery.bookmark = None
    assert call.delivery.bookmark == "<BookmarkList/>"
    with pytest.raises(TypeMismatch, match="delivery is SubscriptionDeliveryOptions"):
        make("<QueryList/>", delivery={"bookmark": "x"})


def test_third_parties_make_calls_of_their_own() -> None:
    @dataclass(frozen=True, slots=True)
    class Restart(Call[None]):
        name: str

    call = Restart("Spooler", namespace="root/cimv2")
    assert (call.operation, call.name, call.namespace) == ("Restart", "Spooler", "root/cimv2")
