from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from protocols.loopback.wmi.enumerators import S_FALSE, S_OK, TIMED_OUT, Enumerator, Waiting
from protocols.loopback.wmi.failures import Failure

FORWARD_ONLY = 0x20
ALL = [b"a", b"b", b"c"]


def test_objects_come_in_portions_and_the_last_one_says_so() -> None:
    found = Enumerator(ALL, 0)
    assert found.next(2, -1) == (S_OK, [b"a", b"b"])
    assert found.next(2, -1) == (S_FALSE, [b"c"])
    assert found.next(2, 0) == (S_FALSE, [])


def test_a_portion_that_is_full_does_not_say_that_it_is_the_last() -> None:
    found = Enumerator(ALL, FORWARD_ONLY)
    assert found.next(3, -1) == (S_OK, ALL)
    assert found.next(1, -1) == (S_FALSE, [])


def test_objects_are_made_as_they_are_taken() -> None:
    made: list[bytes] = []

    def making() -> Iterator[bytes]:
        for one in ALL:
            made.append(one)
            yield one

    Enumerator(making(), FORWARD_ONLY).next(1, -1)
    assert made == [b"a"]


def test_one_that_fails_comes_after_those_before_it() -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise Failure(5)

    for flags in (0, FORWARD_ONLY):
        found = Enumerator(failing(), flags)
        assert found.next(10, -1) == (TIMED_OUT, [b"a"])
        with pytest.raises(Failure, match="0x00000005"):
            found.next(10, -1)


def test_nothing_cannot_be_asked_for() -> None:
    with pytest.raises(Failure, match="0x80041008"):
        Enumerator(ALL, 0).next(0, -1)


def test_objects_can_be_passed_over() -> None:
    found = Enumerator(ALL, 0)
    assert found.skip(2, -1) == S_OK
    assert found.next(1, -1) == (S_OK, [b"c"])
    assert found.skip(1, -1) == S_FALSE


def test_an_enumeration_can_begin_anew() -> None:
    found = Enumerator(iter(ALL), 0)
    found.next(2, -1)
    found.reset()
    assert found.next(9, -1) == (S_FALSE, ALL)
    found.reset()
    assert found.next(1, -1) == (S_OK, [b"a"])


def test_a_clone_is_in_the_same_place_and_goes_its_own_way() -> None:
    found = Enumerator(iter(ALL), 0)
    found.next(1, -1)
    twin = found.clone()
    assert twin.next(9, -1) == (S_FALSE, [b"b", b"c"])
    assert found.next(1, -1) == (S_OK, [b"b"])
    twin.reset()
    assert twin.next(9, -1) == (S_FALSE, ALL)


def test_one_that_is_forward_only_neither_begins_anew_nor_is_cloned() -> None:
    for found in (Enumerator(ALL, FORWARD_ONLY), Enumerator(Waiting(), 0)):
        for ask in (found.reset, found.clone):
            with pytest.raises(Failure, match="0x80041016"):
                ask()
    Enumerator(ALL, 0).close()


def test_objects_that_come_with_time_are_waited_for_but_not_longer() -> None:
    waiting = Waiting()
    found = Enumerator(waiting, FORWARD_ONLY)
    assert found.next(1, 10) == (TIMED_OUT, [])
    waiting.add(b"a")
    assert found.next(1, 10_000) == (S_OK, [b"a"])
    waiting.add(b"b")
    assert found.next(2, 10) == (TIMED_OUT, [b"b"])
    later = threading.Timer(0.05, waiting.add, [b"c"])
    later.start()
    assert found.next(1, -1) == (S_OK, [b"c"])
    later.join(30)


def test_who_waits_is_let_go_when_it_is_closed() -> None:
    waiting = Waiting()
    found = Enumerator(waiting, FORWARD_ONLY)
    later = threading.Timer(0.05, found.close)
    later.start()
    with pytest.raises(Failure, match="0x80041032"):
        found.next(1, -1)
    later.join(30)
    waiting.add(b"a")
    assert found.next(2, -1) == (TIMED_OUT, [b"a"])
