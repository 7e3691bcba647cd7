"""Sessions over the fake handler."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mi.application import Application
from mi.options import DestinationOptions
from mi.session import Session
from tests.mi.fake_handler import FakeChannel, FakeHandler

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
