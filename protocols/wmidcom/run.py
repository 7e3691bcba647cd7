"""One operation over WMIDCOM: single calls for one result, or an enumerator read bit by bit.

Nothing is asked for before a result is. No call lasts longer than about a second without looking
at the caller's time and his cancel, and none is under way while the caller has a result. What is
left open is released by `close`, or, if the caller dropped it, by the channel before its next call
or at its end.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from mi.calls import Call
from mi.control import Control
from mi.errors import ConnectionFailed, InvalidParameter, MIError
from mi.events import Event, Item
from mi.results import OperationFlags
from protocols.meanings.circumstances import Circumstances
from protocols.security.discretion import Forgetting
from protocols.wmidcom.access import Access
from protocols.wmidcom.enumerations import Enumeration
from protocols.wmidcom.hresults import error_of, is_number
from protocols.wmidcom.operations import Operation
from protocols.wmidcom.services import Bounds, WbemEnumerator, WbemError

if TYPE_CHECKING:
    from protocols.wmidcom.channel import WmidcomChannel

__all__ = ["Reading", "Run", "Single", "Work"]

_logger = logging.getLogger("mi.wmidcom")

_WAITING: Final = "waiting for the next results"
# The server does not know what the call is on, since it was restarted, or this side was silent for
# too long: so nothing was done, and what is needed is made anew.
_FORGOTTEN: Final = (
    "OR_INVALID_OID",
    "OR_INVALID_OXID",
    "RPC_E_INVALID_IPID",
    "RPC_E_INVALID_OBJECT",
)
# Of these nobody can say whether what was asked for was done.
_UNSURE: Final = (
    "RPC_S_CALL_FAILED",
    "RPC_S_CALL_CANCELLED",
    "RPC_E_CALL_CANCELED",
    "RPC_E_DISCONNECTED",
    "RPC_E_SERVERFAULT",
    "RPC_E_TIMEOUT",
    "WBEM_E_CALL_CANCELLED",
    "WBEM_E_PROVIDER_TIMED_OUT",
    "WBEM_E_TIMED_OUT",
    "WBEM_E_TRANSPORT_FAILURE",
)


class Work(Protocol):
    """What a run does, step by step."""

    def step(self, bounds: Bounds) -> list[Any] | None:
        """Return what comes next, maybe nothing yet; None is the end."""
        ...

    def begin_anew(self) -> bool:
        """Begin once more where nothing has come of it yet; False if that is not so."""
        ...

    def leave(self) -> WbemEnumerator | None:
        """End it; return what is to be released on the server."""
        ...

    def forget(self) -> None:
        """Take note that it was released."""
        ...


class Single:
    """An operation with one result."""

    def __init__(self, operation: Operation, access: Access, call: Call[Any]) -> None:
        self._operation = operation
        self._access = access
        self._call = call
        self._is_over = self._is_again = False

    def step(self, bounds: Bounds) -> list[Any] | None:
        """Return the result, or nothing where MI has none; then None."""
        if self._is_over:
            return None
        self._is_over = True
        return self._operation(self._access, self._call, bounds)

    def begin_anew(self) -> bool:
        """Do it all again, but no third time."""
        was_again, self._is_again = self._is_again, True
        self._is_over = was_again
        return not was_again

    def leave(self) -> WbemEnumerator | None:
        """Return None: nothing stays open."""
        self._is_over = True
        return None

    def forget(self) -> None:
        """Do nothing."""


class Reading:
    """An operation with many results."""

    def __init__(self, enumeration: Enumeration, access: Access, *, is_endless: bool) -> None:
        self._begin, self._shape, self._pace, self._end = enumeration
        self._access = access
        self._is_endless = is_endless
        self._enumerator: WbemEnumerator | None = None
        self._is_over = False
        self._may_begin_anew = True

    def step(self, bounds: Bounds) -> list[Any] | None:
        """Return the results of one look at the enumerator, or an empty list; None is the end."""
        if self._is_over:
            return None
        if self._enumerator is None:
            self._enumerator = self._begin(bounds)
            return []
        bounds.check(_WAITING)
        longest = self._longest_wait(bounds)
        if longest is None:
            self._is_over = True
            return None
        size, wait = self._pace.portion()
        batch = self._enumerator.next(size, min(wait, longest), bounds)
        self._pace.took(len(batch.objects), batch.size)
        self._is_over = batch.is_end
        self._may_begin_anew = self._may_begin_anew and not batch.objects
        return self._shape(self._access, batch.objects, bounds) if batch.objects else []

    def _longest_wait(self, bounds: Bounds) -> float | None:
        """Return the seconds that are left, or None where the subscription has come to its end."""
        remaining = bounds.expiry.remaining()
        longest = float("inf") if remaining is None else remaining
        if self._end is None:
            return longest
        left = self._end - time.monotonic()
        return None if left <= 0 else min(left, longest)

    def begin_anew(self) -> bool:
        """Open another enumerator, unless this one has given something, or is the second.

        A subscription that stood is not replaced: what happened meanwhile is lost, and whoever
        reads events must know.
        """
        stood = self._is_endless and self._enumerator is not None
        may, self._may_begin_anew = self._may_begin_anew and not stood, False
        if may:
            self._enumerator, self._is_over = None, False
        return may

    def leave(self) -> WbemEnumerator | None:
        """Return the enumerator if it was opened."""
        self._is_over = True
        return self._enumerator

    def forget(self) -> None:
        """Know of no enumerator any more."""
        self._enumerator = None


class Run:
    """One operation under way."""

    __slots__ = (
        "__weakref__", "_call", "_channel", "_control", "_must_tell_start", "_work", "life",
    )  # fmt: skip

    def __init__(
        self, channel: WmidcomChannel, call: Call[Any], control: Control, work: Work
    ) -> None:
        """Prepare to run `call`, which is `work`.

        Attributes:
            life: of the channel, which ends where a process is forked.
        """
        self.life = channel.life
        self._channel = channel
        self._call = call
        self._control = control
        self._work = work
        self._must_tell_start = bool(control.flags & OperationFlags.REPORT_OPERATION_STARTED)

    # What the library asks of a run

    def next_batch(self) -> list[Event] | None:
        """Return the results that come next; None is the end."""
        if self.life is not self._channel.life:
            raise InvalidParameter("the operation was begun in another process")
        with Forgetting():
            return self._next_batch(Bounds(self._control.begin_wait(), self._control.cancel))

    def close(self) -> None:
        """Release what is open on the server, within the grace time."""
        with Forgetting():
            self._channel.release(self)

    def drop(self) -> None:
        """Hand what is open to the channel, which releases it later."""
        self._channel.adopt(self)

    # What the channel asks of it

    def leave(self) -> WbemEnumerator | None:
        """End it; return what is still to be released on the server."""
        return self._work.leave()

    def forget(self) -> None:
        """Take note that it was released."""
        self._work.forget()

    # Inside

    def _next_batch(self, bounds: Bounds) -> list[Event] | None:
        try:
            bounds.check("connecting")
            self._channel.release_dropped(bounds)
            return self._results(bounds)
        except WbemError as failure:
            raise self._error(failure) from failure
        except MIError as error:
            error.outcome_unknown = error.outcome_unknown and not self._call.repeatable
            raise

    def _results(self, bounds: Bounds) -> list[Event] | None:
        while True:
            try:
                results = self._work.step(bounds)
            except (WbemError, ConnectionFailed) as failure:
                if not (self._is_passing(failure) and self._work.begin_anew()):
                    raise
                _logger.warning("the operation begins anew, for the server lost it: %s", failure)
                continue
            self._channel.has_answered = True
            if results is None:
                return None
            if results or self._tells_start():
                return [Item(result) for result in results]

    def _is_passing(self, failure: WbemError | ConnectionFailed) -> bool:
        """Return whether the same may be asked again, since nothing was done, or changes nothing.

        A connection that broke before the server ever answered may have cost a logon.
        """
        if isinstance(failure, WbemError):
            return is_number(failure, *_FORGOTTEN)
        return self._call.repeatable and self._channel.has_answered

    def _error(self, failure: WbemError) -> MIError:
        about = replace(Circumstances.of(self._call), user=self._channel.user)
        error = error_of(failure, about)
        error.outcome_unknown = is_number(failure, *_UNSURE) and not self._call.repeatable
        return error

    def _tells_start(self) -> bool:
        """Whether the caller is yet to learn, by a batch of nothing, that the server goes along."""
        tells, self._must_tell_start = self._must_tell_start, False
        return tells
