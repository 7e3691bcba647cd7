"""Copies as coroutines."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import mi
from mi.errors import MIError, NotFound, OperationCancelled
from mi.files.lanes import Lanes
from mi.files.result import CopyProgress
from protocols.loopback import Endpoint
from tests.sessions import on_time

TARGET = r"C:\data\a.bin"


def test_copies_are_awaited(endpoint: Endpoint, session: mi.Session, tmp_path: Path) -> None:
    async def copy() -> None:
        (tmp_path / "a.bin").write_bytes(b"abc")
        assert (await session.aio.copy_to(tmp_path / "a.bin", TARGET)).copied == 1
        assert (await session.aio.copy_from(TARGET, tmp_path / "b.bin")).size == 3
        with pytest.raises(NotFound, match="CopyFrom"):
            await session.aio.copy_from(r"C:\missing", tmp_path)

    asyncio.run(copy())
    assert (tmp_path / "b.bin").read_bytes() == b"abc"


def test_cancelling_the_task_ends_the_copy(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(10_000_000))

    async def copy() -> None:
        loop, begun = asyncio.get_running_loop(), asyncio.Event()

        def tell(progress: CopyProgress) -> None:
            loop.call_soon_threadsafe(begun.set)

        task = asyncio.create_task(session.aio.copy_to(tmp_path / "a.bin", TARGET, progress=tell))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with on_time():
        asyncio.run(copy())
    assert endpoint.open_shells == 0
    assert not endpoint.files.exists(TARGET)


def test_a_copy_that_was_stopped_before_it_began_does_nothing(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    copy = session.new_copy({})
    copy.stop()
    with pytest.raises(OperationCancelled, match="the copy was cancelled"):
        copy.to_host(tmp_path, r"C:\data")
    assert endpoint.exchanges == []


def test_a_copy_that_is_closed_ends(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(2_000_000))
    copy = session.new_copy({"progress": lambda told: copy.stop() if told.done else None})
    with pytest.raises(OperationCancelled):
        copy.to_host(tmp_path / "a.bin", TARGET)
    copy.close()
    assert list(endpoint.files.walk(r"C:\data")) == []


def test_a_copy_that_is_closed_opens_nothing_more(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(10_000_000))
    copy = session.new_copy({})
    grow = Lanes._grow

    def closed_before(lanes: Lanes, count: int) -> None:
        if count > 1:  # lanes that would help are about to be opened
            copy.close()
        grow(lanes, count)

    monkeypatch.setattr(Lanes, "_grow", closed_before)
    with pytest.raises(MIError):
        copy.to_host(tmp_path / "a.bin", TARGET)
    assert len([one for one in endpoint.exchanges if one.name == "Create"]) == 1
