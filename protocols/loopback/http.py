"""A WS-Management endpoint on this machine's loopback interface, for tests, demo and documentation.

    with Endpoint() as endpoint:
        with mi.connect(endpoint.host, options=endpoint.options()) as session:
            ...

It answers as the recordings show Windows to answer, from a repository in memory, to one user made
up for it. It is for tests: it binds to loopback alone, and has no limits against a hostile client.
"""

from __future__ import annotations

import contextlib
import tempfile
from typing import Any

from mi.credentials import CertificateFiles, Credentials, Scheme
from mi.errors import InvalidParameter
from protocols.loopback.acceptor import Policy
from protocols.loopback.connection import Connection
from protocols.loopback.contexts import Contexts
from protocols.loopback.digest import DigestRealm
from protocols.loopback.disturbances import Disturbance, Disturbances
from protocols.loopback.event_log import EventLog
from protocols.loopback.exchange import Exchange
from protocols.loopback.listening import Listening
from protocols.loopback.population import sample_repository
from protocols.loopback.powershell.script_run import Scripts
from protocols.loopback.repository import Repository
from protocols.loopback.service import Limits, Service
from protocols.loopback.shells.files import FileSystem
from protocols.loopback.shells.invocation import Commands
from protocols.loopback.shells.open_shells import OpenShells
from protocols.loopback.subscriptions import Subscriptions
from protocols.loopback.surroundings import Rules, Surroundings, Traffic

__all__ = ["Endpoint"]

_NAMES = ("localhost", "127.0.0.1", "::1")
_SCHEMES = ("Negotiate", "Kerberos", "CredSSP", "Digest", "Basic", "Certificate")
_PATH = "/wsman"


