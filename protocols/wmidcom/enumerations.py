"""The operations with many results: how each is begun, and what becomes of its objects."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from mi.calls import (
    AssociatorInstances,
    Call,
    EnumerateClasses,
    EnumerateInstances,
    QueryInstances,
    ReferenceInstances,
    Subscribe,
)
from mi.control import Control
from mi.errors import InvalidQuery, NotSupported
from mi.indication import Indication
from mi.names import name_matcher
from mi.options import BOOKMARK_NEWEST, SubscriptionDeliveryOptions
from mi.results import OperationFlags, Result
from mi.schema import Class
from mi.wql import projection
from protocols.wmidcom.access import SEMISYNCHRONOUS, Access
from protocols.wmidcom.pace import Eager, Growing, Pace
from protocols.wmidcom.paths import association_query, key_query
from protocols.wmidcom.results import Shape, base_properties, keys_alone, selected, whole
from protocols.wmidcom.services import Bounds, WbemEnumerator, WbemFlags

__all__ = ["ENUMERATIONS", "Enumeration"]

_WQL: Final = ("wql", "http://schemas.microsoft.com/wbem/wsman/1/wql")
_BASE_PROPERTIES: Final = OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY


class Enumeration(NamedTuple):
    """How one call is begun, and read.

    Attributes:
        begin: opens the enumerator.
        shape: makes results of what comes.
        pace: how much to ask for.
        end: when it is over on the monotonic clock, or None for when the server says so.
    """

    begin: Callable[[Bounds], WbemEnumerator]
    shape: Shape
    pace: Pace
    end: float | None = None


# Instances


def _of_class(access: Access, call: EnumerateInstances, control: Control) -> Enumeration:
    flags = access.flags | SEMISYNCHRONOUS
    is_shallow = False
    shape: Shape = keys_alone(call.class_name) if call.keys_only else whole
    if control.flags & _BASE_PROPERTIES == _BASE_PROPERTIES:
        shape = shape if call.keys_only else base_properties(call.class_name)
    elif control.flags & OperationFlags.POLYMORPHISM_SHALLOW:
        flags, is_shallow = flags | WbemFlags.SHALLOW, True

    def begin(bounds: Bounds) -> WbemEnumerator:
        services = access.services(bounds)
        keys = _keys(access, call.class_name, bounds) if call.keys_only else ()
        if keys and not is_shallow:
            query = key_query(call.class_name, keys)
            return services.exec_query(query, flags, access.context, bounds)
        return services.create_instance_enum(call.class_name, flags, access.context, bounds)

    return Enumeration(begin, shape, Growing(access.most))


def _keys(access: Access, class_name: str, bounds: Bounds) -> tuple[str, ...]:
    """Return the keys of a class, or none where it has none or may not be asked for."""
    known = access.known(class_name)
    if known is None and access.fetches:
        known = access.declaration(class_name, bounds)
    return () if known is None else known.keys


def _of_query(access: Access, call: QueryInstances, control: Control) -> Enumeration:
    del control
    _check_language(call.dialect)
    chosen = projection(call.query)
    is_part = chosen is not None and chosen.properties is not None
    shape = selected(chosen) if chosen is not None and is_part else whole
    return Enumeration(partial(_query, access, call.query), shape, Growing(access.most))


def _query(access: Access, query: str, bounds: Bounds) -> WbemEnumerator:
    flags = access.flags | SEMISYNCHRONOUS
    return access.services(bounds).exec_query(query, flags, access.context, bounds)


def _check_language(name: str) -> None:
    if name.lower() not in _WQL:
        raise InvalidQuery(
            f"WMI knows no query language but WQL, and not {name!r}",
            result=Result.QUERY_LANGUAGE_NOT_SUPPORTED,
            advice="Write the query in WQL.",
        )


def _around(
    access: Access, call: AssociatorInstances | ReferenceInstances, control: Control
) -> Enumeration:
    del control
    query = association_query(call)
    shape = keys_alone() if call.keys_only else whole
    return Enumeration(partial(_query, access, query), shape, Growing(access.most))


# Classes


def _classes(access: Access, call: EnumerateClasses, control: Control) -> Enumeration:
    del control
    flags = access.flags | SEMISYNCHRONOUS
    flags |= WbemFlags.NONE if call.deep else WbemFlags.SHALLOW

    def begin(bounds: Bounds) -> WbemEnumerator:
        services = access.services(bounds)
        return services.create_class_enum(call.class_name, flags, access.context, bounds)

    return Enumeration(begin, _class_shape(call), Growing(access.most))


def _class_shape(call: EnumerateClasses) -> Shape:
    root, matches = (call.class_name or "").lower(), name_matcher(call.pattern)

    def shape(access: Access, objects: list[Any], bounds: Bounds) -> list[Class]:
        del bounds
        found = [one for one in objects if one.name.lower() != root and matches(one.name)]
        if call.names_only:
            return [Class(one.name, access.namespace, access.server_name) for one in found]
        return found

    return shape


# Events


def _events(access: Access, call: Subscribe, control: Control) -> Enumeration:
    del control
    _check_language(call.dialect)
    delivery = call.delivery or SubscriptionDeliveryOptions()
    _check_delivery(delivery)
    chosen = projection(call.query)
    is_part = chosen is not None and chosen.properties is not None
    events = selected(chosen) if chosen is not None and is_part else whole

    def begin(bounds: Bounds) -> WbemEnumerator:
        # It takes these two flags and no other (MS-WMI 3.1.4.3.20).
        flags, context = SEMISYNCHRONOUS, access.context
        return access.services(bounds).exec_notification_query(call.query, flags, context, bounds)

    def shape(access: Access, objects: list[Any], bounds: Bounds) -> list[Indication]:
        return [Indication(event) for event in events(access, objects, bounds)]

    return Enumeration(begin, shape, Eager(access.most), _end(delivery.expiration_time))


def _check_delivery(delivery: SubscriptionDeliveryOptions) -> None:
    if delivery.delivery_type == "PUSH":
        raise NotSupported(
            "WMIDCOM delivers no events to a listener",
            advice="Leave delivery_type out: events are fetched as soon as they are there.",
        )
    if delivery.bookmark not in (None, BOOKMARK_NEWEST):
        raise NotSupported(
            "the events of WMI have no bookmarks",
            advice="Subscribe without a bookmark: what happens while nobody listens is gone.",
        )


def _end(given: datetime | timedelta | float | None) -> float | None:
    if given is None:
        return None
    if isinstance(given, datetime):
        given = given - datetime.now(UTC)
    seconds = given.total_seconds() if isinstance(given, timedelta) else given
    return time.monotonic() + seconds


ENUMERATIONS: Final[Mapping[type[Call[Any]], Callable[[Access, Any, Control], Enumeration]]] = {
    EnumerateInstances: _of_class,
    QueryInstances: _of_query,
    AssociatorInstances: _around,
    ReferenceInstances: _around,
    EnumerateClasses: _classes,
    Subscribe: _events,
}
"""How each call with many results is begun, and read."""
