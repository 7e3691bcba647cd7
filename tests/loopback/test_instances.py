"""New instances have every property of their class, of its type."""

import pytest

from mi.errors import TypeMismatch
from mi.results import CimType
from protocols.loopback.instances import new_instance
from tests.loopback.asked import declared

THING = declared("X_Thing", ("Id",), Id=CimType.UINT32, Tags=CimType.STRING_ARRAY)


def test_what_is_not_given_is_null_and_nothing_is_modified() -> None:
    made = new_instance(THING, {"Id": 1})
    assert dict(made) == {"Id": 1, "Tags": None}
    assert (made.namespace, made.key, set(made.modified)) == ("root/cimv2", {"Id": 1}, set())


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(TypeMismatch):
        new_instance(THING, {"Id": -1})
