"""Answers to the challenges of Digest (RFC 7616), which requests computes."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Final, NoReturn

from requests.auth import HTTPDigestAuth
from requests.utils import parse_dict_header

from mi.errors import ProtocolError

__all__ = ["DigestAnswers"]

_FOLD: Final = re.compile(r"\r?\n[ \t]+")  # a header's line that goes on (RFC 9112 5.2)
_ENDS_A_LINE: Final = re.compile(r"[\r\n\0]")
_CHALLENGE: Final = re.compile(r"(?:^|,)\s*Digest\s+(.*)", re.IGNORECASE | re.DOTALL)


class DigestAnswers(HTTPDigestAuth):
    """What one user says to one server; requests' own hooks are not used.

    Not for several threads at once.
    """

    def __init__(self, user: str, password: str) -> None:
        super().__init__(user, password)
        # requests keeps this for each thread, but a session's challenge is for all of them.
        self._thread_local = SimpleNamespace()
        self.init_per_thread_state()

    def __reduce__(self) -> NoReturn:
        raise TypeError("answers to Digest do not pickle: they hold a password")

    def is_stale(self, offers: str) -> bool:
        """Whether a new challenge says that only the nonce is too old (RFC 7616 3.3)."""
        return _parameters(offers).get("stale", "").lower() == "true"

    def header(self, offers: str, method: str, uri: str) -> str:
        """Return the header that answers the Digest challenge among `offers`.

        Args:
            offers: the header with the challenges.
            method: of the request that will carry it.
            uri: what that asks for, as its first line has it.

        Raises:
            ProtocolError: the challenge lacks something, or has an algorithm that nobody knows.
        """
        challenge = _parameters(offers)
        if challenge.keys() >= {"realm", "nonce"}:
            if "qop" in challenge:
                challenge["qop"] = challenge["qop"].replace(" ", "")
            self._thread_local.chal = challenge
            # requests takes a URL and sends its path; this one has no more than that.
            header = self.build_digest_header(method, f"digest:{uri}")  # type: ignore[no-untyped-call]
            # What the challenge says comes back in it, and may not become a header of its own.
            if header is not None and not _ENDS_A_LINE.search(header):
                return str(header)
        raise ProtocolError(
            "the Digest challenge cannot be answered",
            advice="MD5, SHA-256 and SHA-512 with qop=auth are known; use another scheme.",
        )


def _parameters(offers: str) -> dict[str, str]:
    found = _CHALLENGE.search(_FOLD.sub(" ", offers))
    if found is None:
        return {}
    parameters = parse_dict_header(found[1])  # type: ignore[no-untyped-call]
    # What stands there without a value is None to requests, which it then cannot answer with.
    return {name: value for name, value in parameters.items() if value is not None}
