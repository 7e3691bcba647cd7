"""Instances, read from COM, are what any other transport makes of them."""

from typing import Any

import pytest

from mi.errors import ProtocolError
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Property, Qualifier
from protocols.wmidcom.com.namespace import Namespace
from protocols.wmidcom.com.object_reader import ObjectReader, nothing
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.services import WbemError
from tests.wmidcom.com.class_objects import ClassObject
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.fake_services import FakeConnection

NOT_FOUND = 0x80041002


def _read(reader: ObjectReader, found: ClassObject) -> Any:
    with WbemObject(found.system, found.address) as held:
        return reader.read(held)


def _key(name: str, cim_type: CimType = CimType.STRING) -> Property:
    key = Qualifier("key", CimType.BOOLEAN, value=True)
    return Property(name, cim_type, qualifiers=NameMap([("key", key)]))


def _class(name: str, *properties: Property) -> Class:
    return Class(name, properties=NameMap((one.name, one) for one in properties))


def test_every_instance_is_what_it_was(
    system: FakeSystem, wmi: FakeConnection, namespace: Namespace
) -> None:
    for class_ in wmi.repository.descendants("root/cimv2"):
        for instance in wmi.repository.instances("root/cimv2", class_.name, deep=False):
            read = _read(namespace.reader, system.object_of(instance))
            assert repr([*read.elements()]) == repr([*instance.elements()])  # nan is nan here
            assert read.key == instance.key
            assert (read.namespace, read.server_name, read.is_typed) == ("root/cimv2", None, True)


def test_an_instance_has_the_flags_of_its_class_that_it_does_not_know_itself(
    system: FakeSystem,
) -> None:
    read_only = Qualifier("read", CimType.BOOLEAN, value=True)
    declared = _class("X", Property("A", CimType.STRING, qualifiers=NameMap([("read", read_only)])))

    def fetch(_name: str) -> WbemObject:
        return WbemObject(system, ClassObject(system, declared).address)

    for reader, flags in (
        (_reader(system, fetch), Flags.READ_ONLY),
        (_reader(system), Flags.NONE),
    ):
        read = _read(reader, ClassObject(system, declared, {"A": "text"}))
        assert read.element("A").flags & Flags.READ_ONLY == flags


def test_a_class_is_asked_for_once(
    system: FakeSystem, wmi: FakeConnection, namespace: Namespace
) -> None:
    for instance in wmi.repository.instances("root/cimv2", "Win32_LogicalDisk"):
        _read(namespace.reader, system.object_of(instance))
    assert len(wmi.named("get_class")) == 1


def test_a_part_of_an_object_has_the_key_of_its_class_or_none_at_all(
    system: FakeSystem, wmi: FakeConnection, namespace: Namespace
) -> None:
    declared = wmi.repository.find_class("root/cimv2", "Win32_Service")
    part = ClassObject(system, declared, {"State": "Running"})
    assert _read(namespace.reader, part).missing != ()
    part = ClassObject(system, declared, {"Name": "Spooler"})
    assert _read(namespace.reader, part).key == {"Name": "Spooler"}


def _reader(system: FakeSystem, fetch: Any = None) -> ObjectReader:
    def refuse(_name: str) -> WbemObject:
        raise WbemError(NOT_FOUND)

    return ObjectReader(system, fetch or refuse, "root/cimv2", "server01")


def test_without_a_class_an_instance_tells_what_it_knows(system: FakeSystem) -> None:
    declared = _class("X", _key("A", CimType.UINT32), Property("B", CimType.SINT8))
    found = ClassObject(system, declared, {"A": 4294967295, "B": -1})
    read = _read(_reader(system), found)
    assert read.element("A") == ("A", 4294967295, CimType.UINT32, read.element("A").flags)
    assert read.element("B").type is CimType.SINT8
    assert read.key == {"A": 4294967295}
    assert (read.namespace, read.server_name) == ("root/cimv2", "server01")


