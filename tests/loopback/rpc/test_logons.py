from __future__ import annotations

from collections.abc import Iterator

import pytest

from mi.errors import ProtocolError
from protocols.dcom.packets import AuthLevel, AuthService, Verifier
from protocols.loopback.acceptor import Policy
from protocols.loopback.rpc.logons import Logon, logon_of
from protocols.loopback.security import NotAccepted
from protocols.loopback.users import User, registered
from tests.loopback.rpc.client import Guard

PARTS = (b"head", b"body of sixteen.", b"trailer.")


@pytest.fixture
def user() -> Iterator[User]:
    with registered(User.random()) as known:
        yield known


def log_on(guard: Guard, user: User) -> Logon:
    logon = logon_of(guard.verifier(first := guard.step()), Policy(user))
    assert logon is not None
    answer = logon.step(first)
    while not logon.complete:
        answer = logon.step(guard.step(answer))
    if answer and not guard.complete:
        guard.step(answer)
    return logon


@pytest.mark.parametrize("service", [AuthService.NTLM, AuthService.NEGOTIATE])
@pytest.mark.parametrize("level", [AuthLevel.INTEGRITY, AuthLevel.PRIVACY])
def test_a_user_logs_on_and_both_sides_protect(
    user: User, service: AuthService, level: AuthLevel
) -> None:
    guard = Guard(user, level=level, service=service)
    logon = log_on(guard, user)
    assert user.is_named(logon.principal)
    assert (logon.service, logon.level, logon.context_id) == (service, level, 7)
    assert logon.token_size == 16
    head, body, trailer = PARTS
    sealed, proof = guard.protect(*PARTS)
    assert (sealed == body) == (level == AuthLevel.INTEGRITY)
    assert logon.unprotect(head, sealed, trailer, proof) == body
    sealed, proof = logon.protect(*PARTS)
    assert guard.unprotect(head, sealed, trailer, proof) == body


@pytest.mark.parametrize("level", [AuthLevel.INTEGRITY, AuthLevel.PRIVACY])
@pytest.mark.parametrize("changed", range(3))
def test_what_was_changed_is_noticed(user: User, level: AuthLevel, changed: int) -> None:
    guard = Guard(user, level=level)
    logon = log_on(guard, user)
    head, _, trailer = PARTS
    sealed, proof = guard.protect(*PARTS)
    parts = [head, sealed, trailer]
    parts[changed] = b"X" + parts[changed][1:]
    with pytest.raises(ProtocolError, match="signature"):
        logon.unprotect(*parts, proof)


def test_a_wrong_password_is_refused(user: User) -> None:
    guard = Guard(user, "wrong")
    logon = logon_of(guard.verifier(first := guard.step()), Policy(user))
    assert logon is not None
    answer = logon.step(first)
    with pytest.raises(NotAccepted):
        logon.step(guard.step(answer))


@pytest.mark.parametrize(
    ("service", "token"),
    [
        (AuthService.NTLM, b"no NTLM"),
        (AuthService.KERBEROS, b"no ticket"),
        (AuthService.NONE, b"NTLMSSP\0"),
    ],
)
def test_another_kind_of_logon_is_none(user: User, service: AuthService, token: bytes) -> None:
    assert logon_of(Verifier(service, AuthLevel.PRIVACY, token), Policy(user)) is None
