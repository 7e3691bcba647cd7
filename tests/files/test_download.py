"""Files on their way from an endpoint."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import mi
from mi.errors import (
    AccessDenied,
    ConnectionFailed,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    NotFound,
    ProtocolError,
)
from mi.files import far_tree as far_tree_module
from mi.files import near_file
from mi.files.far_files import FarFiles
from mi.files.requests import Attribute, Entry
from mi.files.result import CopiedFile, CopyProgress
from protocols.loopback import Cut, Endpoint
from tests.sessions import session_with

SOURCE = r"C:\data\a.bin"


def written(endpoint: Endpoint, path: str, size: int) -> bytes:
    data = random.Random(size).randbytes(size)
    endpoint.files.make_folder(path.rpartition("\\")[0])
    endpoint.files.write(path, data)
    return data


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("size", [0, 1, 70_000, 8_000_000])
def test_a_file_arrives_as_it_is(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, size: int
) -> None:
    data = written(endpoint, SOURCE, size)
    result = session.copy_from(SOURCE, tmp_path / "new" / "b.bin")
    assert (tmp_path / "new" / "b.bin").read_bytes() == data
    target = str(tmp_path / "new" / "b.bin")
    assert result.files == (CopiedFile(SOURCE, target, size, sha256(data).hexdigest()),)
    assert names(tmp_path) == ["new", "new/b.bin"], "something was left beside it"


def test_what_is_the_same_is_not_sent_again(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(endpoint, SOURCE, 500_000)
    session.copy_from(SOURCE, tmp_path)
    before = sum(len(one.reply_bytes) for one in endpoint.exchanges)
    result = session.copy_from(SOURCE, tmp_path)
    assert sum(len(one.reply_bytes) for one in endpoint.exchanges) - before < 100_000
    assert (result.copied, result.skipped) == (0, 1)


def test_what_differs_takes_the_place_of_what_was(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    data = written(endpoint, SOURCE, 100)
    for old in (b"x" * 100, b"shorter"):
        (tmp_path / "a.bin").write_bytes(old)
        assert session.copy_from(SOURCE, tmp_path / "a.bin").copied == 1
        assert (tmp_path / "a.bin").read_bytes() == data


def test_a_file_goes_into_a_folder_under_the_name_that_was_given(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(endpoint, SOURCE, 1)
    for target in (tmp_path, f"{tmp_path}/new/"):
        session.copy_from("C:/data/a.bin", target)
    assert names(tmp_path) == ["a.bin", "new", "new/a.bin"]


def test_times_are_kept_on_request(endpoint: Endpoint, session: mi.Session, tmp_path: Path) -> None:
    written(endpoint, SOURCE, 1)
    session.copy_from(SOURCE, tmp_path / "now")
    session.copy_from(SOURCE, tmp_path / "noon", times=True)
    assert (tmp_path / "noon").stat().st_mtime == 1_763_985_600
    assert (tmp_path / "now").stat().st_mtime != 1_763_985_600


# Trees


def test_a_folder_arrives_with_all_in_it(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(endpoint, r"C:\site\naïve ☃.txt", 5)
    written(endpoint, r"C:\site\sub\none.txt", 0)
    endpoint.files.make_folder(r"C:\site\sub\empty")
    written(endpoint, r"C:\site\link\a.txt", 5)
    endpoint.files.set_link(r"C:\site\link")
    result = session.copy_from(r"C:\site", tmp_path / "copy")
    assert names(tmp_path / "copy") == ["naïve ☃.txt", "sub", "sub/empty", "sub/none.txt"]
    assert result.left_out == (r"C:\site\link",)
    again = session.copy_from(r"C:\site", tmp_path / "copy", follow_links=True)
    assert (again.copied, again.skipped, again.left_out) == (1, 2, ())


def test_what_a_pattern_finds_goes_into_a_folder(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    for name in ("a.log", "B.LOG", "c.txt"):
        written(endpoint, rf"C:\logs\{name}", 10)
    written(endpoint, r"C:\Users\operator\mine.log", 1)
    session.copy_from(r"C:\logs\*.log", tmp_path / "all")
    assert names(tmp_path / "all") == ["B.LOG", "a.log"]
    session.copy_from("*.log", tmp_path / "own")
    assert names(tmp_path / "own") == ["mine.log"]
    with pytest.raises(NotFound, match="nothing on the host is"):
        session.copy_from(r"C:\logs\*.exe", tmp_path)
    with pytest.raises(NotFound, match="is not on the host"):
        session.copy_from(r"C:\missing\*.exe", tmp_path)
    with pytest.raises(NotFound, match="is not on the host"):
        session.copy_from(r"C:\missing", tmp_path)


# What is refused


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the host list what it likes."""

    def lists(*entries: Entry) -> None:
        monkeypatch.setattr(FarFiles, "list", lambda self, folder: iter(entries))

    return lists


