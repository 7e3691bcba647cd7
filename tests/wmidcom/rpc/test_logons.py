"""Which way a credential goes over DCOM, and what cannot be used there."""

import sys
from collections.abc import Iterator

import pytest

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.credentials import Credentials, Scheme
from mi.errors import NotSupported
from mi.options import DestinationOptions
from protocols.network.bounds import Bounds
from protocols.wmidcom.rpc.logons import Method, new_admission
from protocols.wmidcom.rpc.target import Target

OPS = Credentials.password("CONTOSO\\ops", "secret")


def method(*credentials: Credentials, host: str = "192.0.2.1") -> Method:
    options = DestinationOptions(credentials=list(credentials) or None)
    admission = new_admission(Target.of(host, options), options, SessionCallbacks())
    with Bounds(Expiry(), CancelToken(), 0) as bounds:
        entry = admission.enter(bounds)
    entry.close()
    return entry.method


@pytest.mark.parametrize("scheme", ["Default", "NegoWithCreds", "Ntlmdomain"])
def test_a_password_for_an_address_is_ntlm(scheme: str) -> None:
    found = method(Credentials.password("ops", "secret", scheme=scheme))
    assert found.scheme is Scheme.NTLM_DOMAIN
    with Bounds(Expiry(), CancelToken(), 0) as bounds:
        assert found.security(bounds).service == 10


@pytest.mark.parametrize("scheme", [Scheme.BASIC, Scheme.DIGEST, Scheme.CRED_SSP])
def test_other_schemes_do_not_work_so(scheme: Scheme) -> None:
    with pytest.raises(NotSupported, match=f"{scheme.name} does not work over WMIDCOM"):
        method(Credentials.password("ops", "secret", scheme=scheme))


def test_ntlm_needs_a_password() -> None:
    with pytest.raises(NotSupported, match="not empty"):
        method(Credentials.password("ops", "", scheme="Ntlmdomain"))
    with pytest.raises(NotSupported, match="not empty"):
        method(Credentials.current_user("Ntlmdomain"))


def test_whoever_forgot_to_say_who_he_is_is_told_so() -> None:
    with pytest.raises(NotSupported, match="no credentials were given"):
        method()


def test_a_list_advances_over_what_cannot_be_used_here() -> None:
    basic = Credentials.password("basic", "secret", scheme="Basic")
    assert str(method(basic, OPS).user) == "CONTOSO\\ops"


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment in which the libraries of the extra `kerberos` are not installed."""
    for name in ("wmidcom.rpc.kerberos", "security.tickets", "security.service_context"):
        monkeypatch.delitem(sys.modules, f"protocols.{name}", raising=False)
    for name in ("gssapi", "krb5"):
        monkeypatch.setitem(sys.modules, name, None)
    yield
    sys.modules.pop("protocols.wmidcom.rpc.kerberos", None)


@pytest.mark.usefixtures("without_extra")
def test_kerberos_without_its_libraries_names_the_extra() -> None:
    with pytest.raises(NotSupported, match="not installed") as caught:
        method(Credentials.password("ops@CONTOSO.COM", "secret", scheme="Kerberos"), host="s")
    assert "management-infrastructure[kerberos]" in str(caught.value.advice)


@pytest.mark.usefixtures("without_extra")
def test_negotiate_does_without_them() -> None:
    assert method(OPS, host="server01").scheme is Scheme.NTLM_DOMAIN
