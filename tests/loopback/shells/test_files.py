r"""Files in memory have Windows' names: `C:\Temp\A.TXT` is `c:/temp/a.txt`."""

import errno

import pytest

from protocols.loopback.shells.files import HOME, NOON, FileSystem, Listed

A = r"C:\Data\a.txt"


@pytest.fixture
def files() -> FileSystem:
    made = FileSystem()
    made.make_folder(r"C:\Data\Sub")
    made.write(A, b"one")
    return made


def test_a_file_has_one_name_in_any_case_and_with_either_slash(files: FileSystem) -> None:
    assert files.read("c:/data/A.TXT") == b"one"
    assert files.absolute("x.txt") == rf"{HOME}\x.txt"
    assert files.absolute(r"..\x", r"C:\Data\Sub") == r"C:\Data\x"
    files.write(A.upper(), b" two", append=True)
    files.write(rf"{A}.new", b"x", append=True)
    assert list(files.list(r"C:\Data")) == [
        Listed("a.txt", 7), Listed("a.txt.new", 1), Listed("Sub", None),
    ]  # fmt: skip
    assert [one.is_folder for one in files.list(r"C:\DATA")] == [False, False, True]
    files.write(A, b"again")
    assert files.read(A) == b"again"
    files.delete(A)
    assert not files.exists(A)


def test_what_is_not_there_or_not_a_file_is_an_error_of_the_system(files: FileSystem) -> None:
    for missing in (r"C:\Data\none", r"D:\x"):
        with pytest.raises(FileNotFoundError):
            files.read(missing)
        with pytest.raises(FileNotFoundError):
            list(files.list(missing))
        with pytest.raises(FileNotFoundError):
            files.rename(missing, A)
    with pytest.raises(FileNotFoundError):
        files.write(r"C:\None\a.txt", b"")
    with pytest.raises(IsADirectoryError):
        files.write(r"C:\Data", b"")
    with pytest.raises(IsADirectoryError):
        files.read(r"C:\Data")
    with pytest.raises(NotADirectoryError):
        list(files.list(A))
    with pytest.raises(FileExistsError):
        files.make_folder(A)


def test_a_folder_is_renamed_with_all_that_is_in_it(files: FileSystem) -> None:
    files.write(r"C:\Data\Sub\b.txt", b"b")
    files.rename(r"C:\data", r"C:\Done")
    assert list(files.walk(r"C:\Done")) == [r"C:\Done\a.txt", r"C:\Done\Sub\b.txt"]
    assert not files.exists(r"C:\Data")
    files.rename(r"C:\Done\a.txt", r"C:\Done\A.TXT")
    with pytest.raises(FileExistsError):
        files.rename(r"C:\Done\a.txt", r"C:\Done\Sub\b.txt")
    files.rename(r"C:\Done\a.txt", r"C:\Done\Sub\b.txt", replace=True)
    assert files.read(r"C:\Done\Sub\b.txt") == b"one"


def test_a_folder_is_removed_when_it_is_empty_or_with_what_it_holds(files: FileSystem) -> None:
    with pytest.raises(OSError, match="not empty"):
        files.remove_folder(r"C:\Data")
    files.remove_folder(r"C:\Data\Sub")
    files.remove_folder(r"C:\Data", with_content=True)
    assert not files.exists(A)
    assert files.is_folder("C:\\")
    assert not files.is_folder(A)


def test_a_part_of_a_file_is_read_and_the_rest_cut_off(files: FileSystem) -> None:
    files.write(A, b"abcdef")
    assert (files.part(A, 2, 3), files.part(A, 5, 9), files.part(A, 9, 1)) == (b"cde", b"f", b"")
    files.truncate(A, 2)
    assert (files.read(A), files.size(A)) == (b"ab", 2)


def test_a_read_only_file_is_neither_written_nor_replaced_nor_deleted(files: FileSystem) -> None:
    files.write(r"C:\Data\b", b"b")
    files.set_read_only(A.upper())
    assert files.is_read_only(A)
    for change in (
        lambda: files.write(A, b"x"),
        lambda: files.truncate(A, 0),
        lambda: files.delete(A),
        lambda: files.rename(r"C:\Data\b", A, replace=True),
    ):
        with pytest.raises(PermissionError):
            change()
    assert files.read(A) == b"one"
    files.set_read_only(A, is_read_only=False)
    files.delete(A)


def test_times_go_with_a_file_and_end_with_a_change(files: FileSystem) -> None:
    assert files.time(A) == NOON
    files.set_time(A, 5)
    files.rename(A, r"C:\Data\b")
    assert (files.time(r"C:\Data\b"), files.time(A)) == (5, NOON)
    files.write(r"C:\Data\b", b"x", append=True)
    assert files.time(r"C:\Data\b") == NOON


def test_a_disk_has_the_room_that_it_is_given(files: FileSystem) -> None:
    files.room = 5
    files.write(A, b"22", append=True)
    with pytest.raises(OSError, match="not enough space") as caught:
        files.write(r"C:\Data\b", b"x")
    assert caught.value.errno == errno.ENOSPC


def test_a_link_is_one_until_it_is_deleted(files: FileSystem) -> None:
    files.set_link(A)
    assert files.is_link(A)
    files.delete(A)
    files.write(A, b"")
    assert not files.is_link(A)


def test_a_file_is_written_anywhere_and_what_is_skipped_is_zeros(files: FileSystem) -> None:
    files.write_at(A, 5, b"two")
    files.write_at(A, 1, b"NE")
    assert files.read(A) == b"oNE\0\0two"
    files.room = 8
    files.write_at(A, 0, b"again")
    with pytest.raises(OSError, match="not enough space"):
        files.write_at(A, 7, b"xx")
    files.set_read_only(A)
    with pytest.raises(PermissionError):
        files.write_at(A, 0, b"")


def test_a_file_that_is_open_is_neither_deleted_nor_renamed(files: FileSystem) -> None:
    alone = files.open(A)
    for is_shared in (True, False):
        with pytest.raises(BlockingIOError):
            files.open(A, is_shared=is_shared)
    files.close(alone)
    files.close(alone)
    both = [files.open(A, is_shared=True) for _ in range(2)]
    files.write(rf"{A}.new", b"x")
    for act in (
        lambda: files.open(A),
        lambda: files.delete(A),
        lambda: files.rename(A, r"C:\b.txt"),
        lambda: files.rename(rf"{A}.new", A, replace=True),
    ):
        with pytest.raises(BlockingIOError):
            act()
    for one in both:
        files.close(one)
    files.delete(A)
