r"""CIM instances: plain values that never do I/O.

An instance holds its values in one dict and shares the layout of its class with its fellows, so a
kept one costs little more than that dict. Here is what it is called, where it lives and what names
it; its elements are in `mi.elements`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any, Self

from mi import object_path
from mi.elements import Element, Elements, convert_element
from mi.errors import InvalidParameter, NoSuchProperty, TypeMismatch
from mi.names import check_name, normalize_namespace, suggestion
from mi.object_path import Reference
from mi.results import CimType, Flags
from mi.schema import Class, Layout
from mi.values import parse_value, shown

__all__ = ["Instance"]


class Instance(Elements):
    """A CIM object: a mapping from property names, without case and in order, to values.

    Setting converts and range-checks, and marks the element modified; what came from a server or
    from `add` is not modified. A list is copied when it is set; changing it in place afterwards
    marks nothing. An element cannot be taken out: MI clears it to null (`clear`).

    Two instances are equal if their class and elements are, wherever they live.

    Attributes:
        server_name: the server it came from, or None.
        is_typed: False where values are bare text because no class was known.
        is_repaired: True where characters that XML forbids were replaced by U+FFFD.
        is_received: True where it came from a server, so that only what was set since is new.
    """

    __slots__ = ("_identity", "_namespace", "is_received", "is_repaired", "server_name")

    def __init__(
        self,
        class_name: str | Class,
        properties: Mapping[str, Any] | None = None,
        *,
        namespace: str | None = None,
        server_name: str | None = None,
    ) -> None:
        """Make an instance of `class_name`; of a `Class`, with its properties and no others.

        Raises:
            InvalidParameter: the class name, the namespace or a property's name is not legal.
            NoSuchProperty: the class has no such property.
            TypeMismatch: a value does not fit its property, or there is no mapping of them.
        """
        if not isinstance(properties, (NoneType, Mapping)):
            raise TypeMismatch(
                f"properties are a mapping of names to values, not {shown(properties)}"
            )
        self.is_received = self.is_repaired = False
        self.server_name = server_name
        self._identity: tuple[tuple[str, Any], ...] | None = None
        self._namespace: str | None = None
        if isinstance(class_name, Class):
            super().__init__(class_name.name, class_name.layout)
            self._namespace = class_name.namespace
            for name, declared in class_name.properties.items():
                self._values[name] = _copied(declared.default)
            self.update(properties or {})
        else:
            super().__init__(check_name(class_name, "class name"), None)
            for name, value in (properties or {}).items():
                self.add(name, value)
        if namespace is not None:
            self.namespace = namespace

    @classmethod
    def received(  # noqa: PLR0913 - a decoder tells all it knows, in one call per instance
        cls,
        class_name: str,
        values: dict[str, Any],
        layout: Layout | None,
        namespace: str | None,
        server_name: str | None = None,
        *,
        identity: Iterable[tuple[str, Any]] | None = None,
        types: dict[str, CimType] | None = None,
        is_typed: bool = True,
        is_repaired: bool = False,
        modified: set[str] | None = None,
    ) -> Self:
        """Return an instance as a handler decoded it. Dicts and set are taken over, not copied.

        Args:
            class_name: its class.
            values: its elements, already converted, in order.
            layout: its class' layout, or None where the class is not known.
            namespace: where it lives, as `normalize_namespace` writes it.
            server_name: the server it came from.
            identity: the key that the server itself sent with it (an EPR), if it did.
            types: types of elements that the layout does not name.
            is_typed: False where values are bare text because no class was known.
            is_repaired: True where characters that XML forbids were replaced.
            modified: the elements that count as set, where it did not just arrive.
        """
        self = cls.__new__(cls)
        self._class_name = class_name
        self._namespace = namespace
        self.server_name = server_name
        self.is_typed = is_typed
        self.is_received = True
        self.is_repaired = is_repaired
        self._layout = layout
        self._values = values
        self._types = types
        self._flags = None
        self._modified = modified
        self._identity = None if identity is None else tuple(identity)
        return self

    @property
    def namespace(self) -> str | None:
        """Where it lives, with forward slashes, or None; setting it checks it."""
        return self._namespace

    @namespace.setter
    def namespace(self, namespace: str | None) -> None:
        self._namespace = None if namespace is None else normalize_namespace(namespace)

    # As a value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Instance):
            return NotImplemented
        return (
            self._class_name.lower() == other._class_name.lower()
            and len(self) == len(other)
            and _folded(self) == _folded(other)
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"<{self._class_name} {values}>" if values else f"<{self._class_name}>"

    def copy(self) -> Self:
        """Return a deep copy; neither sees what happens to the other (MI_Instance_Clone)."""
        twin = type(self).__new__(type(self))
        twin.__setstate__(tuple(map(_copied, self.__getstate__())))
        return twin

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.copy()

    def __getstate__(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in _STATE)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        for name, value in zip(_STATE, state, strict=True):
            setattr(self, name, value)

    # Identity

    @property
    def key(self) -> dict[str, Any]:
        """What names the object: the key the server sent, its class' keys, or those flagged KEY.

        Without a KEY flag anywhere, every element that is not null. A singleton's is empty.

        Raises:
            InvalidParameter: a key is absent or null, or this is part of an object whose class
                is not known; such an instance would name another object, or a whole class.
        """
        if self._identity is not None:
            return dict(self._identity)
        if self._layout is not None:
            return self._named_by(self._layout.keys)
        if not self.is_typed:
            raise InvalidParameter(
                f"the keys of {self._class_name} are not known, so this does not name an object",
                advice="Let the class be fetched, or make an instance with the keys.",
            )
        flagged = [name for name, flags in (self._flags or {}).items() if flags & Flags.KEY]
        if flagged:
            return self._named_by(flagged)
        named = {name: value for name, value in self._values.items() if value is not None}
        if self._values and not named:
            raise InvalidParameter(
                f"this {self._class_name} names no object: all its elements are null"
            )
        return named

    def _named_by(self, keys: Iterable[str]) -> dict[str, Any]:
        named = {name: self._values.get(name) for name in keys}
        missing = [name for name, value in named.items() if value is None]
        if missing:
            raise InvalidParameter(
                f"this {self._class_name} names no object, for lack of its key "
                f"{' and '.join(missing)}",
                advice="Select them too.",
            )
        return named

    @property
    def path(self) -> str:
        r"""WMI's object path: `\\server\root\cimv2:Win32_Service.Name="Spooler"`.

        Without a namespace it is relative; without a server's name the server is `.`.

        Raises:
            InvalidParameter: as for `key`.
        """
        key = {
            name: Reference(value.path) if isinstance(value, Instance) else value
            for name, value in self.key.items()
        }
        return object_path.write(self.server_name, self._namespace, self._class_name, key)

    @classmethod
    def from_path(cls, path: str) -> Self:
        """Return an instance of nothing but the key that a WMI object path names.

        Its integers are provisional, and its datetimes text, until `retyped`.

        Raises:
            InvalidParameter: it is not the path of an instance.
        """
        parsed = object_path.read(path)
        self = cls(parsed.class_name, namespace=parsed.namespace, server_name=parsed.server_name)
        for name, value in parsed.keys:
            is_reference = isinstance(value, Reference)
            self.add(name, cls.from_path(value.text) if is_reference else value, flags=Flags.KEY)
        return self

    def retyped(self, declaration: Class) -> Self:
        """Return a copy with the spelling, the types and the keys that its class declares.

        A client-built integer takes its property's type, text becomes the datetime or reference
        that it names, and all text of an instance that `is_typed` denies is read.

        Raises:
            InvalidParameter: `declaration` is another class', or a text is not the path of the
                reference that it should be.
            NoSuchProperty: the class has no such property.
            TypeMismatch: a value does not fit its property.
        """
        if declaration.name.lower() != self._class_name.lower():
            raise InvalidParameter(f"a {self._class_name} is not one of {declaration.name}")
        values: dict[str, Any] = {}
        for element in self.elements():
            name = _declared_name(declaration, element.name)
            cim_type = declaration.properties[name].type
            value = _read(element, cim_type, is_text=not self.is_typed)
            values[name] = convert_element(f"{declaration.name}.{name}", value, cim_type)
        twin = self.received(
            declaration.name, values, declaration.layout,
            declaration.namespace if self._namespace is None else self._namespace,
            self.server_name, identity=self._identity, is_repaired=self.is_repaired,
            modified={_declared_name(declaration, name) for name in self.modified} or None,
        )  # fmt: skip
        twin.is_received = self.is_received
        return twin


_STATE = (*Elements.__slots__, *Instance.__slots__)


def _declared_name(declaration: Class, name: str) -> str:
    spelling = declaration.properties.spelling(name)
    if spelling is None:
        raise NoSuchProperty(
            f"{declaration.name} has no property named {name!r}",
            advice=suggestion(name, declaration.properties),
        )
    return spelling


def _read(element: Element, cim_type: CimType, *, is_text: bool) -> Any:
    """Return the value of an element once its class says that it is a `cim_type`."""
    if element.value is None:
        return None
    values = element.value if isinstance(element.value, list) else [element.value]
    if element.type is CimType.REFERENCE and cim_type is CimType.STRING:
        values = [value.path for value in values]  # from_path took a text for a reference
    elif cim_type.scalar is CimType.REFERENCE:
        values = [Instance.from_path(item) if isinstance(item, str) else item for item in values]
    elif is_text and cim_type.scalar is not CimType.INSTANCE:
        values = [parse_value(v, cim_type) if isinstance(v, str) else v for v in values]
    # Without the class, an array of one element could not be told from that element.
    is_list = isinstance(element.value, list) or (is_text and cim_type.is_array)
    return values if is_list else values[0]


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return value.copy() if isinstance(value, (Instance, set)) else value


def _folded(instance: Instance) -> dict[str, Any]:
    return {name.lower(): value for name, value in instance.items()}
