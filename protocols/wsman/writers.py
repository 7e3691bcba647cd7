"""Instances as markup, in the form of Windows' WMI plugin: what `plans` and `readers` read.

What the recordings show: properties in case-insensitive order, no types on them; a null scalar is
nil, a null array is left out or, where precise arrays were asked for, says that it is one; an empty
array is absent; a datetime is `cim:Datetime` in UTC without idle zeros. The elements of a fragment
are of no namespace, and that of a datetime in it neither. A reference holds the parts of an
endpoint reference without the element itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mi.instance import Element, Instance
from mi.results import CimType
from mi.values import CimDateTime, format_value
from protocols.wsman import markup
from protocols.wsman.dialects import Dialect
from protocols.wsman.durations import format_datetime, format_interval
from protocols.wsman.namespaces import CIM_COMMON, MICROSOFT, WSMAN, XSI
from protocols.wsman.references import write_parts, write_reference

__all__ = ["Writer"]

_NIL: Final = ' xsi:nil="true"/>'
_NULL_ARRAY: Final = f' xmlns:m="{MICROSOFT}" xsi:nil="true" m:IsNullArray="true"/>'


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the instances of one request.

    Attributes:
        dialect: how resource URIs are written.
        precise_arrays: whether a null array says that it is one.
    """

    dialect: Dialect
    precise_arrays: bool = False

    def instance(self, instance: Instance, *, within: Collection[str] | None = None) -> str:
        """Return an instance as an element of its class.

        Args:
            instance: what to write.
            within: the only properties to write, or None for all.

        Raises:
            InvalidParameter: XML cannot carry a value, or a reference lacks its key.
        """
        name = instance.class_name
        inside = "".join(
            self._element(element, "p:")
            for element in _ordered(instance.elements())
            if within is None or element.name in within
        )
        return (
            f'<p:{name} xmlns:xsi="{XSI}" xmlns:p="{self._uri(instance)}"'
            f' xmlns:cim="{CIM_COMMON}" xsi:type="p:{name}_Type">{inside}</p:{name}>'
        )

    def fragment(self, instance: Instance, selected: Iterable[str]) -> str:
        """Return the selected properties of an instance as what a projection gives."""
        elements = _ordered(map(instance.element, selected))
        inside = "".join(self._element(element, "") for element in elements)
        return f'<w:XmlFragment xmlns:xsi="{XSI}" xmlns:w="{WSMAN}">{inside}</w:XmlFragment>'

    def reference(self, instance: Instance) -> str:
        """Return the endpoint reference of an instance."""
        return write_reference(instance, self.dialect, instance.namespace or "")

    def both(self, instance: Instance, *, within: Collection[str] | None = None) -> str:
        """Return an instance together with its endpoint reference."""
        item = self.instance(instance, within=within)
        return f'<w:Item xmlns:w="{WSMAN}">{item}{self.reference(instance)}</w:Item>'

    def _uri(self, instance: Instance) -> str:
        return self.dialect.resource_uri(instance.namespace or "", instance.class_name)

    # Properties

    def _element(self, element: Element, prefix: str, depth: int = 0) -> str:
        tag, cim_type = f"{prefix}{element.name}", element.type or CimType.STRING
        if not cim_type.is_array:
            return self._value(tag, cim_type, element.value, depth)
        if element.value is None:
            return f"<{tag}{_NULL_ARRAY}" if self.precise_arrays else ""
        return "".join(self._value(tag, cim_type.scalar, item, depth) for item in element.value)

    def _value(self, tag: str, cim_type: CimType, value: Any, depth: int) -> str:
        if value is None:
            return f"<{tag}{_NIL}"
        if cim_type is CimType.INSTANCE:
            return self._embedded(tag, value, depth)
        if cim_type is CimType.REFERENCE:
            parts = write_parts(value, self.dialect, value.namespace or "")
            return f"<{tag}>{parts}</{tag}>"
        if cim_type is CimType.DATETIME:
            return f"<{tag}>{_datetime(value, 'cim:' if ':' in tag else '')}</{tag}>"
        return f"<{tag}>{markup.text(format_value(value))}</{tag}>"

    def _embedded(self, tag: str, value: Instance, depth: int) -> str:
        # A prefix of its own for each depth: declared again, it would also be the element's own.
        prefix = f"q{depth}"
        inside = "".join(
            self._element(element, f"{prefix}:", depth + 1)
            for element in _ordered(value.elements())
        )
        return (
            f'<{tag} xmlns:{prefix}="{self._uri(value)}" xmlns:cim="{CIM_COMMON}"'
            f' xsi:type="{prefix}:{value.class_name}_Type">{inside}</{tag}>'
        )


def _ordered(elements: Iterable[Element]) -> list[Element]:
    return sorted(elements, key=lambda element: element.name.lower())


def _datetime(value: datetime | timedelta | CimDateTime, prefix: str) -> str:
    if isinstance(value, timedelta):
        return f"<{prefix}Interval>{format_interval(value)}</{prefix}Interval>"
    if isinstance(value, datetime):
        return f"<{prefix}Datetime>{format_datetime(_in_utc(value))}</{prefix}Datetime>"
    return f"<{prefix}CIM_DateTime>{value}</{prefix}CIM_DateTime>"


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # in the first or the last year
        return value
