import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import InvalidParameter
from protocols.dcom.guids import NULL, guid, text_of


@given(st.uuids())
def test_a_guid_is_what_the_standard_library_makes_of_it(value: uuid.UUID) -> None:
    assert guid(str(value)) == guid(f"{{{str(value).upper()}}}") == value.bytes_le
    assert text_of(value.bytes_le) == str(value)


def test_nothing_has_a_guid_too() -> None:
    assert text_of(NULL) == "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("text", ["", "x", "8a885d04-1ceb-11c9-9fe8", "{" + "0" * 36 + "}"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(InvalidParameter, match="is no GUID"):
        guid(text)
