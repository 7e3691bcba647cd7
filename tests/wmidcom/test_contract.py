"""WMIDCOM keeps the contract of protocol handlers, whatever carries its calls."""

from collections.abc import Iterator
from contextlib import contextmanager
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
