"""The elements of an instance: a mapping that knows types, flags and what was set.

Types come from the layout of the class, from what `add` was told, or are inferred. An inferred
integer type is provisional: nothing is recorded, it is told from the value.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, NamedTuple

from mi.errors import (
    AlreadyExists,
    MIError,
    NoSuchProperty,
    NotSupported,
    TypeMismatch,
)
from mi.names import check_name, suggestion
from mi.results import CimType, ErrorCategory, Flags
from mi.schema import Layout
from mi.values import INTEGER_RANGES, cim_type_of, convert, infer_type, shown

__all__ = ["Element", "Elements", "convert_element"]

_STATE_FLAGS = Flags.NULL | Flags.NOT_MODIFIED  # told from the element itself, never stored


class Element(NamedTuple):
    """One element of an instance, as MI_Instance_GetElement gives it.

    Attributes:
        name: as the class spells it, or whoever added it.
        value: of the type that `mi.values` has for its CIM type; None for null.
        type: None where neither class, caller nor value tells it: a null that was never typed.
        flags: what MI says of it: KEY, READ_ONLY, NULL, NOT_MODIFIED ….
    """

    name: str
    value: Any
    type: CimType | None
    flags: Flags


class Elements(MutableMapping[str, Any]):
    """What `mi.Instance` is as a mapping; nothing else derives from it.

    Attributes:
        is_typed: False where values are bare text because no class was known.
    """

    __slots__ = (
        "_class_name", "_flags", "_layout", "_modified", "_types", "_values", "is_typed",
    )  # fmt: skip

    def __init__(self, class_name: str, layout: Layout | None) -> None:
        self._class_name = class_name
        self._layout = layout
        self._values: dict[str, Any] = {}
        self._types: dict[str, CimType] | None = None
        self._flags: dict[str, Flags] | None = None
        self._modified: set[str] | None = None
        self.is_typed = True

    @property
    def class_name(self) -> str:
        """The name of the class."""
        return self._class_name

    @property
    def is_declared(self) -> bool:
        """Whether the declaration of the class is known, and with it all types and keys."""
        return self._layout is not None

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the properties that the class has and this came without."""
        declared = () if self._layout is None else self._layout.types
        return tuple(name for name in declared if name not in self._values)

    # Names

    def _spelling(self, name: str) -> str | None:
        """Return how the class, or else the instance, spells an element; None if neither has it."""
        folded = name.lower()
        if self._layout is not None and folded in self._layout.folded:
            return self._layout.folded[folded]
        return next((known for known in self._values if known.lower() == folded), None)

    def _name(self, name: str) -> str:
        """Return the spelling of an element that is there."""
        spelling = self._name_to_set(name)
        if spelling not in self._values:
            raise NoSuchProperty(
                f"this {self._class_name} came without {spelling}", advice="Select it too."
            )
        return spelling

    def _name_to_set(self, name: str) -> str:
        """Return the spelling of an element that is there, or that the class has."""
        if name in self._values:
            return name
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of an element is a string, not {name!r}")
        spelling = self._spelling(name)
        if spelling is None:
            known = self._values if self._layout is None else self._layout.types
            raise NoSuchProperty(
                f"{self._class_name} has no element named {name!r}", advice=suggestion(name, known)
            )
        return spelling

    # Mapping

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            return self._values[self._name(name)]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of an element, or `default`; what is not there is no mistake here."""
        return self[name] if name in self else default  # noqa: SIM401 - it would call itself

    def __setitem__(self, name: str, value: Any) -> None:
        self._set(self._name_to_set(name), value)

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

    # Elements

    def element(self, name: str) -> Element:
        """Return the element `name` with its type and flags (MI_Instance_GetElement).

        Raises:
            NoSuchProperty: there is none.
        """
        name = self._name(name)
        value = self._values[name]
        cim_type = self._declared_type(name)
        if cim_type is None:
            cim_type = _inferred(value)
        return Element(name, value, cim_type, self._element_flags(name, value))

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

        Args:
            name: a CIM name.
            value: its value; null with the flag NULL.
            type: its type; without one it is inferred from the value, and an integer's type is
                provisional.
            flags: KEY, or what else is known of it.

        Raises:
            AlreadyExists: there is one of that name.
            InvalidParameter: the name is not legal, or the type is none of MI's.
            MIError: with FAILED, as in MI: the class fixes which elements there are.
            TypeMismatch: the value does not fit the type, or tells none.
        """
        if self._layout is not None:
            raise MIError(
                f"the class {self._class_name} fixes the elements of its instances",
                category=ErrorCategory.INVALID_OPERATION,
            )
        if self._spelling(check_name(name, "element name")) is not None:
            raise AlreadyExists(f"{self._class_name} has an element named {name!r} already")
        flags = _flags_to_add(flags)
        declared = _type_to_add(value, type, flags)
        self._values[name] = self._converted(name, None if flags & Flags.NULL else value, declared)
        if declared is not None:
            self._types = {} if self._types is None else self._types
            self._types[name] = declared
        if flags & ~_STATE_FLAGS:
            self._flags = {} if self._flags is None else self._flags
            self._flags[name] = flags & ~_STATE_FLAGS

    def clear(self, name: str) -> None:  # type: ignore[override]  # MI_Instance_ClearElement
        """Set the element `name` to null and mark it modified (MI_Instance_ClearElement).

        Raises:
            NoSuchProperty: there is none of that name.
        """
        self._set(self._name_to_set(name), None)

    def _set(self, name: str, value: Any) -> None:
        self._values[name] = self._converted(name, value, self._declared_type(name))
        self._modified = set() if self._modified is None else self._modified
        self._modified.add(name)

    @property
    def modified(self) -> frozenset[str]:
        """The names of the elements that were set or cleared since the instance was made."""
        return frozenset(self._modified or ())

    @property
    def provisional(self) -> tuple[str, ...]:
        """The names of the elements whose integer type is told from the value, and by no one else.

        They take the type that their class declares; where there is no class to ask, a sender
        needs `add(…, type=)` to have said it.
        """
        return tuple(
            name
            for name, value in self._values.items()
            if self._declared_type(name) is None and _is_integer(_inferred(value))
        )

    # Types and flags

    def _declared_type(self, name: str) -> CimType | None:
        """Return the type that the class or the caller gave an element."""
        if self._layout is not None and name in self._layout.types:
            return self._layout.types[name]
        return None if self._types is None else self._types.get(name)

    def _converted(self, name: str, value: Any, cim_type: CimType | None) -> Any:
        if cim_type is None:
            cim_type = self._held_type(name, value)
        return convert_element(f"{self._class_name}.{name}", value, cim_type)

    def _held_type(self, name: str, value: Any) -> CimType | None:
        """Return the type that an element of no declared type takes with a new `value`.

        It keeps its type, but for an integer's, which is provisional, and for text of which
        nobody knows what it is.
        """
        held = _inferred(self._values.get(name)) if self.is_typed else None
        return _inferred(value) if held is None or _is_integer(held) else held

    def _element_flags(self, name: str, value: Any) -> Flags:
        flags = Flags.NONE
        if self._layout is not None:
            flags |= self._layout.flags.get(name, Flags.PROPERTY)
        if self._flags is not None:
            flags |= self._flags.get(name, Flags.NONE)
        if value is None:
            flags |= Flags.NULL
        return flags if name in (self._modified or ()) else flags | Flags.NOT_MODIFIED


