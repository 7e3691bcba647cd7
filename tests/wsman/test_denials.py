"""A row for each cause of "access denied", told apart by what is known where it happens."""

from typing import Any, NamedTuple

import pytest

from mi.errors import AccessDenied
from mi.instance import Instance
from mi.results import CimType, ErrorCategory, Result
from protocols.meanings.circumstances import Circumstances, Reach
from protocols.wsman.denials import DENIALS, Denial, Evidence, denial_of
from protocols.wsman.fault import Fault

PLUGIN = "WMI Provider"
CREATE = Circumstances(
    "Win32_Process", "Win32_Process", "root/cimv2", "Create", user=r"CONTOSO\ops"
)
QUERY = Circumstances("CIM_DataFile", "CIM_DataFile", "root/cimv2", user=r"CONTOSO\ops")


def row(part: str) -> Denial:
    """Return the one row whose cause has these words in it."""
    (found,) = (denial for denial in DENIALS if part in denial.cause)
    return found


def denied(*numbers: int, **more: Any) -> Fault:
    return Fault(
        "Sender", "w:AccessDenied", reason="Access is denied.", wsman_codes=numbers, **more
    )


def status(provider: str, number: int = 0x80041003) -> Instance:
    made = Instance("__ExtendedStatus")
    made.add("ProviderName", provider, CimType.STRING)
    made.add("StatusCode", number, CimType.UINT32)
    return made


def mi_error(number: int) -> Instance:
    made = Instance("MSFT_WmiError")
    made.add("error_Code", number, CimType.UINT32)
    made.add("error_Type", "HRESULT", CimType.STRING)
    return made


class Case(NamedTuple):
    """A fault, what is known where it comes in, and the row that it should be."""

    fault: Fault
    circumstances: Circumstances
    cause: str


def known(circumstances: Circumstances, **facts: Any) -> Circumstances:
    return Circumstances(
        **{
            name: facts.get(name, getattr(circumstances, name))
            for name in Circumstances.__dataclass_fields__
        }
    )


OPEN = {"reach": Reach.NAMESPACE}
CASES = [
    # The door of the service
    Case(denied(5), QUERY, "not in Remote"),
    Case(denied(0x80338104), QUERY, "not in Remote"),
    Case(denied(0x80070005), QUERY, "not in Remote"),
    Case(denied(5), CREATE, "not in Remote"),
    Case(denied(5), known(CREATE, names_share=True), "not in Remote"),
    Case(denied(5), known(QUERY, may_be_filtered=True), "LocalAccountTokenFilterPolicy"),
    Case(denied(0x80338104), known(QUERY, may_be_filtered=True), "LocalAccountTokenFilter"),
    Case(denied(5, provider=PLUGIN), known(QUERY, may_be_filtered=True), "LocalAccountToken"),
    # The namespace
    Case(denied(0x80338106), QUERY, "Remote Enable"),
    Case(denied(0x80041003), QUERY, "Remote Enable"),
    Case(denied(2150858755, 0x80041003, provider=PLUGIN), QUERY, "Remote Enable"),
    Case(denied(5, provider=PLUGIN), QUERY, "Remote Enable"),
    Case(denied(5, extended_status=status("WinMgmt")), QUERY, "Remote Enable"),
    Case(denied(extended_error=mi_error(0x80041003)), QUERY, "Remote Enable"),
    Case(denied(0x80041003), known(QUERY, reach=Reach.SERVER), "Remote Enable"),
    Case(denied(0x80041003), CREATE, "Remote Enable"),
    Case(denied(0x80338106), known(QUERY, may_be_filtered=True), "Remote Enable"),
    # The provider
    Case(denied(0x80338105), QUERY, "by the provider"),
    Case(denied(2150858755, extended_status=status("CIMWin32")), QUERY, "by the provider"),
    Case(denied(0x80041003), known(QUERY, **OPEN), "by the provider"),
    Case(denied(5), known(QUERY, **OPEN), "by the provider"),
    # Inside a method
    Case(denied(0x80041003), known(CREATE, **OPEN), "inside a method"),
    Case(denied(0x80070005), known(CREATE, **OPEN), "inside a method"),
    Case(denied(0x80338105), CREATE, "inside a method"),
    Case(denied(5, extended_status=status("CIMWin32")), CREATE, "inside a method"),
    # On a share
    Case(denied(0x80041003), known(QUERY, **OPEN, names_share=True), "on a share"),
    Case(denied(0x80041003), known(CREATE, **OPEN, names_share=True), "on a share"),
    Case(denied(0x80338105), known(QUERY, names_share=True), "on a share"),
    # Where the second hop is allowed
    Case(denied(0x80338105), known(CREATE, may_delegate=True), "may go on to other"),
    Case(
        denied(0x80041003),
        known(QUERY, **OPEN, names_share=True, may_delegate=True),
        "may go on to other",
    ),
    Case(denied(0x80338105), known(QUERY, may_delegate=True), "by the provider"),
    # What is none of these
    Case(denied(), QUERY, "any other"),
    Case(denied(), known(CREATE, **OPEN), "any other"),
    Case(denied(5), known(QUERY, reach=Reach.SERVER), "any other"),
]


