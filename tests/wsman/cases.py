"""What several tests of conversations use: classes, replies, and the requests that lead to them."""

from typing import Any

from lxml import etree

from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.serial.cimxml import write_class
from protocols.wsman import namespaces as ns
from protocols.wsman.dialects import Settings
from protocols.wsman.envelope import Reply
from protocols.wsman.fault import Fault

KEY = NameMap([("key", Qualifier("key", CimType.BOOLEAN, value=True))])
SETTINGS = Settings(60.0, server_name="server01")
SPACE = "root/test"
DENIED = Fault("Sender", "w:AccessDenied", reason="Access is denied.")
TIMED_OUT = Fault("Receiver", "w:TimedOut", reason="too long")

_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in ns.PREFIXES.items())


def declare(name: str, *keys: str, methods: Any = (), **types: CimType | Property) -> Class:
    """Return a class whose properties have these types; a `Property` is taken as it is."""
    properties = [
        one if isinstance(one, Property) else Property(
            member, one, qualifiers=KEY if member in keys else NameMap()
        )
        for member, one in types.items()
    ]  # fmt: skip
    return Class(
        name,
        SPACE,
        properties=NameMap((one.name, one) for one in properties),
        methods=NameMap((one.name, one) for one in methods),
    )


def parameter(name: str, cim_type: CimType, *directions: str, of: str | None = None) -> Parameter:
    said = ((one, Qualifier(one, CimType.BOOLEAN, value=True)) for one in directions)
    return Parameter(name, cim_type, of, qualifiers=NameMap(said))


def method(
    name: str, returns: CimType | None, *parameters: Parameter, is_static: bool = False
) -> Method:
    static = [("static", Qualifier("static", CimType.BOOLEAN, value=True))] if is_static else []
    named = NameMap((one.name, one) for one in parameters)
    return Method(name, returns, named, qualifiers=NameMap(static))


def answer(inside: str = "", *, is_repaired: bool = False) -> Reply:
    """Return a reply with this in its body; the prefixes of Windows' client are declared."""
    body = etree.fromstring(f'<s:Body {_DECLARED} xmlns:xsi="{ns.XSI}">{inside}</s:Body>')
    return Reply("", body, None, is_repaired=is_repaired)


def declared(class_: Class) -> Reply:
    """Return the reply that declares a class."""
    return answer(write_class(class_))


def parsed(markup: str) -> etree._Element:
    """Return the one element that markup of a body is."""
    [element] = answer(markup).body
    return element


def content(markup: str) -> list[tuple[str, str | None]]:
    """Return the names and texts of the children of an element."""
    return [(child.tag.rpartition("}")[2], child.text) for child in parsed(markup)]
