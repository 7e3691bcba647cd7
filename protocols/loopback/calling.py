"""Calls of methods, whatever they come over: who answers one, and what comes out of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from mi.errors import MIError, TypeMismatch
from mi.instance import Instance
from mi.parameters import outputs
from mi.schema import Class
from mi.schema import Method as Declared
from mi.values import convert, shown
from protocols.loopback.repository import Invoked, Method, Repository

__all__ = ["answer_of", "call"]

_logger = logging.getLogger("mi.loopback")


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
        MIError: what the method raises, or how it fails by mistake.
        TypeMismatch: what it gives back does not fit its declaration.
    """
    name = f"{class_.name}.{declared.name}"
    try:
        with invoked.repository.lock:
            given_back = answer(invoked)
    except MIError:
        raise
    except Exception as error:
        _logger.exception("what answers %s has failed", name)
        raise MIError(f"what answers {name} has failed: {error!r}") from error
    return _result(name, outputs(class_, declared), given_back)


def _result(name: str, given: Class, values: object) -> Instance:
    if not isinstance(values, Mapping):
        raise TypeMismatch(f"{name} is answered by {shown(values)}, and not by a mapping")
    spelled = {given.properties.spelling(one): value for one, value in values.items()}
    if None in spelled:
        unknown = [one for one in values if one not in given.properties]
        raise TypeMismatch(f"nothing called {unknown[0]!r} comes out of {name}")
    converted = {
        one: convert(spelled.get(one), declared.type) for one, declared in given.properties.items()
    }
    return Instance.received(given.name, converted, given.layout, given.namespace)
