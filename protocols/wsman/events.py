"""Events of the Windows event log: their XML, as an instance with typed properties.

The event log is no part of CIM, so no class declares its events. The properties of the instance are
named as the elements and attributes of the XML (Windows Event Log, Event Schema), so that the same
word stands in a query and in the result, but for a few attributes whose bare names would not tell:

    ProviderName  ProviderGuid  EventSourceName  EventID  Qualifiers  Version  Level  Task  Opcode
    Keywords  TimeCreated  EventRecordID  ActivityID  RelatedActivityID  ProcessID  ThreadID
    Channel  Computer  UserID
    Message                the rendered message, if it was asked for
    EventData              an embedded instance: the data by name; data without names is the list
                           `Data`, and `Binary` is a list of bytes
    UserData               an embedded instance, of what stands in it
    ProcessingErrorData    likewise, where the host could not read the event's own data
    RenderingInfo          likewise: texts of the host's for level, task, opcode, keywords …
    Xml                    the whole event as it came

What an event does not have is null, and so is a property whose text does not fit its type: one odd
event must not end a subscription. `Xml` has it all, and also the digits of the time that Python's
microseconds cannot hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mi.errors import MIError
from mi.instance import Instance
from mi.results import CimType, Flags
from mi.schema import Layout
from mi.serial.embedding import DEEPEST
from mi.values import parse_value
from protocols.wsman import soap
from protocols.wsman.durations import parse_datetime

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["EVENT_CLASS", "EventReader"]

EVENT_CLASS: Final = "Event"
"""The class name of the instances."""


class _Field(NamedTuple):
    """A property from the System element: its name, its type, and where it stands."""

    name: str
    type: CimType
    element: str
    attribute: str | None = None


_FIELDS: Final = (
    _Field("ProviderName", CimType.STRING, "Provider", "Name"),
    _Field("ProviderGuid", CimType.STRING, "Provider", "Guid"),
    _Field("EventSourceName", CimType.STRING, "Provider", "EventSourceName"),
    _Field("EventID", CimType.UINT32, "EventID"),
    _Field("Qualifiers", CimType.UINT16, "EventID", "Qualifiers"),
    _Field("Version", CimType.UINT8, "Version"),
    _Field("Level", CimType.UINT8, "Level"),
    _Field("Task", CimType.UINT16, "Task"),
    _Field("Opcode", CimType.UINT8, "Opcode"),
    _Field("Keywords", CimType.UINT64, "Keywords"),
    _Field("TimeCreated", CimType.DATETIME, "TimeCreated", "SystemTime"),
    _Field("EventRecordID", CimType.UINT64, "EventRecordID"),
    _Field("ActivityID", CimType.STRING, "Correlation", "ActivityID"),
    _Field("RelatedActivityID", CimType.STRING, "Correlation", "RelatedActivityID"),
    _Field("ProcessID", CimType.UINT32, "Execution", "ProcessID"),
    _Field("ThreadID", CimType.UINT32, "Execution", "ThreadID"),
    _Field("Channel", CimType.STRING, "Channel"),
    _Field("Computer", CimType.STRING, "Computer"),
    _Field("UserID", CimType.STRING, "Security", "UserID"),
)
_TYPES: Final = {
    **{field.name: field.type for field in _FIELDS},
    "Message": CimType.STRING,
    "EventData": CimType.INSTANCE,
    "UserData": CimType.INSTANCE,
    "ProcessingErrorData": CimType.INSTANCE,
    "RenderingInfo": CimType.INSTANCE,
    "Xml": CimType.STRING,
}
_KEYS: Final = ("Channel", "EventRecordID")
_LAYOUT: Final = Layout.of(
    EVENT_CLASS,
    _TYPES,
    {name: Flags.PROPERTY | (Flags.KEY if name in _KEYS else Flags.NONE) for name in _TYPES},
    _KEYS,
)


class EventReader:
    """Reads the events of one subscription.

    Attributes:
        is_repaired: whether characters were replaced in the reply at hand.
    """

    def __init__(self, server_name: str | None = None) -> None:
        """Make the reader of a subscription.

        Args:
            server_name: the server's name, for the instances.
        """
        self._server_name = server_name
        self.is_repaired = False

    def settle_for_text(self) -> None:
        """Do nothing: events need no class."""

    def read(self, element: _Element) -> Instance:
        """Return the instance that an event is; whatever is odd about it, there is one."""
        values: dict[str, Any] = dict.fromkeys(_TYPES)
        for part in element:
            name = soap.local_name(part)
            if name == "System":
                values.update(_system(part))
            elif name in _PARTS:
                values[name] = _PARTS[name](part)
        rendered = values["RenderingInfo"]
        if rendered is not None:
            values["Message"] = rendered.get("Message")
        values["Xml"] = soap.standalone(element)
        return Instance.received(
            EVENT_CLASS, values, _LAYOUT, None, self._server_name, is_repaired=self.is_repaired
        )


def _system(system: _Element) -> Mapping[str, Any]:
    parts = {soap.local_name(part): part for part in system}
    values = {}
    for name, cim_type, element, attribute in _FIELDS:
        part = parts.get(element)
        if part is not None:
            text = soap.text(part) if attribute is None else part.get(attribute)
            values[name] = _value(text, cim_type)
    return values


def _value(text: str | None, cim_type: CimType) -> Any:
    """Return the value of a text; `Level` and the like may be empty, `Keywords` is hexadecimal."""
    if not text or cim_type is CimType.STRING:
        return text or None
    try:
        if cim_type is CimType.DATETIME:
            return parse_datetime(text)
        return parse_value(text, cim_type)
    except MIError:
        return None


# What an event says in its own words


def _rendering(element: _Element) -> Instance:
    values: dict[str, Any] = {"Culture": element.get("Culture")}
    for part in element:
        values[soap.local_name(part)] = part.text or ""
    keywords = next((part for part in element if soap.local_name(part) == "Keywords"), ())
    values["Keywords"] = [keyword.text or "" for keyword in keywords]
    return Instance.received(
        "RenderingInfo", values, None, None, types={"Keywords": CimType.STRING_ARRAY}
    )


def _user_data(element: _Element) -> Instance:
    """Return what is in a UserData: one element, of whatever name its provider gave it."""
    inside = element[0] if len(element) == 1 and len(element[0]) else element
    return _data(soap.local_name(inside), inside)


def _data(class_name: str, element: _Element, depth: int = 0) -> Instance:
    """Return the data in an element by name; what has no type anywhere is text."""
    types: dict[str, CimType] = {}
    values: dict[str, Any] = {}
    for name, parts in _grouped(element).items():
        if name == "Binary" and len(parts) == 1 and (octets := _octets(parts[0])) is not None:
            values[name], types[name] = octets, CimType.UINT8_ARRAY
        elif any(len(part) for part in parts) and depth < DEEPEST:
            nested = [_data(soap.local_name(part), part, depth + 1) for part in parts]
            values[name] = nested if len(nested) > 1 else nested[0]
        else:
            texts = ["".join(part.itertext()) for part in parts]
            is_list = len(texts) > 1 or _is_unnamed(parts[0])
            values[name] = texts if is_list else texts[0]
    return Instance.received(class_name, values, None, None, types=types, is_typed=False)


def _grouped(element: _Element) -> Mapping[str, list[_Element]]:
    groups: dict[str, list[_Element]] = {}
    for part in element:
        groups.setdefault(part.get("Name") or soap.local_name(part), []).append(part)
    return groups


def _is_unnamed(part: _Element) -> bool:
    """Return whether it is one of the insertion strings of a classic event, which have no names."""
    return soap.local_name(part) == "Data" and not part.get("Name")


def _octets(part: _Element) -> list[int] | None:
    try:
        return list(bytes.fromhex(part.text or ""))
    except ValueError:
        return None


_PARTS: Final[Mapping[str, Callable[[_Element], Instance]]] = {
    "EventData": partial(_data, "EventData"),
    "ProcessingErrorData": partial(_data, "ProcessingErrorData"),
    "RenderingInfo": _rendering,
    "UserData": _user_data,
}
