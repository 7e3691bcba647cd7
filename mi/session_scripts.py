"""What a session does with PowerShell: runs scripts, and goes on with those that were left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from mi.caller import Caller, refuse_unknown
from mi.errors import MIError

if TYPE_CHECKING:
    from mi.powershell.engines import PowerShell, ResumeKeywords, ScriptKeywords
    from mi.powershell.result import PowerShellResult
    from mi.powershell.running import RunningScript
    from mi.powershell.script import DisconnectedScript

__all__ = ["SessionScripts"]


class SessionScripts(Caller):
    """The scripts that a session runs on its host, which `mi.Session` describes."""

    _powershell: PowerShell | None = None

    def powershell(
        self,
        script: str,
        parameters: Mapping[str, Any] | Sequence[Any] = (),
        **keywords: Unpack[ScriptKeywords],
    ) -> PowerShellResult:
        """Run a script of PowerShell on the far side, and return what came of it.

        Args:
            script: the script; its parameters are those of its `param()`.
            parameters: by name, or as a sequence by position: text, numbers, bool, None, bytes,
                datetime, timedelta, UUID, lists, mappings, `mi.powershell.SecureString`, and
                `Credentials`, which become a PSCredential.
            keywords: those of `mi.powershell.engines.ScriptKeywords`.

        Raises:
            NotSupported: the engine that was asked for is not installed, or the protocol has none.
            NotFound: there is no such session configuration.
            OperationTimeout: the script's time was over; it was ended.
        """
        with self._start("powershell", script, parameters, keywords) as running:
            return running.result()

    def start_powershell(
        self,
        script: str,
        parameters: Mapping[str, Any] | Sequence[Any] = (),
        **keywords: Unpack[ScriptKeywords],
    ) -> RunningScript:
        """Return a script whose records are iterated as they come; else as `powershell`."""
        return self._start("start_powershell", script, parameters, keywords)

    def resume_powershell(
        self, script: DisconnectedScript, **keywords: Unpack[ResumeKeywords]
    ) -> RunningScript:
        """Go on with a script that `RunningScript.disconnect` has left, in whichever session.

        Args:
            script: what that returned; its texts may have been kept anywhere.
            keywords: those of `mi.powershell.engines.ResumeKeywords`.

        Raises:
            InvalidParameter: it is none.
            NotFound: the server knows it no more; it is told when the script is read.
        """
        from mi.powershell.engines import ResumeKeywords  # noqa: PLC0415 - as below

        refuse_unknown(keywords, ResumeKeywords, "Session.resume_powershell")
        return self._scripts(lambda scripts: scripts.resume(script, **keywords))

    def _start(
        self,
        method: str,
        script: str,
        parameters: Mapping[str, Any] | Sequence[Any],
        keywords: ScriptKeywords,
    ) -> RunningScript:
        from mi.powershell.engines import ScriptKeywords  # noqa: PLC0415 - as below

        refuse_unknown(keywords, ScriptKeywords, f"Session.{method}")
        return self._scripts(lambda scripts: scripts.start(script, parameters, **keywords))

    def _scripts(self, begin: Callable[[PowerShell], RunningScript]) -> RunningScript:
        from mi.powershell.engines import PowerShell  # noqa: PLC0415 - only who runs scripts
        from mi.powershell.script_calls import Far  # noqa: PLC0415 - needs all of it

        try:
            self._refuse_if_closed()
            if self._powershell is None:
                far = Far(self.run, self.envelope_size)
                self._powershell = PowerShell(far, self.destination, self.submit)
            return begin(self._powershell)
        except MIError as error:
            error.located(self.destination, "PowerShell")
            raise
