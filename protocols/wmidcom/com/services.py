"""One namespace of this machine, for any thread: calls are made in a thread that uses COM."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from mi.errors import OperationCancelled, OperationTimeout
from mi.instance import Instance
from mi.schema import Class, Method
from protocols.wmidcom.com.enumerator import ComEnumerator
from protocols.wmidcom.com.interfaces import CallResult, Enumerator, Services, Slot
from protocols.wmidcom.com.namespace import Namespace
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.com.semisynchronous import Answer, Call, nothing_of, object_of, path_of
from protocols.wmidcom.com.session import Session
from protocols.wmidcom.services import Bounds, ContextValue, Outgoing, WbemError, WbemFlags

__all__ = ["ComServices"]

T = TypeVar("T")

_ContextValues = tuple[ContextValue, ...]
_LANGUAGE: Final = "WQL"
_PHASE: Final = "waiting for WMI"
_NOT_FOUND: Final = 0x80041002  # WBEM_E_NOT_FOUND


class ComServices:
    """IWbemServices of one namespace."""

    def __init__(self, session: Session, namespace: Namespace) -> None:
        """Take over a namespace.

        Args:
            session: what it belongs to.
            namespace: the namespace.
        """
        self._session = session
        self._namespace = namespace
        session.hold(namespace.services)

    @property
    def is_broken(self) -> bool:
        """Whether its server has gone, so that it must be connected to anew."""
        return self._namespace.is_broken

    # Objects

    def get_class(
        self, name: str, flags: WbemFlags, context: _ContextValues, bounds: Bounds
    ) -> Class:
        """Return the declaration of a class, with all that it inherits."""
        begin = partial(self._namespace.get, name, flags, context)
        return self._wait(begin, object_of, partial(_read, self._namespace.reader.class_), bounds)

    def get_instance(
        self, path: str, flags: WbemFlags, context: _ContextValues, bounds: Bounds
    ) -> Instance:
        """Return the object that a relative path names."""
        begin = partial(self._namespace.get, path, flags, context)
        return self._wait(begin, object_of, partial(_read, self._namespace.reader.instance), bounds)

    def put_instance(
        self, outgoing: Outgoing, flags: WbemFlags, context: _ContextValues, bounds: Bounds
    ) -> str | None:
        """Write an object, and return the path that the server says it has, if it does."""
        begin = partial(self._namespace.put, outgoing, flags, context)
        finish: Callable[[str | None], str | None] = _same
        return self._wait(begin, path_of, finish, bounds, changes=True)

    def delete_instance(
        self, path: str, flags: WbemFlags, context: _ContextValues, bounds: Bounds
    ) -> None:
        """Delete the object that a relative path names."""
        begin = partial(self._namespace.delete, path, flags, context)
        self._wait(begin, nothing_of, _same, bounds, changes=True)

    def exec_method(
        self,
        path: str,
        method: Method,
        parameters: Outgoing | None,
        context: _ContextValues,
        bounds: Bounds,
    ) -> Instance | None:
        """Call a method, and return what it returned, with `ReturnValue`."""
        begin = partial(self._namespace.execute, path, method, parameters, context)
        finish = partial(_read_if_any, self._namespace.reader.parameters)
        return self._wait(begin, object_of, finish, bounds, changes=True)

    def _wait(
        self,
        begin: Callable[[Answer], object],
        take: Callable[[CallResult], Any],
        finish: Callable[[Any], T],
        bounds: Bounds,
        *,
        changes: bool = False,
    ) -> T:
        """Make a call, and return what becomes of it."""
        call = Call(self._session.system, begin, take, finish)
        self._session.hold(call)
        step = partial(self._namespace.explained, call.step)
        is_over = False
        try:
            while not is_over:
                is_over = self._session.call(step, bounds, _PHASE, discard=lambda _: call.release())
            return call.outcome()
        except (OperationCancelled, OperationTimeout) as error:
            error.outcome_unknown = changes and call.is_begun
            raise
        finally:
            self._session.let_go(call)

    # Enumerations

    def exec_query(
        self, query: str, flags: WbemFlags, context: _ContextValues, bounds: Bounds
    ) -> ComEnumerator:
        """Return what a WQL query selects: instances, or classes where it is a schema query."""
        return self._enumerate(Services.EXEC_QUERY, (_LANGUAGE, query), flags, context, bounds)

    def exec_notification_query(
        self, query: str, flags: WbemFlags, context: _ContextValues, bounds: Bounds
    ) -> ComEnumerator:
        """Return the events that a WQL query describes, as they happen; they have no end."""
        slot = Services.EXEC_NOTIFICATION_QUERY
        return self._enumerate(slot, (_LANGUAGE, query), flags, context, bounds)

    def create_instance_enum(
        self, class_name: str, flags: WbemFlags, context: _ContextValues, bounds: Bounds
    ) -> ComEnumerator:
        """Return the instances of a class: without SHALLOW, of its subclasses too."""
        slot = Services.CREATE_INSTANCE_ENUM
        return self._enumerate(slot, (class_name,), flags, context, bounds)

    def create_class_enum(
        self, superclass: str | None, flags: WbemFlags, context: _ContextValues, bounds: Bounds
    ) -> ComEnumerator:
        """Return the subclasses of a class, or of none; without SHALLOW, theirs too."""
        slot = Services.CREATE_CLASS_ENUM
        return self._enumerate(slot, (superclass or "",), flags, context, bounds)

    def _enumerate(
        self,
        slot: Slot,
        about: tuple[str, ...],
        flags: WbemFlags,
        context: _ContextValues,
        bounds: Bounds,
    ) -> ComEnumerator:
        begin = partial(self._namespace.enumerate, slot, about, flags, context)
        enumerator = self._session.call(
            partial(self._namespace.explained, begin), bounds, _PHASE, discard=Enumerator.release
        )
        return ComEnumerator(self._session, enumerator, self._namespace)


def _read(read: Callable[[WbemObject], T], found: WbemObject | None) -> T:
    if found is None:
        raise WbemError(_NOT_FOUND)
    with found:
        return read(found)


def _read_if_any(
    read: Callable[[WbemObject], Instance], found: WbemObject | None
) -> Instance | None:
    return None if found is None else _read(read, found)


def _same(outcome: T) -> T:
    return outcome
