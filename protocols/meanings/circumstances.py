r"""What is known where a fault comes in, beside what the fault says.

A fault says "access is denied", or "the answer is too long"; what to do about it depends on what
was asked for, and by whom. Half of that is in the call, which this module reads; the other half,
about the connection, a handler fills in. Nothing here asks anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self

from mi.calls import AssociatorInstances, Call, Invoke, ReferenceInstances
from mi.wql import projection

__all__ = ["NOWHERE", "Circumstances", "Reach"]

# \\server\share, of which WQL and MOF double each backslash. \\.\ and \\?\ are this machine's own,
# and \\server\root\… is how WMI names an object.
_SHARE: Final = re.compile(
    r"(?:^|[\s\"'=,(;])(?:\\\\){1,2}[^\\/:*?\"<>|\s.][^\\/:*?\"<>|\s]*\\{1,2}(?!root\b)[^\\\s]",
    re.IGNORECASE,
)


class Reach(IntEnum):
    """How far the server has let this session in before."""

    NOTHING = 0
    """It has answered nothing."""
    SERVER = 1
    """It has answered something."""
    NAMESPACE = 2
    """It has answered something of the same namespace."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    r"""What was asked for, by whom, and what came of it before.

    Attributes:
        class_name: the class that the request is about, or None.
        item_class: the class of what should come, or None; subclasses of it may come as well.
        namespace: the CIM namespace, or None.
        method: the method that was called, or None.
        names_share: whether a share of another host is named: `\\server\share`.
        user: who asks, as the caller wrote it, or None.
        may_be_filtered: whether that may be a local account whose rights Windows takes away.
        may_delegate: whether the server may act for the user towards others.
        reach: how far the server has let this session in before.
        max_envelope_size: KB that the server was asked to keep to, or None.
    """

    class_name: str | None = None
    item_class: str | None = None
    namespace: str | None = None
    method: str | None = None
    names_share: bool = False
    user: str | None = None
    may_be_filtered: bool = False
    may_delegate: bool = False
    reach: Reach = Reach.NOTHING
    max_envelope_size: int | None = None

    @classmethod
    def of(cls, call: Call[Any]) -> Self:
        """Return what a call says."""
        class_name = _class_name(call)
        return cls(
            class_name=class_name,
            item_class=_item_class(call, class_name),
            namespace=call.namespace if call.has_namespace else None,
            method=call.method if isinstance(call, Invoke) else None,
            names_share=any(map(_SHARE.search, _texts(call))),
        )

    @property
    def words(self) -> Mapping[str, str]:
        """What stands for the placeholders of a sentence; `an item` where the class is unknown."""
        class_name, item, method = self.class_name, self.item_class, self.method
        size = self.max_envelope_size
        return {
            "class": f"the class {class_name}" if class_name else "the class",
            "namespace": f"the namespace {self.namespace}" if self.namespace else "the namespace",
            "method": f"{class_name}.{method}" if class_name and method else "the method",
            "target": f"{class_name}.{method}" if class_name and method else "the request",
            "item": f"an instance of {item}" if item else "an item",
            "name": item or class_name or "…",
            "user": self.user or "the user",
            "member": f"'{self.user}'" if self.user else "…",
            "size": "…" if size is None else str(size),
        }


NOWHERE: Final = Circumstances()
"""Those of which nothing is known."""


def _class_name(call: Call[Any]) -> str | None:
    about = call.about
    if about is not None:
        return about.class_name
    name = getattr(call, "class_name", None)  # a property of Invoke, a field of most others
    return name or _selected(call)


def _selected(call: Call[Any]) -> str | None:
    """Return the class behind FROM in a query."""
    query = getattr(call, "query", None)
    found = None if query is None else projection(query)
    return None if found is None else found.class_name


def _item_class(call: Call[Any], class_name: str | None) -> str | None:
    # What is associated with an object is of any class but, as a rule, its own.
    if isinstance(call, (AssociatorInstances, ReferenceInstances)):
        return call.result_class
    return class_name


def _texts(call: Call[Any]) -> Iterator[str]:
    """Yield the texts in which a call may name something of another host."""
    for name in ("query", "query_list", "parameters"):
        yield from _texts_in(getattr(call, name, None))
    yield from _texts_in(call.about)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts_in(one)
