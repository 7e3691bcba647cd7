"""The WMIDCOM handler as far as this release has it: it says what to use instead.

A session opens all the same (MI_Application_NewSession need not communicate); what is missing
shows with its first operation. That is NOT_SUPPORTED and not FAILED: it is known, and for good.
"""

from __future__ import annotations

import sys
from typing import Any

from mi.callbacks import SessionCallbacks
from mi.calls import Call
from mi.control import Control, Expiry
from mi.errors import NotSupported
from mi.handler import Channel, Run
from mi.options import DestinationOptions

__all__ = ["WmidcomHandler"]

_THIS_MACHINE = (None, ".")


class WmidcomHandler:
    """Makes channels that refuse every operation, each with the way out."""

    def open(
        self,
        destination: str | None,
        options: DestinationOptions,  # noqa: ARG002 - the contract's
        callbacks: SessionCallbacks,  # noqa: ARG002 - the contract's
    ) -> Channel:
        """Return a channel; it touches neither COM nor the network."""
        return _Channel(destination)


class _Channel:
    def __init__(self, destination: str | None) -> None:
        self._destination = destination

    def start(self, call: Call[Any], control: Control) -> Run:  # noqa: ARG002 - the contract's
        if self._destination in _THIS_MACHINE and sys.platform != "win32":
            raise NotSupported(
                f"local WMI is not available on this platform ({sys.platform}): the WMIDCOM "
                "protocol reaches the local machine only on Windows.",
                advice='Pass a destination, e.g. application.new_session(destination="host") for '
                'WinRM or protocol="WMIDCOM", destination="host" for DCOM.',
            )
        raise NotSupported(
            "the WMIDCOM protocol is not in this release, use protocol='WINRM'",
        )

    def close(self, expiry: Expiry) -> None:
        """Close nothing: there is nothing open."""
