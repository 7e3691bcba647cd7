"""`mi events` as a process of its own, which is interrupted, killed, and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protocols.loopback.http import Endpoint

_MI = (sys.executable, "-c", "import sys; from mi.cli.main import main; sys.exit(main())")
_ROOT = Path(__file__).parents[2]
_LONG = 60.0  # seconds after which a test gives up; nothing here takes so long
_COLUMNS = ("-p", "EventRecordID,EventID")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


def _follow(endpoint: Endpoint, *arguments: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ, "MI_USER": endpoint.user.name, "MI_PASSWORD": endpoint.user.password,
        "MI_PORT": str(endpoint.port),
    }  # fmt: skip
    return subprocess.Popen(
        [*_MI, "events", endpoint.host, *arguments], cwd=_ROOT, text=True, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _settles(condition: Callable[[], bool]) -> bool:
    """Whether something becomes true in time."""
    until = time.monotonic() + _LONG
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


def test_a_run_goes_on_where_the_last_one_was_killed(endpoint: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "system.mark"
    given = ("System", "--follow", "--read-existing", "--bookmark", str(file), *_COLUMNS)
    first = _follow(endpoint, *given)
    lines = [_line(first) for _ in range(137)]
    assert lines[0] == "101  7036\n"
    endpoint.event_log.write("System", 1)
    assert _line(first) == "238  1\n"
    assert _settles(lambda: "238" in file.read_text())  # it is kept after the line is printed
    first.kill()
    first.communicate(timeout=_LONG)
    for number in (2, 3):
        endpoint.event_log.write("System", number)
    second = _follow(endpoint, *given)
    assert [_line(second) for _ in range(2)] == ["239  2\n", "240  3\n"]
    second.send_signal(signal.SIGINT)
    _, errors = second.communicate(timeout=_LONG)
    assert (second.returncode, errors.split()) == (130, ["mi:", "interrupted"])


def test_ctrl_c_ends_the_subscription_on_the_host(endpoint: Endpoint) -> None:
    process = _follow(endpoint, "System", "--follow", *_COLUMNS)
    assert _settles(lambda: len(endpoint.subscriptions) > 0)
    endpoint.event_log.write("System", 1)
    assert _line(process) == "238  1\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=_LONG)
    assert (process.returncode, endpoint.open_contexts) == (130, 0)


def test_what_is_there_is_printed_and_no_more(endpoint: Endpoint) -> None:
    process = _follow(endpoint, "System", "Application", "--timeout", "3", *_COLUMNS)
    printed, errors = process.communicate(timeout=_LONG)
    assert (process.returncode, errors, len(printed.splitlines())) == (0, "", 137 + 96)
    assert endpoint.open_contexts == 0


def test_a_query_is_followed_until_it_has_told_enough(endpoint: Endpoint) -> None:
    query = (
        "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Win32_Service'"
    )
    process = _follow(endpoint, "--query", query, "--count", "1")
    assert _settles(lambda: len(endpoint.subscriptions) > 0)
    repository = endpoint.repository
    new = repository.get("root/cimv2", "Win32_Service", {"Name": "Spooler"}).copy()
    new["Name"] = "New"
    repository.add(new)
    printed, errors = process.communicate(timeout=_LONG)
    assert (process.returncode, errors, endpoint.open_contexts) == (0, "", 0)
    assert '"Name": "New"' in printed


def test_a_channel_that_is_not_there_is_exit_5(endpoint: Endpoint) -> None:
    process = _follow(endpoint, "Nowhere")
    printed, errors = process.communicate(timeout=_LONG)
    assert (process.returncode, printed) == (5, "")
    assert "there is no channel 'Nowhere'" in errors
