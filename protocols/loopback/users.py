"""The users that the endpoints of this process accept.

pyspnego's NTLM acceptor looks a user up in the one file that NTLM_USER_FILE names. So all endpoints
share a private file; the first one sets the variable, the last one restores it and removes the
file. Each endpoint has a user of its own and lets no other in.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["DOMAIN", "REALM", "User", "registered"]

DOMAIN = "LOOPBACK"
"""The domain that a user may name; none, or `.` for a local account, will do too."""

REALM = "loopback.test"
"""The same domain by its DNS name, as in `user@loopback.test`."""

_VARIABLE = "NTLM_USER_FILE"


@dataclass(frozen=True, slots=True)
class User:
    """A user that exists for one endpoint; the password is not in its repr."""

    name: str
    password: str = field(repr=False)

    @classmethod
    def random(cls) -> User:
        """Return a user that nobody can guess."""
        return cls(f"user{secrets.token_hex(4)}", secrets.token_urlsafe(24))

    @property
    def forms(self) -> tuple[tuple[str, str], ...]:
        """The domains that the user may name, each with the name that goes with it."""
        realm = f"{self.name}@{REALM}"
        return ("", self.name), (".", self.name), (DOMAIN, self.name), ("", realm)

    def is_named(self, name: str) -> bool:
        r"""Whether `name`, maybe with a domain, `DOMAIN\user` or `user@realm`, is this user's."""
        domain, _, user = name.rpartition("\\")
        return (domain.upper(), user.lower()) in [(one, own.lower()) for one, own in self.forms]


class _UserFile:
    """The shared file; rewritten as a whole whenever a user comes or goes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: list[User] = []
        self._folder = ""
        self._previous: str | None = None

    def add(self, user: User) -> None:
        with self._lock:
            if not self._users:
                self._folder = tempfile.mkdtemp(prefix="loopback-")
                self._previous = os.environ.get(_VARIABLE)
            self._users.append(user)
            self._write()
            os.environ[_VARIABLE] = str(self._path)

    def remove(self, user: User) -> None:
        with self._lock:
            self._users.remove(user)
            if self._users:
                self._write()
            else:
                self._restore()

    @property
    def _path(self) -> Path:
        return Path(self._folder, "users")

    def _write(self) -> None:
        lines = [
            f"{domain}:{name}:{user.password}\n"
            for user in self._users
            for domain, name in user.forms
        ]
        # An acceptor may be reading, so the file is replaced at one stroke.
        new = Path(self._folder, "users.new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - of a descriptor
            file.writelines(lines)
        new.replace(self._path)

    def _restore(self) -> None:
        if self._previous is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = self._previous
        self._path.unlink()
        Path(self._folder).rmdir()


_FILE = _UserFile()


@contextlib.contextmanager
def registered(user: User) -> Iterator[User]:
    """Let the NTLM acceptors of this process know `user` for as long as the context lasts."""
    _FILE.add(user)
    try:
        yield user
    finally:
        _FILE.remove(user)
