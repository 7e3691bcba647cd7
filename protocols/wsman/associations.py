"""Association filters: what asks for the objects, or the associations, around one object.

DSP0227 8.2. Windows validates the order of the elements against the schema, so theirs is the only
one. openwsman passes over a filter with fewer than four elements unless it is configured otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mi.errors import ProtocolError
from protocols.wsman import markup, soap
from protocols.wsman.namespaces import CIM_BINDING
from protocols.wsman.references import ObjectName, read_name

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["ASSOCIATION_DIALECT", "Association"]

ASSOCIATION_DIALECT: Final = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter"

_ASSOCIATORS: Final = "AssociatedInstances"
_REFERENCES: Final = "AssociationInstances"
_OBJECT: Final = f"{{{CIM_BINDING}}}Object"
_PARTS: Final[Mapping[str, str]] = {
    "association_class": "AssociationClassName",
    "role": "Role",
    "result_class": "ResultClassName",
    "result_role": "ResultRole",
}


@dataclass(frozen=True, slots=True)
class Association:
    """What narrows the objects around one object, or the associations that refer to it.

    Attributes:
        association_class: of the associations; of references `result_class` is.
        role: the property of the association that refers to the one object.
        result_class: the class of the results.
        result_role: the property of the association that refers to the others.
        is_reference: whether the associations themselves are the results.
    """

    association_class: str | None = None
    role: str | None = None
    result_class: str | None = None
    result_role: str | None = None
    is_reference: bool = False

    def write(self, parts: str) -> str:
        """Return the inside of the w:Filter.

        Args:
            parts: the inside of the EPR of the one object, as markup.
        """
        name = _REFERENCES if self.is_reference else _ASSOCIATORS
        narrowing = "".join(
            f"<b:{tag}>{markup.text(getattr(self, part))}</b:{tag}>"
            for part, tag in _PARTS.items()
            if getattr(self, part) is not None
        )
        return f"<b:{name}><b:Object>{parts}</b:Object>{narrowing}</b:{name}>"

    @classmethod
    def read(cls, filter_: _Element) -> tuple[ObjectName, Association]:
        """Return the one object and what narrows the others, of a w:Filter (the server's side).

        Raises:
            ProtocolError: it is no association filter, or names no object.
        """
        for name in (_ASSOCIATORS, _REFERENCES):
            asked = soap.child(filter_, f"{{{CIM_BINDING}}}{name}")
            if asked is not None:
                return _source(asked), cls(**_narrowing(asked), is_reference=name == _REFERENCES)
        raise ProtocolError("the filter asks for neither associated objects nor associations")


def _source(asked: _Element) -> ObjectName:
    found = soap.child(asked, _OBJECT)
    if found is None:
        raise ProtocolError("the association filter names no object")
    return read_name(found)


def _narrowing(asked: _Element) -> dict[str, str | None]:
    return {
        part: soap.text_of(asked, f"{{{CIM_BINDING}}}{tag}") or None for part, tag in _PARTS.items()
    }
