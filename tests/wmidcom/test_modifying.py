"""What a modification sends over DCOM: what was set, and nothing else."""

from collections.abc import Iterator

import pytest

import mi
from protocols.loopback import DcomEndpoint
from protocols.loopback.instances import new_instance

KEY = mi.Instance("Loopback_AllTypes", {"Id": "read and written"})


@pytest.fixture
def endpoint() -> Iterator[DcomEndpoint]:
    with DcomEndpoint() as endpoint:
        class_ = endpoint.repository.find_class("root/cimv2", "Loopback_AllTypes")
        values = {"BooleanValue": False, "StringValue": "before", "Uint32Value": 0xFFFFFFFF}
        endpoint.repository.add(new_instance(class_, {**KEY, **values}))
        yield endpoint


@pytest.fixture
def session(endpoint: DcomEndpoint) -> Iterator[mi.Session]:
    options = mi.DestinationOptions(
        destination_port=endpoint.port, credentials=endpoint.credentials
    )
    with mi.connect(endpoint.host, protocol="WMIDCOM", options=options) as session:
        yield session


def test_of_one_that_was_not_set_nothing_is_sent(
    endpoint: DcomEndpoint, session: mi.Session
) -> None:
    read = session.get_instance(KEY)
    with pytest.raises(mi.InvalidParameter, match="nothing of this Loopback_AllTypes was set"):
        session.modify_instance(read)
    assert "PutInstance" not in endpoint.calls
    assert dict(session.get_instance(KEY)) == dict(read)


def test_of_one_property_that_was_set_that_one_is_sent(
    endpoint: DcomEndpoint, session: mi.Session
) -> None:
    mine, other = session.get_instance(KEY), session.get_instance(KEY)
    other["Uint32Value"] = 7
    session.modify_instance(other)
    mine["StringValue"] = "after"
    session.modify_instance(mine)
    now = session.get_instance(KEY)
    assert (now["StringValue"], now["Uint32Value"]) == ("after", 7), "what others wrote stands"
    assert now["BooleanValue"] is False
    assert endpoint.calls.count("PutInstance") == 2
