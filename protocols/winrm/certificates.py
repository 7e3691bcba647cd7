"""TLS: whom to trust, who we are, and why a handshake failed."""

from __future__ import annotations

import ssl
from hashlib import sha256
from typing import Final, NamedTuple

from mi.credentials import CertificateFiles
from mi.errors import CertificateRejected, ConnectionFailed, InvalidParameter
from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address
from protocols.winrm.trust import Trust

__all__ = ["NAME_ADVICE", "check_fingerprint", "handshake_error", "tls_context"]

NAME_ADVICE = (
    "Use a name that the certificate has, say it by tls_server_name=, or take any with"
    " cert_cn_check=False."
)
_CA_ADVICE = (
    "Name the authority's certificate with ca_file=, this one by certificate_fingerprint=, or take"
    " any issuer's with cert_ca_check=False."
)
_DATE_ADVICE = "Renew the certificate; the clocks of both machines must be right, too."
_LIST_ADVICE = (
    "crl_file= must hold the present list of every authority of the chain, the root's included."
)
_CA_FILE_ADVICE = "ca_file= is a file of certificates in PEM form."
_CRL_FILE_ADVICE = "crl_file= is a file in PEM form: openssl crl -inform DER -in list.crl."
_KEY_ADVICE = "Both are in PEM form and belong together; an encrypted key needs key_password=."
_STRENGTH_ADVICE = (
    "Give the server a certificate with SHA-256 and an RSA key of 2048 bits or more; for an old"
    " management controller, minimum_tls_version='1.0' takes weak ones."
)


class _Check(NamedTuple):
    """What OpenSSL checked, and what to do about it."""

    checked: str
    advice: str


# By OpenSSL's X509_V_ERR_*. The others are about issuers.
_CHECKS: Final = {
    9: _Check("dates", _DATE_ADVICE),
    10: _Check("dates", _DATE_ADVICE),
    26: _Check("purpose", "Give the server a certificate that is for server authentication."),
    62: _Check("name", NAME_ADVICE),
    64: _Check("name", NAME_ADVICE),
    **dict.fromkeys((66, 67, 68), _Check("strength", _STRENGTH_ADVICE)),
    **dict.fromkeys(
        (3, 5, 8, 11, 12, 15, 16, 33, 35, 36, 44, 54), _Check("revocation", _LIST_ADVICE)
    ),
    23: _Check(
        "revocation",
        "Its authority took it back: give the server another, and find out why it was.",
    ),
}
_ISSUER: Final = _Check("issuer", _CA_ADVICE)


class _Failure(NamedTuple):
    """A part of OpenSSL's reason or the system's, what it means, and what to do about it."""

    words: tuple[str, ...]
    meaning: str
    advice: str


_NO_TLS_ADVICE: Final = (
    "Check that destination_port= is that of HTTPS, 5986 as a rule, and that there is a listener"
    " with a certificate (winrm enumerate winrm/config/listener)."
)
# The first row that has a word of the reason counts; OpenSSL's spelling changes with its versions.
_FAILURES: Final = (
    _Failure(
        ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH", "RECORD_LAYER_FAILURE"),
        "what answers there is no TLS",
        _NO_TLS_ADVICE,
    ),
    _Failure(
        ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "NO_PROTOCOLS"),
        "there is no version of TLS that both sides allow",
        "Old management controllers speak TLS 1.0 or 1.1 alone: minimum_tls_version='1.0' lets them"
        " in, and weak ciphers, keys and signatures (OpenSSL's SECLEVEL 0) with them.",
    ),
    _Failure(
        ("CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNKNOWN_CA"),
        "the server does not take the client's certificate, or wants one",
        "Pass mi.Credentials.certificate(…) of an authority that the server trusts.",
    ),
    _Failure(
        ("HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "_TOO_SMALL", "SIGNATURE", "SIGALG", "LEGACY"),
        "the two sides have no cipher, key or signature in common",
        "Old devices have weak ones alone, which minimum_tls_version='1.0' allows; or the server"
        " wants a client certificate, or another name to be asked for (tls_server_name=).",
    ),
    _Failure(("",), "the connection ended in the midst of it", _NO_TLS_ADVICE),
)


