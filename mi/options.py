"""Options of destinations and operations, named as MI names them, in snake case.

An option that was not set reads None; what a handler then does is its default. A wrong type or a
value out of range is refused when the option is set. Options are copied when they are used, so a
later change has no effect on a session or an operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self, TypedDict, Unpack

from mi import option_checks as check
from mi.asked_once import asked_once
from mi.credentials import CredentialsSource
from mi.network_options import TLS_VERSIONS, Dialer, dialer, fingerprint, proxy_url
from mi.option_set import Option, OptionSet, TimeOption
from mi.results import CallbackMode, MessageChannel

__all__ = [
    "BOOKMARK_NEWEST",
    "BOOKMARK_OLDEST",
    "DestinationKeywords",
    "DestinationOptions",
    "OperationKeywords",
    "OperationOptions",
    "ServerKind",
    "SubscriptionDeliveryKeywords",
    "SubscriptionDeliveryOptions",
]

BOOKMARK_OLDEST = "MI_SUBSCRIBE_BOOKMARK_OLDEST"
"""In the place of a bookmark: from the oldest event that is still there (mi.h)."""

BOOKMARK_NEWEST = "MI_SUBSCRIBE_BOOKMARK_NEWEST"
"""In the place of a bookmark: what comes from now on, which is what comes without one (mi.h)."""


class ServerKind(StrEnum):
    """What kind of server a destination is, where that is known beforehand."""

    WINRM3 = "winrm3"
    WINRM2 = "winrm2"
    WINRM1 = "winrm1"
    OMI = "omi"
    OPENWSMAN = "openwsman"
    IDRAC = "idrac"
    AMT = "amt"


def _server_kind(value: str, what: str) -> ServerKind:
    return ServerKind(check.choice(*ServerKind)(value, what))


class DestinationKeywords(TypedDict, total=False):
    """The options of a destination as keywords; `DestinationOptions` says what each means."""

    timeout: float | timedelta | None
    credentials: CredentialsSource | Sequence[CredentialsSource] | None
    transport: str | None
    destination_port: int | None
    http_url_prefix: str | None
    connect_to: str | None
    proxy: str | None
    proxy_type: str | None
    proxy_credentials: CredentialsSource | Sequence[CredentialsSource] | None
    dialer: Dialer | None
    packet_privacy: bool | None
    cert_ca_check: bool | None
    cert_cn_check: bool | None
    cert_revocation_check: bool | None
    certificate_fingerprint: str | None
    ca_file: str | None
    trusted_certs_dir: str | None
    crl_file: str | None
    tls_server_name: str | None
    minimum_tls_version: str | None
    max_envelope_size: int | None
    max_elements: int | None
    max_connections: int | None
    ui_locale: str | None
    data_locale: str | None
    default_namespace: str | None
    service_principal: str | None
    encode_port_in_spn: bool | None
    delegation: bool | None
    server_kind: str | None
    schema: Any


_ELSEWHERE: Final = {
    **dict.fromkeys(
        ("auth", "password", "user", "username"),
        "Say credentials=mi.Credentials.password(user, password).",
    ),
    **dict.fromkeys(("https", "ssl", "tls"), "Say transport='HTTPS'."),
    "port": "Say destination_port=.",
    "verify": "Say ca_file=, or certificate_fingerprint=; cert_ca_check=False takes any.",
}


class DestinationOptions(OptionSet):
    """How to reach a destination (MI_DestinationOptions); each attribute is a keyword too.

    Raises:
        InvalidParameter: there is no such option, or its value is out of range.
        TypeMismatch: its value has the wrong type.
    """

    __slots__ = ()

    elsewhere = _ELSEWHERE

    timeout = TimeOption(
        check.seconds, "Seconds or timedelta, for each operation; None waits for ever. 60 s."
    )
    credentials = Option(check.credentials, "One `Credentials`, a callable, or a list of them.")
    transport = Option(
        check.choice("HTTP", "HTTPS"), "HTTP or HTTPS. HTTP, whose messages are sealed."
    )
    destination_port = Option(check.number(1, 65535), "The port. 5985 for HTTP, 5986 for HTTPS.")
    http_url_prefix = Option(check.url_prefix, "The path of the service. /wsman.")
    connect_to = Option(
        check.text,
        "`host:port` or `host` that the connection goes to, while the destination stays the name"
        " of the server. The destination.",
    )
    proxy = Option(
        proxy_url, "`http://host:port` of a proxy, which is asked to CONNECT to it. None."
    )
    proxy_type = Option(
        check.choice("None", "Auto", "IE", "WinHTTP"),
        "Where a proxy is named if `proxy` does not: Auto is the environment, then the system; IE"
        " the user's settings on Windows. None.",
    )
    proxy_credentials = Option(
        check.credentials, "Who we are for the proxy, by Basic, Digest, NTLM or Negotiate. Nobody."
    )
    dialer = Option(
        dialer,
        "Brings the socket: called with host, port and seconds left, as `mi.network_options.Dialer`"
        " says. One of the library's own.",
    )
    packet_privacy = Option(check.boolean, "Whether messages must be sealed or under TLS. True.")
    cert_ca_check = Option(check.boolean, "Whether the certificate's issuers are verified. True.")
    cert_cn_check = Option(check.boolean, "Whether the certificate's names are verified. True.")
    cert_revocation_check = Option(
        check.boolean,
        "Whether revocation is looked up in `crl_file`. Where that is given; MI's default is True.",
    )
    certificate_fingerprint = Option(
        fingerprint,
        "The SHA-256 of the only certificate to take, in hexadecimal; the other checks are then"
        " made only where they are True. Any.",
    )
    ca_file = Option(check.text, "A PEM file of the authorities to trust. The system's.")
    trusted_certs_dir = Option(check.text, "A directory of the authorities to trust. The system's.")
    crl_file = Option(
        check.text, "A PEM file of the revocation lists of all the authorities of the chain. None."
    )
    tls_server_name = Option(
        check.text, "The name to ask for and to find in the certificate. The destination."
    )
    minimum_tls_version = Option(
        check.choice(*TLS_VERSIONS),
        "1.0, 1.2 or 1.3. Below 1.2, weak ciphers, keys and signatures are taken, too. 1.2.",
    )
    max_envelope_size = Option(
        check.number(8, 4_194_303), "KB of the largest reply to ask for. 500."
    )
    max_elements = Option(check.number(1, 0xFFFFFFFF), "Results to ask for in one reply. 32,000.")
    max_connections = Option(
        check.number(1, 1000), "Connections of a session at most, made as they are needed. 4."
    )
    ui_locale = Option(check.locale, "The language of messages (RFC 5646). en-US.")
    data_locale = Option(check.locale, "The format of data (RFC 5646). en-US.")
    default_namespace = Option(check.namespace, "Where operations go that name none. root/cimv2.")
    service_principal = Option(
        check.service_principal,
        "The server's Kerberos name, `SERVICE/host` or `SERVICE/host@REALM`."
        " HTTP and the destination as it was written.",
    )
    encode_port_in_spn = Option(check.boolean, "Whether its Kerberos name has the port. False.")
    delegation = Option(
        check.boolean, "Whether Kerberos lets the server act for the user towards others. False."
    )
    server_kind = Option(_server_kind, "What kind of server it is. WinRM 3 or newer.")
    schema = Option(check.schema, "A `SchemaStore` to share with other sessions. Its own.")

    def __init__(self, **values: Unpack[DestinationKeywords]) -> None:
        super().__init__(**values)

    def for_session(self) -> Self:
        """Return the copy that a session keeps, whose callables ask for credentials once."""
        twin = self.copy()
        if self.credentials is not None:
            twin.credentials = tuple(map(asked_once, self.credentials))
        if self.proxy_credentials is not None:
            twin.proxy_credentials = tuple(map(asked_once, self.proxy_credentials))
        return twin


class OperationKeywords(TypedDict, total=False):
    """The options of an operation as keywords; `OperationOptions` says what each means."""

    timeout: float | timedelta | None
    max_elements: int | None
    write_error_mode: CallbackMode | None
    prompt_user_mode: CallbackMode | None
    prompt_user_regular_ack_value: bool | None
    enabled_channels: Iterable[int] | None
    resource_uri: str | None
    resource_uri_prefix: str | None
    provider_architecture: int | None
    required_architecture: bool | None
    use_machine_id: bool | None


class OperationOptions(OptionSet):
    """How to run an operation (MI_OperationOptions); each attribute is a keyword too.

    Raises:
        InvalidParameter: there is no such option, or its value is out of range.
        TypeMismatch: its value has the wrong type.
    """

    __slots__ = ()

    timeout = TimeOption(
        check.seconds, "Seconds or timedelta, instead of the destination's; None waits for ever."
    )
    max_elements = Option(check.number(1, 0xFFFFFFFF), "Results to ask for in one reply.")
    write_error_mode = Option(
        check.member(CallbackMode),
        "Whether `write_error` is told, is asked, or is left out. REPORT.",
    )
    prompt_user_mode = Option(
        check.member(CallbackMode),
        "Whether `prompt_user` is told, is asked, or is left out; it is asked what is CRITICAL in "
        "any case. INQUIRE.",
    )
    prompt_user_regular_ack_value = Option(
        check.boolean, "What answers the prompts that nobody is asked. True, which is YES."
    )
    enabled_channels = Option(
        check.channels,
        "The channels whose messages `write_message` is told. Those of `MessageChannel`.",
    )
    resource_uri = Option(
        check.text, "The resource to operate on. The one that namespace and class come to."
    )
    resource_uri_prefix = Option(
        check.text, "What the resource URI of a class begins with. As the kind of server has it."
    )
    provider_architecture = Option(
        check.architecture,
        "32 or 64: whose providers answer, which see the registry so. The server's.",
    )
    required_architecture = Option(
        check.boolean, "Whether no provider of another architecture may answer instead. False."
    )
    use_machine_id = Option(
        check.boolean,
        "Whether the indications of a subscription say which machine they are from. True.",
    )

    def __init__(self, **values: Unpack[OperationKeywords]) -> None:
        super().__init__(**values)

    def enable_channel(self, channel: int) -> None:
        """Let `write_message` be told the messages of a channel too."""
        self.enabled_channels = {*self._channels(), channel}

    def disable_channel(self, channel: int) -> None:
        """Keep the messages of a channel from `write_message`."""
        self.enabled_channels = self._channels() - {channel}

    def _channels(self) -> frozenset[int]:
        chosen = self.enabled_channels
        return frozenset(MessageChannel) if chosen is None else chosen


class SubscriptionDeliveryKeywords(TypedDict, total=False):
    """Those of `SubscriptionDeliveryOptions` as keywords, which says what each means."""

    delivery_type: str | None
    maximum_latency: float | timedelta | None
    heartbeat_interval: float | timedelta | None
    expiration_time: datetime | timedelta | float | None
    bookmark: str | None
    delivery_retry_interval: float | timedelta | None
    delivery_retry_attempts: int | None
    delivery_destination: str | None
    delivery_port_number: int | None
    delivery_credentials: CredentialsSource | Sequence[CredentialsSource] | None


class SubscriptionDeliveryOptions(OptionSet):
    """How indications are delivered (MI_SubscriptionDeliveryOptions); each is a keyword too.

    Raises:
        InvalidParameter: there is no such option, or its value is out of range.
        TypeMismatch: its value has the wrong type.
    """

    __slots__ = ()

    delivery_type = Option(
        check.choice("PULL", "PUSH"),
        "Whether the client asks for them or a listener gets them. PULL.",
    )
    maximum_latency = Option(
        check.seconds, "Seconds or timedelta that an indication may wait for others. The server's."
    )
    heartbeat_interval = Option(
        check.seconds, "Seconds or timedelta after which the server shows that it is there. None."
    )
    expiration_time = Option(
        check.end_of_time,
        "A datetime, or seconds or timedelta from the start: when it ends. Never.",
    )
    bookmark = Option(
        check.bookmark, "What `Indication.bookmark` said, `BOOKMARK_OLDEST` or `BOOKMARK_NEWEST`."
    )
    delivery_retry_interval = Option(
        check.seconds, "Push only: seconds or timedelta between attempts."
    )
    delivery_retry_attempts = Option(check.number(0, 0xFFFFFFFF), "Push only: attempts to deliver.")
    delivery_destination = Option(check.text, "Push only: the address of the listener.")
    delivery_port_number = Option(check.number(1, 65535), "Push only: the port of the listener.")
    delivery_credentials = Option(check.credentials, "Push only: whom the server logs on as.")

    def __init__(self, **values: Unpack[SubscriptionDeliveryKeywords]) -> None:
        super().__init__(**values)
