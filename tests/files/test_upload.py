"""Files on their way to an endpoint."""

from __future__ import annotations

import os
import random
import threading
from hashlib import sha256
from pathlib import Path

import pytest

import mi
from mi.errors import (
    AccessDenied,
    ConnectionFailed,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    NotFound,
    OperationTimeout,
)
from mi.files.result import CopiedFile, CopyProgress
from protocols.loopback import Cut, Endpoint
from protocols.loopback.shells.files import NOON
from tests.sessions import actions, session_with

TARGET = r"C:\data\a.bin"


def written(path: Path, size: int) -> bytes:
    data = random.Random(size).randbytes(size)
    path.write_bytes(data)
    return data


@pytest.mark.parametrize("size", [0, 1, 70_000, 380_860, 380_867, 380_868, 8_000_000])
def test_a_file_arrives_as_it_is(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, size: int
) -> None:
    data = written(tmp_path / "a.bin", size)
    result = session.copy_to(tmp_path / "a.bin", TARGET)
    assert endpoint.files.read(TARGET) == data
    digest = sha256(data).hexdigest()
    assert result.files == (CopiedFile(str(tmp_path / "a.bin"), TARGET, size, digest),)
    assert (result.copied, result.skipped, result.size, result.sent) == (1, 0, size, size)
    assert result.seconds > 0
    assert list(endpoint.files.walk(r"C:\data")) == [TARGET], "something was left beside it"


def test_a_message_is_filled(endpoint: Endpoint, session: mi.Session, tmp_path: Path) -> None:
    written(tmp_path / "a.bin", 4_000_000)
    session.copy_to(tmp_path / "a.bin", TARGET)
    sends = [one for one in endpoint.exchanges if one.name == "Send"]
    # The look, the folder, and eleven pieces, the first with the open, the last with the end.
    assert len(sends) == 13
    assert max(len(one.request_bytes) for one in sends) > 500_000


