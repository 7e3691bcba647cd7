"""A far side that is none, or that lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mi
from mi.command import CommandInput
from mi.errors import InvalidParameter, LimitsExceeded, MIError, NotSupported, ProtocolError
from mi.files import far_files
from mi.files.far_failures import FarFailure, failure_of
from mi.files.requests import (
    PROBE,
    Entry,
    written_entry,
    written_int,
    written_text,
)
from mi.results import ErrorCategory
from protocols.loopback import Endpoint
from protocols.loopback.shells.invocation import Invocation

FILE = written_text(r"C:\a") + written_entry(Entry("a", 0x20, 5))
GREETING = PROBE + b"\0"


@pytest.fixture
def answers(endpoint: Endpoint) -> Callable[..., None]:
    """Let the far side say these bytes to whatever it is asked, and then wait, or end."""

    def say(data: bytes, *, ends: bool = False, stderr: str = "") -> None:
        def run(invocation: Invocation) -> int:
            invocation.stdout.write(data)
            if stderr:
                invocation.stderr.line(stderr)
            if not ends:
                invocation.stdin.read()
            return 3

        endpoint.commands["powershell"] = run

    return say


def fetch(session: mi.Session, tmp_path: Path) -> None:
    session.copy_from(r"C:\a", tmp_path / "a")


def test_a_host_without_powershell_is_told(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    del endpoint.commands["powershell"]
    with pytest.raises(NotSupported, match=r"exit code 1: 'powershell\.exe' is not recognized"):
        fetch(session, tmp_path)


def test_a_script_that_ends_before_its_time_is_told(
    session: mi.Session, tmp_path: Path, answers: Callable[..., None]
) -> None:
    answers(GREETING, ends=True, stderr="out of memory")
    with pytest.raises(ProtocolError, match="before its time with exit code 3: out of memory"):
        fetch(session, tmp_path)


def test_what_powershell_says_in_xml_is_told_as_text(
    session: mi.Session, tmp_path: Path, answers: Callable[..., None]
) -> None:
    said = (
        '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
        '<Obj S="progress" RefId="0"><TN RefId="0"><T>x</T></TN></Obj>'
        '<S S="Error">New-Object : Cannot create type._x000D__x000A_</S></Objs>'
    )
    answers(b"", ends=True, stderr=said)
    with pytest.raises(NotSupported) as caught:
        fetch(session, tmp_path)
    assert "exit code 3: New-Object : Cannot create type." in caught.value.message
    assert "<" not in caught.value.message


def test_a_script_that_ends_while_it_is_written_to_is_told(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(bytes(4_000_000))

    def run(invocation: Invocation) -> int:
        invocation.stdout.write(GREETING + b"\0" + FILE + b"\0")
        invocation.stdin.read_exactly(500_000)
        return 5

    endpoint.commands["powershell"] = run
    with pytest.raises(ProtocolError, match="exit code 5"):
        session.copy_to(tmp_path / "a", r"C:\a")


def test_a_shell_that_changes_bytes_is_told(
    session: mi.Session, tmp_path: Path, answers: Callable[..., None]
) -> None:
    for greeting in (PROBE.replace(b"\n", b"\r"), PROBE + b"\1"):
        answers(greeting + b"\0" * 300)
        with pytest.raises(NotSupported, match="the bytes 0 to 255 do not arrive as they are"):
            fetch(session, tmp_path)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"\7", "answers by 7"),
        (b"\2", "sends more than was asked for"),
        (b"\0" + FILE + b"\2" + written_int(6) + b"123456", "sends 6 bytes where 5 are left"),
        (b"\0" + FILE + b"\2" + written_int(-1), "sends -1 bytes where 5 are left"),
        (b"\0" + FILE + b"\2" + written_int(0), "sends 0 bytes where 5 are left"),
        (
            b"\0" + FILE + b"\2" + written_int(5) + b"12345\0\0" + bytes(32),
            "did not arrive as it is",
        ),
    ],
)
def test_answers_that_are_none_are_refused(
    session: mi.Session, tmp_path: Path, answers: Callable[..., None], said: bytes, reason: str
) -> None:
    answers(GREETING + said)
    with pytest.raises(ProtocolError, match=reason):
        fetch(session, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_too_much_in_it_is_refused(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far_files, "_MOST_ENTRIES", 3)
    endpoint.files.make_folder(r"C:\many")
    for number in range(3):
        endpoint.files.write(rf"C:\many\{number}", b"")
    with pytest.raises(LimitsExceeded, match="has more than 3 files"):
        session.copy_from(r"C:\many", tmp_path)


@pytest.mark.parametrize(
    ("rest", "reason"), [(b"", "exit code 5"), (bytes(100), "takes no requests any more")]
)
def test_why_a_script_reads_no_more_is_told_and_not_looked_for_without_end(  # noqa: PLR0913, PLR0917 - fixtures
    endpoint: Endpoint,
    session: mi.Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rest: bytes,
    reason: str,
) -> None:
    monkeypatch.setattr(far_files, "_MOST_LEFT", 10)
    (tmp_path / "a").write_bytes(b"1")
    write, count = CommandInput.write, []

    def refuse(self: CommandInput, data: bytes) -> None:
        if count:
            raise mi.NotFound("it has ended")
        count.append(1)
        write(self, data)

    monkeypatch.setattr(CommandInput, "write", refuse)

    def run(invocation: Invocation) -> int:
        invocation.stdout.write(GREETING + b"\0" + FILE + rest)
        return 5

    endpoint.commands["powershell"] = run
    with pytest.raises(ProtocolError, match=reason):
        session.copy_to(tmp_path / "a", r"C:\a")


def test_a_small_envelope_is_kept_to(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(300_000))
    options = mi.DestinationOptions(
        destination_port=endpoint.port, credentials=endpoint.credentials, max_envelope_size=50
    )
    with mi.connect(endpoint.host, options=options) as session:
        session.copy_to(tmp_path / "a", r"C:\a")
    sends = [len(one.request_bytes) for one in endpoint.exchanges if one.name == "Send"]
    assert max(sends) <= 50 * 1024
    assert endpoint.files.read(r"C:\a") == bytes(300_000)


# What the host says it could not do


@pytest.mark.parametrize(
    ("code", "kind", "error"),
    [
        (0x80070002, "FileNotFoundException", mi.NotFound),
        (0x80070005, "UnauthorizedAccessException", mi.AccessDenied),
        (-2147024784, "IOException", mi.LimitsExceeded),
        (0x80131501, "InvalidDataException", ProtocolError),
        (0x80070057, "ArgumentException", MIError),
        (0x80131620, "IOException", MIError),
        (0x80131515, "NotSupportedException", NotSupported),
        (0x800700CE, "PathTooLongException", InvalidParameter),
        (0x80070497, "IOException", MIError),  # 1175: ReplaceFile, of a program that runs
    ],
)
def test_a_failure_is_an_error_with_its_number(code: int, kind: str, error: type[MIError]) -> None:
    found = failure_of(FarFailure(code, kind, "It failed.\r\n"), r"C:\a")
    assert isinstance(found, error)
    assert (found.native_code, found.native_type) == (code % (1 << 32), "HRESULT")
    assert found.message == r"C:\a: It failed."


def test_a_file_that_another_has_open_is_busy() -> None:
    found = failure_of(FarFailure(0x80070020, "IOException", ""), r"C:\a")
    assert found.category == ErrorCategory.RESOURCE_BUSY
    assert (
        str(found) == r"C:\a: IOException. Another program has it open; a copy that lost its"
        " connection lets go of it after two minutes."
    )
