import pytest

from mi.errors import InvalidParameter
from mi.options import DestinationOptions
from protocols.winrm.trust import Trust

PIN = "ab" * 32


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, Trust(issuer=True, name=True, revocation=False, fingerprint=None)),
        (
            {"cert_ca_check": False},
            Trust(issuer=False, name=True, revocation=False, fingerprint=None),
        ),
        (
            {"cert_cn_check": False},
            Trust(issuer=True, name=False, revocation=False, fingerprint=None),
        ),
        (
            {"certificate_fingerprint": PIN},
            Trust(issuer=False, name=False, revocation=False, fingerprint=PIN),
        ),
        (
            {"certificate_fingerprint": PIN, "cert_ca_check": True, "cert_cn_check": True},
            Trust(issuer=True, name=True, revocation=False, fingerprint=PIN),
        ),
        ({"crl_file": "x"}, Trust(issuer=True, name=True, revocation=True, fingerprint=None)),
        (
            {"crl_file": "x", "cert_revocation_check": False},
            Trust(issuer=True, name=True, revocation=False, fingerprint=None),
        ),
    ],
)
def test_every_check_is_on_but_what_was_switched_off_or_is_pinned_or_has_no_list(
    options: dict[str, object], expected: Trust
) -> None:
    assert Trust.of(DestinationOptions(**options)) == expected


def test_revocation_needs_a_list_for_nobody_is_asked() -> None:
    with pytest.raises(InvalidParameter, match="crl_file=") as caught:
        Trust.of(DestinationOptions(cert_revocation_check=True))
    assert "Unlike Windows" in str(caught.value.advice)


@pytest.mark.parametrize("options", [{"cert_ca_check": False}, {"certificate_fingerprint": PIN}])
def test_revocation_needs_an_issuer_that_is_checked(options: dict[str, object]) -> None:
    with pytest.raises(InvalidParameter, match="cert_ca_check="):
        Trust.of(DestinationOptions(crl_file="x", **options))
