"""The value of a property's element, for each CIM type, from any form that a server gives it.

DSP0230 fixes the forms, servers vary them: Windows wraps a datetime as `cim:Datetime`, OMI does
not; booleans come in any case; a reference is an a:EndpointReference or only what is inside one; a
pretty-printer puts white space around all of it. Text is never trimmed where it is the value.

A reader says what is wrong by an `MIError`; whoever knows the class and the property adds them.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from mi.errors import TypeMismatch
from mi.instance import Instance
from mi.results import CimType
from mi.values import INTEGER_RANGES, parse_value, shown
from protocols.wsman import soap
from protocols.wsman.durations import parse_datetime
from protocols.wsman.namespaces import CIM_COMMON, MICROSOFT, XSI
from protocols.wsman.references import parameters_of

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "Context",
    "Reader",
    "is_datetime",
    "is_nil",
    "is_null_array",
    "read_octets",
    "read_untyped",
    "reader_of",
    "stated_type",
]

_NIL: Final = f"{{{XSI}}}nil"
_TRUE: Final = frozenset(("true", "1"))
_IS_NULL_ARRAY: Final = f"{{{MICROSOFT}}}IsNullArray"
_TYPE: Final = f"{{{XSI}}}type"

_DATETIMES: Final = ("Datetime", "Interval", "Date", "Time", "CIM_DateTime")
_DATETIME_TAGS: Final = frozenset(
    [*_DATETIMES, *(f"{{{CIM_COMMON}}}{name}" for name in _DATETIMES)]
)


class Context(Protocol):
    """What a reader needs for a value that is itself an object."""

    def embedded(self, element: _Element, class_name: str | None) -> Instance:
        """Return the instance whose properties are the children of `element`.

        Args:
            element: the property's element.
            class_name: the class that the property is declared to hold, or None.
        """
        ...

    def reference(self, element: _Element) -> Instance:
        """Return the instance, of nothing but keys, that the EPR in `element` names."""
        ...


Reader = Callable[["_Element", Context], Any]
"""Takes a property's element, and the context for values that are objects."""


# What an element says of itself


def is_nil(element: _Element) -> bool:
    """Return whether the element is null: `xsi:nil` is an xs:boolean, so `1` counts too."""
    said = element.get(_NIL)
    return said is not None and (said in _TRUE or said.strip().lower() in _TRUE)


def is_null_array(element: _Element) -> bool:
    """Return whether the element says that the array is null, not an element (MS-WSMV 2.2.5.2)."""
    return element.get(_IS_NULL_ARRAY, "").strip().lower() in _TRUE


def stated_type(element: _Element) -> str:
    """Return the local part of `xsi:type`, or ""; servers and clients leave prefixes undeclared."""
    return element.get(_TYPE, "").rpartition(":")[2].strip()


def is_datetime(element: _Element) -> bool:
    """Return whether the element is the wrapper of a datetime, in cim's namespace or in none."""
    return element.tag in _DATETIME_TAGS


# The readers


def _text(element: _Element) -> str:
    if len(element):
        raise TypeMismatch(f"it holds an element {soap.local_name(element[0])} instead of text")
    return element.text or ""


def _read_string(element: _Element, _: Context) -> str | None:
    return None if is_nil(element) else _text(element)


def _text_reader(cim_type: CimType) -> Reader:
    def read(element: _Element, _: Context) -> Any:
        return None if is_nil(element) else parse_value(_text(element), cim_type)

    return read


_BOOLEANS: Final = {"true": True, "false": False, "TRUE": True, "FALSE": False}


def _read_boolean(element: _Element, _: Context) -> bool | None:
    value = _BOOLEANS.get(element.text or "")
    if value is not None and not len(element):
        return value
    return None if is_nil(element) else bool(parse_value(_text(element), CimType.BOOLEAN))


def _read_datetime(element: _Element, _: Context) -> Any:
    if len(element) == 1:
        wrapper = element[0]
        if wrapper.tag in _DATETIME_TAGS:
            return parse_datetime(wrapper.text or "")
    return None if is_nil(element) else parse_datetime(_text(element))


def _read_reference(element: _Element, context: Context) -> Instance | None:
    if is_nil(element):
        return None
    if parameters_of(element) is None:
        raise TypeMismatch("it holds no endpoint reference")
    return context.reference(element)


def _instance_reader(class_name: str | None) -> Reader:
    def read(element: _Element, context: Context) -> Instance | None:
        return None if is_nil(element) else context.embedded(element, class_name)

    return read


def read_untyped(element: _Element, context: Context) -> Any:
    """Return the value of an element whose type nobody knows: its text, whatever it means.

    An element that holds elements is a datetime, whose text is inside, a reference, or else an
    embedded instance.
    """
    if not len(element):
        return None if is_nil(element) else element.text or ""
    if len(element) == 1 and is_datetime(element[0]):
        return (element[0].text or "").strip()
    if parameters_of(element) is not None:
        return context.reference(element)
    return context.embedded(element, None)


_READERS: Final[Mapping[CimType, Reader]] = {
    CimType.BOOLEAN: _read_boolean,
    **{cim_type: _text_reader(cim_type) for cim_type in INTEGER_RANGES},
    CimType.REAL32: _text_reader(CimType.REAL32),
    CimType.REAL64: _text_reader(CimType.REAL64),
    CimType.CHAR16: _text_reader(CimType.CHAR16),
    CimType.DATETIME: _read_datetime,
    CimType.STRING: _read_string,
    CimType.REFERENCE: _read_reference,
}


def reader_of(cim_type: CimType, class_name: str | None) -> Reader:
    """Return the reader of one value of a type.

    Args:
        cim_type: the type of one value.
        class_name: the class that an embedded instance is declared to be of, or None.
    """
    return _READERS.get(cim_type) or _instance_reader(class_name)


def read_octets(element: _Element) -> list[int]:
    """Return the bytes of an octet string, which the one element holds in base64 (DSP0230 7.4).

    Raises:
        TypeMismatch: it is not base64.
    """
    text = "".join(_text(element).split())
    try:
        return list(binascii.a2b_base64(text, strict_mode=True)) if text else []
    except ValueError as error:
        raise TypeMismatch(f"{shown(text)} is not base64: {error}") from error
