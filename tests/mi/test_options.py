"""Options: what may be set, to what, and what becomes of it."""

import copy
import pickle
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mi.credentials import Credentials
from mi.custom_options import CustomOption
from mi.errors import InvalidParameter, MIError, TypeMismatch
from mi.option_checks import seconds
from mi.options import (
    DestinationKeywords,
    DestinationOptions,
    OperationKeywords,
    OperationOptions,
    ServerKind,
    SubscriptionDeliveryKeywords,
    SubscriptionDeliveryOptions,
)
from mi.results import CallbackMode, CimType
from mi.store import SchemaStore

_OPS = Credentials.password("CONTOSO\\ops", "hunter2")


def _dial(host: str, port: int, timeout: float | None) -> socket.socket:
    return socket.create_connection((host, port), timeout)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(2, 2.0), (0.25, 0.25), (timedelta(minutes=2), 120.0), (4_294_967, 4_294_967.0)],
)
def test_a_time_is_seconds_or_a_timedelta(given: Any, expected: float) -> None:
    assert seconds(given, "timeout") == expected
    assert isinstance(seconds(given, "timeout"), float)


@pytest.mark.parametrize("given", ["60", True, None, [1]])
def test_nothing_else_is_a_time(given: Any) -> None:
    with pytest.raises(TypeMismatch, match="timeout is seconds or a timedelta"):
        seconds(given, "timeout")


@pytest.mark.parametrize(
    "given",
    [0, -1, float("inf"), float("nan"), 10**400, 4_294_968, timedelta(0), timedelta(days=50)],
)
def test_a_time_is_positive_and_no_longer_than_49_days(given: Any) -> None:
    with pytest.raises(InvalidParameter, match="timeout is more than 0 and at most"):
        seconds(given, "timeout")


@pytest.mark.parametrize("name", DestinationOptions.names)
def test_an_unset_option_reads_none(name: str) -> None:
    assert getattr(DestinationOptions(), name) is None


@pytest.mark.parametrize(
    ("name", "given", "reads"),
    [
        ("timeout", timedelta(seconds=90), 90.0),
        ("credentials", _OPS, (_OPS,)),
        ("credentials", [_OPS], (_OPS,)),
        ("transport", "https", "HTTPS"),
        ("transport", "Http", "HTTP"),
        ("destination_port", 65535, 65535),
        ("http_url_prefix", "wsman", "/wsman"),
        ("http_url_prefix", "/wsman?PSVersion=5", "/wsman?PSVersion=5"),
        ("packet_privacy", False, False),
        ("cert_ca_check", False, False),
        ("cert_cn_check", True, True),
        ("cert_revocation_check", True, True),
        ("certificate_fingerprint", "AB:" * 31 + "CD", "ab" * 31 + "cd"),
        ("ca_file", "ca.pem", "ca.pem"),
        ("trusted_certs_dir", "/etc/ssl/certs", "/etc/ssl/certs"),
        ("crl_file", "crl.pem", "crl.pem"),
        ("tls_server_name", "server01", "server01"),
        ("minimum_tls_version", "1.0", "1.0"),
        ("connect_to", "10.1.2.3:15986", "10.1.2.3:15986"),
        ("proxy", "http://proxy:3128", "http://proxy:3128"),
        ("proxy_type", "winhttp", "WinHTTP"),
        ("proxy_credentials", _OPS, (_OPS,)),
        ("dialer", _dial, _dial),
        ("max_envelope_size", 8, 8),
        ("max_elements", 1, 1),
        ("max_connections", 1, 1),
        ("ui_locale", "de-DE", "de-DE"),
        ("data_locale", "x" * 128, "x" * 128),
        ("default_namespace", r"\root\CIMV2", "root/CIMV2"),
        ("service_principal", "WSMAN/web.contoso.com", "WSMAN/web.contoso.com"),
        ("service_principal", "HTTP/web:5985@CONTOSO.COM", "HTTP/web:5985@CONTOSO.COM"),
        ("encode_port_in_spn", True, True),
        ("delegation", True, True),
        ("server_kind", "OMI", ServerKind.OMI),
        ("server_kind", ServerKind.WINRM2, ServerKind.WINRM2),
    ],
)
def test_an_option_reads_what_it_was_set_to_in_its_usual_form(
    name: str, given: Any, reads: Any
) -> None:
    by_keyword = DestinationOptions(**{name: given})  # type: ignore[misc]
    by_attribute = DestinationOptions()
    setattr(by_attribute, name, given)
    assert getattr(by_keyword, name) == getattr(by_attribute, name) == reads


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("timeout", "60"),
        ("credentials", "CONTOSO\\ops"),
        ("credentials", [_OPS, "other"]),
        ("credentials", []),
        ("transport", 1),
        ("destination_port", "5985"),
        ("destination_port", True),
        ("destination_port", 59.85),
        ("http_url_prefix", b"/wsman"),
        ("packet_privacy", 1),
        ("cert_ca_check", "no"),
        ("ca_file", 5),
        ("certificate_fingerprint", 5),
        ("connect_to", 5986),
        ("proxy", b"http://proxy:3128"),
        ("proxy_credentials", "ops"),
        ("dialer", "socks"),
        ("minimum_tls_version", 1.2),
        ("max_envelope_size", 1.5),
        ("ui_locale", 5),
        ("default_namespace", 5),
        ("service_principal", 5),
        ("delegation", "yes"),
        ("server_kind", 3),
        ("schema", "classes.mof"),
        ("schema", {}),
    ],
)
def test_an_option_of_the_wrong_type_is_a_type_mismatch(name: str, given: Any) -> None:
    with pytest.raises(TypeMismatch):
        DestinationOptions(**{name: given})  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("timeout", 0),
        ("transport", "FTP"),
        ("transport", ""),
        ("destination_port", 0),
        ("destination_port", 65536),
        ("http_url_prefix", "/ws man"),
        ("http_url_prefix", "/wsman#top"),
        ("http_url_prefix", " "),
        ("ca_file", ""),
        ("certificate_fingerprint", "ab" * 20),
        ("connect_to", ""),
        ("proxy", " "),
        ("proxy", "http://ops:hunter2@proxy:3128"),
        ("proxy_type", "socks"),
        ("minimum_tls_version", "1.1"),
        ("trusted_certs_dir", "a\x00b"),
        ("max_envelope_size", 7),
        ("max_envelope_size", 4_194_304),
        ("max_elements", 0),
        ("max_connections", 0),
        ("max_connections", 1001),
        ("max_elements", 2**32),
        ("ui_locale", "x" * 129),
        ("ui_locale", "de\nDE"),
        ("default_namespace", "root\virtualization"),
        ("default_namespace", ""),
        ("service_principal", "web.contoso.com"),
        ("service_principal", "HTTP/"),
        ("service_principal", "HTTP/web server"),
        ("service_principal", "HTTP/web@"),
        ("server_kind", "vms"),
    ],
)
def test_an_option_out_of_range_is_an_invalid_parameter(name: str, given: Any) -> None:
    with pytest.raises(InvalidParameter):
        DestinationOptions(**{name: given})  # type: ignore[misc]


