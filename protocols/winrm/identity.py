"""What a server's certificate says of it: its names, and what binds a logon to it.

It is loaded where that is needed, for it loads the cryptography package.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from urllib3.util.ssl_match_hostname import CertificateError, match_hostname

from mi.errors import CertificateRejected
from protocols.winrm.certificates import NAME_ADVICE
from protocols.winrm.endpoint import Address

__all__ = ["Facts", "check_name", "facts_of", "server_end_point"]


class Facts(NamedTuple):
    """What a certificate says of itself.

    Attributes:
        subject: whose it is, as RFC 4514 writes it.
        issuer: who issued it.
        names: the hosts that it is for.
        begins: from when on it holds.
        ends: until when it holds.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime


def facts_of(der: bytes) -> Facts:
    """Return what a certificate says of itself.

    Raises:
        ValueError: it cannot be read.
    """
    certificate = x509.load_der_x509_certificate(der)
    names = _names(certificate)
    common = tuple(value for part in names["subject"] for _, value in part)
    return Facts(
        certificate.subject.rfc4514_string(),
        certificate.issuer.rfc4514_string(),
        tuple(value for _, value in names["subjectAltName"]) or common,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def check_name(der: bytes, address: Address) -> None:
    """Check the names of a certificate whose issuer was not checked.

    Raises:
        CertificateRejected: none is the server's, or they cannot be read.
    """
    try:
        names = _names(x509.load_der_x509_certificate(der))
        match_hostname(
            cast("Any", names), address.certificate_name, hostname_checks_common_name=True
        )
    except (CertificateError, ValueError) as error:
        raise CertificateRejected(
            f"the certificate of {address.authority} fails the check of its name: {error}",
            advice=NAME_ADVICE,
        ) from error


def _names(certificate: x509.Certificate) -> dict[str, Any]:
    """Return the names of a certificate in the form of `SSLSocket.getpeercert`."""
    alternatives: list[tuple[str, str]] = []
    with suppress(x509.ExtensionNotFound):
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        alternatives += [("DNS", name) for name in names.get_values_for_type(x509.DNSName)]
        alternatives += [
            ("IP Address", str(name)) for name in names.get_values_for_type(x509.IPAddress)
        ]
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return {
        "subjectAltName": tuple(alternatives),
        "subject": tuple((("commonName", str(name.value)),) for name in common),
    }


def server_end_point(der: bytes) -> bytes | None:
    """Return the hash that binds a logon to the server's certificate (RFC 5929 4.1), or None.

    It is the hash of the certificate's own signature, but SHA-256 in place of MD5, SHA-1 and
    where the signature has no hash of its own. None if nobody knows the signature.
    """
    try:
        own = x509.load_der_x509_certificate(der).signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        return None
    if own is None or isinstance(own, (hashes.MD5, hashes.SHA1)):
        own = hashes.SHA256()
    digest = hashes.Hash(own)
    digest.update(der)
    return digest.finalize()
