"""What powershell.exe writes on stderr, as XML and as text."""

from lxml import etree

from protocols.loopback.powershell.clixml import (
    CLOSING,
    OPENING,
    PREPARING,
    error_text,
    progress_markup,
    text_markup,
)
from protocols.loopback.powershell.records import ErrorInfo, Progress, TerminatingError


def test_signs_that_xml_cannot_hold_are_escaped() -> None:
    assert text_markup("Error", "a<&_x000A_\r\n\x07_x") == (
        '<S S="Error">a&lt;&amp;_x005F_x000A__x000D__x000A__x0007__x</S>'
    )


def test_the_document_is_one_that_psrpcore_reads() -> None:
    document = "".join((
        OPENING,
        progress_markup(PREPARING, 0),
        progress_markup(Progress("A", "S", 5, "op", 2, 9), 1),
        text_markup("Error", "bad\r\n"),
        text_markup("warning", "careful"),
        CLOSING,
    ))  # fmt: skip
    header, xml = document.split("\r\n", 1)
    assert header == "#< CLIXML"
    root = etree.fromstring(xml)
    assert [(one.get("S"), one.tag.rpartition("}")[2]) for one in root] == [
        ("progress", "Obj"), ("progress", "Obj"), ("Error", "S"), ("warning", "S"),
    ]  # fmt: skip
    assert root.findtext("{*}Obj[2]/{*}MS/{*}PR/{*}S") == "op"


def test_an_error_is_shown_as_the_console_shows_it() -> None:
    assert error_text(ErrorInfo("boom", line="Write-Error 'boom'")) == [
        "Write-Error 'boom' : boom",
        "    + CategoryInfo          : NotSpecified: (:) [Write-Error], WriteErrorException",
        "    + FullyQualifiedErrorId : Microsoft.PowerShell.Commands.WriteErrorException",
        " ",
    ]
    assert error_text(TerminatingError.thrown("bad", "throw 'bad'").error) == [
        "bad",
        "At line:1 char:1",
        "+ throw 'bad'",
        "+ ~~~~~~~~~~~",
        "    + CategoryInfo          : OperationStopped: (bad:String) [], RuntimeException",
        "    + FullyQualifiedErrorId : bad",
        " ",
    ]
    assert error_text(ErrorInfo("one\ntwo"))[:2] == ["one", "two"]
