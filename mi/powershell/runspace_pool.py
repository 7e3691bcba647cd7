"""Runspace pools: PowerShell on the far side that is kept for one script after another.

MS-PSRP over the shells of WinRM (MS-PSRP 3.1.5.3, MS-WSMV 3.1.4.1.31). Opening one takes a Create
and a Receive or two; each pipeline in it then takes a Command and what it has to say.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Final
from uuid import UUID

import psrpcore
from psrpcore import types as ps

from mi.errors import AccessDenied, MIError, NotFound
from mi.operation import Operation
from mi.powershell.error_record import ErrorRecord
from mi.powershell.exchange import Exchange, Payload, reading
from mi.powershell.fragments import FragmentReader, fragment_limit
from mi.powershell.psrp_records import error_of
from mi.powershell.script import DEFAULT_CONFIGURATION
from mi.powershell.script_calls import Far, ScriptCalls
from mi.shell_calls import (
    ConnectShell,
    DisconnectShell,
    OpenShell,
    ReceiveOutput,
    SendInput,
    ShellDescription,
    ShellOption,
)

__all__ = ["RunspacePool"]

_PREFIX: Final = "http://schemas.microsoft.com/powershell/"
_VERSION: Final = ShellOption("protocolversion", "2.3", must_comply=True)
_OPENED: Final = ps.RunspacePoolState.Opened
_ENDED: Final = (ps.RunspacePoolState.Broken, ps.RunspacePoolState.Closed)


class RunspacePool:
    """A runspace pool on the far side; it opens when it is first used, and any thread may use it.

    Args:
        far: the session.
        configuration_name: the session configuration, which says who may do what (JEA).
        max_runspaces: how many pipelines may run at once.
        pool_id: of one that was disconnected, which is connected instead of opening another.
    """

    def __init__(
        self,
        far: Far,
        configuration_name: str = DEFAULT_CONFIGURATION,
        max_runspaces: int = 1,
        pool_id: UUID | None = None,
    ) -> None:
        self._far = far
        self.configuration_name = configuration_name
        self._max_runspaces = max_runspaces
        self._pool_id = pool_id
        self._opening = Lock()
        self._operation: Operation[ShellDescription] | None = None
        self._shell: ShellDescription | None = None
        self._exchange = self._new()
        self._has_key = False

    def _new(self) -> Exchange:
        # A host, or there were no exit code; without a user interface, unless a pipeline has one.
        host = ps.HostInfo(
            IsHostNull=False, IsHostUINull=True, IsHostRawUINull=True, UseRunspaceHost=False
        )
        pool = psrpcore.ClientRunspacePool(
            host=host, max_runspaces=self._max_runspaces, runspace_pool_id=self._pool_id
        )
        return Exchange(pool, fragment_limit(self._far.envelope_size))

    @property
    def is_open(self) -> bool:
        """Whether it has been opened, and was not closed or lost since."""
        return self._shell is not None and self._exchange.state is _OPENED

    @property
    def is_idle(self) -> bool:
        """Whether it is open, and nothing runs in it, so that another could take its place."""
        return self.is_open and not self._exchange.pool.pipeline_table

    # Opening

    def open(self, calls: ScriptCalls) -> tuple[ShellDescription, Exchange]:
        """Open it, unless it is open; return the shell, and what is said through it.

        Raises:
            NotFound: there is no such session configuration.
            AccessDenied: the user may not use it.
            MIError: PowerShell refused, in its words, or what else went wrong.
        """
        with self._opening:
            shell = self._shell
            if shell is None or self._exchange.state is not _OPENED:
                self._drop()
                self._exchange = self._new()
                self._has_key = False
                begin = self._create if self._pool_id is None else self._connect
                shell = self._held(calls, *begin(self._exchange))
            return shell, self._exchange

    def _create(self, exchange: Exchange) -> tuple[OpenShell, list[Payload]]:
        first, *rest = exchange.prepare(lambda pool: pool.open())
        call = OpenShell(
            resource_uri=self._uri,
            shell_id=str(exchange.pool.runspace_pool_id).upper(),
            name="Runspace1",
            input_streams=("stdin", "pr"),
            output_streams=("stdout",),
            options=(_VERSION,),
            creation_xml=first.data,
        )
        return call, rest

    def _connect(self, exchange: Exchange) -> tuple[ConnectShell, list[Payload]]:
        first, *rest = exchange.prepare(lambda pool: pool.connect())
        shell_id = str(exchange.pool.runspace_pool_id).upper()
        return ConnectShell(shell_id, self._uri, first.data), rest

    def _held(
        self, calls: ScriptCalls, call: OpenShell | ConnectShell, rest: list[Payload]
    ) -> ShellDescription:
        exchange = self._exchange
        operation = calls.run(call)
        try:
            shell: ShellDescription = next(operation)
            self._send(calls, shell, rest)
            if shell.connect_response is not None:
                exchange.receive(FragmentReader(), shell.connect_response)
            if exchange.state is not _OPENED:
                self._receive(calls, shell, exchange, lambda _: exchange.state is _OPENED)
        except MIError as error:
            calls.end(operation)
            raise self._advised(error) from None
        except BaseException:
            calls.end(operation)
            raise
        calls.keep(operation)
        self._operation, self._shell = operation, shell
        return shell

    @property
    def _uri(self) -> str:
        name = self.configuration_name
        return name if "://" in name else _PREFIX + name

    def _advised(self, error: MIError) -> MIError:
        if isinstance(error, AccessDenied):
            error.advice = (
                f"The user needs leave for the session configuration {self.configuration_name}:"
                " Remote Management Users have it for the usual one (Get-PSSessionConfiguration)."
            )
        elif isinstance(error, NotFound):
            error.advice = "Get-PSSessionConfiguration lists the session configurations there are."
        return error

    def _send(self, calls: ScriptCalls, shell: ShellDescription, payloads: list[Payload]) -> None:
        for payload in payloads:
            calls.do(SendInput(shell, None, payload.data, payload.stream))

    def _receive(
        self,
        calls: ScriptCalls,
        shell: ShellDescription,
        exchange: Exchange,
        is_enough: Callable[[psrpcore.PSRPEvent[Any, Any]], bool],
    ) -> None:
        """Receive what the pool itself is told, until an event that is enough."""
        operation = calls.run(ReceiveOutput(shell, ("stdout",)))
        reader = FragmentReader()
        try:
            for output in operation:
                for event in exchange.receive(reader, output.data):
                    _refuse_end(event)
                    if is_enough(event):
                        return
        finally:
            calls.end(operation)
        raise MIError("the runspace pool ended while it was being opened")

    # Keys

    def exchange_key(self, calls: ScriptCalls) -> None:
        """Agree on a key, once, without which no secure string goes either way (2.2.2.3)."""
        shell, exchange = self.open(calls)
        with self._opening:
            if self._has_key:
                return
            self._send(calls, shell, exchange.prepare(lambda pool: pool.exchange_key()))
            self._receive(
                calls,
                shell,
                exchange,
                lambda event: isinstance(event, psrpcore.EncryptedSessionKeyEvent),
            )
            self._has_key = True

    # Its end

    def disconnect(self, calls: ScriptCalls) -> UUID:
        """Leave it, and what runs in it, to itself; return what names it.

        The server keeps what is written, and lets a script wait where that is much.
        """
        shell, exchange = self.open(calls)
        calls.do(DisconnectShell(shell, buffer_mode="Block"))
        exchange.prepare(lambda pool: pool.disconnect())
        return exchange.pool.runspace_pool_id

    def lose(self, shell: ShellDescription) -> None:
        """Take note that the server has no such shell any more; the next use opens another."""
        with self._opening:
            if self._shell is shell:
                self._drop()

    def close(self) -> None:
        """Close it on the far side, with what runs in it."""
        with self._opening:
            self._drop()

    def _drop(self) -> None:
        operation, self._operation, self._shell = self._operation, None, None
        if operation is not None:
            operation.close()


def _refuse_end(event: psrpcore.PSRPEvent[Any, Any]) -> None:
    if not isinstance(event, psrpcore.RunspacePoolStateEvent):
        return
    with reading():
        state = event.state
        record = error_of(event.reason)
    if state in _ENDED:
        raise _broken(record)


def _broken(record: ErrorRecord | None) -> MIError:
    reason = "" if record is None else f": {record.message}"
    return MIError(f"PowerShell on the far side does not open a runspace pool{reason}")
