"""Which destinations are this machine, so that its own WMI is meant and no connection."""

from __future__ import annotations

import os
import sys
from typing import Final

__all__ = ["has_local_wmi", "is_local"]

_ALWAYS: Final = (None, ".")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1", "[::1]")


def has_local_wmi() -> bool:
    """Return whether this machine has a WMI of its own."""
    return sys.platform == "win32"


def is_local(destination: str | None) -> bool:
    """Return whether a destination is this machine; off Windows a name never is.

    There a name is a DCOM connection, be it `localhost`: a tunnel, or a server of tests.
    """
    if destination in _ALWAYS:
        return True
    return has_local_wmi() and (destination or "").lower() in (*_LOOPBACK, *_own_names())


def _own_names() -> tuple[str, ...]:
    """Return this machine's names, which Windows tells without a look-up."""
    name = os.environ.get("COMPUTERNAME", "").lower()
    domain = os.environ.get("USERDNSDOMAIN", "").lower()
    return tuple(filter(None, (name, name and domain and f"{name}.{domain}")))
