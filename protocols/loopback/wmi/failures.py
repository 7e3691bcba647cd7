"""How a call on WMI fails: a number, and an `__ExtendedStatus` that tells more (MS-WMI 2.2.11)."""

from __future__ import annotations

from mi.errors import MIError, ProtocolError
from mi.instance import Instance
from mi.names import NameMap
from mi.schema import Class, Property
from protocols.dcom.object_writer import write_instance
from protocols.loopback.instances import new_instance
from protocols.loopback.refusals import extended_status, wmi_number
from protocols.meanings.numbers import NUMBERS

__all__ = ["Failure", "failure", "failure_of"]


class Failure(Exception):
    """A call that fails.

    Attributes:
        hresult: why.
        status: the `__ExtendedStatus`, as it is sent.
    """

    def __init__(self, hresult: int, status: bytes | None = None) -> None:
        super().__init__(f"0x{hresult:08X}")
        self.hresult = hresult
        self.status = status


def failure(number: str, operation: str, parameter: str = "") -> Failure:
    """Return the failure by one of WMI's numbers.

    Args:
        number: its name, such as `WBEM_E_NOT_FOUND`.
        operation: WMI's name of what was asked for.
        parameter: what it was asked for: a path, a query, a class.
    """
    return Failure(NUMBERS[number], _written(extended_status(operation, parameter, number)))


def failure_of(error: MIError, operation: str, parameter: str = "") -> Failure:
    """Return the failure for what the repository, or who read the call, could not do."""
    if isinstance(error, ProtocolError):
        return failure("WBEM_E_INVALID_OBJECT", operation, parameter)
    return failure(wmi_number(error), operation, parameter)


def _written(status: Instance) -> bytes:
    declared = Class(
        status.class_name,
        properties=NameMap(
            (one.name, Property(one.name, one.type)) for one in status.elements() if one.type
        ),
    )
    return write_instance(new_instance(declared, dict(status)), declared)
