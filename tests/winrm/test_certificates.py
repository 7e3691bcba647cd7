import hashlib
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mi.control import CancelToken, Expiry
from mi.credentials import CertificateFiles
from mi.errors import CertificateRejected, ConnectionFailed, InvalidParameter
from mi.options import DestinationOptions
from protocols.network.bounds import Bounds
from protocols.winrm.certificates import (
    check_fingerprint,
    handshake_error,
    tls_context,
)
from protocols.winrm.endpoint import Address
from tests.winrm.authority import Authority, Key
from tests.winrm.dialling import dial
from tests.winrm.scripted import ScriptedServer, idle

ADDRESS = Address("https", "127.0.0.1", 5986, "/wsman")


def connect(
    server_context: ssl.SSLContext,
    own: CertificateFiles | None = None,
    *,
    tls_name: str | None = None,
    **options: object,
) -> str | None:
    """Connect to a server with such a certificate and return the version of TLS."""
    with (
        ScriptedServer(idle, tls=server_context) as server,
        Bounds(Expiry.after(5, "timeout"), CancelToken(), 1000) as bounds,
        dial(
            replace(server.address, tls_name=tls_name),
            bounds,
            tls_context(server.options(**options), own),
        ) as connection,
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


def old(authority: Authority, version: ssl.TLSVersion, of: Key | None = None) -> ssl.SSLContext:
    """Return the context of a server that speaks no newer TLS than this, and takes weak keys."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(authority.files("127.0.0.1", of=of))
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = version
    return context


OLD = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
DEPRECATED = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@OLD
@DEPRECATED
def test_older_tls_than_1_2_is_refused(authority: Authority, version: ssl.TLSVersion) -> None:
    with pytest.raises(ConnectionFailed, match="no version of TLS that both") as caught:
        connect(old(authority, version), ca_file=authority.ca_file)
    assert "minimum_tls_version='1.0'" in str(caught.value.advice)


@OLD
@DEPRECATED
def test_older_tls_can_be_asked_for(authority: Authority, version: ssl.TLSVersion) -> None:
    spoken = connect(old(authority, version), ca_file=authority.ca_file, minimum_tls_version="1.0")
    assert spoken == {"TLSv1": "TLSv1", "TLSv1_1": "TLSv1.1"}[version.name]


def test_newer_tls_can_be_asked_for(authority: Authority) -> None:
    modern, dated = authority.server("127.0.0.1"), authority.server("127.0.0.1")
    dated.maximum_version = ssl.TLSVersion.TLSv1_2
    only = {"ca_file": authority.ca_file, "minimum_tls_version": "1.3"}
    assert connect(modern, **only) == "TLSv1.3"
    with pytest.raises(ConnectionFailed, match="no version of TLS that both"):
        connect(dated, **only)


def test_a_weak_key_is_taken_where_old_tls_is(authority: Authority) -> None:
    weak = old(authority, ssl.TLSVersion.TLSv1_2, rsa.generate_private_key(65537, 1024))  # noqa: S505 - on purpose
    with pytest.raises(CertificateRejected, match="check of its strength") as caught:
        connect(weak, ca_file=authority.ca_file)
    assert "RSA key of 2048" in str(caught.value.advice)
    assert connect(weak, ca_file=authority.ca_file, minimum_tls_version="1.0") == "TLSv1.2"


def test_an_unknown_issuer_is_told_as_such(authority: Authority) -> None:
    with pytest.raises(CertificateRejected, match="check of its issuer") as caught:
        connect(authority.server("127.0.0.1"))
    assert "ca_file=" in str(caught.value.advice)


def test_a_wrong_name_is_told_as_such(authority: Authority) -> None:
    for names in (("10.0.0.1",), ("server01",)):
        with pytest.raises(CertificateRejected, match="check of its name") as caught:
            connect(authority.server(*names), ca_file=authority.ca_file)
        assert "cert_cn_check=" in str(caught.value.advice)
        assert "tls_server_name=" in str(caught.value.advice)


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


def test_the_certificate_must_be_for_the_name_that_tls_asks_for(authority: Authority) -> None:
    proxied = authority.server("server01.contoso.com")
    trusted = {"ca_file": authority.ca_file}
    assert connect(proxied, tls_name="server01.contoso.com.", **trusted)
    with pytest.raises(CertificateRejected, match="check of its name"):
        connect(proxied, tls_name="server02.contoso.com", **trusted)


def reason(text: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {text}] in words")
    error.reason = text
    return error


@pytest.mark.parametrize(
    ("error", "meaning", "advice"),
    [
        (reason("WRONG_VERSION_NUMBER"), "no TLS", "5986"),
        (reason("HTTP_REQUEST"), "no TLS", "5986"),
        (reason("TLSV1_ALERT_PROTOCOL_VERSION"), "no version", "minimum_tls_version="),
        (reason("UNSUPPORTED_PROTOCOL"), "no version", "minimum_tls_version="),
        (reason("SSLV3_ALERT_HANDSHAKE_FAILURE"), "no cipher", "tls_server_name="),
        (reason("SSL/TLS_ALERT_HANDSHAKE_FAILURE"), "no cipher", "tls_server_name="),
        (reason("DH_KEY_TOO_SMALL"), "no cipher", "minimum_tls_version="),
        (reason("UNSAFE_LEGACY_RENEGOTIATION_DISABLED"), "no cipher", "minimum_tls_version="),
        (reason("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "client's certificate", "certificate("),
        (reason("TLSV1_ALERT_UNKNOWN_CA"), "client's certificate", "certificate("),
        (reason("UNEXPECTED_EOF_WHILE_READING"), "the connection ended", "winrm enumerate"),
        (ConnectionResetError(104, "Connection reset by peer"), "the connection ended", "listener"),
        (OSError("no words"), "no words", "listener"),
    ],
)
def test_each_kind_of_failed_handshake_has_its_advice(
    error: OSError, meaning: str, advice: str
) -> None:
    told = handshake_error(error, ADDRESS)
    assert type(told) is ConnectionFailed
    assert told.message.startswith("the TLS handshake with 127.0.0.1:5986 failed")
    assert meaning in told.message
    assert advice in str(told.advice)


@pytest.mark.parametrize(
    ("code", "checked", "advice"),
    [
        (3, "revocation", "crl_file="),
        (9, "dates", "clocks"),
        (10, "dates", "clocks"),
        (12, "revocation", "crl_file="),
        (18, "issuer", "certificate_fingerprint="),
        (19, "issuer", "ca_file="),
        (20, "issuer", "ca_file="),
        (23, "revocation", "took it back"),
        (26, "purpose", "server authentication"),
        (62, "name", "tls_server_name="),
        (64, "name", "tls_server_name="),
        (66, "strength", "2048"),
    ],
)
def test_each_failed_check_of_a_certificate_has_its_advice(
    code: int, checked: str, advice: str
) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "OpenSSL's words"
    told = handshake_error(error, ADDRESS)
    assert isinstance(told, CertificateRejected)
    assert f"fails the check of its {checked}: OpenSSL's words" in told.message
    assert advice in str(told.advice)


# Revocation


def test_a_certificate_that_was_not_taken_back_will_do(authority: Authority) -> None:
    server = authority.server("127.0.0.1")
    lists = authority.revocation_list()
    assert connect(server, ca_file=authority.ca_file, crl_file=lists)


def test_one_that_was_taken_back_will_not(authority: Authority) -> None:
    server = authority.server("127.0.0.1")
    trusted = {
        "ca_file": authority.ca_file,
        "crl_file": authority.revocation_list(authority.issued),
    }
    with pytest.raises(CertificateRejected, match="check of its revocation: certificate revoked"):
        connect(server, **trusted)
    assert connect(server, cert_revocation_check=False, **trusted)


def test_a_list_that_is_out_of_date_or_of_another_is_not_enough(
    authority: Authority, tmp_path: Path
) -> None:
    server = authority.server("127.0.0.1")
    expired = authority.revocation_list(days=-1)
    with pytest.raises(CertificateRejected, match="revocation: CRL has expired") as caught:
        connect(server, ca_file=authority.ca_file, crl_file=expired)
    assert "present list" in str(caught.value.advice)
    foreign = Authority(tmp_path).revocation_list()
    with pytest.raises(CertificateRejected, match="check of its revocation"):
        connect(server, ca_file=authority.ca_file, crl_file=foreign)


def test_a_file_without_a_list_is_a_wrong_option(authority: Authority, tmp_path: Path) -> None:
    for crl_file, message in (
        (str(tmp_path / "none.pem"), "no revocation lists can be read"),
        (__file__, "no revocation lists can be read"),
        (authority.ca_file, "there is no revocation list in"),
    ):
        options = DestinationOptions(ca_file=authority.ca_file, crl_file=crl_file)
        with pytest.raises(InvalidParameter, match=message) as caught:
            tls_context(options)
        assert crl_file in caught.value.message


# Pinning


def test_a_pinned_certificate_is_the_only_one(authority: Authority) -> None:
    authority.server("127.0.0.1")
    pinned = hashlib.sha256(authority.issued).hexdigest()
    check_fingerprint(authority.issued, ADDRESS, pinned)
    authority.server("127.0.0.1")
    with pytest.raises(CertificateRejected, match="check of its fingerprint") as caught:
        check_fingerprint(authority.issued, ADDRESS, pinned)
    assert hashlib.sha256(authority.issued).hexdigest() in caught.value.message


def test_what_is_pinned_needs_no_issuer_and_no_name(authority: Authority) -> None:
    context = tls_context(DestinationOptions(certificate_fingerprint="ab" * 32))
    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname


# A certificate of our own


def asking(authority: Authority, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return the context of a server that wants a certificate of the client."""
    context = authority.server("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.ca_file)
    context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_may_have_an_encrypted_key(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    own = CertificateFiles(authority.files("client", password=b"hunter2"), None, "hunter2")
    server = asking(authority, version)
    assert connect(server, own, ca_file=authority.ca_file)


def test_a_server_that_wants_a_certificate_says_so_in_the_handshake(authority: Authority) -> None:
    with pytest.raises(ConnectionFailed, match="TLS handshake") as caught:
        connect(asking(authority, ssl.TLSVersion.TLSv1_2), ca_file=authority.ca_file)
    assert "client certificate" in str(caught.value.advice)


@pytest.mark.parametrize("password", [None, "wrong"])
def test_a_key_that_cannot_be_read_is_a_wrong_option_and_nobody_is_asked(
    authority: Authority, password: str | None
) -> None:
    own = CertificateFiles(authority.files("client", password=b"hunter2"), None, password)
    with pytest.raises(InvalidParameter, match="no client certificate with a key") as caught:
        tls_context(DestinationOptions(), own)
    assert "key_password=" in str(caught.value.advice)
    assert own.certificate in caught.value.message


def test_a_certificate_without_its_key_is_a_wrong_option(authority: Authority) -> None:
    for own in (
        CertificateFiles(authority.ca_file),
        CertificateFiles(authority.files("a"), authority.files("b")),
        CertificateFiles(authority.ca_file, "/nowhere.pem"),
    ):
        with pytest.raises(InvalidParameter, match="no client certificate with a key"):
            tls_context(DestinationOptions(), own)


# Files


def test_authorities_that_cannot_be_read_are_a_wrong_option(tmp_path: Path) -> None:
    for missing in ({"ca_file": str(tmp_path / "none.pem")}, {"ca_file": __file__}):
        with pytest.raises(InvalidParameter, match="no authorities to trust") as caught:
            tls_context(DestinationOptions(**missing))
        assert missing["ca_file"] in caught.value.message


def test_a_certificate_of_an_authority_that_the_system_trusts_will_do(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ssl.get_default_verify_paths().openssl_cafile_env
    monkeypatch.setenv(where, authority.ca_file)
    assert connect(authority.server("127.0.0.1"))


def test_the_systems_authorities_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda self: setattr(self, "x", 1))
    context = tls_context(DestinationOptions())
    assert hasattr(context, "x")
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
