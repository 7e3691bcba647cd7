"""A repository finds classes and instances as WMI does: deep, and by keys without case."""

from dataclasses import replace
from typing import Any

import pytest

from mi.errors import (
    InvalidClass,
    InvalidNamespace,
    InvalidParameter,
    InvalidQuery,
    MethodNotFound,
    NoSuchProperty,
    NotFound,
    TypeMismatch,
)
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Method, Property, Qualifier
from protocols.loopback import wql
from protocols.loopback.repository import Change, Invoked, Repository

KEY = NameMap([("key", Qualifier("key", CimType.BOOLEAN, value=True))])


def declared(
    name: str, keys: dict[str, CimType], superclass: Class | None = None, **kinds: CimType
) -> Class:
    properties = {key: Property(key, kind, qualifiers=KEY) for key, kind in keys.items()}
    properties |= {key: Property(key, kind) for key, kind in kinds.items()}
    return Class(
        name,
        "root/Test",
        superclass=superclass.name if superclass else None,
        derivation=(superclass.name, *superclass.derivation) if superclass else (),
        properties=NameMap(properties.items()),
    )


BASE = declared("Base", {"Name": CimType.STRING}, Number=CimType.UINT32)
MIDDLE = declared("Middle", {"Name": CimType.STRING}, BASE, Number=CimType.UINT32)
LEAF = declared("Leaf", {"Name": CimType.STRING}, MIDDLE, Number=CimType.UINT32)
TWO = declared("Two", {"B": CimType.SINT64, "A": CimType.DATETIME})
LINK = declared("Link", {"To": CimType.REFERENCE})
ONLY = declared("Only", {}, Number=CimType.UINT32)


def made(class_: Class, **values: Any) -> Instance:
    return Instance(class_, values)


@pytest.fixture
def repository() -> Repository:
    return Repository(
        [BASE, MIDDLE, LEAF, TWO, LINK, ONLY],
        [made(BASE, Name="one", Number=1), made(LEAF, Name="Two", Number=2), made(ONLY, Number=9)],
    )


def names(found: Any) -> list[str]:
    return [one["Name"] for one in found]


def test_namespaces_and_classes_are_found_without_case_and_by_either_slash(
    repository: Repository,
) -> None:
    assert repository.namespaces == ("root/Test",)
    assert repository.find_class("ROOT\\test", "LEAF") is LEAF


@pytest.mark.parametrize("namespace", ["root/other", "", "bad\x00"])
def test_an_unknown_namespace_is_an_error(repository: Repository, namespace: str) -> None:
    with pytest.raises(InvalidNamespace):
        repository.find_class(namespace, "Leaf")


def test_an_unknown_class_is_an_error(repository: Repository) -> None:
    for act in (repository.find_class, repository.instances, repository.classes):
        with pytest.raises(InvalidClass, match="Nothing"):
            act("root/test", "Nothing")


def test_a_class_knows_its_direct_subclasses(repository: Repository) -> None:
    assert repository.classes("root/test", "base") == (MIDDLE,)
    assert repository.classes("root/test") == (BASE, TWO, LINK, ONLY)


def test_an_enumeration_is_deep_unless_it_is_not(repository: Repository) -> None:
    assert names(repository.instances("root/test", "Base")) == ["one", "Two"]
    assert names(repository.instances("root/test", "Base", deep=False)) == ["one"]
    assert names(repository.instances("root/test", "Middle", deep=False)) == []


def test_text_keys_are_compared_without_case(repository: Repository) -> None:
    assert repository.get("root/test", "Base", {"Name": "ONE"})["Number"] == 1


def test_an_ancestor_finds_the_instance_of_its_descendant(repository: Repository) -> None:
    assert repository.get("root/test", "Base", {"Name": "two"}).class_name == "Leaf"
    with pytest.raises(NotFound):
        repository.get("root/test", "Leaf", {"Name": "one"})


