"""IWbemContext: named values that WMI hands to the provider (MS-WMI 2.2.13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ctypes import byref

from mi.errors import InvalidParameter
from mi.instance import Instance
from protocols.wmidcom.com.interfaces import Context, wide
from protocols.wmidcom.com.system import System
from protocols.wmidcom.com.variants import filled
from protocols.wmidcom.services import ContextValue

__all__ = ["new_context"]


class _NoObjects:
    """Refuses objects, which no provider expects there."""

    def reference(self, instance: Instance) -> str:
        raise InvalidParameter(f"a context cannot hold a {instance.class_name}")

    def embedded(self, instance: Instance) -> int:
        raise InvalidParameter(f"a context cannot hold a {instance.class_name}")


@contextmanager
def new_context(values: Iterable[ContextValue], system: System) -> Iterator[int | None]:
    """Return the address of a context with some values, None where there are none.

    Raises:
        InvalidParameter: a value is an object.
        WbemError: there is no context to be had.
    """
    given = [*values]
    if not given:
        yield None
        return
    address = system.create(Context.CLASS_ID, Context.INTERFACE_ID)
    with Context(system, address) as context:
        for one in given:
            with filled(one.value, one.type, system, _NoObjects()) as variant:
                context.call(Context.SET_VALUE, wide(one.name), 0, byref(variant))
        yield address
