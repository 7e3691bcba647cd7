"""The elements of CIM-XML, read with care: what stands where it may not is an error, not skipped.

The vocabulary is that of DSP0201. Attributes that it does not know are passed over, elements and
text are not. Servers put the elements in no namespace (recorded from Windows and OMI); where a file
has them in one, that is as good.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from mi.errors import MIError
from mi.names import check_name
from mi.results import CimType

__all__ = [
    "SUFFIXES",
    "VALUES",
    "Malformed",
    "blaming",
    "children",
    "exactly",
    "flag",
    "kind",
    "name",
    "only_child",
    "required",
    "scalar_type",
    "type_named",
]

# By (is it a reference, is it an array). The DTD has PARAMETER.REFARRAY and VALUE.REFARRAY; an
# array of references as a property is this library's, in the same pattern (MI writes none at all).
SUFFIXES = {
    (False, False): "",
    (False, True): ".ARRAY",
    (True, False): ".REFERENCE",
    (True, True): ".REFARRAY",
}
"""What PROPERTY and PARAMETER are followed by."""
VALUES = {shape: f"VALUE{suffix}" for shape, suffix in SUFFIXES.items()}
"""The element that holds the value."""

_TYPES = {
    cim_type.cim_name: cim_type
    for cim_type in CimType
    if not cim_type.is_array and cim_type is not CimType.INSTANCE
}
_FLAGS = {"true": True, "false": False}
_LONGEST_NAME = 100
_LONGEST_REASON = 200


class Malformed(Exception):
    """Says which element is not as it must be, and why."""

    def __init__(self, element: etree._Element, reason: str) -> None:
        super().__init__(reason)
        self.element = element
        self.reason = f"{_described(element)}: {_shortened(reason, _LONGEST_REASON)}"
        self._is_embedded = False

    def embedded_in(self, element: etree._Element) -> Malformed:
        """Return the same about the `element` whose text holds what is malformed."""
        prefix = "" if self._is_embedded else "in what is embedded, "
        self.element, self.reason, self._is_embedded = element, prefix + self.reason, True
        return self


def _described(element: etree._Element) -> str:
    called = element.get("NAME") or element.get("CLASSNAME")
    described = kind(element) if called is None else f"{kind(element)} {called}"
    return _shortened(described, _LONGEST_NAME)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


@contextmanager
def blaming(element: etree._Element) -> Iterator[None]:
    """Turn an MIError into a `Malformed` that says it is about `element`."""
    try:
        yield
    except MIError as error:
        raise Malformed(element, error.message) from error


def kind(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: etree._Element, *expected: str) -> Iterator[etree._Element]:
    """Return the children of `element`, all of which must be among `expected`, without text."""
    _refuse_text(element, element.text)
    for child in element:
        if kind(child) not in expected:
            raise Malformed(element, f"{kind(child)} has no place in it")
        _refuse_text(element, child.tail)
        yield child


def _refuse_text(element: etree._Element, text: str | None) -> None:
    if text and not text.isspace():
        raise Malformed(element, "it may hold no text of its own")


def only_child(element: etree._Element, *expected: str) -> etree._Element:
    """Return the one child that `element` must have."""
    found = list(children(element, *expected))
    if len(found) != 1:
        raise Malformed(element, f"it must hold exactly one of {', '.join(expected)}")
    return found[0]


def exactly(element: etree._Element, *kinds: str) -> list[etree._Element]:
    """Return the children of `element`, which must be of just these kinds in this order."""
    found = list(children(element, *kinds))
    if tuple(map(kind, found)) != kinds:
        raise Malformed(element, f"it must hold {' and '.join(kinds)}")
    return found


def required(element: etree._Element, attribute: str) -> str:
    """Return an attribute that must be there."""
    value = element.get(attribute)
    if value is None:
        raise Malformed(element, f"it lacks its attribute {attribute}")
    return value


def name(element: etree._Element, attribute: str = "NAME") -> str:
    """Return an attribute that must be a CIM name."""
    value = required(element, attribute)
    with blaming(element):
        return check_name(value, attribute)


def flag(element: etree._Element, attribute: str, *, default: bool) -> bool:
    """Return an attribute that must be true or false, in any case, if it is there."""
    value = element.get(attribute)
    if value is None:
        return default
    if value.lower() not in _FLAGS:
        raise Malformed(element, f"its attribute {attribute} is neither true nor false")
    return _FLAGS[value.lower()]


def scalar_type(element: etree._Element) -> CimType:
    """Return the type of one value, by the attribute TYPE."""
    return type_named(element, required(element, "TYPE"))


def type_named(element: etree._Element, text: str) -> CimType:
    """Return the type that `text` names."""
    cim_type = _TYPES.get(text.lower())
    if cim_type is None:
        raise Malformed(element, f"{text!r} is not a type")
    return cim_type
