"""What Kerberos calls the service at a destination: its service principal name (SPN).

The name is made from the destination as it was written, as Windows makes it. Kerberos libraries
would rather ask DNS, forwards and backwards, for what they believe to be its real name; but then
whoever answers for DNS decides whom a ticket is for.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address

from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address

__all__ = ["service_name"]

_SERVICE = "HTTP"  # WinRM's own choice; Active Directory lets HOST stand for it


def service_name(address: Address, options: DestinationOptions) -> str | None:
    """Return the SPN, or None where an IP address is all that is known.

    It is `SERVICE/host`, with the realm where the caller gave one.
    """
    if options.service_principal is not None:
        return options.service_principal
    with suppress(ValueError):
        ip_address(address.server_name)
        return None
    # Active Directory does not look at the case; keytabs elsewhere have names in lower case.
    host = address.server_name.lower()
    port = f":{address.port}" if options.encode_port_in_spn else ""
    return f"{_SERVICE}/{host}{port}"
