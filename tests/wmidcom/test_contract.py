"""WMIDCOM keeps the contract of protocol handlers, whatever carries its calls."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any

import pytest

from mi.calls import (
    AssociatorInstances,
    Call,
    CreateInstance,
    DeleteInstance,
    EnumerateClasses,
    EnumerateInstances,
    GetClass,
    GetInstance,
    Invoke,
    ModifyInstance,
    QueryInstances,
    ReferenceInstances,
    Subscribe,
)
from mi.calls import TestConnection as ConnectionTest
from mi.handler import ProtocolHandler
from mi.instance import Instance
from mi.options import DestinationOptions, OperationOptions
from mi.testing import HandlerContract
from protocols.loopback import Repository
from protocols.loopback.dcom import DcomEndpoint
from protocols.wmidcom.handler import WmidcomHandler
from tests.wmidcom.endpoints import open_enumerators, silent
from tests.wmidcom.fake_services import FakeConnection, FakeHandler

_SERVICES = "SELECT Name, State FROM Win32_Service"


class Contract(HandlerContract):
    """Every call, over some transport."""

    test_prompts_are_delivered_and_answers_brought = None  # WMI asks nothing on its way

    repository: Repository
    numbers: Iterator[int]

    def calls(self) -> list[Call[Any]]:
        service = Instance("Win32_Service", {"Name": "Spooler"})
        return [
            ConnectionTest(),
            GetInstance(service),
            CreateInstance(self._new()),
            ModifyInstance(self._modified()),
            DeleteInstance(Instance("Loopback_AllTypes", {"Id": self._stored()["Id"]})),
            Invoke(service, "InterrogateService"),
            EnumerateInstances("Win32_LogicalDisk"),
            QueryInstances(_SERVICES),
            AssociatorInstances(service),
            ReferenceInstances(service),
            GetClass("Win32_Service"),
            EnumerateClasses(names_only=True),
            Subscribe("SELECT * FROM __InstanceOperationEvent WITHIN 5"),
        ]

    def _new(self) -> Instance:
        values = {"Id": f"new {next(self.numbers)}", "StringValue": "text"}
        return Instance("Loopback_AllTypes", values, namespace="root/cimv2")

    def _stored(self) -> Instance:
        instance = self._new()
        self.repository.add(instance)
        return instance

    def _modified(self) -> Instance:
        stored = self._stored()
        declared = self.repository.find_class("root/cimv2", "Loopback_AllTypes")
        return Instance(declared, {"Id": stored["Id"], "StringValue": "other"})

    def long_call(self) -> tuple[Call[Any], OperationOptions]:
        return QueryInstances(_SERVICES), OperationOptions(max_elements=10)

    def failing_call(self) -> Call[Any]:
        return GetInstance(Instance("Win32_Service", {"Name": "none"}))


_NOBODY_LISTENS = 1  # tcpmux: no machine has it


class TestOverAFake(Contract):
    """Without a wire."""

    @pytest.fixture(autouse=True)
    def _connection(self) -> None:
        self.numbers = count()
        self.connection = FakeConnection()
        self.repository = self.connection.repository

    def handler(self) -> ProtocolHandler:
        return FakeHandler(self.connection)

    def destination(self) -> str:
        return "server01"

    def unreachable(self) -> tuple[str, DestinationOptions]:
        self.connection.is_reachable = False
        return "server01", DestinationOptions()

    def open_contexts(self) -> int:
        return len(self.connection.open)

    @contextmanager
    def silence(self) -> Iterator[None]:
        self.connection.is_silent = True
        yield
        self.connection.is_silent = False


class TestOverDcom(Contract):
    """By DCOM, logged on with NTLM, sealed, against the endpoint that plays Windows."""

    @pytest.fixture(autouse=True)
    def _endpoint(self) -> Iterator[None]:
        self.numbers = count()
        with DcomEndpoint() as self.endpoint:
            self.repository = self.endpoint.repository
            yield

    def handler(self) -> ProtocolHandler:
        return WmidcomHandler()

    def destination(self) -> str:
        return self.endpoint.host

    def options(self) -> DestinationOptions:
        return DestinationOptions(
            destination_port=self.endpoint.port, credentials=self.endpoint.credentials
        )

    def unreachable(self) -> tuple[str, DestinationOptions]:
        return "127.0.0.1", DestinationOptions(
            destination_port=_NOBODY_LISTENS, credentials=self.endpoint.credentials
        )

    def open_contexts(self) -> int:
        return open_enumerators(self.endpoint)

    def silence(self) -> AbstractContextManager[None]:
        return silent(self.endpoint)
