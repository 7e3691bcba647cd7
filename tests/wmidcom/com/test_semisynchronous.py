"""A call is asked for its outcome until there is one."""

from typing import Any

import pytest

from mi.errors import InvalidParameter
from protocols.wmidcom.com.interfaces import CallResult
from protocols.wmidcom.com.semisynchronous import Answer, Call, nothing_of, object_of, path_of
from protocols.wmidcom.services import WbemError
from tests.wmidcom.com.com_objects import LONG, ComObject, P, place, signed
from tests.wmidcom.com.com_server import FakeSystem

TIMED_OUT, DENIED = 0x40004, 0x80041003


class Scripted(ComObject):
    """Answers what a test says: HRESULTs, or the status of the call."""

    SLOTS = {  # noqa: RUF012 - nobody changes it
        3: ("get_result_object", (LONG, P)),
        4: ("get_result_string", (LONG, P)),
        6: ("get_call_status", (LONG, P)),
    }

    def __init__(self, system: FakeSystem, *states: int | None) -> None:
        super().__init__(system)
        self.states = [*states]
        self.path: str | None = None

    def get_call_status(self, _milliseconds: int, status: int) -> int:
        state = self.states.pop(0)
        if state is None:
            return TIMED_OUT
        LONG.from_address(status).value = signed(state)
        return 0

    def get_result_object(self, _milliseconds: int, found: int) -> None:
        place(found, None)

    def get_result_string(self, _milliseconds: int, found: int) -> None:
        if self.path is None:
            raise WbemError(DENIED)
        place(found, self.system.memory.new_text(self.path))


def _call(system: FakeSystem, scripted: Scripted, take: Any) -> Call[Any]:
    def begin(answer: Answer) -> None:
        answer.result_place._obj.value = scripted.address

    return Call(system, begin, take, lambda outcome: outcome)


def test_it_is_asked_until_it_is_over(system: FakeSystem) -> None:
    call = _call(system, Scripted(system, None, None, 0), nothing_of)
    assert [call.step() for _ in range(3)] == [False, False, True]
    assert call.outcome() is None
    call.release()
    call.release()


def test_its_failure_is_raised(system: FakeSystem) -> None:
    call = _call(system, Scripted(system, None, DENIED), object_of)
    assert not call.step()
    with pytest.raises(WbemError, match="0x80041003"):
        call.step()
    call.release()


@pytest.mark.parametrize(("path", "outcome"), [("X.A=1", "X.A=1"), ("", None), (None, None)])
def test_its_path_is_what_it_says_if_it_does(
    system: FakeSystem, path: str | None, outcome: str | None
) -> None:
    scripted = Scripted(system, 0)
    scripted.path = path
    call = _call(system, scripted, path_of)
    assert call.step()
    assert call.outcome() == outcome
    call.release()


def test_without_an_object_its_outcome_is_none(system: FakeSystem) -> None:
    call = _call(system, Scripted(system, 0), object_of)
    assert call.step()
    assert call.outcome() is None
    call.release()


def test_after_it_was_released_it_goes_on_no_more(system: FakeSystem) -> None:
    call = _call(system, Scripted(system, None), nothing_of)
    assert not call.step()
    call.release()
    with pytest.raises(InvalidParameter, match="the session is closed"):
        call.step()


def test_what_never_began_has_nothing_to_release(system: FakeSystem) -> None:
    scripted = Scripted(system)
    _call(system, scripted, nothing_of).release()
    CallResult(system, scripted.address).release()
