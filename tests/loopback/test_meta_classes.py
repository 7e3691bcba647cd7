"""Schema queries give classes without their declarations."""

import pytest

from mi.errors import InvalidNamespace, InvalidQuery
from mi.results import CimType
from protocols.loopback import wql
from protocols.loopback.meta_classes import find_classes
from protocols.loopback.repository import Repository
from tests.loopback.asked import declared

BASE = declared("X_Base", ("Id",), Id=CimType.UINT32)
LEAF = declared("X_Leaf", ("Id",), superclass=BASE, Id=CimType.UINT32)
REPOSITORY = Repository([BASE, LEAF, declared("Y_Other", ("Id",), Id=CimType.UINT32)])


def found(condition: str = "") -> list[str]:
    query = wql.parse(f"SELECT * FROM meta_class {condition}")  # noqa: S608 - it is the test's own
    return [one.class_name for one in find_classes(REPOSITORY, "root/cimv2", query)]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("", ["X_Base", "X_Leaf", "Y_Other"]),
        ("WHERE __SUPERCLASS IS NULL", ["X_Base", "Y_Other"]),
        ("WHERE __SUPERCLASS = 'x_base'", ["X_Leaf"]),
        ("WHERE __this ISA 'X_Base'", ["X_Base", "X_Leaf"]),
        ("WHERE __CLASS LIKE 'X%'", ["X_Base", "X_Leaf"]),
    ],
)
def test_classes_are_selected_by_name_and_descent(condition: str, names: list[str]) -> None:
    assert found(condition) == names


def test_nothing_else_selects_classes() -> None:
    with pytest.raises(InvalidQuery):
        found("WHERE Id = 1")
    query = wql.parse("SELECT * FROM meta_class")
    with pytest.raises(InvalidNamespace):
        list(find_classes(REPOSITORY, "root/nowhere", query))
