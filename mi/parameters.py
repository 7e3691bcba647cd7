"""The parameters of a method as a class of their own (MI_ParameterSet).

What goes in and what comes out are then instances like any others: they take their types from the
declaration, and are written and read as instances are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mi.elements import convert_element
from mi.errors import InvalidParameter, MethodNotFound
from mi.instance import Instance
from mi.names import NameMap, suggestion
from mi.results import CimType, Flags
from mi.schema import Class, Method, Property

__all__ = ["RETURN_VALUE", "arguments", "find_method", "inputs", "outputs"]

RETURN_VALUE: Final = "ReturnValue"
"""What WMI and DSP0227 call what a method returns, among its output parameters."""


def find_method(class_: Class, name: str) -> Method:
    """Return the method of a class.

    Raises:
        MethodNotFound: it has none of that name; the error says what was probably meant.
    """
    method = class_.methods.get(name)
    if method is None:
        raise MethodNotFound(
            f"{class_.name} has no method named {name!r}", advice=suggestion(name, class_.methods)
        )
    return method


def inputs(class_: Class, method: Method) -> Class:
    """Return the class of what goes into a method: its input parameters as properties."""
    return _parameter_set(class_, method, _declared(method, Flags.IN))


def outputs(class_: Class, method: Method) -> Class:
    """Return the class of what comes out of a method: its output parameters and `ReturnValue`."""
    declared = list(_declared(method, Flags.OUT))
    if method.return_type is not None:
        declared.append(Property(RETURN_VALUE, method.return_type, qualifiers=method.qualifiers))
    return _parameter_set(class_, method, declared)


def _parameter_set(class_: Class, method: Method, declared: Iterable[Property]) -> Class:
    properties = NameMap((one.name, one) for one in declared)
    return Class(f"{class_.name}.{method.name}", class_.namespace, properties=properties)


def _declared(method: Method, direction: Flags) -> Iterator[Property]:
    return (
        Property(one.name, one.type, one.class_name, qualifiers=one.qualifiers)
        for one in method.parameters.values()
        if one.flags & direction
    )


def arguments(class_: Class, method: Method, given: Mapping[str, Any]) -> Instance:
    """Return what goes into a call: the given parameters, of their types, in declared order.

    Raises:
        InvalidParameter: the method takes no such parameter; the error says what was probably
            meant. Or a text is not the path that a reference should be.
        TypeMismatch: a value does not fit its parameter.
    """
    taken = inputs(class_, method)
    for name in given:
        if name not in taken.properties:
            raise _unknown(taken, method, name)
    spelled = {taken.properties[name].name: value for name, value in given.items()}
    values = {
        name: _argument(f"{taken.name}.{name}", spelled[name], declared.type)
        for name, declared in taken.properties.items()
        if name in spelled
    }
    return Instance.received(taken.name, values, taken.layout, class_.namespace)


def _unknown(taken: Class, method: Method, name: str) -> InvalidParameter:
    if name in method.parameters:
        return InvalidParameter(f"the parameter {name} of {taken.name} only comes out")
    return InvalidParameter(
        f"{taken.name} has no parameter named {name!r}", advice=suggestion(name, taken.properties)
    )


def _argument(what: str, value: Any, cim_type: CimType) -> Any:
    if cim_type is CimType.REFERENCE and isinstance(value, str):
        return Instance.from_path(value)
    return convert_element(what, value, cim_type)
