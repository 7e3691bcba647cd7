"""Callbacks by which a session tells what happens outside any operation."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from mi.instance import Instance

__all__ = ["MessageChannel", "SessionCallbacks"]

_logger = logging.getLogger("mi.callbacks")


class MessageChannel(IntEnum):
    """The channel of a message (MI_WRITEMESSAGE_CHANNEL_*); other numbers are allowed."""

    WARNING = 0
    VERBOSE = 1
    DEBUG = 2


@dataclass(frozen=True, slots=True)
class SessionCallbacks:
    """What to call for a message or an error outside any operation (MI_SessionCallbacks).

    They inform only, and may run in any thread. An exception in one is logged, and breaks nothing.

    Attributes:
        write_message: called with the channel's number and the text.
        write_error: called with a CIM_Error instance.
    """

    write_message: Callable[[int, str], None] | None = None
    write_error: Callable[[Instance], None] | None = None

    def message(self, channel: int, text: str) -> None:
        """Tell the caller `text`."""
        if self.write_message is not None:
            try:
                self.write_message(channel, text)
            except Exception:
                _logger.exception("write_message failed")

    def error(self, instance: Instance) -> None:
        """Tell the caller of an error that ends no operation."""
        if self.write_error is not None:
            try:
                self.write_error(instance)
            except Exception:
                _logger.exception("write_error failed")