def test_a_refused_value_leaves_the_old_one() -> None:
    options = DestinationOptions(destination_port=5985)
    with pytest.raises(InvalidParameter):
        options.destination_port = 0
    assert options.destination_port == 5985


def test_an_unknown_option_is_refused_by_name_with_those_there_are() -> None:
    with pytest.raises(InvalidParameter, match=r"no option 'prot'.*destination_port"):
        DestinationOptions(prot=5985)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("username", "credentials=mi.Credentials.password("),
        ("password", "credentials=mi.Credentials.password("),
        ("port", "destination_port="),
        ("ssl", "transport='HTTPS'"),
        ("verify", "ca_file="),
    ],
)
def test_what_other_libraries_call_an_option_is_answered_with_its_name_here(
    name: str, meant: str
) -> None:
    with pytest.raises(InvalidParameter, match="has no option") as raised:
        DestinationOptions(**{name: "x"})
    assert meant in str(raised.value.advice)


def test_a_misspelt_attribute_is_refused() -> None:
    options = DestinationOptions()
    with pytest.raises(AttributeError):
        options.destination_prot = 5985  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [DestinationOptions, OperationOptions])
def test_none_and_del_unset_an_option(kind: type[DestinationOptions | OperationOptions]) -> None:
    options = kind(max_elements=10)
    options.max_elements = None
    del options.max_elements
    assert options.max_elements is None
    assert options == kind()


@pytest.mark.parametrize("kind", [DestinationOptions, OperationOptions])
def test_a_timeout_of_none_is_for_ever_and_not_unset(
    kind: type[DestinationOptions | OperationOptions],
) -> None:
    options = kind(timeout=None)
    assert options.timeout is None
    assert options != kind()
    del options.timeout
    assert options == kind()


@pytest.mark.parametrize(
    ("keywords", "kind"),
    [(DestinationKeywords, DestinationOptions), (OperationKeywords, OperationOptions)],
)
def test_every_option_is_a_keyword_too(keywords: Any, kind: Any) -> None:
    assert tuple(keywords.__annotations__) == kind.names


def test_every_option_says_what_it_is() -> None:
    for name in DestinationOptions.names:
        assert getattr(DestinationOptions, name).__doc__.endswith(".")


