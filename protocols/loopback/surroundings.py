"""What the connections of an endpoint have in common: its rules, its service and its counts."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass, field

from protocols.loopback.acceptor import Policy
from protocols.loopback.caller import Dialogues
from protocols.loopback.disturbances import Disturbances
from protocols.loopback.exchange import Exchange
from protocols.loopback.service import Service

__all__ = ["Rules", "Surroundings", "Traffic"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What an endpoint demands of every connection.

    Attributes:
        policy: whom it accepts, and how.
        path: the path of the service.
        allow_unencrypted: whether bodies may be neither sealed nor under TLS.
        largest_request: bytes that a body may have.
    """

    policy: Policy
    path: str = "/wsman"
    allow_unencrypted: bool = False
    largest_request: int = 2_048_000


@dataclass
class Traffic:
    """What went over all connections of an endpoint; the lock is for whoever changes it."""

    requests: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    logons: int = 0
    refused_logons: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    delegated: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, **counts: int) -> None:
        """Add to the counts of these names."""
        with self.lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def note_delegated(self, user: str | None) -> None:
        """Note as whom the endpoint could log on elsewhere."""
        if user is not None:
            with self.lock:
                self.delegated.append(user)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all connections of an endpoint share."""

    service: Service
    rules: Rules
    traffic: Traffic
    disturbances: Disturbances
    tls: ssl.SSLContext | None = None
    dialogues: Dialogues = field(default_factory=Dialogues)
