"""Finding out what is right and what is wrong on the way to a service, step by step.

A step whose failure makes the next ones pointless ends the search; what was not tried says so. The
server sees one logon at most: there is one connection for all that takes one, and if that is lost,
nothing is tried again. A password goes nowhere where somebody else could read it, whatever the
options allow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from mi.callbacks import SessionCallbacks
from mi.calls import QueryInstances, TestConnection
from mi.control import CancelToken, Expiry
from mi.credentials import Credentials, Scheme
from mi.diagnosis import Finding, Verdict
from mi.errors import ConnectionFailed, MIError
from mi.instance import Instance
from mi.options import DestinationOptions, ServerKind
from mi.results import OperationFlags
from mi.store import SchemaStore
from protocols.network.bounds import Bounds
from protocols.security.admission import Entry
from protocols.security.logon import asked
from protocols.security.rejection import Rejected
from protocols.winrm.admission import Admission
from protocols.winrm.connector import Connector
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Method
from protocols.winrm.identifiers import new_id
from protocols.winrm.line import Line
from protocols.winrm.service_names import service_name
from protocols.winrm.sizes import KILOBYTE, envelope_size, largest_reply
from protocols.winrm.status import shortened
from protocols.winrm.survey import Survey, failed, sooner
from protocols.winrm.trust import Trust
from protocols.wsman.conversation import Conversation
from protocols.wsman.dialects import DIALECTS, Settings
from protocols.wsman.enumeration import Enumeration
from protocols.wsman.envelope import Reply, Request, parse, serialize
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing
from protocols.wsman.identify import Identification
from protocols.wsman.namespaces import ACTION_GET
from protocols.wsman.recognition import kind_of_identity

if TYPE_CHECKING:
    from lxml.etree import _Element

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
_PATIENCE: Final = 20.0  # seconds for one exchange, however much time there is
_CONFIGURATION: Final = "http://schemas.microsoft.com/wbem/wsman/1/config"
_OF_CONFIGURATION: Final = ("clear text", "channel binding", "envelope size")
_WINDOWS: Final = (ServerKind.WINRM3, ServerKind.WINRM2, ServerKind.WINRM1)
# What to do about errors that do not say it themselves.
_NO_CREDENTIALS: Final = "Let the callable return mi.Credentials; call it by itself to see why not."
_NO_ANSWER: Final = "Allow more time; look there whether the service hangs: Get-Service WinRM."
_NO_WMI: Final = "Look there whether WMI works: Get-CimInstance Win32_OperatingSystem."
_NO_SYSTEM: Final = (
    "Leave default_namespace= at root/cimv2; if it is that, run there: winmgmt /verifyrepository"
)
_QUERY: Final = "SELECT Caption, Version FROM Win32_OperatingSystem"
_TICKETED: Final = (
    Scheme.DEFAULT,
    Scheme.NEGOTIATE,
    Scheme.IMPERSONATED_NEGOTIATE,
    Scheme.KERBEROS,
    Scheme.CRED_SSP,
)


class _Once(Admission):
    """Lets a connection log on, and no other after it."""

    _is_spent = False

    def enter(self, bounds: Bounds) -> Entry[Method]:
        if self._is_spent:
            raise ConnectionFailed(
                "the connection was lost, and a second logon is not spent on finding out why",
                advice="Run it again: a connection that is lost again has something in between.",
            )
        self._is_spent = True
        return super().enter(bounds)

    def reject(self, method: Method, rejection: Rejected) -> None:
        self._is_spent = False  # there is nothing left to log on with, and it says why
        super().reject(method, rejection)


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
        self._kind = options.server_kind or ServerKind.WINRM3
        self._credentials: Credentials | None = None
        self._identity: Instance | None = None
        self._line: Line | None = None

    def findings(self) -> Iterator[Finding]:
        """Return what is found as it is found."""
        survey = self._survey
        steps: tuple[Callable[[], Iterator[Finding]], ...] = (
            survey.name,
            survey.port,
            survey.tls,
            survey.service,
            self._ticket,
            self._logon,
            self._sealing,
            self._identify,
            self._configuration,
            self._wmi,
        )
        seen: set[str] = set()
        barrier: Finding | None = None
        try:
            for step in steps:
                for finding in step():
                    seen.add(finding.name)
                    if finding.verdict in _BARRIERS.get(finding.name, ()):
                        barrier = finding
                    yield finding
                if barrier is not None:
                    break
        finally:
            if self._line is not None:
                self._line.discard()
        for name in NAMES:
            if name not in seen and barrier is not None:
                yield Finding(name, Verdict.SKIPPED, _NOT_TRIED.format(barrier.name))

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
            return Finding(
                "ticket",
                Verdict.SKIPPED,
                "an address has no Kerberos name, so NTLM is what is left",
                "Name the host, or say its Kerberos name by service_principal=.",
            )
        try:
            from protocols.security.tickets import held  # noqa: PLC0415 - loads the libraries
        except ImportError as error:
            return Finding(
                "ticket",
                Verdict.SKIPPED,
                f"for {name} Kerberos is not installed here ({error})",
                "Run: pip install 'management-infrastructure[kerberos]'",
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

    def _exposed(self, credentials: Credentials) -> tuple[str, str] | None:
        """Return why a password would be shown to others, and what to do, or None."""
        if credentials.scheme is Scheme.BASIC and not self._address.is_tls:
            return "Basic would send the password in clear", "Use transport='HTTPS'."
        trust = Trust.of(self._options)
        is_anybody = self._address.is_tls and not trust.issuer and trust.fingerprint is None
        if credentials.scheme in (Scheme.BASIC, Scheme.CRED_SSP) and is_anybody:
            return (
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
            reason, advice = exposed
            yield Finding("logon", Verdict.SKIPPED, f"{reason}, so nothing was sent", advice)
            return
        self._options.credentials = (credentials,)
        admission = _Once(self._options, self._address)
        self._line = Line(
            self._address, self._options, SessionCallbacks(), admission, self._connector
        )
        started = perf_counter()
        try:
            (self._identity,) = self._converse(Identification, TestConnection())
        except MIError as error:
            yield failed("logon", error, _NO_ANSWER)
            return
        took = 1000 * (perf_counter() - started)
        method = admission.method
        scheme = credentials.scheme if method is None else method.scheme
        who = "the current user" if credentials.user is None else str(credentials.user)
        yield Finding("logon", Verdict.OK, f"{who} by {scheme.name} in {took:.0f} ms")

    def _sealing(self) -> Iterator[Finding]:
        if self._line is not None and self._line.is_sealing:
            yield Finding("sealing", Verdict.OK, "messages are sealed with the keys of the logon")
        elif self._address.is_tls:
            yield Finding("sealing", Verdict.OK, "TLS does it")
        else:
            yield Finding(
                "sealing",
                Verdict.WARNING,
                "messages go in clear, as packet_privacy=False allows",
                "Leave packet_privacy unset, or use transport='HTTPS'.",
            )

    # What answers

    def _identify(self) -> Iterator[Finding]:
        identity = self._identity
        if identity is None:
            return
        said = [str(identity.get(name) or "") for name in ("ProductVendor", "ProductVersion")]
        if self._options.server_kind is None:
            self._kind = kind_of_identity(identity) or self._kind
        yield Finding("identify", Verdict.OK, f"{' '.join(filter(None, said))} ({self._kind})")

    def _configuration(self) -> Iterator[Finding]:
        """Read what the service demands, which Windows tells administrators."""
        if self._kind not in _WINDOWS:
            why = f"{self._kind} has no configuration to read"
            yield from (Finding(name, Verdict.SKIPPED, why) for name in _OF_CONFIGURATION)
            return
        try:
            reply = self._ask(Request(ACTION_GET, _CONFIGURATION))
            if isinstance(reply, Fault):
                raise reply.error()
        except MIError as error:
            why = f"the service does not tell: {error.message}"
            advice = "An administrator may ask: winrm get winrm/config"
            yield from (Finding(name, Verdict.SKIPPED, why, advice) for name in _OF_CONFIGURATION)
            return
        told = _settings(reply.body)
        yield _clear_text(told.get("AllowUnencrypted"))
        yield _channel_binding(told.get("CbtHardeningLevel"))
        yield self._envelope_size(told.get("MaxEnvelopeSizekb", ""))

    def _envelope_size(self, theirs: str) -> Finding:
        ours = envelope_size(self._options) // KILOBYTE
        if not theirs.isdecimal():
            return Finding("envelope size", Verdict.SKIPPED, "the service does not say")
        detail = f"{ours} KB are asked for, and the service allows {theirs} KB"
        if int(theirs) >= ours:
            return Finding("envelope size", Verdict.OK, detail)
        return Finding(
            "envelope size",
            Verdict.WARNING,
            detail,
            f"Ask for no more, max_envelope_size={theirs}, or raise MaxEnvelopeSizekb there.",
        )

    def _wmi(self) -> Iterator[Finding]:
        """Ask WMI for something that everybody with rights may see."""
        if self._kind not in _WINDOWS:
            yield Finding("wmi", Verdict.SKIPPED, f"{self._kind} has no WMI")
            return
        namespace = self._options.default_namespace or "root/cimv2"
        call = QueryInstances(_QUERY, namespace=namespace)
        try:
            systems = self._converse(Enumeration, call)
        except MIError as error:
            yield failed("wmi", error, _NO_WMI)
            return
        if not systems:
            detail = f"{namespace} has no Win32_OperatingSystem"
            yield Finding("wmi", Verdict.WARNING, detail, _NO_SYSTEM)
            return
        caption = " ".join(str(systems[0].get(name) or "") for name in ("Caption", "Version"))
        yield Finding("wmi", Verdict.OK, f"{namespace} may be read: {caption.strip()}")

    # Messages

    def _converse(
        self, begin: Callable[..., Conversation], call: TestConnection | QueryInstances
    ) -> list[Any]:
        """Return the results of a call, as text, so that no class is asked for."""
        settings = Settings(_PATIENCE, flags=OperationFlags.NO_RTTI, server_name=self._destination)
        conversation = begin(call, settings, DIALECTS[self._kind], SchemaStore())
        results: list[Any] = []
        try:
            while (request := conversation.next_request()) is not None:
                results += conversation.receive(self._ask(request))
        finally:
            parting = conversation.abandon()
            if parting is not None:
                with suppress(MIError):  # the connection is about to be closed
                    self._ask(parting)
        return results

    def _ask(self, request: Request) -> Reply | Fault:
        line = self._line
        if line is None:
            raise ConnectionFailed("nothing is connected")
        options = self._options
        addressing = Addressing(
            self._address.url,
            envelope_size(options),
            options.ui_locale or "en-US",
            options.data_locale or "en-US",
        )
        message_id = None if request.is_identify else new_id()
        envelope = serialize(request, addressing, message_id or "")
        expiry = sooner(self._expiry, _PATIENCE)
        (data,) = line.exchange(envelope, expiry, CancelToken(), repeatable=False)
        return parse(data, message_id, limit=largest_reply(options))


_NOT_TRIED: Final = "not tried, for the {} comes first"


def _settings(body: _Element) -> dict[str, str]:
    """Return the settings in a configuration by their local names; each there is once."""
    found: dict[str, str] = {}
    for element in body.iter("{*}*"):
        if not len(element):
            # The client's come first, and the service's is what is wanted.
            found[str(element.tag).rpartition("}")[2]] = (element.text or "").strip()
    return found


def _clear_text(allowed: str | None) -> Finding:
    if allowed is None:
        return Finding("clear text", Verdict.SKIPPED, "the service does not say")
    if allowed.lower() == "false":
        return Finding("clear text", Verdict.OK, "the service refuses messages in clear")
    return Finding(
        "clear text",
        Verdict.WARNING,
        "the service takes messages in clear (AllowUnencrypted)",
        "Run there: winrm set winrm/config/service '@{AllowUnencrypted=\"false\"}'",
    )


def _channel_binding(level: str | None) -> Finding:
    if level is None:
        return Finding("channel binding", Verdict.SKIPPED, "the service does not say")
    if level.lower() != "none":
        detail = f"{level}: it looks at what Kerberos and NTLM under TLS are bound to, as ours are"
        return Finding("channel binding", Verdict.OK, detail)
    return Finding(
        "channel binding",
        Verdict.WARNING,
        "the service does not look at what a logon is bound to (CbtHardeningLevel)",
        "Run there: winrm set winrm/config/service/auth '@{CbtHardeningLevel=\"Strict\"}'",
    )
