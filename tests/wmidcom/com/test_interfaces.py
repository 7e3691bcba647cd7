"""Interfaces are held, shared and released as COM counts it."""

import pytest

from mi.errors import InvalidParameter
from protocols.wmidcom.com.interfaces import Interface, text_of, wide
from protocols.wmidcom.com.structures import text_at
from protocols.wmidcom.services import WbemError
from tests.wmidcom.com.com_objects import ComObject
from tests.wmidcom.com.com_server import FakeSystem


def test_an_interface_is_released_once(system: FakeSystem) -> None:
    found = ComObject(system)
    with Interface(system, found.address) as held:
        assert found.references == 1
    held.release()
    assert found.references == 0


def test_a_share_is_released_by_itself(system: FakeSystem) -> None:
    found = ComObject(system)
    held = Interface(system, found.address)
    with held.shared():
        assert found.references == 2
        held.release()
        assert found.references == 1
    assert found.references == 0


def test_of_what_was_released_there_is_no_share(system: FakeSystem) -> None:
    held = Interface(system, ComObject(system).address)
    held.release()
    with pytest.raises(InvalidParameter, match="the session is closed"):
        held.shared()


def test_an_interface_that_an_object_has_not_is_refused(system: FakeSystem) -> None:
    with (
        Interface(system, ComObject(system).address) as held,
        pytest.raises(WbemError, match="0x80004002"),
    ):
        held.query("00000000-0000-0000-0000-000000000001")


def test_a_text_is_freed_afterwards_and_none_is_no_text(system: FakeSystem) -> None:
    with text_of("text", system) as address:
        assert text_at(address or 0) == "text"
    with text_of(None, system) as address:
        assert address is None


def test_a_wide_text_ends_with_a_zero() -> None:
    assert wide("a\u20ac").raw == b"a\0\xac\x20\0\0\0"
