"""A client of shells for tests: asks a service without a network, in the wire's own messages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from mi.shell_calls import CMD, CTRL_C, TERMINATE, ShellDescription
from protocols.loopback.population import sample_repository
from protocols.loopback.service import Answer, Limits, Service
from protocols.meanings.numbers import MEANINGS
from protocols.wsman import envelope
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing, Option, Selector
from protocols.wsman.namespaces import ACTION_CREATE, ACTION_DELETE, ACTION_ENUMERATE, ACTION_GET
from protocols.wsman.pages import Enumerate, Filter, Page
from protocols.wsman.shell_messages import (
    CommandLine,
    Connect,
    Disconnect,
    Send,
    Signal,
    StreamPiece,
    read_command_id,
    read_connected,
)
from protocols.wsman.shell_output import Receive, Received
from protocols.wsman.shells import (
    ACTION_COMMAND,
    ACTION_CONNECT,
    ACTION_DISCONNECT,
    ACTION_RECEIVE,
    ACTION_RECONNECT,
    ACTION_SEND,
    ACTION_SIGNAL,
    SHELL,
    SHELL_COMMANDS,
    NewShell,
    read_created,
    read_description,
)

__all__ = ["CMD", "CTRL_C", "TERMINATE", "Refused", "ShellClient", "service_of"]

MESSAGE_ID = "uuid:1"
SELECTOR_FILTER = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
BOTH = ("stdout", "stderr")


class Refused(Exception):
    """A fault, by the name of its number."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(MEANINGS[fault.wsman_codes[0]].name)
        self.fault = fault


def service_of(**limits: Any) -> Service:
    return Service(sample_repository(), Limits(**limits))


class ShellClient:
    """One session with a service; a second one has another session id."""

    def __init__(self, service: Service, uri: str = CMD) -> None:
        self.service = service
        self.uri = uri
        self.session_id = f"uuid:{uuid.uuid4()}"
        self.shell_id: str | None = None
        self.is_connected = True
        self.size = 512_000
        self.timeout = 10.0

    def answer(
        self,
        action: str,
        body: str = "",
        options: dict[str, str] | None = None,
        uri: str | None = None,
        *,
        must_comply: bool = False,
    ) -> Answer:
        selectors = () if self.shell_id is None else (Selector.of("ShellId", self.shell_id),)
        given = tuple(
            Option(name, value, must_comply=must_comply) for name, value in (options or {}).items()
        )
        request = Request(
            action,
            uri or self.uri,
            body,
            selectors,
            given,
            operation_timeout=self.timeout,
            header=f"<p:SessionId>{self.session_id}</p:SessionId>",
        )
        addressing = Addressing("http://here/wsman", self.size)
        read = self.service.read(envelope.serialize(request, addressing, MESSAGE_ID))
        return self.service.answer(read, is_connected=lambda: self.is_connected)

    def ask(self, *asked: Any, **more: Any) -> Reply:
        answer = self.answer(*asked, **more)
        reply = envelope.parse(answer.envelope, MESSAGE_ID, limit=10**7)
        if isinstance(reply, Fault):
            raise Refused(reply)
        return reply

    # Shells

    def create(
        self, shell: NewShell | None = None, options: dict[str, str] | None = None, **more: Any
    ) -> ShellDescription:
        self.shell_id = None
        body = (shell or NewShell()).write()
        made = read_created(self.ask(ACTION_CREATE, body, options, **more).body)
        self.shell_id = made.shell_id
        return made

    def delete(self) -> None:
        self.ask(ACTION_DELETE)

    def describe(self) -> ShellDescription:
        return read_description(self.ask(ACTION_GET, uri=SHELL).body)

    def disconnect(self, idle_timeout: float | None = None) -> None:
        self.ask(ACTION_DISCONNECT, Disconnect(idle_timeout).write())

    def reconnect(self) -> None:
        self.ask(ACTION_RECONNECT)

    def connect(self, command_id: str | None = None, xml: bytes | None = None) -> bytes | None:
        return read_connected(self.ask(ACTION_CONNECT, Connect(command_id, xml).write()).body)

    def enumerate(self, uri: str = SHELL, **asked: Any) -> Page:
        body = Enumerate(max_elements=100, **asked).write()
        return Page.read(self.ask(ACTION_ENUMERATE, body, uri=uri).body)

    def enumerate_commands(self, **asked: Any) -> list[str]:
        named = f'<w:Selector Name="ShellId">{self.shell_id}</w:Selector>'
        content = f"<w:SelectorSet>{named}</w:SelectorSet>"
        chosen = {"filter": Filter(SELECTOR_FILTER, content=content)} | asked
        page = self.enumerate(SHELL_COMMANDS, **chosen)
        return [str(one.findtext(f"{{{SHELL}}}CommandId")) for one in page.items]

    # Commands

    def command(
        self,
        command: str,
        *arguments: str,
        command_id: str | None = None,
        options: dict[str, str] | None = None,
    ) -> str:
        body = CommandLine(command, arguments, command_id).write()
        return read_command_id(self.ask(ACTION_COMMAND, body, options).body)

    def receive(
        self,
        command_id: str | None,
        streams: Sequence[str] = BOTH,
        options: dict[str, str] | None = None,
    ) -> Received:
        body = Receive(tuple(streams), command_id).write()
        return Received.read(self.ask(ACTION_RECEIVE, body, options).body)

    def send(self, command_id: str | None, data: bytes, *, is_end: bool = False,
             stream: str = "stdin") -> None:  # fmt: skip
        pieces = (StreamPiece(stream, data, command_id, is_end),)
        self.ask(ACTION_SEND, Send(pieces).write())

    def signal(self, command_id: str, code: str = TERMINATE) -> None:
        self.ask(ACTION_SIGNAL, Signal(code, command_id).write())

    def output(self, command_id: str) -> tuple[int | None, bytes, bytes]:
        """Receive until it is done; return its exit code, stdout and stderr."""
        streams = dict.fromkeys(BOTH, b"")
        while True:
            received = self.receive(command_id)
            for piece in received.pieces:
                streams[piece.name] += piece.data
            if received.is_done:
                return received.exit_code, streams["stdout"], streams["stderr"]

    def run(self, command: str, *arguments: str) -> tuple[int | None, bytes, bytes]:
        command_id = self.command(command, *arguments)
        output = self.output(command_id)
        self.signal(command_id)
        return output