def _type_to_add(value: Any, cim_type: CimType | None, flags: Flags) -> CimType | None:
    """Return the type to record: what was said, or what the held value would not tell again."""
    if cim_type is None:
        if isinstance(value, (bytes, bytearray)):
            return CimType.UINT8_ARRAY
        # A key is never an embedded instance (DSP0004 5.6.3), so an instance is a reference.
        is_reference = flags & Flags.KEY and isinstance(value, Elements)
        return CimType.REFERENCE if is_reference else None
    return cim_type_of(cim_type)


def _flags_to_add(flags: int) -> Flags:
    if not isinstance(flags, int):
        raise TypeMismatch(f"flags is Flags, not {flags!r}")
    return Flags(flags)


def _inferred(value: Any) -> CimType | None:
    if isinstance(value, Elements):
        return CimType.INSTANCE
    if isinstance(value, (list, tuple)) and any(isinstance(item, Elements) for item in value):
        return CimType.INSTANCE_ARRAY
    return infer_type(value)


def _is_integer(cim_type: CimType | None) -> bool:
    return cim_type is not None and cim_type.scalar in INTEGER_RANGES


def convert_element(what: str, value: Any, cim_type: CimType | None) -> Any:
    """Return `value` as the library holds an element of `cim_type`, or of no known type.

    Raises:
        TypeMismatch: it does not fit; the message calls the element `what`.
    """
    try:
        return _untyped(value) if cim_type is None else _typed(value, cim_type)
    except TypeMismatch as error:
        raise TypeMismatch(f"{what}: {error.message}") from error


def _untyped(value: Any) -> Any:
    """Return null, or a list of nothing else: what tells no type and needs none."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)) and all(item is None for item in value):
        return list(value)
    raise TypeMismatch(f"{shown(value)} is no CIM value")


def _typed(value: Any, cim_type: CimType) -> Any:
    converted = convert(value, cim_type)
    if cim_type.scalar in (CimType.REFERENCE, CimType.INSTANCE):
        for item in converted if cim_type.is_array and converted is not None else [converted]:
            if item is not None and not isinstance(item, Elements):
                raise TypeMismatch(f"{shown(item)} is not an Instance")
    return converted
