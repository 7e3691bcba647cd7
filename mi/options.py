"""Options of destinations and operations, named as MI names them, in snake case.

An option that was not set reads None; what a handler then does is its default. A wrong type or a
value out of range is refused when the option is set. Options are copied when they are used, so a
later change has no effect on a session or an operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar, overload

from mi.credentials import Credentials, CredentialsSource
from mi.errors import InvalidParameter, TypeMismatch
from mi.names import normalize_namespace

__all__ = ["DestinationOptions", "OperationOptions", "ServerKind", "seconds"]

ValueT = TypeVar("ValueT")
_LONGEST_LOCALE = 128  # MI_MAX_LOCALE_SIZE


class ServerKind(StrEnum):
    """What kind of server a destination is, where that is known beforehand."""

    WINRM3 = "winrm3"
    WINRM2 = "winrm2"
    WINRM1 = "winrm1"
    OMI = "omi"
    OPENWSMAN = "openwsman"
    IDRAC = "idrac"
    AMT = "amt"


def seconds(value: Any, what: str) -> float:
    """Return a duration in seconds; it is given as a number or a timedelta.

    Raises:
        TypeMismatch: it is neither.
        InvalidParameter: it is not positive, or not a number.
    """
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeMismatch(f"{what} is seconds or a timedelta, not {value!r}")
    if not 0 < value < float("inf"):
        raise InvalidParameter(f"{what} must be a positive number of seconds, not {value!r}")
    return float(value)


class _Option(Generic[ValueT]):
    """One option: a descriptor that checks what it is given. None unsets."""

    def __init__(self, check: Callable[[Any, str], ValueT], doc: str) -> None:
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

    def __set__(self, options: _Options, value: ValueT | None) -> None:
        if value is None:
            options.values.pop(self._name, None)
        else:
            options.values[self._name] = self._check(value, self._name)


def _boolean(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise TypeMismatch(f"{what} is True or False, not {value!r}")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise TypeMismatch(f"{what} is a string, not {value!r}")
    if not value or any(character < " " for character in value):
        raise InvalidParameter(f"{what} may not be empty or hold control characters: {value!r}")
    return value


def _locale(value: Any, what: str) -> str:
    if len(_text(value, what)) > _LONGEST_LOCALE:
        raise InvalidParameter(f"{what} is longer than {_LONGEST_LOCALE} characters")
    return str(value)


def _number(low: int, high: int) -> Callable[[Any, str], int]:
    def check(value: Any, what: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeMismatch(f"{what} is a whole number, not {value!r}")
        if not low <= value <= high:
            raise InvalidParameter(f"{what} is {low} to {high}, not {value}")
        return value

    return check


def _choice(*choices: str) -> Callable[[Any, str], str]:
    def check(value: Any, what: str) -> str:
        folded = {choice.lower(): choice for choice in choices}
        try:
            return folded[_text(value, what).lower()]
        except KeyError:
            raise InvalidParameter(f"{what} is {' or '.join(choices)}, not {value!r}") from None

    return check


def _server_kind(value: Any, what: str) -> ServerKind:
    try:
        return ServerKind(value)
    except ValueError:
        kinds = ", ".join(ServerKind)
        raise InvalidParameter(f"{what} is one of {kinds}, not {value!r}") from None


def _url_prefix(value: Any, what: str) -> str:
    text = _text(value, what)
    if any(character in " #" for character in text):
        raise InvalidParameter(f"{what} is a path, with or without a query, not {value!r}")
    return text if text.startswith("/") else f"/{text}"


def _namespace(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise TypeMismatch(f"{what} is a string, not {value!r}")
    return normalize_namespace(value)


def _credentials(value: Any, what: str) -> tuple[CredentialsSource, ...]:
    given = value if isinstance(value, (list, tuple)) else (value,)
    for one in given:
        if not isinstance(one, Credentials) and not callable(one):
            raise TypeMismatch(f"{what} is Credentials, or a callable that returns them")
    _refuse_doubles(one for one in given if isinstance(one, Credentials))
    return tuple(given)


def _refuse_doubles(credentials: Iterable[Credentials]) -> None:
    """MI refuses the same scheme twice for one user: it could only repeat a refusal."""
    seen = set()
    for one in credentials:
        if (one.scheme, one.user) in seen:
            raise InvalidParameter(f"{one!r} is given twice")
        seen.add((one.scheme, one.user))


class _Options:
    """A set of options that were given, out of those that the class declares."""

    names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = {}
        for name, value in values.items():
            if name not in self.names:
                raise InvalidParameter(f"{type(self).__name__} has no option {name!r}")
            setattr(self, name, value)

    def copy(self) -> Self:
        """Return a copy; a later change of either leaves the other alone."""
        twin = type(self)()
        twin.values = dict(self.values)
        return twin

    def __eq__(self, other: object) -> bool:
        return self.values == other.values if type(other) is type(self) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{type(self).__name__}({given})"


class DestinationOptions(_Options):
    """How to reach a destination (MI_DestinationOptions); each attribute is a keyword too."""

    timeout = _Option(seconds, "Seconds or timedelta: the default of every operation. 60 s.")
    credentials = _Option(_credentials, "One `Credentials`, a callable, or a list of them.")
    transport = _Option(_choice("HTTP", "HTTPS"), "HTTP or HTTPS. HTTP, whose messages are sealed.")
    destination_port = _Option(_number(1, 65535), "The port. 5985 for HTTP, 5986 for HTTPS.")
    http_url_prefix = _Option(_url_prefix, "The path of the service. /wsman.")
    packet_privacy = _Option(_boolean, "Whether messages must be sealed or under TLS. True.")
    cert_ca_check = _Option(_boolean, "Whether the certificate's issuers are verified. True.")
    cert_cn_check = _Option(_boolean, "Whether the certificate's names are verified. True.")
    ca_file = _Option(_text, "A PEM file of the authorities to trust. The system's.")
    trusted_certs_dir = _Option(_text, "A directory of the authorities to trust. The system's.")
    max_envelope_size = _Option(_number(8, 4_194_303), "KB of the largest reply to ask for. 500.")
    max_elements = _Option(_number(1, 0xFFFFFFFF), "Results to ask for in one reply. 32,000.")
    ui_locale = _Option(_locale, "The language of messages (RFC 5646). en-US.")
    data_locale = _Option(_locale, "The format of data (RFC 5646). en-US.")
    default_namespace = _Option(_namespace, "Where operations go that name none. root/cimv2.")
    server_kind = _Option(_server_kind, "What kind of server it is. WinRM 3 or newer.")
    schema: _Option[Any] = _Option(lambda value, _: value, "A `SchemaStore` to share. Its own.")


class OperationOptions(_Options):
    """How to run an operation (MI_OperationOptions); each attribute is a keyword too."""

    timeout = _Option(seconds, "Seconds or timedelta; overrides the destination's.")
    max_elements = _Option(_number(1, 0xFFFFFFFF), "Results to ask for in one reply.")
