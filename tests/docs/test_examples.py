"""Every example in the README and the documentation is run, against an endpoint of our own.

Python examples name the host `server01`, as a reader's would; a session to it is one to the
endpoint, with the endpoint's credentials. Shell lines get the same by their environment.
"""

import doctest
import getpass
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mi
from protocols.loopback import Endpoint
from protocols.loopback.dcom import DcomEndpoint

_ROOT = Path(__file__).parents[2]
_PAGES = [
    path.relative_to(_ROOT).as_posix()
    for path in (_ROOT / "README.md", *sorted((_ROOT / "docs").rglob("*.md")))
]
_PYTHON = {"python", "pycon"}
_SHELL = {"console"}
# What no test runs: commands of Windows, files, what a program prints, and Sphinx's own.
_INERT = {"powershell", "toml", "text", "json", "csv"}
_OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

# These install or test the project itself, so tests/packaging/test_newcomer.py runs them in a copy
# of it; `make test` is what runs this.
_RUN_ELSEWHERE = {
    "make demo",
    "make test",
    "python3 -m venv .venv",
    ".venv/bin/python -m pip install --upgrade pip",
    ".venv/bin/python -m pip install --editable '.[cli]' --group test",
    ".venv/bin/mi demo",
    ".venv/bin/python -m pytest",
}


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    text: str
    line: int


def _blocks(page: str) -> Iterator[Block]:
    fence, language, start, lines = "", "", 0, []
    for number, line in enumerate((_ROOT / page).read_text(encoding="utf-8").splitlines(), 1):
        mark = re.match(r"(`{3,}|:{3,})(.*)", line)
        if fence:
            if line.rstrip() == fence:
                yield Block(language, "\n".join([*lines, ""]), start)
                fence = ""
            else:
                lines.append(line)
        elif mark and mark[1][0] == "`":
            fence, language, start, lines = mark[1], mark[2].strip(), number, []


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Return the endpoint that the examples of a page talk to, and may change."""
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def _logging() -> Iterator[None]:
    """Leave to the tests that follow the logging that a page did not configure for them."""
    logger, root = logging.getLogger("mi"), logging.getLogger()
    kept = logger.level, root.level, list(root.handlers)
    yield
    logger.setLevel(kept[0])
    root.setLevel(kept[1])
    root.handlers[:] = kept[2]


@pytest.fixture
def dcom_endpoint(endpoint: Endpoint) -> Iterator[Callable[[], DcomEndpoint]]:
    """Return what makes the endpoint that is the same host by DCOM, once an example wants it."""
    with ExitStack() as stack:
        yield cache(lambda: stack.enter_context(DcomEndpoint(endpoint.repository)))


@pytest.fixture
def _server01(
    endpoint: Endpoint,
    dcom_endpoint: Callable[[], DcomEndpoint],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Make `server01` a name of the endpoint, and of a reader's own machine."""
    real = mi.Application.new_session

    def new_session(
        application: mi.Application,
        protocol: str | None = None,
        destination: str | None = None,
        options: mi.DestinationOptions | None = None,
        callbacks: mi.SessionCallbacks | None = None,
    ) -> mi.Session:
        if (protocol, destination) == (None, None):  # a Windows reader's own machine
            protocol, destination = "WMIDCOM", "server01"
        if destination == "server01":
            there = dcom_endpoint() if (protocol or "").upper() == "WMIDCOM" else endpoint
            options = mi.DestinationOptions() if options is None else options.copy()
            options.destination_port = there.port
            options.credentials = (there.credentials,)
            options.transport = "HTTP"
            destination = there.host
        return real(application, protocol, destination, options, callbacks)

    looked = mi.Application.diagnose

    def diagnose(application: mi.Application, destination: str, **how: Any) -> mi.Diagnosis:
        assert destination == "server01"
        options = mi.DestinationOptions(
            destination_port=endpoint.port, credentials=endpoint.credentials
        )
        return looked(application, endpoint.host, options, **how)

    monkeypatch.setattr(mi.Application, "diagnose", diagnose)
    monkeypatch.setattr(mi.Application, "new_session", new_session)
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": "a password")
    for name, value in _environment(endpoint).items():
        monkeypatch.setenv(name, value)


