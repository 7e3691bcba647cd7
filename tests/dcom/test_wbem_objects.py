import pytest

from mi.errors import ProtocolError
from protocols.dcom.objref import CustomReference
from protocols.dcom.wbem_objects import object_in, object_reference


def test_an_object_is_carried_along() -> None:
    reference = object_reference(b"object")
    assert reference.hex() == (
        "4d454f57 04000000 81a612dc7f73cf11884d00aa004b2e24 12f890453a1dd011891f00aa004b2e24"
        "00000000 06000000 6f626a656374"
    ).replace(" ", "")
    assert object_in(reference) == b"object"


def test_an_object_may_be_carried_as_something_else() -> None:
    error = object_reference(b"object", bytes(16))
    assert error[8:24] == bytes(16)
    assert object_in(error) == b"object"


def test_what_carries_something_else_is_told() -> None:
    with pytest.raises(ProtocolError, match="of the class"):
        object_in(CustomReference(bytes(16), bytes(16), b"").packed())
