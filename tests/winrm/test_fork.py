"""A process that was forked: a session is of use in both, and neither disturbs the other."""

import contextlib
import gc
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mi.application import Application
from mi.errors import InvalidParameter
from mi.options import DestinationOptions
from mi.session import Session
from protocols.loopback import Endpoint

SERVICES = "SELECT * FROM Win32_Service"

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork"),
    # Since Python 3.12; the child here uses nothing that another thread could have locked.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[Session]:
    options = DestinationOptions(
        destination_port=endpoint.port,
        credentials=endpoint.credentials,
        max_elements=20,
        timeout=10,
    )
    with (
        Application() as application,
        application.new_session("WINRM", endpoint.host, options) as opened,
    ):
        yield opened


def in_child(work: Callable[[], Any]) -> Any:
    """Return what `work` returns in a forked process, or the type of what it raises."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # nothing of pytest may run here
        with contextlib.suppress(BaseException):
            try:
                outcome: Any = work()
            except BaseException as error:  # noqa: BLE001 - the test's to see
                outcome = type(error)
            os.write(write, pickle.dumps(outcome))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as result:
        data = result.read()
    os.waitpid(child, 0)
    return pickle.loads(data)


def test_the_child_opens_a_connection_of_its_own(endpoint: Endpoint, session: Session) -> None:
    session.test_connection()
    count = in_child(lambda: len(session.query_instances(SERVICES).all()))
    assert count == len(session.query_instances(SERVICES).all())
    assert (endpoint.connections, endpoint.logons) == (2, 2)


def test_the_parent_goes_on_whatever_the_child_closes(endpoint: Endpoint, session: Session) -> None:
    with session.query_instances(SERVICES) as services:
        next(services)

        def close_all() -> None:
            services.close()
            session.close()
            gc.collect()

        in_child(close_all)
        assert endpoint.open_contexts == 1
        assert len(services.all()) > 100
    assert endpoint.open_contexts == 0
    assert endpoint.connections == 1


def test_the_child_cannot_go_on_with_what_the_parent_began(
    endpoint: Endpoint, session: Session
) -> None:
    with session.query_instances(SERVICES) as services:
        next(services)
        assert in_child(services.all) is InvalidParameter


def test_a_fork_in_the_midst_of_anothers_exchange_does_no_harm(
    endpoint: Endpoint, session: Session
) -> None:
    session.test_connection()
    is_over = threading.Event()

    def keep_asking() -> None:
        while not is_over.is_set():
            session.test_connection()

    threads = [threading.Thread(target=keep_asking) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            assert in_child(lambda: session.test_connection() is not None) is True
    finally:
        is_over.set()
        for thread in threads:
            thread.join(60)
    assert endpoint.refused_logons == 0
