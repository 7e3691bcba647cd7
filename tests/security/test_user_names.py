r"""Each form of a user name, as each scheme wants to hear it.

What comes of it on the wire is tested with the schemes: NTLM in test_ntlm, Basic and Digest in
test_plain, Kerberos in test_kerberos, CredSSP in test_credssp.
"""

import pytest

from mi.credentials import Credentials, UserName
from mi.errors import NotSupported
from protocols.security.user_names import (
    Form,
    form_of,
    plain_name,
    principal,
    principal_of,
    user_with_password,
    windows_name,
)

OURS = "CONTOSO.COM"

_FORMS = [
    # name, form, Windows' schemes, HTTP's schemes, Kerberos
    (r"CONTOSO\ops", Form.DOMAIN, r"CONTOSO\ops", r"CONTOSO\ops", "ops@CONTOSO.COM"),
    (r"contoso.com\ops", Form.DOMAIN, r"contoso.com\ops", r"contoso.com\ops", "ops@CONTOSO.COM"),
    (r"other.org\ops", Form.DOMAIN, r"other.org\ops", r"other.org\ops", "ops@OTHER.ORG"),
    (r"OTHER\ops", Form.DOMAIN, r"OTHER\ops", r"OTHER\ops", None),
    ("ops@CONTOSO.COM", Form.REALM, "ops@CONTOSO.COM", "ops@CONTOSO.COM", "ops@CONTOSO.COM"),
    ("ops@contoso.com", Form.REALM, "ops@contoso.com", "ops@contoso.com", "ops@CONTOSO.COM"),
    ("ops@other.org", Form.REALM, "ops@other.org", "ops@other.org", "ops@OTHER.ORG"),
    (r".\ops", Form.LOCAL, r".\ops", "ops", None),
    ("ops", Form.BARE, "ops", "ops", "ops@CONTOSO.COM"),
    (r"AzureAD\ops@x.com", Form.DOMAIN, r"AzureAD\ops@x.com", r"AzureAD\ops@x.com", None),
]


@pytest.mark.parametrize(("name", "form", "windows", "plain", "kerberos"), _FORMS)
def test_each_form_is_said_as_each_scheme_wants_to_hear_it(
    name: str, form: Form, windows: str, plain: str, kerberos: str | None
) -> None:
    user = UserName.parse(name)
    assert form_of(user) is form
    assert windows_name(user) == windows
    assert plain_name(user) == plain
    assert principal(user, OURS) == kerberos


def test_a_domain_that_was_given_apart_is_as_good_as_one_in_the_name() -> None:
    user = UserName.parse("ops", "CONTOSO")
    assert windows_name(user) == plain_name(user) == r"CONTOSO\ops"
    assert principal(user, OURS) == "ops@CONTOSO.COM"


def test_the_machines_own_realm_is_spelled_as_it_spells_it() -> None:
    for name in ("ops@CONTOSO.COM", "ops", r"CONTOSO\ops", r"contoso.com\ops"):
        assert principal(UserName.parse(name), "contoso.com") == "ops@contoso.com"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ops", None), (r"CONTOSO\ops", None), ("ops@contoso.com", "ops@CONTOSO.COM")],
)
def test_a_machine_without_a_realm_knows_only_those_that_are_named(
    name: str, expected: str | None
) -> None:
    assert principal(UserName.parse(name), None) == expected


def test_kerberos_says_what_it_lacks_where_no_realm_is_known() -> None:
    assert principal_of(Credentials.password(r"CONTOSO\ops", "x"), OURS) == "ops@CONTOSO.COM"
    for credentials in (Credentials.password("ops", "x"), Credentials.current_user()):
        with pytest.raises(NotSupported, match="nothing tells the realm of") as caught:
            principal_of(credentials, None)
        assert caught.value.advice is not None


def test_ntlm_needs_a_user_and_a_password_that_is_not_empty() -> None:
    assert user_with_password(Credentials.password("ops", "x")) == UserName.parse("ops")
    for credentials in (Credentials.password("ops", ""), Credentials.current_user()):
        with pytest.raises(NotSupported, match="a password that is not empty"):
            user_with_password(credentials)
