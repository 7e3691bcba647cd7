"""What COM passes about has the size and the layout that MS-OAUT and wtypes.h give it."""

import ctypes

from protocols.wmidcom.com.structures import GUID, SAFEARRAY, VARIANT, pointer_at, text_at


def test_a_variant_has_the_size_of_windows() -> None:
    pointer = ctypes.sizeof(ctypes.c_void_p)
    assert ctypes.sizeof(VARIANT) == {8: 24, 4: 16}[pointer]
    assert VARIANT().place - ctypes.addressof(VARIANT()) != 0
    variant = VARIANT()
    assert variant.place == ctypes.addressof(variant) + 8


def test_an_array_says_its_elements_where_windows_has_them() -> None:
    assert (SAFEARRAY.data.offset, SAFEARRAY.bound.offset) == (16, 24)


def test_a_guid_has_its_first_parts_in_the_machines_order() -> None:
    guid = GUID.of("00112233-4455-6677-8899-aabbccddeeff")
    assert bytes(guid).hex() == "33221100554477668899aabbccddeeff"
    assert str(guid) == "00112233-4455-6677-8899-aabbccddeeff"


def test_nothing_is_the_empty_text() -> None:
    assert text_at(0) == ""


def test_an_address_is_read_where_it_stands() -> None:
    place = ctypes.c_void_p(5)
    assert pointer_at(ctypes.addressof(place)) == 5
    place.value = None
    assert pointer_at(ctypes.addressof(place)) == 0
