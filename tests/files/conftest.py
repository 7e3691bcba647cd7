"""An endpoint and a session with it, which leaves nothing open there."""

from collections.abc import Iterator

import pytest

import mi
from protocols.loopback import Endpoint
from tests.sessions import session_with


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as one:
        yield one


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[mi.Session]:
    with session_with(endpoint) as one:
        yield one
        assert endpoint.open_shells == 0, "a shell was left behind"
    assert endpoint.open_commands == 0
