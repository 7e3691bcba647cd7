"""WMIDCOM keeps the contract of protocol handlers, whatever carries its calls."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from mi.handler import ProtocolHandler
from mi.options import DestinationOptions
from protocols.loopback import DcomEndpoint
from protocols.wmidcom.handler import WmidcomHandler
from tests.handler_contracts import EndpointContract, HostContract
from tests.wmidcom.endpoints import open_enumerators, silent
from tests.wmidcom.fake_services import FakeConnection, FakeHandler


class FakeContract(HostContract):
    """Every call, to a fake of WMI.

    Attributes:
        connection: the fake.
    """

    test_prompts_are_delivered_and_answers_brought = None  # WMI asks nothing on its way

    connection: FakeConnection

    def open_contexts(self) -> int:
        return len(self.connection.open)

    @contextmanager
    def silence(self) -> Iterator[None]:
        self.connection.is_silent = True
        yield
        self.connection.is_silent = False


class TestOverAFake(FakeContract):
    """Without a wire."""

    @pytest.fixture(autouse=True)
    def _connection(self) -> None:
        self.connection = FakeConnection()
        self.repository = self.connection.repository

    def handler(self) -> ProtocolHandler:
        return FakeHandler(self.connection)

    def destination(self) -> str:
        return "server01"

    def unreachable(self) -> tuple[str, DestinationOptions]:
        self.connection.is_reachable = False
        return "server01", DestinationOptions()


class TestOverDcom(EndpointContract):
    """By DCOM."""

    test_prompts_are_delivered_and_answers_brought = None  # as above

    endpoint: DcomEndpoint

    def begin(self) -> DcomEndpoint:
        return DcomEndpoint()

    def handler(self) -> ProtocolHandler:
        return WmidcomHandler()

    def open_contexts(self) -> int:
        return open_enumerators(self.endpoint)

    def silence(self) -> AbstractContextManager[None]:
        return silent(self.endpoint)
