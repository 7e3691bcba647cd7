"""A CIM repository in memory: namespaces of classes, and their instances.

Keys are compared as WMI compares them: text without case, numbers by value, references by what
they name. An instance of a class is also found where an ancestor of the class is asked for.
Instances are handed out as they are kept, so nobody may change one. Whoever watches the repository
is told of every instance that comes, goes, or takes the place of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import RLock
from typing import Any, NamedTuple

from mi.errors import (
    InvalidClass,
    InvalidNamespace,
    InvalidParameter,
    MethodNotFound,
    NotFound,
)
from mi.instance import Instance
from mi.names import NameMap, normalize_namespace
from mi.schema import Class
from protocols.loopback import wql
from protocols.loopback.comparison import comparable

__all__ = ["Change", "Invoked", "Method", "Repository"]

_Key = tuple[Any, ...]


class Invoked(NamedTuple):
    """A method that a client calls.

    Attributes:
        repository: where.
        instance: what it is called on; None for a static method.
        parameters: what goes in, by name as it is declared; what was left out is not there.
        context: the values of WMI's context that the client gave, by name in lower case.
    """

    repository: Repository
    instance: Instance | None
    parameters: Mapping[str, Any]
    context: Mapping[str, str]

    @property
    def subject(self) -> Instance:
        """The instance of a method that is not static.

        Raises:
            InvalidParameter: there is none.
        """
        if self.instance is None:
            raise InvalidParameter("the method is called on an instance")
        return self.instance


Method = Callable[[Invoked], Mapping[str, Any]]
"""Returns what comes out of a method by name, with `ReturnValue`; what is left out is null."""


class Change(NamedTuple):
    """What happened to an instance; None is where there was none, or is none any more."""

    before: Instance | None
    now: Instance | None


class _Namespace:
    """The classes of a namespace by folded name, and the instances of each by their key."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.classes: dict[str, Class] = {}
        self.children: dict[str, list[str]] = {}
        self.instances: dict[str, dict[_Key, Instance]] = {}

    def add_class(self, class_: Class) -> None:
        folded = class_.name.lower()
        if folded not in self.classes:
            self.children.setdefault((class_.superclass or "").lower(), []).append(folded)
        self.classes[folded] = class_
        self.instances.setdefault(folded, {})

    def family(self, class_: Class) -> Iterator[Class]:
        """The class, then its descendants, each after its superclass."""
        yield class_
        for child in self.children.get(class_.name.lower(), ()):
            yield from self.family(self.classes[child])

    def key(self, class_: Class, values: Mapping[str, Any]) -> _Key:
        missing = [name for name in class_.keys if values.get(name) is None]
        if missing:
            raise InvalidParameter(f"the {class_.name} lacks its key {', '.join(missing)}")
        return tuple(comparable(values[name], self.name) for name in sorted(class_.keys))


