"""psrpcore's runspace pool, shared by threads; the seam where its errors become ours.

psrpcore does no I/O: it is given what came and says what is to be sent. One lock keeps each step
whole: a message is taken out before the next one is prepared, so that no two share a fragment's
envelope, of which psrpcore may make an empty one. What it would log of ours is left out: it logs
whole messages, with the parameters of scripts and all that they write.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final, NamedTuple
from uuid import UUID

import psrpcore
from psrpcore import types as ps

from mi.errors import InvalidParameter, MIError, ProtocolError
from mi.powershell.fragments import FragmentReader

__all__ = ["Exchange", "Payload", "Prepare", "reading"]

_STDIN: Final = "stdin"
_PROMPT_RESPONSE: Final = "pr"  # the stream of answers to prompts, which overtake input


_is_ours: Final = ContextVar("mi_is_remoting", default=False)


class _Discretion(logging.Filter):
    """Lets pass no message of ours; what psrpcore says of others' work passes."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG or not _is_ours.get()


# A logger's filter sees the records of that logger alone.
logging.getLogger("psrpcore._base").addFilter(_Discretion())


class Payload(NamedTuple):
    """What is to be sent, and by which stream of the shell."""

    data: bytes
    stream: str


Prepare = Callable[[psrpcore.ClientRunspacePool], Any]
"""A step of psrpcore's that leaves messages to be sent."""


class Exchange:
    """What is said between a runspace pool here and its other half.

    Args:
        pool: psrpcore's pool.
        limit: bytes of fragments that one envelope carries.
    """

    def __init__(self, pool: psrpcore.ClientRunspacePool, limit: int) -> None:
        self.pool = pool
        self.limit = limit
        self._lock = Lock()

    @property
    def state(self) -> ps.RunspacePoolState:
        """The state of the pool."""
        return self.pool.state

    def prepare(self, step: Prepare) -> list[Payload]:
        """Do `step`, and return what is to be sent for it, in order.

        Raises:
            InvalidParameter: something in it cannot be sent.
        """
        with self._lock, _discreet(), _sending():
            step(self.pool)
            payloads = []
            while (payload := self.pool.data_to_send(self.limit)) is not None:
                is_answer = payload.stream_type is psrpcore.StreamType.prompt_response
                stream = _PROMPT_RESPONSE if is_answer else _STDIN
                payloads.append(Payload(payload.data, stream))
            return payloads

    def receive(
        self, reader: FragmentReader, data: bytes, pipeline_id: UUID | None = None
    ) -> list[psrpcore.PSRPEvent[Any, Any]]:
        """Return the events that `data` completes.

        Args:
            reader: that of the stream that it came from.
            data: what came.
            pipeline_id: whose it is, or None for the pool.

        Raises:
            ProtocolError: it is not what PowerShell remoting sends.
        """
        fragments = reader.feed(data)
        events: list[psrpcore.PSRPEvent[Any, Any]] = []
        with self._lock, _discreet(), reading():
            # One at a time: psrpcore copies all that it has for each that it takes out.
            for fragment in fragments:
                self.pool.receive_data(
                    psrpcore.PSRPPayload(fragment, psrpcore.StreamType.default, pipeline_id)
                )
                events.extend(iter(self.pool.next_event, None))
        return events

    def forget(self, pipeline: psrpcore.ClientPowerShell) -> None:
        """Take a pipeline out of the pool, whatever state it is in."""
        with self._lock:
            self.pool.pipeline_table.pop(pipeline.pipeline_id, None)


@contextmanager
def _discreet() -> Iterator[None]:
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


@contextmanager
def _sending() -> Iterator[None]:
    try:
        yield
    except MIError:
        raise
    except Exception as error:
        raise InvalidParameter(
            f"PowerShell remoting cannot send this: {type(error).__name__}: {error}"
        ) from error


@contextmanager
def reading() -> Iterator[None]:
    """Let whatever psrpcore raises, reading what others wrote, be a `ProtocolError`."""
    try:
        yield
    except Exception as error:  # it takes what it reads at its word, and has no error of its own
        raise ProtocolError(
            f"PowerShell remoting sent what cannot be read: {type(error).__name__}: {error}"
        ) from error
