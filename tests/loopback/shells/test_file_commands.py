"""The commands about files do to the files in memory what Windows' do to real ones."""

import hashlib

import pytest

from protocols.loopback.shells.file_commands import FILE_COMMANDS
from protocols.loopback.shells.files import HOME
from protocols.loopback.shells.programs import PROGRAMS
from tests.loopback.shells.prompts import Cmd

NO_FILE = "The system cannot find the file specified.\r\n"


@pytest.fixture
def cmd() -> Cmd:
    made = Cmd({**PROGRAMS, **FILE_COMMANDS})
    made("md work & echo one>work\\a.txt & echo two>work\\b.log")
    return made


def test_type_writes_files_and_tells_of_those_that_are_not_there(cmd: Cmd) -> None:
    assert cmd("type work\\a.txt work\\b.log") == (0, "one\r\ntwo\r\n", "")
    assert cmd("type none") == (1, "", NO_FILE)
    assert cmd("type work") == (1, "", "Access is denied.\r\n")


def test_dir_lists_a_folder_or_what_fits(cmd: Cmd) -> None:
    assert cmd("dir /b work") == (0, "a.txt\r\nb.log\r\n", "")
    assert cmd("dir /b work\\*.LOG") == (0, "b.log\r\n", "")
    assert cmd("dir /b work\\a.txt") == (0, "a.txt\r\n", "")
    assert cmd("dir work\\x*") == (1, "", "File Not Found\r\n")
    assert cmd("dir /b none\\x") == (1, "", NO_FILE)
    code, out, _ = cmd("dir")
    assert code == 0
    assert f" Directory of {HOME}\r\n" in out
    assert "<DIR>           work\r\n" in out
    assert "               0 File(s)              0 bytes\r\n" in out
    assert " 5 a.txt\r\n" in cmd("cd work & dir")[1]


def test_cd_says_or_changes_the_folder_for_its_line(cmd: Cmd) -> None:
    assert cmd("cd") == (0, f"{HOME}\r\n", "")
    assert cmd("cd work & cd") == (0, f"{HOME}\\work\r\n", "")
    assert cmd("cd none") == (1, "", "The system cannot find the path specified.\r\n")


def test_folders_are_made_and_removed(cmd: Cmd) -> None:
    assert cmd("mkdir work")[2].endswith("already exists.\r\n")
    assert cmd("rmdir work") == (1, "", "The directory is not empty.\r\n")
    assert cmd("rmdir /s /q work") == (0, "", "")
    assert cmd("rmdir C:\\none") == (1, "", NO_FILE)
    assert cmd("echo x> f & rmdir f") == (1, "", "The directory name is invalid.\r\n")


def test_files_are_copied_moved_renamed_and_deleted(cmd: Cmd) -> None:
    assert cmd("copy work\\a.txt c.txt") == (0, "        1 file(s) copied.\r\n", "")
    assert cmd("move c.txt work") == (0, "        1 file(s) moved.\r\n", "")
    assert cmd("ren work\\c.txt d.txt & dir /b work") == (0, "a.txt\r\nb.log\r\nd.txt\r\n", "")
    assert cmd("ren work\\a.txt d.txt")[0] == 1
    assert cmd("del work\\d.txt") == (0, "", "")
    assert cmd("del work\\d.txt") == (0, f"Could Not Find {HOME}\\work\\d.txt\r\n", "")


def test_certutil_digests_and_decodes(cmd: Cmd) -> None:
    _, out, _ = cmd("certutil -hashfile work\\a.txt SHA256")
    assert out.splitlines()[1] == hashlib.sha256(b"one\r\n").hexdigest()
    assert cmd("certutil -hashfile work\\a.txt")[1].startswith("SHA1 hash of work\\a.txt:")
    cmd("echo aGk=> e.txt")
    assert cmd("certutil -f -decode e.txt d.bin & type d.bin")[1].endswith("successfully.\r\nhi")
