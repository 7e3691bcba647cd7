"""What the rows of methods give back, and how a call has no answer at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["Fault", "Given"]


class Fault(Exception):
    """A call has no answer but a number."""

    def __init__(self, status: int) -> None:
        super().__init__(f"0x{status:08X}")
        self.status = status


class Given(NamedTuple):
    """What a method gives back.

    Attributes:
        values: by parameter.
        hresult: how it went.
    """

    values: Mapping[str, Any] = {}
    hresult: int = 0
