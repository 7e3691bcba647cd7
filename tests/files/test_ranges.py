"""What is handed out of a file, and where nothing can be missing."""

from __future__ import annotations

import threading

import pytest

from mi.files.ranges import WINDOW, Part, Ranges
from tests.sessions import within


def test_parts_are_given_in_order_and_the_last_is_what_is_left() -> None:
    ranges = Ranges(10, 25)
    assert [ranges.take(10), ranges.take(10), ranges.take(10)] == [Part(10, 10), Part(20, 5), None]
    assert ranges.is_taken


def test_done_is_what_has_no_hole() -> None:
    ranges = Ranges(0, 30)
    parts = [part for _ in range(3) if (part := ranges.take(10))]
    assert ranges.done == 0
    ranges.finish([parts[1]])
    assert ranges.done == 0
    ranges.finish([parts[0]])
    assert ranges.done == 20
    ranges.finish([parts[2]])
    assert ranges.done == 30


def test_nothing_is_given_that_ends_beyond_the_window() -> None:
    ranges = Ranges(0, 3 * WINDOW)
    first = ranges.take(WINDOW - 5)
    assert first is not None
    assert ranges.take(6) is None
    assert ranges.take(5) == Part(WINDOW - 5, 5)
    ranges.finish([first])
    assert ranges.take(6) == Part(WINDOW, 6)


def test_one_part_may_be_larger_than_the_window() -> None:
    ranges = Ranges(0, 3 * WINDOW)
    assert ranges.take(2 * WINDOW) == Part(0, 2 * WINDOW)
    assert ranges.take(1) is None


def test_who_waits_goes_on_when_there_is_room() -> None:
    ranges = Ranges(0, 2 * WINDOW)
    first = ranges.take(WINDOW)
    assert first is not None
    threading.Timer(0.05, ranges.finish, ([first],)).start()
    within(10, lambda: ranges.wait(1))
    assert ranges.take(1) == Part(WINDOW, 1)


def test_who_waits_goes_on_when_nothing_is_left() -> None:
    ranges = Ranges(0, WINDOW + 1)
    ranges.take(WINDOW)
    threading.Timer(0.05, ranges.finish, ([Part(0, WINDOW)],)).start()
    within(10, lambda: ranges.wait(WINDOW))
    ranges.take(WINDOW)
    within(10, lambda: ranges.wait(WINDOW))
    assert ranges.is_taken


def test_the_first_failure_ends_all_who_take_or_wait() -> None:
    ranges = Ranges(0, 2 * WINDOW)
    ranges.take(WINDOW)
    ranges.check()
    threading.Timer(0.05, ranges.fail, (KeyError("first"),)).start()
    with pytest.raises(KeyError, match="first"):
        within(10, lambda: ranges.wait(1))
    ranges.fail(KeyError("second"))
    with pytest.raises(KeyError, match="first"):
        ranges.check()
    with pytest.raises(KeyError, match="first"):
        ranges.take(1)
