"""Embedded instances, declared as strings with a qualifier."""

from typing import Any

import pytest

from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Qualifier
from mi.serial import embedding

STRING, INSTANCE, REFERENCE = CimType.STRING, CimType.INSTANCE, CimType.REFERENCE


def qualifiers(**values: Any) -> NameMap[Qualifier]:
    return NameMap((name, Qualifier(name, STRING, value)) for name, value in values.items())


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, (STRING, None)),
        ({"EmbeddedInstance": "C"}, (INSTANCE, "C")),
        ({"embeddedinstance": "C", "EmbeddedObject": True}, (INSTANCE, "C")),
        ({"EmbeddedObject": True}, (INSTANCE, None)),
        ({"EmbeddedObject": False}, (STRING, None)),
        ({"EmbeddedInstance": None}, (STRING, None)),
        ({"CIMTYPE": "object:C"}, (INSTANCE, "C")),
        ({"cimtype": "Object"}, (INSTANCE, None)),
        ({"CIMTYPE": "string"}, (STRING, None)),
        ({"CIMTYPE": 5}, (STRING, None)),
        ({"CIMTYPE": "ref:C"}, (STRING, None)),
    ],
)
def test_a_string_is_an_instance_where_a_qualifier_says_so(said: Any, found: Any) -> None:
    cim_type, class_name = found
    assert embedding.unmarked(STRING, None, qualifiers(**said)) == found
    array = (cim_type.array, class_name)
    assert embedding.unmarked(STRING.array, None, qualifiers(**said)) == array


def test_what_is_no_string_is_what_it_says() -> None:
    said = qualifiers(EmbeddedInstance="C", CIMTYPE="object:C")
    assert embedding.unmarked(CimType.UINT8, None, said) == (CimType.UINT8, None)
    assert embedding.unmarked(INSTANCE, "D", said) == (INSTANCE, "D")


@pytest.mark.parametrize(
    ("class_name", "said", "found"),
    [(None, "ref:C", "C"), (None, "ref", None), ("D", "ref:C", "D"), (None, "object:C", None)],
)
def test_windows_names_the_class_of_a_reference_in_cimtype(
    class_name: str | None, said: str, found: str | None
) -> None:
    assert embedding.unmarked(REFERENCE, class_name, qualifiers(CIMTYPE=said)) == (REFERENCE, found)


@pytest.mark.parametrize("cim_type", [INSTANCE, CimType.INSTANCE_ARRAY])
@pytest.mark.parametrize(
    ("class_name", "mark"), [("C", ("EmbeddedInstance", "C")), (None, ("EmbeddedObject", True))]
)
def test_an_instance_is_marked_if_nothing_marks_it(
    cim_type: CimType, class_name: str | None, mark: tuple[str, Any]
) -> None:
    marked = embedding.marked(cim_type, class_name, qualifiers(Other="x"))
    assert list(marked) == ["Other", mark[0]]
    assert (marked[mark[0]].name, marked[mark[0]].value) == mark
    assert marked[mark[0]].flags == Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS
    assert embedding.unmarked(
        CimType.STRING.array if cim_type.is_array else STRING, None, marked
    ) == (cim_type, class_name)


def test_what_is_marked_or_no_instance_is_left_as_it_is() -> None:
    said = qualifiers(CIMTYPE="object:C")
    assert embedding.marked(INSTANCE, "C", said) is said
    assert embedding.marked(STRING, None, said) is said
