import struct
from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest
import spnego
from spnego.channel_bindings import GssChannelBindings

from mi.credentials import Credentials
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    NotFound,
    NotSupported,
    ProtocolError,
)
from protocols.loopback.users import User
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import Seal
from protocols.winrm.endpoint import Address
from protocols.winrm.ntlm import Ntlm
from protocols.wsman import framing
from tests.winrm.wires import FakeWire, answer

ADDRESS = Address("http", "server01", 5985, "/wsman")
HEAD = "Negotiate "


class Acceptor:
    """pyspnego's acceptor as a server that gets empty POSTs; it can be told to cheat."""

    def __init__(self, binding: bytes | None = None) -> None:
        bindings = binding and GssChannelBindings(
            application_data=b"tls-server-end-point:" + binding
        )
        self.context = spnego.server(protocol="ntlm", channel_bindings=bindings or None)
        self.tokens: list[bytes] = []
        self.change: Callable[[bytes], bytes] = lambda challenge: challenge
        self.final = 200

    def __call__(self, authorization: str) -> Answer:
        assert authorization.startswith(HEAD)
        self.tokens.append(b64decode(authorization.removeprefix(HEAD)))
        try:
            token = self.context.step(self.tokens[-1])
        except spnego.exceptions.SpnegoError:
            return answer(401, "Negotiate", "Kerberos")
        if token is None:
            return answer(self.final)
        return answer(401, "Kerberos", HEAD + b64encode(self.change(token)).decode())


def ntlm(user: User, name: str | None = None, password: str | None = None) -> Ntlm:
    return Ntlm(Credentials.password(name or user.name, password or user.password), ADDRESS)


def log_on(  # noqa: PLR0913 - each is one thing that a test has otherwise
    server: Callable[[str], Answer],
    user: User,
    *,
    name: str | None = None,
    password: str | None = None,
    binding: bytes | None = None,
    is_sealing: bool = True,
) -> Seal | None:
    method = ntlm(user, name, password)
    assert (str(method.user), method.authorization()) == (name or user.name, None)
    assert (method.logs_on, method.certificate, method.unauthorized(answer(401), None)) == (
        True, None, None,
    )  # fmt: skip
    return method.log_on(FakeWire(server, binding=binding, is_sealing=is_sealing))


def test_a_logon_takes_two_exchanges_and_the_first_token_goes_out_at_once(user: User) -> None:
    acceptor = Acceptor()
    log_on(acceptor, user)
    assert [token[:12] for token in acceptor.tokens] == [
        b"NTLMSSP\0\1\0\0\0",
        b"NTLMSSP\0\3\0\0\0",
    ]
    assert acceptor.context.complete


def test_it_leaves_the_means_to_seal_both_ways(user: User) -> None:
    acceptor = Acceptor()
    seal = log_on(acceptor, user)
    assert seal is not None
    assert (seal.protocol, seal.longest_padding) == (framing.SPNEGO, 0)
    security = seal.security
    sealed, signature = security.wrap(b"request")
    assert acceptor.context.unwrap_winrm(signature, sealed) == b"request"
    reply = acceptor.context.wrap_winrm(b"reply")
    assert security.unwrap(reply.data, reply.header) == b"reply"


def test_without_sealing_it_leaves_nothing(user: User) -> None:
    assert log_on(Acceptor(), user, is_sealing=False) is None


@pytest.mark.parametrize("final", [200, 400, 500])
def test_whatever_ends_it_but_a_401_is_success(user: User, final: int) -> None:
    acceptor = Acceptor()
    acceptor.final = final
    assert log_on(acceptor, user) is not None


def test_a_401_after_the_last_token_is_a_refusal(user: User) -> None:
    acceptor = Acceptor()
    with pytest.raises(Rejected) as caught:
        log_on(acceptor, user, password="wrong")
    assert caught.value.is_refusal
    assert len(acceptor.tokens) == 2


def field(token: bytes, offset: int) -> str:
    """Return a text of an AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3)."""
    length, _, start = struct.unpack_from("<HHI", token, offset)
    return token[start : start + length].decode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "domain", "account"),
    [
        ("CONTOSO\\ops", "CONTOSO", "ops"),
        ("ops@contoso.com", "", "ops@contoso.com"),
        (".\\ops", ".", "ops"),
        ("ops", "", "ops"),
    ],
)
def test_each_form_of_a_user_name_says_what_it_means(
    user: User, name: str, domain: str, account: str
) -> None:
    acceptor = Acceptor()
    with pytest.raises(Rejected):
        log_on(acceptor, user, name=name)
    assert field(acceptor.tokens[1], 28) == domain
    assert field(acceptor.tokens[1], 36) == account


