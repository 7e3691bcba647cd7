"""Calls are values, checked when they are made."""

import pickle
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import pytest

from mi import calls
from mi.calls import (
    AssociatorInstances,
    Call,
    CreateInstance,
    DeleteInstance,
    EnumerateClasses,
    EnumerateInstances,
    GetClass,
    GetInstance,
    Invoke,
    ModifyInstance,
    QueryInstances,
    ReferenceInstances,
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
    CreateInstance(_KEY),
    ModifyInstance(_KEY),
    DeleteInstance(_KEY),
    Invoke(_KEY, "StopService", {}),
    AssociatorInstances(_KEY),
    ReferenceInstances(_KEY),
    EnumerateClasses(),
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
    assert [type(call) for call in _ALL if call.unary] == [
        TestConnection, GetInstance, GetClass, CreateInstance, ModifyInstance, DeleteInstance,
        Invoke,
    ]  # fmt: skip


def test_which_calls_may_have_no_result() -> None:
    assert [type(call) for call in _ALL if call.optional] == [
        TestConnection, ModifyInstance, DeleteInstance,
    ]  # fmt: skip


def test_calls_that_only_read_may_be_repeated_and_others_may_not() -> None:
    assert [type(call) for call in _ALL if not call.repeatable] == [
        CreateInstance, ModifyInstance, DeleteInstance, Invoke, Subscribe, SubscribeEventLog,
    ]  # fmt: skip


def test_subscriptions_alone_go_on_until_somebody_ends_them() -> None:
    assert [type(call) for call in _ALL if call.endless] == [Subscribe, SubscribeEventLog]


def test_what_a_call_is_about_is_an_instance_or_nothing() -> None:
    assert [type(call) for call in _ALL if call.about is _KEY] == [
        GetInstance, CreateInstance, ModifyInstance, DeleteInstance, Invoke, AssociatorInstances,
        ReferenceInstances,
    ]  # fmt: skip
    assert Invoke("Win32_Process", "Create").about is None
    assert EnumerateClasses().about is None


def test_only_a_create_is_about_an_instance_that_need_not_name_an_object() -> None:
    assert [type(call) for call in _ALL if not call.needs_key] == [CreateInstance]


@pytest.mark.parametrize("make", [EnumerateInstances, GetClass])
def test_a_class_name_is_a_legal_one(make: Any) -> None:
    with pytest.raises(InvalidParameter, match="is not a legal class name"):
        make("Win32_Service; DROP")
    with pytest.raises(TypeMismatch):
        make(None)


@pytest.mark.parametrize(
    "make", [GetInstance, DeleteInstance, AssociatorInstances, ReferenceInstances]
)
@pytest.mark.parametrize("given", ["Win32_Service", None, {"Name": "Spooler"}])
def test_a_key_is_an_instance(make: Any, given: Any) -> None:
    with pytest.raises(TypeMismatch, match="the key is an Instance"):
        make(given)


@pytest.mark.parametrize("make", [CreateInstance, ModifyInstance])
def test_what_is_created_or_modified_is_an_instance(make: Any) -> None:
    with pytest.raises(TypeMismatch, match="the instance is an Instance"):
        make({"Name": "Spooler"})


def test_a_method_is_one_of_an_instance_or_of_a_class() -> None:
    assert Invoke(_KEY, "StopService").class_name == "Win32_Service"
    assert Invoke("Win32_Process", "Create").class_name == "Win32_Process"
    with pytest.raises(TypeMismatch, match="one of an Instance or a class, not of None"):
        Invoke(None, "StopService")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "method", "parameters", "message"),
    [
        ("Win32 Process", "Create", None, "is not a legal class name"),
        ("Win32_Process", "Cre/ate", None, "is not a legal method name"),
        ("Win32_Process", "Create", {"Command Line": "x"}, "is not a legal parameter name"),
    ],
)
def test_the_names_of_an_invoke_are_legal_ones(
    target: str, method: str, parameters: Any, message: str
) -> None:
    with pytest.raises(InvalidParameter, match=message):
        Invoke(target, method, parameters)


def test_parameters_are_a_mapping_and_are_copied() -> None:
    given = {"CommandLine": "calc.exe"}
    call = Invoke("Win32_Process", "Create", given)
    given.clear()
    assert call.parameters == {"CommandLine": "calc.exe"}
    with pytest.raises(TypeMismatch, match="parameters are a mapping"):
        Invoke("Win32_Process", "Create", [("CommandLine", "x")])  # type: ignore[arg-type]


def test_parameters_may_be_an_instance_that_knows_their_types() -> None:
    given = Instance("Parameters", {"CommandLine": "calc.exe"})
    call = Invoke("Win32_Process", "Create", given)
    assert call.parameters == given
    assert call.parameters is not given


@pytest.mark.parametrize(
    "make",
    [
        lambda: AssociatorInstances(_KEY, association_class="a b"),
        lambda: AssociatorInstances(_KEY, result_class="a b"),
        lambda: ReferenceInstances(_KEY, result_class="a b"),
        lambda: EnumerateClasses("a b"),
        lambda: AssociatorInstances(_KEY, role="a b"),
        lambda: AssociatorInstances(_KEY, result_role="a b"),
        lambda: ReferenceInstances(_KEY, role="a b"),
    ],
)
def test_the_names_that_narrow_a_call_are_legal_ones(make: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"'a b' is not a legal (class name|role)"):
        make()


def test_a_pattern_is_not_empty() -> None:
    assert EnumerateClasses(pattern="Win32_*").pattern == "Win32_*"
    with pytest.raises(InvalidParameter, match="the pattern is empty"):
        EnumerateClasses(pattern=" ")


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
