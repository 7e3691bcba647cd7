"""Invoke: the methods of the repository, called by name and answered by what it has for them."""

from __future__ import annotations

from typing import Final

from mi.errors import InvalidParameter, MethodNotFound, MIError
from mi.instance import Instance
from mi.parameters import inputs
from mi.schema import Class
from mi.schema import Method as Declared
from protocols.loopback.calling import answer_of, call
from protocols.loopback.incoming import read_parameters
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.refusals import of_wmi, refuse_by_wmi
from protocols.loopback.repository import Invoked, Method
from protocols.loopback.resources import find_class, keys_of
from protocols.wsman.writers import Writer

__all__ = ["invoke", "is_method"]

_CONTEXT: Final = "wmi:"


def is_method(operation: Operation) -> bool:
    """Return whether the action is a method of the class that the resource is."""
    action, uri = operation.request.action, operation.request.resource_uri
    return action.startswith(f"{uri}/") and action.count("/") == uri.count("/") + 1


def invoke(operation: Operation) -> Outcome:
    """Call a method, and return what comes out of it.

    Raises:
        Refusal: there is no such method or object, or it takes no such parameters.
    """
    class_ = find_class(operation.repository, operation.resource, "ExecMethod")
    name = operation.request.action.rpartition("/")[2]
    declared = class_.methods.get(name)
    if declared is None:
        missing = MethodNotFound(f"{class_.name} has no method {name}")
        raise of_wmi(missing, "ExecMethod", name)
    given = read_parameters(operation, inputs(class_, declared))
    answer = _answer(operation, class_, declared)
    try:
        instance = _instance(operation, class_, declared)
        invoked = Invoked(operation.repository, instance, given, _context(operation))
        result = call(answer, invoked, class_, declared)
    except MIError as error:
        raise of_wmi(error, "ExecMethod", f"{class_.name}.{declared.name}") from error
    writer = Writer(operation.resource.dialect, operation.wants_precise_arrays)
    uri = operation.request.resource_uri
    return operation.fitting(writer.parameters(f"{declared.name}_OUTPUT", result, uri))


def _answer(operation: Operation, class_: Class, declared: Declared) -> Method:
    answer = answer_of(operation.repository, class_, declared)
    if answer is None:
        raise refuse_by_wmi(
            "WBEM_E_METHOD_DISABLED", "The provider does not implement it.", declared.name
        )
    return answer


def _instance(operation: Operation, class_: Class, declared: Declared) -> Instance | None:
    if declared.is_static:
        return None
    if class_.keys and not operation.resource.selectors:
        raise InvalidParameter(f"{class_.name}.{declared.name} is called on an instance")
    keys = keys_of(operation.repository, operation.resource, class_)
    return operation.repository.get(operation.resource.namespace, class_.name, keys)


def _context(operation: Operation) -> dict[str, str]:
    return {
        option.name[len(_CONTEXT) :].lower(): option.value or ""
        for option in operation.request.options
        if option.name.lower().startswith(_CONTEXT)
    }
