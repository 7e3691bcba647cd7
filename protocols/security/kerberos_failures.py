"""What it means when Kerberos does not work: by its error number, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mi.errors import AuthenticationFailed
from protocols.security.rejection import Rejected

__all__ = ["kerberos_failure"]

_BASE: Final = -1765328384  # of krb5's error numbers: RFC 4120 7.5.9, and from 128 on MIT's own
_SIGN: Final = 1 << 31
_TRAILING_NUMBER: Final = re.compile(r" -?\d+$")


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What an error means.

    Attributes:
        what: in words.
        advice: what to do about it.
        is_refusal: whether the KDC refused the user or his secret, which may count there.
    """

    what: str
    advice: str
    is_refusal: bool = False


_WRONG_SECRET = _Meaning(
    "the realm does not accept the password or key of {user}",
    "Check the user name, its realm and the password. To spare the account, this session does not"
    " send them again: make a new one.",
    is_refusal=True,
)
_NO_TICKET = _Meaning(
    "there is no Kerberos ticket of {user}",
    "Get one with kinit, or pass mi.Credentials.password(…) or .keytab(…).",
)
_EXPIRED = _Meaning(
    "the Kerberos ticket of {user} has expired", "Get a new one with kinit, or renew it: kinit -R."
)
_NO_KDC = _Meaning(
    "no server of the Kerberos realm can be found",
    "Check the realm's spelling, and that krb5.conf or DNS (_kerberos._udp) knows its servers.",
)
_CLOCKS = _Meaning(
    "the clocks of this machine, the server and the Kerberos realm differ too much",
    "Let all of them take the time from one source (NTP); five minutes are allowed.",
)
_WRONG_SERVICE = _Meaning(
    "the server cannot read a ticket for {service}",
    "That name belongs to another account: see setspn -Q {service}, or name the right one by"
    " service_principal=.",
)
_UNKNOWN = _Meaning(
    "Kerberos does not work for {user} and {service}",
    "KRB5_TRACE=/dev/stderr in the environment lets the library tell what it does.",
)
_MEANINGS: Final[dict[int, _Meaning]] = {
    6: _Meaning(
        "the Kerberos realm does not know {user}",
        "Check the user name and its realm; a local account of the server needs NTLM.",
    ),
    7: _Meaning(
        "the Kerberos realm knows no service {service}",
        "Use the name under which the server is known there (setspn -L), or give it by"
        " service_principal=.",
    ),
    12: _Meaning(
        "a policy of the Kerberos realm forbids it to {user}",
        "Ask its administrator: hours and machines may be restricted.",
        is_refusal=True,
    ),
    14: _Meaning(
        "the Kerberos realm and this machine have no cipher in common",
        "Give the account AES keys (a new password does), or allow its old ciphers in krb5.conf.",
    ),
    18: _Meaning(
        "the account of {user} is locked, disabled or expired",
        "Ask its administrator. This session does not try again: make a new one.",
        is_refusal=True,
    ),
    23: _Meaning(
        "the password of {user} has expired",
        "Change it, then make a new session.",
        is_refusal=True,
    ),
    24: _WRONG_SECRET,
    31: _WRONG_SECRET,
    32: _EXPIRED,
    37: _CLOCKS,
    33: _CLOCKS,  # a ticket that is not yet valid: its issuer's clock is ahead
    41: _WRONG_SERVICE,
    141: _NO_TICKET,
    154: _NO_KDC,
    155: _NO_KDC,
    156: _NO_KDC,
    181: _Meaning(
        "the keytab has no key of {user}", "Compare the user name with what klist -k tells."
    ),
    195: _NO_TICKET,
    210: _Meaning("the keytab cannot be read", "Check keytab_file= and who may read it."),
}
# A server says 31 of a ticket that it cannot read.
_OF_THE_SERVER: Final[dict[int, _Meaning]] = {**_MEANINGS, 31: _WRONG_SERVICE}


def kerberos_failure(
    error: Exception, user: str, service: str, *, is_of_server: bool = False
) -> Rejected:
    """Return the rejection that an error of the Kerberos libraries is.

    Args:
        error: a `krb5.Krb5Error` or a `gssapi.exceptions.GSSError`.
        user: who wanted a ticket.
        service: for what.
        is_of_server: whether it is the server that says so, and not this machine or the KDC.
    """
    meanings = _OF_THE_SERVER if is_of_server else _MEANINGS
    meaning = meanings.get(_number(error), _UNKNOWN)
    words = {"user": user, "service": service}
    return Rejected(
        AuthenticationFailed(
            f"{meaning.what.format(**words)} ({_text(error)})",
            advice=meaning.advice.format(**words),
        ),
        is_refusal=meaning.is_refusal or is_of_server,
        may_pass=not (meaning.is_refusal or is_of_server),
    )


def _number(error: Exception) -> int:
    """Return the error's number, counted from the first of krb5's."""
    number = int(getattr(error, "err_code", 0) or getattr(error, "min_code", 0))
    return (number - 2 * _SIGN if number >= _SIGN else number) - _BASE


def _text(error: Exception) -> str:
    if (minor := getattr(error, "min_code", 0)) and hasattr(error, "get_all_statuses"):
        texts = error.get_all_statuses(minor, False)  # noqa: FBT003 - whether it is the major one
        return "; ".join(text.rstrip("\0") for text in texts)
    return _TRAILING_NUMBER.sub("", str(error))
