"""A condition fits a class or is refused, and then is met by an instance or not."""

from typing import Any

import pytest

from mi.errors import InvalidQuery
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from protocols.loopback.conditions import (
    SYSTEM_PROPERTIES,
    Comparison,
    Condition,
    IsA,
    Joined,
    Not,
    spelling,
)

NAMESPACE = "root/test"
THING = Class("Thing", NAMESPACE)
EVENT = Class(
    "Happened",
    NAMESPACE,
    properties=NameMap(
        (name, Property(name, kind))
        for name, kind in {
            "Target": CimType.INSTANCE,
            "To": CimType.REFERENCE,
            "Count": CimType.UINT32,
            "Flag": CimType.BOOLEAN,
            "Tags": CimType.STRING_ARRAY,
        }.items()
    ),
)
TARGET = Instance("Thing", {"Name": "one", "Number": 7, "Tags": ["a"]}, namespace=NAMESPACE)
TARGET.add("When", None, CimType.DATETIME)
TARGET.add("Inside", Instance("Trustee", {"Name": "ops"}, namespace=NAMESPACE))
TO = Instance("Trustee", {"K": 1})
EMPTY = Instance(EVENT)
FULL = Instance(EVENT, {"Target": TARGET, "To": TO, "Count": 3}, server_name="HOST")


def is_a(name: str, ancestor: str) -> bool:
    ancestry = {"happened": ("happened", "event"), "thing": ("thing", "base")}
    return ancestor.lower() in ancestry.get(name.lower(), ())


def met(condition: Condition, instance: Instance = FULL) -> bool:
    return condition.bind(EVENT, is_a)(instance)


@pytest.mark.parametrize(
    ("name", "sign", "constant"),
    [
        ("COUNT", "=", 3),
        ("Count", ">=", 3),
        ("Tags", "=", None),
        ("Target", "<>", None),
        ("__class", "=", "HAPPENED"),
        ("__Namespace", "LIKE", r"root\t%"),
        ("__SERVER", "=", "host"),
    ],
)
def test_a_property_is_compared(name: str, sign: str, constant: Any) -> None:
    assert met(Comparison(name, sign, constant))
    assert not met(Not(Comparison(name, sign, constant)))


@pytest.mark.parametrize(
    ("name", "sign", "constant", "is_met"),
    [
        ("target.name", "LIKE", "on%", True),
        ("Target.Number", "=", 7, True),
        ("Target.Number", ">", 7, False),
        ("Target.Inside.Name", "=", "OPS", True),
        ("Target.__CLASS", "=", "Thing", True),
        ("Target.Inside.__Namespace", "LIKE", "%test", True),
        ("Target.Other", "=", 1, False),
        ("Target.Number.Deeper", "=", 1, False),
        ("Target.When", "=", None, True),
    ],
)
def test_so_is_one_of_an_object_that_has_it(
    name: str, sign: str, constant: Any, is_met: bool
) -> None:
    assert met(Comparison(name, sign, constant)) is is_met
    assert not met(Comparison(name, sign, constant), EMPTY)


@pytest.mark.parametrize(
    ("name", "class_name", "is_met"),
    [
        ("__this", "Event", True),
        ("__CLASS", "happened", True),
        ("__THIS", "Thing", False),
        ("Target", "Base", True),
        ("Target", "Trustee", False),
        ("To", "Trustee", False),
    ],
)
def test_an_object_may_be_of_a_class(name: str, class_name: str, is_met: bool) -> None:
    assert met(IsA(name, class_name)) is is_met


def test_what_is_not_there_is_of_no_class() -> None:
    assert not met(IsA("Target", "Thing"), EMPTY)


@pytest.mark.parametrize(("decide", "expected"), [(all, False), (any, True)])
def test_conditions_are_joined(decide: Any, expected: bool) -> None:
    assert met(Joined((IsA("__THIS", "Event"), Comparison("Count", "=", 4)), decide)) is expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (Comparison("Other", "=", 1), "Happened has no property Other"),
        (Comparison("Count", "LIKE", "1%"), "LIKE"),
        (Comparison("Count", "=", "x"), "not a uint32"),
        (Comparison("Tags", "=", "x"), "arrays"),
        (Comparison("Flag", ">", constant=True), "not less or greater"),
        (Comparison("Count.Name", "=", 1), "Count is no object, so it has no Name"),
        (IsA("Count", "Thing"), "Count is no object, so ISA says nothing about it"),
        (IsA("Other", "Thing"), "no property Other"),
    ],
)
def test_what_does_not_fit_the_class_is_an_error(condition: Condition, message: str) -> None:
    for one in (condition, Not(condition), Joined((condition,), any)):
        with pytest.raises(InvalidQuery, match=message):
            one.bind(EVENT, is_a)


def test_system_properties_belong_to_every_class() -> None:
    assert [spelling(THING, name.lower()) for name in SYSTEM_PROPERTIES] == [*SYSTEM_PROPERTIES]
