"""The elements of an instance: a mapping without case that converts, checks and remembers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mi.elements import Element
from mi.errors import (
    AlreadyExists,
    InvalidParameter,
    MIError,
    NoSuchProperty,
    NotSupported,
    TypeMismatch,
)
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, ErrorCategory, Flags, Result
from mi.schema import Class, Property, Qualifier

_KEY = NameMap([("key", Qualifier("key", CimType.BOOLEAN, value=True))])
_SERVICE = Class(
    "Win32_Service",
    namespace="root/cimv2",
    properties=NameMap(
        [
            ("Name", Property("Name", CimType.STRING, qualifiers=_KEY)),
            ("ProcessId", Property("ProcessId", CimType.UINT32)),
            ("Started", Property("Started", CimType.BOOLEAN)),
            ("Tags", Property("Tags", CimType.STRING_ARRAY)),
            ("Part", Property("Part", CimType.INSTANCE)),
            ("Parts", Property("Parts", CimType.INSTANCE_ARRAY)),
            ("Host", Property("Host", CimType.REFERENCE)),
        ]
    ),
)


def _service(**values: Any) -> Instance:
    """Return a service as a server sends it."""
    values = {"Name": "Spooler", "ProcessId": 4, "Tags": None} | values
    return Instance.received("Win32_Service", values, _SERVICE.layout, "root/cimv2", "server01")


# A mapping


def test_properties_are_found_without_case_and_kept_in_order() -> None:
    service = _service()
    assert service["Name"] == service["NAME"] == service["name"] == "Spooler"
    assert list(service) == ["Name", "ProcessId", "Tags"]
    assert len(service) == 3
    assert service.class_name == "Win32_Service"
    assert dict(service) == {"Name": "Spooler", "ProcessId": 4, "Tags": None}


def test_an_instance_without_a_class_knows_no_case_either() -> None:
    made = Instance("Parameters", {"StartMode": "Auto"})
    assert made["STARTMODE"] == "Auto"
    made["startmode"] = "Manual"
    assert dict(made) == {"StartMode": "Manual"}


@pytest.mark.parametrize("name", ["Name", "NAME"])
def test_in_tells_what_is_there(name: str) -> None:
    assert name in _service()
    assert name not in Instance("X")
    assert 5 not in _service()


def test_what_the_class_has_but_the_instance_lacks_is_not_in_it() -> None:
    assert "Started" not in _service()


def test_get_gives_the_default_for_an_unknown_property() -> None:
    assert _service().get("ProcessId") == 4
    assert _service().get("Nmae") is None
    assert _service().get("Nmae", 5) == 5


@pytest.mark.parametrize(
    "use",
    [
        lambda service: service["Nmae"],
        lambda service: service.element("Nmae"),
        lambda service: service.clear("Nmae"),
        lambda service: service.__setitem__("Nmae", 1),
        lambda service: service.update(Nmae=1),
        lambda service: service.setdefault("Nmae", 1),
    ],
)
def test_an_unknown_property_is_no_such_property_and_also_a_key_error(
    use: Callable[[Instance], Any],
) -> None:
    with pytest.raises(
        NoSuchProperty, match=r"Win32_Service has no element named 'Nmae'\. Did you mean Name\?"
    ) as caught:
        use(_service())
    assert isinstance(caught.value, KeyError)
    assert caught.value.result is Result.NO_SUCH_PROPERTY


def test_without_a_class_one_of_those_that_are_there_may_have_been_meant() -> None:
    with pytest.raises(NoSuchProperty, match=r"Did you mean Handle\?"):
        Instance("X_Thing", {"Handle": 1})["Handel"]


def test_an_instance_tells_whether_its_class_is_known_and_what_of_it_is_missing() -> None:
    assert _service().is_declared
    assert _service().missing == ("Started", "Part", "Parts", "Host")
    undeclared = Instance("X_Thing", {"Handle": 1})
    assert not undeclared.is_declared
    assert undeclared.missing == ()


def test_a_property_that_was_not_selected_says_so() -> None:
    with pytest.raises(NoSuchProperty, match=r"came without Started\. Select it too\."):
        _service()["STARTED"]


@pytest.mark.parametrize(
    "take",
    [
        lambda service: service.__delitem__("Name"),
        lambda service: service.pop("Name"),
        lambda service: service.popitem(),
    ],
)
def test_an_element_cannot_be_taken_out(take: Callable[[Instance], Any]) -> None:
    service = _service()
    with pytest.raises(NotSupported, match=r"Use clear\(name\)"):
        take(service)
    assert len(service) == 3


# Setting


def test_setting_converts_to_the_type_of_the_property() -> None:
    service = _service()
    service["tags"] = ("a", "b")
    service["Started"] = True
    assert (service["Tags"], service["Started"]) == (["a", "b"], True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ProcessId", -1),
        ("ProcessId", 2**32),
        ("ProcessId", "4"),
        ("Started", 1),
        ("Name", 5),
        ("Tags", "one"),
        ("Part", {"a": 1}),
        ("Part", "A_B.X=1"),
        ("Parts", [1]),
        ("Parts", Instance("Part")),
        ("Host", "server01"),
        ("Host", [Instance("X")]),
    ],
)
def test_setting_checks_type_and_range_and_names_the_property(name: str, value: Any) -> None:
    service = _service()
    with pytest.raises(TypeMismatch, match=f"^Win32_Service.{name}: ") as caught:
        service[name] = value
    assert caught.value.result is Result.TYPE_MISMATCH
    assert service == _service()
    assert service.modified == set()


def test_objects_are_set_as_instances() -> None:
    service = _service()
    part = Instance("Part", {"Id": 1})
    service.update({"Part": part, "Parts": [part, None], "Host": Instance("Host")})
    assert service["Part"] is part
    assert service["Parts"] == [part, None]
    assert service.element("Host").type is CimType.REFERENCE


def test_setting_marks_modified_and_what_came_from_a_server_is_not() -> None:
    service = _service()
    assert service.modified == frozenset()
    service["PROCESSID"] = 5
    assert service.modified == {"ProcessId"}


def test_what_came_from_add_is_not_modified() -> None:
    made = Instance("X", {"A": 1})
    made.add("B", 2)
    assert made.modified == set()
    made["a"] = 3
    assert made.modified == {"A"}


def test_what_the_class_declares_can_be_set_though_it_was_not_selected() -> None:
    service = _service()
    service["started"] = True
    assert service.modified == {"Started"}
    assert list(service) == ["Name", "ProcessId", "Tags", "Started"]


def test_clearing_makes_null_and_marks_modified() -> None:
    service = _service()
    service.clear("name")
    assert service["Name"] is None
    assert service.modified == {"Name"}


def test_a_list_is_copied_when_it_is_set() -> None:
    service, tags = _service(), ["a"]
    service["Tags"] = tags
    tags.append("b")
    assert service["Tags"] == ["a"]


def test_null_and_the_empty_array_and_absence_are_distinct() -> None:
    service = _service(Tags=[])
    assert service["Tags"] == []
    service["Tags"] = None
    assert service["Tags"] is None
    assert "Started" not in service


# Elements


def test_an_element_of_a_server_has_the_type_and_the_flags_of_its_class() -> None:
    assert _service().element("NAME") == Element(
        "Name", "Spooler", CimType.STRING, Flags.KEY | Flags.PROPERTY | Flags.NOT_MODIFIED
    )
    assert _service().element("Tags") == Element(
        "Tags", None, CimType.STRING_ARRAY, Flags.PROPERTY | Flags.NULL | Flags.NOT_MODIFIED
    )


def test_an_element_that_was_set_is_not_flagged_unmodified() -> None:
    service = _service()
    service["ProcessId"] = 5
    assert service.element("ProcessId").flags == Flags.PROPERTY
    service.clear("ProcessId")
    assert service.element("ProcessId").flags == Flags.PROPERTY | Flags.NULL


def test_elements_come_in_order() -> None:
    assert [element.name for element in _service().elements()] == ["Name", "ProcessId", "Tags"]


def test_what_the_layout_does_not_name_may_have_a_type_of_its_own() -> None:
    received = Instance.received(
        "Win32_Service",
        {"Extra": 5, "More": 5},
        _SERVICE.layout,
        None,
        types={"Extra": CimType.UINT8},
    )
    assert received.element("Extra").type is CimType.UINT8
    assert received.element("More").type is CimType.SINT32
    with pytest.raises(TypeMismatch):
        received["Extra"] = 256


# Adding


@pytest.mark.parametrize(
    ("value", "cim_type"),
    [
        ("text", CimType.STRING),
        (True, CimType.BOOLEAN),
        (1, CimType.SINT32),
        (2**31, CimType.SINT64),
        (2**63, CimType.UINT64),
        ([1, 2**40], CimType.SINT64_ARRAY),
        (1.5, CimType.REAL64),
        (datetime(2015, 2, 26, tzinfo=UTC), CimType.DATETIME),
        (Instance("Part"), CimType.INSTANCE),
        ([None, Instance("Part")], CimType.INSTANCE_ARRAY),
        (b"\x01", CimType.UINT8_ARRAY),
        (None, None),
        ([], None),
        ([None], None),
    ],
)
def test_without_a_class_the_type_is_inferred(value: Any, cim_type: CimType | None) -> None:
    assert Instance("X", {"A": value}).element("A").type is cim_type


def test_an_integer_is_provisional_and_changes_its_type_with_its_size() -> None:
    made = Instance("X", {"Count": 5})
    assert made.element("Count").type is CimType.SINT32
    made["Count"] = 2**40
    assert made.element("Count").type is CimType.SINT64
    made["Count"] = 1.5
    assert made.element("Count").type is CimType.REAL64


def test_the_integers_whose_type_is_provisional_can_be_told() -> None:
    made = Instance("X", {"A": 1, "B": [1, 2], "C": "c", "D": None, "E": b"e"})
    made.add("F", 1, CimType.UINT8)
    assert made.provisional == ("A", "B")
    assert _service().provisional == ()


def test_any_other_inferred_type_holds() -> None:
    made = Instance("X", {"When": datetime(2015, 2, 26, tzinfo=UTC)})
    made["When"] = "20160226000000.000000+000"
    assert made["When"] == datetime(2016, 2, 26, tzinfo=UTC)
    with pytest.raises(TypeMismatch, match=r"X\.When: 5 is not a datetime"):
        made["When"] = 5


def test_null_takes_the_type_of_what_is_set_next() -> None:
    made = Instance("X", {"A": None})
    made["A"] = "text"
    assert made.element("A").type is CimType.STRING


def test_text_of_which_nobody_knows_the_type_holds_none() -> None:
    untyped = Instance.received("X", {"Count": "5"}, None, None, is_typed=False)
    untyped["Count"] = 6
    assert untyped["Count"] == 6


def test_a_type_that_is_said_holds_and_is_checked() -> None:
    made = Instance("X")
    made.add("Level", 3, CimType.UINT8)
    made.add("Empty", type=CimType.UINT16_ARRAY)
    assert made.element("Level").type is CimType.UINT8
    assert made.element("Empty") == Element(
        "Empty", None, CimType.UINT16_ARRAY, Flags.NULL | Flags.NOT_MODIFIED
    )
    with pytest.raises(TypeMismatch, match=r"X\.Level: 256 is outside uint8"):
        made["Level"] = 256
    with pytest.raises(TypeMismatch):
        made.add("Other", -1, CimType.UINT8)
    assert "Other" not in made


def test_a_boolean_type_that_is_said_is_no_missing_type() -> None:
    made = Instance("X")
    made.add("On", None, CimType.BOOLEAN)
    assert made.element("On").type is CimType.BOOLEAN
    with pytest.raises(TypeMismatch):
        made["On"] = 1


def test_an_element_keeps_the_flags_that_add_was_told() -> None:
    made = Instance("X")
    made.add("Id", 1, flags=Flags.KEY)
    made.add("Also", 1, flags=Flags.KEY | Flags.NOT_MODIFIED)
    for name in made:
        assert made.element(name).flags == Flags.KEY | Flags.NOT_MODIFIED
    made["Id"] = 2
    assert made.element("Id").flags == Flags.KEY


def test_the_flag_null_makes_null_of_any_value() -> None:
    made = Instance("X")
    made.add("A", 5, CimType.UINT8, Flags.NULL)
    assert made["A"] is None
    made["A"] = 5
    assert made.element("A").flags == Flags.NONE


def test_a_key_that_is_an_instance_is_a_reference() -> None:
    made = Instance("X")
    made.add("Host", Instance("Host"), flags=Flags.KEY)
    assert made.element("Host").type is CimType.REFERENCE


def test_a_name_is_added_once_whatever_its_case() -> None:
    made = Instance("X", {"Name": 1})
    with pytest.raises(AlreadyExists, match="'NAME' already"):
        made.add("NAME", 2)
    assert made["Name"] == 1


@pytest.mark.parametrize("name", ["", "a b", "1a"])
def test_an_illegal_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="is not a legal element name"):
        Instance("X").add(name, 1)


def test_a_type_that_mi_has_not_is_refused() -> None:
    no_type: Any = 99
    with pytest.raises(InvalidParameter, match="99 is no CIM type"):
        Instance("X").add("A", 1, no_type)


@pytest.mark.parametrize("value", [object(), 2**64, {"a": 1}, [object()], 1j])
def test_what_is_no_cim_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeMismatch, match=r"^X\.A: .* is no CIM value"):
        Instance("X").add("A", value)


def test_a_class_fixes_the_elements_of_its_instances() -> None:
    with pytest.raises(MIError, match="fixes the elements") as caught:
        Instance(_SERVICE).add("Extra", 1)
    assert caught.value.result is Result.FAILED
    assert caught.value.category is ErrorCategory.INVALID_OPERATION
