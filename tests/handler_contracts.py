"""The contract of handlers, kept towards the made-up host of the endpoints."""

from collections.abc import Iterator
from itertools import count
from typing import Any, ClassVar

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
from mi.instance import Instance
from mi.options import DestinationOptions, OperationOptions
from mi.testing import HandlerContract
from protocols.loopback import DcomEndpoint, Endpoint, Repository

_SERVICES = "SELECT Name, State FROM Win32_Service"
_NAMESPACE, _CLASS = "root/cimv2", "Loopback_AllTypes"
_NOBODY_LISTENS = 1  # tcpmux: no machine has it


class HostContract(HandlerContract):
    """Every call that there is an answer to by either protocol.

    Attributes:
        repository: what the host has.
    """

    repository: Repository
    numbers: ClassVar[Iterator[int]] = count()

    def calls(self) -> list[Call[Any]]:
        service = Instance("Win32_Service", {"Name": "Spooler"})
        return [
            ConnectionTest(),
            GetInstance(service),
            CreateInstance(self._new()),
            ModifyInstance(self._modified()),
            DeleteInstance(Instance(_CLASS, {"Id": self._stored()["Id"]})),
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
        return Instance(_CLASS, values, namespace=_NAMESPACE)

    def _stored(self) -> Instance:
        instance = self._new()
        self.repository.add(instance)
        return instance

    def _modified(self) -> Instance:
        declared = self.repository.find_class(_NAMESPACE, _CLASS)
        return Instance(declared, {"Id": self._stored()["Id"], "StringValue": "other"})

    def long_call(self) -> tuple[Call[Any], OperationOptions]:
        return QueryInstances(_SERVICES), OperationOptions(max_elements=10)

    def failing_call(self) -> Call[Any]:
        return GetInstance(Instance("Win32_Service", {"Name": "none"}))


class EndpointContract(HostContract):
    """The same, over real connections, logged on with NTLM and sealed.

    Attributes:
        endpoint: the host.
    """

    endpoint: Endpoint | DcomEndpoint

    def begin(self) -> Endpoint | DcomEndpoint:
        """Return the endpoint to be asked."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _endpoint(self) -> Iterator[None]:
        with self.begin() as self.endpoint:
            self.repository = self.endpoint.repository
            yield

    def destination(self) -> str:
        return self.endpoint.host

    def options(self) -> DestinationOptions:
        return DestinationOptions(
            destination_port=self.endpoint.port, credentials=self.endpoint.credentials
        )

    def unreachable(self) -> tuple[str, DestinationOptions]:
        return self.endpoint.host, DestinationOptions(
            destination_port=_NOBODY_LISTENS, credentials=self.endpoint.credentials
        )