@pytest.mark.parametrize(
    "name", ["..", "a\\b", "../up", "/etc/passwd", "C:", "C:x", "a:stream", "", "a\0b", "con"]
)
def test_a_name_that_leads_elsewhere_is_refused(
    endpoint: Endpoint,
    session: mi.Session,
    tmp_path: Path,
    listing: Callable[..., None],
    name: str,
) -> None:
    endpoint.files.make_folder(r"C:\site")
    listing(Entry("good.txt", 0x20, 0), Entry(name, 0x20, 5))
    with pytest.raises(ProtocolError, match="the host lists a file that is none"):
        session.copy_from(r"C:\site", tmp_path / "in" / "here")
    with pytest.raises(ProtocolError, match="the host lists a file that is none"):
        session.copy_from(r"C:\site\*", tmp_path / "in" / "here")
    assert names(tmp_path) == []


def test_the_host_has_no_say_in_the_name_of_the_one_file(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(endpoint, SOURCE, 5)
    look = FarFiles.look

    def lies(self: FarFiles, path: str) -> tuple[str, Entry]:
        return rf"{look(self, path)[0]}\..\a.bin", look(self, path)[1]

    monkeypatch.setattr(FarFiles, "look", lies)
    session.copy_from(SOURCE, tmp_path)
    assert names(tmp_path) == ["a.bin"]


def test_a_link_is_what_it_leads_to_and_not_the_nothing_that_it_has_itself(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    endpoint.files.make_folder(r"C:\data")
    endpoint.files.write(r"C:\data\link", b"abc")
    endpoint.files.set_link(r"C:\data\link")
    session.copy_from(r"C:\data\link", tmp_path / "one")
    assert (tmp_path / "one").read_bytes() == b"abc"
    session.copy_from(r"C:\data", tmp_path / "all", follow_links=True)
    assert (tmp_path / "all" / "link").read_bytes() == b"abc"


def test_a_link_that_leads_nowhere_is_left_out_of_what_follows_links(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = FarFiles.look

    def dangling(far: FarFiles, path: str, *, opens: bool = False) -> tuple[str, Entry]:
        return look(far, r"C:\missing" if opens else path, opens=opens)

    monkeypatch.setattr(FarFiles, "look", dangling)
    endpoint.files.make_folder(r"C:\data")
    endpoint.files.write(r"C:\data\link", b"abc")
    endpoint.files.set_link(r"C:\data\link")
    result = session.copy_from(r"C:\data", tmp_path, follow_links=True)
    assert (result.files, result.left_out) == ((), (r"C:\data\link",))
    with pytest.raises(NotFound):
        session.copy_from(r"C:\data\link", tmp_path)


def test_what_an_earlier_copy_has_left_is_not_copied_with_its_folder(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    endpoint.files.make_folder(r"C:\data")
    endpoint.files.write(r"C:\data\a", b"abc")
    endpoint.files.write(r"C:\data\.a.mi-part", b"half")
    result = session.copy_from(r"C:\data", tmp_path)
    assert result.left_out == (r"C:\data\.a.mi-part",)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert session.copy_from(r"C:\data\.a.mi-part", tmp_path / "half").copied == 1


def test_a_name_that_is_listed_twice_is_refused(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FarFiles, "list", lambda *_: iter([Entry("a", 0x20), Entry("a", 0x20)]))
    endpoint.files.make_folder(r"C:\data")
    with pytest.raises(ProtocolError, match="the host lists a twice"):
        session.copy_from(r"C:\data", tmp_path)


def test_links_in_a_circle_have_an_end(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, listing: Callable[..., None]
) -> None:
    endpoint.files.make_folder(r"C:\site")
    listing(Entry("again", Attribute.FOLDER | Attribute.LINK))
    with pytest.raises(LimitsExceeded, match="is deeper than 200 folders"):
        session.copy_from(r"C:\site", tmp_path, follow_links=True)


def test_a_listing_without_end_is_refused(
    endpoint: Endpoint,
    session: mi.Session,
    tmp_path: Path,
    listing: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint.files.make_folder(r"C:\site")
    monkeypatch.setattr(far_tree_module, "_MOST", 10)
    listing(*(Entry(str(number), 0x20) for number in range(11)))
    with pytest.raises(LimitsExceeded, match="more than 10 files"):
        session.copy_from(r"C:\site", tmp_path)


def test_what_is_there_and_no_file_is_left(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(endpoint, r"C:\site\a.bin", 5)
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(InvalidParameter, match="is no file"):
        session.copy_from(r"C:\site", tmp_path)


def test_a_read_only_target_is_refused_and_left(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(endpoint, SOURCE, 5)
    target = tmp_path / "a.bin"
    target.write_text("old")
    target.chmod(0o444)
    with pytest.raises(AccessDenied, match="on this machine is read-only"):
        session.copy_from(SOURCE, target)
    assert target.read_text() == "old"


def test_a_target_that_cannot_be_written_is_told(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(endpoint, SOURCE, 5)
    (tmp_path / "file").touch()
    with pytest.raises(MIError, match="on this machine"):
        session.copy_from(SOURCE, tmp_path / "file" / "a.bin")


# What goes wrong on the way


def test_a_callback_that_raises_ends_the_copy_and_leaves_nothing(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(endpoint, SOURCE, 3_000_000)

    def tell(progress: CopyProgress) -> None:
        if progress.done > 1_000_000:
            raise FileExistsError("mine")

    with pytest.raises(FileExistsError, match="mine"):
        session.copy_from(SOURCE, tmp_path, progress=tell)
    assert endpoint.open_shells == 0
    assert names(tmp_path) == []


def test_a_connection_that_vanishes_is_told_and_the_copy_can_be_resumed(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    data = written(endpoint, SOURCE, 5_000_000)
    cut = []

    def tell(progress: CopyProgress) -> None:
        if progress.done > 1_000_000 and not cut:
            cut.append(Cut("Receive", 0, count=1))
            endpoint.disturb(cut[0])

    with session_with(endpoint) as session:
        with pytest.raises(ConnectionFailed):
            session.copy_from(SOURCE, tmp_path / "a.bin", progress=tell, resume=True)
        assert names(tmp_path) == [".a.bin.mi-part"]
        [copied] = session.copy_from(SOURCE, tmp_path / "a.bin", resume=True).files
    assert copied.resumed_at > 1_000_000
    assert (tmp_path / "a.bin").read_bytes() == data
    assert names(tmp_path) == ["a.bin"]


def test_what_is_left_of_another_file_is_not_gone_on_with(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    data = written(endpoint, SOURCE, 1000)
    for left in (b"x" * 500, b"x" * 2000, b"", data):
        (tmp_path / ".a.bin.mi-part").write_bytes(left)
        [copied] = session.copy_from(SOURCE, tmp_path / "a.bin", resume=True).files
        assert copied.resumed_at == (1000 if left == data else 0)
        assert (tmp_path / "a.bin").read_bytes() == data
        (tmp_path / "a.bin").unlink()


def test_a_link_in_the_place_of_what_is_left_is_not_followed(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(endpoint, SOURCE, 10)
    (tmp_path / "other").write_text("0123")
    for resume in (True, False):
        (tmp_path / ".a.bin.mi-part").symlink_to(tmp_path / "other")
        session.copy_from(SOURCE, tmp_path / "a.bin", resume=resume)
        assert (tmp_path / "other").read_text() == "0123"
        assert not (tmp_path / "a.bin").is_symlink()
        (tmp_path / "a.bin").unlink()


def test_a_file_that_becomes_shorter_is_an_error(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path
) -> None:
    written(endpoint, SOURCE, 1000)

    def tell(progress: CopyProgress) -> None:
        endpoint.files.truncate(SOURCE, 10)

    with pytest.raises(MIError, match="has become shorter while it was copied"):
        session.copy_from(SOURCE, tmp_path, progress=tell)
    assert names(tmp_path) == []


def test_bytes_that_do_not_have_their_digest_are_refused(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(endpoint, SOURCE, 1000)
    monkeypatch.setattr(FarFiles, "read_digest", lambda self, path: bytes(32))
    with pytest.raises(ProtocolError, match="did not arrive as it is"):
        session.copy_from(SOURCE, tmp_path)
    assert names(tmp_path) == []


def test_a_full_disk_here_is_told_and_nothing_is_left(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(endpoint, SOURCE, 1000)

    def fsync(number: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(near_file.os, "fsync", fsync)
    with pytest.raises(LimitsExceeded, match=r"a\.bin on this machine: No space left on device"):
        session.copy_from(SOURCE, tmp_path)
    assert names(tmp_path) == []


def test_a_file_that_is_not_to_be_read_is_told(
    endpoint: Endpoint, session: mi.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(endpoint, SOURCE, 1000)

    def part(*arguments: Any) -> bytes:
        raise PermissionError

    monkeypatch.setattr(endpoint.files, "part", part)
    with pytest.raises(AccessDenied, match=r"C:\\data\\a.bin: Access to the path is denied"):
        session.copy_from(SOURCE, tmp_path)