class Repository:
    """Namespaces, classes and instances, to be served by an endpoint.

    Attributes:
        lock: held by whoever changes what it has read.
        methods: what answers the methods of a class; `on` adds to it.
    """

    def __init__(self, classes: Iterable[Class] = (), instances: Iterable[Instance] = ()) -> None:
        """Make a repository of `classes`, superclasses first, and `instances` of them.

        Raises:
            InvalidParameter: a class names no namespace.
            InvalidClass: an instance is of a class that is not among them.
        """
        self._namespaces: dict[str, _Namespace] = {}
        self._watchers: list[Callable[[Change], None]] = []
        self.lock = RLock()
        self.methods: dict[tuple[str, str], Method] = {}
        for class_ in classes:
            self.add_class(class_)
        for instance in instances:
            self.add(instance)

    def add_class(self, class_: Class) -> None:
        """Add a class to its namespace, or put it in the place of one of the same name.

        Raises:
            InvalidParameter: it names no namespace.
        """
        if class_.namespace is None:
            raise InvalidParameter(f"the class {class_.name} names no namespace")
        name = normalize_namespace(class_.namespace)
        self._namespaces.setdefault(name.lower(), _Namespace(name)).add_class(class_)

    def add(self, instance: Instance) -> None:
        """Add an instance to its class, or put it in the place of one with the same key.

        One that was made without its class, or lacks properties, becomes a whole one of it.

        Raises:
            InvalidClass, InvalidNamespace: its class is not known.
            InvalidParameter: it names no namespace, or lacks a key.
            NoSuchProperty: its class does not have one of its properties.
            TypeMismatch: a value does not fit its property.
        """
        space, class_ = self._home(instance)
        if instance.missing or not instance.is_declared:
            instance = Instance(class_, instance)
        kept, key = space.instances[class_.name.lower()], space.key(class_, instance)
        before, kept[key] = kept.get(key), instance
        self._tell(Change(before, instance))

    def remove(self, instance: Instance) -> None:
        """Take an instance out of its class, by its key.

        Raises:
            NotFound: there is none.
            InvalidClass, InvalidNamespace: its class is not known.
            InvalidParameter: it names no namespace, or lacks a key.
        """
        space, class_ = self._home(instance)
        key = space.key(class_, instance)
        try:
            before = space.instances[class_.name.lower()].pop(key)
        except KeyError:
            raise NotFound(f"no {class_.name} has the key {key!r}") from None
        self._tell(Change(before, None))

    def has(self, instance: Instance) -> bool:
        """Return whether there is an instance of its class with its key.

        Raises:
            InvalidClass, InvalidNamespace: its class is not known.
            InvalidParameter: it names no namespace, or lacks a key.
        """
        space, class_ = self._home(instance)
        return space.key(class_, instance) in space.instances[class_.name.lower()]

    def on(self, class_name: str, method: str, answer: Method) -> None:
        """Let `answer` give what comes out of a method of a class, and of its subclasses.

        What it raises is the client's failure: an error of `mi.errors` as WMI would tell it, any
        other as that of a provider that failed, which is logged.

        Raises:
            InvalidClass: there is no such class in any namespace.
            MethodNotFound: neither it nor a subclass has such a method.
        """
        self._check_method(class_name, method)
        self.methods[class_name.lower(), method.lower()] = answer

    def _check_method(self, class_name: str, method: str) -> None:
        found = [
            (space, class_)
            for space in self._namespaces.values()
            if (class_ := space.classes.get(class_name.lower())) is not None
        ]
        if not found:
            raise InvalidClass(f"there is no class {class_name!r} in any namespace")
        if not any(
            method in one.methods for space, class_ in found for one in space.family(class_)
        ):
            raise MethodNotFound(f"neither {class_name} nor a subclass has a method {method!r}")

    def watch(self, watcher: Callable[[Change], None]) -> None:
        """Tell `watcher` of every change from now on, in the thread that makes it."""
        self._watchers.append(watcher)

    def _tell(self, change: Change) -> None:
        for watcher in self._watchers:
            watcher(change)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces, as they were first spelled."""
        return tuple(space.name for space in self._namespaces.values())

    def find_class(self, namespace: str, class_name: str) -> Class:
        """Return a class.

        Raises:
            InvalidNamespace: there is no such namespace.
            InvalidClass: there is no such class in it.
        """
        return self._class(self._space(namespace), class_name)

    def classes(self, namespace: str, class_name: str | None = None) -> tuple[Class, ...]:
        """Return the direct subclasses of a class, or those classes that have no superclass.

        Raises:
            InvalidNamespace, InvalidClass: as for `find_class`.
        """
        space = self._space(namespace)
        parent = self._class(space, class_name).name if class_name else ""
        return tuple(space.classes[child] for child in space.children.get(parent.lower(), ()))

    def descendants(self, namespace: str, class_name: str | None = None) -> Iterator[Class]:
        """Return all subclasses of a class, or all classes, each after its superclass.

        Raises:
            InvalidNamespace, InvalidClass: as for `find_class`.
        """
        return (
            member
            for child in self.classes(namespace, class_name)
            for member in self._space(namespace).family(child)
        )

    def get(self, namespace: str, class_name: str, keys: Mapping[str, Any]) -> Instance:
        """Return the instance with these keys, values of their properties' types.

        Args:
            namespace: its namespace.
            class_name: its class, or an ancestor of it that has the same keys.
            keys: a value for each key property; none for a singleton.

        Raises:
            NotFound: there is none.
            InvalidParameter: one of the keys is missing.
            InvalidNamespace, InvalidClass: as for `find_class`.
        """
        space = self._space(namespace)
        class_ = self._class(space, class_name)
        wanted = space.key(class_, NameMap(keys.items()))
        for member in space.family(class_):
            found = space.instances[member.name.lower()].get(wanted)
            if found is not None and (class_.keys or member is class_):
                return found
        raise NotFound(f"there is no {class_.name} with this key")

    def instances(
        self, namespace: str, class_name: str, *, deep: bool = True
    ) -> Iterator[Instance]:
        """Return the instances of a class and, if `deep`, of its descendants.

        Raises:
            InvalidNamespace, InvalidClass: as for `find_class`.
        """
        space = self._space(namespace)
        class_ = self._class(space, class_name)
        members = space.family(class_) if deep else (class_,)
        return (
            instance
            for member in tuple(members)
            for instance in tuple(space.instances[member.name.lower()].values())
        )

    def query(self, namespace: str, query: wql.Select) -> Iterator[Instance]:
        """Return the whole instances that a query selects; nothing is left out of them.

        Raises:
            InvalidQuery: it names a property that the class does not have, or compares it wrongly.
            InvalidNamespace, InvalidClass: as for `find_class`.
        """
        space = self._space(namespace)
        class_ = self._class(space, query.class_name)
        query.selected(class_)
        test = query.predicate(class_, lambda one, other: self._is_a(space, one, other))
        return filter(test, self.instances(namespace, class_.name))

    def _is_a(self, space: _Namespace, class_name: str, ancestor: str) -> bool:
        class_ = space.classes.get(class_name.lower())
        return class_ is not None and class_.is_a(ancestor)

    def _home(self, instance: Instance) -> tuple[_Namespace, Class]:
        """Return the namespace of an instance, and its class there."""
        if instance.namespace is None:
            raise InvalidParameter(f"the instance of {instance.class_name} names no namespace")
        space = self._space(instance.namespace)
        return space, self._class(space, instance.class_name)

    def _space(self, namespace: str) -> _Namespace:
        try:
            return self._namespaces[normalize_namespace(namespace).lower()]
        except (KeyError, InvalidParameter):
            raise InvalidNamespace(f"there is no namespace {namespace!r}") from None

    @staticmethod
    def _class(space: _Namespace, class_name: str) -> Class:
        try:
            return space.classes[class_name.lower()]
        except KeyError:
            raise InvalidClass(f"there is no class {class_name!r} in {space.name}") from None
