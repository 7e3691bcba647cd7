"""Class declarations and the names of classes, as the items of an enumeration."""

from typing import Any

import pytest
from lxml import etree

from mi.calls import EnumerateClasses
from mi.errors import MIError, NotSupported, ProtocolError
from mi.options import ServerKind
from mi.results import CimType
from mi.schema import Class
from mi.serial.cimxml import write_class
from mi.store import SchemaStore
from protocols.wsman.class_items import ClassItems, class_options, meta_class_query
from protocols.wsman.classes import INCLUDES, class_request
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, NO_CLASSES
from protocols.wsman.headers import Option
from tests.wsman.cases import DENIED, SETTINGS, SPACE, answer, declare, declared

THING = declare("X_Thing", Size=CimType.UINT32)
OTHER = declare("X_Other", Size=CimType.UINT32)
DEEP = Option("IncludeSubClasses", "true", "xs:boolean")
NAMES = (
    Option("IncludePath", "true", "xs:boolean"),
    Option("ExcludeClassSpecification", "true", "xs:boolean"),
)


class Case:
    def __init__(self, *known: Class, **asked: Any) -> None:
        self.store = SchemaStore(known)
        self.items = ClassItems(EnumerateClasses(**asked), SPACE, SETTINGS, self.store)

    def take(self, *markup: str) -> list[Class]:
        return self.items.take(list(answer("".join(markup)).body), is_repaired=False)


def path(name: str) -> str:
    return (
        '<CLASSPATH><NAMESPACEPATH><HOST>h</HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/>'
        f'</LOCALNAMESPACEPATH></NAMESPACEPATH><CLASSNAME NAME="{name}"/></CLASSPATH>'
    )


# What is asked for


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        ({}, INCLUDES),
        ({"deep": True}, (*INCLUDES, DEEP)),
        ({"names_only": True}, NAMES),
        ({"names_only": True, "deep": True}, (*NAMES, DEEP)),
        ({"pattern": "X_*"}, NAMES),
    ],
)
def test_options_ask_for_names_or_declarations_and_for_subclasses_of_subclasses(
    asked: Any, options: Any
) -> None:
    assert class_options(EnumerateClasses(**asked)) == options


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({}, "SELECT * FROM meta_class WHERE __SUPERCLASS IS NULL"),
        ({"deep": True}, "SELECT * FROM meta_class"),
        ({"class_name": "X_A"}, "SELECT * FROM meta_class WHERE __SUPERCLASS = 'X_A'"),
        (
            {"class_name": "X_A", "deep": True, "pattern": "X_?b*"},
            "SELECT * FROM meta_class WHERE __this ISA 'X_A' AND __CLASS LIKE 'X[_]_b%'",
        ),
    ],
)
def test_an_old_server_is_asked_for_names_by_a_query(asked: Any, query: str) -> None:
    call = EnumerateClasses(names_only=True, **asked)
    assert meta_class_query(call, DIALECTS[ServerKind.WINRM2]) == query


@pytest.mark.parametrize(
    ("kind", "names_only", "message"),
    [
        (ServerKind.WINRM2, False, "Ask for names_only=True"),
        (ServerKind.AMT, True, "no class declarations$"),
    ],
)
def test_what_nobody_declares_cannot_be_asked_for(
    kind: ServerKind, names_only: bool, message: str
) -> None:
    with pytest.raises(NotSupported, match=message):
        meta_class_query(EnumerateClasses(names_only=names_only), DIALECTS[kind])


# What comes


def test_declarations_come_as_classes() -> None:
    case = Case()
    found = case.take(write_class(THING), write_class(OTHER))
    assert [(one.name, one.namespace, one.server_name) for one in found] == [
        ("X_Thing", SPACE, "server01"), ("X_Other", SPACE, "server01"),
    ]  # fmt: skip
    assert not case.items.awaits_class
    assert case.items.request() is None


