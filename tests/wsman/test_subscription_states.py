import pytest

from protocols.wsman.fault import Fault
from protocols.wsman.subscription_states import NEXT, Event, State, event_of


def test_the_table_says_what_comes_after_every_event_in_every_state() -> None:
    states = set(State) - {State.OVER}
    assert set(NEXT) == {(state, event) for state in states for event in Event}


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("OPERATION_TIMEDOUT", Event.TIMED_OUT),
        ("SUBSCRIPTION_CLOSED", Event.CLOSED),
        ("ERROR_ACCESS_DENIED", Event.FAULT),
    ],
)
def test_a_fault_is_a_time_out_an_end_or_a_failure(name: str, event: Event) -> None:
    assert event_of(Fault.of(name, "")) is event
