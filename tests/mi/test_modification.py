"""What a modification writes, and what it refuses to."""

import pytest

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.modification import changed_names, key_names
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Property, Qualifier

KEY = NameMap([("key", Qualifier("key", CimType.BOOLEAN, value=True))])
THING = Class(
    "X_Thing",
    "root/x",
    properties=NameMap(
        (one.name, one)
        for one in (
            Property("Id", CimType.STRING, qualifiers=KEY),
            Property("Size", CimType.UINT32),
            Property("Note", CimType.STRING),
        )
    ),
)


def received(**values: object) -> Instance:
    return Instance.received("X_Thing", dict(values), THING.layout, "root/x")


def test_of_a_declared_instance_the_keys_are_those_of_its_class() -> None:
    assert key_names(received(Id="a", Size=1)) == ("Id",)


def test_of_an_instance_without_a_class_the_keys_are_those_flagged() -> None:
    instance = Instance("X_Thing", {"Size": 1})
    instance.add("Id", "a", flags=Flags.KEY)
    assert key_names(instance) == ("Id",)


def test_of_an_instance_that_came_with_its_key_that_is_its_key() -> None:
    instance = Instance.received("X_Thing", {"ID": "a"}, None, "root/x", identity=[("Id", "a")])
    assert key_names(instance) == ("ID",)


def test_where_nobody_says_which_elements_are_the_key_they_are_not_guessed() -> None:
    with pytest.raises(InvalidParameter, match=r"key is not known.*flags=Flags\.KEY"):
        key_names(Instance("X_Thing", {"Id": "a", "Size": 1}))


def test_of_an_instance_that_came_the_changes_are_what_was_set_since() -> None:
    instance = received(Id="a", Size=1, Note="n")
    instance["Note"] = None
    assert changed_names(instance, ("Id",)) == ("Note",)


def test_of_a_clients_instance_the_changes_are_all_that_is_not_null() -> None:
    assert changed_names(Instance(THING, {"Id": "a", "Size": 1}), ("Id",)) == ("Size",)


def test_a_key_that_was_set_would_name_another_object() -> None:
    instance = received(Id="a", Size=1)
    instance["Id"] = "b"
    with pytest.raises(InvalidParameter, match="the key Id was set"):
        changed_names(instance, ("Id",))


def test_nothing_to_write_is_a_mistake() -> None:
    with pytest.raises(InvalidParameter, match=r"nothing of this X_Thing was set.*set again"):
        changed_names(received(Id="a", Size=1), ("Id",))
