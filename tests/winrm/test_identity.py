import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from mi.errors import CertificateRejected
from protocols.winrm.endpoint import Address
from protocols.winrm.identity import check_name, server_end_point
from tests.winrm.authority import certificate, der, key

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
