"""Queries of the Windows event log: which channels, and which of their events.

A query list is XML that Windows understands: `Select` elements with an XPath expression for each
channel (Windows Event Log, Query Schema). The Event Viewer shows one for every filter and view.
"""

from __future__ import annotations

from collections.abc import Iterable

from mi.errors import InvalidParameter, TypeMismatch
from mi.serial.markup import element, text

__all__ = ["query_list"]


def query_list(channels: str | Iterable[str], select: str = "*") -> str:
    """Return the query list for some channels, or the text itself if it is one already.

    Args:
        channels: the name of a channel, `System` or `Microsoft-Windows-WinRM/Operational`;
            several names; or the text of a query list.
        select: an XPath expression for the events of each channel, such as
            `*[System[Level <= 2]]`; all by default.

    Raises:
        InvalidParameter: there is no channel, or a name is empty or holds control characters.
        TypeMismatch: a name, or `select`, is no string.
    """
    if isinstance(channels, str) and channels.lstrip().startswith("<"):
        return channels
    if not isinstance(channels, Iterable):
        raise TypeMismatch(f"channels are names, or a query list, not {channels!r}")
    names = [channels] if isinstance(channels, str) else list(channels)
    if not names:
        raise InvalidParameter("there is no channel to subscribe to")
    expression = text(_checked(select, "select"))
    selects = (element("Select", {"Path": _checked(name, "channel")}, expression) for name in names)
    return element("QueryList", {}, element("Query", {"Id": "0"}, "".join(selects)))


def _checked(value: str, what: str) -> str:
    if not isinstance(value, str):
        raise TypeMismatch(f"a {what} is a string, not {value!r}")
    if not value.strip() or not value.isprintable():
        raise InvalidParameter(f"a {what} may not be empty or hold control characters: {value!r}")
    return value.strip()
