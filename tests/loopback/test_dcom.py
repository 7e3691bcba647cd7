from __future__ import annotations

import socket

import pytest

from protocols.dcom.interfaces import ACTIVATOR, EXPORTER, LEVEL1_LOGIN, SERVER_ALIVE_2
from protocols.loopback import DcomEndpoint, sample_repository
from tests.loopback.rpc.client import Guard, RpcClient, activated, login


def test_an_endpoint_listens_on_two_ports_for_as_long_as_its_context_lasts() -> None:
    with DcomEndpoint() as endpoint:
        ports = endpoint.port, endpoint.object_port
        assert len(set(ports)) == 2
        for port in ports:
            with RpcClient(port) as client:
                client.bind(EXPORTER)
                assert client.call(EXPORTER, SERVER_ALIVE_2).hresult == 0
        assert endpoint.connections == 2
    for port in ports:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port))
    endpoint.close()


def test_it_serves_what_it_is_given_on_the_port_that_is_wanted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    repository = sample_repository()
    with DcomEndpoint(repository, port=port) as endpoint:
        assert endpoint.port == port
        assert endpoint.repository is repository


def test_it_listens_on_ipv6_too() -> None:
    with DcomEndpoint(host="::1") as endpoint, RpcClient(endpoint.port, "::1") as client:
        client.bind(EXPORTER)
        assert client.call(EXPORTER, SERVER_ALIVE_2).hresult == 0


def test_objects_and_connections_are_counted_and_can_be_lost() -> None:
    with DcomEndpoint() as endpoint, RpcClient(endpoint.port) as client:
        client.bind(ACTIVATOR, Guard(endpoint.user))
        made = activated(client)
        with RpcClient(endpoint.object_port) as other:
            other.bind(LEVEL1_LOGIN, Guard(endpoint.user))
            login(other, made)
            assert (endpoint.open_objects, endpoint.open_connections) == (2, 2)
            assert endpoint.calls == ["RemoteCreateInstance", "NTLMLogin"]
            endpoint.forget_objects()
            assert endpoint.open_objects == 0
            endpoint.drop_connections()
            assert other.receive() == b""
        assert (endpoint.logons, endpoint.refused_logons, endpoint.groups) == (2, 0, 2)
        assert (endpoint.pings, endpoint.kept_objects) == (0, 0)
