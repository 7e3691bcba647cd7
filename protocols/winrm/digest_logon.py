"""Logging on with Digest: an answer to the server's challenge in every request (RFC 7616)."""

from __future__ import annotations

from threading import Lock
from typing import Final

from mi.credentials import Credentials, Scheme, UserName
from protocols.security.rejection import Rejected, refused
from protocols.security.user_names import plain_name
from protocols.winrm.adapter import Answer
from protocols.winrm.digest import DigestAnswers
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Wire
from protocols.winrm.plain import in_clear
from protocols.winrm.rejection import is_offered, not_offered
from protocols.winrm.status import UNAUTHORIZED, status_error

__all__ = ["Digest"]

_FIRST_USE: Final = "nc=00000001"


class Digest:
    """One user's answers, on any number of connections."""

    certificate = None
    logs_on = False
    scheme = Scheme.DIGEST

    def __init__(self, credentials: Credentials, address: Address) -> None:
        """Know who it is; a challenge is asked for when it is needed."""
        self.user = credentials.user or UserName("")
        self._address = address
        self._answers = DigestAnswers(plain_name(self.user), credentials.reveal())
        self._challenge = ""
        self._lock = Lock()

    def log_on(self, wire: Wire) -> None:
        """Have a challenge, once: it is good for any number of connections.

        Raises:
            Rejected: messages are to be sealed, which it cannot do; or the server takes no Digest.
            MIError: it does not answer as it should.
        """
        if wire.is_sealing:
            raise in_clear("Digest", "all messages")
        with self._lock:
            if not self._challenge:
                self._challenge = self._challenge_in(wire.post(None))

    def authorization(self) -> str:
        """Return the header of one request.

        Raises:
            ProtocolError: the server's challenge cannot be answered.
        """
        with self._lock:
            return self._answers.header(self._challenge, "POST", self._address.path)

    def unauthorized(self, answer: Answer, sent: str | None) -> Rejected | None:
        """Return what a 401 means; None is that the nonce has become too old.

        A server should say so (`stale`). Not all do, so it is believed of any nonce that was good
        for a request before.
        """
        try:
            challenge = self._challenge_in(answer)
        except Rejected as rejection:
            return rejection
        if _FIRST_USE in (sent or "") and not self._answers.is_stale(challenge):
            return refused(self.user, self._address)
        with self._lock:
            self._challenge = challenge
        return None

    def _challenge_in(self, answer: Answer) -> str:
        if answer.status != UNAUTHORIZED:
            raise status_error(answer, self._address, is_sealed=False)
        challenge = answer.headers.get("WWW-Authenticate", "")
        if not challenge or not is_offered("Digest", answer):
            raise not_offered("Digest", answer, self._address)
        return challenge
