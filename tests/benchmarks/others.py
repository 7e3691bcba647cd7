"""Other libraries that read the same instances, each the way its own users have them read.

xmltodict is pywinrm's way and gives strings only. zeep is given the schema that the class amounts
to. pywbem reads the same instances as CIM-XML, its own form.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xmltodict
from lxml import etree
from pywbem._tupleparse import TupleParser
from pywbem._tupletree import xml_to_tupletree_sax
from zeep import xsd

from mi.results import CimType
from mi.schema import Class, Property
from mi.values import format_value

__all__ = ["pywbem_reader", "xmltodict_reader", "zeep_reader"]

_COMMON = "http://schemas.dmtf.org/wbem/wscim/1/common"
_XSD = "http://www.w3.org/2001/XMLSchema"
_XSD_NAMES = {
    CimType.BOOLEAN: "boolean",
    CimType.UINT8: "unsignedByte",
    CimType.UINT16: "unsignedShort",
    CimType.UINT32: "unsignedInt",
    CimType.UINT64: "unsignedLong",
    CimType.STRING: "string",
}


def xmltodict_reader(body: bytes) -> Callable[[], object]:
    """Return a call that reads `body` into dicts of strings."""
    return lambda: xmltodict.parse(body)


def _zeep_element(declared: Property) -> str:
    many = ' maxOccurs="unbounded"' if declared.type.is_array else ""
    head = f'<xsd:element name="{declared.name}" minOccurs="0" nillable="true"{many}'
    if declared.type.scalar is CimType.DATETIME:
        return (
            f'{head}><xsd:complexType><xsd:sequence><xsd:element ref="cim:Datetime"'
            ' minOccurs="0"/></xsd:sequence></xsd:complexType></xsd:element>'
        )
    return f'{head} type="xsd:{_XSD_NAMES[declared.type.scalar]}"/>'


def _zeep_schema(declared: Class, namespace: str) -> Any:
    common = (
        f'<xsd:schema xmlns:xsd="{_XSD}" targetNamespace="{_COMMON}"'
        ' elementFormDefault="qualified"><xsd:element name="Datetime" type="xsd:dateTime"/>'
        "</xsd:schema>"
    )
    elements = "".join(_zeep_element(item) for item in declared.properties.values())
    own = (
        f'<xsd:schema xmlns:xsd="{_XSD}" xmlns:cim="{_COMMON}" xmlns:tns="{namespace}"'
        f' targetNamespace="{namespace}" elementFormDefault="qualified">'
        f'<xsd:import namespace="{_COMMON}"/>'
        f'<xsd:complexType name="{declared.name}_Type"><xsd:sequence>{elements}</xsd:sequence>'
        f'</xsd:complexType><xsd:element name="{declared.name}" type="tns:{declared.name}_Type"/>'
        "</xsd:schema>"
    )
    schema = xsd.Schema()
    schema.add_documents([etree.fromstring(common), etree.fromstring(own)], "")
    return schema


def zeep_reader(body: bytes, declared: Class, namespace: str) -> Callable[[], object]:
    """Return a call that reads the instances in `body` by XSD types."""
    schema = _zeep_schema(declared, namespace)
    tag = f"{{{namespace}}}{declared.name}"
    element = schema.get_element(tag)

    def read() -> object:
        return [element.parse(item, schema) for item in etree.fromstring(body).iter(tag)]

    return read


def _cim_xml(value: Any) -> str:
    if isinstance(value, (datetime, timedelta)):
        return format_value(value)
    return escape(format_value(value))


def _cim_xml_property(name: str, value: Any, cim_type: CimType) -> str:
    head = f'NAME={quoteattr(name)} TYPE="{cim_type.cim_name}"'
    if cim_type.is_array:
        items = "".join(f"<VALUE>{_cim_xml(item)}</VALUE>" for item in value or ())
        array = "" if value is None else f"<VALUE.ARRAY>{items}</VALUE.ARRAY>"
        return f"<PROPERTY.ARRAY {head}>{array}</PROPERTY.ARRAY>"
    text = "" if value is None else f"<VALUE>{_cim_xml(value)}</VALUE>"
    return f"<PROPERTY {head}>{text}</PROPERTY>"


def _key(instance: Any) -> str:
    return "".join(
        f'<KEYBINDING NAME={quoteattr(name)}><KEYVALUE VALUETYPE="string">{_cim_xml(value)}'
        "</KEYVALUE></KEYBINDING>"
        for name, value in instance.key.items()
    )


def pywbem_reader(instances: list[Any], declared: Class) -> Callable[[], object]:
    """Return a call that reads `instances`, written as the CIM-XML that a WBEM server sends."""
    named = "".join(
        f'<VALUE.NAMEDINSTANCE><INSTANCENAME CLASSNAME="{declared.name}">{_key(instance)}'
        "</INSTANCENAME>"
        f'<INSTANCE CLASSNAME="{declared.name}">'
        + "".join(
            _cim_xml_property(name, value, declared.properties[name].type)
            for name, value in instance.items()
        )
        + "</INSTANCE></VALUE.NAMEDINSTANCE>"
        for instance in instances
    )
    message = (
        '<CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLERSP>'
        f'<IMETHODRESPONSE NAME="EnumerateInstances"><IRETURNVALUE>{named}</IRETURNVALUE>'
        "</IMETHODRESPONSE></SIMPLERSP></MESSAGE></CIM>"
    ).encode()
    return lambda: TupleParser().parse_cim(xml_to_tupletree_sax(message, "a reply"))
