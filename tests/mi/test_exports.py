"""`__all__` of every module: true, whole and sorted."""

import importlib
import pkgutil
from types import FunctionType, ModuleType

import pytest

import mi
import protocols


def _modules() -> list[str]:
    names = ["mi", "protocols"]
    for package in (mi, protocols):
        found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        names += [one.name for one in found if not one.name.endswith("__main__")]
    return names


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as ruff sorts them (RUF022)."""
    if name.isupper():
        return 0, name
    return (1, name) if name[:1].isupper() else (2, name)


def _own(module: ModuleType) -> set[str]:
    """Return the public classes and functions that the module itself defines."""
    return {
        name
        for name, value in vars(module).items()
        if isinstance(value, (type, FunctionType)) and value.__module__ == module.__name__
        if value.__name__ == name and not name.startswith("_")
    }


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name in {"gssapi", "krb5"}:
            pytest.skip(f"MIT Kerberos is not here, which {name} imports")
        raise


@pytest.mark.parametrize("name", _modules())
def test_what_a_module_exports_is_there_and_sorted(name: str) -> None:
    module = _imported(name)
    exported = getattr(module, "__all__", [])
    assert exported == sorted(set(exported), key=_order)
    assert [one for one in exported if not hasattr(module, one)] == []


@pytest.mark.parametrize("name", _modules())
def test_what_a_module_defines_for_others_it_exports(name: str) -> None:
    module = _imported(name)
    assert _own(module) - set(getattr(module, "__all__", [])) == set()


def test_the_package_offers_every_error() -> None:
    errors = importlib.import_module("mi.errors").__all__
    assert set(errors) - {"error_for"} <= set(mi.__all__)
