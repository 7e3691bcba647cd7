"""TLS: whom to trust, and why a server was not trusted."""

from __future__ import annotations

import ssl

from mi.errors import CertificateRejected, ConnectionFailed, InvalidParameter
from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address

__all__ = ["NAME_ADVICE", "handshake_error", "tls_context"]

_CA_ADVICE = (
    "Name the authority's certificate with ca_file=, or take any issuer's with cert_ca_check=False."
)
NAME_ADVICE = "Use a name that the certificate has, or take any with cert_cn_check=False."
_DATE_ADVICE = "Renew the certificate; the clocks of both machines must be right, too."
_TLS_ADVICE = "Check that the port is the HTTPS port, and that the server speaks TLS 1.2 or newer."
# OpenSSL's X509_V_ERR_*: what was checked, and what to do about it. The others are about issuers.
_ADVICE = {
    9: ("dates", _DATE_ADVICE),
    10: ("dates", _DATE_ADVICE),
    62: ("name", NAME_ADVICE),
    64: ("name", NAME_ADVICE),
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
        context.check_hostname = False  # it cannot be had alone: `identity.check_name` does it
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
