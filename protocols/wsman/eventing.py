"""The bodies of WS-Eventing: Subscribe, Renew and Unsubscribe, and what answers them.

Each is one value, written by the one side and read by the other (DSP0226 10). Windows and OMI name
a subscription in a:ReferenceProperties, which later drafts of WS-Addressing dropped, others in
a:ReferenceParameters; whatever stands there goes back, verbatim, as headers of the requests about
the subscription (WS-Eventing 3.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from mi.errors import ProtocolError
from protocols.wsman import markup, soap
from protocols.wsman.deliveries import bookmark_markup, read_bookmark, read_position
from protocols.wsman.durations import (
    format_datetime,
    format_duration,
    parse_datetime,
    parse_duration,
)
from protocols.wsman.envelope import Reply
from protocols.wsman.namespaces import (
    ADDRESSING,
    DELIVERY_PULL,
    EVENTING,
    MICROSOFT,
    WSMAN,
    XML,
)
from protocols.wsman.pages import Filter, read_context

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "UNSUBSCRIBE",
    "Expiration",
    "Manager",
    "Renew",
    "Renewed",
    "Subscribe",
    "Subscribed",
]

UNSUBSCRIBE: Final = "<e:Unsubscribe/>"
"""The body of the request that ends a subscription; its headers say which."""

Expiration = datetime | timedelta
"""When something ends: a moment, or so long from now."""

_EXPIRES: Final = f"{{{EVENTING}}}Expires"
_RESOURCE_URI: Final = f"{{{WSMAN}}}ResourceURI"
_SELECTOR_SET: Final = f"{{{WSMAN}}}SelectorSet"
_REFERENCES: Final = tuple(
    f"{{{EVENTING}}}SubscriptionManager/{{{ADDRESSING}}}{name}/*"
    for name in ("ReferenceProperties", "ReferenceParameters")
)
_LANGUAGE: Final = f"{{{XML}}}lang"


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The request that opens a subscription (DSP0226 10.2).

    Attributes:
        filter: what selects the events, or None.
        mode: the URI of the delivery mode.
        heartbeats: seconds after which a delivery without events tells that the server is there.
        max_time: seconds that an event may wait for others.
        locales: the language of messages and the format of data in the events, or None to leave
            both, and the encoding, to the server.
        expires: when it ends, or None.
        bookmark: behind what to begin, as markup; "" is from now on.
        sends_bookmarks: whether deliveries are to say how far they go.
    """

    filter: Filter | None = None
    mode: str = DELIVERY_PULL
    heartbeats: float | None = None
    max_time: float | None = None
    locales: tuple[str, str] | None = None
    expires: Expiration | None = None
    bookmark: str = ""
    sends_bookmarks: bool = False

    def write(self) -> str:
        """Return the body, with its elements in the order of the schema."""
        delivery = _timed("w:Heartbeats", self.heartbeats) + _timed("w:MaxTime", self.max_time)
        if self.locales is not None:
            language, data = map(markup.attribute, self.locales)
            delivery += (
                f'<w:Locale xml:lang="{language}" s:mustUnderstand="false"/>'
                f'<p:DataLocale xml:lang="{data}" s:mustUnderstand="false"/>'
                "<w:ContentEncoding>UTF-8</w:ContentEncoding>"
            )
        filter_ = "" if self.filter is None else self.filter.write()
        send_bookmarks = "<w:SendBookmarks/>" if self.sends_bookmarks else ""
        return (
            f'<e:Subscribe><e:Delivery Mode="{markup.attribute(self.mode)}">{delivery}</e:Delivery>'
            f"{_expires(self.expires)}{filter_}{bookmark_markup(self.bookmark)}{send_bookmarks}"
            "</e:Subscribe>"
        )

    @classmethod
    def read(cls, body: _Element) -> Subscribe:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Subscribe, or a time in it is none.
        """
        asked = _part(body, "Subscribe")
        delivery = soap.child(asked, f"{{{EVENTING}}}Delivery")
        if delivery is None:
            raise ProtocolError("the Subscribe does not say how to deliver")
        return cls(
            _filter(asked),
            delivery.get("Mode", "").strip(),
            _seconds(delivery, "Heartbeats"),
            _seconds(delivery, "MaxTime"),
            _locales(delivery),
            _expiration(soap.text_of(asked, _EXPIRES)),
            read_bookmark(asked),
            soap.child(asked, f"{{{WSMAN}}}SendBookmarks") is not None,
        )


def _filter(asked: _Element) -> Filter | None:
    for uri in (WSMAN, EVENTING):
        found = soap.child(asked, f"{{{uri}}}Filter")
        if found is not None:
            # A query list is sent as escaped text, or as the elements that it consists of.
            text = soap.content(found) if len(found) else found.text or ""
            return Filter(found.get("Dialect", "").strip(), text)
    return None


def _locales(delivery: _Element) -> tuple[str, str] | None:
    found = [
        soap.child(delivery, tag) for tag in (f"{{{WSMAN}}}Locale", f"{{{MICROSOFT}}}DataLocale")
    ]
    language, data = ("" if one is None else one.get(_LANGUAGE, "") for one in found)
    return (language, data) if language or data else None


class Manager(NamedTuple):
    """What is to be asked about a subscription, and how it is named.

    Attributes:
        resource_uri: the resource of requests about it, or None for that of the Subscribe.
        header: the headers that name it, as markup; "" where nothing does.
    """

    resource_uri: str | None = None
    header: str = ""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The answer to a Subscribe.

    Attributes:
        manager: whom to ask about the subscription.
        context: what to pull with, as markup; "" where there is none, as for push delivery.
        expires: when it ends unless it is renewed, or None for never.
        bookmark: how far it has got already, as markup; "" where that is not said.
    """

    manager: Manager
    context: str
    expires: Expiration | None = None
    bookmark: str = ""

    def write(self, address: str) -> str:
        """Return the body, in Windows' form; a bookmark is a header, and not in it.

        Args:
            address: the URL of the service.
        """
        uri = markup.text(self.manager.resource_uri or "")
        context = f"<n:EnumerationContext>{self.context}</n:EnumerationContext>"
        return (
            f"<e:SubscribeResponse><e:SubscriptionManager><a:Address>{markup.text(address)}"
            f"</a:Address><a:ReferenceProperties><w:ResourceURI>{uri}</w:ResourceURI>"
            f"{self.manager.header}</a:ReferenceProperties></e:SubscriptionManager>"
            f"{_expires(self.expires or timedelta())}{context if self.context else ''}"
            "</e:SubscribeResponse>"
        )

    @classmethod
    def read(cls, reply: Reply) -> Subscribed:
        """Return what a reply says.

        Raises:
            ProtocolError: it does not answer a Subscribe.
        """
        said = _part(reply.body, "SubscribeResponse")
        return cls(
            _manager(said),
            read_context(said),
            _granted(said),
            read_position(reply.header),
        )


