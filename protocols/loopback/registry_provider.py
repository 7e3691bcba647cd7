"""StdRegProv: the methods by which WMI reads and writes the registry.

Every one of them gets the number of a hive, HKEY_LOCAL_MACHINE if none is given, and a path, and
answers with a code of Windows: 0, or what is wrong. Which view of the registry it is, the caller
says by `__ProviderArchitecture` in the context.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from protocols.loopback.registry import Hive, Key, Kind, Registry, Value
from protocols.loopback.repository import Invoked, Repository

__all__ = ["serve_registry"]

_OK: Final = 0
_NOT_FOUND: Final = 2  # ERROR_FILE_NOT_FOUND, of keys and of values
_ACCESS_DENIED: Final = 5
_INVALID_PARAMETER: Final = 87
_TYPE_MISMATCH: Final = 0x80041005  # WBEM_E_TYPE_MISMATCH
_CLASS: Final = "StdRegProv"
_ARCHITECTURE: Final = "__providerarchitecture"
_VARIABLE: Final = re.compile(r"%(\w+)%")
_ENVIRONMENT: Final = {"systemroot": "C:\\Windows", "programfiles": "C:\\Program Files"}

Answer = Mapping[str, Any]


def _code(code: int) -> Answer:
    return {"ReturnValue": code}


class _Place:
    """The key that a call names, in the view that it asks for."""

    def __init__(self, registry: Registry, call: Invoked) -> None:
        self._registry = registry
        self._hive = Hive(call.parameters.get("hDefKey") or Hive.LOCAL_MACHINE)
        self._path = str(call.parameters.get("sSubKeyName") or "")
        self._is_32_bit = call.context.get(_ARCHITECTURE) == "32"

    def find(self) -> Key | None:
        return self._registry.find(self._hive, self._path, is_32_bit=self._is_32_bit)

    def make(self) -> Key:
        return self._registry.make(self._hive, self._path, is_32_bit=self._is_32_bit)

    def remove(self) -> Answer:
        key = self.find()
        if key is None:
            return _code(_NOT_FOUND)
        if key.keys or not self._path.strip("\\"):
            return _code(_ACCESS_DENIED)
        self._registry.remove(self._hive, self._path, is_32_bit=self._is_32_bit)
        return _code(_OK)


def serve_registry(repository: Repository, registry: Registry) -> None:
    """Let the methods of StdRegProv in a repository read and write a registry."""
    for name, method in _methods().items():
        repository.on(_CLASS, name, partial(_answer, registry, method))


def _answer(registry: Registry, method: _OnPlace, call: Invoked) -> Answer:
    try:
        place = _Place(registry, call)
    except ValueError:  # no such hive
        return _code(_INVALID_PARAMETER)
    return method(place, call.parameters)


_OnPlace = Callable[[_Place, Mapping[str, Any]], Answer]


def _methods() -> dict[str, _OnPlace]:
    kinds = {
        "DWORD": (Kind.DWORD, "uValue"),
        "QWORD": (Kind.QWORD, "uValue"),
        "String": (Kind.SZ, "sValue"),
        "MultiString": (Kind.MULTI_SZ, "sValue"),
        "ExpandedString": (Kind.EXPAND_SZ, "sValue"),
        "Binary": (Kind.BINARY, "uValue"),
    }
    return {
        "CreateKey": _create_key,
        "DeleteKey": lambda place, _: place.remove(),
        "EnumKey": _enumerate_keys,
        "EnumValues": _enumerate_values,
        "DeleteValue": _delete_value,
        "CheckAccess": _check_access,
        **{f"Get{name}Value": partial(_get, *row) for name, row in kinds.items()},
        **{f"Set{name}Value": partial(_set, *row) for name, row in kinds.items()},
    }


def _create_key(place: _Place, _: Mapping[str, Any]) -> Answer:
    place.make()
    return _code(_OK)


def _enumerate_keys(place: _Place, _: Mapping[str, Any]) -> Answer:
    key = place.find()
    if key is None:
        return _code(_NOT_FOUND)
    names = [one.name for one in key.keys.values()]
    return {"sNames": names or None, "ReturnValue": _OK}


def _enumerate_values(place: _Place, _: Mapping[str, Any]) -> Answer:
    key = place.find()
    if key is None:
        return _code(_NOT_FOUND)
    values = list(key.values.values())
    return {
        "sNames": [one.name for one in values] or None,
        "Types": [int(one.kind) for one in values] or None,
        "ReturnValue": _OK,
    }


def _delete_value(place: _Place, given: Mapping[str, Any]) -> Answer:
    key = place.find()
    if key is None or key.values.pop(_named(given), None) is None:
        return _code(_NOT_FOUND)
    return _code(_OK)


def _check_access(place: _Place, _: Mapping[str, Any]) -> Answer:
    if place.find() is None:
        return {"bGranted": False, "ReturnValue": _NOT_FOUND}
    return {"bGranted": True, "ReturnValue": _OK}


def _get(kind: Kind, output: str, place: _Place, given: Mapping[str, Any]) -> Answer:
    key = place.find()
    value = None if key is None else key.values.get(_named(given))
    if value is None:
        return _code(_NOT_FOUND)
    if value.kind is not kind:
        return _code(_TYPE_MISMATCH)
    is_expanded = kind is Kind.EXPAND_SZ
    data = _VARIABLE.sub(_variable, value.data) if is_expanded else value.data
    return {output: data, "ReturnValue": _OK}


def _variable(match: re.Match[str]) -> str:
    return _ENVIRONMENT.get(match[1].lower(), match[0])


def _set(kind: Kind, parameter: str, place: _Place, given: Mapping[str, Any]) -> Answer:
    key = place.find()
    if key is None:
        return _code(_NOT_FOUND)
    if given.get(parameter) is None:
        return _code(_INVALID_PARAMETER)
    key.set(Value(str(given.get("sValueName") or ""), kind, given[parameter]))
    return _code(_OK)


def _named(given: Mapping[str, Any]) -> str:
    return str(given.get("sValueName") or "").lower()
