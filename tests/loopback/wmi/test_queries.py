from __future__ import annotations

import pytest

from mi.instance import Instance
from mi.results import Flags
from protocols.loopback.population import sample_repository
from protocols.loopback.wmi.enumerators import Enumerator
from protocols.loopback.wmi.objects import Objects
from protocols.loopback.wmi.queries import found_by
from tests.loopback.wmi.asked import NAMESPACE, class_in, failing, instances_in

OBJECTS = Objects(sample_repository(), NAMESPACE)
PROTOTYPE, LOCATABLE = 0x2, 0x100
SPOOLER = 'Win32_Service.Name="Spooler"'


def found(query: str, flags: int = 0) -> list[Instance]:
    return instances_in(found_by(OBJECTS, query, flags))


def test_a_query_finds_whole_instances_or_some_of_their_properties() -> None:
    (one,) = found("SELECT * FROM Win32_Service WHERE Name = 'Spooler'")
    assert len(one) > 20
    (one,) = found("SELECT State FROM Win32_Service WHERE Name = 'Spooler'")
    assert dict(one) == {"State": "Stopped"}


@pytest.mark.parametrize(
    ("selected", "flags"), [("State", LOCATABLE), ("State, __PATH", 0), ("__relpath, State", 0)]
)
def test_what_is_to_be_found_again_comes_with_its_keys(selected: str, flags: int) -> None:
    (one,) = found(f"SELECT {selected} FROM Win32_Service WHERE Name = 'Spooler'", flags)  # noqa: S608
    assert dict(one) == {"Name": "Spooler", "State": "Stopped"}
    assert one.key == {"Name": "Spooler"}


def test_other_system_properties_are_no_properties_on_the_wire() -> None:
    (one,) = found("SELECT __CLASS, State FROM Win32_Service WHERE Name = 'Spooler'")
    assert (one.class_name, dict(one)) == ("Win32_Service", {"State": "Stopped"})


def test_instances_of_subclasses_are_of_their_own_classes() -> None:
    (one,) = found("SELECT Name FROM CIM_Service WHERE Name = 'Spooler'")
    assert (one.class_name, dict(one)) == ("Win32_Service", {"Name": "Spooler"})


def test_a_prototype_is_the_class_that_the_objects_would_have() -> None:
    (data,) = found_by(OBJECTS, "SELECT * FROM Win32_Service", PROTOTYPE)
    assert class_in(data).keys == ("Name",)
    assert data[8] & 0x50 == 0x10
    (data,) = found_by(OBJECTS, "SELECT State FROM Win32_Service", PROTOTYPE)
    assert list(class_in(data).properties) == ["State"]
    assert data[8] & 0x50 == 0x50


def test_a_schema_query_finds_classes() -> None:
    (data,) = found_by(OBJECTS, "SELECT * FROM meta_class WHERE __CLASS = 'Win32_Service'", 0)
    assert class_in(data).name == "Win32_Service"


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("SELECT", 0x80041017),
        ("SELECT * FROM Win32_Nothing", 0x80041010),
        ("SELECT Nothing FROM Win32_Service", 0x80041017),
        ("SELECT * FROM Win32_Service WHERE Nothing = 1", 0x80041017),
        ("ASSOCIATORS OF {Win32_Service} WHERE AssocClass = X", 0x80041017),
        ("ASSOCIATORS OF {Win32_Service.Name='Nobody'}", 0x80041002),
        (f"ASSOCIATORS OF {{{SPOOLER}}} WHERE Something = X", 0x80041017),
        (f"ASSOCIATORS OF {{{SPOOLER}}} WHERE AssocClass", 0x80041017),
        (f"ASSOCIATORS OF {{{SPOOLER}}} WHERE = X", 0x80041017),
        (f"ASSOCIATORS OF {{{SPOOLER}}} WHERE ClassDefsOnly = X", 0x80041017),
    ],
)
def test_what_is_wrong_with_a_query_is_told(query: str, number: int) -> None:
    said, status = failing(lambda: found_by(OBJECTS, query, 0))
    assert said == number
    assert status["Operation"] == "ExecQuery"


# Associations


def test_the_objects_around_one_are_found() -> None:
    (one,) = found(f"ASSOCIATORS OF {{{SPOOLER}}}")
    assert one.path == r'\\.\root\cimv2:Win32_Service.Name="RpcSs"'
    assert found(f"associators of {{ {SPOOLER} }} where ResultClass=Win32_Process") == []


def test_what_refers_to_one_is_found() -> None:
    (one,) = found(f"REFERENCES OF {{{SPOOLER}}} WHERE ResultClass = Win32_DependentService")
    assert one.class_name == "Win32_DependentService"
    assert one["Dependent"].key == {"Name": "Spooler"}


def test_associations_are_narrowed() -> None:
    narrowed = "AssocClass = Win32_DependentService Role = Dependent ResultRole = Antecedent"
    assert len(found(f"ASSOCIATORS OF {{{SPOOLER}}} WHERE {narrowed}")) == 1
    assert found(f"ASSOCIATORS OF {{{SPOOLER}}} WHERE Role = Antecedent") == []


def test_only_the_classes_of_what_is_found() -> None:
    several = 'ASSOCIATORS OF {Win32_Service.Name="RpcSs"} WHERE ClassDefsOnly'
    (data,) = found_by(OBJECTS, several, 0)
    assert class_in(data).name == "Win32_Service"
    (data,) = found_by(OBJECTS, f"REFERENCES OF {{{SPOOLER}}} WHERE ClassDefsOnly", 0)
    assert class_in(data).flags & Flags.ASSOCIATION


def test_an_association_that_leads_nowhere_fails_when_it_is_reached() -> None:
    repository = sample_repository()
    objects = Objects(repository, NAMESPACE)
    repository.remove(repository.get(NAMESPACE, "Win32_Service", {"Name": "RpcSs"}))
    enumerator = Enumerator(found_by(objects, f"ASSOCIATORS OF {{{SPOOLER}}}", 0), 0)
    number, _ = failing(lambda: enumerator.next(1, -1))
    assert number == 0x80041002
