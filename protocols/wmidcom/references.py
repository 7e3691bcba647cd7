"""The references among an object's values: typed where their class is known, as over WINRM.

A reference comes as a path, whose keys are text, numbers and truth values. What types they are its
class would tell, and no request is made for that; but where the session has the class, it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mi.errors import MIError
from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class

__all__ = ["References"]


class References:
    """Those of one operation's results."""

    def __init__(self, known: Callable[[str, str | None], Class | None], namespace: str) -> None:
        """Make it.

        Args:
            known: returns the declaration of a class, by name and namespace, if the session has it.
            namespace: where a reference leads that does not say it.
        """
        self._known = known
        self._namespace = namespace
        self._names: dict[str, tuple[str, ...]] = {}  # of the properties, by class

    def settle(self, instance: Instance) -> Instance:
        """Return an instance whose references are as well known as they can be, in place."""
        names = self._names.get(instance.class_name)
        if names is None:
            names = self._names[instance.class_name] = tuple(_names(instance))
        for name in names:
            value = instance.get(name)
            for one in value if isinstance(value, list) else (value,):
                if isinstance(one, Instance):
                    self._settle(one)
        return instance

    def _settle(self, reference: Instance) -> None:
        reference.namespace = reference.namespace or self._namespace
        declaration = self._known(reference.class_name, reference.namespace)
        if declaration is not None:
            try:
                typed = reference.retyped(declaration)
            except MIError:  # it names no object of the class, and that is the server's matter
                return
            reference.__setstate__(typed.__getstate__())
        reference.is_received = True


def _names(instance: Instance) -> Iterator[str]:
    for element in instance.elements():
        if element.type is not None and element.type.scalar is CimType.REFERENCE:
            yield element.name
