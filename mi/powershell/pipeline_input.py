"""What is piped into a pipeline, sent while its output comes.

The values may come slowly, and be endless. So one thread takes them as they come, and another
sends what there is: many in one message where they come fast, one at once where they come slowly.
Neither takes more from the caller than one message ahead of what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import copy_context
from functools import partial
from threading import Condition, Thread
from typing import Any

from mi.errors import MIError

__all__ = ["PipelineInput"]


class PipelineInput:
    """Sends values.

    Args:
        values: what to send.
        packed: returns the bytes that a value is; called with nothing, those that end the input.
        send: sends bytes.
        stop: stops the pipeline, where the values or sending them fails.
        limit: how many bytes to send at once.
    """

    def __init__(
        self,
        values: Iterable[Any],
        packed: Callable[..., bytes],
        send: Callable[[bytes], None],
        stop: Callable[[], None],
        limit: int,
    ) -> None:
        self._values = values
        self._packed = packed
        self._send = send
        self._stop = stop
        self._limit = limit
        self._changed = Condition()
        self._ready = bytearray()
        self._is_complete = False
        self._is_unwanted = False
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Begin."""
        for work, name in ((self._take, "mi-powershell-input"), (self._pass_on, "mi-powershell")):
            run = partial(copy_context().run, self._guarded, work)
            Thread(target=run, name=name, daemon=True).start()

    def end(self) -> None:
        """Want no more: the pipeline has ended. A value that is awaited is not waited for."""
        with self._changed:
            self._is_unwanted = True
            self._changed.notify_all()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the output is read
            with self._changed:
                if self._is_unwanted:
                    return
                self.failure = self.failure or error
                self._is_unwanted = True
                self._changed.notify_all()
            try:
                self._stop()
            except MIError:  # what made the first fail keeps the pipeline from being stopped, too
                return

    def _take(self) -> None:
        for value in self._values:
            if not self._put(self._packed(value)):
                return
        self._put(self._packed(), is_last=True)

    def _put(self, data: bytes, *, is_last: bool = False) -> bool:
        with self._changed:
            self._changed.wait_for(self._has_room)
            self._ready += data
            self._is_complete = is_last
            self._changed.notify_all()
            return not self._is_unwanted

    def _has_room(self) -> bool:
        return self._is_unwanted or len(self._ready) < self._limit

    def _pass_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_news)
                if self._is_unwanted or not self._ready:
                    return
                data = bytes(self._ready)
                self._ready.clear()
                self._changed.notify_all()
            self._send(data)

    def _has_news(self) -> bool:
        return self._is_unwanted or self._is_complete or bool(self._ready)
