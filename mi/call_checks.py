"""What the arguments of calls have to be, and copies of those that the caller may change later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi.errors import InvalidParameter, TypeMismatch
from mi.instance import Instance
from mi.names import check_name
from mi.options import SubscriptionDeliveryOptions

__all__ = [
    "check_instance",
    "check_names",
    "check_text",
    "copy_of_delivery",
    "copy_of_parameters",
]


def check_instance(**instances: Instance) -> None:
    """Do nothing where these arguments, by their names, are instances.

    Raises:
        TypeMismatch: one is none.
    """
    for name, instance in instances.items():
        if not isinstance(instance, Instance):
            raise TypeMismatch(f"the {name} is an Instance, not {instance!r}")


def check_names(what: str, *names: str | None) -> None:
    """Do nothing where these are names of CIM, or None; the message calls each `what`.

    Raises:
        InvalidParameter: one is not.
        TypeMismatch: one is no string.
    """
    for name in names:
        if name is not None:
            check_name(name, what)


def check_text(**texts: str) -> None:
    """Do nothing where these arguments, by their names, are text.

    Raises:
        InvalidParameter: one is empty.
        TypeMismatch: one is no string.
    """
    for name, text in texts.items():
        if not isinstance(text, str):
            raise TypeMismatch(f"a {name} is a string, not {text!r}")
        if not text.strip():
            raise InvalidParameter(f"the {name} is empty")


def copy_of_parameters(given: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return a copy of the parameters of a method: an instance of one, else a dict.

    Raises:
        InvalidParameter: a name is not legal.
        TypeMismatch: they are no mapping.
    """
    if given is None or isinstance(given, Instance):
        return None if given is None else given.copy()
    if not isinstance(given, Mapping):
        raise TypeMismatch(f"parameters are a mapping of names to values, not {given!r}")
    for name in given:
        check_name(name, "parameter name")
    return dict(given)


def copy_of_delivery(
    given: SubscriptionDeliveryOptions | None,
) -> SubscriptionDeliveryOptions | None:
    """Return a copy of how events are to be delivered.

    Raises:
        TypeMismatch: it is something else.
    """
    if given is None:
        return None
    if not isinstance(given, SubscriptionDeliveryOptions):
        raise TypeMismatch(f"delivery is SubscriptionDeliveryOptions, not {given!r}")
    return given.copy()
