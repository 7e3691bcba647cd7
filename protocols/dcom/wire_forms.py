"""The forms that classes had when a server sent them, for what is sent back to it.

An instance must bring along the class part that the server knows; it refuses one in which anything
differs (MS-WMIO 2.3.4), be it what MI knows nothing of. So the octets are kept for as long as the
value that was made of them.
"""

from __future__ import annotations

import weakref
from typing import Any, Final

from mi.schema import Class, Method
from protocols.dcom.class_parts import ClassPart
from protocols.dcom.methods_parts import Signatures

__all__ = ["part_of", "remember", "remember_signatures", "signatures_of"]

_PARTS: Final[dict[int, ClassPart]] = {}
_SIGNATURES: Final[dict[int, Signatures]] = {}


def _keep(table: dict[int, Any], value: Class | Method, form: Any) -> None:
    key = id(value)
    table[key] = form
    weakref.finalize(value, table.pop, key, None).atexit = False


def remember(class_: Class, part: ClassPart) -> None:
    """Keep the class part that a class has."""
    _keep(_PARTS, class_, part)


def part_of(class_: Class) -> ClassPart | None:
    """Return the class part that a class has, if it is known."""
    return _PARTS.get(id(class_))


def remember_signatures(method: Method, signatures: Signatures) -> None:
    """Keep the signatures that a method has."""
    _keep(_SIGNATURES, method, signatures)


def signatures_of(method: Method) -> Signatures | None:
    """Return the signatures that a method has, if they are known."""
    return _SIGNATURES.get(id(method))
