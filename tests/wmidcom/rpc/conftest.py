"""What the tests of the transport share."""

from collections.abc import Iterator

import pytest

from tests.kdc import kdc, realm
from tests.wmidcom.rpc.peer import Peer

__all__ = ["kdc", "realm"]


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running
