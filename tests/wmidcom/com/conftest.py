"""COM made of callbacks, nothing of which may be left when a test ends."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.options import DestinationOptions
from protocols.wmidcom.com.connection import ComConnection
from protocols.wmidcom.com.namespace import Namespace
from protocols.wmidcom.com.services import ComServices
from protocols.wmidcom.services import Bounds
from tests.wmidcom.com.com_server import FakeSystem, Services
from tests.wmidcom.fake_services import FakeConnection

T = TypeVar("T")

PATIENCE = 10.0


def bounds(seconds: float = PATIENCE) -> Bounds:
    return Bounds(Expiry.after(seconds, "timeout"), CancelToken())


@pytest.fixture
def wmi() -> FakeConnection:
    return FakeConnection(server_name=None)


@pytest.fixture
def system(wmi: FakeConnection) -> Iterator[FakeSystem]:
    system = FakeSystem(wmi)
    yield system
    system.forget_error()
    assert system.mistakes == []
    assert system.left == 0
    assert system.threads == 0


@pytest.fixture
def connection(system: FakeSystem) -> Iterator[ComConnection]:
    connection = ComConnection(
        None, DestinationOptions().for_session(), SessionCallbacks(), lambda: system
    )
    yield connection
    connection.close(Expiry.after(PATIENCE, "grace"))


@pytest.fixture
def services(connection: ComConnection) -> ComServices:
    return connection.services("root/cimv2", None, bounds())


@pytest.fixture
def namespace(system: FakeSystem, wmi: FakeConnection) -> Iterator[Namespace]:
    """A namespace in this very thread."""
    from protocols.wmidcom.com.interfaces import Services as Interface  # noqa: PLC0415

    answered = wmi.services("root/cimv2", None, bounds())
    interface = Interface(system, Services(system, answered).address)
    with interface:
        yield Namespace(system, interface, "root/cimv2", None)


Call = Callable[[], T]
