"""Sessions over the fake handler."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from mi.application import Application
from mi.options import DestinationOptions
from mi.session import Session
from tests.mi.fake_handler import FakeChannel, FakeHandler, Stall
from tests.mi.player import Play, Player

ResultT = TypeVar("ResultT")
Fake = Callable[..., tuple[Session, FakeChannel]]


@pytest.fixture
def fake() -> Iterator[Fake]:
    """Return a function: the script of a fake handler -> a session with it, and its channel."""
    sessions = []

    def open_session(
        *script: Any,
        destination: str | None = "server01",
        refusal: Any = None,
        executor: Any = None,
        **options: Any,
    ) -> tuple[Session, FakeChannel]:
        handler = FakeHandler(*script, refusal=refusal)
        application = Application(executor=executor)
        application.handlers.register("FAKE", handler)
        session = application.new_session("FAKE", destination, DestinationOptions(**options))
        sessions.append(session)
        return session, handler.channels[0]

    yield open_session
    for session in sessions:
        session.close()


@pytest.fixture
def play(fake: Fake) -> Play:
    """Return a function: lists of batches by the kinds of calls -> what plays them."""
    return lambda **played: Player(fake, **played)


def run_coroutine(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run `work` in a loop of its own; what asyncio complains of in the end is a failure."""
    complaints: list[Any] = []

    async def watched() -> ResultT:
        asyncio.get_running_loop().set_exception_handler(lambda loop, told: complaints.append(told))
        return await asyncio.wait_for(work, 30)

    try:
        return asyncio.run(watched())
    finally:
        assert complaints == []


async def cancelled_in(stall: Stall, work: Coroutine[Any, Any, Any]) -> None:
    """Run `work` in a task until it is in `stall`, and cancel the task then."""
    task = asyncio.ensure_future(work)
    assert await asyncio.to_thread(stall.begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
