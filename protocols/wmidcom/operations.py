"""The operations with one result: what each is in calls of IWbemServices (MS-WMI 3.1.4.3).

An operation is a function of what it has at hand, its call and its time; it returns the result in a
list, or an empty one where MI has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from mi.calls import (
    Call,
    CreateInstance,
    DeleteInstance,
    GetClass,
    GetInstance,
    Invoke,
    ModifyInstance,
    TestConnection,
)
from mi.errors import MIError
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.modification import changed_names, key_names
from mi.names import NameMap
from mi.parameters import RETURN_VALUE, arguments, find_method, inputs, outputs
from mi.schema import Class, Method
from mi.value_map import meaning_of
from protocols.wmidcom.access import Access, fetched
from protocols.wmidcom.contexts import partial_update
from protocols.wmidcom.hresults import is_number
from protocols.wmidcom.paths import relative_path
from protocols.wmidcom.services import Bounds, Outgoing, WbemError, WbemFlags

__all__ = ["OPERATIONS", "Operation"]

Operation = Callable[[Access, Any, Bounds], list[Any]]

_ANY_CLASS: Final = "__NAMESPACE"  # every namespace has it, and whoever may read there may read it
_PARAMETERS: Final = "__PARAMETERS"
# How a provider says that it writes whole objects or none ("Updating Part of an Instance").
_WRITES_NO_PARTS: Final = (
    "WBEM_E_PROVIDER_NOT_CAPABLE",
    "WBEM_E_NOT_SUPPORTED",
    "WBEM_E_UNSUPPORTED_PUT_EXTENSION",
    "WBEM_E_INVALID_CONTEXT",
)


def _test_connection(access: Access, call: TestConnection, bounds: Bounds) -> list[Any]:
    """Log in to the namespace and ask for something: a login may be one of before."""
    del call
    try:
        access.services(bounds).get_class(_ANY_CLASS, WbemFlags.NONE, (), bounds)
    except WbemError as failure:
        if not is_number(failure, "WBEM_E_NOT_FOUND", "WBEM_E_INVALID_CLASS"):
            raise  # else it is WMI that says so
    return []


def _get_instance(access: Access, call: GetInstance, bounds: Bounds) -> list[Instance]:
    path, flags = relative_path(call.key), access.flags
    found = access.services(bounds).get_instance(path, flags, access.context, bounds)
    return [access.references.settle(found)]


def _get_class(access: Access, call: GetClass, bounds: Bounds) -> list[Class]:
    services = access.services(bounds)
    found = fetched(services, call.class_name, bounds, access.flags, access.context)
    if not access.flags:
        access.learn(found)
    return [found]


def _delete_instance(access: Access, call: DeleteInstance, bounds: Bounds) -> list[Any]:
    path = relative_path(call.key)
    access.services(bounds).delete_instance(path, WbemFlags.NONE, access.context, bounds)
    return []


# Writing


def _create_instance(access: Access, call: CreateInstance, bounds: Bounds) -> list[Instance]:
    instance = access.typed(call.instance, bounds)
    names = tuple(name for name, value in instance.items() if value is not None)
    outgoing = _outgoing(access, instance, names, bounds)
    flags = WbemFlags.CREATE_ONLY
    path = access.services(bounds).put_instance(outgoing, flags, access.context, bounds)
    return [_named(access, instance, outgoing.declaration, path)]


def _outgoing(
    access: Access, instance: Instance, names: tuple[str, ...], bounds: Bounds
) -> Outgoing:
    declaration = access.declaration(instance.class_name, bounds, instance.namespace)
    ready, classes = access.embedded(instance, bounds)
    return Outgoing(ready, declaration, names, classes)


def _named(access: Access, instance: Instance, declaration: Class, path: str | None) -> Instance:
    """Return an instance of nothing but the key of a new object; all of it if that is not known."""
    try:
        named = instance if path is None else Instance.from_path(path).retyped(declaration)
        key = named.key
    except MIError:  # the object is there all the same
        return instance.copy()
    return Instance.received(
        declaration.name, dict(key), declaration.layout, access.namespace, access.server_name
    )


def _modify_instance(access: Access, call: ModifyInstance, bounds: Bounds) -> list[Any]:
    """Write what was set and nothing else, or, where the provider has no parts, the whole.

    Of the whole what was not set is read just before.
    """
    instance = access.typed(call.instance, bounds)
    keys = key_names(instance)
    changes = changed_names(instance, keys)
    try:
        _put_part(access, instance, (*keys, *changes), changes, bounds)
    except WbemError as failure:
        if not is_number(failure, *_WRITES_NO_PARTS):
            raise
        _put_whole(access, instance, changes, bounds)
    return []


def _put_part(
    access: Access,
    instance: Instance,
    names: tuple[str, ...],
    changes: tuple[str, ...],
    bounds: Bounds,
) -> None:
    outgoing = _outgoing(access, instance, names, bounds)
    clears = any(instance[name] is None for name in changes)
    context = (*access.context, *partial_update(changes, clears=clears))
    access.services(bounds).put_instance(outgoing, WbemFlags.UPDATE_ONLY, context, bounds)


def _put_whole(
    access: Access, instance: Instance, changes: tuple[str, ...], bounds: Bounds
) -> None:
    services = access.services(bounds)
    path = relative_path(instance)
    current = services.get_instance(path, WbemFlags.NONE, access.context, bounds)
    for name in changes:
        current[name] = instance[name]
    outgoing = _outgoing(access, current, tuple(current), bounds)
    services.put_instance(outgoing, WbemFlags.UPDATE_ONLY, access.context, bounds)


# Methods


def _invoke(access: Access, call: Invoke, bounds: Bounds) -> list[MethodResult]:
    declaration = access.declaration(call.class_name, bounds)
    method = find_method(declaration, call.method)
    given: Mapping[str, Any] = {} if call.parameters is None else call.parameters
    parameters = _parameters(access, declaration, method, given, bounds)
    path = _target(call, declaration, method)
    services = access.services(bounds)
    back = services.exec_method(path, method, parameters, access.context, bounds)
    if back is not None:
        access.references.settle(back)
    return [_method_result(call, method, outputs(declaration, method), back)]


def _target(call: Invoke, declaration: Class, method: Method) -> str:
    """Return the path of the object; of a static method, whoever it is called on, the class."""
    if isinstance(call.target, str) or method.is_static:
        return declaration.name
    return relative_path(call.target)


def _parameters(
    access: Access, declaration: Class, method: Method, given: Mapping[str, Any], bounds: Bounds
) -> Outgoing | None:
    instance = arguments(declaration, method, given)
    taken = inputs(declaration, method)
    if not taken.properties:
        return None
    ready, classes = access.embedded(instance, bounds)
    return Outgoing(ready, replace(taken, name=_PARAMETERS), tuple(ready), classes)


def _method_result(
    call: Invoke, method: Method, declared: Class, back: Instance | None
) -> MethodResult:
    values: dict[str, Any] = dict.fromkeys(declared.properties)
    for name, value in () if back is None else back.items():
        values[declared.properties.spelling(name) or name] = value
    return_value = values.pop(RETURN_VALUE, None)
    return MethodResult(
        return_value,
        NameMap(values.items()),
        f"{call.class_name}.{method.name}",
        meaning_of(return_value, method.qualifiers),
        True,  # noqa: FBT003 - it is typed, as always here
    )


OPERATIONS: Final[Mapping[type[Call[Any]], Operation]] = {
    TestConnection: _test_connection,
    GetInstance: _get_instance,
    CreateInstance: _create_instance,
    ModifyInstance: _modify_instance,
    DeleteInstance: _delete_instance,
    Invoke: _invoke,
    GetClass: _get_class,
}
"""What each call with one result is."""
