import subprocess
import sys
import textwrap

import pytest

from mi.callbacks import SessionCallbacks
from mi.control import Expiry
from mi.errors import InvalidParameter, NotSupported
from mi.options import DestinationOptions
from protocols.winrm.channel import WinrmChannel
from protocols.winrm.handler import WinrmHandler


def open_channel(destination: str | None, **options: object) -> WinrmChannel:
    return WinrmHandler().open(destination, DestinationOptions(**options), SessionCallbacks())


def test_a_channel_is_opened_to_a_host_or_this_machine() -> None:
    assert open_channel("server01")._address.url == "http://server01:5985/wsman"
    assert open_channel(None)._address.url == "http://localhost:5985/wsman"
    open_channel(None).close(Expiry.of_grace())


def test_what_is_no_host_is_refused_at_once() -> None:
    with pytest.raises(InvalidParameter):
        open_channel("http://server01/")


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("lxml", "lxml"),
        ("requests", "requests"),
        ("requests_ntlm", "requests-ntlm"),
        ("spnego", "pyspnego"),
    ],
)
def test_a_missing_library_is_named_with_its_package(
    module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as Python knows what cannot be imported
    with pytest.raises(NotSupported, match=f"needs the module {module},") as caught:
        open_channel("server01")
    assert caught.value.advice == f"Run: pip install '{package}'"


def test_opening_loads_no_http_library_and_touches_no_network() -> None:
    program = textwrap.dedent("""
        import socket, sys
        before = set(sys.modules)

        def nothing(*_, **__):
            raise AssertionError("the network was touched")

        socket.getaddrinfo = socket.socket.connect = nothing
        from mi.callbacks import SessionCallbacks
        from mi.calls import TestConnection
        from mi.control import Control, Expiry
        from mi.options import DestinationOptions, OperationOptions
        from protocols.winrm.handler import WinrmHandler

        channel = WinrmHandler().open("nowhere.example", DestinationOptions(), SessionCallbacks())
        channel.start(TestConnection(), Control.begin(OperationOptions()))
        channel.close(Expiry.of_grace())
        loaded = {"requests", "urllib3", "http.client", "ssl", "spnego", "requests_ntlm"}
        print(sorted(loaded & set(sys.modules)))
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
