"""The WMIDCOM handler: which way it goes where, and what it says of what is missing."""

import importlib.util
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mi
from mi.callbacks import SessionCallbacks
from mi.calls import QueryInstances, TestConnection
from mi.control import Control, Expiry
from mi.errors import NotSupported
from mi.options import DestinationOptions, OperationOptions
from mi.results import ErrorCategory, Result
from protocols.wmidcom import handler
from protocols.wmidcom.handler import WmidcomHandler
from tests.wmidcom.fake_services import FakeConnection

_LOCAL = (
    "local WMI is not available on this platform (linux): the WMIDCOM protocol reaches the local "
    "machine only on Windows. Pass a destination, e.g. "
    'application.new_session(destination="host") for WinRM or protocol="WMIDCOM", '
    'destination="host" for DCOM.'
)


@pytest.mark.parametrize("destination", [None, "."])
def test_local_without_wmi_says_so_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, destination: str | None
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    channel = WmidcomHandler().open(destination, DestinationOptions(), SessionCallbacks())
    with pytest.raises(NotSupported) as caught:
        channel.start(TestConnection(), Control.begin(OperationOptions()))
    channel.close(Expiry.of_grace())
    assert str(caught.value) == _LOCAL
    assert caught.value.result is Result.NOT_SUPPORTED
    assert caught.value.category is ErrorCategory.NOT_IMPLEMENTED


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.test_connection(),
        lambda session: session.get_class("Win32_Service"),
        lambda session: session.enumerate_instances("Win32_Service").all(),
        lambda session: session.run(QueryInstances("SELECT * FROM Win32_Service")).all(),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a WMI of its own")
def test_every_operation_says_it_and_the_session_closes_in_good_order(call: Any) -> None:
    with mi.connect() as session, pytest.raises(NotSupported, match="only on Windows") as caught:
        call(session)
    assert caught.value.extended_error["CIMStatusCode"] == 7


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a WMI of its own")
def test_an_operation_says_it_when_its_first_result_is_asked_for() -> None:
    with mi.connect() as session:
        operation = session.query_instances("SELECT * FROM Win32_Service")
        with pytest.raises(NotSupported):
            next(operation)


@pytest.mark.parametrize(
    ("platform", "destination", "transport"),
    [
        ("linux", "server01", "rpc"),
        ("linux", "localhost", "rpc"),
        ("win32", None, "com"),
        ("win32", "localhost", "com"),
        ("win32", "server01", "rpc"),
    ],
)
def test_a_destination_has_its_transport_made_by_the_first_operation(
    monkeypatch: pytest.MonkeyPatch, platform: str, destination: str | None, transport: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    made: list[tuple[Any, ...]] = []

    def imported(name: str) -> types.SimpleNamespace:
        def connect(*given: Any) -> FakeConnection:
            made.append((name, *given))
            return FakeConnection()

        return types.SimpleNamespace(RpcConnection=connect, ComConnection=connect)

    monkeypatch.setattr(handler, "import_module", imported)
    options, callbacks = DestinationOptions(), SessionCallbacks()
    channel = WmidcomHandler().open(destination, options, callbacks)
    run = channel.start(TestConnection(namespace="root/cimv2"), Control.begin(OperationOptions()))
    assert made == []
    assert run.next_batch() is None
    run.close()
    assert made == [(f"protocols.wmidcom.{transport}.connection", destination, options, callbacks)]


def test_a_module_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def imported(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="gssapi")

    monkeypatch.setattr(handler, "import_module", imported)
    channel = WmidcomHandler().open("server01", DestinationOptions(), SessionCallbacks())
    run = channel.start(TestConnection(namespace="root/cimv2"), Control.begin(OperationOptions()))
    with pytest.raises(NotSupported, match=r"the module gssapi.*pip install 'gssapi'"):
        run.next_batch()


@pytest.mark.parametrize(
    ("destination", "connect_to"), [("no host!", None), ("server01", "no place!")]
)
def test_what_is_no_host_is_told_when_the_session_is_made(
    destination: str, connect_to: str | None
) -> None:
    options = DestinationOptions(connect_to=connect_to) if connect_to else DestinationOptions()
    with pytest.raises(mi.InvalidParameter, match=r"no host!|no place!"):
        WmidcomHandler().open(destination, options, SessionCallbacks())
    reached = DestinationOptions(connect_to="127.0.0.1:5")
    WmidcomHandler().open("server01", reached, SessionCallbacks()).close(Expiry.of_grace())


def test_a_proxy_is_refused_and_not_gone_around() -> None:
    options = DestinationOptions(proxy="http://proxy:3128")
    with pytest.raises(NotSupported, match=r"proxy='http://proxy:3128' was given") as caught:
        WmidcomHandler().open("server01", options, SessionCallbacks())
    assert "dialer=" in str(caught.value.advice)


def test_a_library_that_is_missing_is_named_when_the_session_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "spnego", None)  # type: ignore[arg-type]
    find: Callable[..., Any] = importlib.util.find_spec
    monkeypatch.setattr(handler, "find_spec", lambda name: None if name == "spnego" else find(name))
    with pytest.raises(NotSupported, match=r"the module spnego.*pip install 'pyspnego'"):
        WmidcomHandler().open("server01", DestinationOptions(), SessionCallbacks())


def test_opening_a_session_loads_neither_ctypes_nor_a_network_library() -> None:
    code = (
        "import sys, mi; mi.connect().close();"
        "mi.connect('server01', protocol='WMIDCOM').close();"
        "print([name for name in ('ctypes', 'socket', 'spnego', 'lxml') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("destination", [None, "server01"])
def test_a_diagnosis_it_has_not_but_it_says_where_to_look(destination: str | None) -> None:
    with mi.Application() as application, pytest.raises(NotSupported) as caught:
        application.diagnose(destination, protocol="WMIDCOM")
    assert caught.value.message == "the protocol handler WMIDCOM cannot diagnose"
    page = Path(__file__).parents[2] / "docs" / "explanation" / "protocols.md"
    title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert f"on the page '{title}'" in str(caught.value.advice)
