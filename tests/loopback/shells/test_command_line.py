"""Lines are taken apart as cmd does it, and arguments as Windows' programs do it."""

import pytest

from protocols.loopback.shells.command_line import (
    Redirection,
    Step,
    arguments_of,
    expand,
    parse,
)
from protocols.loopback.shells.invocation import Environment


def test_variables_are_replaced_and_unknown_ones_stay() -> None:
    environment = Environment({"Name": "value"})
    assert expand("a %NAME% %none% 5% %", environment) == "a value %none% 5% %"


@pytest.mark.parametrize(
    ("line", "steps"),
    [
        ("echo a", [Step("echo a")]),
        ("a & b && c || d | e", [
            Step("a"), Step("b", "&"), Step("c", "&&"), Step("d", "||"), Step("e", "|"),
        ]),
        ('echo "a & b > c"', [Step('echo "a & b > c"')]),
        ("echo a ^& b ^> c ^^ ^x", [Step("echo a & b > c ^ x")]),
        ("echo a^", [Step("echo a^")]),
        ("a > out.txt 2>&1", [
            Step("a", "", (Redirection(1, "out.txt"), Redirection(2, "&1"))),
        ]),
        ("a 2>>err.txt <in.txt", [
            Step("a", "", (
                Redirection(2, "err.txt", is_appending=True), Redirection(0, "in.txt"),
            )),
        ]),
        ('a >"b c" d', [Step("a  d", "", (Redirection(1, "b c"),))]),
        ('a >"b', [Step("a", "", (Redirection(1, "b"),))]),
        ("a >b>c", [Step("a", "", (Redirection(1, "b"), Redirection(1, "c")))]),
        ("echo 12>x", [Step("echo 12", "", (Redirection(1, "x"),))]),
        ("  &  ", []),
    ],
)  # fmt: skip
def test_a_line_is_its_commands_with_what_joins_them(line: str, steps: list[Step]) -> None:
    assert parse(line) == steps


@pytest.mark.parametrize(
    ("tail", "arguments"),
    [
        ("", ()),
        ("  a  b\tc ", ("a", "b", "c")),
        ('"a b" c"d e"f', ("a b", "cd ef")),
        (r'"a\"b" \\x "y\\"', ('a"b', r"\\x", "y\\")),
        (r"C:\dir\ x", ("C:\\dir\\", "x")),
        ('"a ""b"" c"', ('a "b" c',)),
        ('""', ("",)),
    ],
)
def test_arguments_are_split_as_programs_split_them(tail: str, arguments: tuple[str, ...]) -> None:
    assert arguments_of(tail) == arguments
