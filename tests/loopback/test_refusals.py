"""Refusals are the faults by which Windows says the same."""

import pytest

from mi.errors import AccessDenied, InvalidClass, InvalidNamespace, InvalidQuery, MIError, NotFound
from mi.results import Result
from protocols.loopback import refusals
from protocols.loopback.refusals import (
    not_understood,
    of_wmi,
    refuse,
    refuse_by_wmi,
    wmi_number,
)
from protocols.meanings.numbers import NUMBERS


def test_a_refusal_has_the_number_and_the_codes_of_its_row() -> None:
    fault = refuse("UNEXPECTED_SELECTORS", "no key Foo").fault
    assert (fault.code, fault.subcode) == ("Sender", "w:InvalidSelectors")
    assert fault.detail == "UnexpectedSelectors"
    assert fault.wsman_codes == (2150858843,)
    assert fault.message == "no key Foo"
    assert fault.reason == str(refuse("UNEXPECTED_SELECTORS"))


@pytest.mark.parametrize("name", sorted(refusals._TEXTS))
def test_every_refusal_can_be_made_and_has_its_number(name: str) -> None:
    fault = refuse(name).fault
    assert fault.wsman_code == NUMBERS[name]
    assert fault.reason == fault.message


@pytest.mark.parametrize(
    ("error", "operation", "codes", "subcode", "result"),
    [
        (InvalidClass("x"), "GetObject", (2150858752, 0x80041010), "a:DestinationUnreachable",
         Result.INVALID_CLASS),
        (InvalidClass("x"), "ExecQuery", (2150858778, 0x80041010), "n:CannotProcessFilter",
         Result.INVALID_CLASS),
        (InvalidQuery("x"), "ExecQuery", (2150858778, 0x80041017), "n:CannotProcessFilter",
         Result.INVALID_QUERY),
        (AccessDenied("x"), "ExecMethod", (5, 0x80041003), "w:AccessDenied", Result.ACCESS_DENIED),
        (NotFound("x"), "GetObject", (2150858752, 0x80041002), "a:DestinationUnreachable",
         Result.NOT_FOUND),
        (InvalidNamespace("x"), "GetObject", (2150858752, 0x8004100E), "a:DestinationUnreachable",
         Result.INVALID_NAMESPACE),
        (InvalidNamespace("x"), "ExecQuery", (2150858752, 0x8004100E), "a:DestinationUnreachable",
         Result.INVALID_NAMESPACE),
    ],
)  # fmt: skip
def test_what_wmi_says_is_wrapped_as_winrm_wraps_it(
    error: MIError, operation: str, codes: tuple[int, int], subcode: str, result: Result
) -> None:
    fault = of_wmi(error, operation, "what").fault
    assert (fault.wsman_codes, fault.subcode) == (codes, subcode)
    assert fault.provider == "WMI Provider"
    status = fault.extended_status
    assert status is not None
    assert (status["Operation"], status["ParameterInfo"]) == (operation, "what")
    assert status["StatusCode"] == codes[1]
    assert fault.error().result is result


def test_headers_that_are_not_understood_are_named_and_nothing_else_is() -> None:
    fault = not_understood(("{urn:x}Other",)).fault
    assert (fault.code, fault.subcode, fault.wsman_codes) == ("MustUnderstand", None, ())
    assert fault.not_understood == ("{urn:x}Other",)
    assert fault.error().result is Result.NOT_SUPPORTED


def test_a_method_is_refused_by_one_of_wmis_numbers() -> None:
    fault = refuse_by_wmi("WBEM_E_METHOD_DISABLED", "not implemented", "Go").fault
    assert fault.wsman_codes[-1] == NUMBERS["WBEM_E_METHOD_DISABLED"]
    assert fault.message == "not implemented"
    assert fault.extended_status is not None
    assert fault.extended_status["ParameterInfo"] == "Go"


def test_wmi_has_a_number_of_its_own_for_each() -> None:
    assert wmi_number(AccessDenied("x")) == "WBEM_E_ACCESS_DENIED"
    assert wmi_number(MIError("x")) == "WBEM_E_FAILED"
