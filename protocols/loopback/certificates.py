"""A throw-away authority and certificates of it, for an endpoint under TLS and its user.

The keys exist for one endpoint and a day; nobody but a test should ever trust the authority.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from secrets import token_urlsafe

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mi.credentials import CertificateFiles

__all__ = ["Client", "Identity", "issue"]

_DAY = timedelta(days=1)


_PRINCIPAL_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")  # by which Windows knows users


@dataclass(frozen=True, slots=True)
class Client:
    """A user's certificate.

    Attributes:
        files: where it is, and its key.
        der: itself.
    """

    files: CertificateFiles
    der: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an endpoint is under TLS.

    Attributes:
        context: the server's TLS context.
        ca_file: the PEM file of the authority that clients are to trust.
        channel_binding: what an authentication over this certificate is bound to: RFC 5929's
            `tls-server-end-point`.
        client: the certificate of the only user, or None.
    """

    context: ssl.SSLContext
    ca_file: str
    channel_binding: bytes
    client: Client | None = None


def issue(folder: str, names: Sequence[str], user: str | None = None) -> Identity:
    """Make an authority, a certificate for `names`, and one for a user, in `folder`.

    Args:
        folder: where the files go.
        names: the endpoint's host names and addresses.
        user: the user whom a certificate is to stand for; the endpoint then asks for it.
    """
    authority = _Authority(folder)
    own, certificate = authority.certify(
        names[0], ExtendedKeyUsageOID.SERVER_AUTH, map(_general_name, names)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, password=own.password)
    client = None
    if user is not None:
        client = _client(authority, user)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(authority.ca_file)
    digest = Hash(SHA256())
    digest.update(certificate)
    binding = b"tls-server-end-point:" + digest.finalize()
    return Identity(context, authority.ca_file, binding, client)


def _client(authority: _Authority, user: str) -> Client:
    text = f"{user}@loopback.test".encode()
    # The name is a UTF8String in DER (MS-WCCE 2.2.2.7.7.4 shows the whole).
    name = x509.OtherName(_PRINCIPAL_NAME, bytes([0x0C, len(text)]) + text)
    return Client(*authority.certify(user, ExtendedKeyUsageOID.CLIENT_AUTH, [name]))


class _Authority:
    """Who issues the certificates; its own lies in `ca_file`."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Loopback test authority")
        own = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .sign(self._key, SHA256())
        )
        file = self._folder / "ca.pem"
        file.write_bytes(own.public_bytes(Encoding.PEM))
        self.ca_file = str(file)

    def certify(
        self, subject: str, usage: x509.ObjectIdentifier, names: Iterable[x509.GeneralName]
    ) -> tuple[CertificateFiles, bytes]:
        """Return the file of a new certificate with its encrypted key, and its DER form."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_name(subject), self._name, key.public_key())
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, SHA256())
        )
        password = token_urlsafe(16)
        encryption = BestAvailableEncryption(password.encode())
        file = self._folder / f"{certificate.serial_number}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
            + certificate.public_bytes(Encoding.PEM)
        )
        files = CertificateFiles(str(file), password=password)
        return files, certificate.public_bytes(Encoding.DER)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
