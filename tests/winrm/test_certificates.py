import hashlib
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from mi.control import CancelToken, Expiry
from mi.errors import CertificateRejected, ConnectionFailed, InvalidParameter
from mi.options import DestinationOptions
from protocols.winrm.bounds import Bounds
from protocols.winrm.certificates import (
    check_name,
    handshake_error,
    server_end_point,
    tls_context,
)
from protocols.winrm.connection import dial
from protocols.winrm.endpoint import Address
from tests.winrm.authority import Authority, certificate, der, key
from tests.winrm.scripted import Peer, ScriptedServer

ADDRESS = Address("https", "127.0.0.1", 5986, "/wsman")


def idle(peer: Peer) -> None:
    peer.wait_for_end()


def connect(server_context: ssl.SSLContext, **options: object) -> str | None:
    """Connect to a server with such a certificate and return the version of TLS."""
    with (
        ScriptedServer(idle, tls=server_context) as server,
        Bounds(Expiry.after(5, "timeout"), CancelToken(), 1000) as bounds,
        dial(server.address, bounds, tls_context(server.options(**options))) as connection,
    ):
        assert isinstance(connection, ssl.SSLSocket)
        return connection.version()


def test_a_certificate_of_a_trusted_authority_for_this_name_will_do(authority: Authority) -> None:
    assert connect(authority.server("127.0.0.1"), ca_file=authority.ca_file) == "TLSv1.3"


def test_authorities_may_lie_in_a_directory(authority: Authority, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.ca_file)
    (tmp_path / f"{_subject_hash(authority):08x}.0").write_bytes(
        Path(authority.ca_file).read_bytes()
    )
    assert connect(authority.server("127.0.0.1"), trusted_certs_dir=str(tmp_path))


def _subject_hash(authority: Authority) -> int:
    """Return what OpenSSL calls an authority's file: a hash of its canonical subject."""
    canonical = bytes.fromhex("3117301506035504030c0e") + b"test authority"
    return int.from_bytes(hashlib.sha1(canonical, usedforsecurity=False).digest()[:4], "little")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_older_tls_than_1_2_is_refused(authority: Authority, version: ssl.TLSVersion) -> None:
    old = authority.server("127.0.0.1")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = version
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.raises(ConnectionFailed, match="TLS handshake") as caught:
        connect(old, ca_file=authority.ca_file)
    assert "TLS 1.2" in str(caught.value.advice)


def test_an_unknown_issuer_is_told_as_such(authority: Authority) -> None:
    with pytest.raises(CertificateRejected, match="check of its issuer") as caught:
        connect(authority.server("127.0.0.1"))
    assert "ca_file=" in str(caught.value.advice)


def test_a_wrong_name_is_told_as_such(authority: Authority) -> None:
    for names in (("10.0.0.1",), ("server01",)):
        with pytest.raises(CertificateRejected, match="check of its name") as caught:
            connect(authority.server(*names), ca_file=authority.ca_file)
        assert "cert_cn_check=" in str(caught.value.advice)


def test_an_expired_certificate_is_told_as_such(authority: Authority) -> None:
    with pytest.raises(CertificateRejected, match="check of its dates") as caught:
        connect(authority.server("127.0.0.1", days=-1), ca_file=authority.ca_file)
    assert "clocks" in str(caught.value.advice)


def test_the_checks_of_issuer_and_name_are_two_switches(authority: Authority) -> None:
    good, misnamed = authority.server("127.0.0.1"), authority.server("server01")
    assert connect(misnamed, ca_file=authority.ca_file, cert_cn_check=False)
    assert connect(good, cert_ca_check=False)
    assert connect(misnamed, cert_ca_check=False, cert_cn_check=False)
    with pytest.raises(CertificateRejected, match="issuer"):
        connect(misnamed, cert_cn_check=False)


def test_a_server_without_tls_is_told_as_such() -> None:
    error = handshake_error(ConnectionResetError(104, "Connection reset by peer"), ADDRESS)
    assert type(error) is ConnectionFailed
    assert "127.0.0.1:5986 failed: Connection reset" in error.message
    assert "no words" in handshake_error(OSError("no words"), ADDRESS).message


def test_authorities_that_cannot_be_read_are_a_wrong_option(tmp_path: Path) -> None:
    for missing in ({"ca_file": str(tmp_path / "none.pem")}, {"ca_file": __file__}):
        with pytest.raises(InvalidParameter, match="no authorities to trust") as caught:
            tls_context(DestinationOptions(**missing))
        assert missing["ca_file"] in caught.value.message


# The name alone


def named(*names: str, common_name: str = "test") -> bytes:
    own = key()
    return der(certificate(*names, issued_by=own, of=own, common_name=common_name))


@pytest.mark.parametrize(
    ("certificate", "host"),
    [
        (named("server01", "127.0.0.1"), "127.0.0.1"),
        (named("::1"), "::1"),
        (named("server01.contoso.com"), "SERVER01.contoso.com."),
        (named("*.contoso.com"), "server01.contoso.com"),
        (named(common_name="server01"), "server01"),
    ],
)
def test_a_name_that_the_certificate_has_will_do(certificate: bytes, host: str) -> None:
    check_name(certificate, Address("https", host, 5986, "/"))


@pytest.mark.parametrize(
    ("certificate", "host"),
    [
        (named("server01"), "server02"),
        (named("server02", common_name="server01"), "server01"),
        (named(common_name="127.0.0.1"), "127.0.0.1"),
        (named("*.contoso.com"), "contoso.com"),
        (b"no certificate", "server01"),
    ],
)
def test_a_name_that_it_has_not_will_not(certificate: bytes, host: str) -> None:
    with pytest.raises(CertificateRejected, match="check of its name") as caught:
        check_name(certificate, Address("https", host, 5986, "/"))
    assert "cert_cn_check=False" in str(caught.value.advice)


# Channel bindings (RFC 5929)


def hashed(digest: hashes.HashAlgorithm) -> bytes:
    own = key()
    return der(certificate(issued_by=own, of=own, digest=digest))


@pytest.mark.parametrize(
    ("digest", "algorithm"),
    [(hashes.SHA256(), "sha256"), (hashes.SHA384(), "sha384"), (hashes.SHA512(), "sha512")],
)
def test_a_certificate_is_hashed_as_its_signature_is(
    digest: hashes.HashAlgorithm, algorithm: str
) -> None:
    given = hashed(digest)
    assert server_end_point(given) == hashlib.new(algorithm, given).digest()


def test_a_signature_without_a_hash_of_its_own_counts_as_sha_256() -> None:
    own = ed25519.Ed25519PrivateKey.generate()
    given = der(certificate(issued_by=own, of=own, digest=None))
    assert server_end_point(given) == hashlib.sha256(given).digest()


RSA = rsa.generate_private_key(65537, 2048)


def test_weak_hashes_count_as_sha_256() -> None:
    given = der(certificate(issued_by=RSA, of=RSA))
    # The algorithm is named twice, in what is signed and beside it: sha256WithRSAEncryption.
    weak = given.replace(bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105"))
    assert weak != given
    assert server_end_point(weak) == hashlib.sha256(weak).digest()


def test_a_signature_that_nobody_knows_binds_nothing() -> None:
    given = der(certificate(issued_by=RSA, of=RSA))
    odd = given.replace(bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d01017f"))
    assert server_end_point(odd) is None
    assert server_end_point(b"no certificate") is None


def test_the_systems_authorities_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda self: setattr(self, "x", 1))
    context = tls_context(DestinationOptions())
    assert hasattr(context, "x")
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
