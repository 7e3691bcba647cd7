from typing import Any

import pytest

from mi.calls import (
    AssociatorInstances,
    Call,
    CreateInstance,
    EnumerateClasses,
    EnumerateInstances,
    GetClass,
    GetInstance,
    Invoke,
    QueryInstances,
    ReferenceInstances,
    Subscribe,
    SubscribeEventLog,
    TestConnection,
)
from mi.instance import Instance
from protocols.meanings.circumstances import NOWHERE, Circumstances

DISK = Instance("Win32_LogicalDisk", {"DeviceID": "C:"})


@pytest.mark.parametrize(
    ("call", "class_name", "item_class"),
    [
        (GetInstance(DISK), "Win32_LogicalDisk", "Win32_LogicalDisk"),
        (CreateInstance(DISK), "Win32_LogicalDisk", "Win32_LogicalDisk"),
        (EnumerateInstances("Win32_Service"), "Win32_Service", "Win32_Service"),
        (GetClass("Win32_Service"), "Win32_Service", "Win32_Service"),
        (QueryInstances("SELECT Name FROM Win32_Service"), "Win32_Service", "Win32_Service"),
        (QueryInstances("ASSOCIATORS OF {Win32_Disk}"), None, None),
        (Subscribe("SELECT * FROM __InstanceCreationEvent"), *["__InstanceCreationEvent"] * 2),
        (SubscribeEventLog("<QueryList/>"), None, None),
        (AssociatorInstances(DISK), "Win32_LogicalDisk", None),
        (AssociatorInstances(DISK, result_class="CIM_File"), "Win32_LogicalDisk", "CIM_File"),
        (ReferenceInstances(DISK, "CIM_Link"), "Win32_LogicalDisk", "CIM_Link"),
        (Invoke(DISK, "Chkdsk"), "Win32_LogicalDisk", "Win32_LogicalDisk"),
        (Invoke("Win32_Process", "Create"), "Win32_Process", "Win32_Process"),
        (EnumerateClasses(), None, None),
        (TestConnection(), None, None),
    ],
)
def test_a_call_says_which_class_it_is_about_and_which_should_come(
    call: Call[Any], class_name: str | None, item_class: str | None
) -> None:
    found = Circumstances.of(call)
    assert (found.class_name, found.item_class) == (class_name, item_class)


def test_a_call_says_its_namespace_and_its_method() -> None:
    found = Circumstances.of(Invoke("Win32_Process", "Create", namespace="root/cimv2"))
    assert (found.namespace, found.method) == ("root/cimv2", "Create")
    assert Circumstances.of(GetInstance(DISK)).method is None


@pytest.mark.parametrize(
    "call",
    [
        Invoke("Win32_Process", "Create", {"CommandLine": r"cmd /c copy \\files\in\a.txt C:\ "}),
        Invoke("Win32_Process", "Create", {"CommandLine": r'"\\files\in\a.exe" /q'}),
        Invoke("C", "M", {"Paths": ["x", r"\\192.0.2.7\share$"], "Id": 3}),
        Invoke("C", "M", {"Object": Instance("D", {"Path": r"\\files\share"})}),
        GetInstance(Instance("CIM_DataFile", {"Name": r"\\files\share\a.txt"})),
        QueryInstances(r"SELECT * FROM CIM_DataFile WHERE Name='\\\\files\\share\\a.txt'"),
    ],
)
def test_a_call_that_names_a_share_of_another_host_is_told(call: Call[Any]) -> None:
    assert Circumstances.of(call).names_share


@pytest.mark.parametrize(
    "call",
    [
        Invoke("Win32_Process", "Create", {"CommandLine": r"C:\Windows\notepad.exe", "Id": 3}),
        Invoke("C", "M", {"Path": r"\\.\root\cimv2:Win32_Process"}),
        Invoke("C", "M", {"Path": r"\\?\Volume{1}"}),
        Invoke("C", "M", {"Path": r"\\server01\root\cimv2:Win32_Process.Handle='1'"}),
        Invoke("C", "M", {"Url": "https://files/share"}),
        Invoke("C", "M", {"Path": r"C:\\Windows\\System32"}),
        Invoke("C", "M", {"Paths": ["x", r"C:\Windows"]}),
        Invoke("C", "M"),
        QueryInstances(r"SELECT * FROM CIM_DataFile WHERE Name='C:\\Windows\\a.txt'"),
        GetInstance(DISK),
        TestConnection(),
    ],
)
def test_a_path_on_the_server_itself_is_no_share(call: Call[Any]) -> None:
    assert not Circumstances.of(call).names_share


def test_the_words_name_what_is_known() -> None:
    known = Circumstances(
        "Win32_Process", "CIM_Process", "root/cimv2", "Create", user=r"CONTOSO\ops",
        max_envelope_size=500,
    )  # fmt: skip
    assert known.words == {
        "class": "the class Win32_Process",
        "namespace": "the namespace root/cimv2",
        "method": "Win32_Process.Create",
        "target": "Win32_Process.Create",
        "item": "an instance of CIM_Process",
        "name": "CIM_Process",
        "user": r"CONTOSO\ops",
        "member": r"'CONTOSO\ops'",
        "size": "500",
    }


def test_the_words_claim_nothing_about_what_is_not_known() -> None:
    assert NOWHERE.words == {
        "class": "the class",
        "namespace": "the namespace",
        "method": "the method",
        "target": "the request",
        "item": "an item",
        "name": "…",
        "user": "the user",
        "member": "…",
        "size": "…",
    }
    assert Circumstances("Win32_Process").words["name"] == "Win32_Process"
