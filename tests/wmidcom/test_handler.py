"""The WMIDCOM handler of this release: it opens, and says what to use instead."""

import subprocess
import sys
from typing import Any

import pytest

import mi
from mi.callbacks import SessionCallbacks
from mi.calls import QueryInstances, TestConnection
from mi.control import Control, Expiry
from mi.errors import NotSupported
from mi.options import DestinationOptions, OperationOptions
from mi.results import ErrorCategory, Result
from protocols.wmidcom.handler import WmidcomHandler

_LOCAL = (
    "local WMI is not available on this platform (linux): the WMIDCOM protocol reaches the local "
    "machine only on Windows. Pass a destination, e.g. "
    'application.new_session(destination="host") for WinRM or protocol="WMIDCOM", '
    'destination="host" for DCOM.'
)
_NOT_YET = "the WMIDCOM protocol is not in this release, use protocol='WINRM'"


def _said(monkeypatch: pytest.MonkeyPatch, platform: str, destination: str | None) -> str:
    monkeypatch.setattr(sys, "platform", platform)
    channel = WmidcomHandler().open(destination, DestinationOptions(), SessionCallbacks())
    with pytest.raises(NotSupported) as caught:
        channel.start(TestConnection(), Control.begin(OperationOptions()))
    channel.close(Expiry.of_grace())
    assert caught.value.result is Result.NOT_SUPPORTED
    assert caught.value.category is ErrorCategory.NOT_IMPLEMENTED
    return str(caught.value)


@pytest.mark.parametrize("destination", [None, "."])
def test_local_without_wmi_says_so_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, destination: str | None
) -> None:
    assert _said(monkeypatch, "linux", destination) == _LOCAL


@pytest.mark.parametrize("destination", ["server01", "localhost", "127.0.0.1"])
def test_a_named_host_is_not_in_this_release(
    monkeypatch: pytest.MonkeyPatch, destination: str
) -> None:
    assert _said(monkeypatch, "linux", destination) == _NOT_YET


@pytest.mark.parametrize("destination", [None, ".", "localhost", "server01"])
def test_on_windows_neither_is(monkeypatch: pytest.MonkeyPatch, destination: str | None) -> None:
    assert _said(monkeypatch, "win32", destination) == _NOT_YET


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.test_connection(),
        lambda session: session.get_class("Win32_Service"),
        lambda session: session.enumerate_instances("Win32_Service").all(),
        lambda session: session.run(QueryInstances("SELECT * FROM Win32_Service")).all(),
    ],
)
def test_every_operation_says_it_and_the_session_closes_in_good_order(call: Any) -> None:
    with (
        mi.connect("server01", protocol="WMIDCOM") as session,
        pytest.raises(NotSupported, match="use protocol='WINRM'") as caught,
    ):
        call(session)
    assert caught.value.host == "server01"
    assert caught.value.extended_error["CIMStatusCode"] == 7


def test_an_operation_says_it_when_its_first_result_is_asked_for() -> None:
    with mi.connect("server01", protocol="WMIDCOM") as session:
        operation = session.query_instances("SELECT * FROM Win32_Service")
        with pytest.raises(NotSupported):
            next(operation)


def test_opening_a_session_loads_neither_ctypes_nor_a_network_library() -> None:
    code = (
        "import sys, mi; mi.connect().close();"
        "print([name for name in ('ctypes', 'socket', 'spnego') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == "[]"
