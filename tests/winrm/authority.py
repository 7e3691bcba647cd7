"""Certificates made for a test, good and bad ones."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
DAY = timedelta(days=1)


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(  # noqa: PLR0913 - each is one thing that may be wrong with one
    *names: str,
    issuer: str = "Test Authority",
    common_name: str = "test",
    issued_by: Key,
    of: Key,
    days: int = 1,
    is_authority: bool = False,
    digest: hashes.HashAlgorithm | None = hashes.SHA256(),  # noqa: B008 - it has no state
) -> x509.Certificate:
    """Return a certificate for DNS names and addresses, valid for so many days from yesterday."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(name(issuer))
        .public_key(of.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([general(one) for one in names])
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(issued_by, digest)


def general(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


class Authority:
    """An authority whose certificate lies in a file.

    Attributes:
        issued: the DER form of the last certificate.
        ca_file: the file of its own certificate.
    """

    issued: bytes

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = key()
        own = certificate(
            issued_by=self._key,
            of=self._key,
            common_name="Test Authority",
            is_authority=True,
        )
        self.ca_file = str(folder / "authority.pem")
        Path(self.ca_file).write_bytes(pem(own))

    def server(
        self, *names: str, common_name: str = "test", days: int = 1, of: Key | None = None
    ) -> ssl.SSLContext:
        """Return the context of a server with a certificate for `names`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.files(*names, common_name=common_name, days=days, of=of))
        return context

    def files(
        self,
        *names: str,
        common_name: str = "test",
        days: int = 1,
        of: Key | None = None,
        password: bytes | None = None,
    ) -> str:
        """Return the file of a certificate with its key."""
        own = of or key()
        issued = certificate(
            *names, issued_by=self._key, of=own, common_name=common_name, days=days
        )
        self.issued = der(issued)
        path = self._folder / f"{issued.serial_number}.pem"
        private = own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password)
            if password
            else serialization.NoEncryption(),
        )
        path.write_bytes(private + pem(issued))
        return str(path)

    def revocation_list(self, *revoked: bytes, days: int = 1) -> str:
        """Return the file of the list of those that it took back."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(name("Test Authority"))
            .last_update(now - 2 * DAY)
            .next_update(now + days * DAY)
        )
        for one in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(x509.load_der_x509_certificate(one).serial_number)
                .revocation_date(now - DAY)
                .build()
            )
        path = self._folder / f"{x509.random_serial_number()}.crl"
        path.write_bytes(
            builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        return str(path)
