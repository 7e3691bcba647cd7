"""The declaration that a conversation waits for."""

import pytest

from mi.errors import MIError, ProtocolError
from mi.results import CimType
from mi.store import SchemaStore
from protocols.wsman.classes import class_request
from protocols.wsman.dialects import CLASS_KNOWN
from protocols.wsman.instances import UnknownClass
from protocols.wsman.wanted import Wanted
from tests.wsman.cases import DENIED, SETTINGS, SPACE, declare, declared

THING = declare("X_Thing", Size=CimType.UINT32)


def wanting(store: SchemaStore) -> Wanted:
    wanted = Wanted(SETTINGS, store)
    wanted.want(UnknownClass(SPACE, "X_Thing"))
    return wanted


def test_nothing_is_wanted_at_first() -> None:
    wanted = Wanted(SETTINGS, SchemaStore())
    assert not wanted.is_open
    assert wanted.request() is None
    wanted.receive(CLASS_KNOWN)
    assert not wanted.is_open


def test_a_class_is_asked_for_until_it_is_known() -> None:
    store = SchemaStore()
    wanted = wanting(store)
    assert wanted.is_open
    assert wanted.request() == class_request(SPACE, "X_Thing", SETTINGS)
    store.add(THING)
    assert wanted.request() is None
    assert wanted.is_open


def test_the_answer_is_remembered_for_all() -> None:
    store = SchemaStore()
    wanted = wanting(store)
    wanted.receive(declared(THING))
    assert not wanted.is_open
    found = store.find(SPACE, "x_thing")
    assert found is not None
    assert found.server_name == "server01"


def test_that_it_became_known_elsewhere_ends_the_wait() -> None:
    wanted = wanting(SchemaStore())
    wanted.receive(CLASS_KNOWN)
    assert not wanted.is_open


def test_a_refusal_names_the_class_and_the_two_ways_out() -> None:
    wanted = wanting(SchemaStore())
    with pytest.raises(MIError, match=r"X_Thing.*BASIC_RTTI.*SchemaStore"):
        wanted.receive(DENIED)
    assert not wanted.is_open


def test_another_class_is_no_answer() -> None:
    wanted = wanting(SchemaStore())
    with pytest.raises(ProtocolError, match="X_Else, not X_Thing"):
        wanted.receive(declared(declare("X_Else")))


def test_it_can_be_given_up() -> None:
    wanted = wanting(SchemaStore())
    wanted.drop()
    assert not wanted.is_open
