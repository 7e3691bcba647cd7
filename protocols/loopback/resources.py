"""What a request is about: the class its resource URI names, and the object its selectors name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from mi.errors import InvalidParameter, MIError, ProtocolError, TypeMismatch
from mi.instance import Instance
from mi.names import normalize_namespace
from mi.options import ServerKind
from mi.results import CimType
from mi.schema import Class
from mi.shell_calls import CMD, POWERSHELL
from mi.values import parse_value
from protocols.loopback.refusals import of_wmi, refuse
from protocols.loopback.repository import Repository
from protocols.wsman.dialects import (
    DIALECTS,
    NAMESPACE_SELECTOR,
    Dialect,
    split_resource_uri,
)
from protocols.wsman.durations import parse_datetime
from protocols.wsman.incoming import IncomingReference, IncomingRequest
from protocols.wsman.namespaces import CIM_XML_SCHEMA, DMTF_ALL_CLASSES, DMTF_CIM_SCHEMA, EVENT_LOG
from protocols.wsman.references import ObjectName
from protocols.wsman.shells import SHELL, SHELL_COMMANDS

__all__ = ["Family", "Resource", "find_class", "keys_of", "named_instance", "resource_of"]

# Where Windows looks when nobody says where (MS-WSMV).
_DEFAULT_NAMESPACE = "root/hardware"
_ALL = "*"
_POWERSHELL = POWERSHELL.rpartition("/")[0] + "/"  # what session configurations are under


class Family(Enum):
    """What kind of resource a URI names."""

    CLASS = auto()
    ALL_CLASSES = auto()
    SCHEMA = auto()
    EVENT_LOG = auto()
    SHELL = auto()
    SHELLS = auto()
    SHELL_COMMANDS = auto()


_OTHERS = {
    EVENT_LOG: Family.EVENT_LOG,
    CMD: Family.SHELL,
    SHELL: Family.SHELLS,
    SHELL_COMMANDS: Family.SHELL_COMMANDS,
}


@dataclass(frozen=True, slots=True)
class Resource:
    """What a request is about.

    Attributes:
        family: what kind of resource.
        namespace: its CIM namespace.
        class_name: the class as the request spells it; `*` for all.
        dialect: how its family writes URIs: Microsoft's hold the namespace, the DMTF's do not.
        selectors: what names the object, without the namespace.
    """

    family: Family
    namespace: str
    class_name: str
    dialect: Dialect
    selectors: Mapping[str, str | IncomingReference]


def resource_of(request: IncomingRequest) -> Resource:
    """Return what a request is about.

    Raises:
        Refusal: there is no such resource, or URI and selectors contradict one another.
    """
    return _resource(request.resource_uri, request.selectors)


def _resource(uri: str, given: Mapping[str, str | IncomingReference]) -> Resource:
    selectors = {name: value for name, value in given.items() if name.lower() != NAMESPACE_SELECTOR}
    selected = next((given[name] for name in given if name not in selectors), None)
    class_name, in_uri = split_resource_uri(uri)
    namespace = _namespace(in_uri, selected)
    if in_uri is not None:
        family = Family.ALL_CLASSES if class_name == _ALL else Family.CLASS
    elif uri == DMTF_ALL_CLASSES:
        family = Family.ALL_CLASSES
    elif uri == CIM_XML_SCHEMA:
        family = Family.SCHEMA
    elif uri in _OTHERS:
        family = _OTHERS[uri]
    elif uri.startswith(_POWERSHELL):
        family = Family.SHELL
    elif uri.lower().startswith(f"{DMTF_CIM_SCHEMA}/"):
        family = Family.CLASS
    else:
        raise refuse("RESOURCE_NOT_FOUND", f"there is nothing at {uri!r}")
    kind = ServerKind.WINRM3 if in_uri is None else ServerKind.WINRM2
    return Resource(family, namespace, class_name, DIALECTS[kind], selectors)


def _namespace(in_uri: str | None, selected: str | IncomingReference | None) -> str:
    if isinstance(selected, IncomingReference):
        raise refuse("INVALID_SELECTORS", "the namespace is text, not a reference")
    try:
        named = normalize_namespace(selected) if selected else None
        of_uri = normalize_namespace(in_uri) if in_uri else None
    except InvalidParameter as error:
        raise refuse("INVALID_SELECTORS", error.message) from error
    if named and of_uri and named.lower() != of_uri.lower():
        raise refuse("DIFFERENT_CIM_SELECTOR")
    return of_uri or named or _DEFAULT_NAMESPACE


def find_class(repository: Repository, resource: Resource, operation: str) -> Class:
    """Return the class that a resource names.

    Args:
        repository: where to look.
        resource: what the request is about.
        operation: WMI's name of what is done, for the fault.

    Raises:
        Refusal: there is no such class, or no such namespace.
    """
    try:
        return repository.find_class(resource.namespace, resource.class_name)
    except MIError as error:
        raise of_wmi(error, operation, resource.class_name) from error


def keys_of(repository: Repository, resource: Resource, class_: Class) -> dict[str, Any]:
    """Return the values of the keys of a class, of their types, as the selectors name them.

    Raises:
        Refusal: there are too few, too many, or one that does not fit its key.
    """
    given = {name.lower(): value for name, value in resource.selectors.items()}
    unexpected = [name for name in given if name not in {key.lower() for key in class_.keys}]
    if unexpected and not class_.keys:
        raise refuse("INVALID_URI_WMI_SINGLETON")
    if unexpected:
        raise refuse("UNEXPECTED_SELECTORS", f"{class_.name} has no key {', '.join(unexpected)}")
    missing = [name for name in class_.keys if name.lower() not in given]
    if missing:
        raise refuse("INSUFFCIENT_SELECTORS", f"{class_.name} needs {', '.join(missing)}")
    return {
        name: _key(repository, class_.properties[name].type, given[name.lower()])
        for name in class_.keys
    }


def _key(repository: Repository, cim_type: CimType, value: str | IncomingReference) -> Any:
    try:
        if isinstance(value, IncomingReference):
            return _reference(repository, value)
        if cim_type is CimType.DATETIME:  # the MI client writes ISO 8601, WMI reads DMTF's form
            return parse_datetime(value)
        return parse_value(value, cim_type)
    except (TypeMismatch, InvalidParameter, ProtocolError) as error:
        raise refuse("SELECTOR_TYPEMISMATCH", error.message) from error


def _reference(repository: Repository, value: IncomingReference) -> Instance:
    resource = _resource(value.resource_uri, value.selectors)
    class_ = find_class(repository, resource, "GetObject")
    keys = keys_of(repository, resource, class_)
    return Instance.received(class_.name, keys, class_.layout, class_.namespace)


def named_instance(repository: Repository, name: ObjectName, namespace: str) -> Instance:
    """Return the instance, of nothing but keys of their types, that an EPR in a body names.

    Args:
        repository: where its class is.
        name: what the EPR says.
        namespace: where it lives if the EPR does not say it.

    Raises:
        Refusal: there is no such class, or its keys do not fit.
    """
    return _reference(repository, _incoming(name, namespace))


def _incoming(name: ObjectName, namespace: str) -> IncomingReference:
    where = name.namespace or namespace
    selectors: dict[str, str | IncomingReference] = {NAMESPACE_SELECTOR: where}
    for key, value in name.keys:
        selectors[key] = value if isinstance(value, str) else _incoming(value, where)
    return IncomingReference(f"{DMTF_CIM_SCHEMA}/{name.class_name}", selectors)
