"""The methods of Win32_Service, with the return codes that Windows documents for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mi.instance import Instance
from protocols.loopback.instances import new_instance
from protocols.loopback.repository import Method, Repository

__all__ = ["serve_services"]

_Control = Callable[[Repository, Instance, Mapping[str, Any]], int]

_OK: Final = 0
_DEPENDENTS_RUN: Final = 3
_CANNOT_ACCEPT: Final = 5
_NOT_ACTIVE: Final = 6
_RUNS_ALREADY: Final = 10
_DISABLED: Final = 14
_INVALID_PARAMETER: Final = 21
_NEVER_STARTED: Final = 1077  # ERROR_SERVICE_NEVER_STARTED
# What Change and ChangeStartMode are given, and what is in StartMode then.
_START_MODES: Final = {
    "boot": "Boot",
    "system": "System",
    "automatic": "Auto",
    "auto": "Auto",
    "manual": "Manual",
    "disabled": "Disabled",
}
_RUNNING: Final = {"Started": True, "State": "Running", "AcceptStop": True, "ExitCode": 0}
_STOPPED: Final = {"Started": False, "State": "Stopped", "AcceptStop": False, "ProcessId": 0}


def serve_services(repository: Repository) -> None:
    """Let services of a repository be started, stopped and changed."""
    for name, method in _METHODS.items():
        repository.on("Win32_Service", name, _on_service(method))


def _on_service(method: _Control) -> Method:
    return lambda call: {"ReturnValue": method(call.repository, call.subject, call.parameters)}


def _change(repository: Repository, service: Instance, values: Mapping[str, Any]) -> int:
    class_ = repository.find_class(service.namespace or "", service.class_name)
    repository.add(new_instance(class_, {**service, **values}))
    return _OK


def _start(repository: Repository, service: Instance, _: Mapping[str, Any]) -> int:
    if service["Started"]:
        return _RUNS_ALREADY
    if service["StartMode"] == "Disabled":
        return _DISABLED
    processes = repository.instances("root/cimv2", "Win32_Process")
    number = 4 + max(process["ProcessId"] for process in processes)
    return _change(repository, service, {**_RUNNING, "ProcessId": number})


def _stop(repository: Repository, service: Instance, _: Mapping[str, Any]) -> int:
    if not service["Started"]:
        return _NOT_ACTIVE
    if any(one["Started"] for one in _dependents(repository, service)):
        return _DEPENDENTS_RUN
    return _change(repository, service, {**_STOPPED, "ExitCode": 0})


def _dependents(repository: Repository, service: Instance) -> list[Instance]:
    """Return the services that need this one."""
    namespace = service.namespace or ""
    links = repository.instances(namespace, "Win32_DependentService")
    return [
        repository.get(namespace, "Win32_Service", dict(link["Dependent"].key))
        for link in links
        if link["Antecedent"]["Name"].lower() == service["Name"].lower()
    ]


def _interrogate(_: Repository, service: Instance, __: Mapping[str, Any]) -> int:
    return _OK if service["Started"] else _NOT_ACTIVE


def _refuse_control(_: Repository, service: Instance, __: Mapping[str, Any]) -> int:
    return _CANNOT_ACCEPT if service["Started"] else _NOT_ACTIVE


def _change_start_mode(repository: Repository, service: Instance, given: Mapping[str, Any]) -> int:
    mode = _START_MODES.get(str(given.get("StartMode")).lower())
    if mode is None:
        return _INVALID_PARAMETER
    return _change(repository, service, {"StartMode": mode})


def _change_all(repository: Repository, service: Instance, given: Mapping[str, Any]) -> int:
    """Change what is given and not null (Win32_Service.Change)."""
    wanted: dict[str, Any] = {name: given[name] for name in _CHANGED if given.get(name) is not None}
    if "StartMode" in wanted:
        wanted["StartMode"] = _START_MODES.get(str(wanted["StartMode"]).lower())
        if wanted["StartMode"] is None:
            return _INVALID_PARAMETER
    return _change(repository, service, wanted)


_CHANGED: Final = ("DisplayName", "PathName", "StartMode", "StartName")


def _delete(repository: Repository, service: Instance, _: Mapping[str, Any]) -> int:
    repository.remove(service)
    return _OK


_METHODS: Final[dict[str, _Control]] = {
    "StartService": _start,
    "StopService": _stop,
    "PauseService": _refuse_control,
    "ResumeService": _refuse_control,
    "InterrogateService": _interrogate,
    "ChangeStartMode": _change_start_mode,
    "Change": _change_all,
    "Delete": _delete,
}
