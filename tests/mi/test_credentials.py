"""Credentials: who, by which scheme, and a secret that stays one."""

import copy
import getpass
import pickle
from typing import Any

import pytest

from mi.credentials import CertificateFiles, Credentials, Scheme, UserName
from mi.errors import InvalidParameter, TypeMismatch

# Both columns of MI's table (MI_AUTH_TYPE_*, and the names of .NET's enumeration).
_TEXTS = [
    ("Default", Scheme.DEFAULT),
    ("None", Scheme.NONE),
    ("Digest", Scheme.DIGEST),
    ("NegoWithCreds", Scheme.NEGOTIATE),
    ("Negotiate", Scheme.NEGOTIATE),
    ("NegoNoCreds", Scheme.IMPERSONATED_NEGOTIATE),
    ("ImpersonatedNegotiate", Scheme.IMPERSONATED_NEGOTIATE),
    ("Basic", Scheme.BASIC),
    ("Kerberos", Scheme.KERBEROS),
    ("Ntlmdomain", Scheme.NTLM_DOMAIN),
    ("NtlmDomain", Scheme.NTLM_DOMAIN),
    ("CredSSP", Scheme.CRED_SSP),
    ("CredSsp", Scheme.CRED_SSP),
    ("ClientCerts", Scheme.CLIENT_CERTIFICATE),
    ("ClientCertificate", Scheme.CLIENT_CERTIFICATE),
    ("IssuerCert", Scheme.ISSUER_CERTIFICATE),
    ("IssuerCertificate", Scheme.ISSUER_CERTIFICATE),
]


@pytest.mark.parametrize(("text", "scheme"), _TEXTS)
@pytest.mark.parametrize("spelled", [str, str.upper, str.lower])
def test_a_scheme_is_known_by_either_of_its_texts_without_case(
    text: str, scheme: Scheme, spelled: Any
) -> None:
    assert Scheme(spelled(text)) is scheme


@pytest.mark.parametrize("text", ["Kerberos5", "", 4])
def test_another_text_is_no_scheme(text: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid Scheme"):
        Scheme(text)


@pytest.mark.parametrize(
    ("text", "user", "domain"),
    [
        (r"CONTOSO\ops", "ops", "CONTOSO"),
        ("ops@contoso.com", "ops@contoso.com", None),
        (r".\admin", "admin", "."),
        ("admin", "admin", None),
        (r"AzureAD\ops@contoso.com", "ops@contoso.com", "AzureAD"),
    ],
)
def test_the_forms_of_a_user_name(text: str, user: str, domain: str | None) -> None:
    assert UserName.parse(text) == UserName(user, domain)
    assert str(UserName.parse(text)) == text


def test_a_domain_may_be_given_apart() -> None:
    assert UserName.parse("ops", "CONTOSO") == UserName("ops", "CONTOSO")
    assert UserName.parse(r"CONTOSO\ops", "contoso") == UserName("ops", "CONTOSO")


def test_an_empty_domain_is_none() -> None:
    assert UserName.parse("ops", "") == UserName("ops", None)


@pytest.mark.parametrize(
    ("text", "domain"),
    [("", None), ("CONTOSO\\", None), ("\\ops", None), ("A\\B\\ops", None), ("A\\ops", "B")],
)
def test_a_user_name_without_user_or_with_two_domains_is_refused(
    text: str, domain: str | None
) -> None:
    with pytest.raises(InvalidParameter):
        Credentials.password(text, "hunter2", domain)


@pytest.mark.parametrize(
    ("text", "domain"),
    [("ops\r\nX: y", None), ("ops\0", None), ("CONTOSO\n\\ops", None), ("ops", "CONTOSO\x7f")],
)
def test_a_user_name_with_a_control_character_is_refused(text: str, domain: str | None) -> None:
    with pytest.raises(InvalidParameter, match="control character"):
        Credentials.password(text, "hunter2", domain)


@pytest.mark.parametrize("given", [(1, "x", None), ("ops", b"x", None), ("ops", "x", 5)])
def test_user_password_and_domain_are_strings(given: Any) -> None:
    with pytest.raises(TypeMismatch, match="are strings"):
        Credentials.password(*given)


def test_negotiate_is_the_default() -> None:
    credentials = Credentials.password("ops", "hunter2")
    assert credentials.scheme is Scheme.NEGOTIATE
    assert credentials.user == UserName("ops")


@pytest.mark.parametrize("scheme", ["NegoNoCreds", "None", "ClientCerts", "IssuerCert", "nonsense"])
def test_a_scheme_that_takes_no_password_is_refused_with_those_that_do(scheme: str) -> None:
    with pytest.raises(InvalidParameter, match="there are DEFAULT, NEGOTIATE, KERBEROS"):
        Credentials.password("ops", "hunter2", scheme=scheme)


def test_the_current_user_has_no_name_and_no_password() -> None:
    credentials = Credentials.current_user()
    assert (credentials.user, credentials.scheme) == (None, Scheme.IMPERSONATED_NEGOTIATE)
    with pytest.raises(InvalidParameter, match="no password"):
        credentials.reveal()


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "Negotiate"])
def test_a_scheme_that_needs_a_password_is_refused_for_the_current_user(scheme: str) -> None:
    with pytest.raises(InvalidParameter, match="there are DEFAULT, NONE"):
        Credentials.current_user(scheme)


