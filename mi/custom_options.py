"""Options that MI has no name for: they are a provider's, or a handler's, own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from mi.errors import InvalidParameter, TypeMismatch
from mi.results import CimType
from mi.values import cim_type_of, convert, infer_type, shown

__all__ = ["CustomOption"]

_OBJECTS = (CimType.REFERENCE, CimType.INSTANCE)
_RESERVED = "__mi_"  # MI's own options are set by the attributes that are named like them


@dataclass(frozen=True, slots=True)
class CustomOption:
    """One such option (MI_OperationOptions_SetCustomOption).

    Attributes:
        name: as the provider knows it, with or without a prefix of the protocol (`wmi:`).
        value: its value; None where it is only there.
        type: the type of the value, None where there is no value.
        must_comply: whether a server that does not know it must refuse the operation.
    """

    name: str
    value: Any = None
    type: CimType | None = None
    must_comply: bool = False

    @classmethod
    def of(cls, name: str, value: Any, cim_type: CimType | None, *, must_comply: bool) -> Self:
        """Return the option, its value converted and its type inferred if none is given.

        Raises:
            InvalidParameter: the name is empty, is MI's own, or holds control characters; or the
                type is none of MI's.
            TypeMismatch: the value does not fit the type, tells none, or is an object.
        """
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of an option is a string, not {name!r}")
        if not name.strip() or not name.isprintable():
            raise InvalidParameter(f"{name!r} is not the name of an option")
        if name.lower().rpartition(":")[2].startswith(_RESERVED):
            raise InvalidParameter(f"{name} is MI's own", advice="Set the attribute of that name.")
        if value is None:
            return cls(name, None, None, must_comply)
        chosen = infer_type(value) if cim_type is None else cim_type_of(cim_type)
        if chosen is None or chosen.scalar in _OBJECTS:
            raise TypeMismatch(f"{shown(value)} is not the value of an option")
        return cls(name, convert(value, chosen), chosen, must_comply)
