import logging
from collections import deque

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import ConnectionFailed, OperationCancelled
from protocols.channels.orphans import Orphans

LOGGER = logging.getLogger("mi.tests")


@pytest.fixture
def orphans() -> Orphans[str]:
    found: Orphans[str] = Orphans(LOGGER)
    for name in ("first", "second"):
        found.adopt(name)
    return found


def test_each_is_parted_with_once_in_the_order_of_coming(orphans: Orphans[str]) -> None:
    parted: list[str] = []
    assert list(orphans) == ["first", "second"]
    for _ in range(2):
        orphans.release(lambda run, _: parted.append(run), Expiry(), CancelToken())
    assert parted == ["first", "second"]
    assert not orphans


def test_it_takes_the_grace_time_at_most_and_no_longer_than_the_caller_wants(
    orphans: Orphans[str],
) -> None:
    limits: list[str] = []
    orphans.release(lambda _, expiry: limits.append(expiry.limit), Expiry(), CancelToken())
    orphans.adopt("third")
    soon = Expiry.after(1, "timeout")
    orphans.release(lambda _, expiry: limits.append(expiry.limit), soon, CancelToken())
    assert limits == ["grace", "grace", "timeout"]


def test_one_that_cannot_be_parted_with_is_given_up(
    orphans: Orphans[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(run: str, _: Expiry) -> None:
        raise ConnectionFailed(f"no way for the {run}")

    orphans.release(fail, Expiry(), CancelToken())
    assert not orphans
    assert "could not be released: no way for the second" in caplog.text


@pytest.mark.parametrize("way", ["cancelled", "too late", "interrupted"])
def test_one_whose_releaser_must_go_stays(orphans: Orphans[str], way: str) -> None:
    cancel = CancelToken()
    error = KeyboardInterrupt() if way == "interrupted" else OperationCancelled(way)

    def stop(_: str, __: Expiry) -> None:
        if way == "cancelled":
            cancel.cancel()
        raise error

    with pytest.raises(type(error)):
        orphans.release(stop, Expiry.at_once() if way == "too late" else Expiry(), cancel)
    assert list(orphans) == ["second", "first"]


def test_one_that_is_taken_back_is_not_tried_again_at_once(orphans: Orphans[str]) -> None:
    orphans.release(lambda run, _: orphans.adopt(f"{run} again"), Expiry(), CancelToken())
    assert list(orphans) == ["first again", "second again"]


def test_one_that_another_thread_has_taken_is_passed_over(orphans: Orphans[str]) -> None:
    class Emptied(deque[str]):
        def __len__(self) -> int:
            return 1

    orphans._runs = Emptied()
    orphans.release(lambda *_: pytest.fail("there was none"), Expiry(), CancelToken())
