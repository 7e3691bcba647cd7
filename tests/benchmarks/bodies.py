"""Enumeration replies in the layout that Windows sends, for measuring how fast they are read.

One line, `xmlns` on every instance, `xsi:type` on its root, nulls as `xsi:nil`, datetimes as
`cim:Datetime`, arrays as repeated elements, null arrays left out, properties in alphabetical order.
An instance is as long as the recorded ones: Win32_Process about 2.65 KB, Win32_Service 1.43 KB,
Win32_NTLogEvent 1.29 KB. The same arguments give the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property, Qualifier

__all__ = ["CLASSES", "NAMESPACE", "class_of", "instances", "pull_response"]

NAMESPACE = "root/cimv2"
_FAMILY = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"

_PROCESS = """
Caption string; CommandLine string; CreationClassName string; CreationDate datetime;
CSCreationClassName string; CSName string; Description string; ExecutablePath string;
ExecutionState uint16; *Handle string; HandleCount uint32; InstallDate datetime;
KernelModeTime uint64; MaximumWorkingSetSize uint32; MinimumWorkingSetSize uint32; Name string;
OSCreationClassName string; OSName string; OtherOperationCount uint64; OtherTransferCount uint64;
PageFaults uint32; PageFileUsage uint32; ParentProcessId uint32; PeakPageFileUsage uint32;
PeakVirtualSize uint64; PeakWorkingSetSize uint32; Priority uint32; PrivatePageCount uint64;
ProcessId uint32; QuotaNonPagedPoolUsage uint32; QuotaPagedPoolUsage uint32;
QuotaPeakNonPagedPoolUsage uint32; QuotaPeakPagedPoolUsage uint32; ReadOperationCount uint64;
ReadTransferCount uint64; SessionId uint32; Status string; TerminationDate datetime;
ThreadCount uint32; UserModeTime uint64; VirtualSize uint64; WindowsVersion string;
WorkingSetSize uint64; WriteOperationCount uint64; WriteTransferCount uint64
"""
_SERVICE = """
AcceptPause boolean; AcceptStop boolean; Caption string; CheckPoint uint32;
CreationClassName string; DelayedAutoStart boolean; Description string; DesktopInteract boolean;
DisplayName string; ErrorControl string; ExitCode uint32; InstallDate datetime; *Name string;
PathName string; ProcessId uint32; ServiceSpecificExitCode uint32; ServiceType string;
Started boolean; StartMode string; StartName string; State string; Status string;
SystemCreationClassName string; SystemName string; TagId uint32; WaitHint uint32
"""
_EVENT = """
Category uint16; CategoryString string; ComputerName string; Data uint8[]; EventCode uint16;
EventIdentifier uint32; EventType uint8; InsertionStrings string[]; *Logfile string;
Message string; *RecordNumber uint32; SourceName string; TimeGenerated datetime;
TimeWritten datetime; Type string; User string
"""


def _properties(table: str) -> Iterator[tuple[str, Property]]:
    for entry in table.replace("\n", " ").split(";"):
        name, type_name = entry.split()
        cim_type = CimType[type_name.removesuffix("[]").upper()]
        key = Qualifier("key", CimType.BOOLEAN, value=True)
        yield (
            name.lstrip("*"),
            Property(
                name.lstrip("*"),
                cim_type.array if type_name.endswith("[]") else cim_type,
                qualifiers=NameMap([("key", key)] if name.startswith("*") else []),
            ),
        )


CLASSES = {
    name: Class(name, NAMESPACE, properties=NameMap(_properties(table)))
    for name, table in (
        ("Win32_Process", _PROCESS), ("Win32_Service", _SERVICE), ("Win32_NTLogEvent", _EVENT),
    )
}  # fmt: skip
"""The three classes, as their schemas declare them; only properties and keys."""


def class_of(name: str) -> Class:
    """Return the class `name` with a layout, as a session's cache holds it."""
    return CLASSES[name]


