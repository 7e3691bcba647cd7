"""A link that is being logged on, as the methods see it, and what goes along with a logon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from protocols.network.bounds import Phase
from protocols.network.errands import Errand
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import Seal, Sealing
from protocols.winrm.link import Link
from protocols.winrm.status import UNAUTHORIZED

__all__ = ["LinkWire", "Pending"]

T = TypeVar("T")

_LARGEST_TOKEN_REPLY: Final = 64 * 1024
# A server that refuses the logon may not read on, and reset the connection.
_LARGEST_CARRIED: Final = 64 * 1024
_SUCCESS: Final = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The request that waits for a logon.

    Attributes:
        envelope: the message.
        is_repeatable: whether it may be sent again if its reply was lost.
        post: posts a body with headers, as what it is.
    """

    envelope: bytes = field(repr=False)
    is_repeatable: bool
    post: Callable[[bytes, dict[str, str]], Answer]


class LinkWire:
    """A `Wire` over a link.

    Attributes:
        is_sealing: whether messages are to be sealed.
        greeting: the phrase after the last status.
        reply: the reply to the pending request, if that went along.
    """

    def __init__(
        self,
        link: Link,
        pending: Pending,
        tell: Callable[[str], None],
        *,
        is_sealing: bool,
        is_omi: bool,
    ) -> None:
        """Serve one logon; `is_omi` is whether the server is known to be one."""
        self._link = link
        self._pending = pending
        self._is_omi = is_omi
        self.tell = tell
        self.is_sealing = is_sealing
        self.greeting = ""
        self.reply: Answer | None = None

    @property
    def binding(self) -> bytes | None:
        """The hash of the server's certificate, or None."""
        return self._link.binding

    @property
    def is_sent(self) -> bool:
        """Whether the last request that was posted may have reached the server."""
        return self._link.bounds.is_sent

    def post(self, authorization: str | None) -> Answer:
        """Send an empty POST with this Authorization header."""
        headers = self._link.new_headers()
        if authorization is not None:
            headers["Authorization"] = authorization
        answer = self._link.post(b"", headers, _LARGEST_TOKEN_REPLY)
        self.greeting = answer.reason
        return answer

    def finish(self, authorization: str, seal: Seal | None = None) -> Answer:
        """Send what should end the logon; the pending request goes along where that is safe.

        Without sealing that is everywhere, for simple clients send it along each time. Sealed, it
        is safe with OMI, which was seen to take it; Windows was not.
        """
        message = self._message(seal)
        if message is None:
            return self.post(authorization)
        content_type, body = message
        headers = {**self._link.new_headers(), "Authorization": authorization}
        if content_type is not None:
            headers["Content-Type"] = content_type
        return self._carry(body, headers)

    def _message(self, seal: Seal | None) -> tuple[str | None, bytes] | None:
        """Return the type and the body of what goes along, or None if nothing does."""
        envelope = self._pending.envelope
        if len(envelope) > _LARGEST_CARRIED:
            return None
        if not self.is_sealing:
            return None, envelope
        if seal is None or not self._is_omi:
            return None
        return Sealing(seal, has_tabs=False).seal(envelope)

    def _carry(self, body: bytes, headers: dict[str, str]) -> Answer:
        bounds = self._link.bounds
        bounds.hold(None)
        answer = self._pending.post(body, headers)
        bounds.hold(Phase.AUTHENTICATING)
        # A 401 is about the logon, and so is success without a word.
        is_ignored = answer.status in _SUCCESS and not answer.body and self._pending.is_repeatable
        if answer.status != UNAUTHORIZED and not is_ignored:
            self.reply = answer
        return answer

    def run(self, errand: Errand[T]) -> T:
        """Return what comes of an errand, if that is within the caller's time."""
        try:
            return errand.result(self._link.bounds)
        finally:
            self._link.attend()
