"""The client's end of a Kerberos context, against the platform's own acceptor."""

import copy
import pickle
from collections.abc import Iterator

import pytest

from mi.credentials import Credentials
from tests.kdc import OPS, PASSWORD, Kdc, join, missing, missing_text

if missing():
    pytest.skip(missing_text(), allow_module_level=True)

import gssapi
from gssapi import raw

from protocols.security.service_context import LONGEST_PADDING, ServiceContext
from protocols.security.tickets import KERBEROS, SPNEGO, Tickets

SERVICE = "HTTP/server.loopback.test"
MESSAGE = b"<s:Envelope/>" * 100


def tickets(*, forwardable: bool = False) -> Tickets:
    return Tickets(Credentials.password("ops", PASSWORD), OPS, forwardable=forwardable)


def acceptor(kdc: Kdc, binding: bytes | None = None) -> gssapi.SecurityContext:
    credential = gssapi.Credentials(
        usage="accept", mechs=[KERBEROS, SPNEGO], store={b"keytab": kdc.keytab.encode()}
    )
    bindings = (
        raw.ChannelBindings(application_data=b"tls-server-end-point:" + binding)
        if (binding)
        else None
    )
    context = gssapi.SecurityContext(creds=credential, usage="accept", channel_bindings=bindings)
    context.__DEFER_STEP_ERRORS__ = False
    return context


def talk(client: ServiceContext, server: gssapi.SecurityContext) -> int:
    """Exchange tokens; return how many the client sent."""
    count, token = 0, client.step()
    while token:
        count += 1
        answer = server.step(token)
        token = client.step(answer) if answer else None
    assert client.complete
    assert server.complete
    return count


def sealed_by(server: gssapi.SecurityContext, message: bytes) -> tuple[bytes, bytes]:
    """Seal as Windows does: into a header and the rest, padding included."""
    header, data, padding = raw.IOVBufferType.header, message, raw.IOVBufferType.padding
    buffers = raw.IOV(header, data, padding, std_layout=False)
    raw.wrap_iov(server, buffers, confidential=True)
    return buffers[0].value or b"", (buffers[1].value or b"") + (buffers[2].value or b"")


@pytest.mark.parametrize("mechanism", [KERBEROS, SPNEGO])
def test_one_token_proves_both_sides_and_seals_both_ways(kdc: Kdc, mechanism: gssapi.OID) -> None:
    mine, server = tickets(), acceptor(kdc)
    client = ServiceContext(SERVICE, mine.credential(), mechanism)
    assert not client.complete
    assert talk(client, server) == 1
    assert str(server.initiator_name) == OPS
    assert not client.is_delegated

    sealed, header = client.wrap(MESSAGE)
    assert len(sealed) == len(MESSAGE)
    assert raw.unwrap(server, header + sealed).message == MESSAGE
    header, sealed = sealed_by(server, MESSAGE)
    assert client.unwrap(sealed, header) == MESSAGE


def test_it_does_not_pickle_and_goes_on_sealing(kdc: Kdc) -> None:
    mine, server = tickets(), acceptor(kdc)
    client = ServiceContext(SERVICE, mine.credential(), SPNEGO)
    talk(client, server)
    with pytest.raises(TypeError, match="it holds keys"):
        pickle.dumps(client)
    with pytest.raises(TypeError, match="it holds keys"):
        copy.copy(client)
    sealed, header = client.wrap(MESSAGE)
    assert raw.unwrap(server, header + sealed).message == MESSAGE


def test_a_plain_wrap_token_is_unwrapped_wherever_it_is_cut(kdc: Kdc) -> None:
    mine, server = tickets(), acceptor(kdc)
    client = ServiceContext(SERVICE, mine.credential(), SPNEGO)
    talk(client, server)
    for cut in (60, 16, 0):  # OMI cuts at 60
        token = raw.wrap(server, MESSAGE, confidential=True).message
        assert client.unwrap(token[cut:], token[:cut]) == MESSAGE


def test_what_was_changed_or_comes_twice_is_not_unwrapped(kdc: Kdc) -> None:
    mine, server = tickets(), acceptor(kdc)
    client = ServiceContext(SERVICE, mine.credential(), SPNEGO)
    talk(client, server)
    header, sealed = sealed_by(server, MESSAGE)
    with pytest.raises(gssapi.exceptions.GSSError):
        client.unwrap(sealed[:-1] + bytes([sealed[-1] ^ 1]), header)
    client.unwrap(sealed, header)
    with pytest.raises(gssapi.exceptions.GSSError):
        client.unwrap(sealed, header)


def test_it_makes_tokens_for_a_protocol_of_its_own(kdc: Kdc) -> None:
    mine, server = tickets(), acceptor(kdc)
    client = ServiceContext(SERVICE, mine.credential(), SPNEGO)
    talk(client, server)
    assert raw.unwrap(server, client.token_of(b"secret")).message == b"secret"


def test_it_can_be_bound_to_a_certificate(kdc: Kdc) -> None:
    mine = tickets()
    server = acceptor(kdc, b"hash")
    talk(ServiceContext(SERVICE, mine.credential(), SPNEGO, binding=b"hash"), server)
    assert gssapi.RequirementFlag.channel_bound in server.actual_flags
    other = ServiceContext(SERVICE, mine.credential(), KERBEROS, binding=b"other")
    with pytest.raises(gssapi.exceptions.GSSError):
        acceptor(kdc, b"hash").step(other.step())


