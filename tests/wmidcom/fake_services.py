"""A transport without a wire: IWbemServices over the repository of the loopback endpoint."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mi import object_path
from mi.callbacks import SessionCallbacks
from mi.control import Expiry
from mi.errors import (
    AlreadyExists,
    ConnectionFailed,
    InvalidClass,
    InvalidNamespace,
    InvalidParameter,
    InvalidQuery,
    MethodNotFound,
    MIError,
    NotFound,
    NotSupported,
    TypeMismatch,
)
from mi.instance import Instance
from mi.names import NameMap
from mi.options import DestinationOptions
from mi.parameters import outputs
from mi.results import CimType
from mi.schema import Class, Method
from mi.values import convert
from protocols.loopback import Repository, sample_repository, wql
from protocols.loopback.associating import _Around
from protocols.loopback.feeds import WmiFeed
from protocols.loopback.instances import new_instance
from protocols.loopback.repository import Invoked
from protocols.wmidcom.channel import WmidcomChannel
from protocols.wmidcom.services import (
    Batch,
    Bounds,
    ContextValue,
    Outgoing,
    WbemEnumerator,
    WbemError,
    WbemFlags,
)
from protocols.wsman.associations import Association

Context = tuple[ContextValue, ...]

NUMBERS = (
    (InvalidNamespace, 0x8004100E),
    (InvalidClass, 0x80041010),
    (InvalidQuery, 0x80041017),
    (NotFound, 0x80041002),
    (AlreadyExists, 0x80041019),
    (MethodNotFound, 0x8004102E),
    (NotSupported, 0x80041024),
    (TypeMismatch, 0x80041005),
    (InvalidParameter, 0x80041008),
    (MIError, 0x80041001),
)
_AROUND = re.compile(r"(ASSOCIATORS|REFERENCES) OF \{(.*)\}(?: WHERE (.*))?\Z", re.DOTALL)
_MOMENT = 0.01


def failure(error: MIError, operation: str, about: str) -> WbemError:
    number = next(number for kind, number in NUMBERS if isinstance(error, kind))
    status = Instance("__ExtendedStatus")
    status.add("Description", error.message, CimType.STRING)
    status.add("Operation", operation, CimType.STRING)
    status.add("ParameterInfo", about, CimType.STRING)
    status.add("ProviderName", "WinMgmt", CimType.STRING)
    status.add("StatusCode", number, CimType.UINT32)
    return WbemError(number, status)


@dataclass
class FakeConnection:
    """What tests ask about it: the calls that it was asked, and what is open."""

    repository: Repository = field(default_factory=sample_repository)
    server_name: str | None = "server01"
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    open: set[FakeEnumerator] = field(default_factory=set)
    failures: dict[str, list[BaseException]] = field(default_factory=dict)
    largest: int = 1000
    is_silent: bool = False
    is_reachable: bool = True
    writes_parts: bool = True
    tells_paths: bool = True
    forks: int = 0
    closed: int = 0

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [call for call in self.calls if call[0] == name]

    def fail(self, name: str, *errors: BaseException) -> None:
        self.failures.setdefault(name, []).extend(errors)

    def asked(self, bounds: Bounds, name: str, *said: Any) -> None:
        """Take note of a call; fail or be silent where a test wants that."""
        bounds.check("waiting for the reply")
        self.calls.append((name, *said))
        while self.is_silent:
            bounds.check("waiting for the reply")
            time.sleep(_MOMENT)
        if self.failures.get(name):
            raise self.failures[name].pop(0)

    def services(self, namespace: str, locale: str | None, bounds: Bounds) -> FakeServices:
        bounds.check("connecting")
        if not self.is_reachable:
            raise ConnectionFailed("nobody listens")
        self.asked(bounds, "services", namespace, locale)
        if namespace.lower() not in map(str.lower, self.repository.namespaces):
            raise WbemError(0x8004100E)
        return FakeServices(self, namespace)

    def after_fork(self) -> None:
        self.forks += 1
        self.open.clear()

    def close(self, expiry: Expiry) -> None:
        self.closed += 1
        self.open.clear()


class FakeEnumerator:
    def __init__(self, connection: FakeConnection, objects: Iterator[Any] | WmiFeed) -> None:
        self._connection = connection
        self._objects = objects
        self._feed = objects if isinstance(objects, WmiFeed) else None
        connection.open.add(self)

    def next(self, count: int, wait: float, bounds: Bounds) -> Batch:
        self._connection.asked(bounds, "next", count, wait)
        if self._feed is not None:
            return self._events(self._feed, count, wait, bounds)
        objects: list[Any] = []
        try:
            for one in self._objects:  # type: ignore[union-attr]
                objects.append(one)
                if len(objects) == min(count, self._connection.largest):
                    return Batch(objects, is_end=False)
        except MIError as error:
            raise failure(error, "ExecQuery", "") from error
        return Batch(objects, is_end=True)

    @staticmethod
    def _events(feed: WmiFeed, count: int, wait: float, bounds: Bounds) -> Batch:
        until = time.monotonic() + wait
        events: list[Any] = feed.take(count, 1_000_000)
        while not events and time.monotonic() < until:
            bounds.check("waiting for the reply")
            time.sleep(_MOMENT)
            events = feed.take(count, 1_000_000)
        return Batch(events, is_end=False)

    def release(self, bounds: Bounds) -> None:
        self._connection.asked(bounds, "release")
        self._connection.open.discard(self)


class FakeServices:
    def __init__(self, connection: FakeConnection, namespace: str) -> None:
        self._connection = connection
        self._repository = connection.repository
        self._namespace = namespace

    # Reading

    def get_class(self, name: str, flags: WbemFlags, context: Context, bounds: Bounds) -> Class:
        self._connection.asked(bounds, "get_class", name, flags, context)
        return self._class(name, "GetObject")

    def get_instance(
        self, path: str, flags: WbemFlags, context: Context, bounds: Bounds
    ) -> Instance:
        self._connection.asked(bounds, "get_instance", path, flags, context)
        return self._given(self._found(path, "GetObject"))

    def exec_query(
        self, query: str, flags: WbemFlags, context: Context, bounds: Bounds
    ) -> WbemEnumerator:
        self._connection.asked(bounds, "exec_query", query, flags, context)
        try:
            return FakeEnumerator(self._connection, self._queried(query))
        except MIError as error:
            raise failure(error, "ExecQuery", query) from error

    def create_instance_enum(
        self, class_name: str, flags: WbemFlags, context: Context, bounds: Bounds
    ) -> WbemEnumerator:
        self._connection.asked(bounds, "create_instance_enum", class_name, flags, context)
        class_ = self._class(class_name, "CreateInstanceEnum")
        deep = not flags & WbemFlags.SHALLOW
        found = self._repository.instances(self._namespace, class_.name, deep=deep)
        return FakeEnumerator(self._connection, map(self._given, found))

    def create_class_enum(
        self, superclass: str | None, flags: WbemFlags, context: Context, bounds: Bounds
    ) -> WbemEnumerator:
        self._connection.asked(bounds, "create_class_enum", superclass, flags, context)
        if superclass is not None:
            self._class(superclass, "CreateClassEnum")
        find = (
            self._repository.classes if flags & WbemFlags.SHALLOW else self._repository.descendants
        )
        found = (self._declared(one) for one in find(self._namespace, superclass))
        return FakeEnumerator(self._connection, found)

    def exec_notification_query(
        self, query: str, flags: WbemFlags, context: Context, bounds: Bounds
    ) -> WbemEnumerator:
        self._connection.asked(bounds, "exec_notification_query", query, flags, context)

        def write(event: Instance, selected: tuple[str, ...] | None) -> Any:
            return self._given(event if selected is None else _cut(event, selected))

        try:
            feed = WmiFeed(query, self._namespace, self._repository, write)
        except MIError as error:
            raise failure(error, "ExecNotificationQuery", query) from error
        self._repository.watch(feed.tell)
        return FakeEnumerator(self._connection, feed)

    def _queried(self, query: str) -> Iterator[Any]:
        around = _AROUND.match(query)
        if around is not None:
            return map(self._given, self._around(*around.groups()))
        select = wql.parse(query)
        if select.class_name.lower() == "meta_class":
            return iter([self._class("Win32_Service", "ExecQuery")])
        chosen = select.selected(self._repository.find_class(self._namespace, select.class_name))
        found = self._repository.query(self._namespace, select)
        if chosen is None:
            return map(self._given, found)
        return (self._given(_cut(one, chosen)) for one in found)

    def _around(self, kind: str, path: str, conditions: str | None) -> Iterator[Instance]:
        said = dict(re.findall(r"(\w+) = (\w+)", conditions or ""))
        wanted = Association(
            said.get("AssocClass"),
            said.get("Role"),
            said.get("ResultClass"),
            said.get("ResultRole"),
            is_reference=kind == "REFERENCES",
        )
        source = self._found(path, "ExecQuery")
        return _Around(self._repository, self._namespace, wanted).of(source)

    # Writing

    def exec_method(
        self,
        path: str,
        method: Method,
        parameters: Outgoing | None,
        context: Context,
        bounds: Bounds,
    ) -> Instance | None:
        self._connection.asked(bounds, "exec_method", path, method.name, parameters, context)
        is_object = "." in path or "=" in path
        instance = self._found(path, "ExecMethod") if is_object else None
        class_ = self._class(path if instance is None else instance.class_name, "ExecMethod")
        given = {} if parameters is None else dict(parameters.instance)
        values = {one.name.lower(): str(one.value) for one in context}
        try:
            answer = self._answer(class_, method)
            back = answer(Invoked(self._repository, instance, given, values))
        except MIError as error:
            raise failure(error, "ExecMethod", path) from error
        declared = outputs(class_, method)
        converted = {
            name: convert(back.get(name), one.type) for name, one in declared.properties.items()
        }
        return Instance.received("__PARAMETERS", converted, declared.layout, self._namespace)

    def _answer(self, class_: Class, method: Method) -> Any:
        for name in (class_.name, *class_.derivation):
            answer = self._repository.methods.get((name.lower(), method.name.lower()))
            if answer is not None:
                return answer
        raise WbemError(0x80041055)

    def put_instance(
        self, outgoing: Outgoing, flags: WbemFlags, context: Context, bounds: Bounds
    ) -> str | None:
        self._connection.asked(bounds, "put_instance", outgoing, flags, context)
        said = {one.name: one.value for one in context}
        is_part = "__PUT_EXTENSIONS" in said
        if is_part and not self._connection.writes_parts:
            raise WbemError(0x80041024)
        class_ = outgoing.declaration
        values = {name: outgoing.instance[name] for name in outgoing.properties}
        try:
            if flags & WbemFlags.CREATE_ONLY:
                made = new_instance(class_, values)
                if self._repository.has(made):
                    raise AlreadyExists("there is one already")
            else:
                found = self._repository.get(self._namespace, class_.name, outgoing.instance)
                written = said.get("__PUT_EXT_PROPERTIES", list(values))
                before = dict(found) if is_part else {}
                made = new_instance(class_, {**before, **{one: values[one] for one in written}})
            self._repository.add(made)
        except MIError as error:
            raise failure(error, "PutInstance", class_.name) from error
        return made.path if self._connection.tells_paths else None

    def delete_instance(
        self, path: str, flags: WbemFlags, context: Context, bounds: Bounds
    ) -> None:
        self._connection.asked(bounds, "delete_instance", path, flags, context)
        self._repository.remove(self._found(path, "DeleteInstance"))

    # What is there

    def _class(self, name: str, operation: str) -> Class:
        try:
            return self._declared(self._repository.find_class(self._namespace, name))
        except MIError as error:
            raise failure(error, operation, name) from error

    def _declared(self, class_: Class) -> Class:
        return replace(class_, server_name=self._connection.server_name)

    def _found(self, path: str, operation: str) -> Instance:
        try:
            named = object_path.read(path)
            class_ = self._repository.find_class(self._namespace, named.class_name)
            key = Instance.from_path(path).retyped(class_)
            return self._repository.get(self._namespace, class_.name, dict(key))
        except MIError as error:
            raise failure(error, operation, path) from error

    def _given(self, instance: Instance) -> Instance:
        twin = instance.copy()
        twin.server_name = self._connection.server_name
        return twin


def _cut(instance: Instance, names: tuple[str, ...]) -> Instance:
    """Return a part of an instance, with a class that is cut as well, as WMI has it."""
    elements = [instance.element(name) for name in names]
    class_ = Class(
        instance.class_name,
        instance.namespace,
        properties=NameMap(
            (name, one) for name, one in _properties(instance).items() if name in names
        ),
    )
    values = {one.name: one.value for one in elements}
    return Instance.received(class_.name, values, class_.layout, instance.namespace)


def _properties(instance: Instance) -> dict[str, Any]:
    found = sample_repository_class(instance)
    return dict(found.properties.items())


_DECLARED = sample_repository()
_LOCK = threading.Lock()


def sample_repository_class(instance: Instance) -> Class:
    with _LOCK:
        return _DECLARED.find_class(instance.namespace or "", instance.class_name)


class FakeHandler:
    """Opens channels to one connection."""

    def __init__(self, connection: FakeConnection | None = None) -> None:
        self.connection = connection or FakeConnection()

    def open(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> WmidcomChannel:
        return WmidcomChannel(lambda: self.connection, destination, options)
