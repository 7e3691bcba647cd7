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
    TestConnection,
)
from mi.errors import InvalidParameter, TypeMismatch
from mi.instance import Instance

_KEY = Instance("Win32_Service", {"Name": "Spooler"}, namespace="root/cimv2")
_ALL = [
    TestConnection(),
    GetInstance(_KEY),
    EnumerateInstances("Win32_Service"),
    QueryInstances("SELECT * FROM Win32_Service"),
    GetClass("Win32_Service"),
]


@pytest.mark.parametrize("call", _ALL, ids=lambda call: call.operation)
def test_a_call_is_a_frozen_value_that_pickles(call: Call[Any]) -> None:
    with pytest.raises(FrozenInstanceError):
        call.namespace = "root"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(call)) == call  # noqa: S301 - our own


@pytest.mark.parametrize("call", _ALL, ids=lambda call: call.operation)
def test_a_call_may_name_its_namespace(call: Call[Any]) -> None:
    assert call.namespace is None
    assert replace(call, namespace="root/default").namespace == "root/default"


@pytest.mark.parametrize("call", _ALL, ids=lambda call: call.operation)
def test_a_call_is_named_as_mi_names_the_operation(call: Call[Any]) -> None:
    assert call.operation in calls.__all__


def test_which_calls_have_one_result() -> None:
    assert [call.unary for call in _ALL] == [True, True, False, False, True]


def test_only_a_connection_test_may_have_no_result() -> None:
    assert [call.optional for call in _ALL] == [True, False, False, False, False]


def test_calls_that_only_read_may_be_repeated() -> None:
    assert all(call.repeatable for call in _ALL)


def test_only_the_key_of_a_get_names_an_object() -> None:
    assert [call.target for call in _ALL] == [None, _KEY, None, None, None]


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


@pytest.mark.parametrize("given", ["", "  "])
def test_neither_query_nor_dialect_is_empty(given: str) -> None:
    with pytest.raises(InvalidParameter, match="the query is empty"):
        QueryInstances(given)
    with pytest.raises(InvalidParameter, match="the dialect is empty"):
        QueryInstances("SELECT * FROM Win32_Service", given)


def test_query_and_dialect_are_strings() -> None:
    with pytest.raises(TypeMismatch, match="a query is a string"):
        QueryInstances(5)  # type: ignore[arg-type]
    with pytest.raises(TypeMismatch, match="a dialect is a string"):
        QueryInstances("SELECT * FROM Win32_Service", None)  # type: ignore[arg-type]


def test_third_parties_make_calls_of_their_own() -> None:
    @dataclass(frozen=True, slots=True)
    class Restart(Call[None]):
        name: str

    call = Restart("Spooler", namespace="root/cimv2")
    assert (call.operation, call.name, call.namespace) == ("Restart", "Spooler", "root/cimv2")
