"""A connection that is being logged on, and that a test can look through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from urllib3 import HTTPHeaderDict

from mi.control import CancelToken, Expiry
from mi.errors import ConnectionFailed
from protocols.network.bounds import Bounds
from protocols.network.errands import Errand
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import Seal

T = TypeVar("T")


def answer(status: int, *offers: str, body: bytes = b"") -> Answer:
    """Return a reply with a WWW-Authenticate header for each of the offers."""
    headers = HTTPHeaderDict()
    for offer in offers:
        headers.add("WWW-Authenticate", offer)
    return Answer(status, headers, body, "")


class FakeWire:
    """Hands every header to a function, which answers.

    Attributes:
        headers: what was sent, in order.
        finishing: the number of the headers that should have ended the logon.
        seals: what a request could have been sealed with each time.
        told: what the listeners were told.
    """

    def __init__(
        self,
        server: Callable[[str], Answer],
        *,
        binding: bytes | None = None,
        is_sealing: bool = True,
        seconds: float = 10,
    ) -> None:
        self._server = server
        self._seconds = seconds
        self.binding = binding
        self.is_sealing = is_sealing
        self.is_sent = False
        self.headers: list[str | None] = []
        self.finishing: list[int] = []
        self.seals: list[Seal | None] = []
        self.told: list[str] = []

    def post(self, authorization: str | None) -> Answer:
        self.headers.append(authorization)
        try:
            found = self._server(authorization or "")
        except ConnectionFailed as error:
            self.is_sent = getattr(error, "was_sent", True)
            raise
        self.is_sent = True
        return found

    def finish(self, authorization: str, seal: Seal | None = None) -> Answer:
        self.finishing.append(len(self.headers))
        self.seals.append(seal)
        return self.post(authorization)

    def run(self, errand: Errand[T]) -> T:
        return errand.result(Bounds(Expiry.after(self._seconds, "timeout"), CancelToken(), 0))

    def tell(self, text: str) -> None:
        self.told.append(text)
