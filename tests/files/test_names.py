"""Names and paths of files by Windows' rules."""

import pytest

from mi.errors import InvalidParameter
from mi.files.names import (
    check_name,
    check_path,
    far_join,
    is_partial,
    long_form,
    partial_name,
    pattern_of,
)


@pytest.mark.parametrize(
    "name", ["a", "a.txt", ".hidden", "naïve ☃.txt", "con1", "console", "com", "COM10", "x" * 255]
)
def test_a_name_that_windows_has(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "names a folder by its place"),
        (".", "names a folder by its place"),
        ("..", "names a folder by its place"),
        ("a/b", "it has '/'"),
        ("a\\b", "it has '\\\\\\\\'"),
        ("C:", "it has ':'"),
        ("a:$DATA", "it has ':'"),
        ("a*", r"it has '\*'"),
        ("a\x00", r"it has '\\x00'"),
        ("a\n", r"it has '\\n'"),
        ("a.", "ends with a dot or a blank"),
        ("... ", "ends with a dot or a blank"),
        ("NUL", "that of a device"),
        ("nul.tar.gz", "that of a device"),
        ("Com1", "that of a device"),
        ("LPT\xb9.txt", "that of a device"),
        ("conin$", "that of a device"),
        ("\udcff", "is no text"),
        ("x" * 256, "has 256 characters, and may have 255"),
        ("\U0001f600" * 128, "has 256 characters"),
    ],
)
def test_a_name_that_windows_cannot_have(name: str, reason: str) -> None:
    with pytest.raises(InvalidParameter, match=reason):
        check_name(name)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("C:\\a", "C:\\a"),
        ("C:\\" + "a" * 300, "\\\\?\\C:\\" + "a" * 300),
        ("\\\\host\\share\\" + "a" * 300, "\\\\?\\UNC\\host\\share\\" + "a" * 300),
        ("\\\\?\\C:\\" + "a" * 300, "\\\\?\\C:\\" + "a" * 300),
        ("C:/b/../" + "a" * 300, "\\\\?\\C:\\" + "a" * 300),
        ("\N{WATER WAVE} " * 130, "\N{WATER WAVE} " * 130),
        ("C:\\" + "\U0001f600" * 120, "\\\\?\\C:\\" + "\U0001f600" * 120),
    ],
)
def test_long_paths_have_a_form_of_their_own(path: str, said: str) -> None:
    assert long_form(path) == said


def test_a_file_that_is_not_whole_has_a_name_of_its_own_that_fits() -> None:
    assert partial_name("a.txt") == ".a.txt.mi-part"
    for name in ("x" * 255, "ä" * 200):
        assert len(partial_name(name).encode()) < 255
        assert partial_name(name) == partial_name(name) != partial_name(name[1:])


@pytest.mark.parametrize(
    "path", [r"C:\a", "C:/a/", "a", r"..\a", r"\\host\share$\a", r"\\?\C:\a", ".", "C:"]
)
def test_a_path_that_may_be_written_to(path: str) -> None:
    assert check_path(path) == path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (r"C:\aux.txt", "is that of a device"),
        ("//./C:/a", "is that of a device"),
        (r"C:\a:b", "has ':'"),
        (r"C:\a.\b", "ends with a dot"),
    ],
)
def test_a_path_that_must_not_be_written_to(path: str, reason: str) -> None:
    with pytest.raises(InvalidParameter, match=f"is no path for a file of Windows: it {reason}"):
        check_path(path)


def test_what_is_not_whole_is_known_by_its_name() -> None:
    assert is_partial(partial_name("a.txt"))
    assert is_partial(partial_name("x" * 255))
    assert not is_partial("a.mi-part")
    assert not is_partial(".a")


def test_a_pattern_is_in_the_last_part_of_a_path() -> None:
    assert pattern_of(r"C:\logs\*.log") == (r"C:\logs", "*.log")
    assert pattern_of("C:/logs/a?") == ("C:/logs", "a?")
    assert pattern_of("*") == ("", "*")
    assert pattern_of(r"C:\logs\a.log") is None
    assert far_join("C:\\", "a", "b") == r"C:\a\b"
