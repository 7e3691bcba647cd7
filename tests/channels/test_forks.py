import gc
import os
import sys
from weakref import WeakSet

import pytest

from protocols.channels import forks


@pytest.fixture(autouse=True)
def outliving(monkeypatch: pytest.MonkeyPatch) -> WeakSet[forks.Outliving]:
    """Keep what other tests have left out of it."""
    kept: WeakSet[forks.Outliving] = WeakSet()
    monkeypatch.setattr(forks, "_OUTLIVING", kept)
    return kept


class Counting:
    """What counts how often it was told to begin anew."""

    def __init__(self) -> None:
        self.lives = 0

    def after_fork(self) -> None:
        self.lives += 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")
# Since Python 3.12; the child here uses nothing that another thread could have locked.
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_child_process_begins_anew_and_its_parent_does_not() -> None:
    one = Counting()
    forks.outlive(one)
    child = os.fork()
    if child == 0:  # nothing of pytest may run here
        os._exit(one.lives)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert one.lives == 0


def test_each_begins_anew_once_for_each_fork() -> None:
    first, second = Counting(), Counting()
    for one in (first, second, first):
        forks.outlive(one)
    forks._begin_anew()
    assert (first.lives, second.lives) == (1, 1)


def test_what_nobody_uses_any_more_is_not_kept_for_it(
    outliving: WeakSet[forks.Outliving],
) -> None:
    one = Counting()
    forks.outlive(one)
    assert len(outliving) == 1
    del one
    gc.collect()
    assert len(outliving) == 0
