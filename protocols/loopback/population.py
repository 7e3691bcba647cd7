"""The instances of the sample repository: a made-up server, WIN-LAB01, always the same.

Most are listed in `samples.json`. Services, processes and events are made from tables there: a
running service has a process, processes share the facts of the machine, events repeat a few
messages with a fixed sequence of names. Nothing depends on the clock, or on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from random import Random
from typing import Any

from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class
from mi.values import parse_value
from protocols.loopback.declarations import declared_classes
from protocols.loopback.echoing import serve_echo
from protocols.loopback.instances import new_instance
from protocols.loopback.processes import serve_processes
from protocols.loopback.registry import Kind, Registry, Value
from protocols.loopback.registry_provider import serve_registry
from protocols.loopback.repository import Repository
from protocols.loopback.services import serve_services

__all__ = ["sample_repository"]

_SEED = 20260302
_COMPUTER = "WIN-LAB01"
_CIMV2 = "root/cimv2"
_BOOT = datetime(2026, 11, 1, 6, 30, 15, 500000, tzinfo=UTC)
_EVENTS = 300
_FIRST_PROCESS = 1000
_SERVICES_EXE = 640  # the process that starts the services
_LSASS = 660  # a process of its own that serves as one
_LSASS_PATH = r"c:\windows\system32\lsass.exe"
_SVCHOST = r"C:\Windows\system32\svchost.exe"
# Service groups that share one process; elsewhere each service has its own, as since Windows 10.
_SHARED = ("dcomlaunch", "rpcss", "iissvcs", "localservicenonetworkfirewall")
_EVENT_TYPES = ("Error", "Warning", "Information", "Audit Success", "Audit Failure")
_PROCESS_CONSTANTS = {
    "CreationClassName": "Win32_Process",
    "CSCreationClassName": "Win32_ComputerSystem",
    "CSName": _COMPUTER,
    "OSCreationClassName": "Win32_OperatingSystem",
    "OSName": "Microsoft Windows Server 2022 Standard|C:\\Windows|\\Device\\Harddisk0\\Partition3",
    "WindowsVersion": "10.0.20348",
}

Classes = Mapping[tuple[str, str], Class]


def sample_repository() -> Repository:
    """Return a new repository of the sample's classes and instances, which has their methods."""
    repository = Repository(declared_classes(), _instances())
    serve_services(repository)
    serve_processes(repository)
    serve_registry(repository, _registry())
    serve_echo(repository)
    return repository


@cache
def _table() -> Any:
    return json.loads(resources.files(__package__).joinpath("samples.json").read_text("utf-8"))


def _registry() -> Registry:
    return Registry(
        {
            path: [Value(name, Kind[kind], data) for name, kind, data in values]
            for path, values in _table()["registry"].items()
        }
    )


@cache
def _instances() -> tuple[Instance, ...]:
    table = _table()
    classes = {(str(one.namespace), one.name): one for one in declared_classes()}
    rows = [
        *_namespaces(classes),
        *_machine(table),
        *((space, name, values) for space, name, many in table["instances"] for values in many),
    ]
    return tuple(_made(classes, classes[space, name], values) for space, name, values in rows)


# Making instances


def _made(classes: Classes, class_: Class, values: Mapping[str, Any]) -> Instance:
    decoded = {
        name: _decoded(classes, class_.properties[name].type, value)
        for name, value in values.items()
    }
    return new_instance(class_, decoded)


def _decoded(classes: Classes, cim_type: CimType, value: Any) -> Any:
    """Return the value that JSON stands for: objects are mappings, references are paths."""
    if isinstance(value, list):
        return [_decoded(classes, cim_type.scalar, item) for item in value]
    if isinstance(value, dict):
        embedded = classes[_CIMV2, value["class"]]
        return _made(classes, embedded, {k: v for k, v in value.items() if k != "class"})
    if cim_type is CimType.REFERENCE:
        path = Instance.from_path(value)
        target = classes[_CIMV2, path.class_name]
        # A reference holds the keys alone, so that nothing of its object goes with it.
        return Instance.received(target.name, dict(path), target.layout, target.namespace)
    return parse_value(value, cim_type) if isinstance(value, str) else value


def _namespaces(classes: Classes) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """One __Namespace in each parent for each of its children (WMI SDK, __Namespace)."""
    for path in sorted({space for space, _ in classes}):
        parent, _, name = path.rpartition("/")
        if parent:
            yield parent, "__Namespace", {"Name": name}


# The machine


