"""Indications: what a subscription delivers (MI_Operation_GetIndication)."""

from __future__ import annotations

from typing import NamedTuple

from mi.instance import Instance

__all__ = ["Indication"]


class Indication(NamedTuple):
    """One event, and where a later subscription may go on behind it.

    Attributes:
        instance: the event: of the indication's class, or an `Event` of the Windows event log.
        bookmark: an opaque text that stays valid across sessions and programs; a subscription
            that is given it loses nothing that came after this event. It may repeat events that
            were delivered together with this one, where the server tells no more. None where
            there is no such position, as for the events of WMI.
        machine_id: the machine that the event is from, if the server says so.
    """

    instance: Instance
    bookmark: str | None = None
    machine_id: str | None = None
