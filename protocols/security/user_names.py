r"""How each scheme wants to hear a user's name: one row for each form that it can have.

Windows' own schemes take every form as it is. HTTP's know only what the server keeps itself, so a
local account goes without its dot. Kerberos knows users of realms alone, and nothing on this side
knows which realm a NetBIOS domain is, but for the one that this machine is of.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from mi.credentials import Credentials, UserName
from mi.errors import NotSupported

__all__ = [
    "Form",
    "form_of",
    "plain_name",
    "principal",
    "principal_of",
    "user_with_password",
    "windows_name",
]


class Form(Enum):
    r"""What a user name says of where the user is known."""

    DOMAIN = r"DOMAIN\user"
    REALM = "user@realm"
    LOCAL = r".\user"
    BARE = "user"


def form_of(user: UserName) -> Form:
    """Return the form of a user's name."""
    if user.domain is not None:
        return Form.LOCAL if user.domain == "." else Form.DOMAIN
    return Form.REALM if "@" in user.user else Form.BARE


def _of_domain(user: UserName, default_realm: str | None) -> str | None:
    domain = (user.domain or "").upper()
    known = (default_realm or "").upper()
    if domain in (known, known.partition(".")[0]):
        return f"{user.user}@{default_realm}"
    # A realm of Windows has a DNS name in capitals (MS-KILE); a NetBIOS name may be anybody's.
    return f"{user.user}@{domain}" if "." in domain else None


def _of_realm(user: UserName, default_realm: str | None) -> str | None:
    name, _, realm = user.user.rpartition("@")
    if realm.upper() == (default_realm or "").upper():
        return f"{name}@{default_realm}"
    return f"{name}@{realm.upper()}"  # as Windows writes all of its realms


def _of_nothing(user: UserName, default_realm: str | None) -> str | None:  # noqa: ARG001 - a row
    return None


def _of_default(user: UserName, default_realm: str | None) -> str | None:
    return f"{user.user}@{default_realm}" if default_realm else None


class _Row(NamedTuple):
    """How a form is said: with NTLM and CredSSP, with Basic and Digest, with Kerberos."""

    windows: str
    plain: str
    principal: Callable[[UserName, str | None], str | None]


_ROWS: Final[dict[Form, _Row]] = {
    Form.DOMAIN: _Row(r"{domain}\{user}", r"{domain}\{user}", _of_domain),
    Form.REALM: _Row("{user}", "{user}", _of_realm),
    Form.LOCAL: _Row(r".\{user}", "{user}", _of_nothing),
    Form.BARE: _Row("{user}", "{user}", _of_default),
}


def windows_name(user: UserName) -> str:
    """Return the name for NTLM and CredSSP."""
    return _ROWS[form_of(user)].windows.format(**user._asdict())


def plain_name(user: UserName) -> str:
    """Return the name for Basic and Digest."""
    return _ROWS[form_of(user)].plain.format(**user._asdict())


def principal(user: UserName, default_realm: str | None) -> str | None:
    """Return the name for Kerberos, or None if it cannot be one of a realm's.

    Args:
        user: the user.
        default_realm: the realm that this machine is of, spelled as its configuration does.
    """
    if user.domain is not None and "@" in user.user:
        return None  # AzureAD\user@tenant: no realm knows such a name
    return _ROWS[form_of(user)].principal(user, default_realm)


def principal_of(credentials: Credentials, default_realm: str | None) -> str:
    """Return the name for Kerberos of whoever logs on.

    Raises:
        NotSupported: nothing tells the realm.
    """
    user = credentials.user
    name = None if user is None else principal(user, default_realm)
    if name is None:
        raise NotSupported(
            f"Kerberos knows users of realms, and nothing tells the realm of {str(user)!r}",
            advice="Write user@REALM, or set default_realm in krb5.conf. A local account of the"
            " server needs another scheme, such as NTLM.",
        )
    return name


def user_with_password(credentials: Credentials) -> UserName:
    """Return who logs on by NTLM, which the libraries would look for elsewhere if nobody is named.

    Raises:
        NotSupported: there is no user name, or no password that is not empty.
    """
    user = credentials.user
    if user is None or not (credentials.has_password and credentials.reveal()):
        raise NotSupported(
            "NTLM needs a user name and a password that is not empty",
            advice="Pass mi.Credentials.password(…). Windows lets no account without a password"
            " log on over the network.",
        )
    return user
