"""What TLS must prove about a server, as the options say it.

`cert_ca_check` and `cert_cn_check` switch one check each, as in MI. A certificate that is pinned by
its fingerprint is trusted as it is, as SSH does with keys, so those two are then off where they are
unset. Revocation is looked up in a file alone: Python's TLS asks no server for it (no OCSP), while
MI does by default.
"""

from __future__ import annotations

from dataclasses import dataclass

from mi.errors import InvalidParameter
from mi.options import DestinationOptions

__all__ = ["Trust"]


@dataclass(frozen=True, slots=True)
class Trust:
    """The checks of a certificate.

    Attributes:
        issuer: whether somebody who is trusted must have issued it.
        name: whether it must be the server's by name.
        revocation: whether a list of revoked ones is looked into.
        fingerprint: the SHA-256 that it must have, or None.
    """

    issuer: bool
    name: bool
    revocation: bool
    fingerprint: str | None

    @classmethod
    def of(cls, options: DestinationOptions) -> Trust:
        """Return what the options demand.

        Raises:
            InvalidParameter: they contradict one another.
        """
        is_open = options.certificate_fingerprint is None
        trust = cls(
            _given(options.cert_ca_check, otherwise=is_open),
            _given(options.cert_cn_check, otherwise=is_open),
            _given(options.cert_revocation_check, otherwise=options.crl_file is not None),
            options.certificate_fingerprint,
        )
        if trust.revocation and options.crl_file is None:
            raise InvalidParameter(
                "cert_revocation_check= needs the lists of revoked certificates as crl_file=",
                advice="Unlike Windows, Python's TLS does not ask the authority itself.",
            )
        if trust.revocation and not trust.issuer:
            raise InvalidParameter(
                "cert_revocation_check= needs cert_ca_check=, too: who is not known revokes nothing"
            )
        return trust


def _given(option: bool | None, *, otherwise: bool) -> bool:
    return otherwise if option is None else option
