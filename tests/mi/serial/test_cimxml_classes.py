"""CLASS, and what may stand in it."""

import pytest

from mi.errors import ProtocolError
from mi.results import CimType, Flags
from mi.schema import Class
from mi.serial import cimxml, document


def read(content: str, attributes: str = 'NAME="A"') -> Class:
    root = document.parse(f"<CLASS {attributes}>{content}</CLASS>", limit=10_000).root
    return cimxml.read_class(root, "root/x", "server01")


# Names


def test_a_class_says_its_ancestors_as_far_as_it_knows_them() -> None:
    assert read("").superclass is None
    assert read("", 'NAME="A" SUPERCLASS="B"').derivation == ()
    declared = read("", 'NAME="A" SUPERCLASS="B" DERIVATION="b, C,D"')
    assert (declared.superclass, declared.derivation) == ("B", ("b", "C", "D"))


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("", "CLASS: it lacks its attribute NAME"),
        ('NAME="a b"', "CLASS a b: 'a b' is not a legal"),
        ('NAME="A" SUPERCLASS=""', "CLASS A: '' is not a legal"),
        ('NAME="A" DERIVATION="B"', "its DERIVATION does not begin with its SUPERCLASS"),
        ('NAME="A" SUPERCLASS="B" DERIVATION="C,B"', "DERIVATION does not begin with its SUPER"),
    ],
)
def test_a_class_without_sense_in_its_names_is_refused(attributes: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        read("", attributes)


# Qualifiers

QUALIFIER = '<QUALIFIER NAME="q" TYPE="{}" {}>{}</QUALIFIER>'


@pytest.mark.parametrize(
    ("cim_type", "content", "found"),
    [
        ("boolean", "<VALUE>TRUE</VALUE>", (CimType.BOOLEAN, True)),
        ("boolean", "<VALUE>true</VALUE>", (CimType.BOOLEAN, True)),
        ("sint32", "<VALUE>1033</VALUE>", (CimType.SINT32, 1033)),
        ("string", "", (CimType.STRING, None)),
        ("string", "<VALUE.ARRAY><VALUE>a</VALUE><VALUE/></VALUE.ARRAY>",
         (CimType.STRING_ARRAY, ["a", ""])),
    ],
)  # fmt: skip
def test_a_qualifier_has_the_type_and_the_value_it_says(
    cim_type: str, content: str, found: tuple[CimType, object]
) -> None:
    qualifier = read(QUALIFIER.format(cim_type, "", content)).qualifiers["Q"]
    assert (qualifier.name, qualifier.type, qualifier.value) == ("q", *found)
    assert qualifier.propagated is False


@pytest.mark.parametrize(
    ("attributes", "flags"),
    [
        ("", Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS),
        ('TOINSTANCE="true"', Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS),
        ('OVERRIDABLE="false" TRANSLATABLE="true"',
         Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS | Flags.TRANSLATABLE),
        ('TOSUBCLASS="FALSE"', Flags.ENABLE_OVERRIDE | Flags.RESTRICTED),
    ],
)  # fmt: skip
def test_the_flavors_of_a_qualifier_are_flags(attributes: str, flags: Flags) -> None:
    assert read(QUALIFIER.format("string", attributes, "")).qualifiers["q"].flags == flags


# Features


def test_a_property_says_all_there_is_to_it() -> None:
    declared = read(
        '<PROPERTY.ARRAY NAME="p" TYPE="uint16" ARRAYSIZE="3" CLASSORIGIN="Top" PROPAGATED="true">'
        '<QUALIFIER NAME="key" TYPE="boolean" PROPAGATED="true"><VALUE>TRUE</VALUE></QUALIFIER>'
        "<VALUE.ARRAY><VALUE>1</VALUE><VALUE>2</VALUE></VALUE.ARRAY></PROPERTY.ARRAY>"
    ).properties["P"]
    assert (declared.name, declared.type, declared.default) == ("p", CimType.UINT16_ARRAY, [1, 2])
    assert (declared.origin, declared.propagated, declared.array_size) == ("Top", True, 3)
    assert declared.flags == Flags.PROPERTY | Flags.KEY
    assert declared.qualifiers["key"].propagated is True


@pytest.mark.parametrize("kind", ["PROPERTY", "PARAMETER"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<{0} NAME="x" TYPE="string"/>', (CimType.STRING, None)),
        ('<{0}.ARRAY NAME="x" TYPE="sint8"/>', (CimType.SINT8_ARRAY, None)),
        ('<{0}.REFERENCE NAME="x" REFERENCECLASS="C"/>', (CimType.REFERENCE, "C")),
        ('<{0}.REFERENCE NAME="x"/>', (CimType.REFERENCE, None)),
        ('<{0} NAME="x" TYPE="reference" REFERENCECLASS="C"/>', (CimType.REFERENCE, "C")),
        ('<{0}.REFARRAY NAME="x" REFERENCECLASS="C"/>', (CimType.REFERENCE_ARRAY, "C")),
        ('<{0} NAME="x" TYPE="string" EmbeddedObject="instance" EmbeddedClassName="C"/>',
         (CimType.INSTANCE, "C")),
        (('<{0}.ARRAY NAME="x" TYPE="string"><QUALIFIER NAME="EmbeddedInstance" TYPE="string">'
         "<VALUE>C</VALUE></QUALIFIER></{0}.ARRAY>"), (CimType.INSTANCE_ARRAY, "C")),
        (('<{0} NAME="x" TYPE="string"><QUALIFIER NAME="CIMTYPE" TYPE="string">'
         "<VALUE>object:C</VALUE></QUALIFIER></{0}>"), (CimType.INSTANCE, "C")),
    ],
)  # fmt: skip
def test_properties_and_parameters_are_of_every_type(
    kind: str, text: str, found: tuple[CimType, str | None]
) -> None:
    written = text.format(kind)
    if kind == "PROPERTY":
        feature = read(written).properties["x"]
        assert (feature.type, feature.class_name) == found
    else:
        method = read(f'<METHOD NAME="m">{written}</METHOD>').methods["m"]
        assert (method.parameters["x"].type, method.parameters["x"].class_name) == found


def test_a_method_without_a_type_returns_nothing() -> None:
    assert read('<METHOD NAME="m"/>').methods["m"].return_type is None


def test_a_method_says_all_there_is_to_it() -> None:
    method = read(
        '<METHOD NAME="m" TYPE="string" CLASSORIGIN="Top" PROPAGATED="true">'
        '<QUALIFIER NAME="EmbeddedObject" TYPE="boolean"><VALUE>true</VALUE></QUALIFIER>'
        '<QUALIFIER NAME="static" TYPE="boolean"><VALUE>true</VALUE></QUALIFIER>'
        '<PARAMETER.ARRAY NAME="p" TYPE="uint8" ARRAYSIZE="4"><QUALIFIER NAME="OUT" TYPE="boolean">'
        "<VALUE>TRUE</VALUE></QUALIFIER></PARAMETER.ARRAY></METHOD>"
    ).methods["m"]
    assert (method.return_type, method.origin, method.propagated) == (CimType.INSTANCE, "Top", True)
    assert method.is_static is True
    parameter = method.parameters["p"]
    assert (parameter.array_size, parameter.flags) == (4, Flags.PARAMETER | Flags.OUT)


# Refusals


def test_another_element_is_no_class() -> None:
    with pytest.raises(ProtocolError, match="INSTANCE: it is not a CLASS"):
        cimxml.read_class(document.parse("<INSTANCE/>", limit=99).root)


PROPERTY = '<PROPERTY NAME="p" TYPE="string"/>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<INSTANCE/>", "CLASS A: INSTANCE has no place in it"),
        (PROPERTY + PROPERTY.upper(), "CLASS A: it has two of the name P"),
        ('<PROPERTY NAME="p" TYPE="uint"/>', "PROPERTY p: 'uint' is not a type"),
        ('<PROPERTY.ARRAY NAME="p" TYPE="uint8"><VALUE>1</VALUE></PROPERTY.ARRAY>',
         "PROPERTY.ARRAY p: VALUE has no place in it"),
        ('<PROPERTY.ARRAY NAME="p" TYPE="uint8" ARRAYSIZE="-1"/>', "ARRAYSIZE is not a size"),
        ('<PROPERTY.ARRAY NAME="p" TYPE="uint8" ARRAYSIZE="²"/>', "ARRAYSIZE is not a size"),
        ('<PROPERTY.ARRAY NAME="p" TYPE="uint8" ARRAYSIZE="9999999999"/>', "is not a size"),
        ('<METHOD NAME="m" TYPE="void"/>', "METHOD m: 'void' is not a type"),
        ('<METHOD NAME="m"><VALUE/></METHOD>', "METHOD m: VALUE has no place in it"),
        ('<METHOD NAME="m"><PARAMETER NAME="p" TYPE="string"><VALUE/></PARAMETER></METHOD>',
         "PARAMETER p: VALUE has no place in it"),
        (('<METHOD NAME="m"><PARAMETER NAME="p" TYPE="string"/>'
         '<PARAMETER.REFERENCE NAME="P"/></METHOD>'), "METHOD m: it has two of the name P"),
        (QUALIFIER.format("sint32", "", "<VALUE>x</VALUE>"), "VALUE: 'x' is not the text of"),
        (QUALIFIER.format("sint32", "", "<QUALIFIER/>"), "QUALIFIER q: QUALIFIER has no place"),
        (QUALIFIER.format("string", 'TOSUBCLASS="no"', ""), "TOSUBCLASS is neither true nor false"),
        (QUALIFIER.format("string", "", "") * 2, "CLASS A: it has two of the name q"),
    ],
)  # fmt: skip
def test_what_is_no_class_is_refused(content: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        read(content)
