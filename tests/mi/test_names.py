"""CIM names: legal ones, namespaces, and mappings without case."""

import pickle
from typing import Any

import pytest

from mi.errors import InvalidParameter, TypeMismatch
from mi.names import NameMap, check_name, name_matcher, normalize_namespace, suggestion


@pytest.mark.parametrize("name", ["Win32_Service", "__PATH", "_", "a1", "X" * 300])
def test_a_name_is_letters_digits_and_underscores(name: str) -> None:
    assert check_name(name, "class name") == name


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a b", "a.b", "a\n", "Größe", 'x"'])
def test_any_other_name_is_refused_by_what_it_is_for(name: str) -> None:
    with pytest.raises(InvalidParameter, match=r"is not a legal class name\. Names are letters"):
        check_name(name, "class name")


@pytest.mark.parametrize("name", [None, 5, b"Win32_Service"])
def test_a_name_is_a_string(name: Any) -> None:
    with pytest.raises(TypeMismatch, match="a class name is a string, not"):
        check_name(name, "class name")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("root/cimv2", "root/cimv2"),
        (r"root\cimv2", "root/cimv2"),
        ("/root/cimv2", "root/cimv2"),
        (r"\root\cimv2", "root/cimv2"),
        ("root//cimv2/", "root/cimv2"),
        (r"ROOT\Microsoft/Windows", "ROOT/Microsoft/Windows"),
        ("root", "root"),
    ],
)
def test_slashes_are_equal_and_a_leading_one_is_dropped(given: str, expected: str) -> None:
    assert normalize_namespace(given) == expected


@pytest.mark.parametrize("namespace", ["root\virtualization\v2", "root\rsop", "root/\x7f"])
def test_a_control_character_in_a_namespace_is_refused_with_the_way_out(namespace: str) -> None:
    with pytest.raises(InvalidParameter, match="root/virtualization/v2 or a raw string"):
        normalize_namespace(namespace)


@pytest.mark.parametrize("namespace", ["", "/", r"\\"])
def test_an_empty_namespace_is_refused(namespace: str) -> None:
    with pytest.raises(InvalidParameter, match="the namespace is empty"):
        normalize_namespace(namespace)


def test_a_namespace_is_a_string() -> None:
    nothing: Any = None
    with pytest.raises(TypeMismatch, match="a namespace is a string"):
        normalize_namespace(nothing)


_MAP = NameMap([("Name", 1), ("State", 2)])


def test_names_are_found_without_case_and_kept_in_order() -> None:
    assert (_MAP["name"], _MAP["STATE"]) == (1, 2)
    assert list(_MAP) == ["Name", "State"]
    assert len(_MAP) == 2
    assert dict(_MAP) == {"Name": 1, "State": 2}


def test_a_name_that_is_not_there_is_an_ordinary_key_error() -> None:
    with pytest.raises(KeyError, match="Nmae"):
        _MAP["Nmae"]
    assert _MAP.get("Nmae") is None


def test_in_compares_without_case() -> None:
    assert "NAME" in _MAP
    assert "Nmae" not in _MAP
    assert 5 not in _MAP


def test_the_spelling_of_a_name_is_the_first_one_seen() -> None:
    assert _MAP.spelling("STATE") == "State"
    assert _MAP.spelling("Nmae") is None


def test_of_two_names_that_differ_in_case_the_last_gives_the_value() -> None:
    twice = NameMap([("Name", 1), ("NAME", 2)])
    assert list(twice.items()) == [("Name", 2)]


def test_a_map_has_a_repr_and_pickles() -> None:
    assert repr(_MAP) == "NameMap({'Name': 1, 'State': 2})"
    again = pickle.loads(pickle.dumps(_MAP))
    assert again == _MAP
    assert again["name"] == 1


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (["Name", "State"], "Did you mean State?"),
        (["Handle", "Name"], "There are Handle, Name."),
        ([], "There are none."),
        ([f"N{i:02}" for i in range(23)], "and 3 more."),
    ],
)
def test_whoever_wrote_a_wrong_name_is_told_the_right_one_or_which_there_are(
    known: list[str], sentence: str
) -> None:
    assert suggestion("sate", known).endswith(sentence)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        (None, "Win32_Service", True),
        ("win32_*", "Win32_Service", True),
        ("Win32_Serv?ce", "WIN32_SERVICE", True),
        ("Win32", "Win32_Service", False),
        ("W.*", "Win32_Service", False),
    ],
)
def test_a_pattern_matches_a_whole_name_without_case(
    pattern: str | None, name: str, matches: bool
) -> None:
    assert bool(name_matcher(pattern)(name)) is matches
