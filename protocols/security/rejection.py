"""What it means when a server says no to a logon: to the scheme, or to the credential."""

from __future__ import annotations

from typing import Final, Protocol

from mi.credentials import UserName
from mi.errors import AuthenticationFailed, ConnectionFailed, MIError

__all__ = ["Known", "Rejected", "may_be_same", "refused", "unanswered"]

_REFUSED: Final = "Check the user name, its domain and the password."


class Known(Protocol):
    """A server.

    Attributes:
        authority: host and port, for messages.
    """

    @property
    def authority(self) -> str: ...  # noqa: D102 - above


class Rejected(Exception):
    """A server says no to a logon; it does not leave this package.

    Attributes:
        error: what the caller is told if there is nothing else to try.
        is_refusal: whether the credential itself was looked at and refused.
        may_pass: whether the reason is on this side, and may be gone another time: no ticket yet.
    """

    def __init__(self, error: MIError, *, is_refusal: bool, may_pass: bool = False) -> None:
        super().__init__(error.message)
        self.error = error
        self.is_refusal = is_refusal
        self.may_pass = may_pass

    def bound_to(self, fingerprint: str) -> None:
        """Tell of the certificate that a refused logon was bound to (RFC 5929).

        A server that sees another one at its own end refuses right passwords, too.
        """
        self.error.advice = (
            f"{self.error.advice} If they are right, something in between may open TLS: the"
            f" certificate that was seen here has the SHA-256 {fingerprint}, and the server's own"
            " must be the same."
        )


def refused(user: UserName, server: Known, advice: str = _REFUSED) -> Rejected:
    """Return the rejection of a credential.

    Args:
        user: whose it is.
        server: who refuses it.
        advice: what to look at.
    """
    return Rejected(
        AuthenticationFailed(
            f"{server.authority} does not accept the credentials of {str(user)!r}",
            advice=f"{advice} To spare the account, this session does not send them again: make a"
            " new one.",
        ),
        is_refusal=True,
    )


def unanswered(user: UserName, server: Known, lost: ConnectionFailed) -> Rejected:
    """Return what a connection is that was lost instead of an answer to the last token."""
    return Rejected(
        AuthenticationFailed(
            f"{server.authority} closed the connection instead of accepting the credentials of"
            f" {str(user)!r}",
            advice="Nobody knows whether they were refused. To spare the account, this session does"
            " not send them again: make a new one.",
            outcome_unknown=lost.outcome_unknown,
        ),
        is_refusal=True,
    )


def may_be_same(one: UserName, other: UserName) -> bool:
    r"""Whether two names may be those of one account, whose bad passwords add up.

    `DOMAIN\user` and `user@realm` may: nothing here knows which realm a domain is.
    """
    if one.user.partition("@")[0].lower() != other.user.partition("@")[0].lower():
        return False
    return not (one.domain and other.domain and one.domain.lower() != other.domain.lower())
