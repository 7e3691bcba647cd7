"""The way to a host: what its options may be, and what they never repeat."""

from typing import Any

import pytest

from mi.errors import InvalidParameter, MIError, TypeMismatch
from mi.network_options import dialer, fingerprint, proxy_url

SHA256 = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "given",
    [
        SHA256,
        SHA256.upper(),
        ":".join(SHA256[at : at + 2] for at in range(0, 64, 2)),
        f"sha256:{SHA256}",
        f"SHA-256 {SHA256[:32]} {SHA256[32:]}\n",
    ],
)
def test_a_fingerprint_is_taken_as_tools_write_it(given: str) -> None:
    assert fingerprint(given, "certificate_fingerprint") == SHA256


@pytest.mark.parametrize("given", ["", SHA256[:40], SHA256 + "0", "g" * 64])
def test_what_is_no_sha_256_is_refused_with_the_command_that_says_it(given: str) -> None:
    with pytest.raises(InvalidParameter, match="64 hexadecimal digits") as caught:
        fingerprint(given, "certificate_fingerprint")
    assert "openssl x509" in str(caught.value.advice)


@pytest.mark.parametrize("check", [dialer, fingerprint, proxy_url])
def test_the_wrong_type_is_told(check: Any) -> None:
    with pytest.raises(TypeMismatch, match="an_option is"):
        check(5, "an_option")


def test_a_dialer_is_what_can_be_called() -> None:
    assert dialer(print, "dialer") is print  # type: ignore[comparison-overlap, arg-type]


def test_a_proxy_is_named_by_its_url() -> None:
    assert proxy_url("http://proxy:3128", "proxy") == "http://proxy:3128"


@pytest.mark.parametrize("given", ["", "  ", "http://proxy\r\nX: y"])
def test_a_proxy_has_a_name_of_one_line(given: str) -> None:
    with pytest.raises(InvalidParameter):
        proxy_url(given, "proxy")


def test_a_password_in_the_url_of_a_proxy_is_refused_and_not_repeated() -> None:
    with pytest.raises(MIError) as caught:
        proxy_url("http://ops:hunter2@proxy:3128", "proxy")
    assert "hunter2" not in str(caught.value)
    assert "proxy_credentials=" in str(caught.value.advice)
