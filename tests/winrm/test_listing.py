"""Classes, namespaces and what belongs together, by the public API."""

from dataclasses import replace
from typing import Any

import pytest

from mi.callbacks import SessionCallbacks
from mi.errors import AccessDenied, InvalidClass, InvalidNamespace, NotFound
from mi.instance import Instance
from mi.results import CimType, Flags, OperationFlags
from mi.session import Session
from mi.store import SchemaStore
from protocols.loopback import Endpoint
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Repository
from protocols.loopback.service import Limits
from tests.winrm.opened import actions, opened, resources

WINMGMT = 'Win32_Service.Name="Winmgmt"'
DISK = 'Win32_LogicalDisk.DeviceID="C:"'


def named(found: Any) -> set[str]:
    return {one["Name"] for one in found}


# What belongs to an object


def test_what_is_associated_with_an_object_is_found(session: Session) -> None:
    partitions = session.associator_instances(DISK, "Win32_LogicalDiskToPartition").all()
    assert [one.class_name for one in partitions] == ["Win32_DiskPartition"]
    assert partitions[0].is_typed
    drives = session.associator_instances(
        partitions[0], result_class="Win32_DiskDrive", role="Dependent", result_role="Antecedent"
    ).all()
    assert [one["Index"] for one in drives] == [partitions[0]["DiskIndex"]]


def test_the_associations_themselves_are_found(session: Session) -> None:
    [link] = session.reference_instances(DISK, "Win32_LogicalDiskToPartition").all()
    assert link["Dependent"].key == {"DeviceID": "C:"}
    partition = session.get_instance(link["Antecedent"])
    assert partition.class_name == "Win32_DiskPartition"
    assert session.get_instance(link).key == link.key


def test_roles_tell_who_needs_whom(session: Session) -> None:
    needing = session.associator_instances(
        WINMGMT, "Win32_DependentService", role="Antecedent"
    ).all()
    needed = session.associator_instances(WINMGMT, "Win32_DependentService", role="Dependent").all()
    assert named(needing).isdisjoint(named(needed))
    assert named(needing) | named(needed) == named(
        session.associator_instances(WINMGMT, "Win32_DependentService")
    )
    assert "Winmgmt" not in named(needed)


def test_keys_alone_of_what_is_associated_name_objects(session: Session) -> None:
    keys = session.associator_instances(
        DISK, "Win32_LogicalDiskToPartition", keys_only=True
    ).all()  # fmt: skip
    assert session.get_instance(keys[0])["DeviceID"].startswith("Disk #0")
    [link] = session.reference_instances(DISK, "Win32_LogicalDiskToPartition", keys_only=True).all()
    assert set(link.key) == {"Antecedent", "Dependent"}
    assert session.get_instance(link)["EndingAddress"] > 0


def test_what_is_not_there_has_no_associations(session: Session) -> None:
    with pytest.raises(NotFound):
        session.associator_instances('Win32_LogicalDisk.DeviceID="Q:"').all()
    with pytest.raises(InvalidClass):
        session.associator_instances('Win32_Nothing.DeviceID="Q:"').all()


# Instances, by their keys or as of another class


def test_keys_alone_are_one_exchange_and_no_class(endpoint: Endpoint, session: Session) -> None:
    found = session.enumerate_instances("Win32_Service", keys_only=True).all()
    assert set(actions(endpoint)) == {"Enumerate", "Pull"}
    assert session.get_instance(found[0]).key["Name"] == found[0].key["Name"]


@pytest.mark.parametrize(
    ("flags", "classes", "has_more"),
    [
        (OperationFlags.DEFAULT, {"Win32_Service", "Win32_SystemDriver"}, True),
        (OperationFlags.POLYMORPHISM_SHALLOW, set(), False),
        (OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY, {"Win32_Service"}, False),
    ],
)
def test_a_base_class_has_the_instances_of_those_below_it(
    session: Session, flags: OperationFlags, classes: set[str], has_more: bool
) -> None:
    found = session.enumerate_instances("CIM_Service", flags=flags).all()
    names = {one.class_name for one in found}
    assert names >= classes if classes else not names
    if found:
        service = next(one for one in found if one.get("Name") == "Spooler")
        assert ("PathName" in service and service.get("PathName") is not None) is has_more


# Classes


