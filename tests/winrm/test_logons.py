"""Logons through the public API: what each costs, what a refusal does, what is not believed."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

import mi
from mi import Credentials, Scheme
from protocols.loopback import Endpoint
from protocols.loopback.disturbances import AUTHENTICATION, Replace
from protocols.loopback.users import User, registered
from tests.sessions import settles

ALL = ("Negotiate", "Kerberos", "CredSSP", "Digest", "Basic")


def offered(is_tls: bool) -> tuple[str, ...]:
    """All there is; there are no certificates without TLS."""
    return (*ALL, "Certificate") if is_tls else ALL


def session(endpoint: Endpoint, credentials: Credentials, **options: Any) -> mi.Session:
    transport = "HTTP" if endpoint.ca_file is None else "HTTPS"
    return mi.connect(
        endpoint.host,
        destination_port=endpoint.port,
        credentials=credentials,
        transport=transport,
        ca_file=endpoint.ca_file,
        **options,
    )


# Round trips (performance.md has the reasons): what the first operation of a connection costs
# besides its own exchange. HTTP is sealed.
_COSTS = [
    (False, Scheme.NTLM_DOMAIN, {}, 2),
    (False, Scheme.NEGOTIATE, {}, 2),
    (
        False,
        Scheme.NTLM_DOMAIN,
        {"server_kind": "omi"},
        1,
    ),  # which takes a body with the last token
    (False, Scheme.NEGOTIATE, {"server_kind": "omi"}, 1),
    (False, Scheme.NTLM_DOMAIN, {"packet_privacy": False}, 1),
    (False, Scheme.DIGEST, {"packet_privacy": False}, 1),
    (False, Scheme.BASIC, {"packet_privacy": False}, 0),
    (False, Scheme.CRED_SSP, {}, 5),
    (True, Scheme.NTLM_DOMAIN, {}, 1),
    (True, Scheme.NEGOTIATE, {}, 1),
    (True, Scheme.DIGEST, {}, 1),
    (True, Scheme.BASIC, {}, 0),
    (True, Scheme.CLIENT_CERTIFICATE, {}, 0),
    (True, Scheme.CRED_SSP, {}, 5),
]


@pytest.mark.parametrize(("is_tls", "scheme", "options", "cost"), _COSTS)
def test_a_logon_costs_so_many_exchanges_and_a_second_operation_none(
    is_tls: bool, scheme: Scheme, options: dict[str, Any], cost: int
) -> None:
    is_open = options.get("packet_privacy") is False
    with Endpoint(schemes=offered(is_tls), tls=is_tls, allow_unencrypted=is_open) as endpoint:
        with session(endpoint, endpoint.credentials_for(scheme), **options) as opened:
            opened.test_connection()
            assert endpoint.requests == cost + 1
            for _ in range(3):
                opened.test_connection()
        assert endpoint.requests == cost + 4
        assert endpoint.connections == endpoint.logons == 1
        assert endpoint.refused_logons == 0
        assert all(one.is_sealed is not (is_tls or is_open) for one in endpoint.exchanges)


@pytest.mark.parametrize(("is_tls", "scheme", "options", "cost"), _COSTS)
def test_another_connection_costs_one_logon_more_with_a_credential_that_was_accepted(
    is_tls: bool, scheme: Scheme, options: dict[str, Any], cost: int
) -> None:
    is_open = options.get("packet_privacy") is False
    again = 0 if scheme is Scheme.DIGEST else cost  # whose challenge is good for all of them
    with Endpoint(schemes=offered(is_tls), tls=is_tls, allow_unencrypted=is_open) as endpoint:
        with session(endpoint, endpoint.credentials_for(scheme), **options) as opened:
            opened.test_connection()
            endpoint.drop_connections()
            assert settles(lambda: endpoint.open_connections == 0)
            opened.test_connection()
        assert endpoint.requests == cost + again + 2
        assert endpoint.connections == endpoint.logons == 2
        assert endpoint.refused_logons == 0


def test_a_request_that_is_too_large_does_not_go_along_with_the_last_token() -> None:
    with Endpoint(tls=True) as endpoint:
        with session(endpoint, endpoint.credentials) as opened:
            name = "x" * 70_000
            with pytest.raises(mi.MIError):
                opened.get_instance(f"Win32_Service.Name='{name}'")
        assert endpoint.requests == 3


@pytest.mark.parametrize("scheme", [Scheme.CRED_SSP, Scheme.NTLM_DOMAIN])
def test_long_messages_pass_both_ways(scheme: Scheme) -> None:
    with Endpoint(schemes=ALL) as endpoint:
        with session(endpoint, endpoint.credentials_for(scheme)) as opened:
            assert len(opened.enumerate_instances("Win32_Service").all()) == 125
            with pytest.raises(mi.MIError):
                opened.get_instance(f"Win32_Service.Name='{'x' * 40_000}'")
        assert max(len(one.reply_bytes) for one in endpoint.exchanges) > 3 * 16384
        assert max(len(one.request_bytes) for one in endpoint.exchanges) > 2 * 16384
        assert all(one.is_sealed for one in endpoint.exchanges)


# Who one is


_FORMS: dict[str, Callable[[str], dict[str, str]]] = {
    r"DOMAIN\user": lambda name: {"user": rf"LOOPBACK\{name}"},
    "user@realm": lambda name: {"user": f"{name}@loopback.test"},
    r".\user": lambda name: {"user": rf".\{name}"},
    "user": lambda name: {"user": name},
    "domain=": lambda name: {"user": name, "domain": "LOOPBACK"},
}


# By Kerberos in test_kerberos_realm.
@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize(
    ("is_tls", "scheme"),
    [
        (False, Scheme.NTLM_DOMAIN),
        (False, Scheme.NEGOTIATE),
        (False, Scheme.CRED_SSP),
        (True, Scheme.DIGEST),
        (True, Scheme.BASIC),
    ],
)
def test_each_form_of_a_user_name_is_known_by_each_scheme(
    is_tls: bool, scheme: Scheme, form: str
) -> None:
    with Endpoint(schemes=offered(is_tls), tls=is_tls) as endpoint:
        named = _FORMS[form](endpoint.user.name)
        given = Credentials.password(**named, password=endpoint.user.password, scheme=scheme)
        with session(endpoint, given) as opened:
            assert opened.test_connection() is not None
        assert (endpoint.logons, endpoint.refused_logons) == (1, 0)


def test_a_callable_is_asked_once_whatever_asks() -> None:
    with Endpoint() as endpoint:
        asked = []

        def vault() -> Credentials:
            asked.append(1)
            return endpoint.credentials

        with session(endpoint, vault) as opened:  # type: ignore[arg-type]
            for _ in range(2):
                opened.test_connection()
                endpoint.drop_connections()
        assert asked == [1]
        assert endpoint.logons == 2


def test_nobody_is_let_in_nowhere() -> None:
    with (
        Endpoint(tls=True) as endpoint,
        session(endpoint, Credentials.current_user("None")) as opened,
        pytest.raises(mi.AuthenticationFailed, match="does not take requests of nobody"),
    ):
        opened.test_connection()


# Lockout


@pytest.mark.parametrize(
    ("is_tls", "scheme"),
    [
        (False, Scheme.NEGOTIATE),
        (False, Scheme.NTLM_DOMAIN),
        (False, Scheme.CRED_SSP),
        (True, Scheme.NTLM_DOMAIN),
        (True, Scheme.DIGEST),
        (True, Scheme.BASIC),
    ],
)
def test_64_threads_with_a_wrong_password_are_one_attempt(is_tls: bool, scheme: Scheme) -> None:
    failures: list[BaseException] = []

    def work(opened: mi.Session) -> None:
        try:
            opened.test_connection()
        except mi.MIError as error:
            failures.append(error)

    with Endpoint(schemes=offered(is_tls), tls=is_tls) as endpoint:
        wrong = Credentials.password(endpoint.user.name, "wrong", scheme=scheme)
        with session(endpoint, wrong, max_connections=8) as opened:
            threads = [threading.Thread(target=work, args=(opened,)) for _ in range(64)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert endpoint.refused_logons == 1
            sent = endpoint.requests, endpoint.connections
            for _ in range(3):
                with pytest.raises(mi.AuthenticationFailed, match="does not accept"):
                    opened.test_connection()
            assert (endpoint.requests, endpoint.connections) == sent
        assert endpoint.logons == 0
    assert len(failures) == 64
    assert all(isinstance(failure, mi.AuthenticationFailed) for failure in failures)


@pytest.mark.parametrize("scheme", [Scheme.BASIC, Scheme.DIGEST])
def test_a_password_that_is_refused_later_is_not_sent_again_either(scheme: Scheme) -> None:
    with Endpoint(schemes=offered(is_tls=True), tls=True) as endpoint:
        with session(endpoint, endpoint.credentials_for(scheme)) as opened:
            opened.test_connection()
            object.__setattr__(endpoint.user, "password", "changed in the meantime")
            for _ in range(3):
                with pytest.raises(mi.AuthenticationFailed):
                    opened.test_connection()
        # Digest answers one more challenge, since its nonce might only have been too old.
        assert endpoint.refused_logons == (2 if scheme is Scheme.DIGEST else 1)


@pytest.mark.parametrize(
    ("is_tls", "scheme"),
    [(False, Scheme.NTLM_DOMAIN), (False, Scheme.CRED_SSP), (True, Scheme.BASIC)],
)
def test_a_password_that_changes_is_refused_no_more_often_than_there_are_connections(
    is_tls: bool, scheme: Scheme
) -> None:
    def all_at_once(opened: mi.Session) -> list[BaseException]:
        failures: list[BaseException] = []

        def work() -> None:
            try:
                opened.test_connection(timeout=60)
            except mi.MIError as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return failures

    with (
        Endpoint(schemes=offered(is_tls), tls=is_tls) as endpoint,
        session(endpoint, endpoint.credentials_for(scheme)) as opened,
    ):
        assert all_at_once(opened) == []
        object.__setattr__(endpoint.user, "password", "changed in the meantime")
        with registered(User.random()):  # so that the acceptor is told
            endpoint.drop_connections()
            assert settles(lambda: endpoint.open_connections == 0)
            refused = [
                one for one in all_at_once(opened) if isinstance(one, mi.AuthenticationFailed)
            ]
            assert len(refused) == 64
            assert (
                1 <= endpoint.refused_logons <= 4
            )  # those that a session opens, unless it is told
            sent = endpoint.requests
            with pytest.raises(mi.AuthenticationFailed):
                opened.test_connection()
            assert endpoint.requests == sent


def test_a_list_goes_on_to_another_user_and_never_to_the_same() -> None:
    with Endpoint(schemes=offered(is_tls=True), tls=True) as endpoint:
        name, password = endpoint.user.name, endpoint.user.password
        wrong = Credentials.password(name, "wrong")
        other = Credentials.password("somebody", "else", scheme="Basic")
        same = Credentials.password(f"LOOPBACK\\{name}", password, scheme="Basic")
        given: Any = [wrong, same]
        with session(endpoint, given) as opened, pytest.raises(mi.AuthenticationFailed):
            opened.test_connection()
        assert (endpoint.refused_logons, endpoint.logons) == (1, 0)
        given = [other, same]
        with session(endpoint, given) as opened:
            opened.test_connection()
        assert (endpoint.refused_logons, endpoint.logons) == (2, 1)


def test_a_list_goes_on_where_the_scheme_is_not_offered() -> None:
    with Endpoint(schemes=("Basic",), tls=True) as endpoint:
        schemes = (Scheme.NEGOTIATE, Scheme.CRED_SSP, Scheme.DIGEST, Scheme.BASIC)
        given: Any = [endpoint.credentials_for(scheme) for scheme in schemes]
        with session(endpoint, given) as opened:
            opened.test_connection()
        assert (endpoint.refused_logons, endpoint.logons) == (0, 1)


# Downgrades


@pytest.mark.parametrize("scheme", [Scheme.NEGOTIATE, Scheme.NTLM_DOMAIN, Scheme.CRED_SSP])
def test_a_server_that_offers_only_basic_is_told_nothing(scheme: Scheme) -> None:
    with Endpoint(schemes=("Basic",)) as endpoint:
        with session(endpoint, endpoint.credentials_for(scheme)) as opened:
            for _ in range(2):
                with pytest.raises(mi.AuthenticationFailed, match="it offers Basic"):
                    opened.test_connection()
        assert endpoint.requests == 1
        assert endpoint.logons == endpoint.refused_logons == 0


def test_a_reply_that_is_not_sealed_is_no_data() -> None:
    with Endpoint() as endpoint, session(endpoint, endpoint.credentials) as opened:
        opened.test_connection()
        plain = endpoint.exchanges[0].reply_bytes
        headers = {"Content-Type": "application/soap+xml;charset=UTF-8"}
        endpoint.disturb(Replace("Identify", body=plain, headers=headers))
        with pytest.raises(mi.MIError, match="not sealed"):
            opened.test_connection()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda body: body[:-60], id="cut off"),
        pytest.param(lambda body: body.replace(b"Length=", b"Length=9"), id="a wrong length"),
        pytest.param(
            lambda body: body[:-40] + bytes([body[-40] ^ 1]) + body[-39:], id="a wrong signature"
        ),
        pytest.param(lambda body: b"", id="nothing"),
    ],
)
def test_a_sealed_reply_that_was_changed_is_no_data(spoil: Callable[[bytes], bytes]) -> None:
    with Endpoint() as endpoint, session(endpoint, endpoint.credentials) as opened:
        opened.test_connection()
        endpoint.disturb(Replace("Identify", body=spoil))
        with pytest.raises(mi.MIError):
            opened.test_connection()


def test_a_logon_that_is_answered_by_success_alone_seals_nothing() -> None:
    with Endpoint() as endpoint:
        endpoint.disturb(Replace(AUTHENTICATION, status=200, count=9))
        with (
            session(endpoint, endpoint.credentials) as opened,
            pytest.raises(mi.MIError, match="HTTP status 200"),
        ):
            opened.test_connection()
        assert endpoint.exchanges == []
