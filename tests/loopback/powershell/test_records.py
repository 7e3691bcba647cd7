"""Errors know what PowerShell shows of them."""

from protocols.loopback.powershell.records import ErrorInfo, TerminatingError


def test_an_error_has_the_short_names_of_its_types() -> None:
    error = ErrorInfo("m", exception="A.B.CException", target=5)
    assert (error.reason, error.target_name, error.target_type) == ("CException", "5", "String")
    assert (ErrorInfo("m").target_name, ErrorInfo("m").target_type) == ("", "")


def test_what_ends_a_script_carries_its_record() -> None:
    thrown = TerminatingError.thrown("bad", "throw 'bad'").error
    assert (thrown.category, thrown.error_id, thrown.reason, thrown.activity) == (
        "OperationStopped", "bad", "RuntimeException", "",
    )  # fmt: skip
    missing = TerminatingError.not_found("Nosuch").error
    assert (missing.category, missing.target) == ("ObjectNotFound", "Nosuch")
    assert str(TerminatingError(missing)).startswith("The term 'Nosuch' is not recognized")
