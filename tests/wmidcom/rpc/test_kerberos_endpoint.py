"""Kerberos to the endpoint, whose acceptor is the platform's own and shares no line with ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import mi
from protocols.loopback import DcomEndpoint
from tests.kdc import OPS, PASSWORD, Kdc, missing, missing_text

if missing():
    pytest.skip(missing_text(), allow_module_level=True)

SERVER = "server08.loopback.test"


@pytest.fixture
def served(kdc: Kdc, realm: Kdc) -> Kdc:
    realm.add_service(f"host/{SERVER}")
    return kdc


@pytest.fixture
def endpoint(served: Kdc) -> Iterator[DcomEndpoint]:
    with DcomEndpoint(keytab=served.keytab, principal=OPS) as serving:
        yield serving


@pytest.mark.parametrize("scheme", ["Kerberos", "Negotiate"])
@pytest.mark.parametrize("is_private", [True, False], ids=["sealed", "signed"])
def test_a_user_of_the_realm_is_let_in(
    endpoint: DcomEndpoint, scheme: str, is_private: bool
) -> None:
    with mi.connect(
        SERVER,
        protocol="WMIDCOM",
        connect_to=f"127.0.0.1:{endpoint.port}",
        credentials=mi.Credentials.password(OPS, PASSWORD, scheme=scheme),
        packet_privacy=is_private,
    ) as session:
        found = session.query_instances("SELECT * FROM Win32_Service").all()
        assert len(found) > 100
        assert session.get_class("Win32_Process").methods["Create"].is_static
    assert (endpoint.logons, endpoint.refused_logons) == (2, 0)
    assert endpoint.open_objects == 0


def test_another_user_of_the_realm_is_not(served: Kdc) -> None:
    with (
        DcomEndpoint(keytab=served.keytab, principal=f"other@{OPS.partition('@')[2]}") as endpoint,
        mi.connect(
            SERVER,
            protocol="WMIDCOM",
            connect_to=f"127.0.0.1:{endpoint.port}",
            credentials=mi.Credentials.password(OPS, PASSWORD, scheme="Kerberos"),
        ) as session,
    ):
        with pytest.raises(mi.AccessDenied):
            session.test_connection()
        assert (endpoint.logons, endpoint.refused_logons, endpoint.calls) == (0, 1, [])
