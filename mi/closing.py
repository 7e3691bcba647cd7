"""What is closed when its `with` block is left, in a thread or in a coroutine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

__all__ = ["AsyncClosing", "Closing"]


class Closing(ABC):
    """What leaving its `with` block closes, whatever came of the block."""

    __slots__ = ()

    @abstractmethod
    def close(self) -> None:
        """Close it; again, do nothing."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClosing(Closing):
    """What leaving its `async with` block closes as well, while the event loop goes on."""

    __slots__ = ()

    @abstractmethod
    async def _aclose(self) -> None:
        """Close it, as `close` does, while a thread waits for the server."""
        ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._aclose()
