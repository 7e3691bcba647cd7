"""Kerberos, where the libraries that it needs are there: they come with an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mi.credentials import Credentials
from mi.options import DestinationOptions
from protocols.security.missing_kerberos import not_installed
from protocols.winrm.endpoint import Address

if TYPE_CHECKING:
    from protocols.winrm.kerberos import Kerberos

__all__ = ["new_kerberos"]


def new_kerberos(
    credentials: Credentials, address: Address, options: DestinationOptions
) -> Kerberos:
    """Return the way to log on with Kerberos.

    Raises:
        NotSupported: it cannot be used: the libraries are missing, or a name that it would need.
    """
    try:
        from protocols.winrm.kerberos import Kerberos  # noqa: PLC0415 - loads the libraries
    except ImportError as error:
        raise not_installed(error) from error
    return Kerberos(credentials, address, options)
