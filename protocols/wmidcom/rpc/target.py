"""Where a server is: its name, the port of its activator, and the way there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mi.network_options import Dialer
from mi.options import DestinationOptions
from protocols.network.bounds import Bounds
from protocols.network.dialling import brought
from protocols.network.places import Place, host_of, named
from protocols.network.sockets import BoundedSocket, advised, reach

__all__ = ["Target"]

_ACTIVATOR_PORT: Final = 135  # MS-DCOM 1.9, MS-RPCE 2.1.1.1
_FIREWALL: Final = (
    "Check that the host is on, and that its firewall lets in TCP port 135 and the dynamic ports of"
    " RPC: Enable-NetFirewallRule -DisplayGroup 'Windows Management Instrumentation (WMI)'."
)


@dataclass(frozen=True, slots=True)
class Target:
    """A server.

    Attributes:
        host: its name as it was written, in ASCII, or an address without brackets.
        place: where its activator listens.
        dialer: what brings sockets, or None.
    """

    host: str
    place: Place
    dialer: Dialer | None = None

    @classmethod
    def of(cls, destination: str, options: DestinationOptions) -> Target:
        """Return where `destination` is.

        Raises:
            InvalidParameter: it, or `connect_to`, is no host name and no address.
        """
        host = host_of(destination)
        place = Place(host, options.destination_port or _ACTIVATOR_PORT)
        if options.connect_to is not None:
            what = f"connect_to={options.connect_to!r}"
            place = named(what, options.connect_to, place.port)
        return cls(host, place, options.dialer)

    @property
    def server_name(self) -> str:
        """What others call it: no zone id, no dot of the root."""
        return self.host.partition("%")[0].rstrip(".")

    @property
    def authority(self) -> str:
        """Its name and the port of its activator, for messages."""
        return Place(self.server_name, self.place.port).authority

    def at(self, port: int) -> Place:
        """Return where something else listens there.

        A server tells its addresses, too, but they are of all its networks, and of names that only
        its own know; whoever could reach its activator goes on the same way (MS-DCOM 3.2.4.2).
        """
        return Place(self.place.host, port)

    def dial(self, place: Place, bounds: Bounds) -> BoundedSocket:
        """Return a new connection.

        Raises:
            ConnectionFailed: it cannot be reached.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        if self.dialer is not None:
            return brought(self.dialer, place, bounds)
        return reach(place, bounds, advice=_advice)


def _advice(failure: OSError) -> str:
    if isinstance(failure, (ConnectionRefusedError, TimeoutError)):
        return _FIREWALL
    return advised(failure)
