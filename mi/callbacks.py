"""Callbacks by which a session tells what happens outside any operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from mi.errors import TypeMismatch
from mi.instance import Instance

__all__ = ["MessageChannel", "SessionCallbacks"]


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

    Raises:
        TypeMismatch: one of them cannot be called.
    """

    write_message: Callable[[int, str], None] | None = None
    write_error: Callable[[Instance], None] | None = None

    def __post_init__(self) -> None:
        for given in (self.write_message, self.write_error):
            if given is not None and not callable(given):
                raise TypeMismatch(f"a callback is a callable, not {given!r}")

    def message(self, channel: int, text: str) -> None:
        """Tell the caller `text`."""
        if self.write_message is not None:
            try:
                self.write_message(channel, text)
            except Exception as error:  # noqa: BLE001 - the caller's code may raise anything
                _log(error)

    def error(self, instance: Instance) -> None:
        """Tell the caller of an error that ends no operation."""
        if self.write_error is not None:
            try:
                self.write_error(instance)
            except Exception as error:  # noqa: BLE001 - the caller's code may raise anything
                _log(error)


def _log(error: Exception) -> None:
    import logging  # noqa: PLC0415 - a tenth of the time of `import mi`, for a rare event

    logging.getLogger("mi.callbacks").error("a session callback failed", exc_info=error)
