"""`mi copy`: files to a host and back, a bar on a terminal, and an end that leaves nothing."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from mi.cli.main import main
from mi.cli.remote import copy as copy_module
from mi.cli.remote.copy_bar import CopyBar
from mi.files.result import CopyProgress
from protocols.loopback import Endpoint
from tests.sessions import settles

_MI = (sys.executable, "-c", "import sys; from mi.cli.main import main; sys.exit(main())")
_ROOT = Path(__file__).parents[3]


@pytest.fixture
def copy(host: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["copy", *(word.replace("HOST", host.endpoint.host) for word in words)])
        said = capsys.readouterr()
        assert host.endpoint.open_shells == 0
        return code, said.out, said.err

    return run


@pytest.fixture
def endpoint(host: Any) -> Endpoint:
    found: Endpoint = host.endpoint
    return found


def test_a_file_goes_there_and_back(copy: Any, endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    code, out, err = copy(str(tmp_path / "a.txt"), r"HOST:C:\data\b.txt")
    assert (code, err) == (0, "")
    assert out.startswith("1 copied, 0 the same, 5 bytes sent in ")
    assert endpoint.files.read(r"C:\data\b.txt") == b"hello"
    code, out, _ = copy("-v", r"HOST:C:\data\b.txt", f"{tmp_path}/new/")
    assert code == 0
    assert out.startswith(f"copied: C:\\data\\b.txt -> {tmp_path}/new/b.txt\n")
    assert (tmp_path / "new" / "b.txt").read_text() == "hello"
    assert copy("-v", r"HOST:C:\data\b.txt", f"{tmp_path}/new/")[1].startswith("the same: C:")


def test_several_files_go_into_a_folder(copy: Any, endpoint: Endpoint, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    assert copy(str(tmp_path / "a"), str(tmp_path / "b"), r"HOST:C:\new")[0] == 0
    assert list(endpoint.files.walk(r"C:\new")) == [r"C:\new\a", r"C:\new\b"]
    assert copy(r"HOST:C:\new\a", r"HOST:C:\new\b", str(tmp_path / "back"))[0] == 0
    assert sorted(one.name for one in (tmp_path / "back").iterdir()) == ["a", "b"]


def test_a_folder_is_copied_where_that_is_asked_for(
    copy: Any, endpoint: Endpoint, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a").write_text("a")
    (tmp_path / "site" / "link").symlink_to("a")
    code, _, err = copy(str(tmp_path / "site"), r"HOST:C:\site")
    assert code == 2
    assert "is a folder. Folders are copied with --recursive." in err
    code, _, err = copy("-r", str(tmp_path / "site"), r"HOST:C:\site")
    assert code == 0
    assert err == f"mi: warning: left out: {tmp_path}/site/link\n"
    assert copy(r"HOST:C:\site", str(tmp_path / "back"))[0] == 2
    assert copy("-r", r"HOST:C:\site", str(tmp_path / "back"))[0] == 0
    assert (tmp_path / "back" / "a").read_text() == "a"


def test_a_pattern_is_the_hosts_to_understand(
    copy: Any, endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.files.make_folder(r"C:\logs\old.log")
    endpoint.files.write(r"C:\logs\a.log", b"a")
    code, _, err = copy(r"HOST:C:\logs\*.log", str(tmp_path / "logs"))
    assert (code, err) == (0, "mi: warning: left out: C:\\logs\\old.log\n")
    assert [one.name for one in (tmp_path / "logs").iterdir()] == ["a.log"]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("a",),
        ("a", "b"),
        ("HOST:a", "HOST:b"),
        ("HOST:a", "other:b", "c"),
        ("a", "HOST:b", "c"),
        (r"C:\a", r"D:\b"),
    ],
)
def test_there_is_one_host(copy: Any, words: tuple[str, ...]) -> None:
    assert copy(*words)[0] == 2


def test_a_host_may_be_an_ipv6_address(copy: Any, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    code, _, err = copy("--deadline", "5", str(tmp_path / "a"), r"[::1]:C:\a")
    assert code == 4
    assert "::1" in err


def test_what_is_not_there_is_not_found(copy: Any, tmp_path: Path) -> None:
    code, _, err = copy(r"HOST:C:\missing", str(tmp_path))
    assert code == 5
    assert r"Copy: C:\missing is not on the host" in err


def test_what_was_stopped_was_interrupted(
    copy: Any, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("a")

    def at_once(stop: Callable[[], None]) -> AbstractContextManager[None]:
        stop()
        return nullcontext()

    monkeypatch.setattr(copy_module, "passing_on", at_once)
    code, _, err = copy(str(tmp_path / "a"), r"HOST:C:\a")
    assert (code, err.strip()) == (130, "mi: interrupted")


def test_ctrl_c_ends_it_and_leaves_nothing(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(200_000_000))
    process = subprocess.Popen(
        [*_MI, "copy", str(tmp_path / "big"), rf"{endpoint.host}:C:\data\big"],
        cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    partial = r"C:\data\.big.mi-part"
    assert settles(lambda: endpoint.files.exists(partial) and endpoint.files.size(partial) > 0)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == b"mi: interrupted"
    assert endpoint.open_shells == 0
    assert list(endpoint.files.walk(r"C:\data")) == []


def _told(done: int) -> CopyProgress:
    return CopyProgress("/here/a\x1bb", r"C:\a", done, 10, done, 10, 0, 1)


def test_a_bar_is_drawn_on_a_terminal_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with CopyBar() as bar:
        bar.at(_told(5))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with CopyBar() as bar:
        bar.at(_told(5))
        bar.at(_told(10))
    said = capsys.readouterr().err
    assert "a\\x1bb" in said
    assert "10/10 bytes" in said


def test_a_long_name_leaves_room_for_the_rate_and_the_time_in_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    size = 150_000_000_000
    with CopyBar() as bar:
        for done in (0, size // 3, size // 2):
            bar.at(CopyProgress("/here/" + "x" * 200, "a", done, size, done, size, 10, 12_000))
    plain = re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", capsys.readouterr().err)
    last = plain.rpartition("xxx")[2]
    assert re.search(r"… ━+╸━+ 10/12000 75\.0/150\.0 GB [\d.]+ .?B/s \d+:\d\d:\d\d", last)