def _command_line(path: str, number: int) -> str:
    return (
        f'"{path}" --type=renderer --lang=en-US --service-sandbox-type=utility --first-renderer'
        " --no-appcompat-clear --time-ticks-at-unix-epoch=-1772345678901234 --launch-time-ticks="
        f"{number} --metrics-shmem-handle=4412,i,11034872690123,262144 --seatbelt-client=44"
        " --field-trial-handle=2024,i,9981237461234,262144 --variations-seed-version"
    )


def _process(source: random.Random, number: int) -> dict[str, str | list[str] | None]:
    name = source.choice(["svchost.exe", "chrome.exe", "powershell.exe", "SearchIndexer.exe"])
    path = f"C:\\Windows\\System32\\{name}"
    started = source.random() < 0.8
    texts: dict[str, str | list[str] | None] = {
        "Caption": name,
        "CommandLine": _command_line(path, number) if started else None,
        "CreationClassName": "Win32_Process",
        "CreationDate": f"2026-03-{number % 28 + 1:02d}T07:{number % 60:02d}:12"
        f".{source.randrange(1, 10**6):06d}Z",
        "CSCreationClassName": "Win32_ComputerSystem",
        "CSName": "WIN-LAB01",
        "Description": name,
        "ExecutablePath": path if started else None,
        "Handle": str(number * 4),
        "Name": name,
        "OSCreationClassName": "Win32_OperatingSystem",
        "OSName": "Microsoft Windows Server 2022 Standard|C:\\Windows"
        "|\\Device\\Harddisk0\\Partition3",
        "WindowsVersion": "10.0.20348",
    }
    for declared, largest in _PROCESS_NUMBERS.items():
        texts[declared] = str(source.randrange(largest))
    texts["ProcessId"] = str(number * 4)
    return texts


_PROCESS_NUMBERS = {
    "HandleCount": 3000, "KernelModeTime": 10**11, "OtherOperationCount": 10**6,
    "OtherTransferCount": 10**8, "PageFaults": 10**7, "PageFileUsage": 10**6,
    "ParentProcessId": 20000, "PeakPageFileUsage": 10**6, "PeakVirtualSize": 2 * 10**12,
    "PeakWorkingSetSize": 10**6, "Priority": 16, "PrivatePageCount": 10**9,
    "QuotaNonPagedPoolUsage": 100, "QuotaPagedPoolUsage": 1000, "QuotaPeakNonPagedPoolUsage": 100,
    "QuotaPeakPagedPoolUsage": 1000, "ReadOperationCount": 10**5, "ReadTransferCount": 10**8,
    "SessionId": 2, "ThreadCount": 100, "UserModeTime": 10**11, "VirtualSize": 2 * 10**12,
    "WorkingSetSize": 10**9, "WriteOperationCount": 10**5, "WriteTransferCount": 10**8,
    "MaximumWorkingSetSize": 1380, "MinimumWorkingSetSize": 200,
}  # fmt: skip


def _service(source: random.Random, number: int) -> dict[str, str | list[str] | None]:
    runs = source.random() < 0.5
    title = source.choice(["Application Experience", "Background Transfer", "Network Location"])
    return {
        "AcceptPause": "false",
        "AcceptStop": "true" if runs else "false",
        "Caption": f"{title} {number}",
        "CheckPoint": "0",
        "CreationClassName": "Win32_Service",
        "DelayedAutoStart": "false",
        "Description": "Processes application compatibility cache requests for applications as they"
        " are launched, and keeps the cache on disk up to date with them",
        "DesktopInteract": "false",
        "DisplayName": f"{title} {number}",
        "ErrorControl": "Normal",
        "ExitCode": "0" if runs else "1077",
        "Name": f"Service{number}",
        "PathName": "C:\\Windows\\system32\\svchost.exe -k netsvcs -p",
        "ProcessId": str(source.randrange(20000)) if runs else "0",
        "ServiceSpecificExitCode": "0",
        "ServiceType": "Share Process",
        "Started": "true" if runs else "false",
        "StartMode": "Auto" if runs else "Manual",
        "StartName": "NT AUTHORITY\\LocalService",
        "State": "Running" if runs else "Stopped",
        "Status": "OK",
        "SystemCreationClassName": "Win32_ComputerSystem",
        "SystemName": "WIN-LAB01",
        "TagId": "0",
        "WaitHint": "0",
    }


