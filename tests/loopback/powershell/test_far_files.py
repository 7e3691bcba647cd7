"""The script of `mi.files`, as the endpoint has it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest

from mi.files.far_script import SCRIPT
from mi.files.requests import (
    PROBE,
    Entry,
    Reader,
    Status,
    Verb,
    request,
    written_long,
    written_text,
)
from protocols.loopback.powershell.far_files import serve
from protocols.loopback.shells.attention import Attention
from protocols.loopback.shells.files import NOON, FileSystem
from protocols.loopback.shells.invocation import Invocation, Prompt, Writer
from protocols.loopback.shells.pipes import Input

FILE = r"C:\Windows\a.bin"
PART = r"C:\Windows\.a.bin.mi-part"


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, size: int) -> bytes:
        taken, self.data = self.data[:size], self.data[size:]
        assert len(taken) == size, "the answer is too short"
        return taken


class Served:
    """What came of some requests."""

    def __init__(self, files: FileSystem, asked: bytes) -> None:
        out, err = bytearray(), bytearray()
        prompt = Prompt(files)
        attention = Attention()
        self.code = serve(
            Invocation(
                "powershell", (), "", Input.holding(asked, attention),
                Writer(out.extend, prompt), Writer(err.extend, prompt), prompt, attention,
            )
        )  # fmt: skip
        self.err = err.decode()
        self.source = Bytes(bytes(out))
        self.reader = Reader(self.source)

    def fails(self) -> tuple[int, str]:
        assert self.reader.byte() == Status.FAILED
        code, kind, _ = self.reader.integer(), self.reader.text(), self.reader.text()
        return code % (1 << 32), kind

    def is_done(self) -> bool:
        return self.reader.byte() == Status.DONE


@pytest.fixture
def files() -> FileSystem:
    return FileSystem()


@pytest.fixture
def ask(files: FileSystem) -> Callable[..., Served]:
    """Ask, after the greeting."""

    def asked(*requests: bytes) -> Served:
        served = Served(files, PROBE + b"".join(requests))
        assert served.source.take(len(PROBE)) == PROBE
        assert served.is_done()
        return served

    return asked


def commit(path: str, target: str, data: bytes, time: int = 0) -> bytes:
    return request(Verb.COMMIT, path, time) + written_text(target) + sha256(data).digest()


def write(data: bytes, begin: int = 0) -> bytes:
    return request(Verb.WRITE, number=len(data)) + written_long(begin) + data


def test_it_is_the_script_that_the_client_sends() -> None:
    from protocols.loopback.powershell import far_files  # noqa: PLC0415 - to see its own name

    assert far_files.SCRIPT is SCRIPT


def test_it_ends_with_its_input(ask: Callable[..., Served]) -> None:
    served = ask()
    assert (served.code, served.err, served.source.data) == (0, "", b"")


def test_a_greeting_that_has_changed_is_refused(files: FileSystem) -> None:
    served = Served(files, bytes(256))
    assert served.code == 1
    assert served.source.data == PROBE + b"\1"


@pytest.mark.parametrize(
    "broken",
    [
        b"!",
        b"S\x05C:",
        request(Verb.WRITE, number=-1) + written_long(0),
        request(Verb.WRITE, number=1 << 30) + written_long(0),
        request(Verb.WRITE, number=5) + written_long(0) + b"abc",
        b"S\x02\xff\xff" + bytes(8),
        request(Verb.WRITE, number=1) + written_long(1 << 50) + b"x",
    ],
)
def test_what_is_no_request_ends_it(ask: Callable[..., Served], broken: bytes) -> None:
    served = ask(broken)
    assert served.code == 1
    assert "a request for files is broken" in served.err


def test_what_is_there_is_told(ask: Callable[..., Served], files: FileSystem) -> None:
    files.write(FILE, b"abc")
    files.set_read_only(FILE)
    served = ask(
        request(Verb.LOOK, "C:/Windows/A.BIN"),
        request(Verb.LOOK, "missing"),
        request(Verb.LOOK, "C:\\Windows"),
    )
    assert served.is_done()
    assert served.reader.text() == r"C:\Windows\A.BIN"
    assert served.reader.entry() == Entry("A.BIN", 0x21, 3, NOON)
    assert served.is_done()
    assert served.reader.text() == r"C:\Users\operator\missing"
    assert served.reader.entry().exists is False
    assert served.is_done()
    assert served.reader.text() == r"C:\Windows"
    assert served.reader.entry().is_folder


def test_a_folder_is_listed(ask: Callable[..., Served], files: FileSystem) -> None:
    files.write(FILE, b"abc")
    files.set_link(r"C:\Windows\Temp")
    served = ask(request(Verb.LIST, "C:\\Windows"), request(Verb.LIST, "C:\\nowhere"))
    listed = []
    while served.reader.byte() == Status.MORE:
        listed.append(served.reader.entry())
    assert [one.name for one in listed] == ["a.bin", "System32", "Temp"]
    assert listed[2].is_link
    assert served.fails() == (0x80070002, "FileNotFoundException")


def test_a_file_is_written_and_takes_its_place(
    ask: Callable[..., Served], files: FileSystem
) -> None:
    files.write(FILE, b"old")
    served = ask(
        request(Verb.OPEN, PART), write(b"c", 2), request(Verb.SYNC), write(b"ab"),
        commit(PART, FILE, b"abc", 5),
    )  # fmt: skip
    assert [served.is_done() for _ in range(3)] == [True] * 3
    assert (files.read(FILE), files.time(FILE), files.exists(PART)) == (b"abc", 5, False)


def test_a_file_is_gone_on_with(ask: Callable[..., Served], files: FileSystem) -> None:
    files.write(PART, b"abXX")
    served = ask(request(Verb.OPEN, PART, 2), write(b"c", 2), commit(PART, FILE, b"abc"))
    assert [served.is_done() for _ in range(2)] == [True] * 2
    assert (files.read(FILE), files.time(FILE)) == (b"abc", NOON)
    assert ask(request(Verb.DIGEST, FILE, 9)).fails() == (0x80070026, "EndOfStreamException")


def test_what_is_skipped_in_a_file_is_zeros(ask: Callable[..., Served], files: FileSystem) -> None:
    ask(request(Verb.OPEN, PART), write(b"c", 4), request(Verb.SYNC))
    assert files.read(PART) == b"\0\0\0\0c"


def test_several_write_one_file_and_none_renames_it_meanwhile(
    ask: Callable[..., Served], files: FileSystem
) -> None:
    files.write(PART, b"old")
    other = files.open(PART, is_shared=True)
    served = ask(
        request(Verb.OPEN, PART), request(Verb.JOIN, PART), write(b"new"), request(Verb.LEAVE),
        commit(PART, FILE, b"new"), request(Verb.DELETE, PART),
    )  # fmt: skip
    assert served.fails() == (0x80070020, "IOException")
    assert [served.is_done() for _ in range(2)] == [True] * 2
    assert [served.fails()[0] for _ in range(2)] == [0x80070020] * 2
    files.close(other)
    assert ask(commit(PART, FILE, b"new")).is_done()
    assert files.read(FILE) == b"new"


def test_what_ends_has_no_file_open(ask: Callable[..., Served], files: FileSystem) -> None:
    for verb in (Verb.OPEN, Verb.JOIN):
        assert ask(request(verb, PART)).is_done()
        files.close(files.open(PART))


def test_a_digest_follows_what_is_written(ask: Callable[..., Served], files: FileSystem) -> None:
    served = ask(
        request(Verb.OPEN, PART), request(Verb.JOIN, PART), write(b"ab"),
        request(Verb.HASH, PART, 2), write(b"c", 2), request(Verb.HASH, PART, 9),
        commit(PART, FILE, b"abc"),
    )  # fmt: skip
    assert [served.is_done() for _ in range(3)] == [True] * 3
    assert files.read(FILE) == b"abc"


def test_a_file_that_is_not_as_it_should_be_does_not_take_its_place(
    ask: Callable[..., Served], files: FileSystem
) -> None:
    served = ask(request(Verb.OPEN, PART), write(b"abX"), commit(PART, FILE, b"abc"))
    assert served.is_done()
    assert served.fails() == (0x80131501, "InvalidDataException")
    assert not files.exists(FILE)


def test_what_goes_wrong_in_a_write_is_told_later(
    ask: Callable[..., Served], files: FileSystem
) -> None:
    files.room = 1
    served = ask(
        request(Verb.OPEN, PART), write(b"ab"), write(b"c"), request(Verb.SYNC),
        commit(PART, FILE, b"abc"), request(Verb.DELETE, PART), request(Verb.DELETE, PART),
    )  # fmt: skip
    assert served.is_done()
    assert [served.fails()[0] for _ in range(2)] == [0x80070070] * 2
    assert served.is_done()
    assert served.is_done()
    assert not files.exists(PART)


def test_nothing_is_written_where_nothing_is_open(ask: Callable[..., Served]) -> None:
    served = ask(write(b"ab"), request(Verb.SYNC), request(Verb.LEAVE))
    assert served.fails()[1] == "RuntimeException"
    assert served.fails()[1] == "RuntimeException"


def test_a_file_is_read_from_where_it_is_wanted(
    ask: Callable[..., Served], files: FileSystem
) -> None:
    files.write(FILE, b"abcdef")
    served = ask(request(Verb.READ, FILE, 2) + written_long(3), request(Verb.DIGEST, FILE, 3))
    assert served.reader.byte() == Status.MORE
    assert served.source.take(served.reader.integer()) == b"cde"
    assert served.is_done()
    assert served.is_done()
    assert served.reader.digest() == sha256(b"abc").digest()


def test_each_error_of_the_file_system_is_one_of_dot_nets(
    ask: Callable[..., Served], files: FileSystem
) -> None:
    files.write(FILE, b"abc")
    files.set_read_only(FILE)
    served = ask(
        request(Verb.OPEN, FILE), request(Verb.OPEN, r"C:\Windows"), request(Verb.LIST, FILE),
        request(Verb.MAKE_FOLDER, FILE), request(Verb.MAKE_FOLDER, r"C:\new\deep"),
        request(Verb.OPEN, PART), commit(PART, r"C:\Windows\Temp", b""),
        request(Verb.LOOK, "C:\\" + "a" * 300), request(Verb.LOOK, "\\\\?\\C:\\" + "a" * 300),
    )  # fmt: skip
    assert served.fails() == (0x80070005, "UnauthorizedAccessException")
    assert served.fails() == (0x80070005, "UnauthorizedAccessException")
    assert served.fails() == (0x8007010B, "IOException")
    assert served.fails() == (0x800700B7, "IOException")
    assert served.is_done()
    assert files.is_folder(r"C:\new\deep")
    assert served.is_done()
    assert served.fails() == (0x800700B7, "IOException")
    assert served.fails() == (0x800700CE, "PathTooLongException")
    assert served.is_done()


def test_what_else_the_file_system_refuses_is_an_io_exception(
    ask: Callable[..., Served], files: FileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise OSError("the disk is on fire")

    monkeypatch.setattr(files, "make_folder", refuse)
    assert ask(request(Verb.MAKE_FOLDER, "C:\\x")).fails() == (0x80131620, "IOException")
