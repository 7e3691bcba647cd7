"""PowerShell on the far side: `mi.Session.powershell`, and what it gives and takes.

A script is run in a runspace (PowerShell remoting, with the extra `powershell`) or by
powershell.exe; what comes of it is the same.
"""

from mi.powershell.engines import Engine
from mi.powershell.error_record import ErrorRecord
from mi.powershell.objects import EnumValue, PowerShellObject, SecureString
from mi.powershell.prompts import Choice, Field, PromptKind, ScriptPrompt
from mi.powershell.records import InformationRecord, ProgressRecord, Record, Stream
from mi.powershell.result import PowerShellFailed, PowerShellResult
from mi.powershell.running import RunningScript
from mi.powershell.script import DisconnectedScript

__all__ = [
    "Choice",
    "DisconnectedScript",
    "Engine",
    "EnumValue",
    "ErrorRecord",
    "Field",
    "InformationRecord",
    "PowerShellFailed",
    "PowerShellObject",
    "PowerShellResult",
    "ProgressRecord",
    "PromptKind",
    "Record",
    "RunningScript",
    "ScriptPrompt",
    "SecureString",
    "Stream",
]
