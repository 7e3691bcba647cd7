"""The other streams of powershell.exe on its stderr: as CLIXML, or as text.

A script that came encoded gets the first, every other the second. The form is that of Windows
PowerShell 5.1: an error is its text, a line for each S element, and a progress record an object.
"""

from __future__ import annotations

import re
from typing import Final

from protocols.loopback.powershell.records import ErrorInfo, Progress
from protocols.wsman import markup

__all__ = ["CLOSING", "OPENING", "PREPARING", "error_text", "progress_markup", "text_markup"]

OPENING: Final = (
    '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
)
"""What comes before the first record."""
CLOSING: Final = "</Objs>"
"""What comes after the last."""
PREPARING: Final = Progress("Preparing modules for first use.", " ", is_completed=True)
"""The record that Windows PowerShell writes when it begins, unless progress is silent."""

# A sign that XML may not hold or would change goes as `_xHHHH_`, and so does what looks like one.
_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\0-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TYPES: Final = ("System.Management.Automation.PSCustomObject", "System.Object")


def _escaped(text: str) -> str:
    escaped = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return markup.text(escaped)


def text_markup(stream: str, text: str) -> str:
    """Return a line of a stream: `Error`, `warning`, `verbose`, `debug`."""
    return f'<S S="{stream}">{_escaped(text)}</S>'


def progress_markup(progress: Progress, number: int) -> str:
    """Return a progress record.

    Args:
        progress: what it says.
        number: of the object in its document, from 0.
    """
    if number == 0:
        names = "".join(f"<T>{name}</T>" for name in _TYPES)
        types = f'<TN RefId="0">{names}</TN>'
    else:
        types = '<TNRef RefId="0" />'
    operation = progress.operation
    doing = "<Nil />" if operation is None else f"<S>{_escaped(operation)}</S>"
    state = "Completed" if progress.is_completed else "Processing"
    return (
        f'<Obj S="progress" RefId="{number}">{types}<MS><I64 N="SourceId">1</I64>'
        f'<PR N="Record"><AV>{_escaped(progress.activity)}</AV><AI>{progress.activity_id}</AI>'
        f"{doing}<PI>-1</PI><PC>{progress.percent}</PC><T>{state}</T>"
        f"<SR>{progress.seconds_left}</SR><SD>{_escaped(progress.status)}</SD></PR></MS></Obj>"
    )


def error_text(error: ErrorInfo) -> list[str]:
    """Return the lines of an error as the console shows it, without their ends."""
    first = f"{error.line} : {error.message}" if error.activity and error.line else error.message
    where = []
    if error.line and not error.activity:
        where = ["At line:1 char:1", f"+ {error.line}", f"+ {'~' * len(error.line)}"]
    about = f"{error.category}: ({error.target_name}:{error.target_type}) [{error.activity}]"
    return [
        *first.splitlines(),
        *where,
        f"    + CategoryInfo          : {about}, {error.reason}",
        f"    + FullyQualifiedErrorId : {error.error_id}",
        " ",
    ]
