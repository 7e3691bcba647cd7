"""An enumeration has a new id in every reply; the one before releases it and pulls nothing."""

import time
from collections.abc import Iterator

import pytest

from protocols.loopback.contexts import Contexts, Enumeration
from protocols.loopback.refusals import Refusal
from protocols.meanings.numbers import NUMBERS

HERE = ("uri",)


def enumeration(*items: str) -> Enumeration:
    return Enumeration(HERE, iter(items))


def code(caught: pytest.ExceptionInfo[Refusal]) -> int | None:
    return caught.value.fault.wsman_code


def test_a_page_holds_as_many_items_as_asked_and_as_fit() -> None:
    one = enumeration("aaa", "bb", "cc", "d")
    assert one.page(1, 100).items == ("aaa",)
    assert one.page(9, 4).items == ("bb", "cc")
    last = one.page(9, 4)
    assert (last.items, last.is_last) == (("d",), True)


def test_an_item_that_is_larger_than_the_page_is_refused_and_stays() -> None:
    one = enumeration("aaaa", "b")
    with pytest.raises(Refusal) as caught:
        one.page(9, 3)
    assert code(caught) == NUMBERS["MAX_ENVELOPE_SIZE_EXCEEDED"]
    assert one.page(9, 5).items == ("aaaa", "b")


def test_an_enumeration_of_nothing_is_at_its_end() -> None:
    assert enumeration().page(1, 10).is_last
    waiting = enumeration("a").page(0, 10)
    assert (waiting.items, waiting.is_last) == ((), False)


def test_every_page_gives_a_new_id_and_the_last_none() -> None:
    contexts = Contexts()
    first = contexts.open(enumeration("a", "b"))
    assert first.startswith("uuid:")
    assert first == f"uuid:{first[5:].upper()}"
    page, second = contexts.pull(first, HERE, 1, 10)
    assert (page.items, len(contexts)) == (("a",), 1)
    assert second not in (None, first)
    page, third = contexts.pull(str(second), HERE, 1, 10)
    assert (page.items, page.is_last, third, len(contexts)) == (("b",), True, None, 0)


def test_the_id_before_the_newest_releases_but_does_not_pull() -> None:
    contexts = Contexts()
    first = contexts.open(enumeration("a", "b", "c", "d"))
    _, second = contexts.pull(first, HERE, 1, 10)
    with pytest.raises(Refusal) as caught:
        contexts.pull(first, HERE, 1, 10)
    assert code(caught) == NUMBERS["INVALID_ENUMERATION_CONTEXT"]
    contexts.release(first)
    assert len(contexts) == 0
    with pytest.raises(Refusal):
        contexts.release(str(second))


def test_an_id_that_is_older_than_that_is_nothing() -> None:
    contexts = Contexts()
    first = contexts.open(enumeration("a", "b", "c"))
    _, second = contexts.pull(first, HERE, 1, 10)
    _, third = contexts.pull(str(second), HERE, 1, 10)
    with pytest.raises(Refusal):
        contexts.release(first)
    contexts.release(str(third))
    assert len(contexts) == 0


def test_the_newest_id_releases() -> None:
    contexts = Contexts()
    other = contexts.open(enumeration("x"))
    contexts.release(contexts.open(enumeration("a")))
    assert len(contexts) == 1
    contexts.discard(other)
    contexts.discard(other)
    assert len(contexts) == 0


def test_a_pull_of_another_resource_is_refused() -> None:
    contexts = Contexts()
    context = contexts.open(enumeration("a"))
    with pytest.raises(Refusal) as caught:
        contexts.pull(context, ("other",), 1, 10)
    assert code(caught) == NUMBERS["PULL_PARAMS_NOT_SAME_AS_ENUM"]
    assert contexts.pull(context, HERE, 1, 10)[0].items == ("a",)


def test_a_pull_that_is_refused_leaves_the_id_as_it_is() -> None:
    contexts = Contexts()
    context = contexts.open(enumeration("long item"))
    with pytest.raises(Refusal):
        contexts.pull(context, HERE, 1, 3)
    assert contexts.pull(context, HERE, 1, 10)[0].items == ("long item",)


def test_two_pulls_at_once_are_one_too_many() -> None:
    contexts = Contexts()
    caught: list[Refusal] = []

    def items() -> Iterator[str]:
        try:
            contexts.pull(context, HERE, 1, 10)
        except Refusal as refusal:
            caught.append(refusal)
        yield "a"

    context = contexts.open(Enumeration(HERE, items()))
    assert contexts.pull(context, HERE, 1, 10)[0].items == ("a",)
    assert [one.fault.wsman_code for one in caught] == [NUMBERS["PULL_IN_PROGRESS"]]


def test_an_enumeration_that_nobody_pulls_is_forgotten() -> None:
    contexts = Contexts(idle_limit=0.02)
    context = contexts.open(enumeration("a", "b"))
    assert len(contexts) == 1
    time.sleep(0.05)
    assert len(contexts) == 0
    with pytest.raises(Refusal):
        contexts.pull(context, HERE, 1, 10)


def test_what_was_released_during_a_pull_is_gone() -> None:
    contexts = Contexts()

    def items() -> Iterator[str]:
        contexts.release(context)
        yield from ("a", "b")

    context = contexts.open(Enumeration(HERE, items()))
    with pytest.raises(Refusal):
        contexts.pull(context, HERE, 1, 10)
    assert len(contexts) == 0
