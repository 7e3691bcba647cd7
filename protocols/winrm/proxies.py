"""Proxies: which one is on the way, and the tunnel through it (CONNECT, RFC 9110 9.3.6).

A proxy is asked without credentials first, so that none is sent to one that wants none. As with
servers, a refusal is remembered: one wrong password must never lock an account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from http.client import HTTPException, HTTPResponse
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from requests.utils import get_environ_proxies, select_proxy

from mi.credentials import Credentials, CredentialsSource, Scheme, UserName
from mi.errors import AuthenticationFailed, ConnectionFailed, MIError
from mi.version import __version__
from protocols.network.bounds import Bounds
from protocols.network.errands import Errand
from protocols.network.places import Place
from protocols.network.sockets import BoundedSocket
from protocols.network.turns import Turns
from protocols.security.discretion import discreet
from protocols.security.logon import asked
from protocols.security.rejection import may_be_same
from protocols.winrm.proxy_logons import SpokenScheme, spoken
from protocols.winrm.rejection import schemes_in
from protocols.winrm.route import proxy_at
from protocols.winrm.status import shortened

__all__ = ["Proxy", "system_proxy"]

_LARGEST_PAGE: Final = 64 * 1024
_UNAUTHORIZED: Final = 407
_SUCCESS: Final = range(200, 300)
_UNREACHED: Final = "It cannot reach the server: check name and port as the proxy sees them."
_NO_CONNECT: Final = "It does no CONNECT, without which no server can be reached through it."
_ADVICE: Final = {
    403: "Its rules forbid that: many proxies allow port 443 alone.",
    405: _NO_CONNECT,
    501: _NO_CONNECT,
    502: _UNREACHED,
    503: _UNREACHED,
    504: _UNREACHED,
}
# What a URL with a user and a password leaves open; the weakest comes last.
_OF_URLS: Final = (Scheme.NEGOTIATE, Scheme.DIGEST, Scheme.BASIC)
_WITHOUT_PASSWORD: Final = (Scheme.DIGEST, Scheme.BASIC)


class Proxy:
    """A proxy, and who we are for it; the connections of a session share it, from any thread."""

    def __init__(self, place: Place, credentials: Sequence[CredentialsSource] = ()) -> None:
        """Know the proxy.

        Args:
            place: where it listens.
            credentials: who we are, in the order in which they are tried.
        """
        self.place = place
        self._credentials = credentials
        self._turns = Turns()
        self._is_accepted = False
        self._refused: list[UserName] = []
        self._failure: MIError | None = None

    def tunnel(
        self, target: Place, dial: Callable[[], BoundedSocket], bounds: Bounds
    ) -> BoundedSocket:
        """Return a connection to `target` through the proxy.

        Args:
            target: what it is asked for.
            dial: makes a connection to the proxy.
            bounds: what bounds it all.

        Raises:
            ConnectionFailed: the proxy, or the target behind it, cannot be reached.
            AuthenticationFailed: the proxy does not accept the credentials, or wants some.
            NotSupported: the credentials are not for proxies.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        asking = _Asking(self.place, target, dial, bounds)
        if self._is_accepted or not self._credentials:
            return self._tunnel(asking)
        self._turns.take_within(bounds)  # until one is accepted, one logon at a time
        try:
            return self._tunnel(asking)
        finally:
            self._turns.give_back()

    def _tunnel(self, asking: _Asking) -> BoundedSocket:
        try:
            answer = asking.ask()
            if answer.status == _UNAUTHORIZED:
                answer = self._log_on(asking, answer)
            return asking.result(answer)
        except BaseException:
            asking.end()
            raise

    def _log_on(self, asking: _Asking, answer: _Answer) -> _Answer:
        """Try the credentials, each of another user, and return the last answer."""
        schemes = schemes_in(answer.offers)
        for source in self._credentials:
            credentials = asked(source)
            user = credentials.user or UserName("")
            scheme = spoken(credentials)
            name = scheme.offered(schemes)
            if name is None or any(may_be_same(user, one) for one in self._refused):
                continue
            with discreet():
                answer = _introduce(asking, answer, credentials, scheme, name)
            if answer.status != _UNAUTHORIZED:
                self._is_accepted = True
                return answer
            self._refuse(user)
        raise copy(self._failure) if self._failure else self._unanswered(schemes)

    def _refuse(self, user: UserName) -> None:
        self._is_accepted = False
        self._refused.append(user)
        self._failure = AuthenticationFailed(
            f"the proxy {self.place.authority} does not accept the credentials of {str(user)!r}",
            advice="Check the user name and the password. To spare the account, this session does"
            " not send them again: make a new one.",
        )

    def _unanswered(self, schemes: list[str]) -> AuthenticationFailed:
        return AuthenticationFailed(
            f"the proxy {self.place.authority} wants to know who asks; it offers"
            f" {shortened(', '.join(schemes)) or 'nothing'}",
            advice="Pass proxy_credentials=mi.Credentials.password(user, password, scheme=…) with"
            " a scheme that it offers.",
        )