def test_what_is_the_same_is_not_sent_again(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(tmp_path / "a.bin", 500_000)
    session.copy_to(tmp_path / "a.bin", TARGET)
    before = sum(len(one.request_bytes) for one in endpoint.exchanges)
    result = session.copy_to(tmp_path / "a.bin", TARGET)
    assert sum(len(one.request_bytes) for one in endpoint.exchanges) - before < 100_000
    assert (result.copied, result.skipped, result.sent) == (0, 1, 0)


def test_what_differs_takes_the_place_of_what_was(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    data = written(tmp_path / "a.bin", 1000)
    for old in (b"x" * 1000, b"shorter"):
        endpoint.files.make_folder(r"C:\data")
        endpoint.files.write(TARGET, old)
        assert session.copy_to(tmp_path / "a.bin", TARGET).copied == 1
        assert endpoint.files.read(TARGET) == data


@pytest.mark.parametrize("target", ["C:\\data", "C:\\data\\", "C:/data/", "C:\\new\\"])
def test_a_file_goes_into_a_folder_under_its_own_name(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, target: str
) -> None:
    endpoint.files.make_folder(r"C:\data")
    data = written(tmp_path / "a.bin", 10)
    [copied] = session.copy_to(tmp_path / "a.bin", target).files
    assert copied.target == os.path.normpath(target.replace("\\", "/")).replace("/", "\\") + (
        r"\a.bin"
    )
    assert endpoint.files.read(copied.target) == data


def test_a_path_that_is_not_whole_is_the_users(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    data = written(tmp_path / "a.bin", 10)
    session.copy_to(tmp_path / "a.bin", "b.bin")
    assert endpoint.files.read(r"C:\Users\operator\b.bin") == data


def test_times_are_kept_on_request(endpoint: Endpoint, session: mi.Session, tmp_path: Path) -> None:
    written(tmp_path / "a.bin", 10)
    os.utime(tmp_path / "a.bin", ns=(0, 1_000_000_000_000_000_000))
    session.copy_to(tmp_path / "a.bin", TARGET)
    assert endpoint.files.time(TARGET) == NOON
    session.copy_to(tmp_path / "a.bin", r"C:\data\b.bin", times=True)
    assert endpoint.files.time(r"C:\data\b.bin") == 126_444_736_000_000_000


def test_progress_is_told_up_to_the_end(session: mi.Session, tmp_path: Path) -> None:
    written(tmp_path / "a.bin", 1_000_000)
    written(tmp_path / "b.bin", 5)
    told: list[CopyProgress] = []
    session.copy_to(tmp_path, r"C:\data", progress=told.append)
    assert [one.total_done for one in told] == sorted(one.total_done for one in told)
    assert (told[0].done, told[0].total_size, told[0].files) == (0, 1_000_005, 2)
    assert (told[-1].total_done, told[-1].files_done) == (1_000_005, 2)


# Trees


def test_a_folder_arrives_with_all_in_it(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    (tmp_path / "site" / "sub" / "empty").mkdir(parents=True)
    (tmp_path / "site" / "naïve ☃.txt").write_text("snow", encoding="utf-8")
    (tmp_path / "site" / "sub" / "none.txt").touch()
    (tmp_path / "site" / "link").symlink_to("sub")
    result = session.copy_to(tmp_path / "site", r"C:\site")
    assert list(endpoint.files.walk(r"C:\site")) == [
        r"C:\site\naïve ☃.txt",
        r"C:\site\sub\none.txt",
    ]
    assert endpoint.files.is_folder(r"C:\site\sub\empty")
    assert result.left_out == (str(tmp_path / "site" / "link"),)
    again = session.copy_to(tmp_path / "site", r"C:\site", follow_links=True)
    assert (again.copied, again.skipped, again.left_out) == (1, 2, ())
    assert endpoint.files.exists(r"C:\site\link\none.txt")


def test_what_a_pattern_finds_goes_into_a_folder(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    for name in ("a.log", "b.log", "c.txt"):
        written(tmp_path / name, 10)
    result = session.copy_to(str(tmp_path / "*.log"), r"C:\logs\new")
    assert [one.target for one in result.files] == [r"C:\logs\new\a.log", r"C:\logs\new\b.log"]
    with pytest.raises(NotFound, match=r"nothing on this machine is .*\.exe"):
        session.copy_to(str(tmp_path / "*.exe"), r"C:\logs")


def test_a_long_path_is_said_as_windows_wants_it(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    name = "n" * 250
    data = written(tmp_path / name, 10)
    session.copy_to(tmp_path / name, "C:\\" + "f" * 100 + "\\")
    assert endpoint.files.read("C:\\" + "f" * 100 + "\\" + name) == data


# What is refused


@pytest.mark.parametrize("name", ["aux.txt", "dot.", "a:b", "question?"])
def test_names_that_windows_cannot_have_are_refused_before_anything_is_sent(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, name: str
) -> None:
    (tmp_path / "ok.txt").touch()
    (tmp_path / name).touch()
    with pytest.raises(InvalidParameter, match="is no name for a file of Windows"):
        session.copy_to(tmp_path, r"C:\data")
    assert actions(endpoint) == []


@pytest.mark.parametrize("name", ["aux.txt", "D:a", r"..\..\Windows\a", "a:stream", "a."])
def test_one_file_that_windows_cannot_name_so_goes_into_no_folder(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"abc")
    before = list(endpoint.files.walk("C:\\"))
    with pytest.raises(InvalidParameter, match="is no name for a file of Windows"):
        session.copy_to(tmp_path / name, "C:\\Windows\\")
    assert list(endpoint.files.walk("C:\\")) == before
    session.copy_to(tmp_path / name, TARGET)
    assert endpoint.files.read(TARGET) == b"abc"


def test_names_that_are_one_to_windows_are_refused(session: mi.Session, tmp_path: Path) -> None:
    (tmp_path / "Readme").touch()
    (tmp_path / "README").touch()
    with pytest.raises(InvalidParameter, match="are one name to Windows"):
        session.copy_to(tmp_path, r"C:\data")


@pytest.mark.parametrize(
    "target",
    ["", "C:\\\tmp", "C:\\\udcff", r"C:\aux.txt", r"C:\con\a", r"C:\a:b", r"\\.\C:\a", r"C:\a.\b"],
)
def test_a_target_that_is_no_path_is_refused(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, target: str
) -> None:
    with pytest.raises(InvalidParameter, match=r"is no path (of|for a file of) Windows"):
        session.copy_to(tmp_path, target)
    assert actions(endpoint) == []
    with pytest.raises(mi.TypeMismatch, match="is a string, not int"):
        session.copy_to(tmp_path, 7)  # type: ignore[arg-type]


def test_what_is_not_there_is_not_found(session: mi.Session, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"CopyTo: .*missing on this machine: No such file"):
        session.copy_to(tmp_path / "missing", TARGET)


def test_a_read_only_target_is_refused_and_left(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(tmp_path / "a.bin", 10)
    endpoint.files.make_folder(r"C:\data")
    endpoint.files.write(TARGET, b"old")
    endpoint.files.set_read_only(TARGET)
    with pytest.raises(AccessDenied, match=r"read-only on the host\. Take the attribute away"):
        session.copy_to(tmp_path / "a.bin", TARGET)
    assert endpoint.files.read(TARGET) == b"old"


def test_a_folder_in_the_place_of_a_file_is_refused(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    (tmp_path / "tree").mkdir()
    written(tmp_path / "tree" / "a.bin", 10)
    endpoint.files.make_folder(TARGET)
    with pytest.raises(InvalidParameter, match="is a folder on the host"):
        session.copy_to(tmp_path / "tree", r"C:\data")


@pytest.mark.parametrize("size", [10_000, 20_000_000])
def test_a_full_disk_is_told_and_nothing_is_left(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, size: int
) -> None:
    written(tmp_path / "a.bin", size)
    endpoint.files.room = size - 1
    with pytest.raises(LimitsExceeded, match="not enough space on the disk") as caught:
        session.copy_to(tmp_path / "a.bin", TARGET)
    assert (caught.value.native_code, caught.value.host) == (0x80070070, "127.0.0.1")
    assert list(endpoint.files.walk(r"C:\data")) == []


def test_with_resume_a_copy_goes_on_where_the_disk_was_full(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    data = written(tmp_path / "a.bin", 2_000_000)
    endpoint.files.room = 1_500_000
    with pytest.raises(LimitsExceeded):
        session.copy_to(tmp_path / "a.bin", TARGET, resume=True)
    endpoint.files.room = None
    [copied] = session.copy_to(tmp_path / "a.bin", TARGET, resume=True).files
    assert 1_000_000 < copied.resumed_at < 1_500_000
    assert endpoint.files.read(TARGET) == data


# What goes wrong on the way


def test_a_file_that_cannot_be_made_on_the_host_is_told(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(tmp_path / "a.bin", 10)
    endpoint.files.make_folder(r"C:\data")
    endpoint.files.write(r"C:\data\.a.bin.mi-part", b"")
    endpoint.files.set_read_only(r"C:\data\.a.bin.mi-part")
    with pytest.raises(AccessDenied, match=r"a\.bin: Access to the path is denied"):
        session.copy_to(tmp_path / "a.bin", TARGET)


def test_a_callback_that_raises_ends_the_copy_and_leaves_nothing(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(tmp_path / "a.bin", 3_000_000)

    def tell(progress: CopyProgress) -> None:
        if progress.done > 1_000_000:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        session.copy_to(tmp_path / "a.bin", TARGET, progress=tell)
    assert endpoint.open_shells == 0
    assert list(endpoint.files.walk(r"C:\data")) == []


def test_a_connection_that_vanishes_is_told_and_the_copy_can_be_resumed(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    data = written(tmp_path / "a.bin", 3_000_000)

    def tell(progress: CopyProgress) -> None:
        if progress.done > 1_000_000:
            endpoint.disturb(Cut("Send", 0, count=1))

    with session_with(endpoint) as session:
        with pytest.raises(ConnectionFailed):
            session.copy_to(tmp_path / "a.bin", TARGET, progress=tell)
        assert not endpoint.files.exists(TARGET)
        [copied] = session.copy_to(tmp_path / "a.bin", TARGET, resume=True).files
    assert copied.resumed_at > 1_000_000
    assert endpoint.files.read(TARGET) == data
    assert list(endpoint.files.walk(r"C:\data")) == [TARGET]


def test_what_is_left_of_another_file_is_not_gone_on_with(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    data = written(tmp_path / "a.bin", 1000)
    endpoint.files.make_folder(r"C:\data")
    for left in (b"x" * 500, b"x" * 2000, b"", data):
        endpoint.files.write(r"C:\data\.a.bin.mi-part", left)
        [copied] = session.copy_to(tmp_path / "a.bin", TARGET, resume=True).files
        assert copied.resumed_at == (1000 if left == data else 0)
        assert endpoint.files.read(TARGET) == data
        endpoint.files.delete(TARGET)


def test_a_file_that_becomes_shorter_is_an_error(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    written(path, 2_000_000)

    def tell(progress: CopyProgress) -> None:
        os.truncate(path, 1_000_000)

    with pytest.raises(MIError, match="has become shorter while it was copied"):
        session.copy_to(path, TARGET, progress=tell)
    assert list(endpoint.files.walk(r"C:\data")) == []


def test_a_file_that_grows_is_copied_as_far_as_it_went(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    data = written(path, 2_000_000)

    def grow(progress: CopyProgress) -> None:
        if progress.files_done == 0:
            with path.open("ab") as file:
                file.write(b"more")

    assert session.copy_to(path, TARGET, progress=grow).size == 2_000_000
    assert endpoint.files.read(TARGET) == data


def test_a_file_that_changes_is_at_both_ends_what_was_read(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    written(path, 2_000_000)

    def change(progress: CopyProgress) -> None:
        with path.open("r+b") as file:
            file.write(bytes(2_000_000))

    [copied] = session.copy_to(path, TARGET, progress=change).files
    assert sha256(endpoint.files.read(TARGET)).hexdigest() == copied.digest


def test_a_deep_tree_arrives(endpoint: Endpoint, session: mi.Session, tmp_path: Path) -> None:
    names = ["folder"] * 60
    deepest = tmp_path.joinpath(*names)
    deepest.mkdir(parents=True)
    (deepest / "a").write_bytes(b"abc")
    session.copy_to(tmp_path, r"C:\data")
    assert endpoint.files.read("\\".join([r"C:\data", *names, "a"])) == b"abc"
    session.copy_from(r"C:\data", tmp_path / "back")
    assert (tmp_path.joinpath("back", *names) / "a").read_bytes() == b"abc"


def test_a_deadline_holds(endpoint: Endpoint, session: mi.Session, tmp_path: Path) -> None:
    written(tmp_path / "a.bin", 10)
    wait = threading.Event()
    endpoint.commands["powershell"] = lambda it: it.sleep(60)
    with pytest.raises(OperationTimeout, match=r"deadline of 0\.3 s"):
        session.copy_to(tmp_path / "a.bin", TARGET, deadline=0.3)
    wait.set()
