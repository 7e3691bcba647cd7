"""A PSRP client for tests, whose messages go as a shell's."""

from __future__ import annotations

import base64
from typing import Any

from psrpcore import ClientPowerShell, ClientRunspacePool, PSRPPayload, StreamType

from mi.shell_calls import POWERSHELL
from protocols.loopback.service import Service
from protocols.wsman.shells import NewShell
from tests.loopback.shells.shell_client import ShellClient

__all__ = ["PsrpClient"]

STDOUT = ("stdout",)


class PsrpClient(ShellClient):
    """A session whose shell is a runspace pool."""

    def __init__(self, service: Service, uri: str = POWERSHELL) -> None:
        super().__init__(service, uri)
        self.pool = ClientRunspacePool()

    @property
    def said(self) -> bytes:
        payload = self.pool.data_to_send()
        return b"" if payload is None else payload.data

    def open(self) -> None:
        self.pool.open()
        shell_id = str(self.pool.runspace_pool_id)
        self.create(NewShell(shell_id, output_streams=STDOUT, creation_xml=self.said))
        self.hear(None)

    def hear(self, command_id: str | None) -> bool:
        """Receive once; return whether it was the last."""
        received = self.receive(command_id, STDOUT)
        for piece in received.pieces:
            self.take(piece.data)
        return received.is_done

    def take(self, data: bytes) -> list[Any]:
        if data:
            self.pool.receive_data(PSRPPayload(data, StreamType.default, None))
        events = []
        while (event := self.pool.next_event()) is not None:
            events.append(event)
        return events

    def begin(self, script: str, **given: Any) -> tuple[ClientPowerShell, str]:
        """Start a pipeline; return it and the id of its command."""
        shell = ClientPowerShell(self.pool, **given)
        shell.add_script(script)
        shell.start()
        first = base64.b64encode(self.said).decode()
        return shell, self.command("", first, command_id=str(shell.pipeline_id))