def tls_context(
    options: DestinationOptions, certificate: CertificateFiles | None = None
) -> ssl.SSLContext:
    """Return the context for connections with these options: TLS 1.2 at least, all checks on.

    Args:
        options: of the session; `Trust` says what they mean.
        certificate: the client's own, where it has one.

    Raises:
        InvalidParameter: the options contradict one another, or a file cannot be read.
    """
    trust = Trust.of(options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _limit_version(context, options.minimum_tls_version or "1.2")
    if certificate is not None:
        _load_own(context, certificate)
    if not trust.issuer:
        context.check_hostname = False  # it cannot be had alone: `identity.check_name` does it
        context.verify_mode = ssl.CERT_NONE
        return context
    context.check_hostname = trust.name
    # A certificate that was named is trusted as it is, whoever issued it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _load_authorities(context, options)
    if trust.revocation:
        _load_revoked(context, str(options.crl_file))
    return context


def _limit_version(context: ssl.SSLContext, version: str) -> None:
    if version == "1.0":
        # Not TLSv1: Python deprecates asking for what old devices have. SSL 3 is off in any case.
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        # MD5 and SHA-1, which sign the handshakes of these versions, are above no other level.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    else:
        context.minimum_version = ssl.TLSVersion[f"TLSv{version.replace('.', '_')}"]


def _load_authorities(context: ssl.SSLContext, options: DestinationOptions) -> None:
    if options.ca_file is None and options.trusted_certs_dir is None:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(options.ca_file, options.trusted_certs_dir)
    except OSError as error:
        where = " or ".join(filter(None, (options.ca_file, options.trusted_certs_dir)))
        raise _unreadable("no authorities to trust", where, error, _CA_FILE_ADVICE) from error


def _load_revoked(context: ssl.SSLContext, crl_file: str) -> None:
    before = context.cert_store_stats()["crl"]
    try:
        context.load_verify_locations(crl_file)
    except OSError as error:
        raise _unreadable("no revocation lists", crl_file, error, _CRL_FILE_ADVICE) from error
    if context.cert_store_stats()["crl"] == before:
        raise InvalidParameter(f"there is no revocation list in {crl_file}", advice=_LIST_ADVICE)
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


def _load_own(context: ssl.SSLContext, certificate: CertificateFiles) -> None:
    # Not None, or OpenSSL would ask on the terminal.
    password = certificate.password or ""
    try:
        context.load_cert_chain(certificate.certificate, certificate.key, password)
    except (OSError, ValueError) as error:
        where = " and ".join(filter(None, (certificate.certificate, certificate.key)))
        raise _unreadable("no client certificate with a key", where, error, _KEY_ADVICE) from error
    # Windows asks for it after the handshake (HTTP.sys, RFC 8446 4.6.2).
    context.post_handshake_auth = True


def _unreadable(what: str, where: str, error: Exception, advice: str) -> InvalidParameter:
    reason = getattr(error, "strerror", None) or error
    return InvalidParameter(f"{what} can be read from {where}: {reason}", advice=advice)


def check_fingerprint(der: bytes, address: Address, fingerprint: str) -> None:
    """Check that a server's certificate is the one that was pinned.

    Raises:
        CertificateRejected: it is another.
    """
    seen = sha256(der).hexdigest()
    if seen != fingerprint:
        raise CertificateRejected(
            f"the certificate of {address.authority} fails the check of its fingerprint: its"
            f" SHA-256 is {seen}",
            advice="If the server got a new certificate, give that as certificate_fingerprint=; if"
            " not, something in between answers in its place.",
        )


def handshake_error(error: OSError, address: Address) -> ConnectionFailed:
    """Return what a failed TLS handshake was: which check of the certificate, or no TLS at all."""
    if isinstance(error, ssl.SSLCertVerificationError):
        checked, advice = _CHECKS.get(error.verify_code, _ISSUER)
        return CertificateRejected(
            f"the certificate of {address.authority} fails the check of its {checked}:"
            f" {error.verify_message}",
            advice=advice,
        )
    reason = getattr(error, "reason", None) or error.strerror or str(error)
    words = reason.upper().replace(" ", "_")
    failure = next(row for row in _FAILURES if any(word in words for word in row.words))
    return ConnectionFailed(
        f"the TLS handshake with {address.authority} failed, for {failure.meaning}: {reason}",
        advice=failure.advice,
    )
