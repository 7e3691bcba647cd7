"""The mechanisms of a logon: which one a token is of, and what pyspnego's acceptor makes of it."""

from collections.abc import Iterator

import pytest
import spnego

from protocols.loopback.security import NotAccepted, PyspnegoContext, is_kerberos, is_ntlm
from protocols.loopback.users import User, registered
from protocols.wsman import framing


@pytest.fixture
def user() -> Iterator[User]:
    with registered(User.random()) as known:
        yield known


def client(user: User, protocol: str, password: str | None = None) -> spnego.ContextProxy:
    options = spnego.NegotiateOptions
    return spnego.client(
        user.name,
        password or user.password,
        protocol=protocol,
        options=options.use_ntlm if protocol == "ntlm" else options.use_negotiate,
    )


def log_on(context: spnego.ContextProxy, server: PyspnegoContext) -> None:
    token: bytes | None = context.step()
    while token and not server.complete:
        answer = server.step(token)
        token = context.step(answer) if answer and not context.complete else None


@pytest.mark.parametrize("mechanism", ["ntlm", "negotiate", "credssp"])
def test_each_mechanism_lets_the_user_in_and_seals_both_ways(user: User, mechanism: str) -> None:
    context, server = client(user, mechanism), PyspnegoContext(mechanism)
    assert server.principal == ""
    log_on(context, server)
    assert server.complete
    assert server.principal.rpartition("\\")[2] == user.name
    assert server.delegated == (user.name if mechanism == "credssp" else None)
    assert server.protocol == (framing.CREDSSP if mechanism == "credssp" else framing.SPNEGO)
    sealed = context.wrap_winrm(b"question")
    assert server.unwrap(sealed.header, sealed.data) == b"question"
    assert context.unwrap_winrm(*server.wrap(b"answer")) == b"answer"
    with pytest.raises(NotAccepted):
        server.unwrap(b"x" * 16, b"not sealed")


@pytest.mark.parametrize("mechanism", ["ntlm", "negotiate"])
def test_a_wrong_password_is_refused_without_a_word(user: User, mechanism: str) -> None:
    with pytest.raises(NotAccepted) as caught:
        log_on(client(user, mechanism, "wrong"), PyspnegoContext(mechanism))
    assert caught.value.token is None


def test_credssp_has_a_word_for_a_refusal(user: User) -> None:
    with pytest.raises(NotAccepted) as caught:
        log_on(client(user, "credssp", "wrong"), PyspnegoContext("credssp"))
    assert caught.value.token


def test_what_is_no_token_is_refused(user: User) -> None:
    for mechanism in ("ntlm", "negotiate", "credssp"):
        with pytest.raises(NotAccepted):
            PyspnegoContext(mechanism).step(b"no token")


def test_a_token_tells_its_mechanism(user: User) -> None:
    ntlm = client(user, "ntlm").step() or b""
    assert is_ntlm(ntlm)
    assert not is_kerberos(ntlm)
    assert is_kerberos(bytes.fromhex("6082010006092a864886f7120102020100"))
    assert not is_kerberos(b"x" * 200 + bytes.fromhex("06092a864886f712010202"))
