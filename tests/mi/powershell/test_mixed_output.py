"""The error output of powershell.exe: text, CLIXML, and both by turns, cut anywhere."""

import pytest

from mi.errors import ProtocolError
from mi.powershell import mixed_output
from mi.powershell.error_record import ErrorRecord
from mi.powershell.mixed_output import MixedOutput
from mi.powershell.records import ProgressRecord, Record, Stream

_OPENING = (
    '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
)
_LINES = (
    "Get-Item : Cannot find path &apos;C:\\nope&apos;, _x005F_x0041_.",
    "At line:1 char:1",
    "+ Get-Item C:\\nope",
    "    + CategoryInfo          : ObjectNotFound: (C:\\nope:String) [Get-Item], ItemNotFound",
    "    + FullyQualifiedErrorId : PathNotFound",
    " ",
)
_ERROR = "".join(f'<S S="Error">{line}_x000D__x000A_</S>' for line in _LINES)
_PROGRESS = (
    '<Obj S="progress" RefId="{0}">{1}<MS><I64 N="SourceId">1</I64><PR N="Record">'
    "<AV>Preparing modules for first use.</AV><AI>0</AI><Nil/><PI>-1</PI><PC>-1</PC>"
    "<T>Completed</T><SR>-1</SR><SD> </SD></PR></MS></Obj>"
)
_TYPES = '<TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN>'
_DOCUMENT = (
    _OPENING
    + _PROGRESS.format(0, _TYPES)
    + '<S S="warning">careful</S><S S="verbose">more &amp; more</S><S S="debug">inside</S>'
    + _ERROR
    + _PROGRESS.format(1, '<TNRef RefId="0" />')
    + "</Objs>"
)


def _whole(*pieces: str) -> list[Record]:
    output = MixedOutput()
    found = [record for piece in pieces for record in output.feed(piece)]
    return found + output.finish()


def _errors(records: list[Record]) -> list[str]:
    return [record.value.message for record in records if record.stream is Stream.ERROR]


def test_all_streams_are_taken_out_of_clixml() -> None:
    found = _whole(_DOCUMENT)
    assert [record.stream for record in found] == [
        Stream.PROGRESS,
        Stream.WARNING,
        Stream.VERBOSE,
        Stream.DEBUG,
        Stream.ERROR,
        Stream.PROGRESS,
    ]
    assert found[0].value == ProgressRecord(
        "Preparing modules for first use.", status=" ", is_completed=True
    )
    assert [record.value for record in found[1:4]] == ["careful", "more & more", "inside"]
    error = found[4].value
    assert error.message == "Cannot find path 'C:\\nope', _x0041_."
    assert (error.error_id, error.category) == ("PathNotFound", "ObjectNotFound")


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_it_does_not_matter_where_the_pieces_are_cut(size: int) -> None:
    pieces = [_DOCUMENT[start : start + size] for start in range(0, len(_DOCUMENT), size)]
    assert _whole(*pieces) == _whole(_DOCUMENT)


def test_an_error_comes_as_soon_as_it_is_complete() -> None:
    output = MixedOutput()
    assert output.feed(_OPENING) == []
    assert _errors(output.feed(_ERROR)) == ["Cannot find path 'C:\\nope', _x0041_."]
    assert output.feed('<S S="Error">half ') == []
    assert _errors(output.finish()) == ["half"]


def test_an_object_comes_as_soon_as_it_is_complete() -> None:
    output = MixedOutput()
    assert output.feed(_OPENING + '<S S="warning">care') == []
    assert [one.value for one in output.feed("ful</S>")] == ["careful"]
    assert output.finish() == []


def test_plain_text_is_an_error() -> None:
    assert _whole("fatal: no\r\n", "such repository\r\n") == [
        Record(Stream.ERROR, ErrorRecord("fatal: no\nsuch repository"))
    ]


def test_text_before_between_and_after_documents_is_kept() -> None:
    one = f'{_OPENING}<S S="warning">w</S></Objs>'
    found = _whole(f"before\r\n{one}\r\nbetween # it\r\n{one}after")
    assert [record.value for record in found if record.stream is Stream.WARNING] == ["w", "w"]
    assert _errors(found) == ["before", "between # it", "after"]


def test_text_of_a_program_within_a_document_is_kept() -> None:
    found = _whole(f'{_OPENING}<S S="warning">a</S>from a program\r\n<S S="warning">b</S></Objs>')
    assert [record.value for record in found if record.stream is Stream.WARNING] == ["a", "b"]
    assert _errors(found) == ["from a program"]


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ('<S S="Error">Access is den', [Record(Stream.ERROR, ErrorRecord("Access is den"))]),
        ('<S S="warning">care_x00', [Record(Stream.WARNING, "care_x00")]),
        ('<Obj S="progress" RefId="0"><TN', []),
        ("<S S=", []),
        ("loose text", [Record(Stream.ERROR, ErrorRecord("loose text"))]),
        ("", []),
    ],
)
def test_a_document_that_is_cut_off_gives_what_it_had(cut: str, expected: list[Record]) -> None:
    found = _whole(f'{_OPENING}<S S="verbose">v</S>{cut}')
    assert found == [Record(Stream.VERBOSE, "v"), *expected]


@pytest.mark.parametrize(
    ("broken", "messages"),
    [
        ('<S S="Error">a & b</S>', ["a & b"]),
        ("<S>a & b</S>", ["a & b"]),
        ('<Obj S="Error"><MS><Odd/></MS></Obj>', []),
        ('<S S="Odd">a & b</S>', ["a & b"]),
    ],
)
def test_an_object_that_is_broken_costs_itself_alone(broken: str, messages: list[str]) -> None:
    found = _whole(f'{_OPENING}{broken}<S S="warning">after</S></Objs>')
    assert _errors(found) == messages
    assert found[-1] == Record(Stream.WARNING, "after")


def test_an_error_record_that_is_an_object_keeps_its_fields() -> None:
    record = '<Obj S="Error" RefId="0"><MS><S N="FullyQualifiedErrorId">Oops</S></MS></Obj>'
    (found,) = _whole(f"{_OPENING}{record}</Objs>")
    assert found.value.error_id == "Oops"


def test_what_only_looks_like_a_header_is_text() -> None:
    assert _errors(_whole("#< CLIXML and more")) == ["and more"]
    assert _errors(_whole("a # b", " <Objs of ", "x" * 400)) == ["a # b <Objs of " + "x" * 400]


def test_an_empty_document_has_an_end() -> None:
    found = _whole(f'#< CLIXML\r\n<Objs Version="1.1.0.1" />\r\nafter{_DOCUMENT}')
    assert len(found) == 7
    assert _errors(found)[0] == "after"


def test_a_header_without_a_document_is_nothing() -> None:
    assert _whole("#< CLIXML\r\n") == []


def test_text_without_end_is_given_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed_output, "_MOST_TEXT", 10)
    output = MixedOutput()
    assert _errors(output.feed("text without end\n")) == ["text without end"]


def test_an_object_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed_output, "DEFAULT_LIMIT", 1000)
    output = MixedOutput()
    with pytest.raises(ProtocolError, match="too long"):
        output.feed(f'{_OPENING}<S S="Error">' + "x" * 1001)
