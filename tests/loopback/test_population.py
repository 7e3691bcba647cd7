"""The sample machine: plausible, complete, and the same in every process."""

from datetime import UTC, datetime, timedelta

import pytest

from mi.cim_datetime import CimDateTime
from mi.errors import TypeMismatch
from mi.instance import Instance
from protocols.loopback.declarations import declared_classes
from protocols.loopback.instances import new_instance
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Repository


@pytest.fixture(scope="module")
def repository() -> Repository:
    return sample_repository()


def named(repository: Repository, class_name: str) -> list[Instance]:
    return list(repository.instances("root/cimv2", class_name))


def test_there_are_a_few_hundred_instances_of_many_classes(repository: Repository) -> None:
    counts = {name: len(named(repository, name)) for name in (
        "Win32_OperatingSystem", "Win32_ComputerSystem", "Win32_Service", "Win32_Process",
        "Win32_LogicalDisk", "Win32_DiskDrive", "Win32_NetworkAdapterConfiguration",
        "Win32_NTLogEvent", "Loopback_AllTypes", "Loopback_Empty",
    )}  # fmt: skip
    assert counts == {
        "Win32_OperatingSystem": 1, "Win32_ComputerSystem": 1, "Win32_Service": 125,
        "Win32_Process": 94, "Win32_LogicalDisk": 4, "Win32_DiskDrive": 3,
        "Win32_NetworkAdapterConfiguration": 3, "Win32_NTLogEvent": 300, "Loopback_AllTypes": 8,
        "Loopback_Empty": 0,
    }  # fmt: skip


def test_every_instance_has_every_property_of_its_class(repository: Repository) -> None:
    for namespace in repository.namespaces:
        for base in repository.classes(namespace):
            for instance in repository.instances(namespace, base.name):
                declared = repository.find_class(namespace, instance.class_name)
                assert list(instance) == list(declared.properties)
                assert instance.modified == frozenset()


def test_it_is_the_same_every_time() -> None:
    one, other = (named(sample_repository(), "Win32_NTLogEvent") for _ in range(2))
    assert one == other
    assert one[0]["TimeGenerated"] > datetime(2026, 11, 1, tzinfo=UTC)


def test_a_running_service_has_a_process_and_a_stopped_one_has_none(
    repository: Repository,
) -> None:
    processes = {one["ProcessId"] for one in named(repository, "Win32_Process")}
    for service in named(repository, "Win32_Service"):
        assert service["Started"] is (service["State"] == "Running")
        number = service["ProcessId"]
        assert number in processes if service["Started"] else number == 0


def test_some_services_share_a_process(repository: Repository) -> None:
    found = {one["Name"]: one["ProcessId"] for one in named(repository, "Win32_Service")}
    assert found["RpcSs"] == found["RpcEptMapper"]
    assert found["SamSs"] == found["KeyIso"] == 660
    assert found["WinRM"] != found["Winmgmt"]


def test_a_process_has_a_parent_and_a_handle_that_is_its_number(repository: Repository) -> None:
    for process in named(repository, "Win32_Process"):
        assert process["Handle"] == str(process["ProcessId"])
        assert isinstance(process["CreationDate"], datetime)
    assert named(repository, "Win32_Process")[0]["CommandLine"] is None


def test_namespaces_are_instances_of_their_parents(repository: Repository) -> None:
    assert {one["Name"] for one in repository.instances("root", "__Namespace")} == {
        "cimv2", "default", "virtualization", "StandardCimv2", "Microsoft",
    }  # fmt: skip
    nested = repository.instances("root/Microsoft/Windows", "__Namespace")
    assert [one["Name"] for one in nested] == ["Storage"]


def test_a_reference_holds_the_keys_alone(repository: Repository) -> None:
    member = named(repository, "Win32_GroupUser")[0]
    group = member["GroupComponent"]
    assert (group.namespace, group.class_name) == ("root/cimv2", "Win32_Group")
    assert dict(group) == group.key == {"Domain": "WIN-LAB01", "Name": "Administrators"}


def test_one_instance_has_a_value_of_every_type(repository: Repository) -> None:
    full = repository.get("root/cimv2", "Loopback_AllTypes", {"Id": "full"})
    assert all(value not in (None, []) for value in full.values())
    assert full["Uint64Value"] == 18_000_000_000_000_000_000
    assert full["IntervalValue"] == timedelta(3, 6, 700, 0, 5, 4)
    assert full["ReferenceValue"].key == {"Name": "WinRM"}
    assert full["InstanceValue"]["SID"] == [1, 5, 0]
    assert [one.class_name for one in full["ObjectArray"]] == [
        "Win32_ProcessStartup", "Win32_Trustee",
    ]  # fmt: skip


def test_others_are_null_empty_extreme_or_with_wildcards(repository: Repository) -> None:
    def get(name: str) -> Instance:
        return repository.get("root/cimv2", "Loopback_AllTypes", {"Id": name})

    assert [name for name, value in get("null").items() if value is not None] == ["Id"]
    assert get("empty")["StringArray"] == []
    assert get("empty")["StringValue"] == ""
    assert get("extreme")["Real64Value"] == float("-inf")
    assert isinstance(get("wildcards")["DatetimeValue"], CimDateTime)


def test_a_new_instance_is_checked_against_its_class() -> None:
    process = next(one for one in declared_classes() if one.name == "Win32_Process")
    made = new_instance(process, {"Handle": "7", "ProcessId": 7})
    assert (made["ProcessId"], made["Name"], made.modified) == (7, None, frozenset())
    with pytest.raises(TypeMismatch):
        new_instance(process, {"ProcessId": "seven"})
