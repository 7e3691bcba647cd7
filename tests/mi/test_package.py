"""The package `mi`: what it offers, and what of it comes on first use."""

import subprocess
import sys

import pytest

import mi
from mi import store, wql


def test_the_names_that_programs_seldom_use_come_when_they_are_used() -> None:
    code = (
        "import sys, mi; assert 'mi.wql' not in sys.modules and 'mi.store' not in sys.modules;"
        "mi.wql.like; mi.SchemaStore(); print('mi.wql' in sys.modules, 'mi.store' in sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert shown.stdout.strip() == "True True"


def test_they_are_the_names_of_their_modules() -> None:
    assert mi.__getattr__("SchemaStore") is mi.SchemaStore is store.SchemaStore
    assert mi.__getattr__("wql") is mi.wql is wql


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="'mi' has no attribute 'nonsense'"):
        _ = mi.nonsense


def test_dir_lists_what_the_package_exports() -> None:
    assert dir(mi) == sorted(mi.__all__)
