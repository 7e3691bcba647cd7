"""The caller's options as the IWbemContext that WMI hands to the provider (MS-WMI 2.2.13).

Over WINRM an option named `wmi:NAME` becomes the value `NAME` there, and `wmiarray:NAME` an array
(MS-WSMV 3.1.4.1.10), so a caller may write either, or the bare name, whatever the protocol.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mi.custom_options import CustomOption
from mi.errors import NotSupported
from mi.options import OperationOptions
from mi.results import CimType
from protocols.wmidcom.services import ContextValue

__all__ = ["context_of", "partial_update"]

_PREFIXES: Final = ("", "wmi", "wmiarray")
_ARCHITECTURE: Final = "__ProviderArchitecture"
_REQUIRED: Final = "__RequiredArchitecture"


def context_of(options: OperationOptions) -> tuple[ContextValue, ...]:
    """Return the values that an operation's options come to.

    Raises:
        NotSupported: one must be complied with, and its prefix is another protocol's.
    """
    custom = (_custom(option) for option in options.custom.values())
    return (*_architecture(options), *(value for value in custom if value is not None))


def _architecture(options: OperationOptions) -> Iterator[ContextValue]:
    if options.provider_architecture is not None:
        yield ContextValue(_ARCHITECTURE, options.provider_architecture, CimType.SINT32)
        if options.required_architecture:
            yield ContextValue(_REQUIRED, value=True, type=CimType.BOOLEAN)


def _custom(option: CustomOption) -> ContextValue | None:
    prefix, _, name = option.name.rpartition(":")
    if prefix.lower() not in _PREFIXES:
        if option.must_comply:
            raise NotSupported(
                f"the option {option.name} is none of WMI's",
                advice="Write the name that the provider knows, or drop must_comply.",
            )
        return None
    return ContextValue(name, option.value, option.type or CimType.STRING)


def partial_update(names: Iterable[str], *, clears: bool) -> tuple[ContextValue, ...]:
    """Return the values that ask for some properties alone to be written (MS-WMI 3.1.4.3.12).

    Args:
        names: of the properties.
        clears: whether null is to be written to one of them; a provider passes over null else.
    """
    said = [
        ContextValue("__PUT_EXTENSIONS", value=True, type=CimType.BOOLEAN),
        ContextValue("__PUT_EXT_CLIENT_REQUEST", value=True, type=CimType.BOOLEAN),
        ContextValue("__PUT_EXT_PROPERTIES", list(names), CimType.STRING_ARRAY),
    ]
    if clears:
        said.append(ContextValue("__PUT_EXT_STRICT_NULLS", value=True, type=CimType.BOOLEAN))
    return tuple(said)
