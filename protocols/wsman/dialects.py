"""What is peculiar to each kind of server, as one table; and what conversations share.

A conversation never asks which server it talks to, only for a trait of its dialect. The resource
URI of a class is of one of three families (MS-WSMV 2.2.4, DSP0227 5.2): the DMTF's, with the CIM
namespace in a selector; Microsoft's, with the namespace in the URI; a vendor's, by the class name's
prefix, with the selector again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from mi.options import ServerKind
from mi.results import OperationFlags
from mi.schema import Class
from protocols.wsman.headers import Option, Selector
from protocols.wsman.namespaces import DMTF_ALL_CLASSES, DMTF_CIM_SCHEMA, WMI

__all__ = [
    "CLASS_KNOWN",
    "DIALECTS",
    "NAMESPACE_SELECTOR",
    "ClassKnown",
    "Dialect",
    "SchemaView",
    "Settings",
    "Typing",
    "split_resource_uri",
    "typing_of",
]

NAMESPACE_SELECTOR: Final = "__cimnamespace"
"""The selector that holds the CIM namespace (DSP0227 6.3); without it servers guess."""

_PRECISE_ARRAYS: Final = Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean")

# By the prefix of the class name, as the vendors register them.
_VENDORS: Final = {
    "AMT": "http://intel.com/wbem/wscim/1/amt-schema/1",
    "DCIM": "http://schemas.dell.com/wbem/wscim/1/cim-schema/2",
    "IPS": "http://intel.com/wbem/wscim/1/ips-schema/1",
    "Linux": "http://sblim.sf.net/wbem/wscim/1/cim-schema/2",
    "OMC": "http://schema.omc-project.org/wbem/wscim/1/cim-schema/2",
    "OpenWBEM": "http://schema.openwbem.org/wbem/wscim/1/cim-schema/2",
    "PG": "http://schema.openpegasus.org/wbem/wscim/1/cim-schema/2",
    "VMware": "http://schemas.vmware.com/wbem/wscim/1/cim-schema/2",
}


class _Family(Enum):
    """Where the resource URI of a class comes from."""

    DMTF = auto()
    MICROSOFT = auto()
    VENDOR = auto()


@dataclass(frozen=True, slots=True)
class Dialect:
    """The traits of one kind of server.

    Attributes:
        family: where the resource URI of a class comes from.
        has_schema: whether it gives class declarations as CIM-XML.
        precise_arrays: whether it honours the option that tells null arrays from empty ones.
        sends_references: whether instances are asked for together with their EPRs: the only way
            to learn the keys where there is no schema.
        has_iso_keys: whether a datetime that is a key is sent as an xs:dateTime.
        largest_page: results to ask for in one reply at most; slow servers take seconds for more.
        has_event_log: whether it has Windows' event log.
        has_indications: whether it takes subscriptions to what happens to its objects.
    """

    family: _Family
    has_schema: bool = True
    precise_arrays: bool = False
    sends_references: bool = False
    has_iso_keys: bool = False
    largest_page: int = 0xFFFFFFFF
    has_event_log: bool = False
    has_indications: bool = True

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of a request for instances."""
        return (_PRECISE_ARRAYS,) if self.precise_arrays else ()

    def resource_uri(self, namespace: str, class_name: str) -> str:
        """Return the resource URI of a class."""
        if self.family is _Family.MICROSOFT:
            return f"{WMI}/{namespace}/{class_name}"
        if self.family is _Family.VENDOR:
            parent = _VENDORS.get(class_name.partition("_")[0], DMTF_CIM_SCHEMA)
            return f"{parent}/{class_name}"
        return f"{DMTF_CIM_SCHEMA}/{class_name}"

    def all_classes_uri(self, namespace: str) -> str:
        """Return the resource URI of queries, which name their class themselves."""
        return f"{WMI}/{namespace}/*" if self.family is _Family.MICROSOFT else DMTF_ALL_CLASSES

    def namespace_selectors(self, namespace: str) -> tuple[Selector, ...]:
        """Return the selectors that say in which namespace; Microsoft's URIs say it themselves."""
        if self.family is _Family.MICROSOFT:
            return ()
        return (Selector.of(NAMESPACE_SELECTOR, namespace),)


