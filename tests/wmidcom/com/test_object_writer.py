"""Values are put into an object that its class has spawned; on a failure nothing is left."""

from typing import Any

import pytest

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from protocols.wmidcom.com.object_writer import ObjectWriter
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.services import Outgoing, WbemError
from tests.wmidcom.com.class_objects import ClassObject
from tests.wmidcom.com.com_server import FakeSystem

NODE = Class(
    "Node",
    "root/cimv2",
    properties=NameMap([("Next", Property("Next", CimType.INSTANCE)),
                        ("Name", Property("Name", CimType.STRING)),
                        ("Other", Property("Other", CimType.REFERENCE))]),
)  # fmt: skip


def _chain(depth: int) -> Instance:
    node = Instance(NODE, {"Name": "last"})
    for _ in range(depth):
        node = Instance(NODE, {"Next": node})
    return node


def _written(system: FakeSystem, instance: Instance, **embedded: Class) -> Instance:
    def fetch(name: str) -> WbemObject:
        assert name == "Node"
        return WbemObject(system, ClassObject(system, NODE).address)

    outgoing = Outgoing(instance, NODE, tuple(instance), embedded or {"node": NODE})
    with (
        fetch("Node") as class_,
        ObjectWriter(system, fetch, outgoing).spawned(class_) as written,
    ):
        found = next(one for one in system.living if one.address == written.address)
        assert isinstance(found, ClassObject)
        return found.instance()


def _depth(instance: Any) -> int:
    return 0 if instance["Next"] is None else 1 + _depth(instance["Next"])


def test_objects_are_embedded_in_objects(system: FakeSystem) -> None:
    assert _depth(_written(system, _chain(3))) == 3


def test_a_reference_goes_as_its_path(system: FakeSystem) -> None:
    other = Instance("X", {"A": 1}, namespace="root/cimv2")
    written = _written(system, Instance(NODE, {"Other": other}))
    assert written["Other"].path == r"\\.\root\cimv2:X.A=1"


def test_too_many_in_one_another_are_refused(system: FakeSystem) -> None:
    with pytest.raises(InvalidParameter, match="embedded deeper than 64 levels"):
        _written(system, _chain(65))


def test_a_value_that_is_refused_leaves_nothing(
    system: FakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any) -> None:
        raise WbemError(0x80041005)

    monkeypatch.setattr(ClassObject, "put", refuse)
    with pytest.raises(WbemError, match="0x80041005"):
        _written(system, _chain(1))