def test_a_class_is_declared_with_all_that_it_has(session: Session) -> None:
    service = session.get_class("win32_service")
    assert (service.name, service.keys) == ("Win32_Service", ("Name",))
    assert service.derivation[-1] == "CIM_ManagedSystemElement"
    assert service.properties["DisplayName"].type is CimType.STRING
    change = service.methods["ChangeStartMode"]
    assert change.parameters["StartMode"].type is CimType.STRING
    assert change.return_type is CimType.UINT32
    assert "Values" in service.methods["StartService"].qualifiers
    with pytest.raises(InvalidClass):
        session.get_class("Win32_Srevice")


def test_the_classes_below_one_are_found_direct_or_all(session: Session) -> None:
    direct = session.enumerate_classes("CIM_LogicalElement").all()
    every = session.enumerate_classes("CIM_LogicalElement", deep=True).all()
    names = {one.name for one in every}
    assert {one.name for one in direct} < names
    assert {"Win32_Service", "Win32_Process"} <= names
    assert every[-1].properties
    tops = session.enumerate_classes(names_only=True).all()
    assert {one.superclass for one in tops} == {None}
    assert not tops[0].properties


def test_a_pattern_costs_the_declarations_of_what_matches_alone(
    endpoint: Endpoint, session: Session
) -> None:
    found = session.enumerate_classes(deep=True, pattern="win32_logical*").all()
    assert {one.name for one in found} == {"Win32_LogicalDisk", "Win32_LogicalDiskToPartition"}
    assert all(one.properties for one in found)
    assert actions(endpoint).count("Get") == 2
    session.get_instance(DISK)
    assert actions(endpoint)[-1] == "Get"
    assert resources(endpoint)[-1] == "Win32_LogicalDisk"


def test_the_names_of_1500_classes_cost_a_small_part_of_their_declarations() -> None:
    model = sample_repository().find_class("root/cimv2", "Win32_Service")
    many = [
        replace(model, name=f"Test_{number:04}", superclass=None, derivation=())
        for number in range(1500)
    ]
    with Endpoint(Repository(many)) as endpoint, opened(endpoint) as session:
        names = session.enumerate_classes(deep=True, names_only=True).all()
        cost = sum(len(one.reply_bytes) for one in endpoint.exchanges)
        assert [one.name for one in names] == [one.name for one in many]
        assert set(actions(endpoint)) == {"Enumerate", "Pull"}
        session.get_class("Test_0000")
        one_declaration = len(endpoint.exchanges[-1].reply_bytes)
    assert cost < 1500 * 300
    assert cost < 1500 * one_declaration / 50


def test_a_namespace_that_is_not_there_has_no_classes(session: Session) -> None:
    with pytest.raises(InvalidNamespace):
        session.enumerate_classes(names_only=True, namespace="root/nowhere").all()


# Namespaces


def test_namespaces_are_found_one_by_one_and_no_class_for_them(
    endpoint: Endpoint, session: Session
) -> None:
    found = session.namespaces()
    assert found[0] == "root"
    assert set(found) == set(endpoint.repository.namespaces)
    assert set(resources(endpoint)) == {"__NAMESPACE"}


def test_a_namespace_that_is_closed_is_told_and_passed() -> None:
    told: list[str] = []
    callbacks = SessionCallbacks(lambda channel, text: told.append(text))
    limits = Limits(denied=("root/Microsoft",))
    with Endpoint(limits=limits) as endpoint, opened(endpoint, callbacks) as session:
        found = session.namespaces()
        assert "root/Microsoft" in found
        assert "root/Microsoft/Windows" not in found
        assert "root/virtualization/v2" in found
        assert isinstance(found.unreadable["root/Microsoft"], AccessDenied)
    assert len(told) == 1
    assert "root/Microsoft" in told[0]


def test_a_walk_that_may_not_begin_fails(session: Session) -> None:
    with pytest.raises(InvalidNamespace):
        session.namespaces(namespace="root/nowhere")


# Stores


def test_a_store_that_is_shared_is_filled_and_used(endpoint: Endpoint) -> None:
    store = SchemaStore()
    with opened(endpoint, schema=store) as session:
        session.associator_instances(DISK, "Win32_LogicalDiskToPartition").all()
    fetched = len(store)
    with opened(endpoint, schema=store) as session:
        key = Instance("Win32_LogicalDisk")
        key.add("DeviceID", "C:", flags=Flags.KEY)
        assert session.associator_instances(key, "Win32_LogicalDiskToPartition").all()
    assert (fetched, len(store)) == (1, 1)
    assert actions(endpoint).count("Get") == 1
