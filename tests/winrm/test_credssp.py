"""CredSSP: both sides prove themselves, then the server has the password."""

from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest
import spnego

from mi.credentials import Credentials
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    NotFound,
    NotSupported,
    ProtocolError,
)
from mi.options import DestinationOptions
from protocols.loopback.security import NotAccepted, PyspnegoContext
from protocols.loopback.users import User, registered
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer
from protocols.winrm.credssp import CredSsp
from protocols.winrm.encryption import Seal
from protocols.winrm.endpoint import Address
from protocols.wsman import framing
from tests.kdc import OPS, PASSWORD, Kdc, requires_kerberos
from tests.winrm.wires import FakeWire, answer

ADDRESS = Address("http", "server.loopback.test", 5985, "/wsman")
NUMERIC = Address("http", "192.0.2.1", 5985, "/wsman")
LEGS = 5  # two of TLS, two of NTLM, the last with the password


def credssp(
    user: User,
    password: str | None = None,
    *,
    name: str | None = None,
    address: Address = NUMERIC,
) -> CredSsp:
    given = Credentials.password(
        name or user.name, user.password if password is None else password, scheme="CredSSP"
    )
    return CredSsp(given, address, DestinationOptions())


class Server:
    """pyspnego's acceptor behind HTTP; a test may come in between.

    Attributes:
        tokens: how many came.
        before: called with the number of each token before it is taken.
    """

    def __init__(self, before: Callable[[int], Answer | None] = lambda number: None) -> None:
        self.context = PyspnegoContext("credssp")
        self.tokens = 0
        self.before = before

    def __call__(self, authorization: str) -> Answer:
        self.tokens += 1
        instead = self.before(self.tokens)
        if instead is not None:
            return instead
        scheme, _, text = authorization.partition(" ")
        assert scheme == "CredSSP"
        try:
            token = self.context.step(b64decode(text))
        except NotAccepted as refusal:
            return answer(401, "Negotiate", _carried(refusal.token))
        return answer(200) if self.context.complete else answer(401, _carried(token))


def _carried(token: bytes | None) -> str:
    return f"CredSSP {b64encode(token or b'').decode()}".rstrip()


def seals(seal: Seal | None, server: Server) -> bool:
    assert seal is not None
    sealed, header = seal.security.wrap(b"question")
    assert server.context.unwrap(header, sealed) == b"question"
    header, sealed = server.context.wrap(b"answer")
    return seal.security.unwrap(sealed, header) == b"answer"


def test_it_gives_the_password_away_and_leaves_the_means_to_seal(user: User) -> None:
    server = Server()
    wire, method = FakeWire(server), credssp(user)
    seal = method.log_on(wire)
    assert server.context.delegated == user.name
    assert len(wire.headers) == LEGS
    assert wire.finishing == []
    assert seal is not None
    assert (seal.protocol, seal.longest_padding) == (framing.CREDSSP, 0)
    assert seals(seal, server)
    assert (method.logs_on, method.certificate, str(method.user)) == (True, None, user.name)


def test_without_sealing_it_leaves_nothing(user: User) -> None:
    assert credssp(user).log_on(FakeWire(Server(), is_sealing=False)) is None


@pytest.mark.parametrize("form", ["LOOPBACK\\{}", ".\\{}", "{}"])
def test_each_form_of_a_user_name_is_given_away_as_it_is(user: User, form: str) -> None:
    server, name = Server(), form.format(user.name)
    credssp(user, name=name).log_on(FakeWire(server))
    assert server.context.delegated == name


def test_a_user_of_a_realm_is_named_whole() -> None:
    with registered(User("ops@contoso.com", "secret")) as user:
        server = Server()
        credssp(user).log_on(FakeWire(server))
        assert server.context.delegated == "ops@contoso.com"


def test_a_wrong_password_is_refused_and_not_given_away(user: User) -> None:
    server = Server()
    with pytest.raises(Rejected) as caught:
        credssp(user, "wrong").log_on(FakeWire(server))
    assert caught.value.is_refusal
    assert "does not accept the credentials" in caught.value.error.message
    assert server.tokens == LEGS - 1


def test_a_401_to_the_last_token_is_a_refusal(user: User) -> None:
    server = Server(lambda number: answer(401, "CredSSP") if number == LEGS else None)
    with pytest.raises(Rejected) as caught:
        credssp(user).log_on(FakeWire(server))
    assert caught.value.is_refusal


@pytest.mark.parametrize(("leg", "is_refusal"), [(1, False), (3, False), (4, True)])
def test_a_401_without_a_token_refuses_what_was_shown_by_then(
    user: User, leg: int, *, is_refusal: bool
) -> None:
    server = Server(lambda number: answer(401, "Negotiate") if number == leg else None)
    with pytest.raises(Rejected) as caught:
        credssp(user).log_on(FakeWire(server))
    assert caught.value.is_refusal is is_refusal
    message = "does not accept" if is_refusal else "does not take CredSSP; it offers Negotiate"
    assert message in caught.value.error.message


