"""Scripts are cut into statements, commands and tokens."""

import pytest

from protocols.loopback.powershell.syntax import Kind, Token, pipelines, statements, tokens


def read(script: str) -> list[tuple[Kind, str]]:
    return [(one.kind, one.text) for one in tokens(script)]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("Get-It -Name 'a b' 5", [
            (Kind.WORD, "Get-It"), (Kind.WORD, "-Name"), (Kind.TEXT, "a b"), (Kind.WORD, "5"),
        ]),
        ("'it''s' \"a `\" \"\"b\"", [(Kind.TEXT, "it's"), (Kind.EXPANDED, 'a `" "b')]),
        ("'open", [(Kind.TEXT, "open")]),
        ("$a = $env:X, ${b c}", [
            (Kind.VARIABLE, "a"), (Kind.SIGN, "="), (Kind.VARIABLE, "env:X"), (Kind.SIGN, ","),
            (Kind.VARIABLE, "b c"),
        ]),
        ("& { a; '}' } (b (c)) @(1) $(2)", [
            (Kind.SIGN, "&"), (Kind.BLOCK, " a; '}' "), (Kind.PARENTHESIS, "b (c)"),
            (Kind.PARENTHESIS, "1"), (Kind.PARENTHESIS, "2"),
        ]),
        ("a `\n b # rest\nc", [
            (Kind.WORD, "a"), (Kind.WORD, "b"), (Kind.END, "\n"), (Kind.WORD, "c"),
        ]),
        ("@'\none\ntwo\n'@ @\"\r\nx\r\n\"@", [(Kind.TEXT, "one\ntwo"), (Kind.EXPANDED, "x")]),
        ("{ never closed", [(Kind.BLOCK, " never close")]),
        (")", [(Kind.SIGN, ")")]),
    ],
)  # fmt: skip
def test_tokens(script: str, found: list[tuple[Kind, str]]) -> None:
    assert read(script) == found


def test_what_is_glued_says_so() -> None:
    assert [one.is_glued for one in tokens("a'b' c")] == [False, True, False]


def test_statements_and_commands_are_told_apart() -> None:
    split = list(statements("a | b ;; \n c"))
    assert [[one.text for one in statement] for statement in split] == [["a", "|", "b"], ["c"]]
    assert pipelines(split[0]) == [[Token(Kind.WORD, "a")], [Token(Kind.WORD, "b")]]
