"""A thousand sessions one after the other, and many at once: what they took is given back."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import mi
from protocols.loopback import Endpoint
from tests.sessions import descriptors, is_at_rest, session_with, settles

PROJECT = Path(__file__).parents[1]
DISKS = "SELECT * FROM Win32_LogicalDisk"

# In a process of its own, since the endpoint keeps a record of all that it is asked.
CLIENT = """
import gc, os, sys, threading, time
from pathlib import Path
import mi

user, password, port = sys.argv[1:]
options = mi.DestinationOptions(
    destination_port=int(port),
    credentials=mi.Credentials.password(user, password, scheme="NTLM_DOMAIN"),
)

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

def measures():
    until = time.monotonic() + 10
    while threading.active_count() > 1 and time.monotonic() < until:
        time.sleep(0.01)
    gc.collect()
    objects = len(gc.get_objects())
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), objects, resident()

def use(count):
    for _ in range(count):
        with mi.connect("127.0.0.1", options=options) as session:
            session.test_connection()

def use_together(count):
    together, opened = threading.Barrier(64), []
    def work():
        with mi.connect("127.0.0.1", options=options) as session:
            together.wait(60)
            session.test_connection()
            opened.append(1)
            together.wait(60)
    for _ in range(count):
        threads = [threading.Thread(target=work) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(opened) == 64 * count

"""
ONE_BY_ONE = "use(100); before = measures(); use(900); print(*before, *measures())"
TOGETHER = "use_together(4); before = measures(); use_together(8); print(*before, *measures())"


def measured(endpoint: Endpoint, work: str) -> tuple[list[int], list[int]]:
    """Return files, threads, objects and KB of memory of a client before and after its work."""
    user = endpoint.user
    done = subprocess.run(
        [sys.executable, "-c", CLIENT + work, user.name, user.password, str(endpoint.port)],
        capture_output=True, text=True, cwd=PROJECT, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    numbers = [int(word) for word in done.stdout.split()]
    return numbers[:4], numbers[4:]


@pytest.mark.skipif(sys.platform != "linux", reason="Windows has no /proc to look into")
@pytest.mark.parametrize(("work", "count"), [(ONE_BY_ONE, 1000), (TOGETHER, 64 * 12)])
def test_a_thousand_sessions_one_by_one_or_64_at_once_leave_nothing(work: str, count: int) -> None:
    with Endpoint() as endpoint:
        (files, threads, objects, memory), after = measured(endpoint, work)
        assert endpoint.logons == endpoint.connections == count
        assert settles(lambda: endpoint.open_connections == 0)
    assert after[0] <= files
    assert after[1] <= threads
    assert after[2] - objects < 200, "objects stay"
    assert after[3] - memory < 4096, "KB of memory stay"  # a leak of 8 KB a session would show


@contextmanager
def nothing_stays() -> Iterator[None]:
    gc.collect()
    files, threads = files_by_kind(), threading.active_count()
    yield
    gc.collect()
    # At most, since something of what came before may not have ended yet when it was counted.
    if not settles(lambda: files_by_kind() <= files and threading.active_count() <= threads):
        pytest.fail(f"{files_by_kind() - files} and {threading.enumerate()} stay")


def files_by_kind() -> Counter[str]:
    return Counter(map(kind_of, descriptors()))


def kind_of(name: str) -> str:
    return name.partition(":")[0]


@pytest.mark.skipif(sys.platform != "linux", reason="Windows has no /proc to look into")
@pytest.mark.parametrize("is_secure", [False, True], ids=["sealed", "under TLS"])
def test_64_sessions_at_once_work_and_leave_nothing(is_secure: bool) -> None:
    with Endpoint(tls=is_secure) as endpoint:
        options: dict[str, Any] = {"timeout": 60}
        if is_secure:
            options |= {"transport": "HTTPS", "ca_file": endpoint.ca_file}
        counts: list[int] = []
        failures: list[BaseException] = []
        together = threading.Barrier(64)

        def work() -> None:
            try:
                with session_with(endpoint, **options) as session:
                    together.wait(60)
                    session.test_connection()
                    counts.append(len(session.query_instances(DISKS).all()))
                    for _ in session.query_instances(DISKS):
                        break
            except BaseException as error:  # noqa: BLE001 - the test's to see
                failures.append(error)

        with session_with(endpoint, **options) as session:  # what is loaded once is loaded now
            session.query_instances(DISKS).all()
        assert settles(lambda: endpoint.open_connections == 0)
        with nothing_stays():
            threads = [threading.Thread(target=work) for _ in range(64)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
            assert settles(lambda: endpoint.open_connections == 0)
        assert failures == []
        assert len(counts) == 64
        assert len(set(counts)) == 1
        assert endpoint.logons == 65
        assert is_at_rest(endpoint)


def test_64_threads_share_one_session() -> None:
    with Endpoint() as endpoint, session_with(endpoint, timeout=60) as session:
        counts: list[int] = []

        def work() -> None:
            counts.append(len(session.enumerate_instances("Win32_LogicalDisk").all()))
            session.get_instance('Win32_Service.Name="Spooler"')

        threads = [threading.Thread(target=work) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert len(counts) == 64
        assert len(set(counts)) == 1
        assert endpoint.connections <= 4  # those that a session opens at most, unless it is told
        assert is_at_rest(endpoint)


def test_64_threads_with_a_wrong_password_try_it_once() -> None:
    with Endpoint() as endpoint:
        wrong = mi.Credentials.password(endpoint.user.name, "wrong", scheme="NTLM_DOMAIN")
        refusals: list[mi.AuthenticationFailed] = []
        with session_with(endpoint, credentials=wrong, timeout=60) as session:

            def work() -> None:
                with pytest.raises(mi.AuthenticationFailed) as caught:
                    session.test_connection()
                refusals.append(caught.value)

            threads = [threading.Thread(target=work) for _ in range(64)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
            asked = endpoint.requests
            with pytest.raises(mi.AuthenticationFailed):
                session.test_connection()
            assert endpoint.requests == asked
        assert len(refusals) == 64
        assert endpoint.refused_logons == 1
