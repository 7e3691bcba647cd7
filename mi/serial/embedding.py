"""Embedded instances, which both text forms declare as strings.

A qualifier says what the string holds: `EmbeddedInstance("Class")` or `EmbeddedObject` (DSP0004
5.6.3), or Windows' own `CIMTYPE("object:Class")`, which names a reference's class as `ref:Class`.
"""

from __future__ import annotations

from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Qualifier

__all__ = ["DEEPEST", "marked", "unmarked"]

DEEPEST = 64
"""How many instances may be embedded in one another; more is an attack or a mistake."""


def unmarked(
    cim_type: CimType, class_name: str | None, qualifiers: NameMap[Qualifier]
) -> tuple[CimType, str | None]:
    """Return the type that a feature really has, and the class it refers to or holds.

    Args:
        cim_type: the type that the text gives it.
        class_name: the class that the text says, or None.
        qualifiers: the feature's.
    """
    what, _, whose = _text(qualifiers, "CIMTYPE").partition(":")
    if cim_type.scalar is CimType.REFERENCE:
        return cim_type, class_name or (whose if what.lower() == "ref" and whose else None)
    if cim_type.scalar is not CimType.STRING:
        return cim_type, class_name
    instance = CimType.INSTANCE.array if cim_type.is_array else CimType.INSTANCE
    if _text(qualifiers, "EmbeddedInstance"):
        return instance, _text(qualifiers, "EmbeddedInstance")
    if what.lower() == "object":
        return instance, whose or None
    return (instance if _is_true(qualifiers, "EmbeddedObject") else cim_type), class_name


def marked(
    cim_type: CimType, class_name: str | None, qualifiers: NameMap[Qualifier]
) -> NameMap[Qualifier]:
    """Return `qualifiers` with one that says what is embedded, if it is and none says so yet."""
    plain = CimType.STRING.array if cim_type.is_array else CimType.STRING
    if cim_type.scalar is not CimType.INSTANCE or unmarked(plain, None, qualifiers)[0] == cim_type:
        return qualifiers
    flags = Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS
    if class_name is None:
        mark = Qualifier("EmbeddedObject", CimType.BOOLEAN, value=True, flags=flags)
    else:
        mark = Qualifier("EmbeddedInstance", CimType.STRING, class_name, flags)
    return NameMap([*qualifiers.items(), (mark.name, mark)])


def _text(qualifiers: NameMap[Qualifier], name: str) -> str:
    value = qualifiers[name].value if name in qualifiers else None
    return value if isinstance(value, str) else ""


def _is_true(qualifiers: NameMap[Qualifier], name: str) -> bool:
    return name in qualifiers and qualifiers[name].value is True
