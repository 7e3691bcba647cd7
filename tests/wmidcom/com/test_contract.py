"""WMIDCOM keeps the contract of handlers over COM, where the objects are made of callbacks."""

from collections.abc import Iterator

import pytest

from mi.callbacks import SessionCallbacks
from mi.handler import Channel, ProtocolHandler
from mi.options import DestinationOptions
from protocols.wmidcom.channel import WmidcomChannel
from protocols.wmidcom.com.connection import ComConnection
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.fake_services import FakeConnection
from tests.wmidcom.test_contract import FakeContract


class ComHandler:
    """Opens channels to the WMI of a machine that COM is faked for."""

    def __init__(self, system: FakeSystem) -> None:
        self._system = system

    def open(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> Channel:
        def connect() -> ComConnection:
            return ComConnection(destination, options, callbacks, lambda: self._system)

        return WmidcomChannel(connect, destination, options)


class TestOverCom(FakeContract):
    """Every call, through the tables of COM."""

    @pytest.fixture(autouse=True)
    def _com(self) -> Iterator[None]:
        self.connection = FakeConnection(server_name=None)
        self.repository = self.connection.repository
        self.system = FakeSystem(self.connection)
        yield
        assert self.system.mistakes == []
        assert self.system.left == 0

    def handler(self) -> ProtocolHandler:
        return ComHandler(self.system)

    def unreachable(self) -> tuple[str | None, DestinationOptions]:
        self.system.refuses_entry = 0x80070005
        return None, DestinationOptions()
