"""What all ways to log on over DCOM are made from."""

from __future__ import annotations

from functools import partial

from mi.callbacks import SessionCallbacks
from mi.options import DestinationOptions
from mi.results import MessageChannel
from protocols.dcom.packets import AuthLevel
from protocols.wmidcom.rpc.target import Target

__all__ = ["Way", "level_of"]


class Way:
    """The server to log on to, and what the caller wants of a logon.

    Attributes:
        target: the server.
        options: of the session.
        level: how much is to be protected.
        tell: tells whoever listens to the session.
    """

    def __init__(
        self, target: Target, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> None:
        self.target = target
        self.options = options
        self.level = level_of(options)
        self.tell = partial(callbacks.message, MessageChannel.VERBOSE)


def level_of(options: DestinationOptions) -> AuthLevel:
    """Return how much is protected: all of it, and less than its integrity never (KB5004442)."""
    return AuthLevel.INTEGRITY if options.packet_privacy is False else AuthLevel.PRIVACY
