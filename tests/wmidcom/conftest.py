"""A session over the transport without a wire."""

from collections.abc import Iterator

import pytest

import mi
from tests.wmidcom.fake_services import FakeConnection, FakeHandler


@pytest.fixture
def connection() -> FakeConnection:
    return FakeConnection()


@pytest.fixture
def session(connection: FakeConnection) -> Iterator[mi.Session]:
    with mi.Application() as application:
        application.handlers.register("WMIDCOM", FakeHandler(connection))
        with application.new_session("WMIDCOM", "server01") as session:
            yield session
