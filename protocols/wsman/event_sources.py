"""What can be subscribed to: what happens to CIM objects, and the Windows event log.

WMI has an event query in place of a class, and no memory: a subscription gets what happens while it
stands (MS-WSMV 3.1.4.13). The event log is a resource of its own, with a query list, options and
bookmarks (recorded: the Subscribe of txwinrm, and the SubscribeResponse of Windows to it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from mi.calls import Subscribe as SubscribeCall
from mi.calls import SubscribeEventLog
from mi.errors import NotSupported
from mi.options import BOOKMARK_NEWEST, BOOKMARK_OLDEST, SubscriptionDeliveryOptions
from mi.wql import projection
from protocols.wsman.conversation import namespace_of
from protocols.wsman.deliveries import check_bookmark
from protocols.wsman.dialects import Dialect, SchemaView, Settings
from protocols.wsman.eventing import Expiration, Subscribe
from protocols.wsman.events import EventReader
from protocols.wsman.headers import Option, Selector
from protocols.wsman.held import ItemReader
from protocols.wsman.instances import Decoder
from protocols.wsman.namespaces import BOOKMARK_EARLIEST, EVENT_LOG, EVENT_QUERY_DIALECT
from protocols.wsman.pages import Filter
from protocols.wsman.subjects import dialect_uri

__all__ = ["Source", "source_of"]

_READ_EXISTING: Final = Option("ReadExistingEvents", "true")
_RENDERED_TEXT: Final = Option("ContentFormat", "RenderedText")
_IGNORE_CHANNEL_ERROR: Final = Option("IgnoreChannelError", None)


@dataclass(frozen=True, slots=True)
class Source:
    """What one subscription is about.

    Attributes:
        resource_uri: the resource.
        body: the first Subscribe.
        reader: what makes instances of the events.
        selectors: what names the resource further.
        options: options of every request.
        first_options: further ones, for as long as there is no bookmark.
        is_fixed: whether the same Subscribe, sent later, begins at the same event.
        follows: whether to wait for what is yet to come.
    """

    resource_uri: str
    body: Subscribe
    reader: ItemReader
    selectors: tuple[Selector, ...] = ()
    options: tuple[Option, ...] = ()
    first_options: tuple[Option, ...] = ()
    is_fixed: bool = False
    follows: bool = True

    def options_behind(self, bookmark: str) -> tuple[Option, ...]:
        """Return the options of a subscription that begins behind `bookmark`, "" for none."""
        return self.options if bookmark else (*self.options, *self.first_options)


def source_of(
    call: SubscribeCall | SubscribeEventLog,
    settings: Settings,
    dialect: Dialect,
    schemas: SchemaView,
) -> Source:
    """Return what a call subscribes to.

    Raises:
        InvalidParameter: the bookmark is none.
        InvalidQuery: the query's language is not one that has a name here.
        NotSupported: it wants push delivery.
    """
    delivery = call.delivery or SubscriptionDeliveryOptions()
    if delivery.delivery_type == "PUSH":
        raise NotSupported(
            "push delivery is not in this release over WINRM",
            advice="Leave delivery_type out: events are pulled as soon as they are there.",
        )
    return _SOURCES[type(call)](call, delivery, settings, dialect, schemas)


def _indications(
    call: SubscribeCall,
    delivery: SubscriptionDeliveryOptions,
    settings: Settings,
    dialect: Dialect,
    schemas: SchemaView,
) -> Source:
    namespace = namespace_of(call)
    bookmark = _bookmark(delivery.bookmark)
    return Source(
        settings.resource_uri or dialect.all_classes_uri(namespace),
        Subscribe(
            Filter(dialect_uri(call.dialect), call.query),
            heartbeats=delivery.heartbeat_interval,
            max_time=delivery.maximum_latency,
            expires=_expiration(delivery),
            bookmark=bookmark,
            sends_bookmarks=delivery.bookmark is not None,  # as MI asks for them (mi.h)
        ),
        Decoder.of(namespace, settings, dialect, schemas, projection(call.query)),
        settings.namespace_selectors(dialect, namespace),
        dialect.options,
        is_fixed=bool(bookmark),
    )


def _event_log(
    call: SubscribeEventLog,
    delivery: SubscriptionDeliveryOptions,
    settings: Settings,
    _dialect: Dialect,
    _schemas: SchemaView,
) -> Source:
    bookmark = _bookmark(delivery.bookmark if call.bookmark is None else call.bookmark)
    return Source(
        EVENT_LOG,
        Subscribe(
            Filter(EVENT_QUERY_DIALECT, call.query_list),
            heartbeats=delivery.heartbeat_interval,
            max_time=delivery.maximum_latency,
            locales=settings.locales,
            expires=_expiration(delivery),
            bookmark=bookmark,
            sends_bookmarks=True,
        ),
        EventReader(settings.server_name),
        options=(
            *((_RENDERED_TEXT,) if call.rendered_text else ()),
            *((_IGNORE_CHANNEL_ERROR,) if call.ignore_channel_errors else ()),
        ),
        first_options=(_READ_EXISTING,) if call.read_existing else (),
        is_fixed=bool(bookmark) or call.read_existing,
        follows=call.follow,
    )


_SOURCES: Final[dict[type[Any], Callable[..., Source]]] = {
    SubscribeCall: _indications,
    SubscribeEventLog: _event_log,
}

_RESERVED: Final = {BOOKMARK_OLDEST: BOOKMARK_EARLIEST, BOOKMARK_NEWEST: ""}


def _bookmark(given: str | None) -> str:
    """Return the bookmark to send, or "" for none."""
    if given is None:
        return ""
    return _RESERVED[given] if given in _RESERVED else check_bookmark(given)


def _expiration(delivery: SubscriptionDeliveryOptions) -> Expiration | None:
    given = delivery.expiration_time
    return timedelta(seconds=given) if isinstance(given, float) else given
