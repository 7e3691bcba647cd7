"""TLS: whom to trust, why a server was not trusted, and what binds a logon to its certificate."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Any, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from urllib3.util.ssl_match_hostname import CertificateError, match_hostname

from mi.errors import CertificateRejected, ConnectionFailed, InvalidParameter
from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address

__all__ = ["check_name", "handshake_error", "server_end_point", "tls_context"]

_CA_ADVICE = (
    "Name the authority's certificate with ca_file=, or take any issuer's with cert_ca_check=False."
)
_NAME_ADVICE = "Use a name that the certificate has, or take any with cert_cn_check=False."
_DATE_ADVICE = "Renew the certificate; the clocks of both machines must be right, too."
_TLS_ADVICE = "Check that the port is the HTTPS port, and that the server speaks TLS 1.2 or newer."
# OpenSSL's X509_V_ERR_*: what was checked, and what to do about it. The others are about issuers.
_ADVICE = {
    9: ("dates", _DATE_ADVICE),
    10: ("dates", _DATE_ADVICE),
    62: ("name", _NAME_ADVICE),
    64: ("name", _NAME_ADVICE),
}


def tls_context(options: DestinationOptions) -> ssl.SSLContext:
    """Return the context for connections with these options: TLS 1.2 at least, all checks on.

    `cert_ca_check` and `cert_cn_check` switch one check each, as in MI: without the first any
    issuer will do, without the second any name.

    Raises:
        InvalidParameter: the authorities to trust cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if options.cert_ca_check is False:
        context.check_hostname = False  # it cannot be had alone: `check_name` does it
        context.verify_mode = ssl.CERT_NONE
        return context
    context.check_hostname = options.cert_cn_check is not False
    # A certificate that was named is trusted as it is, whoever issued it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _load_authorities(context, options)
    return context


def _load_authorities(context: ssl.SSLContext, options: DestinationOptions) -> None:
    if options.ca_file is None and options.trusted_certs_dir is None:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(options.ca_file, options.trusted_certs_dir)
    except OSError as error:
        where = " or ".join(filter(None, (options.ca_file, options.trusted_certs_dir)))
        raise InvalidParameter(
            f"no authorities to trust can be read from {where}: {error.strerror or error}",
            advice="ca_file= is a file of certificates in PEM form.",
        ) from error


def handshake_error(error: OSError, address: Address) -> ConnectionFailed:
    """Return what a failed TLS handshake was: which check of the certificate, or no TLS at all."""
    if isinstance(error, ssl.SSLCertVerificationError):
        checked, advice = _ADVICE.get(error.verify_code, ("issuer", _CA_ADVICE))
        return CertificateRejected(
            f"the certificate of {address.authority} fails the check of its {checked}:"
            f" {error.verify_message}",
            advice=advice,
        )
    reason = getattr(error, "reason", None) or error.strerror or str(error)
    return ConnectionFailed(
        f"the TLS handshake with {address.authority} failed: {reason}", advice=_TLS_ADVICE
    )


def check_name(der: bytes, address: Address) -> None:
    """Check the names of a certificate whose issuer was not checked.

    Raises:
        CertificateRejected: none is the server's, or they cannot be read.
    """
    try:
        names = _names(x509.load_der_x509_certificate(der))
        match_hostname(cast("Any", names), address.server_name, hostname_checks_common_name=True)
    except (CertificateError, ValueError) as error:
        raise CertificateRejected(
            f"the certificate of {address.authority} fails the check of its name: {error}",
            advice=_NAME_ADVICE,
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
