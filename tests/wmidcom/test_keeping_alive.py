"""What a session holds lives for as long as it is open, and no longer (MS-DCOM 3.2.4.5).

The endpoint takes away what was not asked for in a part of a second, as Windows does in minutes.
"""

import time
from collections.abc import Iterator

import pytest

import mi
from protocols.loopback import DcomEndpoint
from protocols.wmidcom.rpc import pinger
from tests.wmidcom.endpoints import open_enumerators

PATIENCE = 0.8
QUERY = "SELECT Name FROM Win32_Service"


@pytest.fixture
def endpoint() -> Iterator[DcomEndpoint]:
    with DcomEndpoint(patience=PATIENCE) as endpoint:
        yield endpoint


def connect(endpoint: DcomEndpoint) -> mi.Session:
    options = mi.DestinationOptions(
        destination_port=endpoint.port, credentials=endpoint.credentials, max_elements=5
    )
    return mi.connect(endpoint.host, protocol="WMIDCOM", options=options)


def test_an_enumeration_lives_for_as_long_as_its_reader_takes(
    endpoint: DcomEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinger, "PING_PERIOD", PATIENCE / 8)
    with connect(endpoint) as session, session.query_instances(QUERY) as services:
        next(services)
        time.sleep(PATIENCE * 2)
        assert open_enumerators(endpoint) == 1
        assert len(list(services)) > 100
        assert endpoint.calls.count("RemoteCreateInstance") == 1
    assert endpoint.pings > 4


def test_who_does_not_ask_in_time_is_told_and_the_session_begins_anew(
    endpoint: DcomEndpoint,
) -> None:
    with connect(endpoint) as session, session.query_instances(QUERY) as services:
        next(services)
        time.sleep(PATIENCE * 1.5)
        assert endpoint.open_objects == 0
        with pytest.raises(mi.MIError, match="RPC_E_INVALID_OBJECT"):
            list(services)
        assert session.get_instance(mi.Instance("Win32_Service", {"Name": "Spooler"}))
        assert endpoint.calls.count("RemoteCreateInstance") == 2


def test_what_a_session_leaves_behind_goes_with_its_pings(
    endpoint: DcomEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinger, "PING_PERIOD", PATIENCE / 8)
    session = connect(endpoint)
    session.test_connection()
    time.sleep(PATIENCE / 2)
    assert endpoint.kept_objects == 2, "the login and the namespace"
    monkeypatch.setattr("protocols.wmidcom.rpc.exporter.Exporter.release_orphans", lambda *_: None)
    session.close()
    assert endpoint.open_objects == 2
    pings = endpoint.pings
    time.sleep(PATIENCE * 1.5)
    assert endpoint.pings <= pings + 1, "one may have been under way"
    assert endpoint.open_objects == 0
