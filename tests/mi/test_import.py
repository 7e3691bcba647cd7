"""What `import mi` costs: nothing that a program may not need."""

import json
import subprocess
import sys

# Each takes long, or means that something is done which nobody asked for.
_NOT_WANTED = [
    "asyncio",
    "click",
    "getpass",
    "http",
    "importlib.metadata",
    "logging",
    "lxml",
    "pathlib",
    "protocols",
    "requests",
    "rich",
    "socket",
    "spnego",
    "ssl",
    "uuid",
]


def _loaded(code: str) -> list[str]:
    shown = subprocess.run(
        [sys.executable, "-c", f"{code}; import json, sys; print(json.dumps(list(sys.modules)))"],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded: list[str] = json.loads(shown.stdout)
    return loaded


def test_import_mi_loads_neither_lxml_nor_requests_nor_asyncio_nor_importlib_metadata() -> None:
    bare = _loaded("pass")
    assert [name for name in _loaded("import mi") if name in _NOT_WANTED and name not in bare] == []


def test_a_session_with_a_built_in_handler_looks_for_no_installed_packages() -> None:
    loaded = _loaded("import mi; mi.connect().close()")
    assert "importlib.metadata" not in loaded
    assert "asyncio" not in loaded


def test_what_works_behind_the_callers_back_costs_nothing_until_it_is_used() -> None:
    loaded = _loaded("import mi; mi.Application().close(); mi.OperationCallbacks(); mi.Session")
    assert not {"asyncio", "concurrent.futures", "contextvars", "mi.aio", "mi.coroutines"} & {
        *loaded
    }
    assert "mi.testing" not in loaded