def test_a_key_that_only_the_path_says_is_the_key(system: FakeSystem) -> None:
    declared = _class("X", Property("A", CimType.UINT32), Property("B", CimType.STRING))
    found = ClassObject(system, declared, {"A": 7, "B": None}, 'X.a=7,Gone="x"\0\0')
    assert _read(_reader(system), found).key == {"A": 7, "Gone": "x"}


@pytest.mark.parametrize("path", [None, "X\0\0", "X=@"])
def test_a_path_without_a_key_says_none(system: FakeSystem, path: str | None) -> None:
    declared = _class("X", Property("A", CimType.UINT32))
    assert _read(_reader(system), ClassObject(system, declared, {"A": 7}, path)).key == {}


def test_an_instance_that_says_it_is_the_class_tells_only_what_it_knows(
    system: FakeSystem,
) -> None:
    declared = _class("X", Property("A", CimType.UINT32))

    def fetch(_name: str) -> WbemObject:
        return WbemObject(system, ClassObject(system, declared, {"A": 1}).address)

    read = _read(_reader(system, fetch), ClassObject(system, declared, {"A": 7}, "X.A=7"))
    assert (read["A"], read.key) == (7, {"A": 7})


def test_a_class_that_has_changed_meanwhile_is_not_believed(system: FakeSystem) -> None:
    before = _class("X", Property("A", CimType.STRING))

    def fetch(_name: str) -> WbemObject:
        return WbemObject(system, ClassObject(system, before).address)

    now = _class("X", Property("A", CimType.UINT32))
    read = _read(_reader(system, fetch), ClassObject(system, now, {"A": 7}))
    assert read.element("A").type is CimType.UINT32


def test_an_embedded_class_is_an_instance_of_its_default_values(system: FakeSystem) -> None:
    outer = _class("X", Property("A", CimType.INSTANCE))
    inner = _class("Y", Property("B", CimType.STRING, default="default"))
    found = ClassObject(system, outer, {"A": Instance("Y")})
    found._new = lambda _: ClassObject(system, inner).address  # type: ignore[method-assign]
    read = _read(_reader(system), found)
    assert (read["A"].class_name, dict(read["A"])) == ("Y", {"B": "default"})


def test_a_reference_is_typed_by_a_class_that_is_known(system: FakeSystem) -> None:
    target = _class("Y", _key("Number", CimType.UINT32))
    outer = _class("X", Property("A", CimType.REFERENCE))
    value = Instance("Y", {"Number": 7}, namespace="root/cimv2")
    unknown = _read(_reader(system), ClassObject(system, outer, {"A": value}))
    assert dict(unknown["A"]) == {"Number": "7"}

    def find(namespace: str | None, name: str) -> Class | None:
        return target if (namespace, name) == ("root/cimv2", "Y") else None

    known = ObjectReader(system, _reader(system)._fetch, "root/cimv2", None, find)
    assert dict(_read(known, ClassObject(system, outer, {"A": value}))["A"]) == {"Number": 7}


def test_a_value_that_is_none_of_its_type_is_refused_by_name(system: FakeSystem) -> None:
    declared = _class("X", Property("A", CimType.REFERENCE))
    value = Instance("Y", {"Number": 7})
    found = ClassObject(system, declared, {"A": value})
    found._give = (  # type: ignore[method-assign]
        lambda variant, _value, cim_type: ClassObject._give(
            found, variant, "..." if cim_type is CimType.REFERENCE else _value,
            CimType.STRING if cim_type is CimType.REFERENCE else cim_type,
        )
    )  # fmt: skip
    with pytest.raises(ProtocolError, match=r"X\.A: .* is not the path of an object"):
        _read(_reader(system), found)


def test_an_object_of_no_class_is_refused(system: FakeSystem) -> None:
    with pytest.raises(ProtocolError, match="an instance is one of no class"):
        _read(_reader(system), ClassObject(system, _class(""), {}))


def test_nothing_is_known_to_who_knows_nothing() -> None:
    assert nothing("root/cimv2", "X") is None
