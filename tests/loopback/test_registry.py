"""A registry in memory, as 32-bit and as 64-bit programs see it."""

import pytest

from protocols.loopback.registry import Hive, Kind, Registry, Value

HERE = Hive.LOCAL_MACHINE


@pytest.fixture
def registry() -> Registry:
    return Registry({
        r"LOCAL_MACHINE\SOFTWARE\Contoso": [Value("Mode", Kind.SZ, "wide")],
        r"LOCAL_MACHINE\SOFTWARE\WOW6432Node\Contoso": [Value("Mode", Kind.SZ, "narrow")],
        r"LOCAL_MACHINE\SYSTEM\Setup": [],
        r"USERS\.DEFAULT": [],
    })  # fmt: skip


def mode(registry: Registry, path: str, *, is_32_bit: bool) -> str | None:
    key = registry.find(HERE, path, is_32_bit=is_32_bit)
    found = None if key is None else key.values.get("mode")
    return None if found is None else found.data


@pytest.mark.parametrize(
    ("path", "is_32_bit", "found"),
    [
        (r"SOFTWARE\Contoso", False, "wide"),
        (r"\software\\contoso\ ".strip(), False, "wide"),
        (r"SOFTWARE\Contoso", True, "narrow"),
        (r"SOFTWARE\WOW6432Node\Contoso", False, "narrow"),
        (r"SOFTWARE\WOW6432Node\Contoso", True, "narrow"),
        (r"SOFTWARE\Nothing\Below", False, None),
    ],
)
def test_software_is_another_key_for_32_bit_programs(
    registry: Registry, path: str, is_32_bit: bool, found: str | None
) -> None:
    assert mode(registry, path, is_32_bit=is_32_bit) == found


def test_all_else_is_shared(registry: Registry) -> None:
    narrow, wide = (
        registry.find(HERE, r"SYSTEM\Setup", is_32_bit=is_32_bit) for is_32_bit in (True, False)
    )
    assert narrow is wide
    assert registry.find(Hive.USERS, ".default", is_32_bit=True) is not None
    assert registry.find(HERE, "", is_32_bit=True) is registry.find(HERE, "")


def test_a_key_is_made_with_those_above_it_and_taken_away_alone(registry: Registry) -> None:
    made = registry.make(HERE, r"SOFTWARE\A\B", is_32_bit=True)
    assert registry.find(HERE, r"SOFTWARE\WOW6432Node\a\b") is made
    assert registry.make(HERE, r"software\a\B", is_32_bit=True) is made
    registry.remove(HERE, r"SOFTWARE\A\B", is_32_bit=True)
    assert registry.find(HERE, r"SOFTWARE\A\B", is_32_bit=True) is None
    assert registry.find(HERE, r"SOFTWARE\A", is_32_bit=True) is not None


def test_a_value_takes_the_place_of_one_of_its_name(registry: Registry) -> None:
    key = registry.make(HERE, "SYSTEM")
    key.set(Value("A", Kind.SZ, "1"))
    key.set(Value("a", Kind.DWORD, 2))
    assert list(key.values.values()) == [Value("a", Kind.DWORD, 2)]
