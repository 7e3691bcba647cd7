"""HTTP statuses of replies that hold no message: what each means, and what to do about it.

A reply with a message in it is the message's business, whatever its status (DSP0226 14). This is
for the others: from HTTP.sys before WinRM sees the request, from proxies, from what is no WinRM.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mi.errors import (
    AccessDenied,
    AuthenticationFailed,
    ConnectionFailed,
    LimitsExceeded,
    MIError,
    NotSupported,
    ProtocolError,
)
from mi.results import ErrorCategory
from protocols.winrm.adapter import Answer
from protocols.winrm.endpoint import Address

__all__ = ["UNAUTHORIZED", "shortened", "status_error"]

UNAUTHORIZED = 401
"""A step of a logon, or its end."""

_OK = 200
_MULTIPLE_CHOICES = 300
_REDIRECTS = (301, 302, 303, 307, 308)
_SERVER_ERROR = 500
_TOO_LARGE = 413
_REQUEST_TOO_LARGE = 0x80338111  # ERROR_WSMAN_REQUEST_TOO_LARGE_STATUS
_LONGEST_EXCERPT = 200
_READ_FOR_EXCERPT = 4096
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(
    r"<(?:(?:style|script).*?</(?:style|script)|[^>]*)>", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: type[MIError]
    message: str
    advice: str
    category: ErrorCategory | None = None


_UNSEALED = "The server may want messages sealed: leave packet_privacy unset, or use HTTPS."
_MEANINGS = {
    _OK: _Meaning(
        ProtocolError,
        "the reply holds no message",
        "Check that host, port and http_url_prefix are those of a WS-Management service.",
    ),
    400: _Meaning(
        ProtocolError,
        "the server calls the request malformed",
        "It may have lost the security context or not know the sealing: try again, or use HTTPS.",
    ),
    UNAUTHORIZED: _Meaning(
        AuthenticationFailed,
        "the server does not accept the request although it accepted the credentials",
        "Check that the service allows this scheme and this kind of message.",
    ),
    403: _Meaning(
        AccessDenied,
        "the server refuses to talk to this client",
        "Check the port and the transport, and the listener's IP filters and client certificates.",
    ),
    404: _Meaning(
        ConnectionFailed,
        "nothing is served at this path",
        "Check http_url_prefix and the port, and that it is WinRM that listens there.",
    ),
    405: _Meaning(
        ConnectionFailed,
        "this path takes no messages",
        "Check http_url_prefix and the port: this looks like an ordinary web server.",
    ),
    407: _Meaning(
        ConnectionFailed,
        "a proxy in between asks for credentials",
        "Reach the server without it: HTTP proxies break the authentication of connections.",
    ),
    408: _Meaning(
        ConnectionFailed,
        "the server gave up waiting for the request",
        "Try again; if it happens often, look at the network between.",
    ),
    _TOO_LARGE: _Meaning(
        LimitsExceeded,
        "the request is larger than the server takes",
        "Send less at once, or raise the server's own limit: winrm set winrm/config"
        ' @{MaxEnvelopeSizekb="8192"}.',
    ),
    415: _Meaning(
        ProtocolError,
        "the server does not take this kind of content",
        "It may not know the sealing of this scheme: use HTTPS.",
    ),
    _SERVER_ERROR: _Meaning(
        MIError,
        "the server failed without saying why",
        "Look into its event log, Microsoft-Windows-WinRM/Operational.",
    ),
    503: _Meaning(
        MIError,
        "the service is stopped or overloaded",
        "Start the WinRM service there, or try again later.",
        ErrorCategory.RESOURCE_UNAVAILABLE,
    ),
}
_REDIRECTED = _Meaning(
    NotSupported,
    "the server sends its clients elsewhere",
    "Redirects are never followed, since that would send credentials along: connect to that place"
    " if you trust it.",
)
_OTHER = _Meaning(
    ProtocolError,
    "the server gave an answer that WS-Management does not have",
    "Check that host, port and http_url_prefix are those of a WS-Management service.",
)


def status_error(answer: Answer, address: Address, *, is_sealed: bool) -> MIError:
    """Return the error that a reply without a message is.

    Args:
        answer: the reply.
        address: where it came from.
        is_sealed: whether the request was sealed, so that nothing in the reply is believed.
    """
    status = answer.status
    is_success = _OK <= status < _MULTIPLE_CHOICES
    meaning = _MEANINGS.get(_OK if is_success else status, _OTHER)
    if status in _REDIRECTS:
        meaning = _REDIRECTED
    advice = meaning.advice
    if status in (UNAUTHORIZED, _SERVER_ERROR) and not is_sealed and not address.is_tls:
        advice = _UNSEALED
    is_too_large = status == _TOO_LARGE
    return meaning.kind(
        f"{meaning.message} (HTTP status {status}{_details(answer, is_sealed=is_sealed)})",
        category=meaning.category,
        native_code=_REQUEST_TOO_LARGE if is_too_large else status,
        native_type="WINRM" if is_too_large else "HTTP",
        advice=advice,
    )


def _details(answer: Answer, *, is_sealed: bool) -> str:
    if location := answer.headers.get("Location"):
        # The word of MI's own client, by which callers find the place (OMI, 302).
        return f"; REDIRECT_LOCATION: {shortened(location)}"
    is_text = answer.headers.get("Content-Type", "").lower().startswith("text/")
    excerpt = _excerpt(answer.body) if is_text and not is_sealed else ""
    return f": {excerpt}" if excerpt else ""


def _excerpt(body: bytes) -> str:
    """Return what a page says: its title, or its beginning without markup."""
    text = body[:_READ_FOR_EXCERPT].decode("utf-8", "replace")
    title = _TITLE.search(text)
    return shortened(title[1] if title else _MARKUP.sub(" ", text))


def shortened(text: str) -> str:
    """Return foreign text as part of a message: one line, not too long, nothing unprintable."""
    words = " ".join("".join(map(_printable, text)).split())
    return words if len(words) <= _LONGEST_EXCERPT else f"{words[:_LONGEST_EXCERPT]} …"


def _printable(character: str) -> str:
    return character if character.isprintable() else " "
