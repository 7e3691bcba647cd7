"""Finding out what is right and what is wrong on the way to a service, step by step.

A step whose failure makes the next ones pointless ends the search; what was not tried says so. The
server sees one logon at most: there is one connection for all that takes one, and if that is lost,
nothing is tried again. A password goes nowhere where somebody else could read it, whatever the
options allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Final

from mi.calls import TestConnection
from mi.control import Expiry
from mi.credentials import Credentials, Scheme
from mi.diagnosis import Finding, Verdict
from mi.errors import MIError
from mi.options import DestinationOptions, ServerKind
from protocols.security.logon import asked
from protocols.security.missing_kerberos import INSTALL
from protocols.winrm.connector import Connector
from protocols.winrm.endpoint import Address
from protocols.winrm.inspection import Inspection
from protocols.winrm.interview import Interview
from protocols.winrm.service_names import service_name
from protocols.winrm.status import shortened
from protocols.winrm.survey import Survey, failed
from protocols.winrm.trust import Trust
from protocols.wsman.identify import Identification

__all__ = ["NAMES", "Examination"]

NAMES: Final = (
    "name",
    "port",
    "tls",
    "certificate",
    "service",
    "schemes",
    "clock",
    "ticket",
    "logon",
    "sealing",
    "identify",
    "clear text",
    "channel binding",
    "envelope size",
    "wmi",
)
"""What is looked at, in this order."""

# What ends the search, and by which verdicts: without a logon there is nothing more to see.
_BARRIERS: Final = {
    **dict.fromkeys(("name", "port", "tls", "service"), (Verdict.FAILED,)),
    "logon": (Verdict.FAILED, Verdict.SKIPPED),
}
_NAME_IT: Final = "Name the host, or say its Kerberos name by service_principal=."
_NOT_TRIED: Final = "not tried, since {} is not ok"
# What to do about errors that do not say it themselves.
_NO_CREDENTIALS: Final = "Let the callable return mi.Credentials; call it by itself to see why not."
_NO_ANSWER: Final = "Allow more time; look there whether the service hangs: Get-Service WinRM."
_TICKETED: Final = (
    Scheme.DEFAULT,
    Scheme.NEGOTIATE,
    Scheme.IMPERSONATED_NEGOTIATE,
    Scheme.KERBEROS,
    Scheme.CRED_SSP,
)


class Examination:
    """One look at all there is."""

    def __init__(
        self, destination: str | None, options: DestinationOptions, expiry: Expiry
    ) -> None:
        """Look at nothing yet.

        Args:
            destination: a host name or address, or None for this machine.
            options: of the destination; of the credentials only the first are used.
            expiry: when all of it must be over.

        Raises:
            InvalidParameter: the destination is none, or options contradict one another.
            NotSupported: an option is not known here.
        """
        self._destination = destination
        self._options = options.copy()
        self._expiry = expiry
        self._address = Address.of(destination, options)
        self._connector = Connector(self._address, options)
        self._survey = Survey(self._address, options, self._connector, expiry)
        self._credentials: Credentials | None = None
        self._interview: Interview | None = None
        self._inspection: Inspection | None = None

    def findings(self) -> Iterator[Finding]:
        """Return what is found as it is found."""
        seen: set[str] = set()
        barrier: Finding | None = None
        try:
            for step in self._steps():
                for finding in step:
                    seen.add(finding.name)
                    if finding.verdict in _BARRIERS.get(finding.name, ()):
                        barrier = finding
                    yield finding
                if barrier is not None:
                    break
        finally:
            if self._interview is not None:
                self._interview.end()
        for name in NAMES:
            if name not in seen and barrier is not None:
                yield Finding(name, Verdict.SKIPPED, _NOT_TRIED.format(barrier.name))

    def _steps(self) -> Iterator[Iterator[Finding]]:
        """Return what is looked at, step by step; none begins before the one before it is over."""
        survey = self._survey
        yield from (survey.name(), survey.port(), survey.tls(), survey.service())
        yield self._ticket()
        yield self._logon()
        if self._inspection is not None:
            inside = self._inspection
            yield from (inside.sealing(), inside.identify(), inside.configuration(), inside.wmi())

    # Who asks

    def _ticket(self) -> Iterator[Finding]:
        """Look for what Kerberos needs here, without asking a KDC."""
        try:
            self._credentials = self._first_credentials()
        except MIError as error:
            yield failed("ticket", error, _NO_CREDENTIALS)
            return
        yield self._ticket_of(self._credentials)

    def _first_credentials(self) -> Credentials:
        given = self._options.credentials
        return Credentials.current_user() if not given else asked(given[0])

    def _ticket_of(self, credentials: Credentials) -> Finding:
        name = service_name(self._address, self._options)
        if credentials.scheme not in _TICKETED:
            detail = f"{credentials.scheme.name} needs none"
            return Finding("ticket", Verdict.SKIPPED, detail)
        if name is None:
            return _nameless(credentials)
        try:
            from protocols.security.tickets import held  # noqa: PLC0415 - loads the libraries
        except ImportError as error:
            return Finding(
                "ticket",
                Verdict.SKIPPED,
                f"for {name} Kerberos is not installed here ({error})",
                INSTALL,
            )
        if credentials.user is not None:
            return Finding(
                "ticket", Verdict.SKIPPED, f"one for {name} is asked for when logging on"
            )
        try:
            user, seconds = held(credentials.ticket_cache)
        except Exception as error:  # noqa: BLE001 - gssapi's has no name before it is loaded
            words = shortened(str(error))
            return Finding("ticket", Verdict.FAILED, f"there is none: {words}", "Run: kinit")
        detail = f"{user} may ask for {name} for {seconds // 60} min more"
        return Finding("ticket", Verdict.OK, detail)

    def _exposed(self, credentials: Credentials) -> Finding | None:
        """Return the finding that a password would be shown to others, or None."""
        if credentials.scheme is Scheme.BASIC and not self._address.is_tls:
            # Where messages are to be sealed, every operation refuses what this would be.
            is_allowed = self._options.packet_privacy is False
            return _unsent(
                Verdict.SKIPPED if is_allowed else Verdict.FAILED,
                "Basic would send the password in clear",
                "Use transport='HTTPS'.",
            )
        trust = Trust.of(self._options)
        is_anybody = self._address.is_tls and not trust.issuer and trust.fingerprint is None
        if credentials.scheme in (Scheme.BASIC, Scheme.CRED_SSP) and is_anybody:
            return _unsent(
                Verdict.SKIPPED,
                f"{credentials.scheme.name} would send the password to whoever answers there",
                "Name the authority by ca_file=, or the certificate by certificate_fingerprint=.",
            )
        return None

    def _logon(self) -> Iterator[Finding]:
        """Log on, once, by asking who the server is."""
        credentials = self._credentials
        if credentials is None:
            yield Finding("logon", Verdict.SKIPPED, "there are no credentials")
            return
        exposed = self._exposed(credentials)
        if exposed is not None:
            yield exposed
            return
        self._options.credentials = (credentials,)
        interview = Interview(
            self._destination, self._address, self._options, self._connector, self._expiry
        )
        self._interview = interview
        started = perf_counter()
        try:
            kind = self._options.server_kind or ServerKind.WINRM3
            (identity,) = interview.results(Identification, TestConnection(), kind)
        except MIError as error:
            yield failed("logon", error, _NO_ANSWER)
            return
        took = 1000 * (perf_counter() - started)
        self._inspection = Inspection(
            interview, identity, self._options, is_tls=self._address.is_tls
        )
        scheme = credentials.scheme if interview.method is None else interview.method.scheme
        who = "the current user" if credentials.user is None else str(credentials.user)
        yield Finding("logon", Verdict.OK, f"{who} by {scheme.name} in {took:.0f} ms")


def _unsent(verdict: Verdict, reason: str, advice: str) -> Finding:
    return Finding("logon", verdict, f"{reason}, so nothing was sent", advice)


def _nameless(credentials: Credentials) -> Finding:
    """Return the finding that a host is for which there can be no ticket."""
    detail = "an address has no Kerberos name"
    if credentials.scheme is Scheme.KERBEROS:
        return Finding("ticket", Verdict.FAILED, detail, _NAME_IT)
    return Finding("ticket", Verdict.SKIPPED, f"{detail}, so NTLM is what is left", _NAME_IT)
