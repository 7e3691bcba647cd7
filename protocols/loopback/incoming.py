"""What a client sends in a body: an instance, or the parameters of a method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mi.errors import MIError, ProtocolError
from mi.instance import Instance
from mi.schema import Class
from protocols.loopback.operation import Operation
from protocols.loopback.refusals import refuse
from protocols.loopback.repository import Repository
from protocols.wsman import soap
from protocols.wsman.instances import Decoder, UnknownClass
from protocols.wsman.plans import Plan

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Sent", "read_instance", "read_parameters"]

_INPUT: Final = "_input"


@dataclass(frozen=True, slots=True)
class _Known:
    """The classes of a repository, for a decoder."""

    repository: Repository

    def find(self, namespace: str, class_name: str) -> Class | None:
        try:
            return self.repository.find_class(namespace, class_name)
        except MIError:
            return None

    def add(self, class_: Class, namespace: str | None = None) -> None:
        """Do nothing: a client declares no classes."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An instance that a client sent.

    Attributes:
        instance: with every property that is there, and null arrays for those that are not.
        names: the properties that are there, as the class spells them.
    """

    instance: Instance
    names: frozenset[str]


def read_instance(operation: Operation, class_: Class) -> Sent:
    """Return the instance in the body of a Put or a Create.

    Raises:
        Refusal: there is none of that class, or a value does not fit its property.
    """
    element = _element(operation)
    if soap.local_name(element).lower() != class_.name.lower():
        raise refuse("INVALID_REPRESENTATION", f"the body holds no {class_.name}")
    names = {soap.local_name(child) for child in element}
    unknown = [name for name in names if name not in class_.properties]
    if unknown:
        raise refuse("INVALID_REPRESENTATION", f"{class_.name} has no {', '.join(sorted(unknown))}")
    try:
        instance = _decoder(operation).read(element)
    except (ProtocolError, UnknownClass) as error:
        raise refuse("INVALID_REPRESENTATION", str(error)) from error
    return Sent(instance, frozenset(class_.properties[name].name for name in names))


def read_parameters(operation: Operation, taken: Class) -> dict[str, Any]:
    """Return the parameters in the body of an Invoke; those that are not there are left out.

    Args:
        operation: what is asked.
        taken: the class of what the method takes.

    Raises:
        Refusal: they are not those of the method, or a value does not fit.
    """
    element = _element(operation)
    if not soap.local_name(element).lower().endswith(_INPUT):
        raise refuse("SCHEMA_VALIDATION_ERROR", "the body holds no parameters")
    names = {soap.local_name(child).lower() for child in element}
    unknown = [name for name in names if name not in taken.properties]
    if unknown:
        raise refuse("INVALID_PARAMETER", f"{taken.name} takes no {', '.join(sorted(unknown))}")
    plan = Plan(taken, precise=operation.wants_precise_arrays)
    try:
        values, _ = plan.read(element, _decoder(operation))
    except (ProtocolError, UnknownClass) as error:
        raise refuse("INVALID_PARAMETER", str(error)) from error
    return {name: value for name, value in values.items() if name.lower() in names}


def _element(operation: Operation) -> _Element:
    body = operation.request.body
    if len(body) != 1:
        raise refuse("SCHEMA_VALIDATION_ERROR", "the body holds something else than one element")
    return body[0]


def _decoder(operation: Operation) -> Decoder:
    return Decoder(
        _Known(operation.repository),
        operation.resource.namespace,
        precise=operation.wants_precise_arrays,
    )
