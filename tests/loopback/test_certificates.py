"""The throw-away certificate is one that a strict client accepts, for its names and no others."""

import hashlib
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from protocols.loopback.certificates import Identity, issue


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return issue(str(tmp_path_factory.mktemp("tls")), ("localhost", "127.0.0.1"))


def handshake(identity: Identity, name: str) -> bytes:
    """Do a handshake as a client that asks for `name`; return the server's certificate."""
    one, other = socket.socketpair()

    def serve() -> None:
        try:
            with identity.context.wrap_socket(other, server_side=True) as served:
                served.recv(1)
        except OSError:
            other.close()

    thread = threading.Thread(target=serve)
    thread.start()
    client = ssl.create_default_context(cafile=identity.ca_file)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        with one, client.wrap_socket(one, server_hostname=name) as wrapped:
            return wrapped.getpeercert(binary_form=True) or b""
    finally:
        thread.join(10)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_client_that_trusts_the_authority_accepts_it(identity: Identity, name: str) -> None:
    certificate = handshake(identity, name)
    digest = hashlib.sha256(certificate).digest()
    assert identity.channel_binding == b"tls-server-end-point:" + digest


def test_another_name_is_refused(identity: Identity) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(identity, "other.example")


def test_the_key_lies_beside_the_certificate_encrypted_and_nowhere_else(
    identity: Identity,
) -> None:
    folder = Path(identity.ca_file).parent
    [own] = [path for path in folder.iterdir() if path.name != "ca.pem"]
    assert "ENCRYPTED PRIVATE KEY" in own.read_text()
    assert "PRIVATE KEY" not in Path(identity.ca_file).read_text()
    assert identity.client is None


def test_a_user_has_one_that_windows_could_map_to_an_account(tmp_path: Path) -> None:
    identity = issue(str(tmp_path), ("localhost",), "ops")
    assert identity.context.verify_mode is ssl.CERT_OPTIONAL
    assert identity.client is not None
    files, certificate = identity.client.files, x509.load_der_x509_certificate(identity.client.der)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(files.certificate, files.key, files.password)
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    [name] = names.get_values_for_type(x509.OtherName)
    assert name.type_id.dotted_string == "1.3.6.1.4.1.311.20.2.3"
    assert name.value == b"\x0c\x11ops@loopback.test"
