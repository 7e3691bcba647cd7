"""The registry: whose handler a name means, and what is said where there is none."""

import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from mi import registry
from mi.application import Application
from mi.errors import (
    AlreadyExists,
    InvalidParameter,
    NotFound,
    NotSupported,
    TypeMismatch,
)
from mi.instance import Instance
from mi.registry import Registry
from tests.mi.fake_handler import FakeHandler

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that puts a package with one entry point on the path."""
    monkeypatch.syspath_prepend(tmp_path)
    modules = []

    def make(package: str, name: str, value: str, code: str = "") -> None:
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[mi.protocol_handlers]\n{name} = {value}\n")
        if code:
            module = value.partition(":")[0]
            (tmp_path / f"{module}.py").write_text(code)
            modules.append(module)

    yield make
    for module in modules:
        sys.modules.pop(module, None)


def test_the_built_in_handlers_are_winrm_and_wmidcom() -> None:
    assert list(Registry()) == ["WINRM", "WMIDCOM"]
    assert registry._BUILT_IN == {
        "WINRM": "protocols.winrm.handler:WinrmHandler",
        "WMIDCOM": "protocols.wmidcom.handler:WmidcomHandler",
    }


def test_names_are_compared_without_case() -> None:
    known = Registry()
    handler = FakeHandler()
    known.register("Fake", handler)
    assert "fAKE" in known
    assert 5 not in known
    assert known.load("fake") is known.load("FAKE") is handler
    assert known.load("wmidcom") is known.load("WMIDCOM")


def test_the_repr_lists_the_names() -> None:
    assert repr(Registry()) == "<Registry WINRM, WMIDCOM>"


# By hand


@pytest.mark.parametrize("handler", [FakeHandler, "tests.mi.fake_handler:FakeHandler"])
def test_a_handler_is_registered_as_a_class_or_by_its_name(handler: Any) -> None:
    known = Registry()
    known.register("FAKE", handler)
    assert isinstance(known.load("FAKE"), FakeHandler)
    assert known.load("FAKE") is known.load("FAKE")


def test_what_is_registered_by_hand_comes_before_what_is_built_in() -> None:
    known = Registry()
    assert not isinstance(known.load("WMIDCOM"), FakeHandler)
    known.register("wmidcom", FakeHandler)
    assert isinstance(known.load("WMIDCOM"), FakeHandler)
    assert sorted(known) == ["WINRM", "WMIDCOM"]


def test_a_name_is_registered_once() -> None:
    known = Registry()
    known.register("FAKE", FakeHandler)
    with pytest.raises(AlreadyExists, match="FAKE is registered already"):
        known.register("fake", FakeHandler)


def test_what_is_no_handler_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="has no open"):
        Registry().register("FAKE", 5)  # type: ignore[arg-type]
    with pytest.raises(InvalidParameter, match="is empty"):
        Registry().register(" ", FakeHandler)


def test_nothing_is_imported_before_it_is_needed() -> None:
    known = Registry()
    known.register("FAKE", "no_such_module:Handler")
    assert "FAKE" in known


# Unknown, or known but not to be loaded


def test_an_unknown_name_is_not_found_and_the_error_lists_what_there_is() -> None:
    known = Registry()
    known.register("FAKE", FakeHandler)
    with pytest.raises(NotFound) as caught:
        known.load("omi_sockets")
    assert caught.value.message == "there is no protocol handler named 'OMI_SOCKETS'"
    assert caught.value.advice == "There are FAKE, WINRM, WMIDCOM."


def test_a_missing_module_is_named() -> None:
    known = Registry()
    known.register("FAKE", "no_such_module:Handler")
    with pytest.raises(NotSupported, match="needs the module no_such_module, which is not inst"):
        known.load("FAKE")


def test_a_built_in_handler_whose_dependency_is_missing_names_the_distribution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "protocols.wmidcom.handler", raising=False)
    monkeypatch.setitem(registry._BUILT_IN, "WMIDCOM", "no_such_module:WmidcomHandler")
    with pytest.raises(NotSupported) as caught:
        Registry().load("WMIDCOM")
    assert caught.value.advice == "Run: pip install 'management-infrastructure'"


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ("broken:Handler", "import no_such_dependency", "needs the module no_such_dependency"),
        ("broken:Handler", "1 / 0", "failed to load: ZeroDivisionError: division by zero"),
        ("broken:Handler", "from os import nothing", "failed to load: ImportError: cannot"),
        ("broken:Handler", "x = 5", "failed to load: AttributeError: module 'broken' has no"),
        ("broken:Handler", "class Handler: pass", "is no protocol handler"),
        ("broken:Handler", "Handler = 5", "is no protocol handler"),
        (
            "broken:Handler",
            "class Handler:\n    def __init__(self, x): pass\n    def open(self): pass",
            "failed to load: TypeError",
        ),
    ],
)
def test_a_handler_that_is_there_but_does_not_load_is_not_supported_and_says_why(
    install: Install, value: str, code: str, message: str
) -> None:
    install("broken-package", "BROKEN", value, code)
    with pytest.raises(NotSupported) as caught:
        Registry().load("BROKEN")
    assert message in caught.value.message
    assert "BROKEN" in caught.value.message


def test_a_missing_dependency_of_a_package_is_installed_with_its_extra(install: Install) -> None:
    install("their-package", "THEIRS", "theirs:Handler [fast,tls]", "")
    with pytest.raises(NotSupported) as caught:
        Registry().load("THEIRS")
    assert "needs the module theirs" in caught.value.message
    assert caught.value.advice == "Run: pip install 'their-package[fast,tls]'"
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_an_error_of_the_handler_itself_is_passed_on(install: Install) -> None:
    code = (
        "from mi.errors import NotSupported\n"
        "class Handler:\n"
        "    def __init__(self): raise NotSupported('needs a smart card')\n"
        "    def open(self): pass"
    )
    install("their-package", "THEIRS", "theirs:Handler", code)
    with pytest.raises(NotSupported) as caught:
        Registry().load("THEIRS")
    assert caught.value.message == "needs a smart card"


def test_a_handler_that_did_not_load_may_load_later(install: Install, tmp_path: Path) -> None:
    known = Registry()
    install("their-package", "THEIRS", "late:Handler", "1 / 0")
    with pytest.raises(NotSupported):
        known.load("THEIRS")
    (tmp_path / "late.py").write_text("from tests.mi.fake_handler import FakeHandler as Handler")
    assert isinstance(known.load("THEIRS"), FakeHandler)


# Installed packages

_THEIRS = """
from tests.mi.fake_handler import FakeHandler
from mi.instance import Instance

