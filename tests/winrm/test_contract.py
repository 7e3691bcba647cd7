"""WINRM keeps the contract of protocol handlers, against the endpoint that plays Windows."""

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
    SubscribeEventLog,
)
from mi.calls import TestConnection as ConnectionTest
from mi.event_log import query_list
from mi.events import Prompt
from mi.handler import ProtocolHandler
from mi.instance import Instance
from mi.options import DestinationOptions, OperationOptions
from mi.results import PromptType
from mi.testing import HandlerContract
from protocols.loopback import Endpoint, Say, Stall
from protocols.winrm.handler import WinrmHandler

_NOBODY_LISTENS = 1  # tcpmux: no machine has it
_SURE = Prompt("Stop it?", PromptType.NORMAL)
_SERVICES = "SELECT Name, State FROM Win32_Service"


class TestWinrm(HandlerContract):
    """Every call, over NTLM-sealed HTTP."""

    @pytest.fixture(autouse=True)
    def _endpoint(self) -> Iterator[None]:
        self.numbers = count()
        with Endpoint() as self.endpoint:
            yield

    def handler(self) -> ProtocolHandler:
        return WinrmHandler()

    def destination(self) -> str:
        return self.endpoint.host

    def options(self) -> DestinationOptions:
        return DestinationOptions(
            destination_port=self.endpoint.port, credentials=self.endpoint.credentials
        )

    def calls(self) -> list[Call[Any]]:
        service = Instance("Win32_Service", {"Name": "Spooler"})
        return [
            ConnectionTest(),
            GetInstance(service),
            CreateInstance(self._new()),
            ModifyInstance(self._stored()),
            DeleteInstance(Instance("Loopback_AllTypes", {"Id": self._stored()["Id"]})),
            Invoke(service, "InterrogateService"),
            EnumerateInstances("Win32_LogicalDisk"),
            QueryInstances(_SERVICES),
            AssociatorInstances(service),
            ReferenceInstances(service),
            GetClass("Win32_Service"),
            EnumerateClasses(names_only=True),
            Subscribe("SELECT * FROM __InstanceOperationEvent WITHIN 5"),
            SubscribeEventLog(query_list("System")),
        ]

    def _new(self) -> Instance:
        values = {"Id": f"new {next(self.numbers)}", "StringValue": "text"}
        return Instance("Loopback_AllTypes", values, namespace="root/cimv2")

    def _stored(self) -> Instance:
        instance = self._new()
        self.endpoint.repository.add(instance)
        return instance

    def long_call(self) -> tuple[Call[Any], OperationOptions]:
        return QueryInstances(_SERVICES), OperationOptions(max_elements=10)

    def failing_call(self) -> Call[Any]:
        return GetInstance(Instance("Win32_Service", {"Name": "none"}))

    def prompting_call(self) -> Call[Any]:
        self.endpoint.disturb(Say("StopService", script=lambda caller: caller.tell(_SURE)))
        return Invoke(Instance("Win32_Service", {"Name": "Spooler"}), "StopService")

    def unreachable(self) -> tuple[str, DestinationOptions]:
        return "127.0.0.1", DestinationOptions(
            destination_port=_NOBODY_LISTENS, credentials=self.endpoint.credentials
        )

    def open_contexts(self) -> int:
        return self.endpoint.open_contexts

    @contextmanager
    def silence(self) -> Iterator[None]:
        stall = Stall(count=None)
        self.endpoint.disturb(stall)
        yield
        self.endpoint.undisturb()
        stall.until.set()
