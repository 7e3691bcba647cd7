"""A keyword that a call does not take is refused in Python's own words, which name that call."""

import asyncio
from typing import Any

import pytest

import mi
from mi.powershell.script import DisconnectedScript
from tests.mi.conftest import Fake

_KEY = mi.Instance("A", {"B": 1})
_LEFT = DisconnectedScript("a", "b", "c")
_SESSIONS: dict[str, tuple[Any, ...]] = {
    "test_connection": (),
    "get_instance": (_KEY,),
    "create_instance": (_KEY,),
    "modify_instance": (_KEY,),
    "delete_instance": (_KEY,),
    "invoke": (_KEY, "Start"),
    "enumerate_instances": ("A",),
    "query_instances": ("SELECT * FROM A",),
    "associator_instances": (_KEY,),
    "reference_instances": (_KEY,),
    "get_class": ("A",),
    "enumerate_classes": (),
    "subscribe": ("SELECT * FROM A",),
    "subscribe_event_log": ("System",),
    "namespaces": (),
    "shells": (),
    "powershell": ("1",),
    "start_powershell": ("1",),
    "resume_powershell": (_LEFT,),
    "copy_to": ("a", "b"),
    "copy_from": ("a", "b"),
    "run": (mi.calls.TestConnection(),),
}
_AIO = (
    "test_connection",
    "get_instance",
    "create_instance",
    "modify_instance",
    "delete_instance",
    "invoke",
    "get_class",
    "namespaces",
    "copy_to",
    "copy_from",
)


def _refused(name: str) -> Any:
    message = rf"^{name}\(\) got an unexpected keyword argument 'tiemout'$"
    return pytest.raises(TypeError, match=message)


@pytest.mark.parametrize("name", _SESSIONS)
def test_a_session_does_not_take_it_and_asks_for_nothing(fake: Fake, name: str) -> None:
    session, channel = fake()
    with _refused(f"Session.{name}"):
        getattr(session, name)(*_SESSIONS[name], timeout=1, tiemout=1)
    assert channel.runs == []


@pytest.mark.parametrize("name", _AIO)
def test_nor_does_its_coroutine(fake: Fake, name: str) -> None:
    session, channel = fake()
    with _refused(f"AsyncCalls.{name}"):
        asyncio.run(getattr(session.aio, name)(*_SESSIONS[name], tiemout=1))
    assert channel.runs == []


@pytest.mark.parametrize("name", ["run", "start", "command"])
def test_nor_does_a_shell(fake: Fake, name: str) -> None:
    session, channel = fake()
    with _refused(f"Shell.{name}"):
        getattr(session.shell(), name)("hostname", tiemout=1)
    assert channel.runs == []


def test_what_is_missing_is_told_as_it_is(fake: Fake) -> None:
    session, _ = fake()
    with pytest.raises(TypeError, match=r"get_class.* missing 1 required positional argument"):
        asyncio.run(session.aio.get_class(timeout=1))  # type: ignore[call-arg]  # a mistake
    with pytest.raises(TypeError, match=r"get_class.* missing 1 required positional argument"):
        session.get_class(timeout=1)  # type: ignore[call-arg]  # a mistake
