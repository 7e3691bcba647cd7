"""Digest as an HTTP server does it: nonces given out, and answers to them checked (RFC 7616)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading

from protocols.loopback.users import User

__all__ = ["DigestRealm"]

_COUNT = re.compile(r"[0-9a-fA-F]{8}")
_PARAMETER = re.compile(r'([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^",\s]+))')


class DigestRealm:
    """The nonces of an endpoint, each good for so many requests on any connection.

    Attributes:
        nonce_uses: how often a nonce may be used.
    """

    def __init__(self, user: User, nonce_uses: int = 1000) -> None:
        """Let `user` in."""
        self.nonce_uses = nonce_uses
        self._user = user
        self._realm = f"Digest:{secrets.token_hex(16)}"  # as Intel AMT's
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def challenge(self, *, is_stale: bool = False) -> str:
        """Return a challenge; `is_stale` says that the password was right but the nonce old."""
        nonce = secrets.token_hex(16)
        with self._lock:
            self._counts[nonce] = 0
        stale = ", stale=true" if is_stale else ""
        return f'Digest realm="{self._realm}", nonce="{nonce}", qop="auth", algorithm=MD5{stale}'

    def is_right(self, header: str, path: str) -> bool:
        """Whether the header of a POST to `path` is made with the user's password."""
        given = _parameters(header)
        names = ("nonce", "nc", "cnonce", "qop")
        middle = ":".join(given.get(name, "") for name in names)
        name = given.get("username", "")
        secret = _hash(f"{name}:{self._realm}:{self._user.password}")
        right = _hash(f"{secret}:{middle}:{_hash(f'POST:{path}')}")
        is_answer = hmac.compare_digest(given.get("response", "").encode(), right.encode())
        return is_answer and given.get("uri") == path and self._user.is_named(name)

    def is_fresh(self, header: str) -> bool:
        """Whether a header's nonce is one of ours, counted up and not used too often."""
        given = _parameters(header)
        nonce, count = given.get("nonce", ""), given.get("nc", "")
        with self._lock:
            known = self._counts.get(nonce)
            if known is None or not _COUNT.fullmatch(count):
                return False
            if not known < int(count, 16) <= self.nonce_uses:
                return False
            self._counts[nonce] = int(count, 16)
        return True


def _parameters(header: str) -> dict[str, str]:
    return {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(header)}


def _hash(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
