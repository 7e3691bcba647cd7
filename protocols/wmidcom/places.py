"""Which destinations are this machine, so that its own WMI is meant and no connection."""

from __future__ import annotations

import os
import sys
from typing import Final

from mi.options import DestinationOptions

__all__ = ["has_local_wmi", "is_local"]

_ALWAYS: Final = (None, ".")
_WAYS: Final = ("destination_port", "connect_to", "dialer")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1", "[::1]")


def has_local_wmi() -> bool:
    """Return whether this machine has a WMI of its own."""
    return sys.platform == "win32"


def is_local(destination: str | None, options: DestinationOptions) -> bool:
    """Return whether a destination is this machine; off Windows a name never is.

    There a name is a DCOM connection, be it `localhost`: a tunnel, or a server of tests. On Windows
    it is one too, where the options say which way it goes: local WMI has neither port nor dialer.
    """
    if destination in _ALWAYS:
        return True
    if not has_local_wmi() or any(getattr(options, name) is not None for name in _WAYS):
        return False
    return (destination or "").lower() in (*_LOOPBACK, *_own_names())


def _own_names() -> tuple[str, ...]:
    """Return this machine's names, which Windows tells without a look-up."""
    name = os.environ.get("COMPUTERNAME", "").lower()
    domain = os.environ.get("USERDNSDOMAIN", "").lower()
    return tuple(filter(None, (name, name and domain and f"{name}.{domain}")))
