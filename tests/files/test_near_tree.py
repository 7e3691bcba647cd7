"""What there is to be copied on this machine."""

import os
from pathlib import Path

import pytest

from mi.errors import InvalidParameter, NotFound, OperationTimeout
from mi.files.manner import Manner
from mi.files.near_failures import near_errors
from mi.files.near_tree import near_tree

USUAL = Manner()


def test_folders_come_before_what_is_in_them_and_all_by_name(tmp_path: Path) -> None:
    for name in ("b/z", "b/a/x", "a", "c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    tree = near_tree(tmp_path, USUAL)
    assert tree.folders == [(), ("b",), ("b", "a")]
    assert [file.names for file in tree.files] == [("a",), ("b", "a", "x"), ("b", "z"), ("c",)]
    assert [file.size for file in tree.files] == [1, 5, 3, 1]


def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("missing")
    tree = near_tree(tmp_path, Manner(follows_links=True))
    assert sorted(tree.left_out) == [str(tmp_path / "dangling"), str(tmp_path / "pipe")]


def test_what_an_earlier_copy_has_left_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / ".a.mi-part").touch()
    tree = near_tree(tmp_path, USUAL)
    assert [file.names for file in tree.files] == [("a",)]
    assert tree.left_out == [str(tmp_path / ".a.mi-part")]
    assert near_tree(tmp_path / ".a.mi-part", USUAL).files


def test_what_is_named_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("abc")
    (tmp_path / "link").symlink_to("file")
    [file] = near_tree(tmp_path / "link", USUAL).files
    assert (file.size, file.names) == (3, ())


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "again").symlink_to("..")
    with pytest.raises(InvalidParameter, match="is a link to a folder that it is in"):
        near_tree(tmp_path, Manner(follows_links=True))
    assert near_tree(tmp_path, USUAL).left_out == [str(tmp_path / "a" / "again")]


def test_a_folder_that_is_not_wanted_is_refused_or_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.log").mkdir()
    (tmp_path / "b.log").touch()
    manner = Manner(recurses=False)
    with pytest.raises(InvalidParameter, match="is a folder"):
        near_tree(tmp_path, manner)
    tree = near_tree(str(tmp_path / "*.log"), manner)
    assert [file.names for file in tree.files] == [("b.log",)]
    assert tree.left_out == [str(tmp_path / "a.log")]


def test_a_file_whose_name_has_the_signs_of_a_pattern_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "[a]").write_text("x")
    [file] = near_tree(str(tmp_path / "[a]"), USUAL).files
    assert file.names == ()


def test_errors_of_the_system_are_ours() -> None:
    with pytest.raises(NotFound, match="x on this machine: No such file"), near_errors("x"):
        raise FileNotFoundError(2, "whatever")
    with pytest.raises(NotFound, match="mine"), near_errors("x"):
        raise NotFound("mine")
    with pytest.raises(TimeoutError, match="mine"), near_errors("x"):
        raise OperationTimeout("mine")  # which is an OSError, too
