"""WINRM keeps the contract of protocol handlers, against the endpoint that plays Windows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mi.calls import Call, Invoke, SubscribeEventLog
from mi.event_log import query_list
from mi.events import Prompt
from mi.handler import ProtocolHandler
from mi.instance import Instance
from mi.results import PromptType
from protocols.loopback import Endpoint, Say, Stall
from protocols.winrm.handler import WinrmHandler
from tests.handler_contracts import EndpointContract

_SURE = Prompt("Stop it?", PromptType.NORMAL)


class TestWinrm(EndpointContract):
    """Every call, over HTTP."""

    endpoint: Endpoint

    def begin(self) -> Endpoint:
        return Endpoint()

    def handler(self) -> ProtocolHandler:
        return WinrmHandler()

    def calls(self) -> list[Call[Any]]:
        return [*super().calls(), SubscribeEventLog(query_list("System"))]

    def prompting_call(self) -> Call[Any]:
        self.endpoint.disturb(Say("StopService", script=lambda caller: caller.tell(_SURE)))
        return Invoke(Instance("Win32_Service", {"Name": "Spooler"}), "StopService")

    def open_contexts(self) -> int:
        return self.endpoint.open_contexts

    @contextmanager
    def silence(self) -> Iterator[None]:
        stall = Stall(count=None)
        self.endpoint.disturb(stall)
        yield
        self.endpoint.undisturb()
        stall.until.set()
