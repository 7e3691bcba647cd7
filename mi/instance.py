r"""CIM instances: plain values that never do I/O.

An instance holds its values in one dict and shares the layout of its class with its fellows, so a
kept one costs little more than that dict. Types come from the layout, from what `add` was told, or
are inferred; an inferred integer type is provisional until the class is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple, Self

from mi import object_path
from mi.errors import AlreadyExists, InvalidParameter, NoSuchProperty, NotSupported, TypeMismatch
from mi.names import check_name, normalize_namespace
from mi.results import CimType, Flags
from mi.schema import Class, Layout
from mi.values import convert, infer_type

__all__ = ["Element", "Instance"]

_INSTANCE_TYPES = (CimType.REFERENCE, CimType.INSTANCE)


class Element(NamedTuple):
    """One element of an instance, as MI_Instance_GetElement gives it.

    `type` is None where neither class, caller nor value tells it: a null that was never typed.
    """

    name: str
    value: Any
    type: CimType | None
    flags: Flags


class Instance(MutableMapping[str, Any]):
    """A CIM object: a mapping from property names, without case and in order, to values.

    Setting converts and range-checks, and marks the element modified; what came from a server or
    from `add` is not modified. Deleting is refused: MI clears an element to null (`clear`).
    """

    __slots__ = (
        "_flags", "_identity", "_layout", "_modified", "_types", "_values", "class_name",
        "is_repaired", "is_typed", "namespace", "server_name",
    )  # fmt: skip

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
            InvalidParameter: the class name or namespace is not legal.
            NoSuchProperty: the class has no such property.
            TypeMismatch: a value does not fit its property.
        """
        declared = class_name if isinstance(class_name, Class) else None
        self.class_name = declared.name if declared else check_name(str(class_name), "class name")
        self.namespace = normalize_namespace(namespace) if namespace is not None else None
        self.server_name = server_name
        self.is_typed = True
        self.is_repaired = False
        self._layout: Layout | None = None
        self._values: dict[str, Any] = {}
        self._types: dict[str, CimType] | None = None
        self._flags: dict[str, Flags] | None = None
        self._modified: set[str] | None = None
        self._identity: tuple[tuple[str, Any], ...] | None = None
        if declared is not None:
            self.namespace = declared.namespace if namespace is None else self.namespace
            self._layout = declared.layout
            self._values = {name: prop.default for name, prop in declared.properties.items()}
            self.update(properties or {})
        else:
            for name, value in (properties or {}).items():
                self.add(name, value)

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
    ) -> Self:
        """Return an instance as a handler decoded it. The dicts are taken over, not copied.

        Args:
            class_name: its class.
            values: its elements, already converted, in order.
            layout: its class' layout, or None where the class is not known.
            namespace: where it lives.
            server_name: the server it came from.
            identity: the key that the server itself sent with it (an EPR), if it did.
            types: types of elements that the layout does not name.
            is_typed: False where values are bare text because no class was known.
            is_repaired: True where characters that XML forbids were replaced.
        """
        self = cls.__new__(cls)
        self.class_name = class_name
        self.namespace = namespace
        self.server_name = server_name
        self.is_typed = is_typed
        self.is_repaired = is_repaired
        self._layout = layout
        self._values = values
        self._types = types
        self._flags = None
        self._modified = None
        self._identity = tuple(identity) if identity is not None else None
        return self

    # Names

    def _name(self, name: str) -> str:
        """Return the spelling of an element that is there."""
        if name in self._values:
            return name
        spelling = self._spelling(name)
        if spelling is None or spelling not in self._values:
            raise NoSuchProperty(f"{self.class_name} has no element named {name!r}")
        return spelling

    def _spelling(self, name: str) -> str | None:
        folded = name.lower()
        if self._layout is not None:
            declared = self._layout.folded.get(folded)
            if declared is not None:
                return declared
        return next((known for known in self._values if known.lower() == folded), None)

    # Mapping

    def __getitem__(self, name: str) -> Any:
        return self._values[self._name(name)]

    def __setitem__(self, name: str, value: Any) -> None:
        name = self._name(name)
        self._values[name] = self._convert(name, value)
        self._mark(name)

    def __delitem__(self, name: str) -> None:
        raise NotSupported(
            f"an element cannot be taken out of an instance: {name!r}",
            advice="Use clear(name) to set it to null.",
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (
            name in self._values or self._spelling(name) in self._values
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Instance):
            return NotImplemented
        return self.class_name.lower() == other.class_name.lower() and _folded(self) == _folded(
            other
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"<{self.class_name} {values}>" if values else f"<{self.class_name}>"

    # Elements

    def element(self, name: str) -> Element:
        """Return the element `name` with its type and flags (MI_Instance_GetElement).

        Raises:
            NoSuchProperty: there is none.
        """
        name = self._name(name)
        value = self._values[name]
        return Element(name, value, self._type(name, value), self._element_flags(name, value))

    def elements(self) -> Iterator[Element]:
        """Return all elements in order (MI_Instance_GetElementAt)."""
        return map(self.element, self._values)

    def add(
        self,
        name: str,
        value: Any = None,
        type: CimType | None = None,  # noqa: A002 - MI's word
        flags: Flags = Flags.NONE,
    ) -> None:
        """Add an element that is not marked modified (MI_Instance_AddElement).

        Raises:
            AlreadyExists: there is one of that name.
            InvalidParameter: the name is not legal.
            NotSupported: the class fixes which elements there are.
            TypeMismatch: the value does not fit the type, or the type cannot be told.
        """
        if self._layout is not None:
            raise NotSupported(f"the class {self.class_name} fixes the elements of its instances")
        if self._spelling(check_name(name, "element name")) is not None:
            raise AlreadyExists(f"{self.class_name} has an element named {name!r} already")
        if type is not None:
            self._types = {**(self._types or {}), name: type}
        if flags:
            self._flags = {**(self._flags or {}), name: Flags(flags)}
        self._values[name] = self._convert(name, value)

    def clear(self, name: str | None = None) -> None:  # type: ignore[override]
        """Set the element `name` to null and mark it modified (MI_Instance_ClearElement).

        Raises:
            InvalidParameter: no name; an instance cannot be emptied.
            NoSuchProperty: there is none of that name.
        """
        if name is None:
            raise InvalidParameter("clear() needs the name of an element")
        name = self._name(name)
        self._values[name] = None
        self._mark(name)

    @property
    def modified(self) -> frozenset[str]:
        """The names of the elements that were set or cleared since the instance was made."""
        return frozenset(self._modified or ())

    def copy(self) -> Instance:
        """Return a deep copy; neither sees what happens to the other (MI_Instance_Clone)."""
        twin = Instance.received(
            self.class_name, {name: _copied(value) for name, value in self._values.items()},
            self._layout, self.namespace, self.server_name, identity=self._identity,
            types=dict(self._types) if self._types else None,
            is_typed=self.is_typed, is_repaired=self.is_repaired,
        )  # fmt: skip
        twin._flags = dict(self._flags) if self._flags else None
        twin._modified = set(self._modified) if self._modified else None
        return twin

    __copy__ = copy

    # Identity

    @property
    def key(self) -> dict[str, Any]:
        """What names the object: the key the server sent, its class' keys, or those flagged KEY.

        Without any of those, every element that is not null.

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
                f"the keys of {self.class_name} are not known, so this does not name an object",
                advice="Let the class be fetched, or make an instance with the keys.",
            )
        flagged = [name for name, flags in (self._flags or {}).items() if flags & Flags.KEY]
        if flagged:
            return self._named_by(flagged)
        return {name: value for name, value in self._values.items() if value is not None}

    def _named_by(self, keys: Iterable[str]) -> dict[str, Any]:
        named = {name: self._values.get(name) for name in keys}
        missing = [name for name, value in named.items() if value is None]
        if missing:
            raise InvalidParameter(
                f"this {self.class_name} names no object: it lacks its key {', '.join(missing)}",
                advice="Select them too.",
            )
        return named

    @property
    def path(self) -> str:
        r"""WMI's object path: `\\server\root\cimv2:Win32_Service.Name="Spooler"`.

        Raises:
            InvalidParameter: as for `key`.
        """
        return object_path.write(self.server_name, self.namespace, self.class_name, self.key)

    @classmethod
    def from_path(cls, path: str) -> Instance:
        """Return a key instance for a WMI object path.

        Raises:
            InvalidParameter: it is not the path of an instance.
        """
        parsed = object_path.read(path)
        self = cls(parsed.class_name, namespace=parsed.namespace, server_name=parsed.server_name)
        for name, value in parsed.keys:
            self.add(name, cls.from_path(value.text) if isinstance(value, object_path.Reference)
                     else value, flags=Flags.KEY)  # fmt: skip
        return self

    # Types

    def _type(self, name: str, value: Any) -> CimType | None:
        if self._layout is not None and name in self._layout.types:
            return self._layout.types[name]
        if self._types is not None and name in self._types:
            return self._types[name]
        return CimType.REFERENCE if isinstance(value, Instance) else _inferred(value)

    def _element_flags(self, name: str, value: Any) -> Flags:
        flags = Flags.NONE
        if self._layout is not None:
            flags |= self._layout.flags.get(name, Flags.PROPERTY)
        if self._flags is not None:
            flags |= self._flags.get(name, Flags.NONE)
        if value is None:
            flags |= Flags.NULL
        return flags if name in (self._modified or ()) else flags | Flags.NOT_MODIFIED

    def _convert(self, name: str, value: Any) -> Any:
        cim_type = self._type(name, value)
        if cim_type is None:
            if value is None or value == []:
                return value
            raise TypeMismatch(f"{value!r} is no CIM value; {name} of {self.class_name} needs one")
        if cim_type.scalar in _INSTANCE_TYPES:
            _check_instances(name, value, cim_type)
        return convert(value, cim_type)

    def _mark(self, name: str) -> None:
        if self._modified is None:
            self._modified = set()
        self._modified.add(name)


def _inferred(value: Any) -> CimType | None:
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], Instance):
        return CimType.INSTANCE_ARRAY
    return infer_type(value)


def _check_instances(name: str, value: Any, cim_type: CimType) -> None:
    values = value if cim_type.is_array and isinstance(value, (list, tuple)) else [value]
    for item in values:
        if item is not None and not isinstance(item, Instance):
            raise TypeMismatch(f"{item!r} is not an Instance, which {name} needs")


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value.copy() if isinstance(value, Instance) else value


def _folded(instance: Instance) -> dict[str, Any]:
    return {name.lower(): value for name, value in instance.items()}
