"""What the tests of the WINRM handler share."""

from collections.abc import Iterator

import pytest

from mi.session import Session
from protocols.loopback import Endpoint
from protocols.loopback.users import User, registered
from tests.kdc import kdc, realm
from tests.winrm.authority import Authority
from tests.winrm.opened import opened
from tests.winrm.played import Transport

__all__ = ["authority", "kdc", "realm"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[Session]:
    with opened(endpoint) as open_session:
        yield open_session


@pytest.fixture
def user() -> Iterator[User]:
    with registered(User.random()) as known:
        yield known


@pytest.fixture
def transport() -> Transport:
    """Return one that is played; modules about the real one have their own."""
    return Transport()
