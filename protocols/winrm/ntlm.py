"""Logging a connection on with NTLM, under the name of Negotiate (MS-NLMP, RFC 4559).

requests-ntlm exchanges the tokens. Its hook waits for a 401, which stock OMI never sends to a
request without a token, and sends the body along each time; so it is handed a made-up 401 for an
empty POST, and the tokens travel in POSTs of ours, on the one connection they are meant for.

This is loaded where NTLM is meant, for it takes as long to load as everything else together.
"""

from __future__ import annotations

from typing import Any, cast

from requests import PreparedRequest, Request, Response
from requests_ntlm import HttpNtlmAuth

from mi.credentials import Credentials, Scheme
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    MIError,
    ProtocolError,
)
from protocols.security.ntlm_challenge import flags_of, is_challenge, offers_sealing
from protocols.security.rejection import Rejected, refused, unanswered
from protocols.security.user_names import user_with_password, windows_name
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import PyspnegoSecurity, Seal, SessionSecurity
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import ConnectionMethod, Wire, carried_token, token_in
from protocols.winrm.rejection import not_offered
from protocols.winrm.status import UNAUTHORIZED, status_error

__all__ = ["Ntlm"]

_SCHEME = "Negotiate"  # Windows and OMI take a bare NTLM token under this name
_OK = 200


class Ntlm(ConnectionMethod):
    """One user's NTLM logon."""

    scheme = Scheme.NTLM_DOMAIN

    def __init__(self, credentials: Credentials, address: Address) -> None:
        """Know who logs on.

        Raises:
            NotSupported: there is no user name or no password.
        """
        self.user = user_with_password(credentials)
        self._credentials = credentials  # and not the password, so that this does not pickle
        self._address = address
        self._is_accepted = False

    def log_on(self, wire: Wire) -> Seal | None:
        """Exchange NTLM's three messages; return the means to seal if that is wanted.

        Raises:
            Rejected: the server refuses the user, or takes no NTLM; or it closed the connection
                when it had the last token of a user whom it never accepted, as some do who refuse.
            ConnectionFailed: the connection was lost otherwise.
            AuthenticationFailed: it does not offer to seal as it should.
            ProtocolError: it does not speak NTLM as it should.
        """
        last, seal = self._prepared(wire)
        try:
            answer = wire.finish(last, seal)
        except ConnectionFailed as error:
            if wire.is_sent and not self._is_accepted:
                raise unanswered(self.user, self._address, error) from error
            raise
        if answer.status == UNAUTHORIZED:
            raise refused(self.user, self._address)
        self._is_accepted = True
        return seal

    def _prepared(self, wire: Wire) -> tuple[str, Seal | None]:
        """Return the header with the last token, and the means to seal."""
        tokens = _Tokens(windows_name(self.user), self._credentials.reveal(), wire.binding)
        exchange = _TokenExchange(wire, self._address)
        try:
            security = tokens.exchange(exchange)
        except (MIError, Rejected):
            raise
        except Exception as error:  # noqa: BLE001 - requests-ntlm, pyspnego and below document none
            failure = error
        else:
            return exchange.last, Seal(security) if wire.is_sealing else None
        raise ProtocolError(
            f"the NTLM handshake with {self._address.authority} failed:"
            f" {type(failure).__name__}: {failure}"
        ) from failure


class _Tokens(HttpNtlmAuth):
    """requests-ntlm's side of the handshake, driven without its hook."""

    def __init__(self, user: str, password: str, binding: bytes | None) -> None:
        super().__init__(user, password)
        self._binding = binding

    def exchange(self, exchange: _TokenExchange) -> SessionSecurity:
        """Let the exchange have all tokens; return the means to seal."""
        made_up = cast("Response", exchange.reply(UNAUTHORIZED, _SCHEME))
        self.retry_using_http_NTLM_auth("www-authenticate", "Authorization", made_up, _SCHEME, {})
        # What it holds is asked itself: its own form joins and cuts every message once more.
        return PyspnegoSecurity(cast("Any", self.session_security)._context)  # noqa: SLF001 - above

    def _get_server_cert(self, response: Response) -> bytes | None:  # noqa: ARG002 - its signature
        return self._binding


class _TokenExchange:
    """What requests-ntlm takes for the connection.

    It passes the first token on, and keeps the last one, so that a request can go along with it.

    Attributes:
        last: the header with the last token.
    """

    def __init__(self, wire: Wire, address: Address) -> None:
        self._wire = wire
        self._address = address
        self._is_challenged = False
        self.last = ""

    def reply(self, status: int, offer: str) -> _Reply:
        """Return a reply as requests-ntlm wants it."""
        request = Request("POST", self._address.url).prepare()
        return _Reply(self, request, status, {"www-authenticate": offer})

    def send(self, request: PreparedRequest, **_: Any) -> _Reply:
        """Send the first token in a request's headers, or keep the last one."""
        header = str(request.headers["Authorization"])
        if self._is_challenged:
            self.last = header
            return self.reply(_OK, "")
        challenge = self._challenge(self._wire.post(header))
        self._is_challenged = True
        return self.reply(UNAUTHORIZED, carried_token(_SCHEME, challenge))

    def _challenge(self, answer: Answer) -> bytes:
        """Return the server's challenge, once it is one that may be answered."""
        if answer.status != UNAUTHORIZED:
            raise status_error(answer, self._address, is_sealed=False)
        challenge = token_in(answer, _SCHEME) or b""
        if not is_challenge(challenge):
            raise not_offered("NTLM", answer, self._address)
        if self._wire.is_sealing and not offers_sealing(challenge):
            raise AuthenticationFailed(
                f"{self._address.authority} does not offer to seal messages as it should"
                f" (NTLM flags 0x{flags_of(challenge):08x})",
                advice="Use transport='HTTPS'.",
            )
        return challenge


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
