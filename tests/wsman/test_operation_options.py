"""The caller's options of an operation, in the header of its requests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mi.errors import NotSupported
from mi.options import OperationOptions, ServerKind
from mi.results import CimType
from protocols.wsman.dialects import DIALECTS
from protocols.wsman.headers import Option
from protocols.wsman.operation_options import operation_options

WINDOWS = DIALECTS[ServerKind.WINRM3]
OMI = DIALECTS[ServerKind.OMI]


def custom(name: str, value: Any, *arguments: Any, **keywords: Any) -> OperationOptions:
    options = OperationOptions()
    options.set_custom(name, value, *arguments, **keywords)
    return options


def test_without_options_there_are_none() -> None:
    assert operation_options(OperationOptions(timeout=5, max_elements=9), WINDOWS) == ()


def test_the_architecture_of_a_provider_is_a_value_of_its_context() -> None:
    asked = OperationOptions(provider_architecture=32)
    assert operation_options(asked, WINDOWS) == (
        Option("wmi:__ProviderArchitecture", "32", "xs:int"),
    )
    asked.required_architecture = True
    assert operation_options(asked, WINDOWS)[1:] == (
        Option("wmi:__RequiredArchitecture", "true", "xs:boolean"),
    )


def test_a_server_without_architectures_is_told_none_and_refused_where_one_is_required() -> None:
    asked = OperationOptions(provider_architecture=32)
    assert operation_options(asked, OMI) == ()
    asked.required_architecture = True
    with pytest.raises(NotSupported, match="several architectures"):
        operation_options(asked, OMI)


def test_an_architecture_that_is_required_and_not_said_is_none() -> None:
    assert operation_options(OperationOptions(required_architecture=True), OMI) == ()


@pytest.mark.parametrize(
    ("value", "cim_type", "type_name", "text"),
    [
        (True, None, "xs:boolean", "true"),
        (5, None, "xs:int", "5"),
        (5, CimType.UINT8, "xs:unsignedByte", "5"),
        (-5, CimType.SINT8, "xs:byte", "-5"),
        (5, CimType.UINT16, "xs:unsignedShort", "5"),
        (5, CimType.SINT16, "xs:short", "5"),
        (5, CimType.UINT32, "xs:unsignedInt", "5"),
        (5, CimType.UINT64, "xs:unsignedLong", "5"),
        (5, CimType.SINT64, "xs:long", "5"),
        (0.5, CimType.REAL32, "xs:float", "0.5"),
        (0.5, None, "xs:double", "0.5"),
        ("A", CimType.CHAR16, "xs:string", "A"),
        ("a<b", None, "xs:string", "a<b"),
        (datetime(2026, 3, 2, tzinfo=UTC), None, "xs:dateTime", "2026-03-02T00:00:00Z"),
        (timedelta(seconds=5), None, "xs:duration", "P0DT0H0M5S"),
    ],
)
def test_a_custom_option_says_its_type_as_xml_schema_does(
    value: Any, cim_type: CimType | None, type_name: str, text: str
) -> None:
    assert operation_options(custom("Mine", value, cim_type), WINDOWS) == (
        Option("wmi:Mine", text, type_name),
    )


def test_an_array_is_an_option_for_each_element() -> None:
    assert operation_options(custom("Mine", ["a", "b"], must_comply=True), WINDOWS) == (
        Option("wmiarray:Mine", "a", "xs:string", must_comply=True),
        Option("wmiarray:Mine", "b", "xs:string", must_comply=True),
    )


def test_an_option_without_a_value_is_only_there() -> None:
    assert operation_options(custom("Mine", None, must_comply=True), WINDOWS) == (
        Option("wmi:Mine", None, must_comply=True),
    )


@pytest.mark.parametrize(
    ("name", "uri", "kind"),
    [
        ("msftwinrm:Mine", None, ServerKind.WINRM3),
        ("Mine", "http://schemas.microsoft.com/wbem/wsman/1/config", ServerKind.WINRM3),
        ("Mine", None, ServerKind.OMI),
    ],
)
def test_a_name_is_left_alone_that_has_a_prefix_or_is_not_for_wmi(
    name: str, uri: str | None, kind: ServerKind
) -> None:
    options = custom(name, "v")
    options.resource_uri = uri
    assert operation_options(options, DIALECTS[kind]) == (Option(name, "v", "xs:string"),)
