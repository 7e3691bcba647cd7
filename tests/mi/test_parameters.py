"""The parameters of a method, as the instances that they are sent and received as."""

from datetime import timedelta
from typing import Any

import pytest

from mi.errors import InvalidParameter, MethodNotFound, TypeMismatch
from mi.instance import Instance
from mi.names import NameMap
from mi.parameters import arguments, find_method, inputs, outputs
from mi.results import CimType
from mi.schema import Class, Method, Parameter, Qualifier


def _parameter(name: str, cim_type: CimType, *directions: str) -> Parameter:
    qualifiers = [(one, Qualifier(one, CimType.BOOLEAN, value=True)) for one in directions]
    return Parameter(name, cim_type, qualifiers=NameMap(qualifiers))


_CREATE = Method(
    "Create",
    CimType.UINT32,
    NameMap(
        (one.name, one)
        for one in [
            _parameter("CommandLine", CimType.STRING, "in"),
            _parameter("Flags", CimType.UINT8),
            _parameter("Environment", CimType.STRING_ARRAY, "IN"),
            _parameter("Owner", CimType.REFERENCE, "in"),
            _parameter("Wait", CimType.DATETIME, "in", "out"),
            _parameter("ProcessId", CimType.UINT32, "out"),
        ]
    ),
    qualifiers=NameMap([("ValueMap", Qualifier("ValueMap", CimType.STRING_ARRAY, ["0"]))]),
)
_CLASS = Class(
    "Win32_Process",
    "root/cimv2",
    methods=NameMap([("Create", _CREATE), ("Stop", Method("Stop"))]),
)


def test_a_method_is_found_without_case() -> None:
    assert find_method(_CLASS, "CREATE") is _CREATE


def test_a_method_that_is_not_there_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(MethodNotFound, match=r"no method named 'Craete'. Did you mean Create\?"):
        find_method(_CLASS, "Craete")


def test_what_goes_in_is_what_the_class_says_or_does_not_say() -> None:
    taken = inputs(_CLASS, _CREATE)
    assert taken.name == "Win32_Process.Create"
    assert list(taken.properties) == ["CommandLine", "Flags", "Environment", "Owner", "Wait"]


def test_what_comes_out_ends_with_the_return_value() -> None:
    given = outputs(_CLASS, _CREATE)
    assert list(given.properties) == ["Wait", "ProcessId", "ReturnValue"]
    assert given.properties["ReturnValue"].type is CimType.UINT32
    assert "ValueMap" in given.properties["ReturnValue"].qualifiers


def test_a_method_that_returns_nothing_has_no_return_value() -> None:
    assert list(outputs(_CLASS, _CLASS.methods["Stop"]).properties) == []


def test_arguments_take_the_types_and_the_order_that_are_declared() -> None:
    given = arguments(
        _CLASS,
        _CREATE,
        {
            "WAIT": timedelta(seconds=5),
            "owner": 'Win32_UserAccount.Domain="A",Name="B"',
            "flags": 3,
            "commandline": "calc.exe",
        },
    )
    assert list(given) == ["CommandLine", "Flags", "Owner", "Wait"]
    assert given.element("Flags").type is CimType.UINT8
    assert given["Owner"].key == {"Domain": "A", "Name": "B"}


def test_null_is_not_the_same_as_left_out() -> None:
    assert dict(arguments(_CLASS, _CREATE, {"CommandLine": None})) == {"CommandLine": None}
    assert dict(arguments(_CLASS, _CREATE, {})) == {}


def test_an_instance_of_parameters_is_a_mapping_like_any_other() -> None:
    given = Instance("Parameters")
    given.add("Flags", 3, CimType.UINT32)
    assert arguments(_CLASS, _CREATE, given).element("Flags").type is CimType.UINT8


def test_an_unknown_parameter_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(InvalidParameter, match=r"'ComandLine'. Did you mean CommandLine\?"):
        arguments(_CLASS, _CREATE, {"ComandLine": "calc.exe"})


def test_a_parameter_that_only_comes_out_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"Win32_Process\.Create only comes out"):
        arguments(_CLASS, _CREATE, {"ProcessId": 5})


@pytest.mark.parametrize(
    ("name", "value"), [("Flags", 256), ("Environment", "A=B"), ("CommandLine", 5)]
)
def test_a_value_that_does_not_fit_says_of_which_parameter(name: str, value: Any) -> None:
    with pytest.raises(TypeMismatch, match=rf"Win32_Process\.Create\.{name}:"):
        arguments(_CLASS, _CREATE, {name: value})
