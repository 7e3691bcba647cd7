"""An enumerator gives what came before a failure, then the failure; and lets others have a turn."""

from collections.abc import Callable
from typing import Any

import pytest

from mi.errors import ProtocolError
from mi.schema import Class
from protocols.wmidcom.com.enumerator import ComEnumerator
from protocols.wmidcom.com.interfaces import Enumerator as Interface
from protocols.wmidcom.com.services import ComServices
from protocols.wmidcom.services import Batch, WbemError
from tests.wmidcom.com.class_objects import ClassObject
from tests.wmidcom.com.com_objects import LONG, ULONG, ComObject, P, place, signed
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.com.conftest import bounds

TIMED_OUT, END, DENIED, DISCONNECTED = 0x40004, 1, 0x80041003, 0x80010108


class Scripted(ComObject):
    """Answers with rows: the HRESULT, and the objects."""

    SLOTS = {4: ("next", (LONG, ULONG, P, P))}  # noqa: RUF012 - nobody changes it

    def __init__(self, system: FakeSystem, *rows: tuple[int, list[Any]]) -> None:
        super().__init__(system)
        self.rows = [*rows]
        self.asked: list[tuple[int, int]] = []

    def next(self, milliseconds: int, count: int, places: int, returned: int) -> int:
        self.asked.append((milliseconds, count))
        hresult, objects = self.rows.pop(0)
        for index, one in enumerate(objects):
            place(places + 8 * index, one.address)
        P.from_address(returned).value = len(objects)
        return signed(hresult)


Enumerate = Callable[..., tuple[ComEnumerator, Scripted]]


@pytest.fixture
def enumerate_(system: FakeSystem, services: ComServices) -> Enumerate:
    def make(*rows: tuple[int, list[Any]]) -> tuple[ComEnumerator, Scripted]:
        scripted = Scripted(system, *rows)
        interface = Interface(system, scripted.address)
        return ComEnumerator(services._session, interface, services._namespace), scripted

    return make


def _object(system: FakeSystem, name: str = "X") -> ClassObject:
    return ClassObject(system, Class(name), {})


def test_what_came_before_a_failure_is_returned_before_it(
    system: FakeSystem, enumerate_: Enumerate
) -> None:
    found, _ = enumerate_((DENIED, [_object(system), _object(system)]))
    batch = found.next(5, 1.0, bounds())
    assert (len(batch.objects), batch.is_end) == (2, False)
    for _ in range(2):
        with pytest.raises(WbemError, match="0x80041003"):
            found.next(5, 1.0, bounds())


def test_the_end_may_come_with_the_last(system: FakeSystem, enumerate_: Enumerate) -> None:
    found, _ = enumerate_((END, [_object(system)]))
    assert found.next(5, 1.0, bounds()).is_end


def test_a_wait_is_cut_into_slices_so_that_others_have_their_turn(
    system: FakeSystem, enumerate_: Enumerate
) -> None:
    found, scripted = enumerate_((TIMED_OUT, []), (TIMED_OUT, []), (0, [_object(system)]))
    assert len(found.next(5, 60.0, bounds()).objects) == 1
    assert scripted.asked == [(50, 5)] * 3


def test_when_the_wait_is_over_there_is_nothing_yet(enumerate_: Enumerate) -> None:
    found, scripted = enumerate_((TIMED_OUT, []), (TIMED_OUT, []))
    assert found.next(5, 0.02, bounds()) == Batch([], is_end=False)
    assert len(scripted.asked) == 1
    assert 0 < scripted.asked[0][0] <= 20


def test_an_object_that_cannot_be_read_is_released_like_the_others(
    system: FakeSystem, enumerate_: Enumerate
) -> None:
    found, _ = enumerate_((0, [_object(system, ""), _object(system)]))
    with pytest.raises(ProtocolError, match="an instance is one of no class"):
        found.next(5, 1.0, bounds())


def test_a_server_that_has_gone_breaks_the_namespace(
    services: ComServices, enumerate_: Enumerate
) -> None:
    found, _ = enumerate_((DISCONNECTED, []))
    with pytest.raises(WbemError):
        found.next(5, 1.0, bounds())
    assert services.is_broken
