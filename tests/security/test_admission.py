"""Who may log on when, whatever is spoken."""

import threading
from collections.abc import Callable

import pytest

from mi.control import CancelToken, Expiry
from mi.credentials import Credentials
from mi.errors import AuthenticationFailed, OperationTimeout
from mi.options import DestinationOptions
from protocols.network.bounds import Bounds
from protocols.network.places import Place
from protocols.security.admission import Admission, Entry
from protocols.security.logon import Logon
from protocols.security.rejection import refused
from tests.security.test_logon import Way, new_way

SERVER = Place("server01", 135)
OPS = Credentials.password("ops", "secret")
ADMIN = Credentials.password("admin", "secret")


def admission(*credentials: Credentials) -> Admission[Way]:
    return Admission(Logon(DestinationOptions(credentials=list(credentials)), new_way))


def enter(door: Admission[Way], seconds: float = 5) -> Entry[Way]:
    with Bounds(Expiry.after(seconds, "timeout"), CancelToken(), 0) as bounds:
        return door.enter(bounds)


def refuse(entry: Entry[Way]) -> None:
    assert entry.method.user is not None
    entry.reject(refused(entry.method.user, SERVER))
    entry.close()


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_until_one_is_accepted_the_others_wait_in_their_own_time() -> None:
    door = admission(OPS)
    assert door.method is None
    first = enter(door)
    assert first.is_first
    assert door.method is first.method
    with pytest.raises(OperationTimeout):
        enter(door, 0.05)
    first.close()
    first.close()
    second = enter(door)
    assert second.is_first
    second.accept()
    second.accept()


def test_once_one_is_accepted_the_others_come_at_once() -> None:
    door = admission(OPS)
    enter(door).accept()
    entries = [enter(door, 0.05) for _ in range(3)]
    assert not any(entry.is_first for entry in entries)
    entries[0].accept()
    entries[0].close()


def test_whoever_waited_while_one_was_accepted_keeps_nobody_waiting() -> None:
    door = admission(OPS)
    first, later = enter(door), []
    waiting = in_thread(lambda: later.append(enter(door)))
    while not door._turns._queue:
        pass
    first.accept()
    waiting.join(5)
    assert not later[0].is_first
    enter(door, 0.05)


def test_a_refusal_is_one_whoever_comes_with_it() -> None:
    door = admission(OPS, ADMIN)
    enter(door).accept()
    one, other = enter(door), enter(door)
    refuse(one)
    refuse(other)
    assert door.method is None
    second = enter(door)
    assert second.method.credentials is ADMIN
    assert second.is_first
    refuse(second)
    with pytest.raises(AuthenticationFailed):
        enter(door)
    with pytest.raises(AuthenticationFailed):
        enter(door, 0.05)  # and the turn was given back


def test_a_child_process_waits_for_nobody() -> None:
    door = admission(OPS)
    enter(door)
    door.after_fork()
    assert enter(door, 0.05).is_first
