"""What all requests to a shell have in common.

None of them waits for ever: each says how long the server may take, and an answer that is much
longer under way than that will not come, since the server would have said that the time was over.
A Receive is given only some seconds, so that the time runs out at the server first, whose word for
it, unlike a connection that was cut, loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from mi.errors import MIError
from mi.shell_calls import ShellOption
from protocols.wsman import markup
from protocols.wsman.dialects import ClassKnown, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option
from protocols.wsman.namespaces import ACTION_DELETE
from protocols.wsman.shell_faults import error_of
from protocols.wsman.shells import ACTION_RECEIVE, selected

__all__ = ["Asking", "ShellRequests"]

_USUAL_TIME: Final = 60.0  # seconds; Windows' own limit, MaxTimeoutms
_MARGIN: Final = 15.0  # seconds in which the word that the time is over must be here
_LEAST_POLL: Final = 0.5  # seconds; Windows takes no less


class ShellRequests:
    """Makes the requests to one shell, or the one that opens it."""

    def __init__(self, resource_uri: str, shell_id: str | None, settings: Settings) -> None:
        """Make requests of this resource.

        Args:
            resource_uri: what kind of shell it is.
            shell_id: what names it, or None before it is there.
            settings: of the operation.
        """
        self._resource_uri = resource_uri
        self._selectors = () if shell_id is None else selected(shell_id)
        self._settings = settings
        session = settings.session_id
        self._header = ""
        if session:
            # By it a server knows who reconnects (MS-WSMV 3.1.4.16).
            inside = markup.text(session)
            self._header = f'<p:SessionId s:mustUnderstand="false">{inside}</p:SessionId>'

    def request(
        self,
        action: str,
        body: str = "",
        options: Iterable[ShellOption] = (),
        *,
        repeatable: bool = False,
    ) -> Request:
        """Return a request that is answered as soon as it is done."""
        time = self._settings.operation_timeout or _USUAL_TIME
        return Request(
            action,
            self._resource_uri,
            body,
            selectors=self._selectors,
            options=tuple(
                Option(one.name, one.value, must_comply=one.must_comply) for one in options
            ),
            operation_timeout=time,
            repeatable=repeatable,
            header=self._header,
            longest_wait=time + _MARGIN,
        )

    def receive(self, body: str, *, keep_alive: bool) -> Request:
        """Return a Receive, which is answered when there is output, or its time is over."""
        options = _KEPT_ALIVE if keep_alive else ()
        caller = self._settings.operation_timeout
        poll = self._settings.longest_poll
        if caller is not None:
            # Half of it, so that the server says that nothing is there before the caller gives up.
            poll = min(poll, max(caller / 2, _LEAST_POLL))
        return replace(
            self.request(ACTION_RECEIVE, body, options),
            operation_timeout=poll,
            longest_wait=poll + _MARGIN,
            is_poll=True,
            has_streams=True,
        )

    def delete(self) -> Request:
        """Return what deletes the shell."""
        return self.request(ACTION_DELETE, repeatable=True)


_KEPT_ALIVE: Final = (ShellOption("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "TRUE"),)


class Asking:
    """A conversation about a shell, which needs no class: one request at least, and its answer.

    Attributes:
        next: what is to be sent, or None.
    """

    awaits_class: Final = False

    def __init__(self, first: Request | None) -> None:
        """Begin it with this request."""
        self.next = first

    def next_request(self) -> Request | None:
        """Return what is to be sent, or None."""
        return self.next

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        """Return what has come.

        Raises:
            MIError: the server refuses, or its answer is none.
        """
        if isinstance(reply, ClassKnown):
            return []
        try:
            return self.refused(reply) if isinstance(reply, Fault) else self.answered(reply)
        except MIError:
            self.next = None
            raise

    def answered(self, reply: Reply) -> list[Any]:
        """Return what an answer says: nothing more than that it was done."""
        del reply
        self.next = None
        return []

    def refused(self, fault: Fault) -> list[Any]:
        """Return what a fault comes to: an error.

        Raises:
            MIError: it.
        """
        raise error_of(fault)

    def abandon(self) -> Request | None:
        """End the conversation; return None, for nothing stays open."""
        self.next = None
        return None
