"""Classes and instances as the elements of CIM-XML: golden texts."""

from typing import Any

import pytest

from mi.errors import InvalidParameter, NotSupported
from mi.instance import Instance
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.serial.cimxml import write_class, write_instance
from tests.mi.serial.cim_objects import holder_of_itself, named


def written(value: Any, cim_type: CimType | None = None) -> str:
    instance = Instance("A")
    instance.add("p", value, cim_type)
    return (
        write_instance(instance)
        .removeprefix('<INSTANCE CLASSNAME="A">')
        .removesuffix("</INSTANCE>")
    )


# Instances


@pytest.mark.parametrize(
    ("value", "cim_type", "text"),
    [
        (True, None, '<PROPERTY NAME="p" TYPE="boolean"><VALUE>true</VALUE></PROPERTY>'),
        (5, CimType.UINT8, '<PROPERTY NAME="p" TYPE="uint8"><VALUE>5</VALUE></PROPERTY>'),
        (0.1, CimType.REAL32,
         '<PROPERTY NAME="p" TYPE="real32"><VALUE>1.00000001e-01</VALUE></PROPERTY>'),
        (0.1, None,
         '<PROPERTY NAME="p" TYPE="real64"><VALUE>1.0000000000000001e-01</VALUE></PROPERTY>'),
        (float("inf"), None, '<PROPERTY NAME="p" TYPE="real64"><VALUE>INF</VALUE></PROPERTY>'),
        ("<", CimType.CHAR16, '<PROPERTY NAME="p" TYPE="char16"><VALUE>&lt;</VALUE></PROPERTY>'),
        ("\x01", CimType.CHAR16, '<PROPERTY NAME="p" TYPE="char16"><VALUE>01</VALUE></PROPERTY>'),
        ("", None, '<PROPERTY NAME="p" TYPE="string"><VALUE/></PROPERTY>'),
        (None, None, '<PROPERTY NAME="p" TYPE="string"/>'),
        (None, CimType.UINT8_ARRAY, '<PROPERTY.ARRAY NAME="p" TYPE="uint8"/>'),
        ([], None, '<PROPERTY.ARRAY NAME="p" TYPE="string"><VALUE.ARRAY/></PROPERTY.ARRAY>'),
        ([1, None], None, ('<PROPERTY.ARRAY NAME="p" TYPE="sint32"><VALUE.ARRAY><VALUE>1</VALUE>'
                          "<VALUE.NULL/></VALUE.ARRAY></PROPERTY.ARRAY>")),
        (Instance("B"), None, ('<PROPERTY NAME="p" TYPE="string" EmbeddedObject="object"><VALUE>'
                              "&lt;INSTANCE CLASSNAME=&quot;B&quot;/&gt;</VALUE></PROPERTY>")),
    ],
)  # fmt: skip
def test_values_are_written_by_their_types(value: Any, cim_type: CimType | None, text: str) -> None:
    assert written(value, cim_type) == text


def test_what_is_modified_says_so() -> None:
    instance = Instance("A", {"p": 1})
    instance["p"] = None
    assert 'MODIFIED="TRUE"' in write_instance(instance)


KEYED = Instance("B", {"k": 1, "b": True, "s": "x"})


@pytest.mark.parametrize(
    ("namespace", "server_name", "text"),
    [
        (None, None, "{0}"),
        ("root/x", None, "<LOCALINSTANCEPATH>{1}{0}</LOCALINSTANCEPATH>"),
        ("root/x", "s",
         "<INSTANCEPATH><NAMESPACEPATH><HOST>s</HOST>{1}</NAMESPACEPATH>{0}</INSTANCEPATH>"),
    ],
)  # fmt: skip
def test_a_reference_is_written_as_far_as_it_says_where(
    namespace: str | None, server_name: str | None, text: str
) -> None:
    name = (
        '<INSTANCENAME CLASSNAME="B"><KEYBINDING NAME="k"><KEYVALUE VALUETYPE="numeric" '
        'TYPE="sint32">1</KEYVALUE></KEYBINDING><KEYBINDING NAME="b"><KEYVALUE '
        'VALUETYPE="boolean" TYPE="boolean">true</KEYVALUE></KEYBINDING><KEYBINDING NAME="s">'
        '<KEYVALUE VALUETYPE="string" TYPE="string">x</KEYVALUE></KEYBINDING></INSTANCENAME>'
    )
    local = '<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="x"/></LOCALNAMESPACEPATH>'
    target = KEYED.copy()
    target.namespace, target.server_name = namespace, server_name
    assert written(target, CimType.REFERENCE) == (
        '<PROPERTY.REFERENCE NAME="p"><VALUE.REFERENCE>'
        f"{text.format(name, local)}</VALUE.REFERENCE></PROPERTY.REFERENCE>"
    )


