"""What can be seen of the way to a service without saying who we are.

Nothing here sends a credential to the server. A certificate that fails its checks is looked at over
a connection that is used for nothing else.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from time import perf_counter
from typing import Final

from mi.control import CancelToken, Expiry
from mi.diagnosis import Finding, Verdict
from mi.errors import CertificateRejected, MIError, OperationTimeout
from mi.options import DestinationOptions
from protocols.network.bounds import Bounds
from protocols.network.sockets import BoundedSocket, look_up
from protocols.winrm.adapter import Answer
from protocols.winrm.certificates import tls_context
from protocols.winrm.connection import secure
from protocols.winrm.connector import Connector
from protocols.winrm.endpoint import Address
from protocols.winrm.link import Link
from protocols.winrm.rejection import schemes_in
from protocols.winrm.route import Route
from protocols.winrm.status import UNAUTHORIZED, shortened, status_error
from protocols.winrm.trust import Trust

__all__ = ["Survey", "failed", "sooner"]

_LARGEST_REPLY: Final = 64 * 1024
_MOST: Final = 1024 * 1024
_PATIENCE: Final = 10.0  # seconds for one step, however much time there is
_SHORT_PATIENCE: Final = 5.0  # OMI answers no request without a token, ever
_SOON: Final = timedelta(days=30)
_SHOWN: Final = 4  # of many addresses or names
_NOTICEABLE: Final = 60.0  # seconds between two clocks
_UNREACHED: Final = "Check the address, and that no firewall drops the connection."
_UNTRUSTED: Final = "Give the server a certificate that this machine trusts."
_UNREADABLE: Final = "Give the server another certificate, one that OpenSSL can read."
_NO_SERVICE: Final = (
    "Check destination_port= and http_url_prefix=: what answers there is no WS-Management service."
)
_NOTHING_SERVED: Final = (404, 405)
_SUCCESS: Final = range(200, 300)


def failed(name: str, error: MIError, advice: str) -> Finding:
    """Return the finding that an error is; `advice` is for one that has none."""
    return Finding(name, Verdict.FAILED, error.message, error.advice or advice)


def sooner(expiry: Expiry, seconds: float) -> Expiry:
    """Return when a step must be over that may take so many seconds of what is left."""
    own = Expiry.after(seconds, "time of this step")
    return own if own.at < expiry.at else expiry


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


class Survey:
    """Looks at names, ports, TLS and what is offered."""

    def __init__(
        self, address: Address, options: DestinationOptions, connector: Connector, expiry: Expiry
    ) -> None:
        """Look at nothing yet; `expiry` is when all of it must be over."""
        self._address = address
        self._options = options
        self._connector = connector
        self._expiry = expiry
        self._route = Route.of(address, options)
        self._trust = Trust.of(options)

    def _bounds(self, seconds: float | None = None) -> Bounds:
        return Bounds(sooner(self._expiry, seconds or _PATIENCE), CancelToken(), _MOST)

    # The way

    def name(self) -> Iterator[Finding]:
        """Look the name up that the socket is to go to."""
        place = self._route.first
        whose = "the proxy " if self._route.proxy is not None else ""
        if self._route.dialer is not None:
            yield Finding("name", Verdict.SKIPPED, "the dialer knows the way")
            return
        try:
            with self._bounds() as bounds:
                found = dict.fromkeys(str(target[4][0]) for target in look_up(place, bounds))
        except MIError as error:
            yield failed("name", error, "Check the name servers, or give an address.")
            return
        yield Finding("name", Verdict.OK, f"{whose}{place.host} is {_some(tuple(found))}")

    def port(self) -> Iterator[Finding]:
        """Connect, and say no more."""
        started = perf_counter()
        try:
            with self._bounds() as bounds:
                self._connector.reach(bounds).end()
        except MIError as error:
            yield failed("port", error, _UNREACHED)
            return
        took = 1000 * (perf_counter() - started)
        yield Finding(
            "port", Verdict.OK, f"{self._route.target.authority} answers in {took:.0f} ms"
        )

    # TLS

    def tls(self) -> Iterator[Finding]:
        """Do a TLS handshake, and look at the certificate whether it will do or not."""
        if not self._address.is_tls:
            yield from self._no_tls()
            return
        try:
            with self._bounds() as bounds:
                connection = self._connector.connect(bounds)
        except CertificateRejected as error:
            yield failed("tls", error, _UNTRUSTED)
            yield self._rejected()
        except MIError as error:
            yield failed("tls", error, "Check that destination_port= is that of HTTPS.")
        else:
            yield self._spoken(connection)
            yield _certificate(connection.certificate)
            connection.end()

    def _no_tls(self) -> Iterator[Finding]:
        if self._options.packet_privacy is False:
            yield Finding(
                "tls",
                Verdict.WARNING,
                "plain HTTP, and packet_privacy=False: whoever sees the network can read it all",
                "Use transport='HTTPS', or leave packet_privacy unset.",
            )
        else:
            yield Finding("tls", Verdict.SKIPPED, "plain HTTP, whose messages a logon seals")
        yield Finding("certificate", Verdict.SKIPPED, "there is none without TLS")

    def _spoken(self, connection: BoundedSocket) -> Finding:
        tls = connection if isinstance(connection, ssl.SSLSocket) else None
        cipher = (tls and tls.cipher()) or ("no cipher",)
        detail = f"{tls and tls.version()}, {cipher[0]}"
        if self._trust.issuer or self._trust.fingerprint is not None:
            return Finding("tls", Verdict.OK, detail)
        seen = sha256(connection.certificate).hexdigest()
        return Finding(
            "tls",
            Verdict.WARNING,
            f"{detail}, but nobody vouches for the certificate: anybody may stand in between",
            f"If it is the right one, pin it: certificate_fingerprint='{seen}'.",
        )

    def _rejected(self) -> Finding:
        """Look at a certificate that failed its checks, on a connection for nothing else."""
        lax = DestinationOptions(
            cert_ca_check=False,
            cert_cn_check=False,
            minimum_tls_version=self._options.minimum_tls_version,
        )
        with suppress(MIError), self._bounds() as bounds:
            reached = self._connector.reach(bounds)
            connection = secure(reached, self._address, bounds, tls_context(lax))
            connection.end()
            return _certificate(connection.certificate)
        return Finding("certificate", Verdict.SKIPPED, "it could not be looked at")

    # HTTP

    def service(self) -> Iterator[Finding]:
        """Post an empty request without credentials, and look at what comes back."""
        link = Link(self._address, self._connector)
        try:
            with self._bounds(_SHORT_PATIENCE) as link.bounds:
                answer = link.post(b"", link.new_headers(), _LARGEST_REPLY)
        except OperationTimeout:
            yield from _silent("it answers no request without credentials, as OMI does not")
        except MIError as error:
            yield failed("service", error, _NO_SERVICE)
        else:
            yield self._answered(answer)
            yield _offers(answer)
            yield _clock(answer)
        finally:
            link.discard()

    def _answered(self, answer: Answer) -> Finding:
        if answer.status == UNAUTHORIZED:
            return Finding("service", Verdict.OK, f"{self._address.url} wants to know who asks")
        if answer.status in _SUCCESS:
            return Finding("service", Verdict.OK, f"{self._address.url} answers to anybody")
        error = status_error(answer, self._address, is_sealed=False)
        is_nothing = answer.status in _NOTHING_SERVED
        verdict = Verdict.FAILED if is_nothing else Verdict.WARNING
        return Finding("service", verdict, error.message, error.advice)


def _silent(why: str) -> Iterator[Finding]:
    for name in ("service", "schemes", "clock"):
        yield Finding(name, Verdict.SKIPPED, why)


def _certificate(der: bytes) -> Finding:
    from protocols.winrm.identity import facts_of  # noqa: PLC0415 - loads cryptography

    try:
        facts = facts_of(der)
    except ValueError as error:
        words = shortened(str(error))
        return Finding("certificate", Verdict.WARNING, f"it cannot be read: {words}", _UNREADABLE)
    detail = (
        f"{facts.subject} by {facts.issuer} for {_some(facts.names) or 'no name'},"
        f" {facts.begins:%Y-%m-%d} to {facts.ends:%Y-%m-%d}, SHA-256 {sha256(der).hexdigest()}"
    )
    left = facts.ends - datetime.now(UTC)
    if left < timedelta():
        return Finding("certificate", Verdict.WARNING, f"it has expired: {detail}", "Renew it.")
    if left < _SOON:
        return Finding(
            "certificate",
            Verdict.WARNING,
            f"it expires in {left.days} days: {detail}",
            "Renew it before then.",
        )
    return Finding("certificate", Verdict.OK, detail)


def _offers(answer: Answer) -> Finding:
    schemes = schemes_in(answer.headers.get("WWW-Authenticate", ""))
    if schemes:
        return Finding("schemes", Verdict.OK, ", ".join(dict.fromkeys(schemes)))
    return Finding("schemes", Verdict.SKIPPED, "none is offered")


def _clock(answer: Answer) -> Finding:
    """Compare the clocks; HTTP's has whole seconds (RFC 9110 6.6.1)."""
    try:
        there = parsedate_to_datetime(answer.headers.get("Date", ""))
        if there.tzinfo is None:
            there = there.replace(tzinfo=UTC)
    except ValueError:
        return Finding("clock", Verdict.SKIPPED, "the server does not say what time it is")
    seconds = (there - datetime.now(UTC)).total_seconds()
    if abs(seconds) < _NOTICEABLE:
        return Finding("clock", Verdict.OK, f"within {max(1.0, abs(seconds)):.0f} s of ours")
    side = "ahead of" if seconds > 0 else "behind"
    return Finding(
        "clock",
        Verdict.WARNING,
        f"{abs(seconds):.0f} s {side} ours; Kerberos refuses more than 300 s",
        "Let both machines ask a time server: w32tm /resync there, timedatectl here.",
    )
