"""Calls of methods, whatever they come over: who answers one, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi.instance import Instance
from mi.parameters import outputs
from mi.schema import Class
from mi.schema import Method as Declared
from mi.values import convert
from protocols.loopback.repository import Invoked, Method, Repository

__all__ = ["answer_of", "call"]


def answer_of(repository: Repository, class_: Class, declared: Declared) -> Method | None:
    """Return what answers a method, of the class or the nearest ancestor for which there is one."""
    for name in (class_.name, *class_.derivation):
        answer = repository.methods.get((name.lower(), declared.name.lower()))
        if answer is not None:
            return answer
    return None


def call(answer: Method, invoked: Invoked, class_: Class, declared: Declared) -> Instance:
    """Call a method, and return what comes out of it, with `ReturnValue`.

    Raises:
        MIError: what the method raises.
        TypeMismatch: what it gives back does not fit its declaration.
    """
    with invoked.repository.lock:
        given_back = answer(invoked)
    return _result(outputs(class_, declared), given_back)


def _result(given: Class, values: Mapping[str, Any]) -> Instance:
    converted = {
        name: convert(values.get(name), declared.type)
        for name, declared in given.properties.items()
    }
    return Instance.received(given.name, converted, given.layout, given.namespace)
