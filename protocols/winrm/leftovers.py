"""What the operations of a session have left open on the server, and when that is released.

What an operation has open is released by its `close`; a moment later, where it is in nobody's way;
before the next exchange, where the caller dropped the operation; and when the session closes, at
the latest. What could not be said over one connection is said over another.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from mi.control import CancelToken, Expiry
from mi.errors import MIError
from mi.results import ErrorCategory
from protocols.security.discretion import Forgetting
from protocols.winrm.dialogue import Farewell
from protocols.winrm.identifiers import new_id
from protocols.winrm.journal import following
from protocols.winrm.later import Later
from protocols.wsman.enhanced import serialize_signal

if TYPE_CHECKING:
    from protocols.winrm.channel import WinrmChannel
    from protocols.winrm.line import Line
    from protocols.winrm.run import Run
    from protocols.wsman.fault import Fault

__all__ = ["Leftovers"]

_logger = logging.getLogger("mi.winrm")


class Leftovers:
    """The runs of a channel that have ended here, and not yet on the server."""

    def __init__(self, channel: WinrmChannel) -> None:
        """Begin with none.

        Args:
            channel: whose lines they are released over.
        """
        self._channel = channel
        self._orphans: deque[Run] = deque()
        self._later = Later(self._say_what_waits)

    def adopt(self, run: Run) -> None:
        """Take over a run that was dropped: no lock, nothing sent, in any thread."""
        self._orphans.append(run)

    def release(self, run: Run) -> None:
        """Release what `run` has open, within the grace time.

        Raises:
            MIError: the server does not know of it.
        """
        if run.life is not self._channel.life or not run.part() or self._channel.is_closed:
            return
        expiry, cancel = Expiry.of_grace(), CancelToken()
        try:
            with self._channel.lease(expiry, cancel) as line:
                self._say_goodbye(run, line, expiry, cancel)
        except MIError:
            self._orphans.append(run)  # on another connection the server may hear of it
            raise

    def defer(self, run: Run) -> None:
        """Release what `run` has open a little later, since it is in nobody's way.

        Raises:
            MIError: too much waits already, and the server does not know of this.
        """
        if not self._later.add(run):
            self.release(run)

    def release_dropped(self, expiry: Expiry, cancel: CancelToken) -> None:
        """Release what dropped runs have open, if there are any.

        Raises:
            MIError: there was no line for that in time.
        """
        if self._orphans:
            with self._channel.lease(expiry, cancel) as line:
                self.release_dropped_over(line, expiry, cancel)

    def release_dropped_over(self, line: Line, expiry: Expiry, cancel: CancelToken) -> None:
        """Release what dropped runs have open, for no longer than the caller wants to wait.

        Raises:
            MIError: his time was over, or he has cancelled.
        """
        while self._orphans:
            try:
                run = self._orphans.popleft()
            except IndexError:
                return  # another thread has it
            grace = Expiry.of_grace()
            try:
                earlier = expiry if expiry.at <= grace.at else grace
                self._say_goodbye(run, line, earlier, cancel)
            except BaseException as error:
                if not isinstance(error, MIError) or cancel.cancelled or expiry.remaining() == 0:
                    self._orphans.append(run)
                    raise
                _logger.warning("a dropped operation could not be released: %s", error)

    def free_places(self, fault: Fault, expiry: Expiry, cancel: CancelToken) -> bool:
        """Release what was deferred, if a quota keeps the server from a request; or return False.

        Raises:
            MIError: the server does not know of it.
        """
        if not self._later or fault.error().category is not ErrorCategory.QUOTA_EXCEEDED:
            return False
        self._release_deferred(expiry, cancel)
        return True

    def release_all(self, expiry: Expiry) -> None:
        """Release everything, at the end of the session."""
        self._orphans.extend(iter(self._later.take, None))
        try:
            self.release_dropped(expiry, CancelToken())
        except MIError as error:
            _logger.warning("what was left open could not be released: %s", error)
        # In no `finally`: after a Ctrl-C the session may be closed once more, and releases.
        for run in list(self._orphans):
            run.part()  # for the line that it may hold

    def _say_what_waits(self) -> None:
        """Release what was deferred; what fails is released with the next exchange."""
        try:
            self._release_deferred(Expiry.of_grace(), CancelToken())
        except MIError as error:
            _logger.info("what was deferred is not released yet: %s", error)
            self._orphans.extend(iter(self._later.take, None))

    def _release_deferred(self, expiry: Expiry, cancel: CancelToken) -> None:
        # Taken out of there only once there is a line, so that closing finds it.
        with Forgetting(), self._channel.lease(expiry, cancel) as line:
            while (run := self._later.take()) is not None:
                if run.life is not self._channel.life:
                    continue
                try:
                    self._say_goodbye(run, line, expiry, cancel)
                except BaseException:
                    self._orphans.append(run)
                    raise

    def _say_goodbye(self, run: Run, line: Line, expiry: Expiry, cancel: CancelToken) -> None:
        partings = run.part()
        while partings:
            parting, message_id = partings[0], new_id()
            # A signal has no answer. What releases is answered by an envelope: who says yes without
            # one, in the clear above all, may not have read it.
            is_signal = isinstance(parting, Farewell)
            if isinstance(parting, Farewell):
                action = str(parting.signal)
                envelope = serialize_signal(parting.signal, parting.operation_id, message_id)
            else:
                action = parting.action
                envelope = self._channel.written(parting, message_id)
            with following(action, self._channel.authority, line) as entry:
                list(line.exchange(envelope, expiry, cancel, repeatable=True, is_one_way=is_signal))
            if entry is not None:
                entry.end(None)
            partings.popleft()
