"""CIM-XML documents: recorded classes, the shapes of documents, and what is refused where."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import InvalidParameter, MIError, NotSupported, ProtocolError
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Property
from mi.serial import cimxml, document

SHARED = Path(__file__).parents[4] / "shared"
TRANSCRIPTS = SHARED / "transcripts"
recorded = pytest.mark.skipif(not TRANSCRIPTS.is_dir(), reason="the transcripts are not here")


def class_of(name: str) -> Class:
    envelope = document.parse((TRANSCRIPTS / name).read_bytes(), limit=10**7).root
    (element,) = envelope.iter("CLASS")
    return cimxml.read_class(element, "root/cimv2", "server01")


# Recorded classes


@recorded
def test_win32_operatingsystem_of_server_2016_is_read_as_it_is() -> None:
    declared = class_of("gosammwr/get_cim_schema_res.xml")
    assert (declared.name, declared.superclass) == ("Win32_OperatingSystem", "CIM_OperatingSystem")
    assert declared.derivation == (
        "CIM_OperatingSystem",
        "CIM_LogicalElement",
        "CIM_ManagedSystemElement",
    )
    assert (declared.namespace, declared.server_name) == ("root/cimv2", "server01")
    assert declared.qualifiers["Singleton"].value is True
    assert declared.qualifiers["Singleton"].flags == Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS
    assert declared.qualifiers["Locale"].value == 1033
    assert declared.qualifiers["Locale"].flags == Flags.ENABLE_OVERRIDE | Flags.RESTRICTED


@recorded
def test_windows_keys_are_marked_key_and_cim_key_marks_none() -> None:
    declared = class_of("gosammwr/get_cim_schema_res.xml")
    assert declared.properties["CreationClassName"].qualifiers["CIM_Key"].value is True
    assert declared.keys == ()


@recorded
def test_every_property_and_method_of_it_is_that_of_the_table_of_classes() -> None:
    declared = class_of("gosammwr/get_cim_schema_res.xml")
    table = json.loads((SHARED / "reference" / "win32-classes.json").read_text("utf-8"))
    row = next(one for one in table["classes"] if one["name"] == declared.name)
    assert {name: fact(prop) for name, prop in declared.properties.items()} == {
        prop["name"]: (prop["type"], prop["array"], prop["key"], prop["read_only"], prop["origin"])
        for prop in row["properties"]
        if prop.get("only_in") != "server2003"
    }
    assert {name: signature(method) for name, method in declared.methods.items()} == {
        method["name"]: (
            method["returns"],
            method["origin"],
            [(one["name"], one["type"], one["direction"]) for one in method["parameters"]],
        )
        for method in row["methods"]
    }


def fact(prop: Property) -> Any:
    flags = prop.flags
    read_only = Flags.READ_ONLY in flags
    return prop.type.cim_name, prop.type.is_array, Flags.KEY in flags, read_only, prop.origin


def signature(method: Method) -> Any:
    parameters = [
        (one.name, one.type.cim_name, "in" if Flags.IN in one.flags else "out")
        for one in method.parameters.values()
    ]
    return method.return_type and method.return_type.cim_name, method.origin, parameters


@recorded
def test_the_class_of_omi_is_read_with_every_type_that_mi_has() -> None:
    declared = class_of("omi-live/194-getclass-cimxml-options-response.xml")
    assert (declared.name, declared.superclass) == ("MSFT_Person", "MSFT_Animal")
    assert declared.keys == ("Key",)
    assert declared.properties["ExpensiveProperty"].flags == Flags.PROPERTY | Flags.EXPENSIVE
    assert declared.properties["Species"].propagated is True
    assert declared.methods["Add"].return_type is CimType.UINT32
    assert declared.methods["Add"].parameters["Z"].flags == Flags.PARAMETER | Flags.OUT
    types = [one.type for one in declared.methods["TestAllTypes"].parameters.values()]
    embedded = (CimType.INSTANCE, CimType.INSTANCE_ARRAY)
    assert sorted(types) == sorted(cim for cim in CimType if cim not in embedded)
    reference = declared.methods["TestAllTypes"].parameters["rfA"]
    assert (reference.type, reference.class_name) == (CimType.REFERENCE_ARRAY, "MSFT_Base")


@recorded
@pytest.mark.parametrize("number", ["191-getclass-cimxml-selector", "198-getclass-ntlm-encrypted"])
def test_the_class_of_omi_without_any_option_is_read_without_qualifiers(number: str) -> None:
    declared = class_of(f"omi-live/{number}-response.xml")
    assert (declared.superclass, declared.derivation) == (None, ())
    assert len(declared.properties) == 45
    assert declared.properties["WorkingSetSize"].type is CimType.UINT64
    assert list(declared.methods) == ["Create", "Terminate", "GetOwner"]
    assert all(not prop.qualifiers for prop in declared.properties.values())


@recorded
@pytest.mark.parametrize(
    "name",
    [
        "gosammwr/get_cim_schema_res.xml",
        "omi-live/191-getclass-cimxml-selector-response.xml",
        "omi-live/194-getclass-cimxml-options-response.xml",
    ],
)
def test_recorded_classes_are_written_as_they_are(name: str) -> None:
    declared = class_of(name)
    (read,) = cimxml.read(cimxml.write(declared))
    assert read == declared


# Documents

CLASS = '<CLASS NAME="A"><PROPERTY NAME="n" TYPE="uint8"><VALUE>7</VALUE></PROPERTY></CLASS>'
INSTANCE = '<INSTANCE CLASSNAME="A"><PROPERTY NAME="n" TYPE="uint8"/></INSTANCE>'
NAME = (
    '<INSTANCENAME CLASSNAME="A"><KEYBINDING NAME="k"><KEYVALUE>v</KEYVALUE></KEYBINDING>'
    "</INSTANCENAME>"
)
LOCAL = '<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="x"/></LOCALNAMESPACEPATH>'
REMOTE = f"<NAMESPACEPATH><HOST> far </HOST>{LOCAL}</NAMESPACEPATH>"
INSTANCE_PATH = f"<INSTANCEPATH>{REMOTE}{NAME}</INSTANCEPATH>"
LOCAL_PATH = f"<LOCALINSTANCEPATH>{LOCAL}{NAME}</LOCALINSTANCEPATH>"
QUALIFIER = '<QUALIFIER.DECLARATION NAME="q" TYPE="boolean"><SCOPE/></QUALIFIER.DECLARATION>'


def group(content: str, kind: str = "DECLGROUP") -> str:
    return f"<CIM><DECLARATION><{kind}>{content}</{kind}></DECLARATION></CIM>"


@pytest.mark.parametrize("text", [CLASS, f"<VALUE.OBJECT>{CLASS}</VALUE.OBJECT>",
                                  group(f"<VALUE.OBJECT>{CLASS}</VALUE.OBJECT>"),
                                  CLASS.replace("<CLASS", '<CLASS xmlns="urn:any"')])  # fmt: skip
@pytest.mark.parametrize("codec", [None, "utf-8", "utf-8-sig", "utf-16"])
def test_a_class_may_be_alone_or_in_a_group_as_text_or_as_bytes(
    text: str, codec: str | None
) -> None:
    (read,) = cimxml.read(text if codec is None else text.encode(codec), namespace=r"root\x")
    assert isinstance(read, Class)
    assert (read.name, read.namespace, read.server_name) == ("A", "root/x", None)
    assert read.properties["N"] == Property("n", CimType.UINT8, default=7)


def test_an_instance_alone_is_typed_by_its_text() -> None:
    (read,) = cimxml.read(INSTANCE, namespace="root/x", server_name="here")
    assert isinstance(read, Instance)
    assert read.element("n").type is CimType.UINT8
    assert (read["n"], read.namespace, read.server_name) == (None, "root/x", "here")


@pytest.mark.parametrize(
    ("content", "kind", "place"),
    [
        (f"<VALUE.OBJECT>{INSTANCE}</VALUE.OBJECT>", "DECLGROUP", ("root/d", "here")),
        (f"{LOCAL}<VALUE.OBJECT>{INSTANCE}</VALUE.OBJECT>", "DECLGROUP", ("root/x", "here")),
        (f"{REMOTE}{QUALIFIER}<VALUE.OBJECT>{INSTANCE}</VALUE.OBJECT>", "DECLGROUP",
         ("root/x", "far")),
        (f"<VALUE.NAMEDOBJECT>{NAME}{INSTANCE}</VALUE.NAMEDOBJECT>", "DECLGROUP.WITHNAME",
         ("root/d", "here")),
        (f"<VALUE.OBJECTWITHPATH>{INSTANCE_PATH}{INSTANCE}</VALUE.OBJECTWITHPATH>",
         "DECLGROUP.WITHPATH", ("root/x", "far")),
        (f"<VALUE.OBJECTWITHLOCALPATH>{LOCAL_PATH}{INSTANCE}</VALUE.OBJECTWITHLOCALPATH>",
         "DECLGROUP.WITHPATH", ("root/x", "here")),
    ],
)  # fmt: skip
def test_a_group_says_where_its_instances_are(content: str, kind: str, place: Any) -> None:
    (read,) = cimxml.read(group(content, kind), namespace="root/d", server_name="here")
    assert (read.namespace, read.server_name) == place


@pytest.mark.parametrize(
    ("path", "kind", "place"),
    [
        (f"<CLASSPATH>{REMOTE}<CLASSNAME/></CLASSPATH>", "VALUE.OBJECTWITHPATH", ("root/x", "far")),
        (f"<LOCALCLASSPATH>{LOCAL}<CLASSNAME/></LOCALCLASSPATH>", "VALUE.OBJECTWITHLOCALPATH",
         ("root/x", None)),
    ],
)  # fmt: skip
def test_a_path_says_where_its_class_is(path: str, kind: str, place: Any) -> None:
    (read,) = cimxml.read(f"<{kind}>{path}{CLASS}</{kind}>")
    assert (read.namespace, read.server_name) == place


@pytest.mark.parametrize("kind", ["VALUE.NAMEDINSTANCE", "VALUE.NAMEDOBJECT"])
def test_the_name_of_an_instance_is_its_key(kind: str) -> None:
    (read,) = cimxml.read(f"<{kind}>{NAME}{INSTANCE}</{kind}>")
    assert isinstance(read, Instance)
    assert read.key == {"k": "v"}


def test_an_instance_has_the_types_the_defaults_and_the_keys_of_a_class_before_it() -> None:
    other = CLASS.replace("uint8", "uint16").replace('"A"', '"B"')
    both = INSTANCE.replace('<PROPERTY NAME="n" TYPE="uint8"/>', "")
    text = "".join(f"<VALUE.OBJECT>{one}</VALUE.OBJECT>" for one in (CLASS, other, both))
    _, _, read = cimxml.read(group(text))
    assert isinstance(read, Instance)
    assert read.element("n")[:3] == ("n", 7, CimType.UINT8)
    assert read.key == {}


def test_an_instance_has_what_find_gives_for_its_class() -> None:
    (declared,) = cimxml.read(CLASS)
    asked = []

    def find(namespace: str | None, class_name: str) -> Class | None:
        asked.append((namespace, class_name))
        return declared if isinstance(declared, Class) else None

    (read,) = cimxml.read('<INSTANCE CLASSNAME="a"/>', namespace="root/x", find=find)
    assert isinstance(read, Instance)
    assert (read.class_name, read["N"], asked) == ("A", 7, [("root/x", "a")])


def test_a_class_has_what_it_inherits_from_a_class_before_it() -> None:
    sub = '<CLASS NAME="B" SUPERCLASS="a"><PROPERTY NAME="own" TYPE="string"/></CLASS>'
    objects = "".join(f"<VALUE.OBJECT>{one}</VALUE.OBJECT>" for one in (CLASS, sub))
    _, read = cimxml.read(group(objects))
    assert isinstance(read, Class)
    assert (read.superclass, read.derivation) == ("A", ("A",))
    assert list(read.properties) == ["n", "own"]
    assert (read.properties["n"].propagated, read.properties["n"].origin) == (True, "A")


def test_groups_are_written_by_place() -> None:
    here = Instance("A", namespace="root/x", server_name="s")
    text = cimxml.write([Instance("A"), here, here, Class("B", "root/y")])
    assert text.count("<DECLGROUP>") == 3
    assert [(one.namespace, one.server_name) for one in cimxml.read(text)] == [
        (None, None), ("root/x", "s"), ("root/x", "s"), ("root/y", None),
    ]  # fmt: skip


def test_nothing_is_written_as_a_document_of_nothing() -> None:
    assert cimxml.read(cimxml.write([])) == []


# Refusals

PROPERTY = '<INSTANCE CLASSNAME="A">\n  <PROPERTY NAME="n" TYPE="uint8"><VALUE>{}</VALUE></PROPERTY></INSTANCE>'  # noqa: E501


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<a>", r"the XML document is not well formed in line 1, column 4: Premature end"),
        ("<!DOCTYPE a><a/>", r"has a DOCTYPE in line 1"),
        ("<a/>", r"line 1, column 1: a: it is neither a class, nor an instance"),
        (group(CLASS), r"line 1, column 19: DECLGROUP: CLASS has no place in it"),
        ("<CIM>x<DECLARATION/></CIM>", r"CIM: it may hold no text of its own"),
        ("<CIM><DECLARATION/>x</CIM>", r"CIM: it may hold no text of its own"),
        (PROPERTY.format(256), r"line 2, column 35: VALUE: 256 is outside uint8"),
        (PROPERTY.format("x" * 5000), r"line 2, column 35: VALUE: 'x+\.\.\.x+' is not the text"),
        (f"<VALUE.OBJECTWITHPATH><CLASSPATH>{LOCAL}</CLASSPATH></VALUE.OBJECTWITHPATH>",
         r"CLASSPATH: LOCALNAMESPACEPATH has no place in it"),
    ],
)  # fmt: skip
def test_what_is_not_cim_xml_is_refused_with_its_place(text: str, message: str) -> None:
    for form in (text, text.encode(), text.encode("utf-16")):
        with pytest.raises(InvalidParameter, match=message) as raised:
            cimxml.read(form)
        assert len(str(raised.value)) < 400


def test_the_place_is_that_of_the_element_whatever_stands_before_it() -> None:
    text = "<!-- <CLASS/> -->\n<CIM><DECLARATION>\né<![CDATA[<x>]]></DECLARATION></CIM>"
    with pytest.raises(InvalidParameter, match="line 2, column 6: DECLARATION: it may hold no"):
        cimxml.read(text)


def test_forbidden_characters_are_repaired_on_request_and_told() -> None:
    text = INSTANCE.replace("uint8", "string").replace("/>", "><VALUE>&#1;</VALUE></PROPERTY>", 1)
    with pytest.raises(InvalidParameter, match="not well formed"):
        cimxml.read(text)
    (read,) = cimxml.read(text, repair=True)
    assert isinstance(read, Instance)
    assert (read["n"], read.is_repaired) == ("\ufffd", True)


def test_a_class_of_a_reply_that_is_none_is_a_protocol_error_that_holds_no_xml() -> None:
    root = document.parse("<INSTANCE/>", limit=99).root
    with pytest.raises(ProtocolError, match="not CIM-XML: INSTANCE: it is not a CLASS"):
        cimxml.read_class(root)


def test_the_default_in_a_class_of_a_reply_may_be_an_instance_of_an_unknown_class() -> None:
    inner = "&lt;INSTANCE CLASSNAME='B'/&gt;"
    text = CLASS.replace('"uint8"', '"string" EmbeddedObject="object"').replace(">7<", f">{inner}<")
    declared = cimxml.read_class(document.parse(text, limit=999).root)
    assert declared.properties["n"].default == Instance("B")


def test_what_cim_xml_cannot_say_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"U\+0001 at position 1"):
        cimxml.write(Instance("A", {"n": "x\x01"}))
    declared = Class("A", methods=NameMap([("M", Method("M", CimType.UINT8_ARRAY))]))
    with pytest.raises(NotSupported, match="cannot say that M returns an array"):
        cimxml.write(declared)


# Properties

PIECES = st.sampled_from([
    "<CIM>", "</CIM>", "<DECLARATION>", "</DECLARATION>", "<DECLGROUP>", "</DECLGROUP>",
    "<VALUE.OBJECT>", "</VALUE.OBJECT>", '<CLASS NAME="A">', "</CLASS>", '<INSTANCE CLASSNAME="A">',
    "</INSTANCE>", '<PROPERTY NAME="n" TYPE="uint8">', "</PROPERTY>", "<VALUE>", "</VALUE>",
    '<PROPERTY.ARRAY NAME="a" TYPE="string">', "</PROPERTY.ARRAY>", "<VALUE.ARRAY>",
    "</VALUE.ARRAY>", "<VALUE.NULL/>", '<PROPERTY.REFERENCE NAME="r">', "</PROPERTY.REFERENCE>",
    "<VALUE.REFERENCE>", "</VALUE.REFERENCE>", NAME, LOCAL, REMOTE, CLASS, INSTANCE, QUALIFIER,
    "7", "&lt;INSTANCE/&gt;", '<PROPERTY NAME="e" TYPE="string" EmbeddedObject="object">', "\x00",
    '<METHOD NAME="m">', "</METHOD>", '<PARAMETER NAME="p" TYPE="x"/>', "<x/>",
])  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join) | st.text() | st.binary())
def test_no_text_raises_anything_but_an_mi_error(text: str | bytes) -> None:
    try:
        read = cimxml.read(text, repair=True)
    except MIError as error:
        assert isinstance(error, InvalidParameter)  # noqa: PT017 - most texts are no document
    else:
        assert all(isinstance(one, (Class, Instance)) for one in read)


@given(st.data())
def test_no_change_of_a_document_raises_anything_but_an_mi_error(data: Any) -> None:
    text = cimxml.write([Class("A"), Instance("A"), Instance("B", {"s": "x", "e": Instance("C")})])
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    try:
        cimxml.read(text[:start] + data.draw(PIECES | st.just("")) + text[end:])
    except MIError as error:
        assert isinstance(error, InvalidParameter)  # noqa: PT017 - nor are most of these
