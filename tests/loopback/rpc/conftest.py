from __future__ import annotations

from collections.abc import Iterator

import pytest

from protocols.loopback import DcomEndpoint


@pytest.fixture
def endpoint() -> Iterator[DcomEndpoint]:
    with DcomEndpoint() as serving:
        yield serving
