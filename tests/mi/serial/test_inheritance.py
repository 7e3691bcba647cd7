"""What a class has from its superclass."""

from mi.results import CimType, Flags
from mi.schema import Class, Method, Property, Qualifier
from mi.serial.inheritance import completed
from tests.mi.serial.cim_objects import named


def qualifier(name: str, value: object = True, flags: Flags = Flags.TO_SUBCLASS) -> Qualifier:
    return Qualifier(name, CimType.STRING, value, flags)


TOP = Class(
    "Top",
    superclass="Root",
    derivation=("Root",),
    properties=named(
        Property("Id", CimType.STRING, qualifiers=named(qualifier("key"))),
        Property("Text", CimType.STRING, origin="Root", qualifiers=named(
            qualifier("read"), qualifier("MaxLen", "64"), qualifier("Here", flags=Flags.RESTRICTED)
        )),
    ),
    methods=named(Method("Go", CimType.UINT32)),
    qualifiers=named(qualifier("Association"), qualifier("Abstract", flags=Flags.RESTRICTED)),
)  # fmt: skip
BOTTOM = Class(
    "Bottom",
    superclass="TOP",
    properties=named(
        Property("Own", CimType.UINT8, origin="Bottom"),
        Property("text", CimType.STRING, qualifiers=named(qualifier("MaxLen", "8"))),
    ),
    qualifiers=named(qualifier("provider", "x")),
)
READ = completed(BOTTOM, TOP)


def test_the_superclass_is_spelled_as_it_is_and_the_ancestors_are_known() -> None:
    assert (READ.superclass, READ.derivation) == ("Top", ("Top", "Root"))
    assert READ.is_a("root")


def test_inherited_features_come_first_and_keep_where_they_are_from() -> None:
    assert list(READ.properties) == ["Id", "text", "Own"]
    inherited = READ.properties["Id"]
    assert (inherited.propagated, inherited.origin) == (True, "Top")
    assert (READ.methods["Go"].propagated, READ.methods["Go"].origin) == (True, "Top")
    assert READ.keys == ("Id",)


def test_an_overridden_feature_has_its_own_qualifiers_and_those_it_inherits() -> None:
    overridden = READ.properties["Text"]
    assert (overridden.name, overridden.propagated, overridden.origin) == ("text", True, "Root")
    assert [(one.name, one.value, one.propagated) for one in overridden.qualifiers.values()] == [
        ("MaxLen", "8", False), ("read", True, True),
    ]  # fmt: skip


def test_the_features_of_the_class_itself_are_its_own() -> None:
    assert READ.properties["Own"] == BOTTOM.properties["Own"]


def test_qualifiers_are_inherited_unless_they_are_restricted() -> None:
    assert list(READ.qualifiers) == ["provider", "Association"]
    assert READ.qualifiers["Association"].propagated is True
    assert READ.flags == Flags.CLASS | Flags.ASSOCIATION


def test_a_class_that_has_all_it_inherits_is_left_as_it_is() -> None:
    assert completed(READ, TOP) == READ