def test_a_key_may_be_a_reference() -> None:
    target = Instance("B")
    target.add("k", Instance("C", {"n": 1}), flags=Flags.KEY)
    assert (
        '<KEYBINDING NAME="k"><VALUE.REFERENCE><INSTANCENAME CLASSNAME="C"><KEYBINDING NAME="n">'
    ) in written(target, CimType.REFERENCE)


def test_a_reference_that_names_no_object_is_refused() -> None:
    target = Instance("B")
    target.add("k", None, CimType.STRING, Flags.KEY)
    with pytest.raises(InvalidParameter, match="for lack of its key k"):
        written(target, CimType.REFERENCE)


@pytest.mark.parametrize("cim_type", [CimType.INSTANCE, CimType.REFERENCE])
def test_what_holds_itself_is_refused(cim_type: CimType) -> None:
    with pytest.raises(InvalidParameter, match="more than 64 others in one another, or itself"):
        write_instance(holder_of_itself(cim_type))


# Classes


def test_a_class_is_written_with_all_that_is_in_it() -> None:
    flags = Flags.DISABLE_OVERRIDE | Flags.RESTRICTED | Flags.TRANSLATABLE
    key = Qualifier("key", CimType.BOOLEAN, value=True, flags=flags)
    values = Qualifier("Values", CimType.STRING_ARRAY, ["a"], propagated=True)
    declared = Class(
        "A", "root/x", "server", "B", ("B", "C"),
        named(
            Property("p", CimType.STRING, default="d", origin="B", propagated=True,
                     qualifiers=named(key)),
            Property("a", CimType.UINT8_ARRAY, array_size=2),
            Property("r", CimType.REFERENCE, "D"),
            Property("e", CimType.INSTANCE, "E"),
        ),
        named(
            Method("m", CimType.UINT32, named(Parameter("x", CimType.REFERENCE_ARRAY, "D")),
                   "A", qualifiers=named(values)),
            Method("v", propagated=True),
            Method("r", CimType.REFERENCE),
            Method("i", CimType.INSTANCE),
        ),
        named(Qualifier("Null", CimType.STRING)),
    )  # fmt: skip
    assert write_class(declared) == (
        '<CLASS NAME="A" SUPERCLASS="B" DERIVATION="B,C"><QUALIFIER NAME="Null" TYPE="string"/>'
        '<PROPERTY NAME="p" TYPE="string" CLASSORIGIN="B" PROPAGATED="true"><QUALIFIER NAME="key" '
        'TYPE="boolean" OVERRIDABLE="false" TOSUBCLASS="false" TRANSLATABLE="true">'
        "<VALUE>true</VALUE></QUALIFIER><VALUE>d</VALUE></PROPERTY>"
        '<PROPERTY.ARRAY NAME="a" TYPE="uint8" ARRAYSIZE="2"/>'
        '<PROPERTY.REFERENCE NAME="r" REFERENCECLASS="D"/>'
        '<PROPERTY NAME="e" TYPE="string"><QUALIFIER NAME="EmbeddedInstance" TYPE="string">'
        "<VALUE>E</VALUE></QUALIFIER></PROPERTY>"
        '<METHOD NAME="m" TYPE="uint32" CLASSORIGIN="A"><QUALIFIER NAME="Values" TYPE="string" '
        'PROPAGATED="true"><VALUE.ARRAY><VALUE>a</VALUE></VALUE.ARRAY></QUALIFIER>'
        '<PARAMETER.REFARRAY NAME="x" REFERENCECLASS="D"/></METHOD>'
        '<METHOD NAME="v" PROPAGATED="true"/><METHOD NAME="r" TYPE="reference"/>'
        '<METHOD NAME="i" TYPE="string"><QUALIFIER NAME="EmbeddedObject" TYPE="boolean">'
        "<VALUE>true</VALUE></QUALIFIER></METHOD></CLASS>"
    )


def test_an_array_that_a_method_returns_is_refused() -> None:
    declared = Class("A", methods=named(Method("m", CimType.UINT8_ARRAY)))
    with pytest.raises(NotSupported, match="cannot say that m returns an array"):
        write_class(declared)
