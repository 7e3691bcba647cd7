"""What a service says of itself once it has let somebody in, and how messages go to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from mi.calls import QueryInstances
from mi.diagnosis import Finding, Verdict
from mi.errors import MIError
from mi.instance import Instance
from mi.options import DestinationOptions, ServerKind
from protocols.winrm.interview import Interview
from protocols.winrm.sizes import KILOBYTE, envelope_size
from protocols.winrm.survey import failed
from protocols.wsman.enumeration import Enumeration
from protocols.wsman.envelope import Request
from protocols.wsman.fault import Fault
from protocols.wsman.namespaces import ACTION_GET
from protocols.wsman.recognition import kind_of_identity

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Inspection"]

_CONFIGURATION: Final = "http://schemas.microsoft.com/wbem/wsman/1/config"
_OF_CONFIGURATION: Final = ("clear text", "channel binding", "envelope size")
_WINDOWS: Final = (ServerKind.WINRM3, ServerKind.WINRM2, ServerKind.WINRM1)
_QUERY: Final = "SELECT Caption, Version FROM Win32_OperatingSystem"
_ASK_AN_ADMINISTRATOR: Final = "An administrator may ask: winrm get winrm/config"
# What to do about errors that do not say it themselves.
_NO_WMI: Final = "Look there whether WMI works: Get-CimInstance Win32_OperatingSystem."
_NO_SYSTEM: Final = (
    "Leave default_namespace= at root/cimv2; if it is that, run there: winmgmt /verifyrepository"
)


class Inspection:
    """Looks at a service from inside."""

    def __init__(
        self, interview: Interview, identity: Instance, options: DestinationOptions, *, is_tls: bool
    ) -> None:
        """Look at nothing yet.

        Args:
            interview: which has logged on.
            identity: who the service says that it is.
            options: of the destination.
            is_tls: whether the connection is under TLS.
        """
        self._interview = interview
        self._identity = identity
        self._options = options
        self._is_tls = is_tls
        recognized = kind_of_identity(identity) or ServerKind.WINRM3
        self._kind = options.server_kind or recognized

    def sealing(self) -> Iterator[Finding]:
        """Tell whether others can read the messages."""
        if self._interview.is_sealing:
            yield Finding("sealing", Verdict.OK, "messages are sealed with the keys of the logon")
        elif self._is_tls:
            yield Finding("sealing", Verdict.OK, "TLS does it")
        else:
            yield Finding(
                "sealing",
                Verdict.WARNING,
                "messages go in clear, as packet_privacy=False allows",
                "Leave packet_privacy unset, or use transport='HTTPS'.",
            )

    def identify(self) -> Iterator[Finding]:
        """Tell who answers."""
        names = ("ProductVendor", "ProductVersion")
        said = filter(None, (str(self._identity.get(name) or "") for name in names))
        yield Finding("identify", Verdict.OK, f"{' '.join(said)} ({self._kind})")

    def configuration(self) -> Iterator[Finding]:
        """Read what the service demands, which Windows tells administrators."""
        if self._kind not in _WINDOWS:
            yield from _not_told(f"{self._kind} has no configuration to read")
            return
        try:
            reply = self._interview.ask(Request(ACTION_GET, _CONFIGURATION))
            if isinstance(reply, Fault):
                raise reply.error()
        except MIError as error:
            yield from _not_told(
                f"the service does not tell: {error.message}", _ASK_AN_ADMINISTRATOR
            )
            return
        told = _settings(reply.body)
        yield _clear_text(told.get("AllowUnencrypted"))
        yield _channel_binding(told.get("CbtHardeningLevel"))
        yield _envelope_size(
            told.get("MaxEnvelopeSizekb", ""), envelope_size(self._options) // KILOBYTE
        )

    def wmi(self) -> Iterator[Finding]:
        """Ask WMI for something that everybody with rights may see."""
        if self._kind not in _WINDOWS:
            yield Finding("wmi", Verdict.SKIPPED, f"{self._kind} has no WMI")
            return
        namespace = self._options.default_namespace or "root/cimv2"
        call = QueryInstances(_QUERY, namespace=namespace)
        try:
            systems = self._interview.results(Enumeration, call, self._kind)
        except MIError as error:
            yield failed("wmi", error, _NO_WMI)
            return
        if not systems:
            detail = f"{namespace} has no Win32_OperatingSystem"
            yield Finding("wmi", Verdict.WARNING, detail, _NO_SYSTEM)
            return
        caption = " ".join(str(systems[0].get(name) or "") for name in ("Caption", "Version"))
        yield Finding("wmi", Verdict.OK, f"{namespace} may be read: {caption.strip()}")


def _not_told(why: str, advice: str | None = None) -> Iterator[Finding]:
    return (Finding(name, Verdict.SKIPPED, why, advice) for name in _OF_CONFIGURATION)


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


def _envelope_size(theirs: str, ours: int) -> Finding:
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