def _machine(table: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    services = list(_services(line.split("|") for line in table["services"]))
    processes = list(_processes(services, [line.split("|") for line in table["processes"]]))
    events = _events(Random(_SEED), table["events"], services, processes)  # noqa: S311 - no secret
    rows = [("Win32_Service", services), ("Win32_Process", processes)]
    rows += [("Win32_DependentService", list(_dependencies(table["dependencies"])))]
    rows += [("Win32_NTLogEvent", list(events))]
    return ((_CIMV2, name, values) for name, many in rows for values in many)


def _services(rows: Iterable[Sequence[str]]) -> Iterator[dict[str, Any]]:
    processes = {_LSASS_PATH: _LSASS}
    for name, display, program, start, state, account in rows:
        is_running = state == "Running"
        is_own = "\\" in program
        group = program.lower() if program.lower() in _SHARED or is_own else name
        if is_running:
            processes.setdefault(group, _FIRST_PROCESS + 24 * len(processes))
        yield {
            "AcceptPause": False,
            "AcceptStop": is_running,
            "Caption": display,
            "CheckPoint": 0,
            "CreationClassName": "Win32_Service",
            "DelayedAutoStart": start == "Auto" and not is_running,
            "Description": f"{display}, a service of the sample machine",
            "DesktopInteract": False,
            "DisplayName": display,
            "ErrorControl": "Normal",
            "ExitCode": 0 if is_running else 1077,  # ERROR_SERVICE_NEVER_STARTED
            "Name": name,
            "PathName": program if is_own else f"{_SVCHOST} -k {program} -p",
            "ProcessId": processes[group] if is_running else 0,
            "ServiceSpecificExitCode": 0,
            "ServiceType": "Own Process" if is_own else "Share Process",
            "Started": is_running,
            "StartMode": start,
            "StartName": account,
            "State": state,
            "Status": "OK",
            "SystemCreationClassName": "Win32_ComputerSystem",
            "SystemName": _COMPUTER,
            "TagId": 0,
            "WaitHint": 0,
        }


def _dependencies(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        first, second = (f'Win32_Service.Name="{name}"' for name in line.split("|"))
        yield {"Antecedent": second, "Dependent": first}


def _processes(
    services: Iterable[Mapping[str, Any]], rows: Sequence[Sequence[str]]
) -> Iterator[dict[str, Any]]:
    random = Random(_SEED)  # noqa: S311 - no secret
    for name, number, parent, program, arguments in rows:
        command = f"{program} {arguments}".strip() or None
        yield _process(random, name, (int(number), int(parent)), program or None, command)
    hosts = {one["ProcessId"]: one["PathName"] for one in services if one["Started"]}
    del hosts[_LSASS]
    for number, command in sorted(hosts.items()):
        program = command.split('"')[1] if command.startswith('"') else command.split(" ")[0]
        name = program.rpartition("\\")[2]
        yield _process(random, name, (number, _SERVICES_EXE), program, command)


def _process(
    random: Random, name: str, numbers: tuple[int, int], program: str | None, command: str | None
) -> dict[str, Any]:
    number, parent = numbers
    pages = random.randrange(300, 60_000)
    reads, writes, others = (random.randrange(100_000) for _ in range(3))
    kernel, user = (random.randrange(1, 40_000) * 156_250 for _ in range(2))
    started = _BOOT + timedelta(milliseconds=number * 137, microseconds=random.randrange(1000))
    return _PROCESS_CONSTANTS | {
        "Caption": name,
        "CommandLine": command,
        "CreationDate": started,
        "Description": name,
        "ExecutablePath": program,
        "Handle": str(number),
        "HandleCount": random.randrange(40, 3000),
        "KernelModeTime": kernel,
        "MaximumWorkingSetSize": 1380,
        "MinimumWorkingSetSize": 200,
        "Name": name,
        "OtherOperationCount": others,
        "OtherTransferCount": others * 96,
        "PageFaults": pages * 3,
        "PageFileUsage": pages * 3,
        "ParentProcessId": parent,
        "PeakPageFileUsage": pages * 4,
        "PeakVirtualSize": 2_203_318_222_848 + pages * 8192,
        "PeakWorkingSetSize": pages * 4,
        "Priority": 8,
        "PrivatePageCount": pages * 3072,
        "ProcessId": number,
        "QuotaNonPagedPoolUsage": random.randrange(5, 60),
        "QuotaPagedPoolUsage": random.randrange(20, 400),
        "QuotaPeakNonPagedPoolUsage": random.randrange(60, 120),
        "QuotaPeakPagedPoolUsage": random.randrange(400, 800),
        "ReadOperationCount": reads,
        "ReadTransferCount": reads * 4096,
        "SessionId": 0 if program is None or parent == _SERVICES_EXE else 1,
        "ThreadCount": random.randrange(1, 90),
        "UserModeTime": user,
        "VirtualSize": 2_203_318_222_848 + pages * 4096,
        "WorkingSetSize": pages * 4096,
        "WriteOperationCount": writes,
        "WriteTransferCount": writes * 2048,
    }


def _events(
    random: Random,
    templates: Sequence[str],
    services: Sequence[Mapping[str, Any]],
    processes: Sequence[Mapping[str, Any]],
) -> Iterator[dict[str, Any]]:
    moment, numbers = _BOOT, dict[str, int]()
    for _ in range(_EVENTS):
        moment += timedelta(seconds=random.randrange(5, 9000))
        row = random.choice(templates).split("|")
        log, source, code, base, kind, message, *wanted = row
        numbers[log] = numbers.get(log, 100) + 1
        words = {
            "service": random.choice(services)["DisplayName"],
            "process": random.choice(processes)["Name"],
            "state": random.choice(("running", "stopped")),
            "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "number": str(random.randrange(1000, 999_999)),
            "digit": str(random.randrange(1, 10)),
            "host": f"host{random.randrange(1, 40):02d}.lab.example",
            "product": f"Lab Tool {random.randrange(1, 9)}.{random.randrange(10)}",
            "user": random.choice(("operator1", "administrator", "svc_backup", f"{_COMPUTER}$")),
        }
        strings = [word.format_map(words) for word in wanted]
        yield {
            "Category": 0 if log != "Security" else 12544,
            "ComputerName": _COMPUTER,
            "Data": [random.randrange(256) for _ in range(4)] if random.random() < 0.3 else None,  # noqa: PLR2004 - some
            "EventCode": int(code),
            "EventIdentifier": int(base) + int(code),
            "EventType": int(kind),
            "InsertionStrings": strings,
            "Logfile": log,
            "Message": message.format(*strings),
            "RecordNumber": numbers[log],
            "SourceName": source,
            "TimeGenerated": moment,
            "TimeWritten": moment,
            "Type": _EVENT_TYPES[int(kind) - 1],
            "User": "NT AUTHORITY\\SYSTEM" if log == "Security" else None,
        }
