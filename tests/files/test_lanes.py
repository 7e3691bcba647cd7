"""Several files under way at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import mi
from mi.errors import InvalidParameter, LimitsExceeded, OperationCancelled
from mi.files import lanes as lanes_module
from mi.files.far_files import FarFiles
from mi.files.lanes import Lanes, _Help, lanes_for
from mi.files.result import CopyProgress
from protocols.loopback import Endpoint, Limits
from protocols.loopback.shells.quotas import Quotas
from tests.sessions import actions, on_time, session_with


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abcd":
        (tmp_path / name).write_bytes(name.encode() * 3_000_000)
    return tmp_path


@pytest.mark.parametrize(
    ("sizes", "most", "lanes"),
    [
        ([], 4, 1),
        ([1 << 40], 4, 4),
        ([1, 2, 3], 4, 1),
        ([1] * 48, 4, 4),
        ([5 << 20, 1], 4, 2),
        ([1 << 30] * 9, 4, 4),
        ([1 << 30] * 9, 1, 1),
    ],
)
def test_a_lane_has_to_be_worth_while(sizes: list[int], most: int, lanes: int) -> None:
    assert lanes_for(sizes, most) == lanes


def test_files_go_through_several_shells_and_are_told_in_order(
    endpoint: Endpoint, session: mi.Session, folder: Path
) -> None:
    told: list[CopyProgress] = []
    result = session.copy_to(folder, r"C:\data", progress=told.append)
    assert actions(endpoint).count("Create") == 3
    assert [one.target for one in result.files] == [rf"C:\data\{name}" for name in "abcd"]
    for name in "abcd":
        assert endpoint.files.read(rf"C:\data\{name}") == name.encode() * 3_000_000
    assert [one.total_done for one in told] == sorted(one.total_done for one in told)
    assert (told[-1].total_done, told[-1].files_done) == (12_000_000, 4)


def test_files_come_through_several_shells(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    endpoint.files.make_folder(r"C:\data")
    for name in "abcd":
        endpoint.files.write(rf"C:\data\{name}", name.encode() * 3_000_000)
    result = session.copy_from(r"C:\data", tmp_path, parallel=2)
    assert actions(endpoint).count("Create") == 2
    assert [Path(one.target).name for one in result.files] == list("abcd")
    assert (tmp_path / "d").read_bytes() == b"d" * 3_000_000


def test_one_lane_is_enough_where_no_more_is_wanted(
    endpoint: Endpoint, session: mi.Session, folder: Path
) -> None:
    assert session.copy_to(folder, r"C:\data", parallel=1).copied == 4
    assert actions(endpoint).count("Create") == 1
    with pytest.raises(InvalidParameter, match="parallel"):
        session.copy_to(folder, r"C:\data", parallel=0)


@pytest.mark.parametrize("allowed", [1, 2])
def test_what_the_host_does_not_allow_is_done_without(folder: Path, allowed: int) -> None:
    with (
        Endpoint(limits=Limits(quotas=Quotas(shells_per_user=allowed))) as endpoint,
        session_with(endpoint) as session,
        on_time(),
    ):
        assert session.copy_to(folder, r"C:\data").copied == 4
        assert endpoint.open_shells == 0


def test_a_lane_that_comes_too_late_is_not_opened(
    endpoint: Endpoint, session: mi.Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    follow = Lanes._follow

    def late(self: Lanes) -> None:
        done.wait(10)
        follow(self)

    def tell(progress: CopyProgress) -> None:
        if progress.files_done == progress.files:
            threading.Timer(0.1, done.set).start()

    monkeypatch.setattr(Lanes, "_follow", late)
    assert session.copy_to(folder, r"C:\data", progress=tell).copied == 4
    assert actions(endpoint).count("Create") == 1


def test_a_lane_that_is_open_too_late_does_nothing(
    endpoint: Endpoint, session: mi.Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    enter = FarFiles.__enter__

    def late(self: FarFiles) -> FarFiles:
        if threading.current_thread().name == "mi-copy":
            done.wait(10)
            monkeypatch.setattr(FarFiles, "close", close)
        return enter(self)

    def tell(progress: CopyProgress) -> None:
        if progress.files_done == progress.files:
            threading.Timer(0.1, done.set).start()

    close = FarFiles.close
    monkeypatch.setattr(lanes_module, "_OPENING", 0.01)
    monkeypatch.setattr(FarFiles, "__enter__", late)
    monkeypatch.setattr(FarFiles, "close", lambda self: close(self) if done.is_set() else None)
    assert session.copy_to(folder, r"C:\data", progress=tell, parallel=2).copied == 4


def test_a_failure_in_one_lane_ends_all_and_leaves_nothing(
    endpoint: Endpoint, session: mi.Session, folder: Path
) -> None:
    endpoint.files.room = 5_000_000
    with pytest.raises(LimitsExceeded):
        session.copy_to(folder, r"C:\data")
    assert endpoint.open_shells == 0
    assert [path for path in endpoint.files.walk(r"C:\data") if "mi-part" in path] == []


def test_a_copy_that_is_stopped_between_files_says_so(session: mi.Session, folder: Path) -> None:
    copy = session.new_copy(
        {"parallel": 1, "progress": lambda told: copy.stop() if told.files_done else None}
    )
    with pytest.raises(OperationCancelled, match="the copy was cancelled"):
        copy.to_host(folder, r"C:\data")


def test_ctrl_c_while_others_are_waited_for_ends_them(
    endpoint: Endpoint, session: mi.Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = threading.Thread.join

    def interrupted(self: threading.Thread, timeout: float | None = None) -> None:
        if self.name != "mi-copy":
            join(self, timeout)
            return
        monkeypatch.setattr(threading.Thread, "join", join)
        lanes.append(self)
        raise KeyboardInterrupt

    lanes: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.copy_to(folder, r"C:\data")
    for thread in threading.enumerate():
        if thread.name == "mi-copy":
            thread.join(10)


def test_ctrl_c_while_lanes_that_open_are_waited_for_ends_them(
    endpoint: Endpoint, session: mi.Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[threading.Event] = []

    def interrupted(lanes: Lanes) -> None:
        stops.append(lanes._stop)
        raise KeyboardInterrupt

    monkeypatch.setattr(Lanes, "_open_no_more", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.copy_to(folder, r"C:\data")
    assert [stop.is_set() for stop in stops] == [True]
    for thread in threading.enumerate():
        if thread.name == "mi-copy":
            thread.join(10)


def test_ctrl_c_while_helpers_are_waited_for_ends_them(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(bytes(12_000_000))
    wait = Lanes._await_helpers

    def interrupted(lanes: Lanes, wanted: _Help) -> None:
        monkeypatch.setattr(Lanes, "_await_helpers", wait)
        raise KeyboardInterrupt

    monkeypatch.setattr(Lanes, "_await_helpers", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.copy_to(tmp_path / "a", r"C:\data\a")
    assert list(endpoint.files.walk(r"C:\data")) == []
    assert endpoint.open_shells == 0
