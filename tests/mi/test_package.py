"""`import mi`: every name is there, and comes when it is asked for."""

import subprocess
import sys

import pytest

import mi


@pytest.mark.parametrize("name", mi.__all__)
def test_every_public_name_is_an_attribute_of_the_package(name: str) -> None:
    assert getattr(mi, name) is not None
    assert name in dir(mi)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'mi' has no attribute 'nonsense'"):
        _ = mi.nonsense  # type: ignore[attr-defined]


def test_a_name_is_imported_when_it_is_first_used_and_kept() -> None:
    code = (
        "import sys, mi; assert 'mi.wql' not in sys.modules and 'mi.session' not in sys.modules;"
        " mi.Result; assert 'Result' in vars(mi) and 'mi.session' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