def test_options_are_equal_if_they_say_the_same() -> None:
    assert DestinationOptions(timeout=5) == DestinationOptions(timeout=timedelta(seconds=5))
    assert DestinationOptions(timeout=5) != DestinationOptions()
    assert DestinationOptions(timeout=5) != OperationOptions(timeout=5)
    assert DestinationOptions() != 5


def test_options_have_no_hash_for_they_change() -> None:
    with pytest.raises(TypeError):
        hash(DestinationOptions())


@pytest.mark.parametrize("copied", [DestinationOptions.copy, copy.copy])
def test_a_copy_and_its_original_leave_each_other_alone(copied: Any) -> None:
    original = DestinationOptions(destination_port=1)
    twin = copied(original)
    twin.destination_port = 2
    original.transport = "HTTPS"
    assert (original.destination_port, twin.destination_port) == (1, 2)
    assert twin.transport is None


def test_options_without_secrets_pickle() -> None:
    options = DestinationOptions(destination_port=1, timeout=None)
    assert pickle.loads(pickle.dumps(options)) == options


def test_options_with_secrets_do_not_pickle() -> None:
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(DestinationOptions(credentials=_OPS))


def test_a_password_is_not_in_the_repr_of_options() -> None:
    shown = repr(DestinationOptions(credentials=_OPS, destination_port=1))
    assert "hunter2" not in shown
    assert "******" in shown
    assert "destination_port=1" in shown


@pytest.mark.parametrize("given", ["hunter2", ("ops", "hunter2"), {"password": "hunter2"}])
def test_a_password_given_the_wrong_way_is_not_in_the_error(given: Any) -> None:
    with pytest.raises(MIError) as caught:
        DestinationOptions(credentials=given)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(MIError) as caught:
        DestinationOptions(password=given)  # type: ignore[call-arg]
    assert "hunter2" not in str(caught.value)


def test_several_users_are_tried_in_order() -> None:
    other = Credentials.password("other", "x")
    assert DestinationOptions(credentials=[_OPS, other]).credentials == (_OPS, other)


@pytest.mark.parametrize("user", ["CONTOSO\\ops", "contoso\\OPS"])
def test_the_same_user_twice_for_one_scheme_is_refused_without_the_password(user: str) -> None:
    twice = [_OPS, Credentials.password(user, "other")]
    with pytest.raises(InvalidParameter, match="given twice") as caught:
        DestinationOptions(credentials=twice)
    assert "other" not in str(caught.value)


def test_the_same_user_may_come_with_two_schemes() -> None:
    twice = [_OPS, Credentials.password("CONTOSO\\ops", "hunter2", scheme="Basic")]
    assert DestinationOptions(credentials=twice).credentials == tuple(twice)


@pytest.mark.parametrize("name", ["credentials", "proxy_credentials"])
def test_a_session_asks_a_callable_for_credentials_once(name: str) -> None:
    asked = []

    def ask() -> Credentials:
        asked.append(1)
        return _OPS

    options = DestinationOptions(**{name: [ask, _OPS]})  # type: ignore[misc]
    sources = getattr(options.for_session(), name)
    assert [callable(source) for source in sources] == [True, False]
    assert callable(sources[0])
    assert sources[0]() is sources[0]() is _OPS
    assert asked == [1]
    assert getattr(options, name) == (ask, _OPS)


def test_a_session_without_credentials_keeps_none() -> None:
    assert DestinationOptions(timeout=5).for_session() == DestinationOptions(timeout=5)


def test_a_schema_store_may_be_shared_by_option() -> None:
    store = SchemaStore()
    assert DestinationOptions(schema=store).schema is store
    assert DestinationOptions(schema=store).for_session().schema is store


@pytest.mark.parametrize(
    ("name", "given", "reads"),
    [
        ("delivery_type", "push", "PUSH"),
        ("maximum_latency", timedelta(seconds=30), 30.0),
        ("heartbeat_interval", 5, 5.0),
        ("expiration_time", timedelta(hours=1), 3600.0),
        ("expiration_time", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
        ("bookmark", "<BookmarkList>\n</BookmarkList>", "<BookmarkList>\n</BookmarkList>"),
        ("delivery_retry_interval", 60, 60.0),
        ("delivery_retry_attempts", 0, 0),
        ("delivery_destination", "collector.example", "collector.example"),
        ("delivery_port_number", 5985, 5985),
        ("delivery_credentials", _OPS, (_OPS,)),
    ],
)
def test_an_option_of_delivery_reads_what_it_was_set_to(name: str, given: Any, reads: Any) -> None:
    options = SubscriptionDeliveryOptions()
    assert getattr(options, name) is None
    setattr(options, name, given)
    assert getattr(options, name) == reads
    assert pickle.loads(pickle.dumps(SubscriptionDeliveryOptions())) == type(options)()


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"delivery_type": "FETCH"}, InvalidParameter),
        ({"expiration_time": datetime(2026, 11, 1)}, TypeMismatch),  # noqa: DTZ001 - the point
        ({"expiration_time": "tomorrow"}, TypeMismatch),
        ({"expiration_time": 0}, InvalidParameter),
        ({"bookmark": "  "}, InvalidParameter),
        ({"bookmark": b"<BookmarkList/>"}, TypeMismatch),
        ({"delivery_port_number": 0}, InvalidParameter),
        ({"heartbeats": 5}, InvalidParameter),
    ],
)
def test_what_no_delivery_can_be_is_refused(keywords: Any, error: type[MIError]) -> None:
    with pytest.raises(error):
        SubscriptionDeliveryOptions(**keywords)