def _environment(endpoint: Endpoint) -> dict[str, str]:
    """Return what a reader's environment has under `mi loopback`."""
    return {
        "MI_PORT": str(endpoint.port),
        "MI_USER": endpoint.user.name,
        "MI_PASSWORD": endpoint.user.password,
    }


@pytest.mark.parametrize("page", _PAGES)
@pytest.mark.usefixtures("_server01", "_logging")
def test_the_python_examples_of_a_page_do_what_it_says(
    page: str, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"endpoint": endpoint}
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=_OPTIONS)
    for block in _blocks(page):
        if block.language not in _PYTHON:
            continue
        if ">>>" in block.text:
            example = doctest.DocTestParser().get_doctest(
                block.text, names, page, str(_ROOT / page), block.line
            )
            runner.run(example, out=report.append, clear_globs=False)
            names = example.globs
        else:
            code = "\n" * block.line + block.text
            exec(compile(code, page, "exec"), names)  # noqa: S102 - the page is ours
    for session in (value for value in names.values() if isinstance(value, mi.Session)):
        session.close()
    assert not runner.failures, "".join(report)
    assert endpoint.open_contexts == 0
    capsys.readouterr()


def _commands(block: Block) -> Iterator[tuple[str, str]]:
    """Return each command of a block with the output shown for it."""
    commands: list[list[str]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            commands.append([line[2:], ""])
        elif commands and commands[-1][0].endswith("\\") and not commands[-1][1]:
            commands[-1][0] += "\n" + line
        else:
            assert commands, f"{line!r} is shown before any command"
            commands[-1][1] += line + "\n"
    return ((command, output) for command, output in commands)


def _run(command: str, folder: Path, endpoint: Endpoint) -> tuple[int, str]:
    # A reader has a user of their own; here the environment has the endpoint's.
    script = command.replace("server01", endpoint.host).replace(r" --user 'CONTOSO\ops'", "")
    environment = {
        **os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        **_environment(endpoint),
    }  # fmt: skip
    result = subprocess.run(
        ["/bin/bash", "-c", script], cwd=folder, env=environment, text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
    )  # fmt: skip
    return result.returncode, result.stdout


def _is_as_shown(shown: str, code: int, printed: str) -> bool:
    """Return whether a command printed what the page shows or, where that is nothing, worked."""
    return doctest.OutputChecker().check_output(shown, printed, _OPTIONS) if shown else code == 0


def test_the_shell_lines_of_all_pages_print_what_they_say(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    wrong = []
    for page in _PAGES:
        for block in (block for block in _blocks(page) if block.language in _SHELL):
            for command, shown in _commands(block):
                if command not in _RUN_ELSEWHERE:
                    code, printed = _run(command, tmp_path, endpoint)
                    if not _is_as_shown(shown, code, printed):
                        wrong.append(f"{page}:{block.line}\n$ {command}\n{printed}")
    assert not wrong, "\n".join(wrong)
    assert endpoint.open_contexts == 0


@pytest.mark.parametrize("page", _PAGES)
def test_no_example_of_a_page_goes_untested(page: str) -> None:
    text = (_ROOT / page).read_text(encoding="utf-8")
    covered = list(_blocks(page))
    known = _PYTHON | _SHELL | _INERT
    unknown = {
        block.language
        for block in covered
        if not (block.language in known or "{" in block.language)
    }
    assert not unknown
    for block in covered:
        if block.language not in _PYTHON | _SHELL:
            assert ">>>" not in block.text, f"line {block.line} is Python that nothing runs"
            assert not re.search(r"^\$ ", block.text, re.MULTILINE), f"line {block.line}"
            assert not re.search(r"\{(code|sourcecode|doctest|code-block)", block.language)
    fenced = sum(block.text.count(">>>") for block in covered)
    assert text.count(">>>") == fenced, "an example stands outside a fence"


def test_what_is_run_elsewhere_is_what_the_readme_tells_a_newcomer() -> None:
    commands = {
        command
        for block in _blocks("README.md")
        if block.language in _SHELL
        for command, _ in _commands(block)
    }
    assert commands >= _RUN_ELSEWHERE
