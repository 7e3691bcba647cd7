"""What sealing costs: our messages, against what pyspnego needs to wrap and unwrap the same bytes.

Both do it with NTLM, and each message in both directions. Ours write the frame of MS-WSMV 2.2.9.1
around it besides, and cut it apart by its lengths. `seal.ratio` is of an exchange as enumerations
have it, a Pull and a page; a frame costs the same whatever is in it, so that of a message as small
as a Get's, `seal.small`, is told beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import spnego

from protocols.loopback.users import User, registered
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import PyspnegoSecurity, Seal, Sealing
from tests.benchmarks.figures import Figure, interleaved

__all__ = ["figures"]

_SMALL = 1_500  # bytes of a Get or a Pull
_PAGE = 250_000  # of a page: half of what is asked for, as Windows fills it
_ROUNDS = 61


def _contexts() -> tuple[spnego.ContextProxy, spnego.ContextProxy]:
    """Return the two ends of one NTLM context."""
    ntlm = spnego.NegotiateOptions.use_ntlm
    with registered(User.random()) as user:
        client = spnego.client(user.name, user.password, protocol="ntlm", options=ntlm)
        server = spnego.server(protocol="ntlm", options=ntlm)
        server.step(client.step(server.step(client.step())))
    return client, server


def _bare(*sizes: int) -> Callable[[], object]:
    client, server = _contexts()
    messages = [b"x" * size for size in sizes]

    def work() -> None:
        for message in messages:
            wrapped = client.wrap_winrm(message)
            server.unwrap_winrm(wrapped.header, wrapped.data)

    return work


def _ours(*sizes: int) -> Callable[[], object]:
    one, other = (
        Sealing(Seal(PyspnegoSecurity(context)), has_tabs=True) for context in _contexts()
    )
    messages = [b"x" * size for size in sizes]

    def work() -> None:
        for message in messages:
            content_type, body = one.seal(message)
            other.unseal(Answer(200, {"Content-Type": content_type}, body, "OK"))

    return work


def figures() -> Iterator[Figure]:
    """Measure; each is the share of pyspnego's own speed that is left."""
    for name, sizes, repeat, target in (
        ("seal.ratio", (_SMALL, _PAGE), 10, 0.85),
        ("seal.small", (_SMALL,), 200, 0.5),
    ):
        taken = interleaved({"bare": _bare(*sizes), "ours": _ours(*sizes)}, _ROUNDS, repeat)
        yield Figure(
            name, taken["bare"] / taken["ours"], "x pyspnego", target, higher_is_better=True
        )
