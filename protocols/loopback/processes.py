"""The methods of Win32_Process: programs that do not run, and can be ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from mi.instance import Instance
from protocols.loopback.instances import new_instance
from protocols.loopback.repository import Invoked, Method, Repository

__all__ = ["serve_processes"]

_Work = Callable[[Repository, Instance, Mapping[str, Any]], Mapping[str, Any]]

_OK: Final = 0
_ACCESS_DENIED: Final = 2
_PATH_NOT_FOUND: Final = 9
_INVALID_PARAMETER: Final = 21
_CIMV2: Final = "root/cimv2"
_CLASS: Final = "Win32_Process"
_PROTECTED: Final = ("0", "4")  # System Idle Process and System
_MISSING: Final = "nosuch"  # a program that begins so is not there
_STARTED: Final = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)  # nothing here depends on a clock
_USER: Final = {"User": "operator1", "Domain": "WIN-LAB01", "ReturnValue": _OK}
_SYSTEM: Final = {"User": "SYSTEM", "Domain": "NT AUTHORITY", "ReturnValue": _OK}
_SIDS: Final = {"SYSTEM": "S-1-5-18", "operator1": "S-1-5-21-1111111111-2222222222-333333333-1001"}
_BASE_PRIORITIES: Final = {64: 4, 16384: 6, 32: 8, 32768: 10, 128: 13, 256: 24}


def serve_processes(repository: Repository) -> None:
    """Let processes of a repository be created and ended."""
    repository.on(_CLASS, "Create", _create)
    for name, method in _METHODS.items():
        repository.on(_CLASS, name, _on_process(method))


def _on_process(method: _Work) -> Method:
    return lambda call: method(call.repository, call.subject, call.parameters)


def _create(call: Invoked) -> Mapping[str, Any]:
    command = str(call.parameters.get("CommandLine") or "").strip()
    if not command:
        return {"ReturnValue": _INVALID_PARAMETER}
    program = command.split('"')[1] if command.startswith('"') else command.split(" ")[0]
    name = program.rpartition("\\")[2]
    if name.lower().startswith(_MISSING):
        return {"ReturnValue": _PATH_NOT_FOUND}
    repository = call.repository
    processes = list(repository.instances(_CIMV2, _CLASS))
    number = 4 + max(process["ProcessId"] for process in processes)
    made = {
        **{key: processes[0][key] for key in ("CSName", "OSName", "WindowsVersion")},
        "Caption": name,
        "CommandLine": command,
        "CreationClassName": _CLASS,
        "CreationDate": _STARTED,
        "Description": name,
        "ExecutablePath": program,
        "Handle": str(number),
        "Name": name,
        "ParentProcessId": 4,
        "Priority": 8,
        "ProcessId": number,
        "SessionId": 0,
        "ThreadCount": 1,
    }
    repository.add(new_instance(repository.find_class(_CIMV2, _CLASS), made))
    return {"ProcessId": number, "ReturnValue": _OK}


def _terminate(
    repository: Repository, process: Instance, _: Mapping[str, Any]
) -> Mapping[str, Any]:
    if process["Handle"] in _PROTECTED:
        return {"ReturnValue": _ACCESS_DENIED}
    repository.remove(process)
    return {"ReturnValue": _OK}


def _owner(_: Repository, process: Instance, __: Mapping[str, Any]) -> Mapping[str, Any]:
    return _USER if process["SessionId"] else _SYSTEM


def _owner_sid(
    repository: Repository, process: Instance, given: Mapping[str, Any]
) -> Mapping[str, Any]:
    user = _owner(repository, process, given)["User"]
    return {"Sid": _SIDS[str(user)], "ReturnValue": _OK}


def _set_priority(
    repository: Repository, process: Instance, given: Mapping[str, Any]
) -> Mapping[str, Any]:
    priority = _BASE_PRIORITIES.get(given.get("Priority") or 0)
    if priority is None:
        return {"ReturnValue": _INVALID_PARAMETER}
    class_ = repository.find_class(_CIMV2, _CLASS)
    repository.add(new_instance(class_, {**process, "Priority": priority}))
    return {"ReturnValue": _OK}


_METHODS: Final[dict[str, _Work]] = {
    "Terminate": _terminate,
    "GetOwner": _owner,
    "GetOwnerSid": _owner_sid,
    "SetPriority": _set_priority,
}