@pytest.mark.parametrize(("leg", "kind"), [(1, ProtocolError), (3, ProtocolError), (4, Rejected)])
def test_garbage_is_an_error_and_after_the_proof_a_refusal(
    user: User, leg: int, kind: type[Exception]
) -> None:
    def garble(number: int) -> Answer | None:
        return answer(401, "CredSSP AAAABBBBCCCC") if number == leg else None

    with pytest.raises(kind) as caught:
        credssp(user).log_on(FakeWire(Server(garble)))
    if isinstance(caught.value, ProtocolError):
        assert "the CredSSP handshake with 192.0.2.1:5985 failed" in caught.value.message
        assert "CVE-2018-0886" in str(caught.value.advice)


def test_after_the_user_was_accepted_once_garbage_is_no_refusal(user: User) -> None:
    method = credssp(user)
    method.log_on(FakeWire(Server()))
    garbled = Server(lambda number: answer(401, "CredSSP AAAABBBB") if number == 4 else None)
    with pytest.raises(ProtocolError):
        method.log_on(FakeWire(garbled))


def test_a_refusal_that_is_told_is_one_whoever_was_accepted_before(user: User) -> None:
    method = credssp(user)
    method.log_on(FakeWire(Server()))
    object.__setattr__(user, "password", "changed in the meantime")
    with registered(User.random()):  # so that the acceptor is told
        with pytest.raises(Rejected) as caught:
            method.log_on(FakeWire(Server()))
        assert caught.value.is_refusal


def test_a_server_that_knows_only_the_old_versions_is_not_told_the_password(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    monkeypatch.setattr("spnego._credssp._CREDSSP_VERSION", 4)
    with pytest.raises(ProtocolError, match="version"):
        credssp(user).log_on(FakeWire(server))
    assert server.context.delegated is None


def test_a_server_with_another_key_is_not_told_the_password(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    server.context._context._tls_context.public_key = b"another key"  # type: ignore[attr-defined]
    proof, seen = spnego._credssp._get_pub_key_auth, [b""]

    def careless(key: bytes, usage: str, nonce: bytes | None = None) -> bytes:
        # The server believes whatever it is told; what it answers is made with its own key.
        if (key, usage) == (b"another key", "initiate"):
            return seen[0]
        seen[0] = proof(key, usage, nonce)
        return seen[0]

    monkeypatch.setattr(spnego._credssp, "_get_pub_key_auth", careless)
    client = credssp(user)
    with pytest.raises(AuthenticationFailed, match="somebody stands in between"):
        client.log_on(FakeWire(server))
    assert server.context.delegated is None


def lost(number: int) -> Callable[[int], Answer | None]:
    def lose(leg: int) -> None:
        if leg == number:
            raise ConnectionFailed("the connection was lost")

    return lose


def test_a_connection_lost_after_the_proof_may_be_a_refusal(user: User) -> None:
    for leg, kind in ((2, ConnectionFailed), (4, Rejected), (LEGS, Rejected)):
        with pytest.raises(kind):
            credssp(user).log_on(FakeWire(Server(lost(leg))))


def test_it_is_none_of_a_user_who_was_accepted_before(user: User) -> None:
    method = credssp(user)
    method.log_on(FakeWire(Server()))
    with pytest.raises(ConnectionFailed):
        method.log_on(FakeWire(Server(lost(LEGS))))


def test_what_the_transport_raises_comes_out_as_it_is(user: User) -> None:
    def broken(_: int) -> Answer:
        raise NotFound("what the transport says")

    with pytest.raises(NotFound, match="what the transport says"):
        credssp(user).log_on(FakeWire(Server(broken)))


def test_a_server_that_asks_for_no_logon_says_by_its_status_why(user: User) -> None:
    with pytest.raises(ConnectionFailed, match="HTTP status 404"):
        credssp(user).log_on(FakeWire(lambda _: answer(404)))


def test_there_has_to_be_a_password() -> None:
    for given in (Credentials.password("ops", "", scheme="CredSSP"),
                  Credentials.current_user("CredSSP")):  # fmt: skip
        with pytest.raises(NotSupported, match="there is none") as caught:
            CredSsp(given, ADDRESS, DestinationOptions())
        assert "delegation=True" in str(caught.value.advice)


# Kerberos inside


@requires_kerberos
def test_kerberos_proves_both_sides_where_there_is_a_ticket(kdc: Kdc) -> None:
    with registered(User.random()):
        server = Server()
        given = Credentials.password(OPS, PASSWORD, scheme="CredSSP")
        seal = CredSsp(given, ADDRESS, DestinationOptions()).log_on(FakeWire(server))
    assert server.context.principal == OPS
    assert server.context.delegated == OPS
    assert seals(seal, server)


@requires_kerberos
def test_ntlm_does_where_there_is_none(kdc: Kdc, user: User) -> None:
    wire, method = FakeWire(Server()), credssp(user, address=ADDRESS)
    method.log_on(wire)
    assert wire.told[0].startswith("NTLM is used, since Kerberos cannot be:")
    method.log_on(FakeWire(Server()))


@requires_kerberos
def test_a_secret_that_the_realm_refused_is_not_tried_by_ntlm(kdc: Kdc) -> None:
    given = Credentials.password(OPS, "wrong", scheme="CredSSP")
    server = Server()
    with pytest.raises(Rejected) as caught:
        CredSsp(given, ADDRESS, DestinationOptions()).log_on(FakeWire(server))
    assert caught.value.is_refusal
    assert server.tokens == 0
