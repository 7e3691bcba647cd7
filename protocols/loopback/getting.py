"""Get: one instance, or the declaration of a class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from mi.errors import NotFound
from mi.instance import Instance
from mi.names import NameMap
from mi.schema import Class, Method, Parameter, Property
from mi.serial.cimxml import write_class
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.refusals import of_wmi, refuse
from protocols.loopback.resources import find_class, keys_of
from protocols.wsman.classes import CLASS_NAME_SELECTOR
from protocols.wsman.envelope import IncomingReference
from protocols.wsman.writers import Writer

__all__ = ["get_class", "get_instance"]

MemberT = TypeVar("MemberT", Property, Method)


def get_instance(operation: Operation) -> Outcome:
    """Return the instance that the selectors name.

    Raises:
        Refusal: there is no such instance, class or namespace, or the selectors do not fit.
    """
    repository, resource = operation.repository, operation.resource
    class_ = find_class(repository, resource, "GetObject")
    keys = keys_of(repository, resource, class_)
    try:
        found = repository.get(resource.namespace, class_.name, keys)
    except NotFound as error:
        named = Instance.received(class_.name, dict(keys), class_.layout, None)
        raise of_wmi(error, "GetObject", named.path) from error
    writer = Writer(resource.dialect, operation.wants_precise_arrays)
    return operation.fitting(writer.instance(found))


def get_class(operation: Operation) -> Outcome:
    """Return the declaration of the class that the selector `ClassName` names, as CIM-XML.

    Raises:
        Refusal: there is no such class or namespace, or the selector is missing.
    """
    resource = operation.resource
    named = {name.lower(): value for name, value in resource.selectors.items()}.get(
        CLASS_NAME_SELECTOR.lower()
    )
    if not named or isinstance(named, IncomingReference):
        raise refuse("MISSING_CLASSNAME")
    wanted = replace(resource, class_name=named)
    class_ = find_class(operation.repository, wanted, "GetObject")
    for option, without in _LEFT_OUT.items():
        if not operation.has_option(option):
            class_ = without(class_)
    return operation.fitting(write_class(class_))


def _without_inherited(class_: Class) -> Class:
    def own(members: NameMap[MemberT]) -> NameMap[MemberT]:
        return NameMap((name, one) for name, one in members.items() if not one.propagated)

    return replace(class_, properties=own(class_.properties), methods=own(class_.methods))


def _without_qualifiers(class_: Class) -> Class:
    def bare(members: NameMap[Any]) -> NameMap[Any]:
        return NameMap((name, replace(one, qualifiers=NameMap())) for name, one in members.items())

    methods: NameMap[Method] = bare(class_.methods)
    parameters: dict[str, NameMap[Parameter]] = {
        name: bare(method.parameters) for name, method in methods.items()
    }
    return replace(
        class_,
        properties=bare(class_.properties),
        methods=NameMap(
            (name, replace(method, parameters=parameters[name])) for name, method in methods.items()
        ),
        qualifiers=NameMap(),
    )


def _without_ancestors(class_: Class) -> Class:
    return replace(class_, derivation=())


# What a declaration has only if it is asked for (MS-WSMV, cim-xml).
_LEFT_OUT = {
    "includeinheritedelements": _without_inherited,
    "includequalifiers": _without_qualifiers,
    "includeinheritancehierarchy": _without_ancestors,
}
