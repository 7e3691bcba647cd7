"""The life of a shell: opened, taken over, left to itself, found again, and deleted.

`OpenShell` and `ConnectShell` are conversations that have said all when the shell is there, and
stay open for as long as it is wanted: what they `abandon` is the shell itself.
"""

from __future__ import annotations

from typing import Any

from mi.shell_calls import (
    ConnectShell,
    DisconnectShell,
    EnumerateShells,
    OpenShell,
    ReconnectShell,
    ShellDescription,
)
from protocols.wsman.dialects import Dialect, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.namespaces import (
    ACTION_CREATE,
    ACTION_ENUMERATE,
    ACTION_GET,
    ACTION_PULL,
    ACTION_RELEASE,
)
from protocols.wsman.pages import Enumerate, Page, Pull, Release
from protocols.wsman.shell_messages import RECONNECT, Connect, Disconnect, read_connected
from protocols.wsman.shell_requests import Asking, ShellRequests
from protocols.wsman.shells import (
    ACTION_CONNECT,
    ACTION_DISCONNECT,
    ACTION_RECONNECT,
    SHELL,
    NewShell,
    description_of,
    read_created,
    read_description,
)

__all__ = ["Connection", "Disconnection", "Listing", "Opening", "Reconnection"]


class _Holding(Asking):
    """A conversation that holds a shell."""

    def __init__(self, first: Request, settings: Settings) -> None:
        super().__init__(first)
        self._settings = settings
        self._held: Request | None = None

    def hold(self, shell: ShellDescription) -> list[Any]:
        """Hold this shell, and return it."""
        requests = ShellRequests(shell.resource_uri, shell.shell_id, self._settings)
        self.next, self._held = None, requests.delete()
        return [shell]

    def abandon(self) -> Request | None:
        """End the conversation; return what deletes the shell, if there is one."""
        self.next = None
        return self._held


class Opening(_Holding):
    """The conversation of an `OpenShell`."""

    def __init__(
        self, call: OpenShell, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin it; dialect and classes are of no use here.

        Raises:
            InvalidParameter: something in the call cannot be sent.
        """
        del dialect, schemas
        new = NewShell(
            call.shell_id,
            call.name,
            call.environment,
            call.working_directory,
            call.idle_timeout,
            call.input_streams,
            call.output_streams,
            call.creation_xml,
        )
        requests = ShellRequests(call.resource_uri, None, settings)
        super().__init__(requests.request(ACTION_CREATE, new.write(), call.options), settings)
        self._proposed = None
        if call.shell_id is not None:
            self._proposed = ShellDescription(call.shell_id, call.resource_uri)

    def answered(self, reply: Reply) -> list[Any]:
        """Return the shell.

        Raises:
            ProtocolError: the answer names none.
        """
        return self.hold(read_created(reply.body))

    def lose(self) -> None:
        """Take note that the answer is lost: there may be a shell, of the name proposed."""
        if self._proposed is not None and self.next is not None:
            self.hold(self._proposed)


class Connection(_Holding):
    """The conversation of a `ConnectShell`."""

    def __init__(
        self, call: ConnectShell, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin it; dialect and classes are of no use here."""
        del dialect, schemas
        self._call = call
        requests = ShellRequests(call.resource_uri, call.shell_id, settings)
        body = Connect(connect_xml=call.connect_xml).write()
        super().__init__(requests.request(ACTION_CONNECT, body), settings)

    def answered(self, reply: Reply) -> list[Any]:
        """Return the shell.

        Raises:
            ProtocolError: it is no answer to a Connect.
        """
        response = read_connected(reply.body)
        return self.hold(
            ShellDescription(
                self._call.shell_id, self._call.resource_uri, connect_response=response
            )
        )


class Disconnection(Asking):
    """The conversation of a `DisconnectShell`."""

    def __init__(
        self, call: DisconnectShell, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin it; dialect and classes are of no use here."""
        del dialect, schemas
        requests = ShellRequests(call.shell.resource_uri, call.shell.shell_id, settings)
        body = Disconnect(call.idle_timeout, call.buffer_mode).write()
        super().__init__(requests.request(ACTION_DISCONNECT, body))


class Reconnection(Asking):
    """The conversation of a `ReconnectShell`."""

    def __init__(
        self, call: ReconnectShell, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin it; dialect and classes are of no use here."""
        del dialect, schemas
        requests = ShellRequests(call.shell.resource_uri, call.shell.shell_id, settings)
        super().__init__(requests.request(ACTION_RECONNECT, RECONNECT))


class Listing(Asking):
    """The conversation of an `EnumerateShells`, which gets the one whose name is known."""

    def __init__(
        self, call: EnumerateShells, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin it; dialect and classes are of no use here."""
        del dialect, schemas
        self._requests = ShellRequests(SHELL, call.shell_id, settings)
        self._most = settings.max_elements
        self._context: str | None = None
        first = self._requests.request(ACTION_GET, repeatable=True)
        self._is_one = call.shell_id is not None
        if not self._is_one:
            body = Enumerate(self._most).write()
            first = self._requests.request(ACTION_ENUMERATE, body, repeatable=True)
        super().__init__(first)

    def refused(self, fault: Fault) -> list[Any]:
        """Take note that the enumeration is over, where it is.

        Raises:
            MIError: what the fault is.
        """
        if fault.ends_context:
            self._context = None
        return super().refused(fault)

    def answered(self, reply: Reply) -> list[Any]:
        """Return the shells in an answer, and ask for the rest.

        Raises:
            ProtocolError: there are none in it, not even no shell.
        """
        self.next = None
        if self._is_one:
            return [read_description(reply.body)]
        page = Page.read(reply.body)
        self._context = page.context
        if page.context is not None:
            self.next = self._requests.request(ACTION_PULL, Pull(page.context, self._most).write())
        return [description_of(item) for item in page.items]

    def abandon(self) -> Request | None:
        """End the conversation; return what releases the enumeration, if it is open."""
        self.next = None
        if self._context is None:
            return None
        body = Release(self._context).write()
        return self._requests.request(ACTION_RELEASE, body, repeatable=True)
