"""Parts of one large file under way at once, each through a shell of its own."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import mi
from mi.errors import (
    ConnectionFailed,
    LimitsExceeded,
    MIError,
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
)
from mi.files import ranges, resumption
from mi.files.copy import Copy
from mi.files.far_files import FarFiles
from mi.files.ranges import WINDOW
from mi.files.result import CopyProgress
from mi.options import ServerKind
from protocols.loopback import Cut, Endpoint, Limits, Stall
from protocols.loopback.shells.quotas import QUOTAS, Quotas
from protocols.winrm import channel
from tests.sessions import EARLY, actions, on_time, session_with, settles

FAR = r"C:\data\a.bin"
PARTIAL = r"C:\data\.a.bin.mi-part"
SIZE = 9_000_000


@pytest.fixture(scope="module")
def data() -> bytes:
    return random.Random(SIZE).randbytes(SIZE)


@pytest.fixture
def near(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(data)
    return path


@pytest.fixture
def far(endpoint: Endpoint, data: bytes) -> str:
    put(endpoint, FAR, data)
    return FAR


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> int:
    for module in (ranges, resumption):
        monkeypatch.setattr(module, "WINDOW", 2_000_000)
    return 2_000_000


def put(endpoint: Endpoint, path: str, data: bytes) -> None:
    endpoint.files.make_folder(path.rpartition("\\")[0])
    endpoint.files.write(path, data)


def meeting(act: Callable[..., object], is_one: Callable[..., bool]) -> Callable[..., object]:
    """Let the first two threads that do this wait for one another."""
    both, seen, turn = threading.Barrier(2), set[int](), threading.Lock()

    def met(*arguments: object) -> object:
        with turn:
            is_new = is_one(*arguments) and len(seen) < both.parties
            is_new = is_new and threading.get_ident() not in seen
            if is_new:
                seen.add(threading.get_ident())
        if is_new:
            both.wait(EARLY)
        return act(*arguments)

    return met


@contextmanager
def two_at_once(endpoint: Endpoint, action: str) -> Iterator[None]:
    """Hold two messages of an action until both are there."""
    together, held = threading.Event(), [Stall(action), Stall(action)]
    found: list[bool] = []

    def watch() -> None:
        found.append(settles(lambda: all(one.reached.is_set() for one in held)))
        for one in held:
            one.until.set()
        together.set()

    for one in held:
        endpoint.disturb(one)
    threading.Thread(target=watch).start()
    yield
    assert together.wait(EARLY)
    assert found == [True], f"there was never more than one {action} at a time"


# Several at once


def test_two_lanes_write_one_file_at_the_same_time(
    endpoint: Endpoint,
    session: mi.Session,
    near: Path,
    data: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_at = meeting(endpoint.files.write_at, lambda path, begin, some: bool(some))
    monkeypatch.setattr(endpoint.files, "write_at", write_at)
    assert session.copy_to(near, FAR).copied == 1
    assert endpoint.files.read(FAR) == data
    assert list(endpoint.files.walk(r"C:\data")) == [FAR]


def test_several_sends_of_one_file_are_in_flight_at_once(
    endpoint: Endpoint, session: mi.Session, near: Path, data: bytes
) -> None:
    with two_at_once(endpoint, "Send"):
        # Whoever holds the first one, until another comes, has begun the file.
        def tell(progress: CopyProgress) -> None:
            assert progress.size == SIZE

        assert session.copy_to(near, FAR, progress=tell).copied == 1
    assert endpoint.files.read(FAR) == data


def test_two_lanes_read_one_file_at_the_same_time(  # noqa: PLR0913, PLR0917 - fixtures
    endpoint: Endpoint,
    session: mi.Session,
    far: str,
    tmp_path: Path,
    data: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    part = meeting(endpoint.files.part, lambda path, begin, size: begin > 0)
    monkeypatch.setattr(endpoint.files, "part", part)
    assert session.copy_from(far, tmp_path / "b.bin").copied == 1
    assert (tmp_path / "b.bin").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["b.bin"]


def test_what_overtakes_is_written_in_its_place(
    endpoint: Endpoint,
    session: mi.Session,
    near: Path,
    data: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_at, overtaken = endpoint.files.write_at, threading.Event()
    order: list[int] = []

    def late(path: str, begin: int, some: bytes) -> None:
        if some and begin == 0:
            assert overtaken.wait(EARLY)
        write_at(path, begin, some)
        if some:
            order.append(begin)
        if begin > 1_000_000:
            overtaken.set()

    monkeypatch.setattr(endpoint.files, "write_at", late)
    session.copy_to(near, FAR)
    assert order.index(0) > 0
    assert endpoint.files.read(FAR) == data


def test_progress_rises_and_is_exact_at_the_end(
    endpoint: Endpoint, session: mi.Session, near: Path, tmp_path: Path
) -> None:
    copies: list[Callable[..., mi.CopyResult]] = [
        lambda tell: session.copy_to(near, FAR, progress=tell),
        lambda tell: session.copy_from(FAR, tmp_path / "b.bin", progress=tell),
    ]
    for copy in copies:
        told: list[CopyProgress] = []
        copy(told.append)
        done = [one.done for one in told]
        assert done == sorted(done)
        assert (done[0], done[-1], told[-1].total_done) == (0, SIZE, SIZE)
    assert actions(endpoint).count("Create") > 2


def test_three_lanes_are_at_one_file_unless_more_are_asked_for(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(21_000_000))
    session.copy_to(tmp_path / "a.bin", FAR, parallel=None)
    assert actions(endpoint).count("Create") <= 3
    endpoint.files.delete(FAR)
    session.copy_to(tmp_path / "a.bin", FAR, parallel=5)
    assert actions(endpoint).count("Create") <= 3 + 5
    assert endpoint.files.read(FAR) == bytes(21_000_000)


def test_lanes_that_have_no_file_left_help_with_the_last(
    endpoint: Endpoint, session: mi.Session, near: Path, tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "b.bin").write_bytes(b"b")
    assert session.copy_to(tmp_path, r"C:\data").copied == 2
    assert endpoint.files.read(FAR) == data
    assert session.copy_from(r"C:\data", tmp_path / "back").copied == 2
    assert (tmp_path / "back" / "a.bin").read_bytes() == data


# Fewer


@pytest.mark.parametrize(
    "quotas",
    [
        Quotas(shells_per_user=1),
        Quotas(shells_per_user=2),
        Quotas(operations_per_user=3),
        Quotas(operations_per_user=6),
        QUOTAS[ServerKind.WINRM2],
    ],
)
def test_what_the_host_does_not_allow_is_done_without(
    near: Path, tmp_path: Path, data: bytes, quotas: Quotas
) -> None:
    with (
        Endpoint(limits=Limits(quotas=quotas)) as endpoint,
        session_with(endpoint) as session,
        on_time(3 * EARLY),
    ):
        assert session.copy_to(near, FAR).copied == 1
        assert endpoint.files.read(FAR) == data
        assert session.copy_from(FAR, tmp_path / "b.bin").copied == 1
        assert (tmp_path / "b.bin").read_bytes() == data
        assert settles(lambda: endpoint.open_shells == 0)


@pytest.mark.parametrize(("connections", "lanes"), [(1, 1), (2, 1), (3, 2)])
def test_a_lane_has_a_connection_to_wait_at(  # noqa: PLR0913, PLR0917 - fixtures
    endpoint: Endpoint,
    near: Path,
    tmp_path: Path,
    data: bytes,
    monkeypatch: pytest.MonkeyPatch,
    connections: int,
    lanes: int,
) -> None:
    monkeypatch.setattr(channel, "_BRIEF_POLL", 0.05)  # while that lasts, nothing is written
    with session_with(endpoint, max_connections=connections) as session, on_time(3 * EARLY):
        session.copy_to(near, FAR)
        assert actions(endpoint).count("Create") == lanes
        session.copy_from(FAR, tmp_path / "b.bin")
    assert (tmp_path / "b.bin").read_bytes() == data
    assert endpoint.open_shells == 0


def test_a_lane_that_cannot_join_is_done_without(  # noqa: PLR0913, PLR0917 - fixtures
    endpoint: Endpoint,
    session: mi.Session,
    near: Path,
    tmp_path: Path,
    data: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: FarFiles, path: str) -> object:
        if threading.current_thread().name == "mi-copy":
            raise MIError("not here")
        return methods[refusing](self, path)

    methods: dict[str, Callable[..., object]] = {"join": FarFiles.join, "look": FarFiles.look}
    for refusing, method in methods.items():
        monkeypatch.setattr(FarFiles, refusing, refuse)
        session.copy_to(near, FAR)
        session.copy_from(FAR, tmp_path / refusing)
        assert (tmp_path / refusing).read_bytes() == data
        monkeypatch.setattr(FarFiles, refusing, method)
        endpoint.files.delete(FAR)


# What goes wrong


def after(size: int, act: Callable[[], object]) -> Callable[[CopyProgress], None]:
    """Do something once, when so much is there."""
    done: list[object] = []

    def tell(progress: CopyProgress) -> None:
        if progress.done > size and not done:
            done.append(None)
            act()

    return tell


@pytest.mark.parametrize("begin", [0, 3_000_000, 7_500_000])
@pytest.mark.parametrize("action", ["Send", "Receive"])
def test_a_connection_that_is_cut_ends_the_copy_which_is_gone_on_with(  # noqa: PLR0913, PLR0917 - fixtures
    near: Path, tmp_path: Path, data: bytes, small_window: int, begin: int, action: str
) -> None:
    with Endpoint() as endpoint, session_with(endpoint) as session:
        put(endpoint, r"C:\source.bin", data)
        copies: list[Callable[..., mi.CopyResult]] = [
            lambda **keywords: session.copy_to(near, FAR, **keywords),
            lambda **keywords: session.copy_from(r"C:\source.bin", tmp_path / "b", **keywords),
        ]
        for copy in copies:
            cut = after(begin, lambda: endpoint.disturb(Cut(action, 0, count=1)))
            try:
                copy(progress=cut, resume=True)
            except ConnectionFailed:
                endpoint.undisturb()
                [again] = copy(resume=True).files
                assert again.resumed_at >= min(begin, SIZE) - 2 * small_window
        assert endpoint.files.read(FAR) == data
        assert list(endpoint.files.walk(r"C:\data")) == [FAR]
        assert (tmp_path / "b").read_bytes() == data
        assert settles(lambda: endpoint.open_shells == 0)


@pytest.mark.parametrize("which", [0, -1])
def test_a_shell_that_vanishes_ends_the_copy_and_leaves_nothing_open(
    endpoint: Endpoint, near: Path, data: bytes, which: int
) -> None:
    def vanish() -> None:
        endpoint.shells.delete(list(endpoint.shells)[which].opening.shell_id)

    with session_with(endpoint) as session:
        with pytest.raises(MIError):
            session.copy_to(near, FAR, progress=after(5_000_000, vanish), resume=True)
        assert not endpoint.files.exists(FAR)
        assert settles(lambda: endpoint.open_shells == 0)
        session.copy_to(near, FAR, resume=True)
    assert endpoint.files.read(FAR) == data


def test_a_disk_that_is_full_ends_all_lanes_and_leaves_nothing(
    endpoint: Endpoint, session: mi.Session, near: Path
) -> None:
    for room in (3_000_000, SIZE - 1):
        endpoint.files.room = room
        with pytest.raises(LimitsExceeded, match="not enough space on the disk"):
            session.copy_to(near, FAR)
        assert list(endpoint.files.walk(r"C:\data")) == []


def test_a_disk_that_fails_at_one_place_ends_all_lanes(
    endpoint: Endpoint, session: mi.Session, near: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_at = endpoint.files.write_at

    def fail(path: str, begin: int, some: bytes) -> None:
        if begin <= 4_500_000 < begin + len(some):
            raise OSError("a bad sector")
        write_at(path, begin, some)

    monkeypatch.setattr(endpoint.files, "write_at", fail)
    with pytest.raises(MIError, match="An I/O error has occurred"):
        session.copy_to(near, FAR)
    assert list(endpoint.files.walk(r"C:\data")) == []
    assert settles(lambda: endpoint.open_shells == 0)


def test_a_part_that_cannot_be_read_is_told_though_the_next_one_comes(
    endpoint: Endpoint,
    session: mi.Session,
    far: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    part = endpoint.files.part

    def fail(path: str, begin: int, size: int) -> bytes:
        if begin == 0:
            raise PermissionError(path)
        return part(path, begin, size)

    monkeypatch.setattr(endpoint.files, "part", fail)
    with pytest.raises(mi.AccessDenied, match="Access to the path is denied"):
        session.copy_from(far, tmp_path / "b.bin")
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_change_on_the_way_are_found_out(
    endpoint: Endpoint, session: mi.Session, near: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_at = endpoint.files.write_at

    def change(path: str, begin: int, some: bytes) -> None:
        is_there = begin <= 4_500_000 < begin + len(some)
        write_at(path, begin, b"\0" * len(some) if is_there else some)

    monkeypatch.setattr(endpoint.files, "write_at", change)
    with pytest.raises(ProtocolError):
        session.copy_to(near, FAR)
    assert list(endpoint.files.walk(r"C:\data")) == []


def test_a_copy_that_is_stopped_ends_all_lanes(
    endpoint: Endpoint, session: mi.Session, near: Path, far: str, tmp_path: Path
) -> None:
    there: Copy = session.new_copy(
        {"progress": lambda told: there.stop() if told.done > 4e6 else None}
    )
    back: Copy = session.new_copy(
        {"progress": lambda told: back.stop() if told.done > 4e6 else None}
    )
    with pytest.raises(OperationCancelled), on_time():
        there.to_host(near, r"C:\new\b.bin")
    with pytest.raises(OperationCancelled), on_time():
        back.from_host(far, tmp_path / "b.bin")
    assert settles(lambda: endpoint.open_shells == 0)
    assert list(endpoint.files.walk(r"C:\new")) == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_deadline_holds_where_the_host_falls_silent(endpoint: Endpoint, near: Path) -> None:
    stall = Stall("Receive", count=None)
    with session_with(endpoint) as session:
        tell = after(-1, lambda: endpoint.disturb(stall))
        with pytest.raises(OperationTimeout), on_time(2 * EARLY):
            session.copy_to(near, FAR, deadline=2, progress=tell)
        endpoint.undisturb()
        stall.until.set()


def test_a_callback_that_raises_ends_all_lanes(
    endpoint: Endpoint, session: mi.Session, far: str, near: Path, tmp_path: Path
) -> None:
    def refuse() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        session.copy_to(near, r"C:\new\b.bin", progress=after(4_500_000, refuse))
    assert list(endpoint.files.walk(r"C:\new")) == []
    with pytest.raises(KeyError, match="mine"):
        session.copy_from(far, tmp_path / "b.bin", progress=after(4_500_000, refuse))
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


# Holes


def with_hole(data: bytes, size: int, hole: int) -> bytes:
    return data[:hole] + bytes(1000) + data[hole + 1000 : size]


@pytest.mark.parametrize(
    ("size", "hole", "begin"),
    [
        (SIZE, SIZE, SIZE),
        (6_000_000, 6_000_000, 6_000_000),
        (6_000_000, 5_000_000, 4_000_000),
        (6_000_000, 3_000_000, 0),
        (1_500_000, 1_000_000, 0),
    ],
)
def test_a_hole_is_never_taken_for_what_was_there(  # noqa: PLR0913, PLR0917 - fixtures
    endpoint: Endpoint,
    session: mi.Session,
    near: Path,
    tmp_path: Path,
    data: bytes,
    small_window: int,
    size: int,
    hole: int,
    begin: int,
) -> None:
    left = with_hole(data, size, hole)[:size]
    put(endpoint, PARTIAL, left)
    [sent] = session.copy_to(near, FAR, resume=True).files
    (tmp_path / ".b.bin.mi-part").write_bytes(left)
    [fetched] = session.copy_from(FAR, tmp_path / "b.bin", resume=True).files
    assert sent.resumed_at == fetched.resumed_at == begin
    assert endpoint.files.read(FAR) == (tmp_path / "b.bin").read_bytes() == data


def test_holes_are_only_in_the_window(  # noqa: PLR0913, PLR0917 - fixtures
    endpoint: Endpoint,
    session: mi.Session,
    near: Path,
    data: bytes,
    small_window: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_at, far_end = endpoint.files.write_at, [0]
    held = threading.Event()

    def late(path: str, begin: int, some: bytes) -> None:
        if begin <= 3_000_000 < begin + len(some):
            held.wait(0.5)
        far_end[0] = max(far_end[0], begin + len(some))
        if not held.is_set():
            assert far_end[0] <= 3_000_000 + small_window + 400_000
        write_at(path, begin, some)
        if begin <= 3_000_000 < begin + len(some):
            held.set()

    monkeypatch.setattr(endpoint.files, "write_at", late)
    session.copy_to(near, FAR)
    assert endpoint.files.read(FAR) == data
    assert small_window < WINDOW
