"""Services answer to their methods with the codes that Windows documents."""

from typing import Any

import pytest

from mi.errors import NotFound
from mi.instance import Instance
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Invoked, Repository


@pytest.fixture
def repository() -> Repository:
    return sample_repository()


def service(repository: Repository, name: str) -> Instance:
    return repository.get("root/cimv2", "Win32_Service", {"Name": name})


def called(repository: Repository, method: str, name: str, **given: Any) -> int:
    answer = repository.methods["win32_service", method.lower()]
    result: int = answer(Invoked(repository, service(repository, name), given, {}))["ReturnValue"]
    return result


def test_a_service_is_started_and_stopped_once(repository: Repository) -> None:
    assert called(repository, "StopService", "Spooler") == 6
    assert called(repository, "StartService", "Spooler") == 0
    running = service(repository, "Spooler")
    assert (running["State"], running["Started"], running["ProcessId"] > 0) == (
        "Running", True, True,
    )  # fmt: skip
    assert called(repository, "StartService", "Spooler") == 10
    assert called(repository, "StopService", "Spooler") == 0
    assert service(repository, "Spooler")["ProcessId"] == 0


def test_a_disabled_service_does_not_start(repository: Repository) -> None:
    called(repository, "ChangeStartMode", "Spooler", StartMode="Disabled")
    assert called(repository, "StartService", "Spooler") == 14


def test_a_service_that_others_need_does_not_stop(repository: Repository) -> None:
    assert service(repository, "Winmgmt")["Started"]
    assert called(repository, "StopService", "RpcSs") == 3


@pytest.mark.parametrize("method", ["PauseService", "ResumeService"])
def test_a_control_that_is_not_accepted_says_so(repository: Repository, method: str) -> None:
    assert called(repository, method, "WinRM") == 5
    assert called(repository, method, "Spooler") == 6


def test_a_service_says_whether_it_runs(repository: Repository) -> None:
    assert called(repository, "InterrogateService", "WinRM") == 0
    assert called(repository, "InterrogateService", "Spooler") == 6


@pytest.mark.parametrize(
    ("given", "kept"), [("Automatic", "Auto"), ("manual", "Manual"), ("Boot", "Boot")]
)
def test_a_start_mode_is_changed(repository: Repository, given: str, kept: str) -> None:
    assert called(repository, "ChangeStartMode", "Spooler", StartMode=given) == 0
    assert service(repository, "Spooler")["StartMode"] == kept


@pytest.mark.parametrize("method", ["ChangeStartMode", "Change"])
def test_a_start_mode_that_is_none_is_refused(repository: Repository, method: str) -> None:
    assert called(repository, method, "Spooler", StartMode="Sometimes") == 21


def test_a_change_leaves_alone_what_it_does_not_name(repository: Repository) -> None:
    before = service(repository, "Spooler")
    given = {"DisplayName": "Printing", "StartMode": None, "PathName": None}
    assert called(repository, "Change", "Spooler", **given) == 0
    now = service(repository, "Spooler")
    assert (now["DisplayName"], now["StartMode"]) == ("Printing", before["StartMode"])
    assert called(repository, "Change", "Spooler", StartMode="Manual") == 0
    assert service(repository, "Spooler")["StartMode"] == "Manual"


def test_a_service_can_be_deleted(repository: Repository) -> None:
    assert called(repository, "Delete", "Spooler") == 0
    with pytest.raises(NotFound):
        service(repository, "Spooler")
