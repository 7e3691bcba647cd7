"""Connections to the peer, and what bounds calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from protocols.dcom.object_writer import write_instance
from protocols.dcom.wbem_objects import object_reference
from protocols.wmidcom.rpc.connection import RpcConnection
from protocols.wmidcom.rpc.namespaces import RpcServices
from protocols.wmidcom.services import Bounds, WbemFlags
from tests.dcom.samples import PART, part
from tests.wmidcom.rpc.peer import Asked, Fault, Peer, Replied

SEMI = WbemFlags.RETURN_IMMEDIATELY | WbemFlags.FORWARD_ONLY
LONG = 20.0
CIMV2 = "root/cimv2"


def soon(seconds: float | None = LONG, cancel: CancelToken | None = None) -> Bounds:
    return Bounds(Expiry.after(seconds, "timeout"), cancel or CancelToken())


def connection(peer: Peer, host: str = "127.0.0.1", **options: Any) -> RpcConnection:
    return RpcConnection(host, peer.options(**options), SessionCallbacks())


def logged_in(peer: Peer, **options: Any) -> tuple[RpcConnection, RpcServices]:
    made = connection(peer, **options)
    return made, made.services(CIMV2, None, soon())


def close(made: RpcConnection) -> None:
    made.close(Expiry.after(5, "grace"))


def encoded(number: int, text: str | None = "x") -> bytes:
    """Return an OBJREF that carries a part along."""
    return object_reference(write_instance(part(number, text), PART))


def cancel_after(seconds: float) -> CancelToken:
    token = CancelToken()
    threading.Timer(seconds, token.cancel).start()
    return token


def delete(services: RpcServices, bounds: Any = None) -> None:
    """Ask for something that has no answer but that it was done."""
    services.delete_instance("X.A=1", WbemFlags.NONE, (), bounds or soon())


def faulting(status: int) -> Callable[[Asked], Replied]:
    """Answer with a fault."""

    def fault(_: Asked) -> Replied:
        raise Fault(status)

    return fault
