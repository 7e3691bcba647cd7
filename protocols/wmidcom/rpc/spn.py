"""What Kerberos calls a server that is reached by DCOM: its service principal name (SPN).

Windows' own client asks for RPCSS and the like; Active Directory lets HOST stand for all of these,
and every machine has that, so it is what is asked for here. The name is made from the destination
as it was written, since whoever answers for DNS must not decide whom a ticket is for.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address

from mi.errors import NotSupported
from mi.options import DestinationOptions
from protocols.wmidcom.rpc.target import Target

__all__ = ["service_name"]

_SERVICE = "host"  # keytabs elsewhere have names in lower case; Active Directory does not mind


def service_name(target: Target, options: DestinationOptions) -> str:
    """Return the SPN: `host/server`, or what the caller gave.

    Raises:
        NotSupported: an IP address is all that is known.
    """
    if options.service_principal is not None:
        return options.service_principal
    host = target.server_name
    with suppress(ValueError):
        ip_address(host)
        raise NotSupported(
            f"Kerberos knows servers by their names, and {host} is an address",
            advice="Give the server's name as the destination, or its Kerberos name as"
            " service_principal=; or use another scheme.",
        )
    return f"{_SERVICE}/{host.lower()}"
