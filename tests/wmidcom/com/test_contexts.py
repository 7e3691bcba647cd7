"""What is given to a provider in a context."""

import pytest

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.results import CimType
from protocols.wmidcom.com.contexts import new_context
from protocols.wmidcom.services import ContextValue
from tests.wmidcom.com.com_objects import ComObject
from tests.wmidcom.com.com_server import Context, FakeSystem

VALUES = (
    ContextValue("Flag", True, CimType.BOOLEAN),  # noqa: FBT003 - a CIM value
    ContextValue("Names", ["a", "\u20ac"], CimType.STRING_ARRAY),
    ContextValue("Number", 64, CimType.SINT32),
)


def test_its_values_are_those_that_were_given(system: FakeSystem) -> None:
    with new_context(VALUES, system) as address:
        found = ComObject._living[address or 0]
        assert isinstance(found, Context)
        assert tuple(found.values) == VALUES


def test_without_values_there_is_none(system: FakeSystem) -> None:
    with new_context((), system) as address:
        assert address is None


@pytest.mark.parametrize("cim_type", [CimType.REFERENCE, CimType.INSTANCE])
def test_objects_are_refused(system: FakeSystem, cim_type: CimType) -> None:
    value = ContextValue("Object", Instance("X", {"A": 1}), cim_type)
    with (
        pytest.raises(InvalidParameter, match="a context cannot hold a X"),
        new_context([value], system),
    ):
        pass
