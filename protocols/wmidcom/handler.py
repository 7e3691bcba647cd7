"""The WMIDCOM handler: opens channels to this machine's WMI, or by DCOM to another's.

A session opens all the same where there is no local WMI (MI_Application_NewSession need not
communicate); what is missing shows with its first operation. That is NOT_SUPPORTED and not FAILED:
it is known, and for good.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NoReturn

from mi.callbacks import SessionCallbacks
from mi.calls import Call
from mi.control import Control, Expiry
from mi.errors import NotSupported
from mi.handler import Channel, Run
from mi.options import DestinationOptions
from protocols.network.places import host_of, named
from protocols.wmidcom.places import has_local_wmi, is_local

if TYPE_CHECKING:
    from protocols.wmidcom.services import OpenConnection, WbemConnection

__all__ = ["WmidcomHandler"]

# Where the transports are, imported by the first operation.
_LOCAL: Final = ("protocols.wmidcom.com.connection", "ComConnection")
_REMOTE: Final = ("protocols.wmidcom.rpc.connection", "RpcConnection")
# What the remote one imports, and what it is installed as.
_NEEDED: Final = {"spnego": "pyspnego"}


class WmidcomHandler:
    """Speaks to IWbemServices: by DCOM (MS-WMI), and by COM on Windows itself."""

    def open(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> Channel:
        """Return a channel to `destination`; it touches neither COM nor the network.

        Args:
            destination: a host name or address; None and `.` are this machine, and on Windows so
                are its own names, unless the options name a port, an address or a dialer.
            options: a copy that nobody else changes.
            callbacks: told what happens outside any operation.

        Raises:
            NotSupported: a library is not installed, the advice says which; or the way should lead
                through a proxy.
            InvalidParameter: the destination, or `connect_to`, is no host name and no address.
        """
        if destination is None or is_local(destination, options):
            where = _LOCAL
            if not has_local_wmi():
                return _Nowhere()
        else:
            where = _REMOTE
            _check_libraries()
            _check_place(destination, options)
            _check_proxy(options)
        # Now, and not above: there is no need for all of it where it ends with the next call.
        from protocols.wmidcom.channel import WmidcomChannel  # noqa: PLC0415

        connect = partial(_connect, *where, destination, options, callbacks)
        return WmidcomChannel(connect, destination, options)

    def diagnose(self, *_: object) -> NoReturn:
        """Find out nothing, but say what there is to look at; arguments as `DiagnosingHandler`'s.

        Raises:
            NotSupported: always.
        """
        raise NotSupported(
            "the protocol handler WMIDCOM cannot diagnose",
            advice="Try any operation: its error says what is wrong. The ports and the rights that"
            " WMIDCOM needs are in the documentation, on the page 'Which protocol, and what each"
            " needs'.",
        )


def _connect(
    module: str,
    name: str,
    destination: str | None,
    options: DestinationOptions,
    callbacks: SessionCallbacks,
) -> WbemConnection:
    try:
        kind: OpenConnection = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise _missing(error.name or module, error.name or module) from error
    return kind(destination, options, callbacks)


def _check_libraries() -> None:
    for module, package in _NEEDED.items():
        if sys.modules.get(module) is None and find_spec(module) is None:
            raise _missing(module, package)


def _check_place(destination: str, options: DestinationOptions) -> None:
    host_of(destination)
    if options.connect_to is not None:
        named(f"connect_to={options.connect_to!r}", options.connect_to, 1)


def _check_proxy(options: DestinationOptions) -> None:
    """Refuse what others pass over: a way around the proxy may be one that was not wanted."""
    if options.proxy is not None:
        raise NotSupported(
            f"DCOM does not go through proxies, and proxy={options.proxy!r} was given",
            advice="Leave proxy= out; or bring sockets of your own by dialer=; or use"
            " protocol='WINRM'.",
        )


def _missing(module: str, package: str) -> NotSupported:
    return NotSupported(
        f"WMIDCOM needs the module {module}, which is not installed",
        advice=f"Run: pip install '{package}'",
    )


class _Nowhere:
    """The channel to a machine that has no WMI: every operation says so, and what to do."""

    def start(self, call: Call[Any], control: Control) -> Run:  # noqa: ARG002 - the contract's
        raise NotSupported(
            f"local WMI is not available on this platform ({sys.platform}): the WMIDCOM "
            "protocol reaches the local machine only on Windows.",
            advice='Pass a destination, e.g. application.new_session(destination="host") for '
            'WinRM or protocol="WMIDCOM", destination="host" for DCOM.',
        )

    def close(self, expiry: Expiry) -> None:
        """Close nothing: there is nothing open."""
