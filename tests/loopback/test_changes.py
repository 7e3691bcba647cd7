from __future__ import annotations

import pytest

from mi.errors import AlreadyExists, InvalidParameter, NotFound, NotSupported, TypeMismatch
from protocols.loopback import changes
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Repository

NAMESPACE = "root/cimv2"
KEYS = {"Name": "NEW", "UserName": "me"}


@pytest.fixture
def repository() -> Repository:
    return sample_repository()


def test_what_is_written_is_written_and_nothing_else(repository: Repository) -> None:
    class_ = repository.find_class(NAMESPACE, "Win32_LogicalDisk")
    before = repository.get(NAMESPACE, class_.name, {"DeviceID": "C:"})
    now = changes.update(repository, class_, {"DeviceID": "C:"}, {"VolumeName": "new"})
    assert now["VolumeName"] == "new"
    assert {**before, "VolumeName": "new"} == dict(now)
    assert repository.get(NAMESPACE, class_.name, {"DeviceID": "C:"}) is now


def test_what_is_read_only_stays(repository: Repository) -> None:
    class_ = repository.find_class(NAMESPACE, "Win32_LogicalDisk")
    before = repository.get(NAMESPACE, class_.name, {"DeviceID": "C:"})
    changes.update(repository, class_, {"DeviceID": "C:"}, {"FreeSpace": before["FreeSpace"]})
    with pytest.raises(NotSupported, match="read-only"):
        changes.update(repository, class_, {"DeviceID": "C:"}, {"FreeSpace": 1})
    with pytest.raises(TypeMismatch):
        changes.update(repository, class_, {"DeviceID": "C:"}, {"VolumeName": 5})


def test_an_instance_is_made_once_and_taken_away_once(repository: Repository) -> None:
    class_ = repository.find_class(NAMESPACE, "Win32_Environment")
    made = changes.create(repository, class_, {**KEYS, "VariableValue": "x"})
    assert made["VariableValue"] == "x"
    with pytest.raises(AlreadyExists):
        changes.create(repository, class_, KEYS)
    changes.delete(repository, class_, KEYS)
    with pytest.raises(NotFound):
        changes.delete(repository, class_, KEYS)
    with pytest.raises(NotFound):
        changes.update(repository, class_, KEYS, {})


def test_a_key_that_is_missing_is_told(repository: Repository) -> None:
    class_ = repository.find_class(NAMESPACE, "Win32_Environment")
    with pytest.raises(InvalidParameter, match="UserName"):
        changes.create(repository, class_, {"Name": "NEW"})


def test_what_a_class_does_not_support_is_refused(repository: Repository) -> None:
    class_ = repository.find_class(NAMESPACE, "Win32_DiskDrive")
    for ask in (
        lambda: changes.create(repository, class_, {"Handle": "x"}),
        lambda: changes.delete(repository, class_, {"Handle": "4"}),
        lambda: changes.update(repository, class_, {"Handle": "4"}, {}),
    ):
        with pytest.raises(NotSupported, match="does not do that"):
            ask()
