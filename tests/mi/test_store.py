"""The store of class declarations: shared, loadable, picklable."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from mi.serial import cimxml
from mi.store import SchemaStore


def _class(name: str, namespace: str | None = "root/cimv2", superclass: str | None = None) -> Class:
    properties = NameMap([(f"{name}Id", Property(f"{name}Id", CimType.UINT32))])
    return Class(name, namespace, superclass=superclass, properties=properties)


_XML = cimxml.write([_class("Part"), Instance("Part", namespace="root/cimv2")])
_MOF = """
class Base { [Key] string Name; };
class Derived : Base { uint8 Level = 3; };
instance of Derived { Name = "a"; };
"""


def test_classes_are_found_by_namespace_and_name_without_case() -> None:
    store = SchemaStore([_class("Win32_Service")])
    found = store.find(r"ROOT\CIMV2", "win32_service")
    assert found is not None
    assert found.name == "Win32_Service"
    assert store.find("root/cimv2", "Win32_Process") is None
    assert store.find("root/other", "Win32_Service") is None
    assert store.find(None, "Win32_Service") is None


def test_a_class_is_taken_in_where_it_says_or_where_the_caller_says() -> None:
    store = SchemaStore()
    store.add(_class("A"))
    store.add(_class("B"), "root/cimv2")
    store.add(_class("C"), r"\root\test")
    store.add(_class("D", None), "root/test")
    assert {(found.namespace, found.name) for found in store} == {
        ("root/cimv2", "A"),
        ("root/cimv2", "B"),
        ("root/test", "C"),
        ("root/test", "D"),
    }


def test_a_class_that_belongs_nowhere_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"does not say its namespace\. Say namespace="):
        SchemaStore([_class("A", None)])


def test_a_class_takes_the_place_of_one_of_the_same_name() -> None:
    store = SchemaStore([_class("A")])
    store.add(Class("a", "ROOT/cimv2"))
    assert [found.name for found in store] == ["a"]


def test_an_empty_store_is_still_one() -> None:
    assert SchemaStore()
    assert len(SchemaStore()) == 0
    assert repr(SchemaStore([_class("A")])) == "<SchemaStore of 1 classes>"


def test_a_store_pickles() -> None:
    store = SchemaStore([_class("A"), _class("B", "root/test")])
    again = pickle.loads(pickle.dumps(store))
    assert list(again) == list(store)
    again.add(_class("C"))
    assert (len(again), len(store)) == (3, 2)


def test_any_thread_may_use_a_store() -> None:
    store = SchemaStore()

    def use(number: int) -> int:
        store.add(_class(f"Class{number}"))
        return sum(1 for found in store if store.find("root/cimv2", found.name))

    with ThreadPoolExecutor(8) as executor:
        counts = list(executor.map(use, range(200)))
    assert max(counts) == len(store) == 200


@pytest.mark.parametrize(
    "source",
    [
        _XML,
        f"\n  {_XML}",
        f"\ufeff{_XML}",
        _XML.encode(),
        _XML.encode("utf-8-sig"),
        _XML.encode("utf-16"),
    ],
)
def test_cim_xml_is_told_by_its_content(source: str | bytes) -> None:
    store = SchemaStore()
    store.load(source, "root/other")
    (part,) = store
    assert (part.namespace, part.name) == ("root/cimv2", "Part")  # for the text says so
    assert part.layout.types == {"PartId": CimType.UINT32}


@pytest.mark.parametrize("source", [_MOF, _MOF.encode(), _MOF.encode("utf-16")])
def test_mof_is_what_is_not_xml(source: str | bytes) -> None:
    store = SchemaStore()
    store.load(source, r"root\test")
    derived = store.find("root/test", "Derived")
    assert derived is not None
    assert derived.keys == ("Name",)  # which it inherits
    assert derived.properties["Level"].default == 3
    assert len(store) == 2


def test_a_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "classes.mof"
    path.write_text(_MOF, encoding="utf-8")
    store = SchemaStore()
    store.load(path, "root/test")
    assert len(store) == 2
    with pytest.raises(FileNotFoundError):
        store.load(tmp_path / "missing.mof", "root/test")


def test_a_superclass_may_be_in_the_store_already() -> None:
    store = SchemaStore()
    store.load("class Base { [Key] string Name; };", "root/test")
    store.load("class Derived : Base { };", "root/test")
    derived = store.find("root/test", "Derived")
    assert derived is not None
    assert derived.keys == ("Name",)


@pytest.mark.parametrize("source", ["class Derived : Unknown { };", "class {", "<CIM>", "<X/>"])
def test_what_cannot_be_read_is_refused(source: str) -> None:
    store = SchemaStore()
    with pytest.raises(InvalidParameter):
        store.load(source, "root/test")
    assert len(store) == 0


def test_a_text_is_taken_in_whole_or_not_at_all() -> None:
    store = SchemaStore()
    with pytest.raises(InvalidParameter):
        store.load("class A { }; class B : Unknown { };", "root/test")
    assert len(store) == 0


@pytest.mark.parametrize("source", ["", "// nothing", cimxml.write(Instance("Part"))])
def test_a_text_that_declares_no_class_is_refused(source: str) -> None:
    with pytest.raises(InvalidParameter, match="declares no class"):
        SchemaStore().load(source, "root/test")


def test_bytes_in_another_encoding_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="neither UTF-8 nor UTF-16"):
        SchemaStore().load("class Größe { };".encode("latin-1"), "root/test")
