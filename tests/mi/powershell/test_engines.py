"""The choice between the ways to run a script, and the one face of both."""

import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest

from mi.errors import InvalidParameter, NotSupported, TypeMismatch
from mi.powershell import engines
from mi.powershell.engines import Engine, PowerShell
from mi.powershell.objects import SecureString
from mi.powershell.pipeline import Pipeline, ResumedPipeline
from mi.powershell.process import Process
from mi.powershell.script import DisconnectedScript
from mi.powershell.script_calls import Far


@pytest.fixture
def face() -> PowerShell:
    def run(*_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is run before it is asked for")

    return PowerShell(Far(run, 512000), "server01", lambda work: None)


@pytest.fixture
def _no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_LIBRARY", "a_library_that_is_not_there")


def test_a_runspace_is_used_where_the_library_is_there(face: PowerShell) -> None:
    assert isinstance(face.start("x")._run, Pipeline)


@pytest.mark.usefixtures("_no_library")
def test_a_process_is_used_where_it_is_not(face: PowerShell) -> None:
    assert isinstance(face.start("x")._run, Process)


@pytest.mark.parametrize(
    ("keywords", "kind"),
    [
        ({"engine": "process"}, Process),
        ({"engine": Engine.RUNSPACE}, Pipeline),
        ({"executable": "pwsh.exe"}, Process),
        ({"configuration_name": "Ops"}, Pipeline),
        ({"on_prompt": lambda _: ""}, Pipeline),
        ({"detachable": True}, Pipeline),
        ({"engine": None, "configuration_name": None}, Pipeline),
        ({"engine": "process", "detachable": False}, Process),
    ],
)
def test_what_is_asked_for_chooses(face: PowerShell, keywords: Any, kind: type[Any]) -> None:
    assert isinstance(face.start("x", **keywords)._run, kind)


@pytest.mark.parametrize(
    ("keywords", "complaint"),
    [
        ({"engine": "magic"}, "no engine 'magic'; there are runspace and process"),
        ({"engine": "process", "configuration_name": "Ops"}, "knows no configuration_name"),
        (
            {"engine": "process", "on_prompt": lambda _: ""},
            "knows no on_prompt. The runspace engine",
        ),
        ({"engine": "process", "detachable": True}, "knows no detachable"),
        (
            {"engine": "runspace", "executable": "pwsh.exe"},
            "knows no executable. The process engine",
        ),
        ({"executable": "pwsh.exe", "configuration_name": "Ops"}, "knows no configuration_name"),
        ({"depth": 0}, "1 to 100"),
    ],
)
def test_what_does_not_go_together_is_refused(
    face: PowerShell, keywords: Any, complaint: str
) -> None:
    with pytest.raises(InvalidParameter, match=complaint):
        face.start("x", **keywords)


@pytest.mark.usefixtures("_no_library")
@pytest.mark.parametrize("keywords", [{"engine": "runspace"}, {"configuration_name": "Ops"}])
def test_a_runspace_without_the_library_says_what_to_install(
    face: PowerShell, keywords: Any
) -> None:
    with pytest.raises(
        NotSupported, match=r"pip install 'management-infrastructure\[powershell\]'"
    ):
        face.start("x", **keywords)


def test_pools_are_kept_by_their_configuration(face: PowerShell) -> None:
    assert face.pool("Ops") is face.pool("OPS")
    assert face.pool("Ops") is not face.pool("Other")


def test_what_a_process_runs_holds_no_secret(face: PowerShell) -> None:
    script = face.start("x", {"P": SecureString("hunter2")}, engine="process")
    command = script._run._command  # type: ignore[attr-defined]  # of a process
    assert command.command == "powershell.exe"
    assert command.stdin is not None
    assert "hunter2" not in " ".join(command.arguments)
    other = face.start("x", executable="pwsh.exe")
    assert other._run._command.command == "pwsh.exe"  # type: ignore[attr-defined]


def test_the_marks_of_two_scripts_differ(face: PowerShell) -> None:
    marks = {
        face.start("x", engine="process")._run._output._mark  # type: ignore[attr-defined]
        for _ in range(3)
    }
    assert len(marks) == 3
    text = face.start("x", engine="process", as_text=True)
    assert text._run._output._mark == ""  # type: ignore[attr-defined]


def test_an_argument_of_the_wrong_type_is_refused_before_anything_is_sent(
    face: PowerShell,
) -> None:
    with pytest.raises(TypeMismatch):
        face.start("x", 5)  # type: ignore[arg-type]  # a caller's mistake
    with pytest.raises(TypeMismatch):
        face.start("x", {"P": object()}, engine="process")


def test_what_is_detachable_has_a_pool_of_its_own(face: PowerShell) -> None:
    own = face.start("x", detachable=True)._run._pool  # type: ignore[attr-defined]  # a pipeline's
    shared = face.start("x")._run._pool  # type: ignore[attr-defined]
    assert own is not shared
    assert shared is face.pool("Microsoft.PowerShell")


_LEFT = DisconnectedScript(str(UUID(int=1)), str(UUID(int=2)), "Ops")


def test_what_was_left_is_gone_on_with(face: PowerShell) -> None:
    told: list[Any] = []
    script = face.resume(_LEFT, on_record=told.append, timeout=5)
    run = script._run
    assert isinstance(run, ResumedPipeline)
    assert (run._pool.configuration_name, run._pool._pool_id) == ("Ops", UUID(int=1))


@pytest.mark.parametrize(
    "left",
    ["text", DisconnectedScript("x", "y", "z"), DisconnectedScript(str(UUID(int=1)), "", "")],
)
def test_what_names_no_script_is_refused(face: PowerShell, left: Any) -> None:
    with pytest.raises(InvalidParameter, match="is no disconnected script"):
        face.resume(left)


@pytest.mark.usefixtures("_no_library")
def test_going_on_needs_the_library(face: PowerShell) -> None:
    with pytest.raises(NotSupported, match="pip install"):
        face.resume(_LEFT)


def test_what_a_process_needs_does_not_load_the_library() -> None:
    script = "import sys, mi.powershell.engines; sys.exit('psrpcore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
