"""Command lines: the documented rules, and that what is quoted is what arrives."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mi.command_line import LONGEST, argument, command_line, join, quote, split
from mi.errors import InvalidParameter, TypeMismatch

TEXTS = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"))

# "Parsing C command-line arguments" (Microsoft's C language reference) and CommandLineToArgvW.
DOCUMENTED = [
    (r'"a b c" d e', ["a b c", "d", "e"]),
    (r'"ab\"c" "\\" d', ['ab"c', "\\", "d"]),
    (r'a\\\b d"e f"g h', [r"a\\\b", "de fg", "h"]),
    (r"a\\\"b c d", [r"a\"b", "c", "d"]),
    (r'a\\\\"b c" d e', [r"a\\b c", "d", "e"]),
    (r'a"b"" c d', ['ab" c d']),
    (r'"abc" d e', ["abc", "d", "e"]),
    ("  a \t b ", ["a", "b"]),
    ("", []),
    ('""', [""]),
    ('"open', ["open"]),
]


@pytest.mark.parametrize(("text", "arguments"), DOCUMENTED)
def test_a_text_is_taken_apart_as_the_documentation_says(text: str, arguments: list[str]) -> None:
    assert split(text) == arguments


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("two words", '"two words"'),
        ("tab\tbed", '"tab\tbed"'),
        ("C:\\path\\", "C:\\path\\"),
        ("C:\\my path\\", '"C:\\my path\\\\"'),
        ('say "hi"', '"say \\"hi\\""'),
        ('end\\"', '"end\\\\\\""'),
        ("a\\b c", '"a\\b c"'),
        ("R&D", "R&D"),
    ],
)
def test_an_argument_is_quoted_where_it_must_be(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/all", "/all"),
        ("name=value", "name=value"),
        ("", '""'),
        ("two words", '"two words"'),
        ("R&D", '"R&D"'),
        ("a|b<c>d", '"a|b<c>d"'),
        ("(x)", '"(x)"'),
        ("^", '"^"'),
        ("100%", "100^%"),
        ("%TEMP% x", '^"^%TEMP^% x^"'),
        ("go!", "go^!"),
        ('"', '^"\\^"^"'),
        ('a" & del x & "', '^"a\\^" ^& del x ^& \\^"^"'),
    ],
)
def test_an_argument_for_a_shell_means_nothing_to_cmd(text: str, written: str) -> None:
    assert argument(text) == written


def test_arguments_are_joined_by_one_space() -> None:
    assert join(["/c", "two words", "R&D"]) == '/c "two words" "R&D"'
    assert join([]) == ""


def after_cmd(text: str) -> str:
    """Return what cmd.exe makes of a text, and fail where it would do more than pass it on."""
    passed, is_quoted, position = [], False, 0
    while position < len(text):
        char = text[position]
        if char == "^" and not is_quoted:
            position += 1
            passed.append(text[position])
        else:
            assert is_quoted or char not in "&|<>()", text
            assert char not in "%!", text
            is_quoted ^= char == '"'
            passed.append(char)
        position += 1
    assert not is_quoted, text
    return "".join(passed)


@given(st.lists(TEXTS, max_size=4))
@example(['a\\\\"b', "\\", '\\"', "%PATH%", 'x" & y'])
def test_what_is_quoted_is_what_arrives(arguments: list[str]) -> None:
    assert split(" ".join(map(quote, arguments))) == arguments
    assert split(after_cmd(join(arguments))) == arguments


@pytest.mark.parametrize("text", ["two\nlines", "two\rlines", "nul\0"])
def test_an_argument_of_several_lines_is_refused(text: str) -> None:
    code = f"U+{ord(re.search(r'[^ -~]', text)[0]):04X}"  # type: ignore[index]
    with pytest.raises(InvalidParameter, match=re.escape(code)):
        argument(text)


def test_an_argument_is_a_string() -> None:
    with pytest.raises(TypeMismatch, match="7"):
        argument(7)  # type: ignore[arg-type]


def test_a_command_line_stands_as_it_is_unless_arguments_are_given() -> None:
    assert command_line('dir "C:\\Program Files"', None) == ('dir "C:\\Program Files"', ())
    assert command_line("C:\\Program Files\\x.exe", []) == ('"C:\\Program Files\\x.exe"', ())
    assert command_line("dir", ["/s", "a b"]) == ("dir", ("/s", '"a b"'))
    assert command_line("dir", '/s "a b') == ("dir", ('/s "a b',))
    assert command_line("dir", "") == ("dir", ())


@pytest.mark.parametrize("command", ["", " \t"])
def test_a_command_is_not_empty(command: str) -> None:
    with pytest.raises(InvalidParameter, match="empty"):
        command_line(command, None)


def test_a_command_is_a_string() -> None:
    with pytest.raises(TypeMismatch, match="a command is a string"):
        command_line(b"dir", None)  # type: ignore[arg-type]


def test_a_command_line_is_no_longer_than_cmd_takes() -> None:
    assert command_line("echo", ["x" * (LONGEST - 5)])[0] == "echo"
    with pytest.raises(InvalidParameter, match="8192 characters"):
        command_line("echo", ["x" * (LONGEST - 4)])
