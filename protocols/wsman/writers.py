"""Instances as markup: what `plans` and `readers` read, and what servers are sent.

What the recordings show of Windows' answers: properties in case-insensitive order, no types on
them; a null scalar is nil, a null array is left out or, where precise arrays were asked for, says
that it is one; an empty array is absent; a datetime is `cim:Datetime` in UTC without idle zeros.
The elements of a fragment are of no namespace, and that of a datetime in it neither. A reference
holds the parts of an endpoint reference without the element itself. What a server is sent has the
same shape, which WS-CIM prescribes (DSP0230), and values in the `Forms` that it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from mi.elements import Element
from mi.instance import Instance
from mi.results import CimType
from protocols.wsman import markup
from protocols.wsman.dialects import Dialect
from protocols.wsman.forms import ANSWERED, Forms
from protocols.wsman.namespaces import CIM_COMMON, MICROSOFT, WSMAN, XSI
from protocols.wsman.references import write_parts, write_reference

__all__ = ["Writer"]

_NIL: Final = ' xsi:nil="true"/>'
_NULL_ARRAY: Final = f' xmlns:m="{MICROSOFT}" xsi:nil="true" m:IsNullArray="true"/>'


def _itself(instance: Instance) -> Instance:
    return instance


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the instances of one message.

    Attributes:
        dialect: how resource URIs are written.
        precise_arrays: whether a null array says that it is one.
        forms: how values are written.
        namespace: where an instance lives that does not say it.
        typed: what gives an embedded instance the types of its class.
    """

    dialect: Dialect
    precise_arrays: bool = False
    forms: Forms = ANSWERED
    namespace: str = ""
    typed: Callable[[Instance], Instance] = _itself

    def instance(
        self,
        instance: Instance,
        *,
        within: Collection[str] | None = None,
        resource_uri: str | None = None,
    ) -> str:
        """Return an instance as an element of its class.

        Args:
            instance: what to write.
            within: the only properties to write, or None for all.
            resource_uri: the namespace of the element; that of the class if None.

        Raises:
            InvalidParameter: XML cannot carry a value, or a reference lacks its key.
        """
        name, forms = instance.class_name, self._forms(instance)
        uri = self._uri(instance) if resource_uri is None else markup.attribute(resource_uri)
        inside = "".join(
            self._element(element, "p:", forms)
            for element in _ordered(instance.elements())
            if within is None or element.name in within
        )
        return (
            f'<p:{name} xmlns:xsi="{XSI}" xmlns:p="{uri}"'
            f' xmlns:cim="{CIM_COMMON}" xsi:type="p:{name}_Type">{inside}</p:{name}>'
        )

    def parameters(self, name: str, instance: Instance, resource_uri: str) -> str:
        """Return the parameters of a method, in their order, as the element `name`.

        Args:
            name: `<Method>_INPUT` or `<Method>_OUTPUT` (DSP0227 11, DSP0230 10.3).
            instance: what has them as its elements.
            resource_uri: of the class that has the method.

        Raises:
            InvalidParameter: as for `instance`.
        """
        elements = (self._element(element, "p:") for element in instance.elements())
        return (
            f'<p:{name} xmlns:xsi="{XSI}" xmlns:p="{markup.attribute(resource_uri)}"'
            f' xmlns:cim="{CIM_COMMON}">{"".join(elements)}</p:{name}>'
        )

    def fragment(self, instance: Instance, selected: Iterable[str]) -> str:
        """Return the selected properties of an instance as what a projection gives."""
        elements = _ordered(map(instance.element, selected))
        inside = "".join(self._element(element, "") for element in elements)
        return f'<w:XmlFragment xmlns:xsi="{XSI}" xmlns:w="{WSMAN}">{inside}</w:XmlFragment>'

    def property(self, element: Element) -> str:
        """Return one element, or one for each value of an array, in the namespace `p`."""
        return self._element(element, "p:", self.forms)

    def reference(self, instance: Instance) -> str:
        """Return the endpoint reference of an instance."""
        return write_reference(instance, self.dialect, instance.namespace or self.namespace)

    def both(self, instance: Instance, *, within: Collection[str] | None = None) -> str:
        """Return an instance together with its endpoint reference."""
        item = self.instance(instance, within=within)
        return f'<w:Item xmlns:w="{WSMAN}">{item}{self.reference(instance)}</w:Item>'

    def _uri(self, instance: Instance) -> str:
        return self.dialect.resource_uri(instance.namespace or self.namespace, instance.class_name)

    def _forms(self, instance: Instance) -> Forms:
        """Return the forms for a whole instance, which states types only if all are known."""
        if not self.forms.types or not instance.provisional:
            return self.forms
        return _untyped(self.forms)

    # Properties

    def _element(
        self, element: Element, prefix: str, forms: Forms | None = None, depth: int = 0
    ) -> str:
        tag, cim_type = f"{prefix}{element.name}", element.type or CimType.STRING
        forms = _untyped(self.forms) if forms is None else forms
        if not cim_type.is_array:
            return self._value(tag, cim_type, element.value, forms, depth)
        if element.value is None:
            return self._null_array(tag)
        return "".join(
            self._value(tag, cim_type.scalar, item, forms, depth) for item in element.value
        )

    def _null_array(self, tag: str) -> str:
        if self.precise_arrays:
            return f"<{tag}{_NULL_ARRAY}"
        return f"<{tag}{_NIL}" if self.forms.null_arrays else ""

    def _value(self, tag: str, cim_type: CimType, value: Any, forms: Forms, depth: int) -> str:
        if value is None:
            return f"<{tag}{_NIL}" if forms.nulls else ""
        if cim_type is CimType.INSTANCE:
            return self._embedded(tag, self.typed(value), depth)
        if cim_type is CimType.REFERENCE:
            parts = write_parts(value, self.dialect, value.namespace or self.namespace)
            return f"<{tag}>{parts}</{tag}>"
        content = forms.content(cim_type, value, "cim:" if ":" in tag else "")
        return f"<{tag}{forms.type_markup(cim_type)}>{content}</{tag}>"

    def _embedded(self, tag: str, value: Instance, depth: int) -> str:
        # A prefix of its own for each depth: declared again, it would also be the element's own.
        prefix, forms = f"q{depth}", self._forms(value)
        inside = "".join(
            self._element(element, f"{prefix}:", forms, depth + 1)
            for element in _ordered(value.elements())
        )
        return (
            f'<{tag} xmlns:{prefix}="{self._uri(value)}" xmlns:cim="{CIM_COMMON}"'
            f' xsi:type="{prefix}:{value.class_name}_Type">{inside}</{tag}>'
        )


def _untyped(forms: Forms) -> Forms:
    return replace(forms, types=False) if forms.types else forms


def _ordered(elements: Iterable[Element]) -> list[Element]:
    return sorted(elements, key=lambda element: element.name.lower())