def _manager(said: _Element) -> Manager:
    parts = [part for path in _REFERENCES for part in said.iterfind(path)]
    header = "".join(
        soap.standalone(part) for part in parts if part.tag not in (_RESOURCE_URI, _SELECTOR_SET)
    )
    uri = next((soap.text(part) for part in parts if part.tag == _RESOURCE_URI), "")
    return Manager(uri or None, header)


def _granted(said: _Element) -> Expiration | None:
    """Return when the server lets it end; Windows writes PT0.000S for never (recorded)."""
    try:
        expires = _expiration(soap.text_of(said, _EXPIRES))
    except ProtocolError:
        return None  # the subscription stands, and its end will be noticed
    return None if expires == timedelta() else expires


@dataclass(frozen=True, slots=True)
class Renew:
    """The request for more time (WS-Eventing 3.2).

    Attributes:
        expires: when it is to end, or None to leave it to the server.
    """

    expires: Expiration | None = None

    def write(self) -> str:
        """Return the body."""
        return f"<e:Renew>{_expires(self.expires)}</e:Renew>"

    @classmethod
    def read(cls, body: _Element) -> Renew:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Renew, or the time in it is none.
        """
        return cls(_expiration(soap.text_of(_part(body, "Renew"), _EXPIRES)))


@dataclass(frozen=True, slots=True)
class Renewed:
    """The answer to a Renew.

    Attributes:
        expires: when it ends now, or None for never.
    """

    expires: Expiration | None = None

    def write(self) -> str:
        """Return the body."""
        return f"<e:RenewResponse>{_expires(self.expires or timedelta())}</e:RenewResponse>"

    @classmethod
    def read(cls, reply: Reply) -> Renewed:
        """Return what a reply says.

        Raises:
            ProtocolError: it does not answer a Renew.
        """
        return cls(_granted(_part(reply.body, "RenewResponse")))


# Parts


def _part(body: _Element, name: str) -> _Element:
    found = soap.child(body, f"{{{EVENTING}}}{name}")
    if found is None:
        raise ProtocolError(f"the message holds no {name}")
    return found


def _timed(name: str, seconds: float | None) -> str:
    return "" if seconds is None else f"<{name}>{format_duration(seconds)}</{name}>"


def _seconds(parent: _Element, name: str) -> float | None:
    text = soap.text_of(parent, f"{{{WSMAN}}}{name}")
    return parse_duration(text).total_seconds() if text else None


def _expires(expires: Expiration | None) -> str:
    if expires is None:
        return ""
    if isinstance(expires, timedelta):
        text = format_duration(expires.total_seconds())
    else:
        text = format_datetime(expires)
    return f"<e:Expires>{text}</e:Expires>"


def _expiration(text: str) -> Expiration | None:
    if not text:
        return None
    expires = parse_datetime(text)
    if not isinstance(expires, (datetime, timedelta)):
        raise ProtocolError(f"nothing can end at {text!r}, which leaves the time zone open")
    return expires
