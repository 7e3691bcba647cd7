"""The output of powershell.exe: lines that hold objects, and lines that are text."""

from base64 import b64encode

import pytest

from mi.errors import ProtocolError
from mi.powershell import process_output
from mi.powershell.process_output import CUT_OFF, ProcessOutput
from mi.powershell.records import Record, Stream

_MARK = "0123:"


def _line(letter: str, markup: str) -> str:
    return f"{_MARK}{letter}{b64encode(markup.encode()).decode()}"


def _whole(data: bytes, mark: str = _MARK, stderr: bytes = b"") -> list[Record]:
    output = ProcessOutput(mark)
    found = output.feed("stdout", data) + output.feed("stderr", stderr)
    return found + output.finish()


def test_marked_lines_are_objects_of_their_streams() -> None:
    lines = [
        _line("O", "<Objs><I32>5</I32></Objs>"),
        _line("W", '<Objs><Obj><Props><S N="Message">careful</S></Props></Obj></Objs>'),
        _line("E", '<Objs><Obj><MS><S N="FullyQualifiedErrorId">Id</S></MS></Obj></Objs>'),
    ]
    found = _whole("\r\n".join(lines).encode())
    assert [record.stream for record in found] == [Stream.OUTPUT, Stream.WARNING, Stream.ERROR]
    assert (found[0].value, found[1].value, found[2].value.error_id) == (5, "careful", "Id")
    assert not found[2].value.is_terminating


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_a_program_printed_is_text_whole_whatever_is_cut(size: int) -> None:
    data = f"grün\r\n\r\n{_line('O', '<B>true</B>')}\r\n😀".encode()
    output = ProcessOutput(_MARK)
    found = []
    for start in range(0, len(data), size):
        found += output.feed("stdout", data[start : start + size])
    found += output.finish()
    assert [record.value for record in found] == ["grün", "", True, "😀"]


def test_a_byte_order_mark_is_passed_over() -> None:
    data = b"\xef\xbb\xbf" + _line("O", "<B>true</B>").encode()
    assert [record.value for record in _whole(data)] == [True]


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_output, "_LONGEST_LINE", 10)
    output = ProcessOutput(_MARK)
    assert output.feed("stdout", b"123456\n1234567") == [Record(Stream.OUTPUT, "123456")]
    with pytest.raises(ProtocolError, match="too long"):
        output.feed("stdout", b"89ab")


def test_without_a_mark_all_is_text() -> None:
    found = _whole(b"a\nb\n", mark="")
    assert found == [Record(Stream.OUTPUT, "a"), Record(Stream.OUTPUT, "b")]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert [one.value for one in _whole(b"a\xffb\n\xe2\x82")] == ["a\ufffdb", "\ufffd"]


@pytest.mark.parametrize(
    "line",
    [
        _line("O", "<Objs><S>cut"),
        _line("O", "<Objs/>"),
        _line("X", "<B>true</B>"),
        f"{_MARK}O@@",
        f"{_MARK}OAAA",
        _MARK,
    ],
)
def test_an_object_that_cannot_be_read_is_an_error_and_the_rest_goes_on(line: str) -> None:
    first, second = _whole(f"{line}\r\nafter".encode())
    assert (first.stream, first.value.error_id) == (Stream.ERROR, CUT_OFF)
    assert first.value.message.startswith("an object in the output cannot be read: ")
    assert second.value == "after"


_FATAL = b"It failed.\r\n    + CategoryInfo : A\r\n    + FullyQualifiedErrorId : Id\r\n \r\n"


def test_an_error_that_powershell_prints_has_ended_the_script() -> None:
    (error,) = _whole(b"", stderr=_FATAL)
    assert error.value.is_terminating
    (of_text,) = _whole(b"", mark="", stderr=_FATAL)
    assert not of_text.value.is_terminating


def test_what_a_program_prints_has_ended_nothing() -> None:
    (error,) = _whole(b"", stderr=b"fatal\n")
    assert (error.value.message, error.value.is_terminating) == ("fatal", False)


def test_a_warning_in_the_error_output_stays_one() -> None:
    (warning,) = _whole(b"", stderr=b'<Objs><S S="warning">w</S></Objs>')
    assert warning == Record(Stream.WARNING, "w")
