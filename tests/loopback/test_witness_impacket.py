"""Somebody else's client of WMI over DCOM: it logs in, asks queries, reads classes, calls methods.

Three things of it have to be told otherwise. It knows no port but 135. It repeats the logon for
each interface. And pyspnego's acceptor packs the client's part of an NTLMv2 response again before
it looks at the proof: it knows what pyspnego's own clients send, and impacket pads otherwise. So
here the proof is looked at as it came.
"""

from __future__ import annotations

import contextlib
import hmac
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import spnego._ntlm
from impacket.dcerpc.v5 import transport
from impacket.dcerpc.v5.dcom import wmi
from impacket.dcerpc.v5.dcomrt import INTERFACE, DCOMConnection
from impacket.dcerpc.v5.dtypes import NULL
from impacket.dcerpc.v5.rpcrt import DCERPCException

from protocols.loopback import DcomEndpoint
from protocols.loopback.rpc.logons import PyspnegoLogon

_RESPONSE = 20  # where an AUTHENTICATE_MESSAGE says where its NT response is (MS-NLMP 2.2.1.3)


@pytest.fixture
def proof_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    came = threading.local()
    step, compute = PyspnegoLogon.step, spnego._ntlm.compute_response_v2

    def noting(self: PyspnegoLogon, token: bytes) -> bytes:
        came.response = None
        if token[8:12] == b"\3\0\0\0":
            size, _, start = struct.unpack_from("<HHI", token, _RESPONSE)
            came.response = token[start : start + size]
        return step(self, token)

    def computed(key: bytes, challenge: bytes, *others: Any) -> Any:
        if came.response is None:
            return compute(key, challenge, *others)
        proof = hmac.new(key, challenge + came.response[16:], "md5").digest()
        return proof + came.response[16:], bytes(24), hmac.new(key, proof, "md5").digest()

    monkeypatch.setattr(PyspnegoLogon, "step", noting)
    monkeypatch.setattr(spnego._ntlm, "compute_response_v2", computed)


@pytest.fixture
def endpoint(proof_as_it_came: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[DcomEndpoint]:
    with DcomEndpoint() as serving:
        connect: Callable[[str], Any] = transport.DCERPCTransportFactory
        unported = f"ncacn_ip_tcp:{serving.host}"

        made = []

        def with_port(binding: str) -> Any:
            made.append(connect(f"{binding}[{serving.port}]" if binding == unported else binding))
            return made[-1]

        monkeypatch.setattr(transport, "DCERPCTransportFactory", with_port)
        yield serving
        for one in made:  # it leaves sockets open
            one.get_socket().close()


@pytest.fixture
def services(endpoint: DcomEndpoint) -> Iterator[Any]:
    with connected(endpoint, endpoint.user.password) as connection:
        yield login(connection)


@contextlib.contextmanager
def connected(endpoint: DcomEndpoint, password: str) -> Iterator[DCOMConnection]:
    connection = DCOMConnection(
        endpoint.host, endpoint.user.name, password, "LOOPBACK", oxidResolver=False
    )
    try:
        yield connection
    finally:
        with contextlib.suppress(KeyError):  # where it got no further than the first port
            connection.disconnect()
        INTERFACE.CONNECTIONS.clear()


def login(connection: DCOMConnection, namespace: str = "//./root/cimv2") -> Any:
    made = connection.CoCreateInstanceEx(wmi.CLSID_WbemLevel1Login, wmi.IID_IWbemLevel1Login)
    level1 = wmi.IWbemLevel1Login(made)
    services = level1.NTLMLogin(namespace, NULL, NULL)
    level1.RemRelease()
    return services


def values(found: Any) -> dict[str, Any]:
    return {name: one["value"] for name, one in found.getProperties().items()}


def test_it_logs_in(endpoint: DcomEndpoint, services: Any) -> None:
    assert endpoint.logons >= 2
    assert endpoint.refused_logons == 0
    assert endpoint.calls == ["RemoteCreateInstance", "NTLMLogin", "RemRelease"]


def test_a_wrong_password_is_refused(endpoint: DcomEndpoint) -> None:
    with (
        connected(endpoint, "wrong") as connection,
        pytest.raises(DCERPCException, match="rpc_s_access_denied"),
    ):
        login(connection)
    assert (endpoint.logons, endpoint.refused_logons) == (0, 1)
    assert endpoint.calls == []


def test_it_asks_queries(services: Any) -> None:
    found = services.ExecQuery("SELECT * FROM Win32_LogicalDisk WHERE DeviceID = 'C:'")
    (disk,) = found.Next(0xFFFFFFFF, 1)
    assert values(disk)["DeviceID"] == "C:"
    assert values(disk)["DriveType"] == 3
    with pytest.raises(wmi.DCERPCSessionError) as caught:
        found.Next(0xFFFFFFFF, 1)
    assert caught.value.get_error_code() == 1  # WBEM_S_FALSE, which it takes for an error
    found.RemRelease()


def test_it_gets_many_objects_at_once(services: Any) -> None:
    found = services.ExecQuery("SELECT Name, State FROM Win32_Service")
    portion = found.Next(0xFFFFFFFF, 20)
    assert len({values(one)["Name"] for one in portion}) == 20


def test_it_reads_a_class_and_calls_a_method(services: Any) -> None:
    process, _ = services.GetObject("Win32_Process")
    assert "Create" in process.getMethods()
    created = process.Create("witness.exe", "C:\\", None)
    assert values(created)["ReturnValue"] == 0
    assert values(created)["ProcessId"] > 0
    found = services.ExecQuery("SELECT ProcessId FROM Win32_Process WHERE Name = 'witness.exe'")
    running = [values(one)["ProcessId"] for one in found.Next(0xFFFFFFFF, 1)]
    assert running == [values(created)["ProcessId"]]


def test_it_gets_an_object_and_calls_a_method_on_it(services: Any) -> None:
    service, _ = services.GetObject('Win32_Service.Name="Spooler"')
    before = values(service)["State"]
    assert values(service.StartService())["ReturnValue"] == 0
    service, _ = services.GetObject('Win32_Service.Name="Spooler"')
    assert (before, values(service)["State"]) == ("Stopped", "Running")


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda services: services.GetObject("Win32_Nothing"), 0x80041002),
        (lambda services: services.GetObject('Win32_Service.Name="Nobody"'), 0x80041002),
        (lambda services: services.ExecQuery("SELECT * FROM Win32_Nothing"), 0x80041010),
        (lambda services: services.ExecQuery("SELECT"), 0x80041017),
        (lambda services: services.DeleteInstance('Win32_Service.Name="Spooler"'), 0x80041024),
    ],
    ids=["class", "instance", "class of query", "query", "delete"],
)
def test_it_is_told_what_is_wrong(services: Any, ask: Callable[[Any], Any], code: int) -> None:
    with pytest.raises(wmi.DCERPCSessionError) as caught:
        ask(services)
    assert caught.value.get_error_code() == code


def test_a_namespace_that_is_not_there_is_told(endpoint: DcomEndpoint) -> None:
    with (
        connected(endpoint, endpoint.user.password) as connection,
        pytest.raises(wmi.DCERPCSessionError) as caught,
    ):
        login(connection, "//./root/nothing")
    assert caught.value.get_error_code() == 0x8004100E
