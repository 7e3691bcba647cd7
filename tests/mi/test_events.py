"""What a run delivers, as plain values."""

from dataclasses import FrozenInstanceError, fields
from typing import get_args

import pytest

from mi import handler
from mi.events import Event, Item, Message, Notice, Progress, Prompt
from mi.results import PromptType


def test_an_item_is_a_value_and_nothing_more() -> None:
    assert Item("a").value == "a"
    assert Item("a") == Item("a")
    with pytest.raises(AttributeError):
        Item("a").other = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", get_args(Notice))
def test_whatever_else_is_told_cannot_be_changed(kind: type) -> None:
    notice = kind(*(None for _ in fields(kind)))
    with pytest.raises(FrozenInstanceError):
        setattr(notice, fields(kind)[0].name, 1)


def test_progress_may_know_neither_a_percentage_nor_the_time() -> None:
    progress = Progress("Installing")
    assert (progress.current_operation, progress.status) == ("", "")
    assert (progress.percent_complete, progress.seconds_remaining) == (None, None)


def test_a_prompt_is_a_normal_one_unless_it_says_otherwise() -> None:
    assert Prompt("Sure?").type is PromptType.NORMAL


def test_the_contract_of_handlers_has_them_all() -> None:
    assert [getattr(handler, kind.__name__) for kind in get_args(Event)] == [*get_args(Event)]
    assert handler.Message is Message
