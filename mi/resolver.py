"""Which protocol reaches which destination: the one place that decides it.

The rules are MI's (MI_Application_NewSession): whoever names a protocol gets that protocol; else
this machine is reached by WMIDCOM and any other by WINRM.
"""

from __future__ import annotations

from typing import NamedTuple

from mi.errors import InvalidParameter, TypeMismatch

__all__ = ["LOCAL_PROTOCOL", "REMOTE_PROTOCOL", "Target", "resolve"]

LOCAL_PROTOCOL = "WMIDCOM"
"""The protocol for this machine where none is named."""

REMOTE_PROTOCOL = "WINRM"
"""The protocol for a named destination where none is named."""


class Target(NamedTuple):
    """What a session is to be opened to; destination None is this machine."""

    protocol: str
    destination: str | None


def resolve(protocol: str | None, destination: str | None) -> Target:
    """Return the protocol, in capitals, and the destination that are meant.

    Raises:
        InvalidParameter: one of them is empty. An unset variable must not aim at this machine.
        TypeMismatch: one of them is not a string.
    """
    _check(protocol, "protocol", "Leave it out, or name one.")
    _check(destination, "destination", "Name a host, or pass None for this machine.")
    if protocol is not None:
        return Target(protocol.upper(), destination)
    return Target(LOCAL_PROTOCOL if destination is None else REMOTE_PROTOCOL, destination)


def _check(text: str | None, what: str, advice: str) -> None:
    if text is None:
        return
    if not isinstance(text, str):
        raise TypeMismatch(f"the {what} is a string, not {text!r}")
    if not text.strip():
        raise InvalidParameter(f"the {what} is empty", advice=advice)
