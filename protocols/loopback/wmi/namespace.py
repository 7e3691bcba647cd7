"""One namespace of WMI: what each method of IWbemServices answers (MS-WMI 3.1.4.3).

Objects go in and out as they are on the wire, encoding units of MS-WMIO. What a provider does is
the repository's business, as for WS-Management.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mi.errors import InvalidParameter, MIError
from mi.instance import Instance
from mi.schema import Class
from mi.values import format_value
from protocols.dcom import object_names
from protocols.dcom.object_writer import write_results
from protocols.loopback import changes
from protocols.loopback.calling import answer_of, call
from protocols.loopback.events import Events
from protocols.loopback.repository import Invoked, Repository
from protocols.loopback.wmi.enumerators import Enumerator
from protocols.loopback.wmi.failures import failure, failure_of
from protocols.loopback.wmi.notifications import happening
from protocols.loopback.wmi.objects import Objects
from protocols.loopback.wmi.queries import found_by

__all__ = ["Namespace"]

_WQL: Final = "WQL"
_SHALLOW: Final = 0x1
_UPDATE_ONLY, _CREATE_ONLY = 0x1, 0x2
_PARTIAL: Final = "__PUT_EXTENSIONS"
_PROPERTIES: Final = "__PUT_EXT_PROPERTIES"
_STRICT_NULLS: Final = "__PUT_EXT_STRICT_NULLS"


@dataclass(frozen=True, slots=True)
class _Update:
    """What is to be written of an instance."""

    keys: Mapping[str, Any]
    values: Mapping[str, Any]


class Namespace:
    """What is asked of one namespace; any thread may ask."""

    def __init__(self, repository: Repository, name: str, events: Events) -> None:
        """Make it.

        Args:
            repository: what answers.
            name: of the namespace, with forward slashes.
            events: what happens in the repository.

        Raises:
            Failure: there is no such namespace.
        """
        self._repository = repository
        self._objects = Objects(repository, name)
        self._events = events
        try:
            repository.classes(name)
        except MIError as error:
            raise failure_of(error, "NTLMLogin", name) from error

    @property
    def name(self) -> str:
        """The namespace."""
        return self._objects.namespace

    def get_object(self, path: str) -> bytes:
        """Return the class or instance that a path names (3.1.4.3.4).

        Raises:
            Failure: there is none.
        """
        return self._objects.written(self._objects.named(path, "GetObject"))

    # Enumerators

    def exec_query(self, language: str, text: str, flags: int) -> Enumerator:
        """Return what a query finds (3.1.4.3.18).

        Raises:
            Failure: it is none, or one of what is not there.
        """
        if language.upper() != _WQL:
            raise failure("WBEM_E_INVALID_QUERY_TYPE", "ExecQuery", language)
        return Enumerator(found_by(self._objects, text, flags), flags)

    def exec_notification_query(self, language: str, text: str, flags: int) -> Enumerator:
        """Return what happens from now on and a query describes (3.1.4.3.20).

        Raises:
            Failure: it is none, or one of what is not there.
        """
        if language.upper() != _WQL:
            raise failure("WBEM_E_INVALID_QUERY_TYPE", "ExecNotificationQuery", language)
        return Enumerator(happening(self._objects, text, self._events), flags)

    def create_instance_enum(self, class_name: str, flags: int) -> Enumerator:
        """Return the instances of a class, and of its subclasses (3.1.4.3.16).

        Raises:
            Failure: there is no such class.
        """
        is_deep = not flags & _SHALLOW
        try:
            found = self._repository.instances(self.name, class_name, deep=is_deep)
        except MIError as error:
            raise failure_of(error, "CreateInstanceEnum", class_name) from error
        return self._enumerator(found, flags)

    def create_class_enum(self, superclass: str, flags: int) -> Enumerator:
        """Return the subclasses of a class, or all classes where it is empty (3.1.4.3.10).

        Raises:
            Failure: there is no such class.
        """
        find = self._repository.classes if flags & _SHALLOW else self._repository.descendants
        try:
            found = find(self.name, superclass or None)
        except MIError as error:
            raise failure_of(error, "CreateClassEnum", superclass) from error
        return self._enumerator(found, flags)

    def _enumerator(self, found: Iterable[Class | Instance], flags: int) -> Enumerator:
        return Enumerator(map(self._objects.written, found), flags)

    # Changes

    def put_instance(self, data: bytes, flags: int, context: Mapping[str, Any]) -> str:
        """Write or make an instance, and return its path (3.1.4.3.12).

        Without a context that names properties, those of an existing one are written that are not
        null (WMI SDK, "Updating Part of an Instance").

        Raises:
            Failure: it cannot be done.
        """
        given = self._objects.read(data, "PutInstance")
        try:
            return object_names.write(self._put(given, flags, context))
        except MIError as error:
            raise failure_of(error, "PutInstance", given.class_name) from error

    def _put(self, given: Instance, flags: int, context: Mapping[str, Any]) -> Instance:
        class_ = self._repository.find_class(self.name, given.class_name)
        given = given.retyped(class_)
        with self._repository.lock:
            is_new = not all(given.get(key) is not None for key in class_.keys) or (
                not self._repository.has(_at_home(given, class_))
            )
            if is_new and not flags & _UPDATE_ONLY:
                return changes.create(self._repository, class_, _not_null(given))
            if flags & _CREATE_ONLY:
                changes.create(self._repository, class_, _not_null(given))  # which tells why not
            asked = _update(given, class_, context)
            return changes.update(self._repository, class_, asked.keys, asked.values)

    def delete_instance(self, path: str) -> None:
        """Take away the instance that a path names (3.1.4.3.14).

        Raises:
            Failure: there is none, or it has to stay.
        """
        found = self._objects.named(path, "DeleteInstance")
        if isinstance(found, Class):
            raise failure("WBEM_E_INVALID_OBJECT_PATH", "DeleteInstance", path)
        class_ = self._repository.find_class(self.name, found.class_name)
        try:
            changes.delete(self._repository, class_, found.key)
        except MIError as error:
            raise failure_of(error, "DeleteInstance", path) from error

    # Methods

    def exec_method(
        self, path: str, name: str, data: bytes | None, context: Mapping[str, Any]
    ) -> bytes | None:
        """Call a method, and return what comes out of it, or None if that is nothing (3.1.4.3.22).

        Raises:
            Failure: there is no such method or object, or it fails.
        """
        target = self._objects.named(path, "ExecMethod")
        is_class = isinstance(target, Class)
        class_ = target if isinstance(target, Class) else self._class_of(target)
        declared = class_.methods.get(name)
        if declared is None:
            raise failure("WBEM_E_INVALID_METHOD", "ExecMethod", name)
        answer = answer_of(self._repository, class_, declared)
        if answer is None:
            raise failure("WBEM_E_METHOD_DISABLED", "ExecMethod", name)
        if is_class and not declared.is_static:
            raise failure("WBEM_E_INVALID_METHOD_PARAMETERS", "ExecMethod", name)
        given = {} if data is None else _not_null(self._objects.read(data, "ExecMethod"))
        subject = None if isinstance(target, Class) or declared.is_static else target
        told = {key.lower(): format_value(value) for key, value in context.items()}
        try:
            invoked = Invoked(self._repository, subject, given, told)
            result = call(answer, invoked, class_, declared)
        except MIError as error:
            raise failure_of(error, "ExecMethod", f"{class_.name}.{name}") from error
        return write_results(declared, result, self._objects.find)

    def _class_of(self, instance: Instance) -> Class:
        return self._repository.find_class(instance.namespace or self.name, instance.class_name)


def _at_home(given: Instance, class_: Class) -> Instance:
    """Return an instance in the namespace of its class, where the repository looks for it."""
    return Instance.received(class_.name, dict(given), class_.layout, class_.namespace)


def _not_null(given: Instance) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _update(given: Instance, class_: Class, context: Mapping[str, Any]) -> _Update:
    """Return what is to be written, by what the context says of it.

    Raises:
        InvalidParameter: it names a property that the class does not have.
    """
    keys = {name: given[name] for name in class_.keys}
    said = {name.upper(): value for name, value in context.items()}
    names = said.get(_PROPERTIES) if said.get(_PARTIAL) else None
    if names is None:
        return _Update(keys, _not_null(given))
    unknown = [name for name in names if name not in class_.properties]
    if unknown:
        raise InvalidParameter(f"{class_.name} has no property {unknown[0]}")
    values = {class_.properties[name].name: given[name] for name in names}
    if not said.get(_STRICT_NULLS):
        values = {name: value for name, value in values.items() if value is not None}
    return _Update(keys, values)
