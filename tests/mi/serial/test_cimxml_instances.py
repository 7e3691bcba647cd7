"""INSTANCE, and what may stand in it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mi.cim_datetime import CimDateTime
from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Property, Qualifier
from mi.serial import cimxml
from mi.serial.known_classes import Find


def read(properties: str, find: Find | None = None) -> Instance:
    (instance,) = cimxml.read(
        f'<INSTANCE CLASSNAME="A">{properties}</INSTANCE>', namespace="root/x", find=find
    )
    assert isinstance(instance, Instance)
    return instance


def refused(properties: str, find: Find | None = None) -> str:
    with pytest.raises(InvalidParameter) as raised:
        read(properties, find)
    return raised.value.message


def value(cim_type: str, text: str) -> Any:
    return read(f'<PROPERTY NAME="p" TYPE="{cim_type}"><VALUE>{text}</VALUE></PROPERTY>')["p"]


# Values


@pytest.mark.parametrize(
    ("cim_type", "text", "expected"),
    [
        ("boolean", "TRUE", True),
        ("boolean", " false ", False),
        ("uint8", "255", 255),
        ("sint64", "-9223372036854775808", -(2**63)),
        ("real32", "1.0000000e-01", 0.10000000149011612),
        ("real64", "-INF", float("-inf")),
        ("char16", "é", "é"),
        ("char16", "00065", "A"),
        ("string", "  a\n ", "  a\n "),
        ("string", "", ""),
        ("datetime", "20240229010203.000000+000", datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC)),
        ("datetime", "2024**********.******+000", CimDateTime("2024**********.******+000")),
    ],
)
def test_a_value_is_what_its_type_makes_of_its_text(
    cim_type: str, text: str, expected: Any
) -> None:
    assert value(cim_type, text) == expected
    assert type(value(cim_type, text)) is type(expected)


@pytest.mark.parametrize(
    ("cim_type", "text"),
    [("boolean", "yes"), ("uint8", ""), ("uint8", "-1"), ("char16", ""), ("datetime", "2024"),
     ("real32", "1e300"), ("reference", "x")],
)  # fmt: skip
def test_a_text_that_does_not_fit_its_type_is_refused(cim_type: str, text: str) -> None:
    assert "line 1, column" in refused(
        f'<PROPERTY NAME="p" TYPE="{cim_type}"><VALUE>{text}</VALUE></PROPERTY>'
    )


def test_null_empty_and_absent_are_three_things() -> None:
    instance = read(
        '<PROPERTY NAME="null" TYPE="string"/><PROPERTY.ARRAY NAME="nulls" TYPE="uint8"/>'
        '<PROPERTY.ARRAY NAME="empty" TYPE="uint8"><VALUE.ARRAY/></PROPERTY.ARRAY>'
        '<PROPERTY.ARRAY NAME="one" TYPE="uint8"><VALUE.ARRAY><VALUE>1</VALUE><VALUE.NULL/>'
        "</VALUE.ARRAY></PROPERTY.ARRAY>"
    )
    assert dict(instance) == {"null": None, "nulls": None, "empty": [], "one": [1, None]}
    assert instance.element("nulls").type is CimType.UINT8_ARRAY
    assert "absent" not in instance


def test_qualifiers_on_an_instance_are_passed_over() -> None:
    said = '<QUALIFIER NAME="q" TYPE="boolean"/>'
    assert dict(read(f'{said}<PROPERTY NAME="p" TYPE="string">{said}</PROPERTY>')) == {"p": None}


def test_what_was_modified_is_modified() -> None:
    instance = read(
        '<PROPERTY NAME="a" TYPE="string" MODIFIED="TRUE"/><PROPERTY NAME="b" TYPE="string"/>'
    )
    assert instance.modified == {"a"}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ('<PROPERTY NAME="p" TYPE="string"/><PROPERTY.ARRAY NAME="P" TYPE="string"/>',
         "column 1: INSTANCE A: it has P twice"),
        ('<PROPERTY NAME="p" TYPE="string"><VALUE/><VALUE/></PROPERTY>',
         "column 25: PROPERTY p: it holds more than one VALUE"),
        ('<PROPERTY NAME="p" TYPE="string"><VALUE.ARRAY/></PROPERTY>',
         "column 25: PROPERTY p: VALUE.ARRAY has no place in it"),
        ('<PROPERTY NAME="p" TYPE="string"><VALUE><b/></VALUE></PROPERTY>',
         "column 58: VALUE: it may hold nothing but text"),
        ('<PROPERTY NAME="p"/>', "column 25: PROPERTY p: it lacks its attribute TYPE"),
        ('<PROPERTY TYPE="string"/>', "column 25: PROPERTY: it lacks its attribute NAME"),
        ('<PROPERTY NAME="p" TYPE="string" MODIFIED="x"/>', "MODIFIED is neither true nor false"),
        ("<METHOD/>", "column 1: INSTANCE A: METHOD has no place in it"),
        ("text", "column 1: INSTANCE A: it may hold no text of its own"),
    ],
)  # fmt: skip
def test_what_is_no_instance_is_refused(properties: str, message: str) -> None:
    assert message in refused(properties)


# Embedded instances

INNER = (
    '<INSTANCE CLASSNAME="B"><PROPERTY NAME="x" TYPE="uint8"><VALUE>1</VALUE></PROPERTY></INSTANCE>'
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


@pytest.mark.parametrize(
    "said",
    ['EmbeddedObject="object"', 'EMBEDDEDOBJECT="instance"',
     'EmbeddedObject="instance" EmbeddedClassName="B"'],
)  # fmt: skip
def test_an_embedded_instance_is_its_text(said: str) -> None:
    instance = read(
        f'<PROPERTY NAME="p" TYPE="string" {said}><VALUE>{escaped(INNER)}</VALUE></PROPERTY>'
        f'<PROPERTY.ARRAY NAME="a" TYPE="string" {said}><VALUE.ARRAY><VALUE><![CDATA[{INNER}]]>'
        "</VALUE></VALUE.ARRAY></PROPERTY.ARRAY>"
    )
    assert instance["p"] == Instance("B", {"x": 1})
    assert instance["a"] == [Instance("B", {"x": 1})]
    assert instance["p"].element("x").type is CimType.UINT8
    assert instance.element("a").type is CimType.INSTANCE_ARRAY


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "VALUE: the XML document is not well formed"),
        ("<CLASS/>", "VALUE: only an INSTANCE may be embedded, and this is CLASS"),
        ('<INSTANCE CLASSNAME="B">x</INSTANCE>',
         "column 82: in what is embedded, INSTANCE B: it may hold no text"),
    ],
)  # fmt: skip
def test_what_is_embedded_but_no_instance_is_refused(text: str, message: str) -> None:
    said = 'NAME="p" TYPE="string" EmbeddedObject="object"'
    assert message in refused(f"<PROPERTY {said}><VALUE>{escaped(text)}</VALUE></PROPERTY>")


def nested(depth: int) -> str:
    text = '<INSTANCE CLASSNAME="B"/>'
    for _ in range(depth):
        text = (
            '<INSTANCE CLASSNAME="B"><PROPERTY NAME="p" TYPE="string" EmbeddedObject="object">'
            f"<VALUE>{escaped(text)}</VALUE></PROPERTY></INSTANCE>"
        )
    return text


def test_instances_may_be_64_in_one_another_and_no_more() -> None:
    (instance,) = cimxml.read(nested(64))
    assert isinstance(instance, Instance)
    with pytest.raises(InvalidParameter, match="more than 64 instances are in one another"):
        cimxml.read(nested(65))


# References

KEYS = (
    '<KEYBINDING NAME="s"><KEYVALUE>text</KEYVALUE></KEYBINDING>'
    '<KEYBINDING NAME="n"><KEYVALUE VALUETYPE="numeric">-5</KEYVALUE></KEYBINDING>'
    '<KEYBINDING NAME="r"><KEYVALUE VALUETYPE="numeric">1.5</KEYVALUE></KEYBINDING>'
    '<KEYBINDING NAME="u"><KEYVALUE VALUETYPE="numeric">18446744073709551615</KEYVALUE>'
    '</KEYBINDING><KEYBINDING NAME="b"><KEYVALUE VALUETYPE="boolean">TRUE</KEYVALUE></KEYBINDING>'
    '<KEYBINDING NAME="t"><KEYVALUE VALUETYPE="numeric" TYPE="uint8">7</KEYVALUE></KEYBINDING>'
)


def reference(content: str, find: Find | None = None) -> Instance:
    found = read(
        '<PROPERTY.REFERENCE NAME="p"><VALUE.REFERENCE>'
        f"{content}</VALUE.REFERENCE></PROPERTY.REFERENCE>",
        find,
    )
    assert found.element("p").type is CimType.REFERENCE
    assert isinstance(found["p"], Instance)
    return found["p"]


def test_a_reference_is_an_instance_of_its_keys() -> None:
    found = reference(f'<INSTANCENAME CLASSNAME="B">{KEYS}</INSTANCENAME>')
    assert (found.class_name, found.namespace, found.server_name) == ("B", None, None)
    assert found.key == {"s": "text", "n": -5, "r": 1.5, "u": 2**64 - 1, "b": True, "t": 7}
    assert found.element("t").type is CimType.UINT8
    assert all(Flags.KEY in one.flags for one in found.elements())


def test_a_reference_says_where_it_points() -> None:
    local = '<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="y"/></LOCALNAMESPACEPATH>'
    name = '<INSTANCENAME CLASSNAME="B"/>'
    near = reference(f"<LOCALINSTANCEPATH>{local}{name}</LOCALINSTANCEPATH>")
    far = reference(
        f"<INSTANCEPATH><NAMESPACEPATH><HOST>s</HOST>{local}</NAMESPACEPATH>{name}</INSTANCEPATH>"
    )
    assert (near.namespace, near.server_name) == ("root/y", None)
    assert (far.namespace, far.server_name) == ("root/y", "s")


def test_a_key_may_be_a_reference() -> None:
    inner = '<VALUE.REFERENCE><INSTANCENAME CLASSNAME="C"/></VALUE.REFERENCE>'
    found = reference(
        f'<INSTANCENAME CLASSNAME="B"><KEYBINDING NAME="k">{inner}</KEYBINDING></INSTANCENAME>'
    )
    assert found["k"] == Instance("C")
    assert found.element("k").type is CimType.REFERENCE


def test_references_may_be_64_in_one_another_and_no_more() -> None:
    def nested(depth: int) -> str:
        name = '<INSTANCENAME CLASSNAME="B"/>'
        for _ in range(depth):
            key = f'<KEYBINDING NAME="k"><VALUE.REFERENCE>{name}</VALUE.REFERENCE></KEYBINDING>'
            name = f'<INSTANCENAME CLASSNAME="B">{key}</INSTANCENAME>'
        return name

    assert reference(nested(64))
    with pytest.raises(InvalidParameter, match="more than 64 instances are in one another"):
        reference(nested(65))


def test_arrays_of_references_are_read() -> None:
    one = '<VALUE.REFERENCE><INSTANCENAME CLASSNAME="B"/></VALUE.REFERENCE>'
    instance = read(
        f'<PROPERTY.REFARRAY NAME="p"><VALUE.REFARRAY>{one}<VALUE.NULL/>{one}</VALUE.REFARRAY>'
        "</PROPERTY.REFARRAY>"
    )
    assert instance["p"] == [Instance("B"), None, Instance("B")]
    assert instance.element("p").type is CimType.REFERENCE_ARRAY


KEY = NameMap([("key", Qualifier("key", CimType.BOOLEAN, value=True))])


def class_b(*types: CimType) -> Class:
    keys = [Property(f"k{number}", one, qualifiers=KEY) for number, one in enumerate(types)]
    return Class("B", "root/x", properties=NameMap((one.name, one) for one in keys))


def find_b(*types: CimType) -> Find:
    return lambda namespace, name: class_b(*types) if name == "B" else None


def test_a_class_that_is_known_gives_the_types_of_its_keys() -> None:
    find = find_b(CimType.UINT64)
    binding = '<KEYBINDING NAME="K0"><KEYVALUE TYPE="string">5</KEYVALUE></KEYBINDING>'
    found = reference(f'<INSTANCENAME CLASSNAME="B">{binding}</INSTANCENAME>', find)
    assert found.element("K0")[1:3] == (5, CimType.UINT64)


def test_a_lone_value_is_the_key_of_a_class_that_has_one() -> None:
    text = '<INSTANCENAME CLASSNAME="B"><KEYVALUE>5</KEYVALUE></INSTANCENAME>'
    assert reference(text, find_b(CimType.UINT8)).key == {"k0": 5}
    for find in (None, find_b(), find_b(CimType.UINT8, CimType.UINT8)):
        with pytest.raises(InvalidParameter, match="it does not say which key it means"):
            reference(text, find)
    two = text.replace("<KEYVALUE>5</KEYVALUE>", "<KEYVALUE>5</KEYVALUE>" * 2)
    with pytest.raises(InvalidParameter, match="it does not say which key it means"):
        reference(two, find_b(CimType.UINT8))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "VALUE.REFERENCE: it must hold exactly one of"),
        ("<CLASSNAME/>", "CLASSNAME has no place in it"),
        ('<LOCALINSTANCEPATH><INSTANCENAME CLASSNAME="B"/></LOCALINSTANCEPATH>',
         "it must hold LOCALNAMESPACEPATH and INSTANCENAME"),
        (('<LOCALINSTANCEPATH><LOCALNAMESPACEPATH/><INSTANCENAME CLASSNAME="B"/>'
         "</LOCALINSTANCEPATH>"), "LOCALNAMESPACEPATH: the namespace is empty"),
        (('<INSTANCENAME CLASSNAME="B"><KEYBINDING NAME="k"><KEYVALUE VALUETYPE="x">1</KEYVALUE>'
         "</KEYBINDING></INSTANCENAME>"), "KEYVALUE: 'x' is not a VALUETYPE"),
        (('<INSTANCENAME CLASSNAME="B"><KEYBINDING NAME="k"><KEYVALUE VALUETYPE="numeric">x'
         "</KEYVALUE></KEYBINDING></INSTANCENAME>"), "KEYVALUE: 'x' is not the text of a real64"),
        (('<INSTANCENAME CLASSNAME="B"><KEYBINDING NAME="k"><KEYVALUE TYPE="x">1</KEYVALUE>'
         "</KEYBINDING></INSTANCENAME>"), "KEYVALUE: 'x' is not a type"),
        (('<INSTANCENAME CLASSNAME="B"><KEYBINDING NAME="k"><KEYVALUE>1</KEYVALUE></KEYBINDING>'
         '<KEYBINDING NAME="K"><KEYVALUE>1</KEYVALUE></KEYBINDING></INSTANCENAME>'),
         "INSTANCENAME B: B has an element named 'K' already"),
        (('<INSTANCENAME CLASSNAME="B"><KEYBINDING NAME="k"><KEYVALUE>1</KEYVALUE></KEYBINDING>'
         "<KEYVALUE>1</KEYVALUE></INSTANCENAME>"), "INSTANCENAME B: KEYVALUE has no place in it"),
    ],
)  # fmt: skip
def test_what_is_no_reference_is_refused(content: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        reference(content)
    assert message in str(raised.value)


NAME = f'<INSTANCENAME CLASSNAME="A">{KEYS}</INSTANCENAME>'
LOCAL = '<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="y"/></LOCALNAMESPACEPATH>'


@pytest.mark.parametrize(
    ("kind", "path", "namespace"),
    [
        ("NAMEDINSTANCE", NAME, "root/x"),
        ("OBJECTWITHLOCALPATH", f"<LOCALINSTANCEPATH>{LOCAL}{NAME}</LOCALINSTANCEPATH>", "root/y"),
    ],
)
def test_an_instance_may_have_a_name_of_its_own(kind: str, path: str, namespace: str) -> None:
    (instance,) = cimxml.read(
        f'<VALUE.{kind}>{path}<INSTANCE CLASSNAME="A"/></VALUE.{kind}>', namespace="root/x"
    )
    assert isinstance(instance, Instance)
    assert (instance.namespace, instance.key["s"]) == (namespace, "text")


# Classes that are known


def find_a(*properties: Property) -> Find:
    declared = Class("A", "root/x", properties=NameMap((one.name, one) for one in properties))
    return lambda namespace, name: declared if name == "A" else None


def test_a_class_that_is_known_spells_and_types_its_properties() -> None:
    find = find_a(Property("Name", CimType.STRING, default="d"), Property("E", CimType.INSTANCE),
                  Property("Es", CimType.INSTANCE_ARRAY))  # fmt: skip
    instance = read(
        '<PROPERTY NAME="NAME" TYPE="string"/>'
        f'<PROPERTY NAME="e" TYPE="string"><VALUE>{escaped(INNER)}</VALUE></PROPERTY>'
        '<PROPERTY.ARRAY NAME="es" TYPE="string"/>',
        find,
    )
    assert dict(instance) == {"Name": None, "E": Instance("B", {"x": 1}), "Es": None}
    assert instance.element("E").type is CimType.INSTANCE
    assert dict(read("", find)) == {"Name": "d", "E": None, "Es": None}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ('<PROPERTY NAME="x" TYPE="string"/>', "PROPERTY x: the class A has no such property"),
        ('<PROPERTY NAME="n" TYPE="uint16"/>',
         "PROPERTY n: it is UINT16, and in the class A UINT8"),
        ('<PROPERTY.ARRAY NAME="n" TYPE="uint8"/>', "it is UINT8_ARRAY, and in the class A UINT8"),
        ('<PROPERTY NAME="n" TYPE="string" EmbeddedObject="object"/>',
         "it is INSTANCE, and in the class A UINT8"),
    ],
)  # fmt: skip
def test_what_its_class_does_not_have_is_refused(properties: str, message: str) -> None:
    assert message in refused(properties, find_a(Property("n", CimType.UINT8)))