def test_a_declaration_may_come_with_its_path() -> None:
    [found] = Case().take(
        f"<VALUE.OBJECTWITHPATH>{path('X_Thing')}{write_class(THING)}</VALUE.OBJECTWITHPATH>"
    )
    assert list(found.properties) == ["Size"]


def test_an_item_that_is_no_declaration_fails_after_those_ahead_of_it() -> None:
    case = Case()
    assert [one.name for one in case.take(write_class(THING), "<NOTHING/>", "<NOTHING/>")] == [
        "X_Thing"
    ]
    for _ in range(2):
        with pytest.raises(ProtocolError, match="no declaration"):
            case.items.raise_failure()


def test_a_first_item_that_is_none_fails_at_once() -> None:
    case = Case()
    with pytest.raises(ProtocolError, match="no declaration"):
        case.take("<NOTHING/>")
    case.items.raise_failure()


@pytest.mark.parametrize(
    "markup", [path("X_Thing"), '<CLASSNAME NAME="X_Thing"/>', write_class(THING), "<X_Thing/>"]
)
def test_a_name_is_taken_from_whatever_names_a_class(markup: str) -> None:
    case = Case(names_only=True)
    [found] = case.take(markup)
    assert (found.name, found.namespace, found.server_name) == ("X_Thing", SPACE, "server01")
    assert not found.properties


def test_the_class_itself_is_not_one_of_its_subclasses() -> None:
    case = Case(class_name="x_thing", names_only=True, deep=True)
    assert [one.name for one in case.take(path("X_Thing"), path("X_Other"))] == ["X_Other"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("x_*", ["X_Thing", "X_Other"]),
        ("*t?e*", ["X_Other"]),
        ("X_Th.ng", []),
        ("X_Thing", ["X_Thing"]),
    ],
)
def test_a_pattern_has_stars_and_question_marks_and_no_case(pattern: str, names: list[str]) -> None:
    case = Case(names_only=True, pattern=pattern)
    assert [one.name for one in case.take(path("X_Thing"), path("X_Other"))] == names


def test_a_pattern_fetches_the_declarations_of_what_matches_one_by_one() -> None:
    case = Case(pattern="X_*")
    assert case.take(path("X_Thing"), path("Y_Thing"), path("X_Other")) == []
    found = []
    for class_ in (THING, OTHER):
        assert case.items.awaits_class
        assert case.items.request() == class_request(SPACE, class_.name, SETTINGS)
        found += case.items.receive(declared(class_))
    assert [one.name for one in found] == ["X_Thing", "X_Other"]
    assert not case.items.awaits_class
    assert case.store.find(SPACE, "X_Other") is not None


def test_a_declaration_that_is_known_is_not_fetched() -> None:
    case = Case(THING, pattern="X_Thing")
    case.take(path("X_Thing"))
    assert case.items.awaits_class
    assert case.items.request() is None
    assert case.items.receive(CLASS_KNOWN) == [THING]


def test_a_declaration_that_is_refused_ends_it() -> None:
    case = Case(pattern="X_*")
    case.take(path("X_Thing"))
    with pytest.raises(MIError, match="X_Thing"):
        case.items.receive(DENIED)


def test_a_server_that_gives_no_declarations_says_so() -> None:
    case = Case(pattern="X_*")
    case.take(path("X_Thing"), path("X_Other"))
    with pytest.raises(NotSupported, match="SchemaStore"):
        case.items.receive(NO_CLASSES)


def test_it_can_be_given_up() -> None:
    case = Case(pattern="X_*")
    case.take(path("X_Thing"))
    case.items.drop()
    assert not case.items.awaits_class


def test_comments_among_the_items_are_no_names() -> None:
    item = etree.fromstring('<CLASSPATH><!-- c --><CLASSNAME NAME="X_Thing"/></CLASSPATH>')
    items = ClassItems(EnumerateClasses(names_only=True), SPACE, SETTINGS, SchemaStore())
    assert [one.name for one in items.take([item], is_repaired=False)] == ["X_Thing"]