def test_it_lets_the_service_act_for_the_user_only_where_that_is_wanted(kdc: Kdc) -> None:
    mine, server = tickets(forwardable=True), acceptor(kdc)
    client = ServiceContext(SERVICE, mine.credential(), SPNEGO, delegation=True)
    talk(client, server)
    assert client.is_delegated
    assert str(server.delegated_creds.name) == OPS


@pytest.mark.parametrize("service", [SERVICE, f"{SERVICE}@LOOPBACK.TEST"])
def test_the_services_name_is_taken_as_it_is(
    kdc: Kdc, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def name(text: str, kind: gssapi.OID) -> gssapi.Name:
        made.append((text, kind))
        return make(text, kind)

    make = gssapi.Name
    monkeypatch.setattr(gssapi, "Name", name)
    mine = tickets()
    ServiceContext(service, mine.credential(), KERBEROS).step()
    # A name of the type for host names would be looked up in DNS, forwards and backwards.
    realm = "" if "@" in service else "@"
    assert made == [(service + realm, gssapi.NameType.kerberos_principal)]
    assert f"{OPS} for HTTP/server.loopback.test@LOOPBACK.TEST" in kdc.log


@pytest.fixture(scope="module")
def old_realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    """A realm whose members have no cipher but RC4, as those of Windows Server 2003 were."""
    ciphers = " permitted_enctypes = arcfour-hmac"
    with Kdc(tmp_path_factory.mktemp("old"), client=ciphers) as running:
        running.add_service("HTTP/old.loopback.test", "arcfour-hmac:normal")
        yield running


@pytest.mark.parametrize("size", [1, 7, 8, 1000])
def test_a_cipher_that_pads_makes_the_message_longer(
    old_realm: Kdc, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    join(old_realm, monkeypatch)
    mine, server = tickets(), acceptor(old_realm)
    client = ServiceContext("HTTP/old.loopback.test", mine.credential(), SPNEGO)
    talk(client, server)
    message = b"x" * size
    sealed, header = client.wrap(message)
    assert 0 < len(sealed) - size <= LONGEST_PADDING
    assert raw.unwrap(server, header + sealed).message == message
    header, sealed = sealed_by(server, message)
    assert len(sealed) > size
    assert client.unwrap(sealed, header) == message


# For RPC


@pytest.fixture
def for_rpc(kdc: Kdc) -> Iterator[tuple[ServiceContext, gssapi.SecurityContext]]:
    mine, server = tickets(), acceptor(kdc)  # the tickets go with the former
    client = ServiceContext(SERVICE, mine.credential(), KERBEROS, is_dce=True)
    assert talk(client, server) == 2, "one token more than others need"
    yield client, server
    del mine


def parts_of(before: bytes, message: bytes, after: bytes) -> list[tuple[object, bool, bytes]]:
    kinds = raw.IOVBufferType
    named = [(kinds.sign_only, before), (kinds.data, message), (kinds.sign_only, after)]
    return [(kind, False, part) for kind, part in named if part]


Both = tuple[ServiceContext, gssapi.SecurityContext]


@pytest.mark.parametrize(("before", "after"), [(b"head" * 6, b"trailer!"), (b"", b"")])
def test_it_seals_what_stands_between_two_parts(for_rpc: Both, before: bytes, after: bytes) -> None:
    client, server = for_rpc
    sealed, token = client.wrap_between(before, MESSAGE, after)
    assert len(sealed) == len(MESSAGE)
    assert len(token) == client.token_size
    header = (raw.IOVBufferType.header, False, token)
    found = raw.IOV(*parts_of(before, sealed, after), header, std_layout=False)
    assert raw.unwrap_iov(server, found).encrypted
    assert MESSAGE in [buffer.value for buffer in found]

    made = raw.IOV(*parts_of(before, MESSAGE, after), raw.IOVBufferType.header, std_layout=False)
    raw.wrap_iov(server, made, confidential=True)
    [sealed] = [one.value or b"" for one in made if one.type is raw.IOVBufferType.data]
    assert client.unwrap_between(before, sealed, after, made[-1].value or b"") == MESSAGE


def test_what_is_only_signed_is_not_taken_for_sealed(for_rpc: Both) -> None:
    client, server = for_rpc
    made = raw.IOV(*parts_of(b"", MESSAGE, b""), raw.IOVBufferType.header, std_layout=False)
    raw.wrap_iov(server, made, confidential=False)
    with pytest.raises(raw.GSSError):
        client.unwrap_between(b"", MESSAGE, b"", made[-1].value or b"")


def test_it_signs_and_knows_how_much_that_takes(for_rpc: Both) -> None:
    client, server = for_rpc
    assert client.signature_size == client.signature_size
    token = client.sign(MESSAGE)
    assert len(token) == client.signature_size
    raw.verify_mic(server, MESSAGE, token)
    client.verify(MESSAGE, raw.get_mic(server, MESSAGE))
    with pytest.raises(raw.GSSError):
        client.verify(MESSAGE, raw.get_mic(server, b"other"))