class Handler(FakeHandler):
    def __init__(self):
        super().__init__([Instance("Identity", {"ProductVendor": "Theirs"})])
"""


def test_a_handler_of_an_installed_package_is_found_by_its_entry_point(install: Install) -> None:
    install("their-package", "Theirs", "theirs:Handler", _THEIRS)
    with Application() as application:
        assert list(application.handlers) == ["WINRM", "WMIDCOM", "THEIRS"]
        with application.new_session("theirs", "server01") as session:
            identity = session.test_connection()
    assert isinstance(identity, Instance)
    assert identity["ProductVendor"] == "Theirs"


@pytest.mark.parametrize("name", ["WINRM", "WMIDCOM", "winrm", "WmiDcom"])
def test_an_installed_package_cannot_take_the_name_of_a_built_in_handler(
    install: Install, name: str
) -> None:
    install("thief", name, "thief:Handler", _THEIRS)
    known = Registry()
    assert list(known) == ["WINRM", "WMIDCOM"]
    assert not isinstance(known.load("WMIDCOM"), FakeHandler)
    assert "thief" not in sys.modules


def test_two_packages_with_one_name_are_an_error_that_names_both(install: Install) -> None:
    install("one-package", "THEIRS", "theirs:Handler", _THEIRS)
    install("other-package", "theirs", "others:Handler", _THEIRS)
    known = Registry()
    with pytest.raises(NotSupported, match="the packages one-package and other-package each offer"):
        known.load("THEIRS")
    assert list(known) == ["WINRM", "WMIDCOM", "THEIRS"]
    known.register("THEIRS", FakeHandler)
    assert isinstance(known.load("THEIRS"), FakeHandler)


def test_one_package_that_is_found_twice_is_one(install: Install, tmp_path: Path) -> None:
    install("their-package", "THEIRS", "theirs:Handler", _THEIRS)
    again = tmp_path / "their_package-1.0.dist-info"
    again.mkdir()
    for part in ("METADATA", "entry_points.txt"):
        (again / part).write_text((tmp_path / "their-package-1.0.dist-info" / part).read_text())
    assert Registry().load("THEIRS").open is not None


def test_nobody_is_told_to_install_a_package_without_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loose = metadata.EntryPoint("THEIRS", "theirs:Handler", "mi.protocol_handlers")
    monkeypatch.setattr(metadata, "entry_points", lambda group: [loose])
    with pytest.raises(NotSupported, match="needs the module theirs") as caught:
        Registry().load("THEIRS")
    assert caught.value.advice is None
