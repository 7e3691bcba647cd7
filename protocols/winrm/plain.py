"""Schemes that need no logon: each request carries all that there is to say, or nothing."""

from __future__ import annotations

from base64 import b64encode

from mi.credentials import Credentials, Scheme, UserName
from mi.errors import AuthenticationFailed, NotSupported
from protocols.security.rejection import Rejected, refused
from protocols.security.user_names import plain_name
from protocols.winrm.adapter import Answer
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Wire
from protocols.winrm.rejection import is_offered, not_offered

__all__ = ["Anonymous", "Basic", "ClientCertificate", "in_clear"]

# What stands for the certificate in the header (DSP0226 C.3.4).
_MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"


def in_clear(scheme: str, shown: str) -> Rejected:
    """Return our own refusal of a scheme that would show something to the network."""
    return Rejected(
        AuthenticationFailed(
            f"{scheme} would send {shown} through the network in clear",
            advice="Use transport='HTTPS', or packet_privacy=False if that does no harm.",
        ),
        is_refusal=False,
    )


class Basic:
    """User and password in every request, for whoever can read it (RFC 7617)."""

    certificate = None
    logs_on = False
    scheme = Scheme.BASIC

    def __init__(self, credentials: Credentials, address: Address) -> None:
        """Know who it is.

        Raises:
            NotSupported: the user name has a colon, which would end it.
        """
        self.user = credentials.user or UserName("")
        name = plain_name(self.user)
        if ":" in name:
            raise NotSupported("Basic cannot carry a user name with a colon")
        self._header = f"Basic {b64encode(f'{name}:{credentials.reveal()}'.encode()).decode()}"
        self._credentials = credentials  # so that this does not pickle
        self._address = address

    def log_on(self, wire: Wire) -> None:
        """Do nothing.

        Raises:
            Rejected: messages are to be sealed, which it cannot do.
        """
        if wire.is_sealing:
            raise in_clear("Basic", "the password and all messages")

    def authorization(self) -> str:
        """Return the header of every request."""
        return self._header

    def unauthorized(self, answer: Answer, sent: str | None) -> Rejected:  # noqa: ARG002 - as Method
        """Return what a 401 means."""
        if is_offered("Basic", answer):
            return refused(self.user, self._address)
        return not_offered("Basic", answer, self._address)


class ClientCertificate:
    """A certificate, which TLS shows and the server maps to an account (DSP0226 C.3.4)."""

    logs_on = False
    scheme = Scheme.CLIENT_CERTIFICATE
    user = None

    def __init__(self, credentials: Credentials, address: Address) -> None:
        """Know which certificate it is.

        Raises:
            NotSupported: there is no TLS to show it.
        """
        if not address.is_tls:
            raise NotSupported(
                "a client certificate is shown by TLS, and this is plain HTTP",
                advice="Use transport='HTTPS'.",
            )
        self.certificate = credentials.certificate_files
        self._address = address

    def log_on(self, wire: Wire) -> None:
        """Do nothing: TLS does it."""

    def authorization(self) -> str:
        """Return the header of every request."""
        return _MUTUAL

    def unauthorized(self, answer: Answer, sent: str | None) -> Rejected:  # noqa: ARG002 - as Method
        """Return what a 401 means."""
        return Rejected(
            AuthenticationFailed(
                f"{self._address.authority} does not accept the client certificate",
                advice="Check that the service allows certificates, that it maps this one to an"
                " account (winrm/config/service/certmapping), and that the password of that"
                " account has not changed since.",
            ),
            is_refusal=True,
        )


class Anonymous:
    """Nobody, for servers that ask nobody."""

    certificate = None
    logs_on = False
    scheme = Scheme.NONE
    user = None

    def __init__(self, address: Address) -> None:
        self._address = address

    def log_on(self, wire: Wire) -> None:
        """Do nothing.

        Raises:
            Rejected: messages are to be sealed, which it cannot do.
        """
        if wire.is_sealing:
            raise in_clear("a logon as nobody", "all messages")

    def authorization(self) -> None:
        """Return None."""

    def unauthorized(self, answer: Answer, sent: str | None) -> Rejected:  # noqa: ARG002 - as Method
        """Return what a 401 means."""
        return not_offered("requests of nobody", answer, self._address)
