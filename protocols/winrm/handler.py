"""The WINRM handler: opens channels, and loads next to nothing to do so."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from mi.callbacks import SessionCallbacks
from mi.control import Expiry
from mi.diagnosis import Finding
from mi.errors import NotSupported
from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address
from protocols.winrm.route import Route
from protocols.winrm.trust import Trust

if TYPE_CHECKING:
    from protocols.winrm.channel import WinrmChannel

__all__ = ["WinrmHandler"]

# What is imported, and what it is installed as.
_NEEDED: Final = {
    "lxml": "lxml",
    "requests": "requests",
    "requests_ntlm": "requests-ntlm",
    "spnego": "pyspnego",
}


class WinrmHandler:
    """Speaks WS-Management over HTTP and HTTPS (DSP0226, DSP0227, MS-WSMV)."""

    def open(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> WinrmChannel:
        """Return a channel to `destination` without touching the network.

        Args:
            destination: a host name or address, or None for this machine.
            options: a copy that nobody else changes.
            callbacks: told what happens outside any operation.

        Raises:
            NotSupported: a library is not installed; the advice says which.
            InvalidParameter: the destination is no host name and no address, or options contradict
                one another.
        """
        _check_libraries()
        # Now, and not above: it loads lxml, and that this is there was not known before.
        from protocols.winrm.channel import WinrmChannel  # noqa: PLC0415

        address = Address.of(destination, options)
        Route.of(address, options)
        Trust.of(options)
        return WinrmChannel(address, destination, options, callbacks)

    def diagnose(
        self, destination: str | None, options: DestinationOptions, expiry: Expiry
    ) -> Iterable[Finding]:
        """Return what is right and what is wrong on the way to `destination`, as it is found.

        Args:
            destination: a host name or address, or None for this machine.
            options: a copy that nobody else changes.
            expiry: when all of it must be over.

        Raises:
            NotSupported: a library is not installed; the advice says which.
            InvalidParameter: the destination is no host name and no address, or options contradict
                one another.
        """
        _check_libraries()
        from protocols.winrm.diagnosis import Examination  # noqa: PLC0415 - loads all of it

        return Examination(destination, options, expiry).findings()


def _check_libraries() -> None:
    for module, package in _NEEDED.items():
        if sys.modules.get(module) is None and find_spec(module) is None:
            raise NotSupported(
                f"WINRM needs the module {module}, which is not installed",
                advice=f"Run: pip install '{package}'",
            )