def _introduce(
    asking: _Asking, answer: _Answer, credentials: Credentials, scheme: SpokenScheme, name: str
) -> _Answer:
    """Log on with these credentials, under this name of their scheme."""
    logon = scheme.begin(credentials.user or UserName(""), credentials.reveal(), name)
    header: str | None = logon.first(answer.offers, asking.target.authority)
    while header is not None:
        answer = asking.ask(header)
        header = logon.next(answer.offers) if answer.status == _UNAUTHORIZED else None
        if header is not None and logon.holds_connection and not asking.is_open:
            raise ConnectionFailed(
                f"the proxy {asking.proxy.authority} closed the connection that was being logged on"
            )
    return answer


class _Answer(NamedTuple):
    """What a proxy says; `offers` are its challenges."""

    status: int
    reason: str
    offers: str


class _Asking:
    """One connection to a proxy, on which it is asked for a target.

    Attributes:
        proxy: where the proxy listens.
        target: what it is asked for.
    """

    def __init__(
        self, proxy: Place, target: Place, dial: Callable[[], BoundedSocket], bounds: Bounds
    ) -> None:
        self.proxy = proxy
        self.target = target
        self._dial = dial
        self._bounds = bounds
        self._connection: BoundedSocket | None = None

    @property
    def is_open(self) -> bool:
        """Whether the proxy has left the connection open."""
        return self._connection is not None and not self._connection.is_stale

    def result(self, answer: _Answer) -> BoundedSocket:
        """Return the connection, which leads to the target now.

        Raises:
            ConnectionFailed: it does not, by the proxy's last answer.
        """
        if self._connection is not None and answer.status in _SUCCESS:
            return self._connection
        raise ConnectionFailed(
            f"the proxy {self.proxy.authority} does not connect to {self.target.authority}:"
            f" HTTP status {answer.status} {shortened(answer.reason)}",
            advice=_ADVICE.get(answer.status, "Ask who runs the proxy."),
        )

    def end(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.end()
            self._connection = None

    def ask(self, authorization: str | None = None) -> _Answer:
        """Ask once, with this Proxy-Authorization header, and return the answer."""
        connection = self._connection
        if connection is None or connection.is_stale:
            self.end()
            connection = self._connection = self._dial()
        try:
            with self._bounds.tunnelling():
                connection.sendall(self._request(authorization))
                return self._read(connection)
        except MIError:
            raise
        except (OSError, HTTPException) as error:
            failure = error
        raise ConnectionFailed(
            f"the proxy {self.proxy.authority} does not answer as HTTP should:"
            f" {shortened(f'{type(failure).__name__}: {failure}')}",
            advice="Check that it is a proxy for HTTP, and its port.",
        ) from failure

    def _request(self, authorization: str | None) -> bytes:
        authority = self.target.authority
        lines = [
            f"CONNECT {authority} HTTP/1.1",
            f"Host: {authority}",
            f"User-Agent: management-infrastructure/{__version__}",
            "Proxy-Connection: Keep-Alive",
        ]
        if authorization is not None:
            lines.append(f"Proxy-Authorization: {authorization}")
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")

    def _read(self, connection: BoundedSocket) -> _Answer:
        with HTTPResponse(connection, method="CONNECT") as reply:
            reply.begin()
            offers = ", ".join(reply.headers.get_all("Proxy-Authenticate", ()))
            if reply.status not in _SUCCESS:
                is_whole = len(reply.read(_LARGEST_PAGE)) < _LARGEST_PAGE
                if reply.will_close or not is_whole:
                    self.end()
            return _Answer(reply.status, reply.reason, offers)


def system_proxy(target: Place, scheme: str, bounds: Bounds) -> Proxy | None:
    """Return the proxy that the environment, or else the system, names for a target.

    Args:
        target: what is to be reached.
        scheme: of the service's URL; HTTP and HTTPS may have proxies of their own.
        bounds: what bounds the search, for on Windows it may look names up.

    Raises:
        InvalidParameter: what is named is no proxy.
        NotSupported: it is one of another kind.
    """
    url = Errand(partial(_system_url, f"{scheme}://{target.authority}/"), "mi-proxy").result(bounds)
    if not url:
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    # Not the URL itself: it may hold a password.
    place = proxy_at(
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", "the system's setting of a proxy"
    )
    if not parts.username:
        return Proxy(place)
    user, password = unquote(parts.username), unquote(parts.password or "")
    schemes = _OF_URLS if password else _WITHOUT_PASSWORD
    return Proxy(place, [Credentials.password(user, password, scheme=one) for one in schemes])


def _system_url(url: str) -> str | None:
    return select_proxy(url, get_environ_proxies(url))
