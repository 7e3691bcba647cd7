"""Errors as PowerShell records them."""

import pickle
from typing import Any

import pytest

from mi.powershell.error_record import CATEGORIES, ErrorRecord
from mi.powershell.objects import EnumValue, PowerShellObject

_EXCEPTION = PowerShellObject(
    {"Message": "It is not there."},
    type_names=["Deserialized.System.Management.Automation.ItemNotFoundException", "x"],
)
# MS-PSRP 2.2.3.15, and the object itself.
_FLAT = {
    "Exception": _EXCEPTION,
    "TargetObject": "C:\\nope",
    "FullyQualifiedErrorId": "PathNotFound",
    "ErrorCategory_Category": 13,
    "ErrorCategory_Activity": "Get-Item",
    "ErrorCategory_Reason": "ItemNotFoundException",
    "ErrorCategory_TargetName": "C:\\nope",
    "ErrorCategory_TargetType": "String",
    "ErrorDetails_RecommendedAction": "Look elsewhere.",
    "ErrorDetails_ScriptStackTrace": "at <ScriptBlock>",
    "InvocationInfo_PositionMessage": "At line:1 char:3",
    "InvocationInfo_ScriptName": "a.ps1",
    "InvocationInfo_ScriptLineNumber": 1,
    "InvocationInfo_Line": "  Get-Item C:\\nope",
    "InvocationInfo_OffsetInLine": 3,
}
_NESTED = {
    "Exception": _EXCEPTION,
    "TargetObject": "C:\\nope",
    "FullyQualifiedErrorId": "PathNotFound",
    "CategoryInfo": PowerShellObject(
        {
            "Category": EnumValue(13, "ObjectNotFound"),
            "Activity": "Get-Item",
            "Reason": "ItemNotFoundException",
            "TargetName": "C:\\nope",
            "TargetType": "String",
        }
    ),
    "ErrorDetails": PowerShellObject({"Message": None, "RecommendedAction": "Look elsewhere."}),
    "ScriptStackTrace": "at <ScriptBlock>",
    "InvocationInfo": PowerShellObject(
        {
            "PositionMessage": "At line:1 char:3",
            "ScriptName": "a.ps1",
            "ScriptLineNumber": 1,
            "Line": "  Get-Item C:\\nope",
            "OffsetInLine": 3,
        }
    ),
}


@pytest.mark.parametrize("written", [_FLAT, _NESTED], ids=["flat", "nested"])
def test_an_error_keeps_its_fields(written: dict[str, Any]) -> None:
    record = ErrorRecord.of(PowerShellObject(written), is_terminating=True)
    assert record == ErrorRecord(
        message="It is not there.",
        exception_type="System.Management.Automation.ItemNotFoundException",
        error_id="PathNotFound",
        category="ObjectNotFound",
        activity="Get-Item",
        reason="ItemNotFoundException",
        target_name="C:\\nope",
        target_type="String",
        target="C:\\nope",
        position="At line:1 char:3",
        script_name="a.ps1",
        line_number=1,
        line="  Get-Item C:\\nope",
        offset=3,
        stack_trace="at <ScriptBlock>",
        recommended_action="Look elsewhere.",
        is_terminating=True,
    )
    assert pickle.loads(pickle.dumps(record)) == record


def test_details_are_said_instead_of_the_exceptions_message() -> None:
    value = PowerShellObject({**_FLAT, "ErrorDetails_Message": "Rather this."})
    assert str(ErrorRecord.of(value)) == "Rather this."


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (" printed \n", "printed"),
        (5, "5"),
        ([1, 2], "a list"),
        (PowerShellObject(text="its text"), "its text"),
        (PowerShellObject({"Message": "an exception's own"}), "an exception's own"),
        (PowerShellObject({"Exception": "only text"}), ""),
    ],
)
def test_what_is_no_error_record_is_a_message(value: Any, message: str) -> None:
    assert ErrorRecord.of(value) == ErrorRecord(message)


@pytest.mark.parametrize(
    ("category", "name"),
    [(0, "NotSpecified"), (31, "NotEnabled"), (32, None), ("OpenError", "OpenError"), (1.5, None)],
)
def test_a_category_is_called_by_its_name(category: Any, name: str | None) -> None:
    assert ErrorRecord.of(PowerShellObject({"ErrorCategory_Category": category})).category == name
    assert len(CATEGORIES) == 32


def test_numbers_that_are_none_are_left_out() -> None:
    value = PowerShellObject({"InvocationInfo_ScriptLineNumber": "one"})
    assert ErrorRecord.of(value).line_number is None


def test_an_exception_without_types_has_none() -> None:
    assert (
        ErrorRecord.of(PowerShellObject({"Exception": PowerShellObject()})).exception_type is None
    )


def test_a_position_is_put_together_where_it_does_not_come() -> None:
    written = {"InvocationInfo_ScriptLineNumber": 2, "InvocationInfo_OffsetInLine": 4}
    assert ErrorRecord.of(PowerShellObject(written)).position == "At line:2 char:4\n+ "
    named = {**written, "InvocationInfo_ScriptName": "a.ps1", "InvocationInfo_Line": "  x"}
    assert ErrorRecord.of(PowerShellObject(named)).position == "At a.ps1:2 char:4\n+ x"
