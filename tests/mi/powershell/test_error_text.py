"""Errors as a process prints them (the texts are as Windows PowerShell 5.1 prints them)."""

from mi.powershell.error_record import ErrorRecord
from mi.powershell.error_text import error_records

_NOT_FOUND = """\
Get-Item : Cannot find path 'C:\\nope' because it does not exist.
At line:3 char:5
+     Get-Item C:\\nope
+     ~~~~~~~~~~~~~~~~
    + CategoryInfo          : ObjectNotFound: (C:\\nope:String) [Get-Item], ItemNotFoundException
    + FullyQualifiedErrorId : PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand
¤
""".replace("¤", " ")
_CUT = """\
asdf : The term 'asdf' is not recognized as the name of a cmdlet, function,¤
script file, or operable program.
At C:\\scripts\\a b.ps1:12 char:1
+ asdf
+ ~~~~
    + CategoryInfo          : ObjectNotFound: (asdf:String) [], CommandNotFoundE¤
   xception
    + FullyQualifiedErrorId : CommandNotFoundException
¤
""".replace("¤", " ")


def test_the_fields_of_a_printed_error_are_found() -> None:
    (error,) = error_records(_NOT_FOUND)
    assert error.message == "Cannot find path 'C:\\nope' because it does not exist."
    assert error.category == "ObjectNotFound"
    assert error.error_id == "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand"
    assert error.activity == "Get-Item"
    assert error.reason == "ItemNotFoundException"
    assert (error.target_name, error.target_type) == ("C:\\nope", "String")
    assert (error.script_name, error.line_number, error.offset) == (None, 3, 5)
    assert error.line == "    Get-Item C:\\nope"
    assert error.position is not None
    assert error.position.startswith("At line:3 char:5\n+     Get-Item")
    assert str(error) == error.message


def test_what_the_width_of_the_console_cut_is_put_together_again() -> None:
    (error,) = error_records(_CUT)
    assert error.reason == "CommandNotFoundException"
    assert error.message == (
        "The term 'asdf' is not recognized as the name of a cmdlet, function,"
        " script file, or operable program."
    )
    assert (error.script_name, error.line_number) == ("C:\\scripts\\a b.ps1", 12)


def test_a_cut_identifier_is_put_together_again() -> None:
    name = "    + FullyQualifiedErrorId : Long,Microsoft.Power \n   Shell\n"
    text = f"x\n    + CategoryInfo : OK\n{name}"
    assert [one.error_id for one in error_records(text)] == ["Long,Microsoft.PowerShell"]


def test_several_errors_are_several_records() -> None:
    first, second = error_records(_NOT_FOUND + _CUT)
    assert (first.activity, second.target_name) == ("Get-Item", "asdf")


def test_a_text_in_no_form_is_a_message() -> None:
    assert error_records("fatal: it broke\n  badly\n") == [ErrorRecord("fatal: it broke\n  badly")]


def test_nothing_is_no_error() -> None:
    assert error_records("") == error_records(" \r\n\r\n") == []


def test_text_after_an_error_is_one_more() -> None:
    errors = error_records(_NOT_FOUND + "native words\n")
    assert [one.message for one in errors[1:]] == ["native words"]


def test_another_language_is_read_too() -> None:
    text = (
        "1/0 : Es wurde versucht, durch 0 (null) zu teilen.\n"
        "In Zeile:1 Zeichen:1\n+ 1/0\n+ ~~~\n"
        "    + CategoryInfo          : NotSpecified: (:) [], RuntimeException\n"
        "    + FullyQualifiedErrorId : RuntimeException\n"
    )
    (error,) = error_records(text)
    assert (error.line_number, error.category, error.target_name) == (1, "NotSpecified", None)
    assert error.activity is None


def test_an_error_without_a_position_or_identifier_is_read() -> None:
    text = "It failed.\n    + CategoryInfo          : what is this\n"
    assert error_records(text) == [ErrorRecord("It failed.")]
    nowhere = "No.\nAt line:1 char:2\n    + CategoryInfo          : A: (b:c) [d], e\n"
    (error,) = error_records(nowhere)
    assert (error.line, error.line_number, error.position) == (None, 1, "At line:1 char:2")
