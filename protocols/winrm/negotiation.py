"""Logging a connection on with NTLM, under the name of Negotiate (MS-NLMP, RFC 4559).

requests-ntlm exchanges the tokens. Its hook waits for a 401, which stock OMI never sends to a
request without a token, and sends the body along each time; so it is handed a made-up 401 for an
empty POST, and the tokens travel in empty POSTs of ours, on the one connection they are meant for.

This is loaded where NTLM is meant, for it takes as long to load as everything else together.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any, cast

from requests import PreparedRequest, Request, Response
from requests_ntlm import HttpNtlmAuth

from mi.credentials import UserName
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    MIError,
    NotSupported,
    ProtocolError,
)
from protocols.winrm.adapter import Answer, Post
from protocols.winrm.encryption import SessionSecurity
from protocols.winrm.endpoint import Address
from protocols.winrm.rejection import Rejected, not_offered, refused, unanswered
from protocols.winrm.status import UNAUTHORIZED, status_error

__all__ = ["Negotiate"]

_SIGNATURE = b"NTLMSSP\x00"
_FLAGS = slice(20, 24)  # of a CHALLENGE_MESSAGE, MS-NLMP 2.2.1.2
# Signing, sealing, extended session security, 128-bit keys (MS-NLMP 2.2.2.5). What the server
# leaves out is left out by both sides, so a challenge without them would undo the privacy.
_SEALING = 0x00000010 | 0x00000020 | 0x00080000 | 0x20000000
_TOKEN = re.compile(r"(?:^|,)\s*Negotiate\s+([A-Za-z0-9+/]+=*)\s*(?:,|$)", re.IGNORECASE)


class Negotiate:
    """One user's NTLM logon."""

    authorization = None
    logs_on = True

    def __init__(self, user: UserName, password: str, address: Address) -> None:
        if not password:
            # requests-ntlm would look for credentials elsewhere instead.
            raise NotSupported(
                "NTLM with an empty password is not in this release",
                advice="Windows lets no account without a password log on over the network.",
            )
        self.user = user
        self._password = password
        self._address = address
        self._is_accepted = False

    def log_on(
        self, post: Post, binding: bytes | None, *, is_sealing: bool
    ) -> SessionSecurity | None:
        """Exchange NTLM's three messages; return the means to seal if that is wanted.

        Raises:
            Rejected: the server refuses the user, or takes no NTLM; or it closed the connection
                when it had the last token of a user whom it never accepted, as some do who refuse.
            ConnectionFailed: the connection was lost otherwise.
            AuthenticationFailed: it does not offer to seal as it should.
            ProtocolError: it does not speak NTLM as it should.
        """
        tokens = _Tokens(str(self.user), self._password, binding)
        exchange = _TokenExchange(post, self._address, is_sealing=is_sealing)
        try:
            status = tokens.exchange(exchange)
        except ConnectionFailed as error:
            if exchange.is_challenged and error.outcome_unknown and not self._is_accepted:
                raise unanswered(self.user, self._address) from error
            error.outcome_unknown = False  # nothing else was asked for
            raise
        except (MIError, Rejected):
            raise
        except Exception as error:  # noqa: BLE001 - requests-ntlm, pyspnego and below document none
            failure = error
        else:
            if status == UNAUTHORIZED:
                raise refused(self.user, self._address)
            self._is_accepted = True
            return cast("SessionSecurity", tokens.session_security) if is_sealing else None
        raise ProtocolError(
            f"the NTLM handshake with {self._address.authority} failed:"
            f" {type(failure).__name__}: {failure}"
        ) from failure


class _Tokens(HttpNtlmAuth):
    """requests-ntlm's side of the handshake, driven without its hook."""

    def __init__(self, user: str, password: str, binding: bytes | None) -> None:
        super().__init__(user, password)
        self._binding = binding

    def exchange(self, exchange: _TokenExchange) -> int:
        """Return the HTTP status that ended the handshake."""
        made_up = cast("Response", exchange.reply(UNAUTHORIZED, "Negotiate"))
        final = self.retry_using_http_NTLM_auth(
            "www-authenticate", "Authorization", made_up, "Negotiate", {}
        )
        return final.status_code

    def _get_server_cert(self, response: Response) -> bytes | None:  # noqa: ARG002 - its signature
        return self._binding


class _TokenExchange:
    """What requests-ntlm takes for the connection: it passes the tokens on and answers back.

    Attributes:
        is_challenged: whether the server's challenge is there, so that the last token is next.
    """

    def __init__(self, post: Post, address: Address, *, is_sealing: bool) -> None:
        self._post = post
        self._address = address
        self._is_sealing = is_sealing
        self.is_challenged = False

    def reply(self, status: int, offer: str) -> _Reply:
        """Return a reply as requests-ntlm wants it."""
        request = Request("POST", self._address.url).prepare()
        return _Reply(self, request, status, {"www-authenticate": offer})

    def send(self, request: PreparedRequest, **_: Any) -> _Reply:
        """Send the token in a request's headers."""
        answer = self._post(str(request.headers["Authorization"]))
        if self.is_challenged:
            return self.reply(answer.status, "")
        challenge = self._challenge(answer)
        self.is_challenged = True
        return self.reply(answer.status, f"Negotiate {challenge}")

    def _challenge(self, answer: Answer) -> str:
        """Return the server's challenge, once it is one that may be answered."""
        if answer.status != UNAUTHORIZED:
            raise status_error(answer, self._address, is_sealed=False)
        found = _TOKEN.search(answer.headers.get("WWW-Authenticate", ""))
        challenge = b64decode(found[1]) if found else b""
        if found is None or not challenge.startswith(_SIGNATURE):
            raise not_offered("NTLM", answer, self._address)
        flags = int.from_bytes(challenge[_FLAGS], "little")
        if self._is_sealing and flags & _SEALING != _SEALING:
            raise AuthenticationFailed(
                f"{self._address.authority} does not offer to seal messages as it should"
                f" (NTLM flags 0x{flags:08x})",
                advice="Use transport='HTTPS'.",
            )
        return found[1]


class _Reply:
    """A reply, with as much of requests' form as requests-ntlm looks at."""

    content = b""

    def __init__(
        self,
        connection: _TokenExchange,
        request: PreparedRequest,
        status_code: int,
        headers: dict[str, str],
    ) -> None:
        self.connection = connection
        self.request = request
        self.status_code = status_code
        self.headers = headers
        self.url = request.url
        self.raw = self
        self.history: list[_Reply] = []

    def release_conn(self) -> None:
        """Do nothing: the connection is never released in the midst of a logon."""
