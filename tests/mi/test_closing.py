"""What `with` and `async with` close."""

import asyncio
import pickle

import pytest

import mi
from mi.closing import AsyncClosing, Closing
from mi.command import CommandInput
from mi.powershell.running import RunningScript


class Door(AsyncClosing):
    """Takes down how it was closed."""

    def __init__(self) -> None:
        self.closings: list[str] = []

    def close(self) -> None:
        self.closings.append("thread")

    async def _aclose(self) -> None:
        await asyncio.sleep(0)
        self.closings.append("coroutine")


def test_a_with_block_gives_the_object_itself_and_closes_it_at_its_end() -> None:
    door = Door()
    with door as given:
        assert given is door
        assert door.closings == []
    assert door.closings == ["thread"]


def test_an_async_with_block_closes_it_without_blocking_the_event_loop() -> None:
    async def enter() -> Door:
        async with Door() as door:
            assert door.closings == []
        return door

    assert asyncio.run(enter()).closings == ["coroutine"]


def test_an_error_in_the_block_closes_it_and_goes_on() -> None:
    door = Door()

    async def fail() -> None:
        async with door:
            raise KeyError("aio")

    with pytest.raises(KeyError, match="plain"), door:
        raise KeyError("plain")
    with pytest.raises(KeyError, match="aio"):
        asyncio.run(fail())
    assert door.closings == ["thread", "coroutine"]


def test_whoever_closes_says_how() -> None:
    with pytest.raises(TypeError, match="close"):
        Closing()  # type: ignore[abstract]


def test_it_takes_no_room_in_what_has_slots_and_nothing_from_pickles() -> None:
    assert Closing.__slots__ == AsyncClosing.__slots__ == ()
    assert pickle.loads(pickle.dumps(Door())).closings == []


@pytest.mark.parametrize(
    "kind", [mi.Application, mi.Session, mi.Operation, mi.Shell, mi.Command, RunningScript]
)
def test_what_is_open_on_a_server_is_closed_in_both_ways_and_its_help_says_so(kind: type) -> None:
    assert issubclass(kind, AsyncClosing)
    text = " ".join((kind.__doc__ or "").split())
    assert "`with`" in text
    assert "`async with`" in text


def test_the_stdin_of_a_command_is_closed_by_a_with_block() -> None:
    assert issubclass(CommandInput, Closing)
