"""A connection straight to where an address says."""

import ssl

from protocols.network.bounds import Bounds
from protocols.network.places import Place
from protocols.network.sockets import BoundedSocket
from protocols.winrm.connection import reach, secure
from protocols.winrm.endpoint import Address


def dial(address: Address, bounds: Bounds, context: ssl.SSLContext | None) -> BoundedSocket:
    """Return a new connection to `address`, under TLS if there is a context for it."""
    connection = reach(Place(address.host, address.port), bounds)
    return connection if context is None else secure(connection, address, bounds, context)