def test_a_singleton_has_no_key_and_is_no_descendants(repository: Repository) -> None:
    assert repository.get("root/test", "Only", {})["Number"] == 9
    parent = declared("Parent", {})
    repository.add_class(parent)
    child = declared("Child", {}, parent)
    repository.add_class(child)
    repository.add(made(child))
    with pytest.raises(NotFound):
        repository.get("root/test", "Parent", {})


def test_several_keys_are_compared_by_name_and_value(repository: Repository) -> None:
    repository.add(made(TWO, B=7, A="20260101000000.000000+060"))
    moment = made(TWO, B=7, A="20251231230000.000000+000")["A"]
    assert repository.get("root/test", "Two", {"A": moment, "B": 7})["B"] == 7
    with pytest.raises(NotFound):
        repository.get("root/test", "Two", {"A": moment, "B": 8})


def test_a_reference_is_compared_by_what_it_names(repository: Repository) -> None:
    repository.add(made(LINK, To=Instance("Base", {"Name": "one"}, namespace="root/Test")))
    wanted = Instance("BASE", {"name": "ONE"}, namespace="ROOT/test")
    assert repository.get("root/test", "Link", {"To": wanted}).class_name == "Link"


def test_one_with_the_same_key_takes_its_place(repository: Repository) -> None:
    repository.add(made(BASE, Name="ONE", Number=5))
    assert [one["Number"] for one in repository.instances("root/test", "Base")] == [5, 2]


def test_a_class_may_be_declared_again(repository: Repository) -> None:
    repository.add_class(declared("Middle", {"Name": CimType.STRING}, BASE, More=CimType.STRING))
    assert len(repository.classes("root/test", "Base")) == 1
    assert "More" in repository.find_class("root/test", "Middle").properties


def test_what_has_no_namespace_class_or_key_cannot_be_added(repository: Repository) -> None:
    with pytest.raises(InvalidParameter, match="names no namespace"):
        repository.add_class(Class("Nowhere"))
    with pytest.raises(InvalidParameter, match="names no namespace"):
        repository.add(Instance("Base", {"Name": "x"}))
    with pytest.raises(InvalidParameter, match="lacks its key Name"):
        repository.add(made(BASE, Number=3))
    with pytest.raises(InvalidClass):
        repository.add(Instance("Unknown", namespace="root/test"))


def test_a_query_selects_from_the_class_and_its_descendants(repository: Repository) -> None:
    found = repository.query("root/test", wql.parse("SELECT Name FROM base WHERE Number > 1"))
    assert names(found) == ["Two"]
    isa = wql.parse("SELECT * FROM Base WHERE __THIS ISA 'Middle'")
    assert names(repository.query("root/test", isa)) == ["Two"]
    unknown = wql.parse("SELECT * FROM Base WHERE __THIS ISA 'Stranger'")
    assert names(repository.query("root/test", unknown)) == []


def test_a_query_for_a_class_or_property_that_is_not_there_fails_at_once(
    repository: Repository,
) -> None:
    with pytest.raises(InvalidQuery):
        repository.query("root/test", wql.parse("SELECT Nope FROM Base"))
    with pytest.raises(InvalidQuery):
        repository.query("root/test", wql.parse("SELECT * FROM Base WHERE Nope = 1"))
    with pytest.raises(InvalidClass):
        repository.query("root/test", wql.parse("SELECT * FROM Nope"))


def test_an_embedded_object_of_an_undeclared_class_is_nothing(repository: Repository) -> None:
    holder = declared("Holder", {"Name": CimType.STRING}, Inside=CimType.INSTANCE)
    repository.add_class(holder)
    repository.add(made(holder, Name="h", Inside=Instance("Alien", {"x": 1})))
    isa = wql.parse("SELECT * FROM Holder WHERE Inside ISA 'Base'")
    assert names(repository.query("root/test", isa)) == []