@pytest.mark.parametrize("case", CASES)
def test_a_denial_is_told_by_its_number_and_by_what_was_answered_before(case: Case) -> None:
    fault, circumstances, cause = case
    error = fault.under(circumstances).error()
    assert type(error) is AccessDenied
    assert (error.result, error.category) == (Result.ACCESS_DENIED, ErrorCategory.ACCESS_DENIED)
    assert error.message == "Access is denied."
    assert error.advice == row(cause).advice.format_map(circumstances.words)


@pytest.mark.parametrize("denial", DENIALS, ids=lambda denial: denial.cause)
def test_each_row_is_some_cases_cause(denial: Denial) -> None:
    assert any(row(case.cause) is denial for case in CASES)


@pytest.mark.parametrize("denial", DENIALS, ids=lambda denial: denial.cause)
@pytest.mark.parametrize("circumstances", [Circumstances(), CREATE], ids=["nobody", "somebody"])
def test_the_advice_of_each_row_is_one_sentence(
    denial: Denial, circumstances: Circumstances
) -> None:
    said = denial.advice.format_map(circumstances.words)
    assert said[0].isupper()
    assert said.endswith(".")
    assert ". " not in said
    assert "{" not in said
    assert len(said) < 300


@pytest.mark.parametrize(
    ("cause", "remedies"),
    [
        ("on a share", ["CredSSP", "delegation=True"]),
        ("inside a method", ["Win32_Process.Create", "CredSSP", "delegation=True"]),
        ("LocalAccountToken", ["LocalAccountTokenFilterPolicy", "domain account"]),
        ("Remote Enable", ["Remote Enable on the namespace root/cimv2", "wmimgmt.msc"]),
        ("not in Remote", ["'Remote Management Users' -Member 'CONTOSO\\ops'"]),
        ("may go on to other", [r"CONTOSO\ops on other hosts", "Win32_Process.Create"]),
    ],
)
def test_the_advice_names_the_remedy_and_whom_it_is_for(cause: str, remedies: list[str]) -> None:
    said = row(cause).advice.format_map(CREATE.words)
    for remedy in remedies:
        assert remedy in said


def test_results_of_mi_itself_are_no_evidence_about_windows() -> None:
    omi = Instance("OMI_Error")
    omi.add("MessageID", "OMI:MI_Result:2", CimType.STRING)
    fault = Fault("Sender", "w:AccessDenied", reason="No.", extended_error=omi)
    assert fault.under(QUERY).error().advice == row("any other").advice.format_map(QUERY.words)


def test_a_denial_that_has_a_remedy_of_its_own_keeps_it() -> None:
    error = denied(0x80041062).under(CREATE).error()
    assert "privilege" in str(error.advice)


def test_without_any_evidence_the_last_row_is_the_cause() -> None:
    assert denial_of(Evidence(frozenset()), Circumstances()) is DENIALS[-1]
