import hashlib
import ssl
from pathlib import Path

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import CertificateRejected, ConnectionFailed, InvalidParameter
from mi.options import DestinationOptions
from protocols.winrm.bounds import Bounds
from protocols.winrm.certificates import (
    handshake_error,
    tls_context,
)
from protocols.winrm.connection import dial
from protocols.winrm.endpoint import Address
from tests.winrm.authority import Authority
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


def test_the_systems_authorities_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda self: setattr(self, "x", 1))
    context = tls_context(DestinationOptions())
    assert hasattr(context, "x")
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
