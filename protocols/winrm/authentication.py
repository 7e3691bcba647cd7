r"""Saying who we are: the schemes of this release, and what became of each credential.

One wrong password must never lock an account. So a refusal is remembered for as long as the session
lives, a user who was refused is not tried in another way, and a logon is never repeated by itself:
there is one connection, it logs on before it does anything else, and if it is lost in the midst of
that, the operation fails.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from copy import copy
from typing import Final, Protocol

from mi.credentials import Credentials, CredentialsSource, Scheme, UserName
from mi.errors import AuthenticationFailed, MIError, NotSupported
from mi.options import DestinationOptions
from protocols.winrm.adapter import Answer, Post
from protocols.winrm.encryption import SessionSecurity
from protocols.winrm.endpoint import Address
from protocols.winrm.rejection import Rejected, is_offered, may_be_same, not_offered, refused

__all__ = ["Logon", "Method"]


class Method(Protocol):
    """One way to log on with one credential.

    Attributes:
        user: who logs on.
        authorization: the header that every request carries, or None.
        logs_on: whether it is the connection that is logged on, by a handshake.
    """

    user: UserName

    @property
    def authorization(self) -> str | None: ...  # noqa: D102 - above

    @property
    def logs_on(self) -> bool: ...  # noqa: D102 - above

    def log_on(
        self, post: Post, binding: bytes | None, *, is_sealing: bool
    ) -> SessionSecurity | None:
        """Log on, and return the means to seal if that is wanted.

        Args:
            post: how to reach the server; each call goes to the same connection.
            binding: the hash of the server's certificate, or None.
            is_sealing: whether messages are to be sealed.

        Raises:
            Rejected: the server refuses the credential or the scheme, or we do.
            MIError: it could not be done.
        """
        ...


class _Basic:
    """User and password in every request, for whoever can read it (RFC 7617)."""

    logs_on = False

    def __init__(self, user: UserName, password: str, address: Address) -> None:
        # Windows takes only accounts of its own here, and they have no domain.
        name = user.user if user.domain == "." else str(user)
        if ":" in name:
            raise NotSupported("Basic cannot carry a user name with a colon")
        self.user = user
        self.authorization = f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"
        self._address = address

    def log_on(self, post: Post, binding: bytes | None, *, is_sealing: bool) -> None:  # noqa: ARG002 - as Method
        if is_sealing:
            raise Rejected(
                AuthenticationFailed(
                    "Basic would send the password and all messages through the network in clear",
                    advice="Use transport='HTTPS', or packet_privacy=False if that does no harm.",
                ),
                is_refusal=False,
            )


def _negotiate(user: UserName, password: str, address: Address) -> Method:
    from protocols.winrm.negotiation import Negotiate  # noqa: PLC0415 - as it says itself

    return Negotiate(user, password, address)


_METHODS: Final[dict[Scheme, Callable[[UserName, str, Address], Method]]] = {
    Scheme.DEFAULT: _negotiate,
    Scheme.NEGOTIATE: _negotiate,
    Scheme.NTLM_DOMAIN: _negotiate,
    Scheme.BASIC: _Basic,
}
_ADVICE = (
    "Pass credentials=mi.Credentials.password(user, password, scheme=…) with one of the schemes"
    f" {', '.join(scheme.name for scheme in _METHODS)}."
)


class Logon:
    """The credentials of a session in their order, and what became of each.

    The next one is tried only if the scheme of the one before is not to be had, or if it is of
    another user.
    """

    def __init__(self, options: DestinationOptions, address: Address) -> None:
        self._sources = list(options.credentials or ())
        self._address = address
        self._method: Method | None = None
        self._refused: list[UserName] = []
        self._failure: MIError | None = None

    def method(self) -> Method:
        """Return the way to log on, always the same one until it is rejected.

        Raises:
            AuthenticationFailed: the server refused what there is; nothing is sent any more.
            NotSupported: nothing of what there is can be used in this release.
        """
        while self._method is None:
            if not self._sources:
                raise self._nothing_left()
            try:
                self._method = self._made(_ask(self._sources[0]))
            except NotSupported as error:
                self._failure = self._failure or error
            del self._sources[0]
        return self._method

    def reject(self, rejection: Rejected) -> None:
        """Remember what became of the present method; `method` goes on from there."""
        if rejection.is_refusal and self._method is not None:
            self._refused.append(self._method.user)
        if rejection.is_refusal or not self._refused:
            self._failure = rejection.error
        self._method = None

    def unauthorized(self, answer: Answer) -> Rejected:
        """Return what a 401 means for a method that sends its credential with each request."""
        if is_offered("Basic", answer):
            return refused(self.method().user, self._address)
        return not_offered("Basic", answer, self._address)

    def _made(self, credentials: Credentials) -> Method | None:
        user, scheme = credentials.user, credentials.scheme
        if user is None or scheme not in _METHODS:
            what = "logging on as the current user" if user is None else f"the scheme {scheme.name}"
            raise NotSupported(f"{what} is not in this release", advice=_ADVICE)
        if any(may_be_same(user, one) for one in self._refused):
            return None
        return _METHODS[scheme](user, credentials.reveal(), self._address)

    def _nothing_left(self) -> MIError:
        if self._failure is not None:
            return copy(self._failure)
        return NotSupported(
            "no credentials were given, and logging on as the current user is not in this release",
            advice=_ADVICE,
        )


def _ask(source: CredentialsSource) -> Credentials:
    if isinstance(source, Credentials):
        return source
    try:
        return source()
    except MIError:
        raise
    except Exception as error:
        # Its text is not ours to repeat: it may hold what was typed.
        raise AuthenticationFailed(
            f"the callable that should return the credentials failed: {type(error).__name__}"
        ) from error
