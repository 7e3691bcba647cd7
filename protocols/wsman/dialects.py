"""What is peculiar to each kind of server, as one table; and what conversations share.

A conversation never asks which server it talks to, only for a trait of its dialect. The resource
URI of a class is of one of three families (MS-WSMV 2.2.4, DSP0227 5.2): the DMTF's, with the CIM
namespace in a selector; Microsoft's, with the namespace in the URI; a vendor's, by the class name's
prefix, with the selector again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Final, Protocol

from mi.calls import (
    Call,
    CreateInstance,
    DeleteInstance,
    EnumerateClasses,
    QueryInstances,
    Subscribe,
    SubscribeEventLog,
)
from mi.errors import NotSupported
from mi.options import ServerKind
from mi.results import OperationFlags
from mi.schema import Class
from protocols.wsman.forms import ANSWERED, FORMS, Forms
from protocols.wsman.headers import Option, Selector
from protocols.wsman.namespaces import DMTF_ALL_CLASSES, DMTF_CIM_SCHEMA, WMI

__all__ = [
    "CLASS_KNOWN",
    "DIALECTS",
    "NAMESPACE_SELECTOR",
    "NO_CLASSES",
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

_CIM_PATH: Final = "/wscim/"  # in the resource URIs of DSP0227 and of all vendors

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
        forms: how the values are written that it is sent.
        puts_changes: whether it takes a Put of what was modified alone, named in an option; others
            write null to what a Put leaves out, or may.
        names_by_query: whether the names of its classes are what `meta_class` gives.
        largest_page: results to ask for in one reply at most; slow servers take seconds for more.
        has_contexts: whether options of a request become values of WMI's context.
        has_dialogues: whether its providers can say and ask something while an operation goes on.
        lacks: the calls that it has no operation for, and why.
        prefix: what resource URIs begin with, where the caller says so, or None.
    """

    family: _Family
    has_schema: bool = True
    precise_arrays: bool = False
    sends_references: bool = False
    forms: Forms = ANSWERED
    puts_changes: bool = False
    names_by_query: bool = False
    largest_page: int = 0xFFFFFFFF
    has_contexts: bool = False
    has_dialogues: bool = False
    lacks: Mapping[type[Call[Any]], str] = field(default_factory=dict)
    prefix: str | None = None

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of a request for instances."""
        return (_PRECISE_ARRAYS,) if self.precise_arrays else ()

    def with_prefix(self, prefix: str) -> Dialect:
        """Return this dialect with other resource URIs (MI's RESOURCE_URI_PREFIX).

        A class' is what follows the prefix; Microsoft's bare prefix is followed by the namespace.
        """
        stripped = prefix.rstrip("/")
        if stripped.lower() == WMI:
            return replace(self, family=_Family.MICROSOFT, prefix=None)
        is_in_wmi = stripped.lower().startswith(f"{WMI}/")
        family = _Family.MICROSOFT if is_in_wmi else _Family.DMTF
        return replace(self, family=family, prefix=stripped)

    def check(self, call: Call[Any]) -> None:
        """Refuse what servers of this kind have no operation for.

        Raises:
            NotSupported: it is `call`.
        """
        reason = self.lacks.get(type(call))
        if reason is not None:
            raise NotSupported(f"the server cannot do that: {reason}")

    def resource_uri(self, namespace: str, class_name: str) -> str:
        """Return the resource URI of a class."""
        if self.prefix is not None:
            return f"{self.prefix}/{class_name}"
        if self.family is _Family.MICROSOFT:
            return f"{WMI}/{namespace}/{class_name}"
        if self.family is _Family.VENDOR:
            parent = _VENDORS.get(class_name.partition("_")[0], DMTF_CIM_SCHEMA)
            return f"{parent}/{class_name}"
        return f"{DMTF_CIM_SCHEMA}/{class_name}"

    def all_classes_uri(self, namespace: str) -> str:
        """Return the resource URI of queries, which name their class themselves."""
        if self.prefix is not None and self.family is _Family.MICROSOFT:
            return f"{self.prefix}/*"
        return f"{WMI}/{namespace}/*" if self.family is _Family.MICROSOFT else DMTF_ALL_CLASSES

    def associations_uri(self, namespace: str, class_name: str) -> str:
        """Return the resource URI of what is associated with an object of a class."""
        if self.family is _Family.MICROSOFT:
            return self.all_classes_uri(namespace)
        return self.resource_uri(namespace, class_name)

    def namespace_selectors(self, namespace: str) -> tuple[Selector, ...]:
        """Return the selectors that say in which namespace; Microsoft's URIs say it themselves."""
        if self.family is _Family.MICROSOFT:
            return ()
        return (Selector.of(NAMESPACE_SELECTOR, namespace),)


_ONLY_FOUR: Final = "WinRM before 3 (Windows 7, Server 2008 R2) gets, puts, invokes and enumerates"
_OLD_WINRM: Final = Dialect(
    _Family.MICROSOFT,
    has_schema=False,
    names_by_query=True,
    has_contexts=True,
    lacks=dict.fromkeys((CreateInstance, DeleteInstance, Subscribe), _ONLY_FOUR),
)
_NEITHER: Final = {
    EnumerateClasses: "it declares no classes by any means that this protocol knows",
    SubscribeEventLog: "only Windows has its event log",
}

DIALECTS: Final = {
    # Windows 8, Server 2012 and everything since: what its own MI client does.
    ServerKind.WINRM3: Dialect(
        _Family.DMTF,
        forms=FORMS[ServerKind.WINRM3],
        precise_arrays=True,
        puts_changes=True,
        has_contexts=True,
        has_dialogues=True,
    ),
    # Windows 7, Server 2008 R2: no class declarations, DMTF URIs only for CIM 2.x classes, and no
    # Create, Delete or Subscribe of WMI (MS-WSMV 7, notes to 3.1.4.2 to 3.1.4.8).
    ServerKind.WINRM2: replace(_OLD_WINRM, forms=FORMS[ServerKind.WINRM2], sends_references=True),
    # Vista, Server 2008 and older, which send 20 results at a time whatever is asked.
    ServerKind.WINRM1: replace(_OLD_WINRM, forms=FORMS[ServerKind.WINRM1]),
    # Reads only the last segment of the URI and takes the namespace from the selector; of its
    # providers one wrote null to what a Put left out, another did not; to enumerate classes is to
    # it to enumerate a class called `*` (all recorded).
    ServerKind.OMI: Dialect(_Family.DMTF, forms=FORMS[ServerKind.OMI], lacks=_NEITHER),
    # Declarations only by actions of its own; a page of thousands takes it seconds; writes null
    # to what a Put leaves out (seen in a live 2.8).
    ServerKind.OPENWSMAN: Dialect(
        _Family.VENDOR,
        forms=FORMS[ServerKind.OPENWSMAN],
        has_schema=False,
        sends_references=True,
        largest_page=100,
        lacks=_NEITHER,
    ),
    ServerKind.IDRAC: Dialect(
        _Family.VENDOR,
        forms=FORMS[ServerKind.IDRAC],
        has_schema=False,
        largest_page=100,
        lacks=_NEITHER,
    ),
    # Its buffer of 4 to 16 KiB ends a page long before this does; the recorded Puts hold all of an
    # instance.
    ServerKind.AMT: Dialect(
        _Family.VENDOR,
        forms=FORMS[ServerKind.AMT],
        has_schema=False,
        largest_page=999,
        lacks={
            **_NEITHER,
            QueryInstances: "AMT knows no query language, only classes and associations",
        },
    ),
}
"""The dialect of each kind of server, with the evidence for what is peculiar to it."""


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


_NO_RTTI: Final = int(OperationFlags.NO_RTTI)
_BASIC_RTTI: Final = int(OperationFlags.BASIC_RTTI)


def typing_of(flags: OperationFlags, dialect: Dialect) -> Typing:
    """Return what the caller's RTTI flags and the server's kind come to (MI_OPERATIONFLAGS_*)."""
    bits = int(flags)  # to combine flags themselves takes ten times as long
    if bits & _NO_RTTI:
        return Typing.NEVER
    if bits & _BASIC_RTTI or not dialect.has_schema:
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
        resource_uri: what to operate on instead of what namespace and class come to, or None.
        use_machine_id: whether indications say which machine they are from.
        session_id: what names the session to the server, or "".
        max_envelope_size: bytes that a message may have.
        longest_poll: seconds that the server may wait for something to say.
    """

    operation_timeout: float | None = None
    max_elements: int = 32000
    flags: OperationFlags = OperationFlags.DEFAULT
    server_name: str | None = None
    locales: tuple[str, str] = ("en-US", "en-US")
    resource_uri: str | None = None
    use_machine_id: bool = True
    session_id: str = ""
    max_envelope_size: int = 512_000
    longest_poll: float = 20.0

    def namespace_selectors(self, dialect: Dialect, namespace: str) -> tuple[Selector, ...]:
        """Return the selectors that say in which namespace; only CIM's resources are in one."""
        if self.resource_uri is None or _CIM_PATH in self.resource_uri:
            return dialect.namespace_selectors(namespace)
        return ()


class SchemaView(Protocol):
    """The class declarations that are known; in memory, shared by the operations of a session."""

    def find(self, namespace: str, class_name: str) -> Class | None:
        """Return the declaration of a class, both names without case, or None."""
        ...

    def add(self, class_: Class, namespace: str | None = None) -> None:
        """Remember a declaration, in `namespace` or where it says."""
        ...


class ClassKnown(Enum):
    """The type of `CLASS_KNOWN` and `NO_CLASSES`."""

    CLASS_KNOWN = auto()
    NO_CLASSES = auto()

    def __repr__(self) -> str:
        return self.name


CLASS_KNOWN: Final = ClassKnown.CLASS_KNOWN
"""Told to a conversation instead of a reply: the class it waits for has become known elsewhere."""

NO_CLASSES: Final = ClassKnown.NO_CLASSES
"""Told to it instead: the server declares no classes, as it turns out, so values are text."""
