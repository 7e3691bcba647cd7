"""One connection to a server: made, logged on, and made anew when that is safe.

An exchange sends one envelope and returns the reply. It is sent again, once, in two cases only: the
connection was lost before anything of the reply came, and the request may be repeated; or the
server forgot the logon of a connection that it had served before, so that it cannot have read it.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from http.client import ImproperConnectionState, IncompleteRead, NotConnected
from typing import Final

from requests import Request

from mi.callbacks import MessageChannel, SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.errors import ConnectionFailed, InvalidParameter, MIError, ProtocolError
from mi.options import DestinationOptions, ServerKind
from mi.version import __version__
from protocols.winrm.adapter import Answer, PinnedAdapter, read_body
from protocols.winrm.authentication import Logon, Method
from protocols.winrm.bounds import Bounds, Phase
from protocols.winrm.certificates import tls_context
from protocols.winrm.connection import BoundedSocket, dial
from protocols.winrm.encryption import Sealing
from protocols.winrm.endpoint import Address
from protocols.winrm.rejection import Rejected
from protocols.winrm.sizes import largest_reply
from protocols.winrm.status import UNAUTHORIZED, shortened, status_error
from protocols.wsman import framing

__all__ = ["Line"]

_logger = logging.getLogger("mi.winrm")

_KILOBYTE: Final = 1024
_LARGEST_TOKEN_REPLY: Final = 64 * _KILOBYTE
_MOST_OVERHEAD: Final = 1024 * _KILOBYTE  # of a reply's headers and of its chunks
_SOAP: Final = "application/soap+xml;charset=UTF-8"
_OMI_GREETING: Final = "Success"  # ends a logon there, where others say OK
_SUCCESS: Final = range(200, 300)
_MALFORMED: Final = 400
_SERVER_ERROR: Final = 500
_LOST: Final = (OSError, IncompleteRead, NotConnected, ImproperConnectionState)


class Line:
    """One connection, used by one exchange at a time."""

    def __init__(
        self, address: Address, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> None:
        self._address = address
        self._options = options
        self._callbacks = callbacks
        self._logon = Logon(options, address)
        self._most = largest_reply(options)
        self._must_seal = not address.is_tls and options.packet_privacy is not False
        self._context: ssl.SSLContext | None = None
        self._adapter = PinnedAdapter(address, self._hand_over)
        self._request = Request("POST", address.url).prepare()
        self._bounds = Bounds(Expiry(), CancelToken(), 0)
        self._is_closed = False
        self._forget()

    def _forget(self) -> None:
        """Know nothing of any connection."""
        self._socket: BoundedSocket | None = None
        self._is_handed_over = False
        self._is_used = False
        self._method: Method | None = None
        self._sealing: Sealing | None = None
        self._greeting = ""
        self._headers = self._new_headers()

    def _new_headers(self) -> dict[str, str]:
        return {
            "Host": self._address.authority,
            "User-Agent": f"management-infrastructure/{__version__}",
            "Accept-Encoding": "identity",
            "Connection": "Keep-Alive",
            "Content-Type": _SOAP,
        }

    def exchange(
        self, envelope: bytes, expiry: Expiry, cancel: CancelToken, *, repeatable: bool
    ) -> Iterator[bytes]:
        """Send `envelope` and return the envelopes of the reply: one.

        Args:
            envelope: the request.
            expiry: when it must be over.
            cancel: what ends it before.
            repeatable: whether it may be sent again if its reply was lost.

        Raises:
            ConnectionFailed: no connection, or it was lost.
            AuthenticationFailed: the server does not accept the credentials.
            ProtocolError: the reply is none, is larger than allowed, or is not sealed as it must.
            OperationTimeout: `expiry` came first.
            OperationCancelled: `cancel` came first.
            MIError: the server refuses, by its HTTP status, and says no more.
        """
        try:
            with Bounds(expiry, cancel, self._most + _MOST_OVERHEAD) as self._bounds:
                reply = self._converse(envelope, is_repeatable=repeatable)
        except BaseException:
            self.discard()
            raise
        return iter((reply,))

    def discard(self) -> None:
        """Close the connection, if there is one; the next exchange makes another."""
        if self._socket is not None:
            self._socket.end()
        self._adapter.drop()
        self._forget()

    def abort(self) -> None:
        """End the exchange under way, from another thread, and let there be no other."""
        self._is_closed = True
        self._bounds.interrupt()

    # One exchange

    def _converse(self, envelope: bytes, *, is_repeatable: bool) -> bytes:
        may_retry = True
        while True:
            self._make_ready()
            try:
                answer = self._send(envelope, is_repeatable=is_repeatable)
            except Rejected as rejection:
                self.discard()
                self._logon.reject(rejection)
                continue
            except ConnectionFailed as error:
                bounds = self._bounds
                if not (may_retry and is_repeatable and bounds.is_sent and not bounds.received):
                    raise
                self._tell(f"the connection was lost, so the request is sent again: {error}")
            else:
                if not (may_retry and self._is_forgotten(answer)):
                    self._is_used = True
                    return self._content(answer, is_repeatable=is_repeatable)
                self._tell("the server forgot the logon, so it is done again")
            may_retry = False
            self.discard()

    def _make_ready(self) -> None:
        """Have a connection that is open and logged on."""
        if self._is_closed:
            raise InvalidParameter("the session is closed")
        if self._socket is not None:
            if self._socket.is_stale:
                self.discard()
            else:
                self._attend(self._socket)
        while self._method is None:
            method = self._logon.method()
            try:
                self._log_on(method)
            except Rejected as rejection:
                self.discard()
                self._logon.reject(rejection)

    def _attend(self, connection: BoundedSocket) -> None:
        connection.bounds = self._bounds
        self._bounds.interrupt_by(connection.interrupt)

    def _log_on(self, method: Method) -> None:
        if method.logs_on:
            self._socket = self._dial()  # at once: its certificate binds the logon
        self._bounds.hold(Phase.AUTHENTICATING)
        security = method.log_on(self._post_token, self._binding(), is_sealing=self._must_seal)
        self._bounds.hold(None)
        if security is not None:
            is_omi = self._options.server_kind is ServerKind.OMI or self._greeting == _OMI_GREETING
            self._sealing = Sealing(security, has_tabs=not is_omi)
            self._headers["Content-Type"] = self._sealing.content_type
        if method.authorization is not None:
            self._headers["Authorization"] = method.authorization
        self._method = method

    def _post_token(self, authorization: str) -> Answer:
        headers = {**self._new_headers(), "Authorization": authorization}
        try:
            answer = self._post(b"", headers, _LARGEST_TOKEN_REPLY)
        except ConnectionFailed as error:
            error.outcome_unknown = self._bounds.is_sent
            raise
        self._greeting = answer.reason
        return answer

    def _send(self, envelope: bytes, *, is_repeatable: bool) -> Answer:
        body = envelope if self._sealing is None else self._sealing.seal(envelope)
        try:
            answer = self._post(body, self._headers, self._most)
        except MIError as error:
            error.outcome_unknown = self._bounds.is_sent and not is_repeatable
            raise
        if answer.status == UNAUTHORIZED and "Authorization" in self._headers:
            raise self._logon.unauthorized(answer)
        return answer

    def _is_forgotten(self, answer: Answer) -> bool:
        """Whether the server forgot whose connection this is (HTTP.sys after 120 s, a proxy)."""
        if not self._is_used:
            return False
        if answer.status == UNAUTHORIZED:
            return True
        return answer.status == _MALFORMED and not answer.body and self._sealing is not None

    # HTTP

    def _post(self, body: bytes, headers: dict[str, str], most: int) -> Answer:
        self._bounds.begin()
        headers["Content-Length"] = str(len(body))
        self._request.headers = headers  # type: ignore[assignment]  # a dict is copied faster
        self._request.body = body or None
        try:
            raw = self._adapter.send(self._request, stream=True).raw
            return Answer(raw.status, raw.headers, read_body(raw, most), raw.reason or "")
        except MIError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever requests, urllib3 and below may raise
            # Outside of the block: requests' errors hold the request, and that the credentials.
            cause = _innermost(error)
        if isinstance(cause, MIError):
            raise cause
        raise self._transport_error(cause) from cause

    def _transport_error(self, cause: BaseException) -> MIError:
        what = shortened(f"{type(cause).__name__}: {cause}")
        if isinstance(cause, _LOST):
            return ConnectionFailed(
                f"the connection to {self._address.authority} was lost while"
                f" {self._bounds.phase}: {what}",
                advice="Check the network, and whether the service was restarted.",
            )
        return ProtocolError(f"{self._address.authority} does not answer as HTTP should: {what}")

    def _hand_over(self) -> BoundedSocket:
        """Give urllib3 the connection: the one that is there, and never a second one."""
        if self._is_handed_over:
            raise ConnectionFailed(
                f"{self._address.authority} closed the connection that was being logged on",
                advice="This scheme needs connections that stay open; look for a proxy in between.",
            )
        if self._socket is None:
            self._socket = self._dial()
        self._is_handed_over = True
        return self._socket

    def _dial(self) -> BoundedSocket:
        if not self._address.is_tls:
            return dial(self._address, self._bounds, None)
        options = self._options
        if self._context is None:
            self._context = tls_context(options)
        connection = dial(self._address, self._bounds, self._context)
        if options.cert_ca_check is False and options.cert_cn_check is not False:
            self._check_name(connection)
        return connection

    def _check_name(self, connection: BoundedSocket) -> None:
        from protocols.winrm.identity import check_name  # noqa: PLC0415 - loads cryptography

        try:
            check_name(_certificate(connection), self._address)
        except MIError:
            connection.close()
            raise

    def _binding(self) -> bytes | None:
        if self._socket is None or not self._address.is_tls:
            return None
        from protocols.winrm.identity import server_end_point  # noqa: PLC0415 - as above

        return server_end_point(_certificate(self._socket))

    # The reply

    def _content(self, answer: Answer, *, is_repeatable: bool) -> bytes:
        try:
            return self._opened(answer)
        except MIError as error:
            is_refused = answer.status not in _SUCCESS and answer.status < _SERVER_ERROR
            error.outcome_unknown = not is_repeatable and not is_refused
            raise

    def _opened(self, answer: Answer) -> bytes:
        """Return the envelope in a reply; DSP0226 14 allows faults with any status."""
        is_sealed = framing.is_sealed(answer.headers.get("Content-Type", ""))
        if self._sealing is not None and is_sealed:
            return self._sealing.unseal(answer)
        if self._sealing is None and not is_sealed and _has_message(answer):
            return answer.body
        if is_sealed:
            raise ProtocolError("the reply is sealed although nothing was agreed upon")
        if self._sealing is not None and answer.status in _SUCCESS:
            raise ProtocolError(
                "the reply to a sealed request is not sealed, so nothing in it is believed"
            )
        raise status_error(answer, self._address, is_sealed=self._sealing is not None)

    def _tell(self, text: str) -> None:
        _logger.info("%s: %s", self._address.authority, text)
        self._callbacks.message(MessageChannel.VERBOSE, text)


def _has_message(answer: Answer) -> bool:
    """Whether a reply in the clear may be an envelope, and not a page about its status."""
    if answer.status in _SUCCESS:
        is_page = "html" in answer.headers.get("Content-Type", "").lower()
        return bool(answer.body) and not is_page
    return answer.status >= _MALFORMED and b"Fault" in answer.body


def _certificate(connection: BoundedSocket) -> bytes:
    """Return the server's certificate; b"" is none that anybody could use."""
    given = isinstance(connection, ssl.SSLSocket) and connection.getpeercert(binary_form=True)
    return given or b""


def _innermost(error: BaseException) -> BaseException:
    """Return what requests' and urllib3's errors wrap; their context may be anybody's."""
    while not isinstance(error, MIError):
        wrapped = (error.__cause__, getattr(error, "reason", None), *error.args)
        inner = next((one for one in wrapped if isinstance(one, BaseException)), None)
        if inner is None:
            break
        error = inner
    return error
