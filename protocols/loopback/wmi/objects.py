"""The objects of a namespace as WMI sends and takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mi.errors import InvalidClass, InvalidParameter, MIError
from mi.instance import Instance
from mi.names import NameMap
from mi.schema import Class
from protocols.dcom import object_names
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_class, write_instance
from protocols.loopback.repository import Repository
from protocols.loopback.wmi.failures import failure, failure_of

__all__ = ["Objects"]


class Objects:
    """Writes and reads the objects of one namespace, and finds those that paths name.

    Attributes:
        repository: where they are.
        namespace: the namespace.
    """

    def __init__(self, repository: Repository, namespace: str) -> None:
        self.repository = repository
        self.namespace = namespace
        self._reader = ObjectReader(None, self.find)
        self._limited: dict[tuple[str, tuple[str, ...]], Class] = {}

    def find(self, namespace: str | None, class_name: str) -> Class | None:
        """Return a class, or None if there is none."""
        try:
            return self.repository.find_class(namespace or self.namespace, class_name)
        except MIError:
            return None

    # Paths

    def named(self, path: str, operation: str) -> Class | Instance:
        """Return the class or the instance that a path names.

        Args:
            path: relative or absolute.
            operation: WMI's name of what it is needed for.

        Raises:
            Failure: it names nothing that is there, or is no path.
        """
        try:
            named = object_names.read(path, self.namespace, None, self.find)
            return self._named(named, path)
        except InvalidClass:
            raise failure("WBEM_E_NOT_FOUND", operation, path) from None
        except InvalidParameter:
            raise failure("WBEM_E_INVALID_OBJECT_PATH", operation, path) from None
        except MIError as error:
            raise failure_of(error, operation, path) from error

    def _named(self, named: Instance, path: str) -> Class | Instance:
        class_ = self.repository.find_class(named.namespace or self.namespace, named.class_name)
        if not named.is_typed:  # it has no key
            if _is_class(path):
                return class_
            raise InvalidParameter(f"{path!r} does not name its keys")
        keys = named.key
        if {name.lower() for name in keys} != {name.lower() for name in class_.keys}:
            raise InvalidParameter(f"{path!r} does not name the keys of {class_.name}")
        return self.repository.get(class_.namespace or self.namespace, class_.name, keys)

    # On the wire

    def read(self, data: bytes, operation: str) -> Instance:
        """Return the instance that a client sent.

        Raises:
            Failure: it sent something else.
        """
        try:
            found = self._reader.read(data, self.namespace)
        except MIError as error:
            raise failure_of(error, operation) from error
        if isinstance(found, Class):
            raise failure("WBEM_E_INVALID_OBJECT", operation, found.name)
        return found

    def written(self, found: Class | Instance) -> bytes:
        """Return an object as it is sent."""
        if isinstance(found, Class):
            return write_class(found)
        class_ = self.repository.find_class(found.namespace or self.namespace, found.class_name)
        return write_instance(found, class_, find=self.find)

    def projected(self, found: Iterable[Instance], names: tuple[str, ...]) -> Iterator[bytes]:
        """Return instances as they are sent that have some of their properties only.

        Their classes are sent as if they had no other ones: that is what a client gets from WMI.
        """
        for one in found:
            yield write_instance(one, self.limited(one.class_name, names), find=self.find)

    def limited(self, class_name: str, names: tuple[str, ...]) -> Class:
        """Return a class that has some of its properties only, always the same one."""
        key = class_name.lower(), names
        class_ = self._limited.get(key)
        if class_ is None:
            whole = self.repository.find_class(self.namespace, class_name)
            kept = NameMap((name, whole.properties[name]) for name in names)
            class_ = replace(whole, properties=kept, methods=NameMap())
            self._limited[key] = class_
        return class_


def _is_class(path: str) -> bool:
    return path.rpartition(":")[2].isidentifier()
