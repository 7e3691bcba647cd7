"""A call as a line is asked to carry it."""

from __future__ import annotations

from typing import NamedTuple

from protocols.dcom.methods import Interface, Method

__all__ = ["Request"]


class Request(NamedTuple):
    """A call.

    Attributes:
        interface: on which.
        method: which.
        stub: its parameters.
        ipid: the interface pointer that it is called on, or None.
        patience: seconds that the server was told to wait at most, so that a cancel need not cut
            the connection; None where nobody told it.
        is_change: whether it may change something.
    """

    interface: Interface
    method: Method
    stub: bytes
    ipid: bytes | None = None
    patience: float | None = None
    is_change: bool = False
