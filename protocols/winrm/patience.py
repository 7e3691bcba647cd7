"""After which answers a WinRM server is asked again, a little later.

A quota fault and the HTTP statuses 429 and 503 say that a request was not begun.
"""

from __future__ import annotations

from typing import Final

from mi.errors import MIError
from protocols.network import patience
from protocols.wsman.envelope import Reply
from protocols.wsman.fault import Fault

__all__ = ["Patience"]

_STATUSES: Final = (429, 503)


class Patience(patience.Patience):
    """What one request has left of it."""

    __slots__ = ()

    def bears(self, answer: Reply | Fault | MIError) -> bool:
        """Whether an answer says that the server is busy, and there is time to ask it again."""
        return self.is_left and _is_busy(answer)


def _is_busy(answer: Reply | Fault | MIError) -> bool:
    if isinstance(answer, Fault):
        return answer.is_quota
    if isinstance(answer, MIError):
        return answer.native_type == "HTTP" and answer.native_code in _STATUSES
    return False
