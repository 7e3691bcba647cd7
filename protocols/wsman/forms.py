"""How a value is written for each kind of server: what it takes, not what it gives.

What servers give is read leniently, by `readers`; what they take differs, and none of them says so
in time. The table is by kind of server and kind of value. What has no column is the same for all:
a string, a number and a boolean are their canonical text (`true`, `INF`); a reference is the parts
of an endpoint reference without the element around them (OMI takes the whole element for null); an
array is repeated elements, of octets too; an embedded instance says its class by `xsi:type`; an
empty array is nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any, Final

from mi.options import ServerKind
from mi.results import CimType
from mi.values import format_value
from protocols.wsman import markup
from protocols.wsman.durations import format_datetime, format_interval

__all__ = ["ANSWERED", "FORMS", "Datetimes", "Forms"]


class Datetimes(Enum):
    """The form of a datetime inside its element."""

    WRAPPED = auto()
    """`cim:Datetime`, `cim:Interval` or, with wildcards, `cim:CIM_DateTime` (DSP0230 9.2.3)."""
    BARE = auto()
    """ISO 8601 text and xs:duration; with wildcards DMTF's text."""
    DMTF = auto()
    """DMTF's 25 characters (DSP0004 5.2.4)."""


@dataclass(frozen=True, slots=True)
class Forms:
    """How the values that a reader takes are written.

    Attributes:
        datetimes: a datetime in a property or a parameter.
        iso_keys: whether a datetime that is a key is sent as ISO 8601 text; else as DMTF's.
        numbered_chars: whether a char16 is its code unit in decimal rather than the character.
        nulls: whether a null is an element with xsi:nil; else it is left out.
        null_arrays: whether a null array is too.
        types: whether a property of an instance says its type (`cim:cimString`).
    """

    datetimes: Datetimes = Datetimes.WRAPPED
    iso_keys: bool = False
    numbered_chars: bool = False
    nulls: bool = True
    null_arrays: bool = True
    types: bool = False

    def content(self, cim_type: CimType, value: Any, prefix: str = "cim:") -> str:
        """Return the inside of the element of one value that is neither null nor an object.

        Args:
            cim_type: the type of one value.
            value: the value.
            prefix: of the namespace that a datetime's wrapper is in.

        Raises:
            InvalidParameter: XML cannot carry it.
        """
        if cim_type is CimType.DATETIME:
            return _WRITERS[self.datetimes](value, prefix)
        if cim_type is CimType.CHAR16 and self.numbered_chars:
            return str(ord(value))
        return markup.text(format_value(value))

    def key(self, value: Any) -> str:
        """Return the text of a key in a selector."""
        if self.iso_keys and isinstance(value, datetime):
            return format_datetime(value)
        if self.iso_keys and isinstance(value, timedelta):
            return format_interval(value)
        return format_value(value)

    def type_markup(self, cim_type: CimType) -> str:
        """Return the attribute that states a type, or nothing where none is stated.

        A datetime's and an object's own content says what it is; OMI fails on both.
        """
        name = _TYPE_NAMES.get(cim_type) if self.types else None
        return "" if name is None else f' xsi:type="cim:{name}"'


def _wrapped(value: Any, prefix: str) -> str:
    if isinstance(value, timedelta):
        return f"<{prefix}Interval>{format_interval(value)}</{prefix}Interval>"
    if isinstance(value, datetime):
        return f"<{prefix}Datetime>{format_datetime(_in_utc(value))}</{prefix}Datetime>"
    return f"<{prefix}CIM_DateTime>{value}</{prefix}CIM_DateTime>"


def _bare(value: Any, _: str) -> str:
    if isinstance(value, timedelta):
        return format_interval(value)
    return format_datetime(value) if isinstance(value, datetime) else str(value)


def _dmtf(value: Any, _: str) -> str:
    return format_value(value)


_WRITERS: Final = {
    Datetimes.WRAPPED: _wrapped,
    Datetimes.BARE: _bare,
    Datetimes.DMTF: _dmtf,
}


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # in the first or the last year
        return value


# DSP0230 9.2.1, and what Windows' MI client writes into a Create (recorded).
_TYPE_NAMES: Final = {
    CimType.BOOLEAN: "cimBoolean",
    CimType.UINT8: "cimUnsignedByte",
    CimType.SINT8: "cimByte",
    CimType.UINT16: "cimUnsignedShort",
    CimType.SINT16: "cimShort",
    CimType.UINT32: "cimUnsignedInt",
    CimType.SINT32: "cimInt",
    CimType.UINT64: "cimUnsignedLong",
    CimType.SINT64: "cimLong",
    CimType.REAL32: "cimFloat",
    CimType.REAL64: "cimDouble",
    CimType.CHAR16: "cimChar16",
    CimType.STRING: "cimString",
}

ANSWERED: Final = Forms(null_arrays=False)
"""How Windows itself answers: null arrays are left out, nothing has a type (all recordings)."""

FORMS: Final = {
    # Its own MI client states types in what it creates and modifies (recorded), and writes the
    # keys of a selector as xs:dateTime.
    ServerKind.WINRM3: Forms(iso_keys=True, types=True),
    # Before MI: what `winrm set` sends is what `winrm get` gave (MS-WSMV 4.1.1), without types.
    ServerKind.WINRM2: Forms(),
    ServerKind.WINRM1: Forms(),
    # Refuses a cim:Datetime as an unknown property, and any type on one; takes a character's
    # number alone (recorded).
    ServerKind.OMI: Forms(Datetimes.BARE, iso_keys=True, numbered_chars=True),
    # Hands the text of a datetime to its CIM server as it is (seen in a live 2.8).
    ServerKind.OPENWSMAN: Forms(Datetimes.DMTF),
    # Built on openwsman; its own datetimes are DMTF's text (recorded).
    ServerKind.IDRAC: Forms(Datetimes.DMTF),
    # Gives and takes cim:Datetime (recorded); no recorded request holds a nil.
    ServerKind.AMT: Forms(nulls=False, null_arrays=False),
}
"""How values are written for each kind of server, with the evidence for it."""