class Endpoint(Listening):
    """A WS-Management server for as long as its context lasts.

    Attributes:
        host: the address it listens on.
        port: the port; 0 before it listens.
        user: the only user it accepts.
        ca_file: the PEM file of the authority that its certificate is of, or None without TLS.
    """

    def __init__(  # noqa: PLR0913 - each is one thing that a test may want otherwise
        self,
        repository: Repository | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        certificate_names: tuple[str, ...] = _NAMES,
        channel_bindings: bool = False,
        allow_unencrypted: bool = False,
        schemes: tuple[str, ...] = ("Negotiate", "Basic"),
        keytab: str | None = None,
        principal: str | None = None,
        path: str = _PATH,
        limits: Limits | None = None,
    ) -> None:
        """Make an endpoint, which does nothing yet.

        Args:
            repository: what to serve; the sample if None.
            host: an address of the loopback interface.
            port: the port to listen on; 0 for any that is free.
            tls: whether to speak TLS, with a certificate made up for it.
            certificate_names: whom the certificate is for.
            channel_bindings: whether a logon under TLS must be bound to the certificate.
            allow_unencrypted: whether to answer bodies that are neither sealed nor under TLS.
            schemes: the authentication schemes to offer: `Negotiate`, `Kerberos`, `CredSSP`,
                `Digest`, `Basic`; with `Certificate`, the user has one, which takes TLS.
            keytab: the file with its Kerberos keys, without which it takes no Kerberos.
            principal: the user by Kerberos' name, `user@REALM`.
            path: the path of the service, from its slash on.
            limits: what it allows and says of itself; Windows' defaults if None.

        Raises:
            InvalidParameter: the host is not a loopback address, or there is no such port, path or
                scheme, or none without TLS.
        """
        super().__init__(host, port)
        if not path.startswith("/"):
            raise InvalidParameter(f"the path {path!r} does not begin with a slash")
        self.ca_file: str | None = None
        self._service = Service(
            sample_repository() if repository is None else repository,
            limits or Limits(),
            self.user.name,
        )
        self._tls, self._names, self._bindings = tls, certificate_names, channel_bindings
        self._schemes, self._path, self._is_open = _known(schemes), path, allow_unencrypted
        if not tls and "Certificate" in self._schemes:
            raise InvalidParameter("there are no certificates without TLS", advice="Add tls=True.")
        self._keytab, self._principal = keytab, principal
        self._client: CertificateFiles | None = None
        self._traffic, self._disturbances = Traffic(), Disturbances()

    def _begin(self, stack: contextlib.ExitStack) -> None:
        around = self._surroundings(stack)
        listener = stack.enter_context(self._ports.listener(self.port))
        self.port = listener.getsockname()[1]
        stack.enter_context(
            self._ports.served(
                [listener],
                lambda peer, number, _: Connection(peer, number, around),
                self.shells.vanish,
            )
        )

    def _surroundings(self, stack: contextlib.ExitStack) -> Surroundings:
        context = binding = certificate = None
        if self._tls:
            # Only here, so that an endpoint without TLS does not load the cryptography package.
            from protocols.loopback import certificates  # noqa: PLC0415

            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="loopback-"))
            user = self.user.name if "Certificate" in self._schemes else None
            identity = certificates.issue(folder, self._names, user)
            context, self.ca_file = identity.context, identity.ca_file
            binding = identity.channel_binding if self._bindings else None
            if identity.client is not None:
                self._client, certificate = identity.client.files, identity.client.der
        policy = Policy(
            self.user,
            self._schemes,
            binding,
            self._keytab,
            self._principal,
            certificate,
            DigestRealm(self.user),
        )
        rules = Rules(policy, self._path, allow_unencrypted=self._is_open)
        return Surroundings(self._service, rules, self._traffic, self._disturbances, context)

    # What it is

    @property
    def url(self) -> str:
        """The URL of the service."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{self._path}"

    @property
    def basic_credentials(self) -> Credentials:
        """The user's credentials for Basic."""
        return self.credentials_for(Scheme.BASIC)

    def credentials_for(self, scheme: Scheme | str) -> Credentials:
        """Return the user's credentials for a scheme that takes a password, or a certificate.

        Raises:
            InvalidParameter: there are none for it.
        """
        if Scheme(scheme) is not Scheme.CLIENT_CERTIFICATE:
            return super().credentials_for(scheme)
        if self._client is None:
            raise InvalidParameter(
                "the endpoint's user has no certificate",
                advice='It has one with tls=True and schemes=("Certificate", …).',
            )
        return Credentials(Scheme.CLIENT_CERTIFICATE, certificate=self._client)

    @property
    def _way(self) -> dict[str, Any]:
        way = super()._way
        if self._tls:
            way |= {"transport": "HTTPS", "ca_file": self.ca_file}
        return way if self._path == _PATH else {**way, "http_url_prefix": self._path}

    @property
    def repository(self) -> Repository:
        """What it serves."""
        return self._service.repository

    # What happened to it

    @property
    def exchanges(self) -> list[Exchange]:
        """The WS-Management messages so far, with their replies; a copy."""
        with self._traffic.lock:
            return list(self._traffic.exchanges)

    @property
    def requests(self) -> int:
        """HTTP requests so far, those of handshakes included."""
        return self._traffic.requests

    @property
    def bytes_received(self) -> int:
        """Bytes of all requests, above TLS."""
        return self._traffic.bytes_received

    @property
    def bytes_sent(self) -> int:
        """Bytes of all replies, above TLS."""
        return self._traffic.bytes_sent

    @property
    def logons(self) -> int:
        """Logons that succeeded; a connection with Basic counts once."""
        return self._traffic.logons

    @property
    def refused_logons(self) -> int:
        """Logons that failed: each of them could lock an account elsewhere."""
        return self._traffic.refused_logons

    @property
    def delegated(self) -> list[str]:
        """As whom it could log on elsewhere, since a client let it; a copy."""
        with self._traffic.lock:
            return list(self._traffic.delegated)

    @property
    def open_contexts(self) -> int:
        """Enumerations that are neither at their end nor released, and subscriptions that stand."""
        return len(self.contexts) + len(self.subscriptions)

    @property
    def contexts(self) -> Contexts:
        """The enumerations under way."""
        return self._service.contexts

    @property
    def subscriptions(self) -> Subscriptions:
        """The subscriptions under way; they can be closed, and forgotten."""
        return self._service.events.subscriptions

    @property
    def open_shells(self) -> int:
        """Shells that nobody has deleted, and that have not expired."""
        return len(self.shells)

    @property
    def open_commands(self) -> int:
        """Commands that run, or have ended and were not signalled since, in open shells."""
        return self.shells.open_commands

    @property
    def shells(self) -> OpenShells:
        """The shells that are open; they can be made to vanish."""
        return self._service.shells

    @property
    def commands(self) -> Commands:
        """The commands that cmd shells run, by name; a test adds its own."""
        return self.shells.commands

    @property
    def scripts(self) -> Scripts:
        """The scripts that PowerShell runs, by text, pattern or name; a test adds its own."""
        return self.shells.scripts

    @property
    def files(self) -> FileSystem:
        """The files that the commands of shells find, in memory."""
        return self.shells.files

    @property
    def event_log(self) -> EventLog:
        """The event log, to write to and to clear."""
        return self._service.events.log

    # What is done to it

    def disturb(self, disturbance: Disturbance) -> Disturbance:
        """Let something go wrong; return it."""
        self._disturbances.arm(disturbance)
        return disturbance

    def undisturb(self) -> None:
        """Let nothing more go wrong."""
        self._disturbances.clear()


def _known(schemes: tuple[str, ...]) -> tuple[str, ...]:
    """Return schemes as HTTP spells them."""
    spelled = {name.lower(): name for name in _SCHEMES}
    unknown = [name for name in schemes if name.lower() not in spelled]
    if unknown:
        raise InvalidParameter(
            f"there is no scheme {unknown[0]!r}",
            advice=f"There are {', '.join(_SCHEMES)}; NTLM is a part of Negotiate.",
        )
    return tuple(spelled[name.lower()] for name in schemes)