def test_the_keywords_of_delivery_are_its_options() -> None:
    assert tuple(SubscriptionDeliveryKeywords.__annotations__) == SubscriptionDeliveryOptions.names


# The options of an operation


@pytest.mark.parametrize(
    ("name", "given", "reads"),
    [
        ("timeout", 5, 5.0),
        ("max_elements", 10, 10),
        ("write_error_mode", CallbackMode.INQUIRE, CallbackMode.INQUIRE),
        ("prompt_user_mode", 2, CallbackMode.IGNORE),
        ("prompt_user_regular_ack_value", False, False),
        ("enabled_channels", [1, 77], {1, 77}),
        ("resource_uri", "http://schemas.acme.com/x", "http://schemas.acme.com/x"),
        ("resource_uri_prefix", "http://schemas.acme.com", "http://schemas.acme.com"),
        ("provider_architecture", 32, 32),
        ("provider_architecture", 64, 64),
        ("required_architecture", True, True),
        ("use_machine_id", False, False),
    ],
)
def test_an_option_of_an_operation_reads_what_it_was_set_to(
    name: str, given: Any, reads: Any
) -> None:
    assert getattr(OperationOptions(**{name: given}), name) == reads  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "given", "kind"),
    [
        ("provider_architecture", 16, InvalidParameter),
        ("provider_architecture", "64", TypeMismatch),
        ("provider_architecture", True, TypeMismatch),
        ("required_architecture", 1, TypeMismatch),
        ("use_machine_id", 0, TypeMismatch),
        ("resource_uri", "", InvalidParameter),
        ("resource_uri", 5, TypeMismatch),
        ("resource_uri_prefix", "a\nb", InvalidParameter),
        ("write_error_mode", "INQUIRE", TypeMismatch),
        ("write_error_mode", 3, InvalidParameter),
        ("enabled_channels", 1, TypeMismatch),
        ("enabled_channels", ["1"], TypeMismatch),
    ],
)
def test_what_no_operation_can_take_is_refused(name: str, given: Any, kind: type[MIError]) -> None:
    with pytest.raises(kind):
        OperationOptions(**{name: given})  # type: ignore[misc]


def test_channels_are_enabled_and_disabled_one_by_one() -> None:
    options = OperationOptions()
    options.disable_channel(1)
    options.enable_channel(77)
    assert options.enabled_channels == {0, 2, 77}


# Custom options


@pytest.mark.parametrize(
    "kind", [DestinationOptions, OperationOptions, SubscriptionDeliveryOptions]
)
def test_options_that_mi_has_no_name_for_are_set_by_name(kind: Any) -> None:
    options = kind()
    options.set_custom("Mode", "fast")
    options.set_custom("Level", 7, CimType.UINT8, must_comply=True)
    options.set_custom("Marker", None)
    assert options.custom == {
        "Mode": CustomOption("Mode", "fast", CimType.STRING),
        "Level": CustomOption("Level", 7, CimType.UINT8, must_comply=True),
        "Marker": CustomOption("Marker"),
    }


def test_a_custom_option_may_change_its_value_and_not_its_type() -> None:
    options = OperationOptions()
    options.set_custom("Mode", "fast")
    options.set_custom("Mode", "slow")
    with pytest.raises(TypeMismatch, match="Mode has another type already"):
        options.set_custom("Mode", 7)
    assert options.custom["Mode"].value == "slow"


@pytest.mark.parametrize("name", ["timeout", "__MI_USE_SSL", ""])
def test_what_has_an_attribute_of_its_own_is_no_custom_option(name: str) -> None:
    with pytest.raises(InvalidParameter):
        OperationOptions().set_custom(name, 1)


def test_custom_options_are_copied_compared_and_shown_with_the_others() -> None:
    options = OperationOptions(timeout=5)
    options.set_custom("Mode", "fast")
    twin = options.copy()
    assert twin == options
    assert pickle.loads(pickle.dumps(options)) == options
    assert "Mode: 'fast'" in repr(options)
    twin.set_custom("Mode", "slow")
    assert options.custom["Mode"].value == "fast"
    assert twin != options
    assert options != OperationOptions(timeout=5)
