"""A service without a network: requests in, replies and faults out."""

from typing import Any

from lxml import etree

from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Method, Parameter, Property, Qualifier
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Repository
from protocols.loopback.service import Limits, Service
from protocols.meanings.numbers import NUMBERS
from protocols.wsman import envelope
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing, Option, Selector
from protocols.wsman.namespaces import DMTF_CIM_SCHEMA, PREFIXES, XSI

MESSAGE_ID = "uuid:1"
DECLARED = f'xmlns:xsi="{XSI}"'


def qualified(*names: str) -> NameMap[Qualifier]:
    return NameMap((one, Qualifier(one, CimType.BOOLEAN, value=True)) for one in names)


def declared(
    name: str,
    keys: tuple[str, ...] = ("Id",),
    *qualifiers: str,
    methods: tuple[Method, ...] = (),
    superclass: Class | None = None,
    **types: CimType,
) -> Class:
    """Return a class of `root/cimv2` with these properties."""
    return Class(
        name,
        "root/cimv2",
        superclass=superclass.name if superclass else None,
        derivation=(superclass.name, *superclass.derivation) if superclass else (),
        properties=NameMap(
            (one, Property(one, kind, qualifiers=qualified("key") if one in keys else NameMap()))
            for one, kind in types.items()
        ),
        methods=NameMap((one.name, one) for one in methods),
        qualifiers=qualified(*qualifiers),
    )


def method(name: str, *parameters: Parameter, returns: CimType = CimType.UINT32) -> Method:
    return Method(name, returns, NameMap((one.name, one) for one in parameters))


def parameter(name: str, kind: CimType, *directions: str) -> Parameter:
    return Parameter(name, kind, qualifiers=qualified(*directions))


class Asked:
    """A service, and what it is asked."""

    def __init__(self, repository: Repository | None = None, **limits: Any) -> None:
        self.repository = sample_repository() if repository is None else repository
        self.service = Service(self.repository, Limits(**limits))

    def ask(
        self,
        action: str,
        resource: str,
        body: str = "",
        options: tuple[Option, ...] = (),
        **keys: str,
    ) -> Reply | Fault:
        """Ask something of a class of `root/cimv2`, or of a whole resource URI."""
        uri = resource if "://" in resource else f"{DMTF_CIM_SCHEMA}/{resource}"
        selectors = (
            Selector.of("__cimnamespace", "root/cimv2"),
            *(Selector.of(name, value) for name, value in keys.items()),
        )
        request = Request(action, uri, body, selectors, options)
        data = envelope.serialize(request, Addressing("http://here/wsman", 512_000), MESSAGE_ID)
        given = self.service.answer(self.service.read(data), is_connected=lambda: True)
        return envelope.parse(given.envelope, MESSAGE_ID, limit=10**7)

    def body(self, *asked: Any, **keys: Any) -> etree._Element:
        """Ask, and return the one element that the body of the reply has."""
        reply = self.ask(*asked, **keys)
        assert isinstance(reply, Reply), reply
        [element] = reply.body
        return element

    def refused(self, *asked: Any, **keys: Any) -> Fault:
        """Ask, and return the fault that comes of it."""
        fault = self.ask(*asked, **keys)
        assert isinstance(fault, Fault)
        return fault


def body_of(class_name: str, inside: str) -> str:
    """Return an instance, or parameters, as a client sends them."""
    return f'<p:{class_name} {DECLARED} xmlns:p="urn:x">{inside}</p:{class_name}>'


def texts(element: etree._Element) -> dict[str, str | None]:
    """Return the texts of an element's children by name."""
    return {one.tag.rpartition("}")[2]: one.text for one in element}


__all__ = [
    "NUMBERS", "PREFIXES", "Asked", "body_of", "declared", "method", "parameter", "qualified",
    "texts",
]  # fmt: skip
