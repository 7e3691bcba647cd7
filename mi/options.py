"""Options of destinations and operations, named as MI names them, in snake case.

An option that was not set reads None; what a handler then does is its default. A wrong type or a
value out of range is refused when the option is set. Options are copied when they are used, so a
later change has no effect on a session or an operation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Generic, Self, TypedDict, TypeVar, Unpack, overload

from mi.credentials import AskedOnce, Credentials, CredentialsSource
from mi.custom_options import CustomOption
from mi.errors import InvalidParameter, TypeMismatch
from mi.names import normalize_namespace
from mi.network_options import TLS_VERSIONS, Dialer, dialer, fingerprint, proxy_url
from mi.results import CallbackMode, CimType, MessageChannel

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
    "seconds",
]

BOOKMARK_OLDEST = "MI_SUBSCRIBE_BOOKMARK_OLDEST"
"""In the place of a bookmark: from the oldest event that is still there (mi.h)."""

BOOKMARK_NEWEST = "MI_SUBSCRIBE_BOOKMARK_NEWEST"
"""In the place of a bookmark: what comes from now on, which is what comes without one (mi.h)."""

GivenT = TypeVar("GivenT")
ValueT = TypeVar("ValueT")
MemberT = TypeVar("MemberT", bound=IntEnum)
_ARCHITECTURES = (32, 64)  # the values of WMI's __ProviderArchitecture
_LONGEST_LOCALE = 128  # MI_MAX_LOCALE_SIZE
_SERVICE_PRINCIPAL = re.compile(r"[^/@\s]+(?:/[^/@\s]+){1,2}(?:@[^/@\s]+)?")  # RFC 4120 6.2
_LONGEST_TIME = 4_294_967  # WinRM counts milliseconds in 32 bits (MaxTimeoutms): 49 days


class ServerKind(StrEnum):
    """What kind of server a destination is, where that is known beforehand."""

    WINRM3 = "winrm3"
    WINRM2 = "winrm2"
    WINRM1 = "winrm1"
    OMI = "omi"
    OPENWSMAN = "openwsman"
    IDRAC = "idrac"
    AMT = "amt"


def seconds(value: float | timedelta, what: str) -> float:
    """Return a duration in seconds; it is given as a number or a timedelta.

    Raises:
        TypeMismatch: it is neither.
        InvalidParameter: it is not positive, longer than 49 days, or not a number.
    """
    given = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeMismatch(f"{what} is seconds or a timedelta, not {value!r}")
    if not 0 < given <= _LONGEST_TIME:
        raise InvalidParameter(
            f"{what} is more than 0 and at most {_LONGEST_TIME} seconds, not {value!r}",
            advice="None waits for ever.",
        )
    return float(given)


class _Option(Generic[GivenT, ValueT]):
    """One option: a descriptor that checks what it is given. None unsets."""

    def __init__(self, check: Callable[[GivenT, str], ValueT], doc: str) -> None:
        self._check = check
        self._name = ""
        self.__doc__ = doc

    def __set_name__(self, owner: type[_Options], name: str) -> None:
        self._name = name
        owner.names = (*owner.names, name)

    @overload
    def __get__(self, options: None, owner: type) -> Self: ...

    @overload
    def __get__(self, options: _Options, owner: type) -> ValueT | None: ...

    def __get__(self, options: _Options | None, owner: type) -> Self | ValueT | None:
        return self if options is None else options.values.get(self._name)

    def __set__(self, options: _Options, value: GivenT | None) -> None:
        if value is None:
            self.__delete__(options)
        else:
            options.values[self._name] = self._check(value, self._name)

    def __delete__(self, options: _Options) -> None:
        options.values.pop(self._name, None)


class _TimeOption(_Option[float | timedelta, float]):
    """A time limit: None sets it to "for ever", which reads None as well; `del` unsets."""

    def __set__(self, options: _Options, value: float | timedelta | None) -> None:
        options.values[self._name] = None if value is None else self._check(value, self._name)


def _boolean(value: bool, what: str) -> bool:
    if not isinstance(value, bool):
        raise TypeMismatch(f"{what} is True or False, not {value!r}")
    return value


def _text(value: str, what: str) -> str:
    if not isinstance(value, str):
        raise TypeMismatch(f"{what} is a string, not {value!r}")
    if not value.strip() or not value.isprintable():
        raise InvalidParameter(f"{what} may not be empty or hold control characters: {value!r}")
    return value


def _locale(value: str, what: str) -> str:
    if len(_text(value, what)) > _LONGEST_LOCALE:
        raise InvalidParameter(f"{what} is longer than {_LONGEST_LOCALE} characters")
    return value


def _number(low: int, high: int) -> Callable[[int, str], int]:
    def check(value: int, what: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeMismatch(f"{what} is a whole number, not {value!r}")
        if not low <= value <= high:
            raise InvalidParameter(f"{what} is {low} to {high}, not {value}")
        return int(value)

    return check


def _architecture(value: int, what: str) -> int:
    if _number(0, 0xFFFFFFFF)(value, what) not in _ARCHITECTURES:
        raise InvalidParameter(f"{what} is 32 or 64, not {value}")
    return int(value)


def _choice(*choices: str) -> Callable[[str, str], str]:
    folded = {choice.lower(): choice for choice in choices}

    def check(value: str, what: str) -> str:
        try:
            return folded[_text(value, what).lower()]
        except KeyError:
            raise InvalidParameter(f"{what} is {' or '.join(choices)}, not {value!r}") from None

    return check


def _member(kind: type[MemberT]) -> Callable[[int, str], MemberT]:
    def check(value: int, what: str) -> MemberT:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeMismatch(f"{what} is {kind.__name__}, not {value!r}")
        try:
            return kind(value)
        except ValueError:
            names = " or ".join(member.name for member in kind)
            raise InvalidParameter(f"{what} is {names}, not {value}") from None

    return check


def _channels(value: Iterable[int], what: str) -> frozenset[int]:
    if not isinstance(value, Iterable):
        raise TypeMismatch(f"{what} is the numbers of channels, not {value!r}")
    check = _number(0, 0xFFFFFFFF)
    return frozenset(check(channel, "a channel") for channel in value)


def _server_kind(value: str, what: str) -> ServerKind:
    return ServerKind(_choice(*ServerKind)(value, what))


def _url_prefix(value: str, what: str) -> str:
    text = _text(value, what)
    if any(character in " #" for character in text):
        raise InvalidParameter(f"{what} is a path, with or without a query, not {value!r}")
    return text if text.startswith("/") else f"/{text}"


def _service_principal(value: str, what: str) -> str:
    if not _SERVICE_PRINCIPAL.fullmatch(_text(value, what)):
        raise InvalidParameter(f"{what} is SERVICE/host or SERVICE/host@REALM, not {value!r}")
    return value


def _namespace(value: str, what: str) -> str:  # noqa: ARG001 - the message says namespace
    return normalize_namespace(value)


def _schema(value: Any, what: str) -> Any:
    # A SchemaStore, or what does as one: mi.store stands above this module.
    if not callable(getattr(value, "find", None)) or not callable(getattr(value, "add", None)):
        raise TypeMismatch(f"{what} is a SchemaStore, not {type(value).__name__}")
    return value


def _credentials(
    value: CredentialsSource | Sequence[CredentialsSource], what: str
) -> tuple[CredentialsSource, ...]:
    given = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if not given or not all(isinstance(one, Credentials) or callable(one) for one in given):
        raise TypeMismatch(f"{what} is Credentials, a callable that returns them, or a list")
    _refuse_doubles(one for one in given if isinstance(one, Credentials))
    return given


def _refuse_doubles(credentials: Iterable[Credentials]) -> None:
    """MI refuses the same scheme twice for one user: it could only repeat a refusal."""
    seen = set()
    for one in credentials:
        who = one.scheme, str(one.user).lower()
        if who in seen:
            raise InvalidParameter(f"{one!r} is given twice")
        seen.add(who)


class _Options:
    """A set of options that were given, out of those that the class declares."""

    __slots__ = ("custom", "values")

    names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = {}
        self.custom: dict[str, CustomOption] = {}
        self.update(**values)

    def update(self, **values: Any) -> None:
        """Set several options at once.

        Raises:
            InvalidParameter: there is no such option, or a value is out of range.
            TypeMismatch: a value has the wrong type.
        """
        for name, value in values.items():
            if name not in self.names:
                raise InvalidParameter(
                    f"{type(self).__name__} has no option {name!r}",
                    advice=f"There are {', '.join(self.names)}.",
                )
            setattr(self, name, value)

    def set_custom(
        self,
        name: str,
        value: Any,
        type: CimType | None = None,  # noqa: A002 - MI's word
        must_comply: bool = False,
    ) -> None:
        """Set an option that MI has no name for (MI_OperationOptions_SetCustomOption).

        Args:
            name: the option's; a handler that does not know it ignores it.
            value: a CIM value that is no object; None for an option that is only there.
            type: its type; without one it is inferred from the value.
            must_comply: whether a server that does not know it must refuse the operation.

        Raises:
            InvalidParameter: the name is no option's, or is that of an attribute.
            TypeMismatch: the value does not fit the type, or that of the value set before.
        """
        option = CustomOption.of(name, value, type, must_comply=must_comply)
        if name in self.names:
            raise InvalidParameter(f"{name} is no custom option", advice="Set the attribute.")
        before = self.custom.get(name, option)
        if before.type is not option.type:
            raise TypeMismatch(f"the option {name} has another type already")
        self.custom[name] = option

    def copy(self) -> Self:
        """Return a copy; a later change of either leaves the other alone."""
        twin = type(self)()
        twin.values = dict(self.values)
        twin.custom = dict(self.custom)
        return twin

    __copy__ = copy

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Options) or type(other) is not type(self):
            return NotImplemented
        return self.values == other.values and self.custom == other.custom

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        given = [f"{name}={value!r}" for name, value in self.values.items()]
        given += [f"{option.name}: {option.value!r}" for option in self.custom.values()]
        return f"{type(self).__name__}({', '.join(given)})"


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


class DestinationOptions(_Options):
    """How to reach a destination (MI_DestinationOptions); each attribute is a keyword too.

    Raises:
        InvalidParameter: there is no such option, or its value is out of range.
        TypeMismatch: its value has the wrong type.
    """

    __slots__ = ()

    timeout = _TimeOption(
        seconds, "Seconds or timedelta, for each operation; None waits for ever. 60 s."
    )
    credentials = _Option(_credentials, "One `Credentials`, a callable, or a list of them.")
    transport = _Option(_choice("HTTP", "HTTPS"), "HTTP or HTTPS. HTTP, whose messages are sealed.")
    destination_port = _Option(_number(1, 65535), "The port. 5985 for HTTP, 5986 for HTTPS.")
    http_url_prefix = _Option(_url_prefix, "The path of the service. /wsman.")
    connect_to = _Option(
        _text,
        "`host:port` or `host` that the connection goes to, while the destination stays the name"
        " of the server. The destination.",
    )
    proxy = _Option(
        proxy_url, "`http://host:port` of a proxy, which is asked to CONNECT to it. None."
    )
    proxy_type = _Option(
        _choice("None", "Auto", "IE", "WinHTTP"),
        "Where a proxy is named if `proxy` does not: Auto is the environment, then the system; IE"
        " the user's settings on Windows. None.",
    )
    proxy_credentials = _Option(
        _credentials, "Who we are for the proxy, by Basic, Digest, NTLM or Negotiate. Nobody."
    )
    dialer = _Option(
        dialer,
        "Brings the socket: called with host, port and seconds left, as `mi.network_options.Dialer`"
        " says. One of the library's own.",
    )
    packet_privacy = _Option(_boolean, "Whether messages must be sealed or under TLS. True.")
    cert_ca_check = _Option(_boolean, "Whether the certificate's issuers are verified. True.")
    cert_cn_check = _Option(_boolean, "Whether the certificate's names are verified. True.")
    cert_revocation_check = _Option(
        _boolean,
        "Whether revocation is looked up in `crl_file`. Where that is given; MI's default is True.",
    )
    certificate_fingerprint = _Option(
        fingerprint,
        "The SHA-256 of the only certificate to take, in hexadecimal; the other checks are then"
        " made only where they are True. Any.",
    )
    ca_file = _Option(_text, "A PEM file of the authorities to trust. The system's.")
    trusted_certs_dir = _Option(_text, "A directory of the authorities to trust. The system's.")
    crl_file = _Option(
        _text, "A PEM file of the revocation lists of all the authorities of the chain. None."
    )
    tls_server_name = _Option(
        _text, "The name to ask for and to find in the certificate. The destination."
    )
    minimum_tls_version = _Option(
        _choice(*TLS_VERSIONS),
        "1.0, 1.2 or 1.3. Below 1.2, weak ciphers, keys and signatures are taken, too. 1.2.",
    )
    max_envelope_size = _Option(_number(8, 4_194_303), "KB of the largest reply to ask for. 500.")
    max_elements = _Option(_number(1, 0xFFFFFFFF), "Results to ask for in one reply. 32,000.")
    max_connections = _Option(
        _number(1, 1000), "Connections of a session at most, made as they are needed. 4."
    )
    ui_locale = _Option(_locale, "The language of messages (RFC 5646). en-US.")
    data_locale = _Option(_locale, "The format of data (RFC 5646). en-US.")
    default_namespace = _Option(_namespace, "Where operations go that name none. root/cimv2.")
    service_principal = _Option(
        _service_principal,
        "The server's Kerberos name, SERVICE/host or SERVICE/host@REALM."
        " HTTP and the destination as it was written.",
    )
    encode_port_in_spn = _Option(_boolean, "Whether its Kerberos name has the port. False.")
    delegation = _Option(
        _boolean, "Whether Kerberos lets the server act for the user towards others. False."
    )
    server_kind = _Option(_server_kind, "What kind of server it is. WinRM 3 or newer.")
    schema = _Option(_schema, "A `SchemaStore` to share with other sessions. Its own.")

    def __init__(self, **values: Unpack[DestinationKeywords]) -> None:
        super().__init__(**values)

    def for_session(self) -> Self:
        """Return the copy that a session keeps, whose callables ask for credentials once."""
        twin = self.copy()
        if self.credentials is not None:
            twin.credentials = tuple(map(_asked_once, self.credentials))
        if self.proxy_credentials is not None:
            twin.proxy_credentials = tuple(map(_asked_once, self.proxy_credentials))
        return twin


def _asked_once(source: CredentialsSource) -> CredentialsSource:
    return source if isinstance(source, Credentials) else AskedOnce(source)


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


class OperationOptions(_Options):
    """How to run an operation (MI_OperationOptions); each attribute is a keyword too.

    Raises:
        InvalidParameter: there is no such option, or its value is out of range.
        TypeMismatch: its value has the wrong type.
    """

    __slots__ = ()

    timeout = _TimeOption(
        seconds, "Seconds or timedelta, instead of the destination's; None waits for ever."
    )
    max_elements = _Option(_number(1, 0xFFFFFFFF), "Results to ask for in one reply.")
    write_error_mode = _Option(
        _member(CallbackMode), "Whether `write_error` is told, is asked, or is left out. REPORT."
    )
    prompt_user_mode = _Option(
        _member(CallbackMode),
        "Whether `prompt_user` is told, is asked, or is left out; it is asked what is CRITICAL in "
        "any case. INQUIRE.",
    )
    prompt_user_regular_ack_value = _Option(
        _boolean, "What answers the prompts that nobody is asked. True, which is YES."
    )
    enabled_channels = _Option(
        _channels, "The channels whose messages `write_message` is told. Those of `MessageChannel`."
    )
    resource_uri = _Option(
        _text, "The resource to operate on. The one that namespace and class come to."
    )
    resource_uri_prefix = _Option(
        _text, "What the resource URI of a class begins with. As the kind of server has it."
    )
    provider_architecture = _Option(
        _architecture, "32 or 64: whose providers answer, which see the registry so. The server's."
    )
    required_architecture = _Option(
        _boolean, "Whether no provider of another architecture may answer instead. False."
    )
    use_machine_id = _Option(
        _boolean, "Whether the indications of a subscription say which machine they are from. True."
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


def _bookmark(value: str, what: str) -> str:
    if not isinstance(value, str):
        raise TypeMismatch(f"a {what} is a string, not {value!r}")
    if not value.strip():
        raise InvalidParameter(f"the {what} is empty", advice="Leave it out to begin from now on.")
    return value


def _end(value: datetime | timedelta | float, what: str) -> datetime | float:
    if not isinstance(value, datetime):
        return seconds(value, what)
    if value.tzinfo is None:
        raise TypeMismatch(f"{what} needs a time zone, and {value!r} has none")
    return value


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


class SubscriptionDeliveryOptions(_Options):
    """How indications are delivered (MI_SubscriptionDeliveryOptions); each is a keyword too.

    Raises:
        InvalidParameter: there is no such option, or its value is out of range.
        TypeMismatch: its value has the wrong type.
    """

    __slots__ = ()

    delivery_type = _Option(
        _choice("PULL", "PUSH"), "Whether the client asks for them or a listener gets them. PULL."
    )
    maximum_latency = _Option(
        seconds, "Seconds or timedelta that an indication may wait for others. The server's."
    )
    heartbeat_interval = _Option(
        seconds, "Seconds or timedelta after which the server shows that it is there. None."
    )
    expiration_time = _Option(
        _end, "A datetime, or seconds or timedelta from the start: when it ends. Never."
    )
    bookmark = _Option(
        _bookmark, "What `Indication.bookmark` said, `BOOKMARK_OLDEST` or `BOOKMARK_NEWEST`."
    )
    delivery_retry_interval = _Option(seconds, "Push only: seconds or timedelta between attempts.")
    delivery_retry_attempts = _Option(_number(0, 0xFFFFFFFF), "Push only: attempts to deliver.")
    delivery_destination = _Option(_text, "Push only: the address of the listener.")
    delivery_port_number = _Option(_number(1, 65535), "Push only: the port of the listener.")
    delivery_credentials = _Option(_credentials, "Push only: whom the server logs on as.")

    def __init__(self, **values: Unpack[SubscriptionDeliveryKeywords]) -> None:
        super().__init__(**values)
