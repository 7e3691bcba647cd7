"""NTLM's side of an association, against pyspnego's acceptor."""

from collections.abc import Iterator

import pytest
import spnego

from mi.credentials import Credentials, UserName
from mi.errors import AuthenticationFailed, ProtocolError
from protocols.loopback.users import User, registered
from protocols.wmidcom.rpc.security import NtlmSecurity

CHALLENGE_FLAGS = slice(20, 24)


@pytest.fixture
def user() -> Iterator[User]:
    with registered(User.random()) as one:
        yield one


def security(user: User, level: int = 6) -> NtlmSecurity:
    name = UserName(user.name)
    return NtlmSecurity(Credentials.password(user.name, user.password), name, "server01", level)


def acceptor() -> spnego.ContextProxy:
    return spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)


def test_three_tokens_log_on(user: User) -> None:
    client, server = security(user), acceptor()
    assert not client.complete
    server.step(client.step(server.step(client.step())))
    assert client.complete
    assert server.complete


def test_a_challenge_without_sealing_is_not_answered(user: User) -> None:
    client, server = security(user), acceptor()
    challenge = bytearray(server.step(client.step()) or b"")
    challenge[CHALLENGE_FLAGS] = bytes(4)
    with pytest.raises(AuthenticationFailed, match="does not offer to seal"):
        client.step(bytes(challenge))


@pytest.mark.parametrize("token", [b"", b"nonsense", b"NTLMSSP\0" + b"\xff" * 8])
def test_what_is_no_challenge_is_told(user: User, token: bytes) -> None:
    client = security(user)
    client.step()
    with pytest.raises((ProtocolError, AuthenticationFailed)):
        client.step(token)


def test_a_challenge_that_ends_early_is_told(user: User) -> None:
    client, server = security(user), acceptor()
    challenge = server.step(client.step()) or b""
    with pytest.raises(ProtocolError, match="NTLM challenge cannot be answered"):
        client.step(challenge[:30])


@pytest.mark.parametrize("level", [5, 6])
@pytest.mark.parametrize("signs_headers", [True, False])
def test_what_was_changed_is_not_believed(user: User, level: int, *, signs_headers: bool) -> None:
    client, server = security(user, level), acceptor()
    server.step(client.step(server.step(client.step())))
    other = security(user, level)
    other._context = server
    client.signs_headers = other.signs_headers = signs_headers
    sealed, token = other.protect(b"head", b"body" * 4, b"trailer")
    assert (sealed == b"body" * 4) == (level == 5)
    assert client.unprotect(b"head", sealed, b"trailer", token) == b"body" * 4
    sealed, token = other.protect(b"head", b"body" * 4, b"trailer")
    with pytest.raises(ProtocolError, match="signature of the reply is wrong"):
        client.unprotect(b"head", b"BODY" + sealed[4:], b"trailer", token)
    assert len(token) == client.token_size == 16


@pytest.mark.parametrize("level", [5, 6])
@pytest.mark.parametrize("signs_headers", [True, False])
def test_headers_count_whatever_was_agreed(user: User, level: int, *, signs_headers: bool) -> None:
    client, server = security(user, level), acceptor()
    server.step(client.step(server.step(client.step())))
    other = security(user, level)
    other._context = server
    client.signs_headers = other.signs_headers = signs_headers
    sealed, token = other.protect(b"head", b"body" * 4, b"trailer")
    with pytest.raises(ProtocolError, match="signature of the reply is wrong"):
        client.unprotect(b"HEAD", sealed, b"trailer", token)
