"""The syntax of MOF: values that compare, and that nobody changes."""

from dataclasses import FrozenInstanceError

import pytest

from mi.serial.mof_syntax import ArraySyntax, Literal


def test_syntax_compares_by_what_it_says_and_where() -> None:
    assert ArraySyntax(1, (Literal(2, "integer", 3),)) == ArraySyntax(
        1, (Literal(2, "integer", 3),)
    )
    assert Literal(2, "integer", 3) != Literal(3, "integer", 3)


def test_syntax_is_not_changed() -> None:
    literal = Literal(2, "integer", 3)
    with pytest.raises(FrozenInstanceError):
        literal.value = 4  # type: ignore[misc]  # that is the point
