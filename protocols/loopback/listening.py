"""The life that endpoints have in common: a user, an address, and an end that leaves nothing."""

from __future__ import annotations

import contextlib
import ipaddress
from abc import abstractmethod
from typing import Any, Final, Self

from mi.closing import Closing
from mi.credentials import Credentials, Scheme
from mi.errors import InvalidParameter
from mi.options import DestinationOptions
from protocols.loopback.ports import Ports
from protocols.loopback.users import User, registered

__all__ = ["Listening"]

_HIGHEST_PORT: Final = 65535


class Listening(Closing):
    """A server on this machine's loopback interface, for as long as its context lasts.

    Entered again, it is a server that was restarted: on the same port, with what it had.

    Attributes:
        host: the address it listens on.
        port: the port that clients are given; 0 before it listens, unless it was chosen.
        user: the only user it accepts.
    """

    def __init__(self, host: str, port: int) -> None:
        """Do nothing yet.

        Raises:
            InvalidParameter: the host is not a loopback address, or the port is none.
        """
        if not _is_loopback(host):
            raise InvalidParameter(
                f"{host} is not an address of the loopback interface",
                advice="It is for tests and serves no other machine: use 127.0.0.1 or ::1.",
            )
        if not 0 <= port <= _HIGHEST_PORT:
            raise InvalidParameter(f"{port} is no port")
        self.host, self.port = host, port
        self.user = User.random()
        self._ports = Ports(host)
        self._cleanup = contextlib.ExitStack()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} on {self.host}, port {self.port}>"

    # Its life

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(registered(self.user))
            self._begin(stack)
            self._cleanup = stack.pop_all()
        return self

    def close(self) -> None:
        """End every connection and thread; twice is allowed."""
        self._cleanup.close()

    @abstractmethod
    def _begin(self, stack: contextlib.ExitStack) -> None:
        """Listen, and have `stack` end all that begins."""

    def drop_connections(self) -> None:
        """End every connection, as a network does that fails, or a server that has enough of it."""
        self._ports.drop()

    # What it is

    @property
    def credentials(self) -> Credentials:
        """The user's credentials for NTLM."""
        return self.credentials_for(Scheme.NTLM_DOMAIN)

    def credentials_for(self, scheme: Scheme | str) -> Credentials:
        """Return the user's credentials for a scheme that takes a password."""
        return Credentials.password(self.user.name, self.user.password, scheme=scheme)

    def options(self, **more: Any) -> DestinationOptions:
        """Return the options by which its user connects, with NTLM.

        Args:
            **more: further ones of `mi.DestinationOptions`, or others instead.

        Raises:
            InvalidParameter: it does not listen, so it has no port yet; or an option is none.
        """
        if not self.port:
            raise InvalidParameter(
                f"the {type(self).__name__} does not listen yet, so it has no port",
                advice="Enter it: with the endpoint as a context.",
            )
        return DestinationOptions(**{**self._way, **more})

    @property
    def _way(self) -> dict[str, Any]:
        return {"destination_port": self.port, "credentials": self.credentials}

    # What happened to it

    @property
    def connections(self) -> int:
        """Connections accepted so far."""
        return self._ports.accepted

    @property
    def open_connections(self) -> int:
        """Connections that have not ended."""
        return len(self._ports)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
