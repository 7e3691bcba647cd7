"""What the tests of the WINRM handler share."""

import pytest

from tests.kdc import kdc, realm
from tests.winrm.authority import Authority

__all__ = ["authority", "kdc", "realm"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))
