"""What is held in COM is released when its turn comes, or at the end."""

from mi.control import Expiry
from protocols.wmidcom.com.interfaces import Interface
from protocols.wmidcom.com.session import Session
from tests.wmidcom.com.com_objects import ComObject
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.com.conftest import PATIENCE, bounds


def test_what_is_let_go_is_released_in_the_thread(system: FakeSystem) -> None:
    session = Session(system, "server01")
    held = Interface(system, ComObject(system).address)
    session.hold(held)
    session.let_go(held)
    session.call(lambda: None, bounds(), "waiting")
    assert system.living == set()
    session.close(Expiry.after(PATIENCE, "grace"))


def test_what_is_held_is_released_at_the_end(system: FakeSystem) -> None:
    session = Session(system, "server01")
    session.hold(Interface(system, ComObject(system).address))
    session.close(Expiry.after(PATIENCE, "grace"))
    assert system.living == set()
