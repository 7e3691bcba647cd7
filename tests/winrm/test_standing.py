from typing import Any

import pytest

from mi.credentials import CertificateFiles, Credentials, Scheme, UserName
from mi.options import DestinationOptions
from protocols.winrm.credssp import CredSsp
from protocols.winrm.digest_logon import Digest
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import ConnectionMethod
from protocols.winrm.negotiation import Negotiate
from protocols.winrm.ntlm import Ntlm
from protocols.winrm.plain import Anonymous, Basic, ClientCertificate
from protocols.winrm.standing import NOBODY, Standing, standing_of

ADDRESS = Address("http", "Server01.contoso.example", 5985, "/wsman")
SAFE = Address("https", "server01", 5986, "/wsman")
AT_A_NUMBER = Address("http", "192.0.2.7", 5985, "/wsman")
OPTIONS = DestinationOptions()


class Method(ConnectionMethod):
    """A way to log on, as far as it matters here."""

    certificate: CertificateFiles | None = None

    def __init__(self, user: str | None, scheme: Scheme = Scheme.NTLM_DOMAIN) -> None:
        self.user = None if user is None else UserName.parse(user)
        self.scheme = scheme

    def log_on(self, wire: object) -> None:
        raise AssertionError


def standing(method: Method, options: DestinationOptions = OPTIONS) -> Standing:
    return standing_of(method, ADDRESS, options)


def test_nothing_is_known_of_nobody() -> None:
    assert standing_of(None, ADDRESS, OPTIONS) is NOBODY
    assert standing(Method(None)) == NOBODY
    assert standing(Method(None, Scheme.CLIENT_CERTIFICATE)) == NOBODY


@pytest.mark.parametrize(
    ("user", "may_be_filtered"),
    [
        (r".\ops", True),
        ("ops", True),
        (r"SERVER01\ops", True),
        (r"CONTOSO\ops", False),
        ("ops@contoso.example", False),
        ("Administrator", False),
        (r".\administrator", False),
        (r"server01\Administrator", False),
    ],
)
def test_a_local_account_that_is_not_the_built_in_one_may_have_its_rights_filtered(
    user: str, may_be_filtered: bool
) -> None:
    found = standing(Method(user))
    assert (found.user, found.may_be_filtered) == (user, may_be_filtered)


@pytest.mark.parametrize(
    ("scheme", "may_be_local"),
    [
        (Scheme.NTLM_DOMAIN, True),
        (Scheme.CRED_SSP, True),
        (Scheme.BASIC, True),
        (Scheme.DIGEST, True),
        (Scheme.KERBEROS, False),
    ],
)
def test_a_local_account_is_one_by_some_schemes_only(scheme: Scheme, may_be_local: bool) -> None:
    assert standing(Method("ops", scheme)).may_be_filtered is may_be_local


@pytest.mark.parametrize(
    ("scheme", "delegation", "expected"),
    [
        (Scheme.CRED_SSP, None, True),
        (Scheme.KERBEROS, None, False),
        (Scheme.KERBEROS, True, True),
        (Scheme.NTLM_DOMAIN, True, False),
        (Scheme.BASIC, True, False),
    ],
)
def test_a_server_may_act_for_the_user_by_credssp_or_delegated_kerberos(
    scheme: Scheme, delegation: bool | None, expected: bool
) -> None:
    options = DestinationOptions(delegation=delegation)
    assert standing(Method("ops@contoso.example", scheme), options).may_delegate is expected


# Each way to log on says what the server sees of it


PASSWORD = Credentials.password("ops", "secret")


@pytest.mark.parametrize(
    ("method", "scheme"),
    [
        (Ntlm(PASSWORD, ADDRESS), Scheme.NTLM_DOMAIN),
        (CredSsp(PASSWORD, ADDRESS, OPTIONS), Scheme.CRED_SSP),
        (Basic(PASSWORD, ADDRESS), Scheme.BASIC),
        (Digest(PASSWORD, ADDRESS), Scheme.DIGEST),
        (ClientCertificate(Credentials.certificate("c.pem"), SAFE), Scheme.CLIENT_CERTIFICATE),
        (Anonymous(ADDRESS), Scheme.NONE),
        (Negotiate(PASSWORD, AT_A_NUMBER, OPTIONS), Scheme.NTLM_DOMAIN),
    ],
)
def test_a_way_to_log_on_says_what_the_server_sees_of_it(method: Any, scheme: Scheme) -> None:
    assert method.scheme is scheme


def test_negotiate_is_kerberos_as_long_as_that_may_work() -> None:
    pytest.importorskip("gssapi")
    user = Credentials.password("ops@CONTOSO.EXAMPLE", "secret")
    assert Negotiate(user, ADDRESS, OPTIONS).scheme is Scheme.KERBEROS