DIALECTS: Final = {
    # Windows 8, Server 2012 and everything since: what its own MI client does.
    ServerKind.WINRM3: Dialect(
        _Family.DMTF, precise_arrays=True, has_iso_keys=True, has_event_log=True
    ),
    # Windows 7, Server 2008 R2: no class declarations, DMTF URIs only for CIM 2.x classes, and no
    # Subscribe of WMI (MS-WSMV 7).
    ServerKind.WINRM2: Dialect(
        _Family.MICROSOFT,
        has_schema=False,
        sends_references=True,
        has_event_log=True,
        has_indications=False,
    ),
    # Vista, Server 2008 and older, which send 20 results at a time whatever is asked.
    ServerKind.WINRM1: Dialect(
        _Family.MICROSOFT, has_schema=False, has_event_log=True, has_indications=False
    ),
    # Reads only the last segment of the URI and takes the namespace from the selector.
    ServerKind.OMI: Dialect(_Family.DMTF, has_iso_keys=True),
    # Declarations only by actions of its own; a page of thousands takes it seconds.
    ServerKind.OPENWSMAN: Dialect(
        _Family.VENDOR, has_schema=False, sends_references=True, largest_page=100
    ),
    ServerKind.IDRAC: Dialect(_Family.VENDOR, has_schema=False, largest_page=100),
    # Its buffer of 4 to 16 KiB ends a page long before this does.
    ServerKind.AMT: Dialect(_Family.VENDOR, has_schema=False, largest_page=999),
}
"""The dialect of each kind of server (recordings and references of each; MS-WSMV 7)."""


def split_resource_uri(uri: str) -> tuple[str, str | None]:
    """Return the class name that ends a resource URI, and the CIM namespace if it holds one."""
    parent, _, class_name = uri.partition("?")[0].strip().rstrip("/").rpartition("/")
    if not parent.lower().startswith(f"{WMI}/"):
        return class_name, None
    return class_name, parent[len(WMI) :].strip("/") or None


class Typing(Enum):
    """Whether values are converted to the types that their class declares."""

    NEVER = auto()
    WHERE_KNOWN = auto()
    ALWAYS = auto()


def typing_of(flags: OperationFlags, dialect: Dialect) -> Typing:
    """Return what the caller's RTTI flags and the server's kind come to (MI_OPERATIONFLAGS_*)."""
    if flags & OperationFlags.NO_RTTI:
        return Typing.NEVER
    if flags & OperationFlags.BASIC_RTTI or not dialect.has_schema:
        return Typing.WHERE_KNOWN
    return Typing.ALWAYS


@dataclass(frozen=True, slots=True)
class Settings:
    """How one operation is to be run, as far as its messages show it.

    Attributes:
        operation_timeout: seconds that the server may take for a request, or None.
        max_elements: results to ask for in one reply.
        flags: MI's operation flags; those of RTTI and polymorphism count here.
        server_name: the server's name, for the instances that come from it.
        locales: the language of messages and the format of data, for the events of a subscription.
    """

    operation_timeout: float | None = None
    max_elements: int = 32000
    flags: OperationFlags = OperationFlags.DEFAULT
    server_name: str | None = None
    locales: tuple[str, str] = ("en-US", "en-US")


class SchemaView(Protocol):
    """The class declarations that are known; in memory, shared by the operations of a session."""

    def find(self, namespace: str, class_name: str) -> Class | None:
        """Return the declaration of a class, both names without case, or None."""
        ...

    def add(self, class_: Class, namespace: str | None = None) -> None:
        """Remember a declaration, in `namespace` or where it says."""
        ...


class ClassKnown(Enum):
    """The type of `CLASS_KNOWN`."""

    CLASS_KNOWN = auto()

    def __repr__(self) -> str:
        return self.name


CLASS_KNOWN: Final = ClassKnown.CLASS_KNOWN
"""Told to a conversation instead of a reply: the class it waits for has become known elsewhere."""
