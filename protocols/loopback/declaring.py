"""Class declarations: one by its name, or many, or only their names (MS-WSMV 3.1.4.2, 3.1.4.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from mi.errors import MIError
from mi.names import NameMap
from mi.schema import Class, Method, Parameter, Property
from mi.serial.cimxml import write_class
from protocols.loopback.enumerating import begin
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.refusals import of_wmi, refuse
from protocols.loopback.resources import find_class
from protocols.wsman import markup
from protocols.wsman.classes import CLASS_NAME_SELECTOR

__all__ = ["enumerate_classes", "get_class"]

MemberT = TypeVar("MemberT", Property, Method)

_DEEP: Final = "includesubclasses"
_NAMES_ONLY: Final = "excludeclassspecification"
_HOST: Final = "WIN-LAB01"


def get_class(operation: Operation) -> Outcome:
    """Return the declaration of the class that the selector `ClassName` names, as CIM-XML.

    Raises:
        Refusal: there is no such class or namespace, or the selector is missing.
    """
    named = _class_name(operation)
    if not named:
        raise refuse("MISSING_CLASSNAME")
    wanted = replace(operation.resource, class_name=named)
    class_ = find_class(operation.repository, wanted, "GetObject")
    return operation.fitting(write_class(_asked_for(operation, class_)))


def enumerate_classes(operation: Operation) -> Outcome:
    """Begin an enumeration of the subclasses of a class, or of those classes that have none above.

    Raises:
        Refusal: there is no such class or namespace.
        ClientGone: nobody waits for the reply.
    """
    named = _class_name(operation)
    if named is None:
        raise refuse("MISSING_CLASSNAME")
    repository, namespace = operation.repository, operation.resource.namespace
    find = repository.descendants if operation.has_option(_DEEP) else repository.classes
    try:
        found = find(namespace, named or None)
    except MIError as error:
        raise of_wmi(error, "CreateClassEnum", named) from error
    write = _written_name if operation.has_option(_NAMES_ONLY) else _writer(operation)
    return begin(operation, map(write, found))


def _class_name(operation: Operation) -> str | None:
    given = operation.resource.selectors.items()
    found = {name.lower(): value for name, value in given}.get(CLASS_NAME_SELECTOR.lower())
    return found if isinstance(found, str) else None


def _writer(operation: Operation) -> Callable[[Class], str]:
    return lambda class_: write_class(_asked_for(operation, class_))


def _written_name(class_: Class) -> str:
    """Return the path of a class, which is what is left without its declaration (DSP0201)."""
    parts = (class_.namespace or "").split("/")
    spaces = "".join(f'<NAMESPACE NAME="{markup.attribute(part)}"/>' for part in parts)
    return (
        f"<CLASSPATH><NAMESPACEPATH><HOST>{_HOST}</HOST><LOCALNAMESPACEPATH>{spaces}"
        f'</LOCALNAMESPACEPATH></NAMESPACEPATH><CLASSNAME NAME="{class_.name}"/></CLASSPATH>'
    )


# What a declaration has only if it is asked for


def _asked_for(operation: Operation, class_: Class) -> Class:
    for option, without in _LEFT_OUT.items():
        if not operation.has_option(option):
            class_ = without(class_)
    return class_


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


_LEFT_OUT: Final = {
    "includeinheritedelements": _without_inherited,
    "includequalifiers": _without_qualifiers,
    "includeinheritancehierarchy": _without_ancestors,
}
