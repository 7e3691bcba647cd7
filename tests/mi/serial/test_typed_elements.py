"""The elements and the keys of an instance with the types they are written with."""

import pytest

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.results import CimType, Flags
from mi.serial import typed_elements


def test_every_element_has_a_type() -> None:
    instance = Instance("A", {"n": 1, "none": None, "nothing": [], "e": Instance("B")})
    instance.add("b", None, CimType.BOOLEAN)
    assert [(one.name, one.type) for one in typed_elements.elements(instance)] == [
        ("n", CimType.SINT32), ("none", CimType.STRING), ("nothing", CimType.STRING_ARRAY),
        ("e", CimType.INSTANCE), ("b", CimType.BOOLEAN),
    ]  # fmt: skip


def test_keys_have_the_type_they_were_given() -> None:
    instance = Instance("A", {"other": 1})
    instance.add("b", value=False, type=CimType.BOOLEAN, flags=Flags.KEY)
    instance.add("r", Instance("B", {"k": 1}), flags=Flags.KEY)
    assert [(one.name, one.type) for one in typed_elements.keys(instance)] == [
        ("b", CimType.BOOLEAN), ("r", CimType.REFERENCE),
    ]  # fmt: skip


def test_keys_that_a_server_sent_may_be_no_elements() -> None:
    identity = [("k", "v"), ("n", 2**40), ("r", Instance("B", {"k": 1}))]
    instance = Instance.received("A", {}, None, None, identity=identity)
    assert [one.type for one in typed_elements.keys(instance)] == [
        CimType.STRING, CimType.SINT64, CimType.REFERENCE,
    ]  # fmt: skip


def test_what_names_no_object_has_no_keys() -> None:
    with pytest.raises(InvalidParameter):
        list(typed_elements.keys(Instance.received("A", {}, None, None, is_typed=False)))
