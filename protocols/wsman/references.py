"""What names an object in a message: a resource URI and selectors, together an EPR.

DSP0226 5.1.2 defines the EPR. Servers differ in what is around its parts (an a:EndpointReference
or nothing), in what they are called (ReferenceParameters or ReferenceProperties) and in where
`__cimnamespace` stands among the selectors, if at all; all of it is read. Windows' form is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mi.errors import ProtocolError
from mi.instance import Instance
from mi.names import normalize_namespace
from protocols.wsman import soap
from protocols.wsman.dialects import NAMESPACE_SELECTOR, Dialect, split_resource_uri
from protocols.wsman.headers import Selector, endpoint_reference, reference_parameters
from protocols.wsman.namespaces import ADDRESSING, ANONYMOUS, WSMAN

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "ObjectName",
    "checked_namespace",
    "key_selectors",
    "parameters_of",
    "read_name",
    "write_parts",
    "write_reference",
]

_REFERENCE: Final = f"{{{ADDRESSING}}}EndpointReference"
_PARAMETERS: Final = f"{{{ADDRESSING}}}ReferenceParameters"
_PROPERTIES: Final = f"{{{ADDRESSING}}}ReferenceProperties"
_RESOURCE_URI: Final = f"{{{WSMAN}}}ResourceURI"
_SELECTOR: Final = f"{{{WSMAN}}}SelectorSet/{{{WSMAN}}}Selector"


class ObjectName(NamedTuple):
    """What a message calls an object.

    Attributes:
        class_name: the last part of the resource URI; `*` where all classes are meant.
        namespace: the CIM namespace, if the URI or a selector holds it.
        keys: the other selectors in order; a key that is a reference is an `ObjectName`.
    """

    class_name: str
    namespace: str | None
    keys: tuple[tuple[str, str | ObjectName], ...]


# Reading


def parameters_of(element: _Element) -> _Element | None:
    """Return the part of an EPR with its resource URI and selectors, or None if there is none.

    Other specifications have EPRs without a resource URI (the EndTo of WS-Eventing, recorded).
    """
    holder = soap.child(element, _REFERENCE)
    holder = element if holder is None else holder
    for tag in (_PARAMETERS, _PROPERTIES):
        parameters = soap.child(holder, tag)
        if parameters is not None and soap.text_of(parameters, _RESOURCE_URI):
            return parameters
    return None


def read_name(element: _Element) -> ObjectName:
    """Return what the EPR that `element` is, or holds, or whose parts it holds, names.

    Raises:
        ProtocolError: it names nothing.
    """
    parameters = parameters_of(element)
    if parameters is None:
        raise ProtocolError("an endpoint reference says no resource URI")
    class_name, namespace = split_resource_uri(soap.text_of(parameters, _RESOURCE_URI))
    keys: dict[str, str | ObjectName] = {}
    for selector in parameters.iterfind(_SELECTOR):
        name = selector.get("Name", "")
        if name.lower() == NAMESPACE_SELECTOR:
            namespace = soap.text(selector) or namespace
        elif name and name not in keys:
            keys[name] = read_name(selector) if len(selector) else selector.text or ""
        else:
            raise ProtocolError(f"a selector of {class_name} has no name of its own: {name!r}")
    return ObjectName(class_name, checked_namespace(namespace), tuple(keys.items()))


def checked_namespace(namespace: str | None) -> str | None:
    """Return a namespace as the library writes it.

    Raises:
        ProtocolError: it is not legal.
    """
    if namespace is None:
        return None
    try:
        return normalize_namespace(namespace)
    except ValueError as error:
        raise ProtocolError(f"{namespace!r} is no namespace: {error}") from error


# Writing


def key_selectors(key: Mapping[str, Any], dialect: Dialect, namespace: str) -> tuple[Selector, ...]:
    """Return the selectors for the values of a key.

    Args:
        key: the values by name; a reference is an `Instance` whose own key is known.
        dialect: the server's.
        namespace: where an instance lives that does not say it.

    Raises:
        InvalidParameter: a referenced instance lacks its key, or XML cannot carry a value.
    """
    return tuple(_selector(name, value, dialect, namespace) for name, value in key.items())


def _selector(name: str, value: Any, dialect: Dialect, namespace: str) -> Selector:
    if isinstance(value, Instance):
        return Selector.reference(name, *_parts(value, dialect, namespace))
    return Selector.of(name, dialect.forms.key(value))


def _parts(
    instance: Instance, dialect: Dialect, namespace: str
) -> tuple[str, tuple[Selector, ...]]:
    """Return the resource URI and the selectors; Windows writes the namespace last."""
    own = instance.namespace or namespace
    keys = key_selectors(instance.key, dialect, own)
    return (
        dialect.resource_uri(own, instance.class_name),
        (*keys, *dialect.namespace_selectors(own)),
    )


def write_reference(instance: Instance, dialect: Dialect, namespace: str) -> str:
    """Return the a:EndpointReference of an instance."""
    return endpoint_reference(*_parts(instance, dialect, namespace))


def write_parts(instance: Instance, dialect: Dialect, namespace: str) -> str:
    """Return what is inside the EPR, which is how Windows writes the value of a reference."""
    return (
        f"<a:Address>{ANONYMOUS}</a:Address>"
        f"{reference_parameters(*_parts(instance, dialect, namespace))}"
    )
