"""What tests need to see that no secret gets out: what may not be found, and where to look for it.

Secrets are known in the forms in which they are sent. What somebody could have seen is what is
logged at DEBUG, but for what the made-up servers in this process say themselves; what is printed;
the repr of whatever hangs on a session, and its pickle where it has one; and each error with all
that led to it, as text, as a pickle and as a traceback that shows local variables.
"""

import gc
import logging
import pickle
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from traceback import TracebackException
from types import CellType, MethodType

import pytest

import mi
from mi.store import SchemaStore

__all__ = ["Secrets", "Seen", "Witness", "fails", "look_around", "reachable", "search", "seen"]

OURS = (
    "mi.",
    "protocols.channels",
    "protocols.dcom",
    "protocols.meanings",
    "protocols.network",
    "protocols.security",
    "protocols.winrm",
    "protocols.wmidcom",
    "protocols.wsman",
)
HOLDERS = (dict, list, tuple, set, frozenset, deque, MethodType, CellType, partial)
SHORTEST = 8  # characters; what is shorter is found by chance


class Secrets:
    """What may not be found; its own repr says nothing.

    Attributes:
        keys: how many keys are among it.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self.keys = 0

    def add(self, secret: str | bytes) -> None:
        """Know a secret, with the forms that it may be written in."""
        data = secret.encode() if isinstance(secret, str) else secret
        if len(data) < SHORTEST:
            return
        self._known |= {data.hex(), b64encode(data).decode().rstrip("=")}
        self._known.add(repr(data)[2:-1])
        # As protocol 0 of pickle writes it.
        self._known.add(data.decode("latin-1").encode("raw-unicode-escape").decode("latin-1"))
        if isinstance(secret, str):
            self._known.add(secret)

    def found_in(self, text: str) -> list[str]:
        """Return where secrets are found: what stands around each."""
        return [
            text[max(0, at - 60) : at + len(secret) + 20]
            for secret in self._known
            if (at := text.find(secret)) >= 0
        ]

    def __len__(self) -> int:
        return len(self._known)


class Seen:
    """What somebody could have seen; its own repr says nothing."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self._pickled: set[type] = set()

    def add(self, where: str, text: str) -> None:
        self.texts.append((where, text))

    def pickle(self, one: object) -> None:
        """Take in the pickle of an object, if it has one; each class has its turn once."""
        if type(one) not in self._pickled:
            self._pickled.add(type(one))
            with suppress(Exception):
                name = f"pickled {type(one).__qualname__}"
                self.add(name, pickle.dumps(one, 0).decode("latin-1"))

    def error(self, error: BaseException) -> None:
        """Take in an error, and all that led to it."""
        shown = TracebackException.from_exception(error, capture_locals=True)
        self.add("traceback", "".join(shown.format()))
        while error.__cause__ is not None or isinstance(error, mi.MIError):
            self.add("error", f"{error} {error!r} {vars(error)!r}")
            self.add("pickle", pickle.dumps(error, 0).decode("latin-1"))
            if error.__cause__ is None:
                return
            error = error.__cause__


class Witness(logging.Handler):
    """Keeps what is logged, but for what the servers say in threads of their own."""

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        is_server = "_serve" in (record.threadName or "") or "loopback" in (record.threadName or "")
        if not is_server:
            self._seen.add(record.name, f"{self.format(record)} {vars(record)!r}")


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Listen to everything that is logged."""
    seen = Seen()
    handler, root = Witness(seen), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield seen
    root.setLevel(level)
    root.removeHandler(handler)


def reachable(root: object) -> Iterator[object]:
    """Return the objects of this library that hang on another, class declarations excepted."""
    pending, known = [root], set()
    while pending:
        one = pending.pop()
        module = f"{type(one).__module__}."
        if id(one) in known or isinstance(one, type) or module.startswith("mi.schema."):
            continue
        known.add(id(one))
        if module.startswith(OURS):
            yield one
        if module.startswith(OURS) or isinstance(one, HOLDERS):
            pending += gc.get_referents(one)


def look_around(session: mi.Session, seen: Seen) -> None:
    """Take in whatever hangs on a session."""
    for one in list(reachable(session)):
        seen.add(type(one).__qualname__, repr(one))
        if not isinstance(one, SchemaStore):  # a large one, of declarations alone
            seen.pickle(one)


def fails(work: Callable[[], object], seen: Seen) -> None:
    """Take in the error that something fails with."""
    with pytest.raises(mi.MIError) as caught:
        work()
    seen.error(caught.value)


def search(seen: Seen, secrets: Secrets, capsys: pytest.CaptureFixture[str]) -> None:
    """Find nothing."""
    printed = capsys.readouterr()
    seen.add("printed", printed.out + printed.err)
    assert len(secrets) > 0
    assert len(seen.texts) > 20
    leaks = {(where, leak[:200]) for where, text in seen.texts for leak in secrets.found_in(text)}
    assert not leaks
