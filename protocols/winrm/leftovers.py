"""What the operations of a session have left open on the server, and when that is released.

What an operation has open is released by its `close`; a moment later, where it is in nobody's way;
before the next exchange, where the caller dropped the operation; and when the session closes, at
the latest. What could not be said over one connection is said over another.

A server that has too much to do refuses a goodbye like anything else, and what was to go stays: a
shell for hours, a command's place in it as long. It was not begun, so it is said again: at once,
within the grace time, where somebody waits for it, else before the next exchange.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from mi.control import CancelToken, Expiry
from mi.errors import MIError, ProtocolError
from mi.results import ErrorCategory
from protocols.channels.orphans import Orphans
from protocols.security.discretion import Forgetting
from protocols.winrm.dialogue import Farewell
from protocols.winrm.identifiers import new_id
from protocols.winrm.journal import following
from protocols.winrm.later import Later
from protocols.winrm.patience import Patience
from protocols.wsman.enhanced import serialize_signal
from protocols.wsman.envelope import parse
from protocols.wsman.fault import Fault

if TYPE_CHECKING:
    from protocols.winrm.channel import WinrmChannel
    from protocols.winrm.line import Line
    from protocols.winrm.run import Run
    from protocols.wsman.envelope import Request

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
        self._orphans: Orphans[Run] = Orphans(_logger)
        self._later = Later(self._say_what_waits)

    def adopt(self, run: Run) -> None:
        """Take over a run that was dropped: no lock, nothing sent, in any thread."""
        self._orphans.adopt(run)

    def release(self, run: Run) -> None:
        """Release what `run` has open, within the grace time.

        Raises:
            MIError: the server does not know of it.
        """
        if run.life is not self._channel.life or not run.part() or self._channel.is_closed:
            return
        expiry, cancel = Expiry.of_grace(), CancelToken()
        patience = Patience(expiry, cancel)
        try:
            while (refusal := self._part_with(run, expiry, cancel)) is not None:
                if not patience.bears(refusal):
                    raise refusal.error()
                patience.wait()  # without a line, which others may want
        except MIError:
            self._orphans.adopt(run)  # on another connection the server may hear of it
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
        if not self._orphans:
            return

        def part_with(run: Run, earlier: Expiry) -> None:
            if self._say_goodbye(run, line, earlier, cancel) is not None:
                self._orphans.adopt(run)

        self._orphans.release(part_with, expiry, cancel)

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
        self._adopt_deferred()
        cancel = CancelToken()
        patience = Patience(expiry, cancel)
        try:
            self.release_dropped(expiry, cancel)
            while self._orphans and patience.is_left:  # those that the server refused
                patience.wait()
                self.release_dropped(expiry, cancel)
        except MIError as error:
            _logger.warning("what was left open could not be released: %s", error)
        # In no `finally`: after a Ctrl-C the session may be closed once more, and releases.
        for run in self._orphans:
            run.part()  # for the line that it may hold

    def _adopt_deferred(self) -> None:
        while (run := self._later.take()) is not None:
            self._orphans.adopt(run)

    def _say_what_waits(self) -> None:
        """Release what was deferred; what fails is released with the next exchange."""
        try:
            self._release_deferred(Expiry.of_grace(), CancelToken())
        except MIError as error:
            _logger.info("what was deferred is not released yet: %s", error)
            self._adopt_deferred()

    def _release_deferred(self, expiry: Expiry, cancel: CancelToken) -> None:
        # Taken out of there only once there is a line, so that closing finds it.
        with Forgetting(), self._channel.lease(expiry, cancel) as line:
            while (run := self._later.take()) is not None:
                if run.life is not self._channel.life:
                    continue
                try:
                    refusal = self._say_goodbye(run, line, expiry, cancel)
                except BaseException:
                    self._orphans.adopt(run)
                    raise
                if refusal is not None:
                    self._orphans.adopt(run)

    def _part_with(self, run: Run, expiry: Expiry, cancel: CancelToken) -> Fault | None:
        with self._channel.lease(expiry, cancel) as line:
            return self._say_goodbye(run, line, expiry, cancel)

    def _say_goodbye(
        self, run: Run, line: Line, expiry: Expiry, cancel: CancelToken
    ) -> Fault | None:
        """Say what there is to say; return the fault by which a server too busy for it refused."""
        partings = run.part()
        while partings:
            parting = partings[0]
            if isinstance(parting, Farewell):
                self._signal(parting, line, expiry, cancel)
            else:
                refusal = self._release(parting, line, expiry, cancel)
                if refusal is not None:
                    return refusal
            partings.popleft()
        return None

    def _signal(self, parting: Farewell, line: Line, expiry: Expiry, cancel: CancelToken) -> None:
        """Say what has no answer."""
        action = str(parting.signal)
        envelope = serialize_signal(parting.signal, parting.operation_id, new_id())
        with following(action, self._channel.authority, line) as entry:
            list(line.exchange(envelope, expiry, cancel, repeatable=True, is_one_way=True))
        if entry is not None:
            entry.end(None)

    def _release(
        self, parting: Request, line: Line, expiry: Expiry, cancel: CancelToken
    ) -> Fault | None:
        """Ask for a release; return the fault of a server that has too much to do.

        Any other answer will do, but it must be an envelope: who says yes without one, in the clear
        above all, may not have read the request.
        """
        message_id = new_id()
        envelope = self._channel.written(parting, message_id)
        with following(parting.action, self._channel.authority, line) as entry:
            answers = list(line.exchange(envelope, expiry, cancel, repeatable=True))
        fault = self._fault_in(answers, message_id)
        if entry is not None:
            entry.end(fault)
        return fault if fault is not None and fault.is_quota else None

    def _fault_in(self, answers: list[bytes], message_id: str) -> Fault | None:
        with suppress(ProtocolError):  # what cannot be read has been answered all the same
            for data in answers:
                answer = parse(data, message_id, limit=self._channel.limit)
                if isinstance(answer, Fault):
                    return answer
        return None
