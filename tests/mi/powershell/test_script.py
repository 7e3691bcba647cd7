"""What is to be run."""

from typing import Any

import pytest

from mi.errors import InvalidParameter, TypeMismatch
from mi.powershell.script import Script


def test_parameters_have_names_or_places() -> None:
    named, placed = Script("x", {"Name": 1}), Script("x", [1, 2])
    assert (named.named, named.positional) == ({"Name": 1}, ())
    assert (placed.named, placed.positional) == ({}, [1, 2])


def test_a_name_may_be_written_with_its_dash() -> None:
    assert Script("x", {"-Name": 1}).named == {"Name": 1}


def test_a_repr_shows_no_parameters() -> None:
    assert "secret" not in repr(Script("x", {"Name": "secret"}, ["secret"]))


@pytest.mark.parametrize(
    ("arguments", "kind", "complaint"),
    [
        ((b"x",), TypeMismatch, "a script is a string, not bytes"),
        (("x", "text"), TypeMismatch, "are a mapping, or a sequence"),
        (("x", 5), TypeMismatch, "are a mapping, or a sequence"),
        (("x", (), "text"), TypeMismatch, "an iterable of values"),
        (("x", {"": 1}), InvalidParameter, "a parameter has a name"),
        (("x", {"-": 1}), InvalidParameter, "a parameter has a name"),
        (("x", {5: 1}), InvalidParameter, "a parameter has a name"),
    ],
)
def test_what_cannot_be_run_is_refused(
    arguments: tuple[Any, ...], kind: type[Exception], complaint: str
) -> None:
    with pytest.raises(kind, match=complaint):
        Script(*arguments)


@pytest.mark.parametrize("depth", [0, 101])
def test_a_depth_is_1_to_100(depth: int) -> None:
    with pytest.raises(InvalidParameter, match="1 to 100"):
        Script("x", depth=depth)
