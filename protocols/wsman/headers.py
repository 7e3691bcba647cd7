"""What a request says beside its body: where it goes, which object, and how.

Selectors and options keep their order. OMI reads the class name out of the resource URI and needs
`ClassName` before the keys; Windows is indifferent; its own client puts `__cimnamespace` first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from mi.values import format_value
from protocols.wsman import markup
from protocols.wsman.namespaces import ANONYMOUS, XSI

__all__ = [
    "Addressing",
    "Option",
    "Selector",
    "endpoint_reference",
    "option_set",
    "reference_parameters",
    "selector_set",
]


@dataclass(frozen=True, slots=True)
class Selector:
    """One part of what names an object (DSP0226, SelectorSet).

    Attributes:
        name: the key property, or `__cimnamespace`.
        markup: escaped text, or an `a:EndpointReference` element for a reference key.
    """

    name: str
    markup: str

    @classmethod
    def of(cls, name: str, value: Any) -> Self:
        """Return the selector for a key's value: canonical CIM text, a datetime as DMTF text.

        Raises:
            InvalidParameter: the text holds a character that XML cannot carry.
        """
        return cls(name, markup.text(value if isinstance(value, str) else format_value(value)))

    @classmethod
    def reference(cls, name: str, resource_uri: str, selectors: Iterable[Selector]) -> Self:
        """Return the selector for a key that is a reference to another object."""
        return cls(name, endpoint_reference(resource_uri, selectors))


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the operation (DSP0226, OptionSet); the server side makes them too.

    Attributes:
        name: with its prefix: `wmi:…`, `msftwinrm:…` or none (MS-WSMV).
        value: its text, or None for an option that is only there (`xsi:nil`).
        type: an XML schema type such as `xs:boolean`, for information.
        must_comply: whether a server that does not know it must refuse the request.
    """

    name: str
    value: str | None
    type: str | None = None
    must_comply: bool = False


@dataclass(frozen=True)
class Addressing:
    """What is the same in every request of a session.

    Attributes:
        to: the URL of the endpoint; openwsman wants it the same, byte for byte, in every Pull.
        max_envelope_size: bytes that a reply may have; servers refuse less than 8192.
        locale: the language of messages (RFC 5646).
        data_locale: the format of data (RFC 5646).
    """

    to: str
    max_envelope_size: int
    locale: str = "en-US"
    data_locale: str = "en-US"

    @cached_property
    def to_markup(self) -> str:
        """The header that comes first."""
        return f"<a:To>{markup.text(self.to)}</a:To>"

    @cached_property
    def size_markup(self) -> str:
        """The header between a:Action and a:MessageID."""
        return (
            f'<w:MaxEnvelopeSize s:mustUnderstand="true">{self.max_envelope_size}'
            "</w:MaxEnvelopeSize>"
        )

    @cached_property
    def locale_markup(self) -> str:
        """The headers between a:MessageID and the selectors (MS-WSMV)."""
        return (
            f'<w:Locale xml:lang="{markup.attribute(self.locale)}" s:mustUnderstand="false"/>'
            f'<p:DataLocale xml:lang="{markup.attribute(self.data_locale)}"'
            ' s:mustUnderstand="false"/>'
        )


def selector_set(selectors: Iterable[Selector]) -> str:
    """Return the w:SelectorSet element, or nothing where there are no selectors."""
    inside = "".join(
        f'<w:Selector Name="{markup.attribute(selector.name)}">{selector.markup}</w:Selector>'
        for selector in selectors
    )
    return f"<w:SelectorSet>{inside}</w:SelectorSet>" if inside else ""


def option_set(options: Iterable[Option]) -> str:
    """Return the w:OptionSet element, or nothing where there are no options.

    It says mustUnderstand only if an option must be complied with: Windows' MI client does not.
    """
    options = tuple(options)
    if not options:
        return ""
    must = ' s:mustUnderstand="true"' if any(option.must_comply for option in options) else ""
    return f'<w:OptionSet xmlns:xsi="{XSI}"{must}>{"".join(map(_option, options))}</w:OptionSet>'


def _option(option: Option) -> str:
    start = f'<w:Option Name="{markup.attribute(option.name)}"'
    if option.type is not None:
        start += f' Type="{markup.attribute(option.type)}"'
    if option.must_comply:
        start += ' MustComply="true"'
    if option.value is None:
        return f'{start} xsi:nil="true"/>'
    return f"{start}>{markup.text(option.value)}</w:Option>"


def reference_parameters(resource_uri: str, selectors: Iterable[Selector]) -> str:
    """Return the a:ReferenceParameters that name one object."""
    return (
        f"<a:ReferenceParameters><w:ResourceURI>{markup.text(resource_uri)}</w:ResourceURI>"
        f"{selector_set(selectors)}</a:ReferenceParameters>"
    )


def endpoint_reference(
    resource_uri: str, selectors: Iterable[Selector], *, address: str = ANONYMOUS
) -> str:
    """Return the a:EndpointReference of one object."""
    return (
        f"<a:EndpointReference><a:Address>{markup.text(address)}</a:Address>"
        f"{reference_parameters(resource_uri, selectors)}</a:EndpointReference>"
    )