def _event(source: random.Random, number: int) -> dict[str, str | list[str] | None]:
    service = source.choice(["Windows Update", "Software Protection", "Diagnostic Policy"])
    moment = f"2026-03-{number % 28 + 1:02d}T{number % 24:02d}:41:{number % 60:02d}Z"
    return {
        "Category": "0",
        "ComputerName": "WIN-LAB01.corp.example",
        "Data": [str(source.randrange(256)) for _ in range(6)],
        "EventCode": "7036",
        "EventIdentifier": "1073748860",
        "EventType": "3",
        "InsertionStrings": [f"{service} {number}", "running"],
        "Logfile": "System",
        "Message": f"The {service} {number} service entered the running state. It was started by"
        " the service control manager at the request of another service, and it has no more to say"
        " about it than that, for now.",
        "RecordNumber": str(number + 1000),
        "SourceName": "Service Control Manager",
        "TimeGenerated": moment,
        "TimeWritten": moment,
        "Type": "Information",
        "User": None,
    }


_MAKERS: dict[str, Callable[[random.Random, int], dict[str, str | list[str] | None]]] = {
    "Win32_Process": _process,
    "Win32_Service": _service,
    "Win32_NTLogEvent": _event,
}


def _element(name: str, cim_type: CimType, text: str) -> str:
    inner = escape(text)
    if cim_type is CimType.DATETIME:
        inner = f"<cim:Datetime>{inner}</cim:Datetime>"
    return f"<p:{name}>{inner}</p:{name}>"


def _markup(declared: Property, value: Any) -> str:
    if value is None:
        return "" if declared.type.is_array else f'<p:{declared.name} xsi:nil="true"/>'
    items = value if isinstance(value, list) else [value]
    return "".join(_element(declared.name, declared.type, item) for item in items)


def instances(class_name: str, count: int, start: int = 0) -> Iterator[str]:
    """Yield the markup of `count` instances."""
    declared = CLASSES[class_name]
    source = random.Random(f"{class_name} {start}")
    for number in range(start, start + count):
        texts = _MAKERS[class_name](source, number)
        inner = "".join(
            _markup(item, texts.get(name)) for name, item in declared.properties.items()
        )
        yield (
            f'<p:{class_name} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            f' xmlns:p="{_FAMILY}{class_name}"'
            ' xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common"'
            f' xsi:type="p:{class_name}_Type">{inner}</p:{class_name}>'
        )


def pull_response(
    class_name: str,
    count: int = 100,
    *,
    start: int = 0,
    relates_to: str = "uuid:55F28C75-F63E-4F68-8360-A8C478003959",
    context: str | None = None,
) -> bytes:
    """Return a PullResponse with `count` instances; without a context it is the last one."""
    if context is None:
        tail, head = "<n:EndOfSequence/>", "<n:EnumerationContext/>"
    else:
        tail, head = "", f"<n:EnumerationContext>{context}</n:EnumerationContext>"
    items = "".join(instances(class_name, count, start))
    return (
        '<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"'
        ' xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>'
        "<a:Action>http://schemas.xmlsoap.org/ws/2004/09/enumeration/PullResponse</a:Action>"
        "<a:MessageID>uuid:E2A4A5E1-86C6-4A3B-A40B-55E0D3C9F0B1</a:MessageID>"
        "<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
        f"<a:RelatesTo>{relates_to}</a:RelatesTo></s:Header><s:Body><n:PullResponse>{head}"
        f"<n:Items>{items}</n:Items>{tail}</n:PullResponse></s:Body></s:Envelope>"
    ).encode()
