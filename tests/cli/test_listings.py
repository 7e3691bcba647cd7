"""The commands that list classes, namespaces and what belongs together."""

import json
from typing import Any

DISK = 'Win32_LogicalDisk.DeviceID="C:"'
LINK = "Win32_LogicalDiskToPartition"


def listed(result: Any, name: str = "Name") -> list[str]:
    assert (result.code, result.err) == (0, "")
    return [json.loads(line)[name] for line in result.out.splitlines()]


def test_what_is_associated_is_listed(host: Any) -> None:
    found = host("associators", DISK, "--association-class", LINK, "-p", "DeviceID")
    assert found.out == "DeviceID\nDisk #0, Partition #2\n"
    narrowed = host(
        "associators", DISK, "--result-class", "Win32_DiskPartition", "--role", "Dependent",
        "--result-role", "Antecedent", "--keys-only", "-o", "jsonl",
    )  # fmt: skip
    assert listed(narrowed, "DeviceID") == ["Disk #0, Partition #2"]
    assert host("associators", "C:").code == 2


def test_associations_are_listed(host: Any) -> None:
    found = host("references", DISK, "--association-class", LINK, "--role", "Dependent",
                 "-o", "jsonl")  # fmt: skip
    assert listed(found, "Dependent")[0].endswith(DISK)
    keys = host("references", DISK, "--association-class", LINK, "--keys-only", "-o", "jsonl")
    assert set(json.loads(keys.out)) == {"Antecedent", "Dependent"}


def test_names_of_classes_are_listed_all_or_some(host: Any) -> None:
    every = listed(host("classes", "-o", "jsonl"))
    assert {"CIM_Service", "Win32_Service"} <= set(every)
    below = host("classes", "CIM_Service", "--pattern", "Win32_*")
    assert below.out.split() == ["Name", "Win32_BaseService", "Win32_Service", "Win32_SystemDriver"]
    assert "Win32_Service" not in listed(host("classes", "CIM_Service", "--direct", "-o", "jsonl"))
    assert set(host.actions) <= {"Enumerate", "Pull"}


def test_namespaces_are_listed(host: Any) -> None:
    assert "root/virtualization/v2" in listed(host("namespaces", "-o", "jsonl"))
    assert host("namespaces", "-n", "root/virtualization").out.split() == [
        "Name", "root/virtualization", "root/virtualization/v2",
    ]  # fmt: skip
    assert host("namespaces", "-n", "root/nowhere").code == 5
