"""Processes that do not run can be created, ended and asked for their owner."""

from typing import Any

import pytest

from mi.errors import InvalidParameter, NotFound
from mi.instance import Instance
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Invoked, Repository


@pytest.fixture
def repository() -> Repository:
    return sample_repository()


def called(repository: Repository, name: str, process: Instance | None = None, **given: Any) -> Any:
    answer = repository.methods["win32_process", name.lower()]
    return answer(Invoked(repository, process, given, {}))


def process(repository: Repository, number: Any) -> Instance:
    return repository.get("root/cimv2", "Win32_Process", {"Handle": str(number)})


@pytest.mark.parametrize(
    ("command", "name", "path"),
    [
        ("notepad.exe", "notepad.exe", "notepad.exe"),
        (r"C:\Windows\notepad.exe a.txt", "notepad.exe", r"C:\Windows\notepad.exe"),
        (r'"C:\Program Files\x.exe" /q', "x.exe", r"C:\Program Files\x.exe"),
    ],
)
def test_a_process_is_there_once_it_is_created(
    repository: Repository, command: str, name: str, path: str
) -> None:
    result = called(repository, "Create", CommandLine=command)
    assert result["ReturnValue"] == 0
    made = process(repository, result["ProcessId"])
    assert (made["Name"], made["ExecutablePath"], made["CommandLine"]) == (name, path, command)


@pytest.mark.parametrize(
    ("command", "code"), [(None, 21), (" ", 21), (r"C:\nosuch.exe", 9), ("NoSuchThing", 9)]
)
def test_what_cannot_be_started_says_why(
    repository: Repository, command: str | None, code: int
) -> None:
    assert called(repository, "Create", CommandLine=command) == {"ReturnValue": code}


def test_a_process_is_gone_once_it_is_ended_unless_it_is_the_systems(
    repository: Repository,
) -> None:
    number = called(repository, "Create", CommandLine="cmd.exe")["ProcessId"]
    assert called(repository, "Terminate", process(repository, number))["ReturnValue"] == 0
    with pytest.raises(NotFound):
        process(repository, number)
    for number in (0, 4):
        assert called(repository, "Terminate", process(repository, number))["ReturnValue"] == 2


def test_an_owner_is_the_system_or_the_user_of_a_session(repository: Repository) -> None:
    every = repository.instances("root/cimv2", "Win32_Process")
    users = {one["SessionId"] > 0: one for one in every}
    assert called(repository, "GetOwner", users[False])["User"] == "SYSTEM"
    assert called(repository, "GetOwner", users[True])["User"] == "operator1"
    assert called(repository, "GetOwnerSid", users[False])["Sid"] == "S-1-5-18"


def test_a_priority_is_set_by_its_class(repository: Repository) -> None:
    number = called(repository, "Create", CommandLine="cmd.exe")["ProcessId"]
    one = process(repository, number)
    assert called(repository, "SetPriority", one, Priority=128)["ReturnValue"] == 0
    assert process(repository, number)["Priority"] == 13
    for wrong in ({"Priority": 7}, {}):
        assert called(repository, "SetPriority", one, **wrong)["ReturnValue"] == 21


def test_a_method_of_a_process_needs_one(repository: Repository) -> None:
    with pytest.raises(InvalidParameter, match="called on an instance"):
        called(repository, "Terminate")
