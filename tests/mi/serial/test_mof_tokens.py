r"""MOF as tokens."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.serial.mof_tokens import Source, Unreadable, position, reading, tokens


def values(text: str) -> list[tuple[str, Any]]:
    *found, end = tokens(text)
    assert end[:2] == ("end", None)
    return [(token.kind, token.value) for token in found]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Name_1", "name", "Name_1"),
        ("$Alias0000000A", "alias", "$Alias0000000A"),
        ("#Pragma", "pragma", "#Pragma"),
        ("0", "integer", 0),
        ("-12", "integer", -12),
        ("+12", "integer", 12),
        ("017", "integer", 15),
        ("0x1F", "integer", 31),
        ("-0X1f", "integer", -31),
        ("101b", "integer", 5),
        ("0B", "integer", 0),
        ("-1.5", "real", -1.5),
        (".5E+2", "real", 50.0),
        ("1.", "real", 1.0),
        ("1e3", "real", 1000.0),
        ('""', "string", ""),
        ('"a // b"', "string", "a // b"),
        (r'"\b\t\n\f\r\"\'\\"', "string", "\b\t\n\f\r\"'\\"),
        (r'"\x41\X9\x00e9f"', "string", "A\té\N{LATIN SMALL LETTER F}"),
        (r'"\xD83D\xDE00\xD83D"', "string", "\N{GRINNING FACE}\ud83d"),
        ("'a'", "char16", "a"),
        (r"'\''", "char16", "'"),
        (r"'\n'", "char16", "\n"),
        (r"'\xD83D'", "char16", "\ud83d"),
    ],
)
def test_a_token_is_its_kind_and_its_value(text: str, kind: str, value: Any) -> None:
    assert values(text) == [(kind, value)]


def test_blanks_and_comments_are_nothing() -> None:
    assert values("\ufeff a//b\n/* c */ \t[ /**/ ]\f") == [("name", "a"), ("[", "["), ("]", "]")]


def test_punctuation_is_its_own_kind() -> None:
    assert [kind for kind, _ in values("{}[]();:,=")] == list("{}[]();:,=")


@pytest.mark.parametrize(
    ("text", "offset", "reason"),
    [
        ("a ?", 2, "this is not MOF"),
        ('a "b', 2, "a string is not closed"),
        ('"a\nb"', 0, "a string is not closed"),
        ("'ab'", 0, "a character is not closed"),
        (r'"ab\q"', 3, "this is not an escape of MOF"),
        (r'"\xg"', 1, "this is not an escape of MOF"),
        ("/* a", 0, "this is not MOF"),
        ("089", 0, "089 is not an octal number"),
        ("9" * 81, 0, "the number is too long"),
        ("é", 0, "this is not MOF"),
    ],
)
def test_what_is_no_token_is_refused_where_it_stands(text: str, offset: int, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        list(tokens(text))
    assert (raised.value.offset, raised.value.reason) == (offset, reason)


def test_an_offset_has_a_line_and_a_column() -> None:
    text = "ab\n\ncd"
    assert [position(text, offset) for offset in (0, 1, 3, 4, 5)] == [
        (1, 1), (1, 2), (2, 1), (3, 1), (3, 2),
    ]  # fmt: skip


def test_nothing_long_is_repeated() -> None:
    assert Unreadable(0, "r" * 5000).reason == "r" * 200 + "…"


def test_what_is_unreadable_knows_the_innermost_text_that_it_is_about() -> None:
    inner, outer = Source("a", "inner.mof"), Source("b")
    with pytest.raises(Unreadable) as raised, reading(outer), reading(inner):
        raise Unreadable(0, "x")
    assert raised.value.source == inner


@pytest.mark.parametrize("opening", ["/*", '"\\', "'", "'\\x", "0x", "1e", "//"])
def test_a_text_made_to_slow_the_lexer_down_is_read_at_once(opening: str) -> None:
    try:
        list(tokens(opening * 100_000))
    except Unreadable as error:
        assert error.reason  # noqa: PT017 - some of them are MOF


@given(st.text() | st.text("\"'\\x0$#/*b1e.+-[]{}"))
def test_any_text_is_tokens_or_unreadable(text: str) -> None:
    try:
        found = list(tokens(text))
    except Unreadable as error:
        assert 0 <= error.offset < len(text)  # noqa: PT017 - most texts are no MOF
    else:
        assert found[-1].kind == "end"