def test_the_current_user_may_name_a_ticket_cache() -> None:
    credentials = Credentials.current_user("Kerberos", ticket_cache="FILE:/var/krb5/1")
    assert credentials.ticket_cache == "FILE:/var/krb5/1"
    assert Credentials.current_user().ticket_cache is None
    assert credentials != Credentials.current_user("Kerberos")
    with pytest.raises(TypeMismatch, match="ticket_cache is a string"):
        Credentials.current_user(ticket_cache=0)  # type: ignore[arg-type]


def test_a_keytab_is_a_user_and_a_file_and_by_itself_for_kerberos() -> None:
    credentials = Credentials.keytab("ops@CONTOSO.COM", "/etc/ops.keytab")
    assert credentials.scheme is Scheme.KERBEROS
    assert credentials.user == UserName("ops@CONTOSO.COM")
    assert credentials.keytab_file == "/etc/ops.keytab"
    assert not credentials.has_password
    assert repr(credentials) == "<Credentials KERBEROS 'ops@CONTOSO.COM'>"
    assert Credentials.keytab("ops", "x", "CONTOSO", "Negotiate").user == UserName("ops", "CONTOSO")


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (("ops", ""), InvalidParameter, "keytab_file is empty"),
        (("", "x"), InvalidParameter, "user name is empty"),
        (("ops", "x", None, "Basic"), InvalidParameter, "there are DEFAULT, NEGOTIATE, KERBEROS$"),
        ((None, "x"), TypeMismatch, "are strings"),
        (("ops", 1), TypeMismatch, "are strings"),
        (("ops", "x", 0), TypeMismatch, "are strings"),
    ],
)
def test_a_keytab_that_cannot_be_meant_is_refused(
    given: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        Credentials.keytab(*given)


def test_a_certificate_is_files_and_the_password_of_its_key() -> None:
    credentials = Credentials.certificate("ops.pem", "ops.key", "hunter2")
    assert credentials.scheme is Scheme.CLIENT_CERTIFICATE
    assert credentials.user is None
    files = credentials.certificate_files
    assert files == CertificateFiles("ops.pem", "ops.key", "hunter2")
    assert "hunter2" not in f"{credentials!r} {files!r}"
    assert repr(credentials) == "<Credentials CLIENT_CERTIFICATE certificate 'ops.pem'>"
    one_file = Credentials.certificate("ops.pem")
    assert one_file.certificate_files == CertificateFiles("ops.pem", None, None)
    assert one_file != credentials


def test_a_certificate_that_cannot_be_meant_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="cert_file is empty"):
        Credentials.certificate("")
    for given in ((None,), ("x", 1), ("x", None, b"secret")):
        with pytest.raises(TypeMismatch, match="are strings"):
            Credentials.certificate(*given)


def test_prompt_asks_on_the_terminal_once(monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return "hunter2"

    monkeypatch.setattr(getpass, "getpass", ask)
    credentials = Credentials.prompt("ops", "CONTOSO", "Basic")
    assert credentials == Credentials.password(r"CONTOSO\ops", "hunter2", scheme="Basic")
    assert prompts == ["Password for ops: "]


def test_prompt_refuses_a_bad_user_before_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda prompt: pytest.fail("asked"))
    with pytest.raises(InvalidParameter):
        Credentials.prompt("")


def test_the_password_reads_back_as_stars() -> None:
    shown = repr(Credentials.password("CONTOSO\\ops", "hunter2"))
    assert shown == r"<Credentials NEGOTIATE 'CONTOSO\\ops', '******'>"
    assert repr(Credentials.current_user("None")) == "<Credentials NONE current user>"


def test_only_reveal_gives_the_password() -> None:
    credentials = Credentials.password("ops", "hunter2")
    assert credentials.reveal() == "hunter2"
    assert "hunter2" not in f"{credentials} {credentials!r}"


def test_credentials_do_not_pickle() -> None:
    with pytest.raises(TypeError, match="hold a secret"):
        pickle.dumps(Credentials.password("ops", "hunter2"))
    with pytest.raises(TypeError, match="has a password"):
        pickle.dumps(Credentials.certificate("ops.pem", None, "hunter2").certificate_files)


def test_credentials_do_not_change_so_a_copy_is_the_same() -> None:
    credentials = Credentials.password("ops", "hunter2")
    assert copy.copy(credentials) is copy.deepcopy(credentials) is credentials
    with pytest.raises(AttributeError):
        credentials.scheme = Scheme.BASIC  # type: ignore[misc]


def test_credentials_are_equal_if_all_of_them_is() -> None:
    one = Credentials.password("ops", "hunter2")
    assert one == Credentials.password("ops", "hunter2")
    assert hash(one) == hash(Credentials.password("ops", "hunter2"))
    assert one != Credentials.password("ops", "hunter3")
    assert one != "ops"
