"""Class declarations: frozen, picklable, and what MI's flags say of them."""

import dataclasses
import pickle

import pytest

from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Layout, Method, Parameter, Property, Qualifier


def _true(*names: str) -> NameMap[Qualifier]:
    return NameMap((name, Qualifier(name, CimType.BOOLEAN, value=True)) for name in names)


_CLASS = Class(
    "Win32_Service",
    namespace="root/cimv2",
    superclass="Win32_BaseService",
    derivation=("Win32_BaseService", "CIM_Service"),
    properties=NameMap(
        [
            ("Name", Property("Name", CimType.STRING, qualifiers=_true("KEY", "read"))),
            ("State", Property("State", CimType.STRING, qualifiers=_true("read"))),
            ("Tags", Property("Tags", CimType.UINT32_ARRAY, qualifiers=_true("read", "Write"))),
        ]
    ),
    methods=NameMap([("Create", Method("Create", CimType.UINT32, qualifiers=_true("Static")))]),
    qualifiers=_true("dynamic"),
)


@pytest.mark.parametrize(
    ("qualifiers", "flags"),
    [
        ((), Flags.NONE),
        (("key",), Flags.KEY),
        (("Key", "Read"), Flags.KEY | Flags.READ_ONLY),
        (("read", "write"), Flags.NONE),
        (("required",), Flags.REQUIRED),
        (("Expensive",), Flags.EXPENSIVE),
        (("CIM_Key",), Flags.NONE),  # the standard's key, and none of Windows'
    ],
)
def test_the_flags_of_a_property_follow_its_qualifiers(
    qualifiers: tuple[str, ...], flags: Flags
) -> None:
    declared = Property("Name", CimType.STRING, qualifiers=_true(*qualifiers))
    assert declared.flags == Flags.PROPERTY | flags


@pytest.mark.parametrize("value", [False, None, "true"])
def test_a_qualifier_that_is_not_true_says_nothing(value: object) -> None:
    key = NameMap([("key", Qualifier("key", CimType.BOOLEAN, value))])
    assert Property("Name", CimType.STRING, qualifiers=key).flags == Flags.PROPERTY


@pytest.mark.parametrize(
    ("qualifiers", "flags"),
    [
        ((), Flags.IN),
        (("in",), Flags.IN),
        (("OUT",), Flags.OUT),
        (("in", "out"), Flags.IN | Flags.OUT),
        (("out", "stream"), Flags.OUT | Flags.STREAM),
        (("required",), Flags.IN | Flags.REQUIRED),
    ],
)
def test_a_parameter_goes_in_unless_it_says_otherwise(
    qualifiers: tuple[str, ...], flags: Flags
) -> None:
    declared = Parameter("StartMode", CimType.STRING, qualifiers=_true(*qualifiers))
    assert declared.flags == Flags.PARAMETER | flags


@pytest.mark.parametrize(
    ("qualifier", "flag"),
    [
        ("Association", Flags.ASSOCIATION),
        ("Indication", Flags.INDICATION),
        ("Abstract", Flags.ABSTRACT),
        ("Terminal", Flags.TERMINAL),
        ("dynamic", Flags.NONE),
    ],
)
def test_the_flags_of_a_class_follow_its_qualifiers(qualifier: str, flag: Flags) -> None:
    assert Class("X", qualifiers=_true(qualifier)).flags == Flags.CLASS | flag


def test_a_static_method_says_so() -> None:
    assert _CLASS.methods["create"].is_static
    assert not Method("StartService").is_static


def test_the_keys_are_the_properties_with_a_key_qualifier_in_order() -> None:
    assert _CLASS.keys == ("Name",)
    assert Class("Singleton").keys == ()


def test_the_layout_tells_what_each_property_is() -> None:
    layout = _CLASS.layout
    assert layout.class_name == "Win32_Service"
    assert layout.types == {
        "Name": CimType.STRING,
        "State": CimType.STRING,
        "Tags": CimType.UINT32_ARRAY,
    }
    assert layout.flags["Name"] == Flags.PROPERTY | Flags.KEY | Flags.READ_ONLY
    assert layout.folded == {"name": "Name", "state": "State", "tags": "Tags"}
    assert layout.keys == ("Name",)


def test_all_instances_of_a_class_share_one_layout() -> None:
    assert _CLASS.layout is _CLASS.layout


def test_a_layout_pickles_to_the_same_layout() -> None:
    again = pickle.loads(pickle.dumps(_CLASS.layout))
    assert isinstance(again, Layout)
    assert again == _CLASS.layout


def test_a_class_pickles_whole() -> None:
    again = pickle.loads(pickle.dumps(_CLASS))
    assert again == _CLASS
    assert again.properties["NAME"].qualifiers["Key"].value is True
    assert again.methods["Create"].return_type is CimType.UINT32


def test_a_class_is_one_of_its_ancestors_without_case() -> None:
    assert _CLASS.is_a("win32_service")
    assert _CLASS.is_a("CIM_SERVICE")
    assert not _CLASS.is_a("Win32_Process")


@pytest.mark.parametrize("attribute", ["name", "namespace", "properties"])
def test_a_class_does_not_change(attribute: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(_CLASS, attribute, None)


def test_the_repr_of_a_class_is_its_name_and_not_its_whole_declaration() -> None:
    assert repr(Class("Win32_Service", "root/cimv2")) == "<Class root/cimv2:Win32_Service>"
    assert repr(Class("Win32_Service")) == "<Class Win32_Service>"