def test_an_instance_is_taken_out_by_its_key(repository: Repository) -> None:
    repository.remove(made(LEAF, Name="TWO"))
    assert names(repository.instances("root/test", "Base")) == ["one"]
    with pytest.raises(NotFound, match="no Leaf has the key"):
        repository.remove(made(LEAF, Name="Two"))
    with pytest.raises(InvalidNamespace):
        repository.remove(Instance("Leaf", {"Name": "Two"}, namespace="root/other"))


def test_whoever_watches_is_told_what_comes_changes_and_goes(repository: Repository) -> None:
    seen: list[Change] = []
    repository.watch(seen.append)
    first, second = made(LEAF, Name="new", Number=1), made(LEAF, Name="NEW", Number=2)
    repository.add(first)
    repository.add(second)
    repository.remove(made(LEAF, Name="new"))
    assert seen == [Change(None, first), Change(first, second), Change(second, None)]
    assert seen[1].before is first


def test_a_class_has_its_descendants_each_after_its_superclass(repository: Repository) -> None:
    assert list(repository.descendants("root/test", "BASE")) == [MIDDLE, LEAF]
    assert list(repository.descendants("root/test")) == [BASE, MIDDLE, LEAF, TWO, LINK, ONLY]


def test_a_repository_tells_whether_it_has_an_instance(repository: Repository) -> None:
    assert repository.has(made(BASE, Name="ONE"))
    assert not repository.has(made(BASE, Name="two"))  # it is a Leaf's


def test_methods_are_answered_by_class_and_name_without_case(repository: Repository) -> None:
    repository.add_class(replace(LEAF, methods=NameMap([("Go", Method("Go"))])))
    repository.on("Base", "Go", lambda call: {"ReturnValue": call.subject["Number"]})
    answer = repository.methods["base", "go"]
    [one] = repository.instances("root/test", "Base", deep=False)
    assert answer(Invoked(repository, one, {}, {})) == {"ReturnValue": 1}
    with pytest.raises(InvalidParameter, match="called on an instance"):
        answer(Invoked(repository, None, {}, {}))


def test_what_answers_a_method_that_is_nowhere_is_a_mistake(repository: Repository) -> None:
    with pytest.raises(InvalidClass, match="no class 'Bass' in any namespace"):
        repository.on("Bass", "Go", lambda _: {})
    with pytest.raises(MethodNotFound, match="neither Base nor a subclass has a method 'Go'"):
        repository.on("Base", "Go", lambda _: {})


def test_an_instance_becomes_a_whole_one_of_its_class(repository: Repository) -> None:
    loose = Instance("base", {"name": "loose"}, namespace="root/test")
    repository.add(loose)
    repository.add(Instance.received("Base", {"Name": "part"}, BASE.layout, "root/test"))
    for name in ("loose", "part"):
        found = repository.get("root/test", "Base", {"Name": name})
        assert dict(found) == {"Name": name, "Number": None}
        assert found.is_declared
    whole = made(BASE, Name="whole")
    repository.add(whole)
    assert repository.get("root/test", "Base", {"Name": "whole"}) is whole
    with pytest.raises(NoSuchProperty, match="Nmae"):
        repository.add(Instance("Base", {"Nmae": "x"}, namespace="root/test"))
    with pytest.raises(TypeMismatch):
        repository.add(Instance("Base", {"Name": "x", "Number": "y"}, namespace="root/test"))


def test_keys_are_named_without_case_and_none_is_left_out(repository: Repository) -> None:
    assert repository.get("root/test", "Base", {"NAME": "one"})["Number"] == 1
    with pytest.raises(InvalidParameter, match="the Base lacks its key Name"):
        repository.get("root/test", "Base", {"Number": 1})
    with pytest.raises(InvalidParameter, match="the Base lacks its key Name"):
        repository.remove(Instance("Base", {"Number": 1}, namespace="root/test"))
    with pytest.raises(InvalidParameter, match="of Base names no namespace"):
        repository.remove(Instance("Base", {"Name": "one"}))