def test_a_logon_is_bound_to_the_certificate(user: User) -> None:
    binding = bytes(range(32))
    assert log_on(Acceptor(binding), user, binding=binding) is not None
    with pytest.raises(Rejected):
        log_on(Acceptor(binding), user, binding=bytes(32))
    with pytest.raises(Rejected):
        log_on(Acceptor(binding), user)


@pytest.mark.parametrize(
    "offers",
    [
        ('Basic realm="WSMAN"',),
        ("Negotiate",),  # policy forbids NTLM
        ("Negotiate oYH1MIHy",),  # SPNEGO, which wants Kerberos
        (),
    ],
)
def test_a_server_that_takes_no_ntlm_has_not_looked_at_the_credential(
    user: User, offers: tuple[str, ...]
) -> None:
    with pytest.raises(Rejected) as caught:
        log_on(lambda _: answer(401, *offers), user)
    assert not caught.value.is_refusal
    assert "does not take NTLM" in caught.value.error.message


def test_a_server_that_asks_for_no_logon_says_by_its_status_why(user: User) -> None:
    with pytest.raises(ConnectionFailed, match="HTTP status 404"):
        log_on(lambda _: answer(404), user)
    with pytest.raises(ProtocolError, match="HTTP status 200"):
        log_on(lambda _: answer(200), user)


def test_a_challenge_that_is_none_ends_the_logon(user: User) -> None:
    acceptor = Acceptor()
    acceptor.change = lambda challenge: challenge[:30]
    with pytest.raises(ProtocolError, match="NTLM handshake with server01:5985 failed") as caught:
        log_on(acceptor, user, is_sealing=False)
    assert caught.value.__cause__ is not None
    with pytest.raises(ProtocolError, match="token is garbled"):
        log_on(lambda _: answer(401, "Negotiate TlRMTVNTU"), user)


@pytest.mark.parametrize("flag", [0x10, 0x20, 0x80000, 0x20000000])
def test_a_challenge_that_takes_the_sealing_away_is_not_answered(user: User, flag: int) -> None:
    def weaken(challenge: bytes) -> bytes:
        flags = int.from_bytes(challenge[20:24], "little") & ~flag
        return challenge[:20] + flags.to_bytes(4, "little") + challenge[24:]

    acceptor = Acceptor()
    acceptor.change = weaken
    with pytest.raises(AuthenticationFailed, match="does not offer to seal") as caught:
        log_on(acceptor, user)
    assert "HTTPS" in str(caught.value.advice)
    assert len(acceptor.tokens) == 1
    unsealed = Acceptor()
    unsealed.change = weaken
    with pytest.raises(Rejected):  # the server sees that its challenge was changed
        log_on(unsealed, user, is_sealing=False)
    assert len(unsealed.tokens) == 2


def test_what_the_transport_raises_comes_out_as_it_is(user: User) -> None:
    def broken(_: str) -> Answer:
        raise NotFound("what the transport says")

    with pytest.raises(NotFound, match="what the transport says"):
        log_on(broken, user)


class LosingAcceptor(Acceptor):
    """Loses the connection in answer to the n-th token, or already when that is to be sent."""

    lost_at = 2
    is_sent = True

    def __call__(self, authorization: str) -> Answer:
        found = super().__call__(authorization)
        if len(self.tokens) == self.lost_at:
            error = ConnectionFailed("the connection was lost", outcome_unknown=True)
            error.was_sent = self.is_sent  # type: ignore[attr-defined]  # for the wire
            raise error
        return found


def test_a_connection_lost_in_answer_to_the_last_token_may_be_a_refusal(user: User) -> None:
    with pytest.raises(Rejected) as caught:
        ntlm(user).log_on(FakeWire(LosingAcceptor()))
    assert caught.value.is_refusal
    assert "Nobody knows" in str(caught.value.error.advice)
    assert caught.value.error.outcome_unknown  # of the request that went along


def test_it_is_none_of_a_user_who_was_accepted_before_or_before_the_last_token(user: User) -> None:
    early, unsent = LosingAcceptor(), LosingAcceptor()
    early.lost_at, unsent.is_sent = 1, False
    method = ntlm(user)
    for acceptor in (early, unsent):
        with pytest.raises(ConnectionFailed):
            method.log_on(FakeWire(acceptor))
    method.log_on(FakeWire(Acceptor()))
    with pytest.raises(ConnectionFailed):
        method.log_on(FakeWire(LosingAcceptor()))


def test_the_means_to_seal_are_there_before_the_last_token_is_sent(user: User) -> None:
    wire = FakeWire(Acceptor())
    seal = ntlm(user).log_on(wire)
    assert wire.finishing == [1]
    assert wire.seals == [seal]
    assert seal is not None


def test_a_user_without_a_name_or_a_password_is_not_looked_for_elsewhere() -> None:
    for credentials in (Credentials.password("ops", ""), Credentials.current_user("NtlmDomain")):
        with pytest.raises(NotSupported, match="needs a user name and a password"):
            Ntlm(credentials, ADDRESS)
