"""The caller's options of an operation, as the options in a request's header.

On Windows an option named `wmi:NAME` becomes the value `NAME` of the context that WMI gives to the
provider, and all of `wmiarray:NAME` together an array there (MS-WSMV 3.1.4.1.10). A caller's name
without a prefix is meant for the provider, so it gets one; with a prefix, or where the resource is
none of WMI's, it is sent as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from mi.custom_options import CustomOption
from mi.errors import NotSupported
from mi.options import OperationOptions
from mi.results import CimType
from mi.values import format_value
from protocols.wsman.dialects import Dialect
from protocols.wsman.durations import format_datetime, format_interval
from protocols.wsman.headers import Option

__all__ = ["operation_options"]

_ARCHITECTURE: Final = "wmi:__ProviderArchitecture"
_REQUIRED: Final = "wmi:__RequiredArchitecture"
_SCALAR_PREFIX: Final = "wmi:"
_ARRAY_PREFIX: Final = "wmiarray:"

# What OMI's client and Windows' write (recorded); a char16 is a string of XML Schema's.
_XML_TYPES: Final = {
    CimType.BOOLEAN: "xs:boolean",
    CimType.UINT8: "xs:unsignedByte",
    CimType.SINT8: "xs:byte",
    CimType.UINT16: "xs:unsignedShort",
    CimType.SINT16: "xs:short",
    CimType.UINT32: "xs:unsignedInt",
    CimType.SINT32: "xs:int",
    CimType.UINT64: "xs:unsignedLong",
    CimType.SINT64: "xs:long",
    CimType.REAL32: "xs:float",
    CimType.REAL64: "xs:double",
    CimType.CHAR16: "xs:string",
    CimType.STRING: "xs:string",
    CimType.DATETIME: "xs:dateTime",
}


def operation_options(options: OperationOptions, dialect: Dialect) -> tuple[Option, ...]:
    """Return the header options that the caller's options come to.

    Raises:
        NotSupported: an architecture is required of a server that knows no difference.
    """
    is_in_wmi = dialect.has_contexts and options.resource_uri is None
    custom = (
        one for option in options.custom.values() for one in _custom(option, is_in_wmi=is_in_wmi)
    )
    return (*_architecture(options, dialect), *custom)


def _architecture(options: OperationOptions, dialect: Dialect) -> Iterator[Option]:
    if options.provider_architecture is None:
        return
    if dialect.has_contexts:
        yield Option(_ARCHITECTURE, str(options.provider_architecture), "xs:int")
        if options.required_architecture:
            yield Option(_REQUIRED, "true", "xs:boolean")
    elif options.required_architecture:
        raise NotSupported("a server of this kind has no providers of several architectures")


def _custom(option: CustomOption, *, is_in_wmi: bool) -> Iterator[Option]:
    is_array = option.type is not None and option.type.is_array
    prefix = _ARRAY_PREFIX if is_array else _SCALAR_PREFIX
    name = f"{prefix}{option.name}" if is_in_wmi and ":" not in option.name else option.name
    if option.type is None:
        yield Option(name, None, must_comply=option.must_comply)
        return
    for value in option.value if is_array else [option.value]:
        yield Option(name, _text(value), _type(option.type, value), option.must_comply)


def _type(cim_type: CimType, value: Any) -> str:
    return "xs:duration" if isinstance(value, timedelta) else _XML_TYPES[cim_type.scalar]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return format_datetime(value)
    return format_interval(value) if isinstance(value, timedelta) else format_value(value)
