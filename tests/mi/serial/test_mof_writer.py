r"""MOF texts: golden ones, and what MOF cannot say."""

from pathlib import Path

import pytest

from mi.errors import InvalidParameter, NotSupported
from mi.instance import Instance
from mi.results import CimType, Flags
from mi.schema import Class, Property, Qualifier
from mi.serial import cimxml, document, mof
from tests.mi.serial.cim_objects import holder_of_itself, named

TRANSCRIPTS = Path(__file__).parents[4] / "shared" / "transcripts"


def test_an_instance_is_written_after_what_is_embedded_in_it() -> None:
    instance = Instance("A", {"e": Instance("B", {"x": 1}), "n": None, "a": [Instance("C"), None]})
    assert mof.write(instance) == (
        "instance of B as $Alias00000001\n{\n    x = 1;\n};\n\n"
        "instance of C as $Alias00000002\n{\n};\n\n"
        "instance of A\n{\n    e = $Alias00000001;\n    n = NULL;\n"
        "    a = {$Alias00000002, NULL};\n};\n\n"
    )


def test_a_reference_is_written_as_an_instance_of_its_keys() -> None:
    target = Instance("B", {"other": 1})
    target.add("k", "v", flags=Flags.KEY)
    instance = Instance("A")
    instance.add("r", target, CimType.REFERENCE)
    assert mof.write(instance) == (
        'instance of B as $Alias00000001\n{\n    k = "v";\n};\n\n'
        "instance of A\n{\n    r = $Alias00000001;\n};\n\n"
    )


def test_namespaces_are_said_where_they_change() -> None:
    near, far = (
        Instance("A", namespace="root/x"),
        Instance("A", namespace="root/y", server_name="s"),
    )
    assert mof.write([Instance("A"), near, near, far]) == (
        "instance of A\n{\n};\n\n"
        '#pragma namespace("\\\\\\\\.\\\\root\\\\x")\n\n'
        "instance of A\n{\n};\n\ninstance of A\n{\n};\n\n"
        '#pragma namespace("\\\\\\\\s\\\\root\\\\y")\n\n'
        "instance of A\n{\n};\n\n"
    )


def test_what_has_no_namespace_is_not_written_after_what_has_one() -> None:
    with pytest.raises(InvalidParameter, match="no namespace comes after what has one"):
        mof.write([Instance("A", namespace="root/x"), Instance("A")])


def test_a_reference_to_another_namespace_is_written_after_all_the_rest() -> None:
    instance = Instance("A")
    for name, place in (("r", "root/y"), ("s", None)):
        instance.add(name, Instance("B", {"k": 1}, namespace=place), CimType.REFERENCE)
    text = mof.write([instance, Instance("C")])
    assert text.index("$Alias00000002\n{") < text.index("instance of A") < text.index("of C")
    assert text.endswith(
        '#pragma namespace("\\\\\\\\.\\\\root\\\\y")\n\n'
        "instance of B as $Alias00000001\n{\n    k = 1;\n};\n\n"
    )
    read = mof.read(text)
    assert read == [instance, Instance("C")]


def test_a_qualifier_is_declared_if_its_value_does_not_tell_its_type() -> None:
    plain = named(Qualifier("a", CimType.SINT32, 5), Qualifier("b", CimType.UINT32, 5))
    declared = Class("A", qualifiers=plain)
    assert mof.write(declared) == (
        "Qualifier b : uint32, Scope(any);\n\n[a(5), b(5)]\nclass A\n{\n};\n\n"
    )
    other = Class("B", qualifiers=named(Qualifier("B", CimType.UINT8_ARRAY, [5]),
                                        Qualifier("c", CimType.UINT8_ARRAY)))  # fmt: skip
    assert mof.write([declared, declared, other]) == (
        "Qualifier b : uint32, Scope(any);\n\n[a(5), b(5)]\nclass A\n{\n};\n\n"
        "[a(5), b(5)]\nclass A\n{\n};\n\n"
        "Qualifier B : uint8, Scope(any);\n\nQualifier c : uint8[], Scope(any);\n\n"
        "[B{5}, c(NULL)]\nclass B\n{\n};\n\n"
    )


def test_a_qualifier_of_two_types_in_a_class_is_refused() -> None:
    prop = Property("p", CimType.UINT8, qualifiers=named(Qualifier("Q", CimType.UINT8, 5)))
    declared = Class(
        "A", properties=named(prop), qualifiers=named(Qualifier("q", CimType.SINT32, 5))
    )
    with pytest.raises(NotSupported, match="cannot say that Q has two types in A"):
        mof.write(declared)


@pytest.mark.parametrize("cim_type", [CimType.INSTANCE, CimType.REFERENCE])
def test_what_holds_itself_is_refused(cim_type: CimType) -> None:
    with pytest.raises(InvalidParameter, match="more than 64 others in one another, or itself"):
        mof.write(holder_of_itself(cim_type))


def test_a_reference_that_names_no_object_is_refused() -> None:
    target = Instance("B")
    target.add("k", None, CimType.STRING, Flags.KEY)
    instance = Instance("A")
    instance.add("r", target, CimType.REFERENCE)
    with pytest.raises(InvalidParameter, match="for lack of its key k"):
        mof.write(instance)


@pytest.mark.skipif(not TRANSCRIPTS.is_dir(), reason="the transcripts are not here")
def test_the_recorded_class_of_windows_comes_back_where_its_superclass_is_known() -> None:
    data = (TRANSCRIPTS / "gosammwr" / "get_cim_schema_res.xml").read_bytes()
    (element,) = document.parse(data, limit=10**7).root.iter("CLASS")
    declared = cimxml.read_class(element, "root/cimv2")
    superclass = Class(
        "CIM_OperatingSystem",
        "root/cimv2",
        superclass="CIM_LogicalElement",
        derivation=("CIM_LogicalElement", "CIM_ManagedSystemElement"),
        properties=named(*(one for one in declared.properties.values() if one.propagated)),
        methods=named(*(one for one in declared.methods.values() if one.origin[:3] == "CIM")),
    )
    (read,) = mof.read(mof.write(declared), find=lambda namespace, name: superclass)
    assert isinstance(read, Class)
    assert read.properties == declared.properties
    assert read.qualifiers == declared.qualifiers
    assert read.derivation == declared.derivation
    assert {name: method.parameters for name, method in read.methods.items()} == {
        name: method.parameters for name, method in declared.methods.items()
    }
