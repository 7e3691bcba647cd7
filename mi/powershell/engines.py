"""The one face of both ways to run a script, and the choice between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from importlib.util import find_spec
from threading import Lock
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack
from uuid import UUID, uuid4

from mi.errors import InvalidParameter, NotSupported, TypeMismatch
from mi.powershell.command_shells import CommandShells
from mi.powershell.encoded_command import EXECUTABLE, EncodedCommand
from mi.powershell.far_script import FarScript
from mi.powershell.process import Process
from mi.powershell.process_output import ProcessOutput
from mi.powershell.prompts import AnswerPrompt
from mi.powershell.records import Record
from mi.powershell.running import RunningScript, ScriptRun
from mi.powershell.script import DEFAULT_CONFIGURATION, DisconnectedScript, Script
from mi.powershell.script_calls import Far, ScriptCalls

if TYPE_CHECKING:
    from mi.powershell.runspace_pool import RunspacePool
    from mi.workers import Work

__all__ = ["Engine", "PowerShell", "ResumeKeywords", "ScriptKeywords"]

_LIBRARY: Final = "psrpcore"
_EXTRA: Final = "management-infrastructure[powershell]"
_MOST_RUNSPACES: Final = 5


class Engine(StrEnum):
    """How a script is run."""

    RUNSPACE = "runspace"
    """In a runspace that is kept, by PowerShell remoting; it needs the extra `powershell`."""
    PROCESS = "process"
    """By powershell.exe, in a shell that is kept; each script has a process of its own."""


class ScriptKeywords(TypedDict, total=False):
    """The keywords of a script.

    Attributes:
        input: values to pipe into it; a runspace takes them as they come.
        as_text: whether its output is wanted as lines, as PowerShell formats it.
        is_command: whether the script is the name of a command, which is all that some session
            configurations take (JEA).
        engine: how to run it; by default in a runspace where the extra `powershell` is installed
            or something is asked for that needs one, else in a process.
        configuration_name: the session configuration; it needs a runspace.
        executable: powershell.exe, or another; it needs a process.
        detachable: whether it gets a runspace pool of its own, so that it can be left to itself by
            `RunningScript.disconnect`; it needs a runspace.
        on_prompt: answers what the script asks; it needs a runspace.
        on_record: told each record as it comes.
        depth: how deep a process sends objects, 1 to 100.
        progress: whether progress is wanted of a process; a runspace always sends it.
        timeout: seconds or a timedelta for the whole script; None, the default, is for ever.
    """

    input: Iterable[Any] | None
    as_text: bool
    is_command: bool
    engine: Engine | str | None
    configuration_name: str | None
    executable: str | None
    detachable: bool | None
    on_prompt: AnswerPrompt | None
    on_record: Callable[[Record], object] | None
    depth: int
    progress: bool
    timeout: float | timedelta | None


class ResumeKeywords(TypedDict, total=False):
    """The keywords of a script that is gone on with.

    Attributes:
        on_prompt: as in `ScriptKeywords`.
        on_record: as in `ScriptKeywords`.
        timeout: as in `ScriptKeywords`, from now on.
    """

    on_prompt: AnswerPrompt | None
    on_record: Callable[[Record], object] | None
    timeout: float | timedelta | None


# What only one engine can do; where more than one is asked for, the first decides.
_ONLY: Final[Mapping[str, Engine]] = {
    "executable": Engine.PROCESS,
    "configuration_name": Engine.RUNSPACE,
    "detachable": Engine.RUNSPACE,
    "on_prompt": Engine.RUNSPACE,
}


class PowerShell:
    """Runs the scripts of one session; what it keeps open ends with the session.

    Args:
        far: the session.
        host: the destination, for messages.
        submit: gives work to a thread.
    """

    def __init__(self, far: Far, host: str | None, submit: Callable[[Work], object]) -> None:
        self._far = far
        self._host = host
        self._submit = submit
        self._shells = CommandShells()
        self._lock = Lock()
        self._pools: dict[str, RunspacePool] = {}

    def start(
        self,
        script: str,
        parameters: Mapping[str, Any] | Sequence[Any] = (),
        **keywords: Unpack[ScriptKeywords],
    ) -> RunningScript:
        """Return a script that starts when something of it is asked for.

        Raises:
            TypeMismatch: an argument has the wrong type, or PowerShell has no value for it.
            InvalidParameter: an argument cannot be used so, or the engine does not know it.
            NotSupported: the engine is not installed.
        """
        _check_names(keywords)
        given = Script(
            script,
            parameters,
            keywords.get("input"),
            keywords.get("as_text", False),
            keywords.get("is_command", False),
            keywords.get("depth", 2),
            keywords.get("progress", False),
        )
        calls = ScriptCalls(self._far, keywords.get("timeout"))
        make = {Engine.RUNSPACE: self._pipeline, Engine.PROCESS: self._process}
        run = make[_engine(keywords)](given, calls, keywords)
        return RunningScript(run, calls, self._host, self._submit, keywords.get("on_record"))

    def _process(self, script: Script, calls: ScriptCalls, keywords: ScriptKeywords) -> ScriptRun:
        mark = "" if script.is_text else f"{uuid4().hex}:"
        far_script = FarScript.of(script, mark)
        command = EncodedCommand.of(far_script, keywords.get("executable") or EXECUTABLE)
        return Process(self._shells, command, ProcessOutput(mark), calls)

    def _pipeline(self, script: Script, calls: ScriptCalls, keywords: ScriptKeywords) -> ScriptRun:
        from mi.powershell.pipeline import Pipeline  # noqa: PLC0415 - the extra may be missing

        name = keywords.get("configuration_name") or DEFAULT_CONFIGURATION
        is_own = bool(keywords.get("detachable"))
        pool = self._new_pool(name) if is_own else self.pool(name)
        return Pipeline(pool, script, calls, keywords.get("on_prompt"), owns_pool=is_own)

    def resume(
        self, script: DisconnectedScript, **keywords: Unpack[ResumeKeywords]
    ) -> RunningScript:
        """Return a script that was left to itself.

        Raises:
            InvalidParameter: it has no such name.
            NotSupported: the library is not installed.
        """
        _check_library()
        from mi.powershell.pipeline import ResumedPipeline  # noqa: PLC0415 - as above

        try:
            pool = self._new_pool(script.configuration_name, UUID(script.pool_id))
            calls = ScriptCalls(self._far, keywords.get("timeout"))
            run = ResumedPipeline(pool, script, calls, keywords.get("on_prompt"))
        except (AttributeError, ValueError) as error:
            raise InvalidParameter(f"{script!r} is no disconnected script") from error
        return RunningScript(run, calls, self._host, self._submit, keywords.get("on_record"))

    def _new_pool(self, configuration_name: str, pool_id: UUID | None = None) -> RunspacePool:
        from mi.powershell.runspace_pool import RunspacePool  # noqa: PLC0415 - as above

        most = _MOST_RUNSPACES if pool_id is None else 1
        return RunspacePool(self._far, configuration_name, most, pool_id)

    def pool(self, configuration_name: str) -> RunspacePool:
        """Return the runspace pool of a session configuration, which is kept."""
        with self._lock:
            key = configuration_name.lower()
            if key not in self._pools:
                self._pools[key] = self._new_pool(configuration_name)
            return self._pools[key]


def _check_names(keywords: ScriptKeywords) -> None:
    for name in ("configuration_name", "executable"):
        if not isinstance(keywords.get(name), (str, NoneType)):
            raise TypeMismatch(f"{name} is a string, not {keywords.get(name)!r}")


def _engine(keywords: ScriptKeywords) -> Engine:
    """Return the engine: what was asked for, what is needed, or what is there."""
    given = (name for name in _ONLY if keywords.get(name) not in (None, False))
    needed = {name: _ONLY[name] for name in given}
    engine = _asked(keywords.get("engine")) or next(iter(needed.values()), _usual())
    for name, only in needed.items():
        if only is not engine:
            raise InvalidParameter(
                f"the {engine} engine knows no {name}", advice=f"The {only} engine does."
            )
    if engine is Engine.RUNSPACE:
        _check_library()
    return engine


def _asked(engine: Engine | str | None) -> Engine | None:
    try:
        return None if engine is None else Engine(engine)
    except ValueError:
        names = " and ".join(Engine)
        raise InvalidParameter(f"there is no engine {engine!r}; there are {names}") from None


def _usual() -> Engine:
    return Engine.RUNSPACE if _has_library() else Engine.PROCESS


def _check_library() -> None:
    if not _has_library():
        raise NotSupported(
            f"runspaces need {_LIBRARY}, which is not installed",
            advice=f"pip install '{_EXTRA}'",
        )


def _has_library() -> bool:
    return find_spec(_LIBRARY) is not None
