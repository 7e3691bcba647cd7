"""Options of a provider's own: their names, and the types of their values."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mi.custom_options import CustomOption
from mi.errors import InvalidParameter, TypeMismatch
from mi.instance import Instance
from mi.results import CimType


def option(
    value: Any, cim_type: Any = None, name: str = "X", *, must_comply: bool = False
) -> CustomOption:
    return CustomOption.of(name, value, cim_type, must_comply=must_comply)


@pytest.mark.parametrize(
    ("value", "cim_type"),
    [
        ("text", CimType.STRING),
        (True, CimType.BOOLEAN),
        (7, CimType.SINT32),
        (1 << 40, CimType.SINT64),
        (0.5, CimType.REAL64),
        (datetime(2026, 3, 1, tzinfo=UTC), CimType.DATETIME),
        (timedelta(seconds=1), CimType.DATETIME),
        (["a", "b"], CimType.STRING_ARRAY),
        (b"\x01\x02", CimType.UINT8_ARRAY),
    ],
)
def test_the_type_of_a_value_is_inferred(value: Any, cim_type: CimType) -> None:
    assert option(value).type is cim_type


def test_a_type_may_be_said_and_the_value_is_converted() -> None:
    assert option(7, CimType.UINT64) == CustomOption("X", 7, CimType.UINT64)
    assert option([1, 2], CimType.UINT16_ARRAY).value == [1, 2]
    assert option("A", int(CimType.CHAR16)).type is CimType.CHAR16


def test_an_option_may_be_there_without_a_value() -> None:
    assert option(None) == CustomOption("X")
    assert option(None, CimType.STRING, must_comply=True) == CustomOption("X", must_comply=True)


@pytest.mark.parametrize(
    ("value", "cim_type"),
    [
        (7, CimType.STRING),
        (256, CimType.UINT8),
        (object(), None),
        ([], None),
        (Instance("X_Thing"), None),
        (Instance("X_Thing"), CimType.REFERENCE),
        ([Instance("X_Thing")], CimType.INSTANCE_ARRAY),
    ],
)
def test_a_value_that_does_not_fit_or_is_an_object_is_refused(
    value: Any, cim_type: CimType | None
) -> None:
    with pytest.raises(TypeMismatch):
        option(value, cim_type)


@pytest.mark.parametrize("name", ["X", "wmi:__ProviderArchitecture", "a b", "Zähler", "x:y"])
def test_a_name_is_any_that_can_be_printed(name: str) -> None:
    assert option(1, name=name).name == name


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x00"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="not the name of an option"):
        option(1, name=name)


@pytest.mark.parametrize("name", ["__MI_USE_SSL", "__mi_x", "wmi:__MI_CALLBACKREGISTRATION"])
def test_the_names_of_mis_own_options_are_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="MI's own"):
        option(1, name=name)


def test_a_name_is_a_string() -> None:
    with pytest.raises(TypeMismatch, match="is a string, not 7"):
        option(1, name=7)  # type: ignore[arg-type]
