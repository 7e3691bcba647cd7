"""Who asks, as far as that decides why a server denies something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mi.credentials import Scheme, UserName
from mi.options import DestinationOptions
from protocols.security.user_names import Form, form_of
from protocols.winrm.endpoint import Address

if TYPE_CHECKING:
    from protocols.winrm.handshake import Method  # with it comes requests, which may yet be needed

__all__ = ["NOBODY", "Standing", "standing_of"]

# A user of these may be one of the server's own; Kerberos knows those of realms alone.
_MAY_BE_LOCAL: Final = (Scheme.NTLM_DOMAIN, Scheme.CRED_SSP, Scheme.BASIC, Scheme.DIGEST)
_BUILT_IN: Final = "administrator"  # whose rights Windows leaves alone; others may call it so, too


class Standing(NamedTuple):
    """What is known of whoever logs on.

    Attributes:
        user: the name, as the caller wrote it, or None.
        may_be_filtered: whether it may be a local account whose rights Windows takes away.
        may_delegate: whether the server may act for the user towards others.
    """

    user: str | None = None
    may_be_filtered: bool = False
    may_delegate: bool = False


NOBODY: Final = Standing()
"""That of nobody in particular."""


def standing_of(method: Method | None, address: Address, options: DestinationOptions) -> Standing:
    """Return what is known of whoever logs on by `method`; None is that nobody has."""
    if method is None:
        return NOBODY
    user, scheme = method.user, method.scheme
    is_delegated = scheme is Scheme.KERBEROS and options.delegation is True
    return Standing(
        None if user is None else str(user),
        user is not None and scheme in _MAY_BE_LOCAL and _may_be_filtered(user, address),
        is_delegated or scheme is Scheme.CRED_SSP,
    )


def _may_be_filtered(user: UserName, address: Address) -> bool:
    if user.user.lower() == _BUILT_IN:
        return False
    form = form_of(user)
    if form is Form.DOMAIN:
        # A machine's own accounts are known by its NetBIOS name, the first label of the others.
        return (user.domain or "").lower() == address.server_name.partition(".")[0].lower()
    return form in (Form.LOCAL, Form.BARE)
