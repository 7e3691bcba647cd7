"""Markup as it is written."""

import pytest
from lxml import etree

from mi.errors import InvalidParameter
from mi.serial import markup


def test_text_and_attributes_come_back_as_they_were() -> None:
    value = "<&>\"' \t\r\n\x85\u2028é\N{GRINNING FACE}]]>"
    written = markup.element("A", {"B": value, "C": None}, markup.text(value))
    parsed = etree.fromstring(written)
    assert (parsed.text, dict(parsed.attrib)) == (value, {"B": value})


def test_an_element_without_content_is_closed_at_once() -> None:
    assert markup.element("A", {}) == "<A/>"


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe"])
def test_characters_that_xml_forbids_are_refused_wherever_they_stand(character: str) -> None:
    with pytest.raises(InvalidParameter, match=f"U\\+{ord(character):04X} at position 2 of a text"):
        markup.text(f"ab{character}")
    with pytest.raises(InvalidParameter, match=r"XML 1\.0 has no way to"):
        markup.element("A", {"B": character})
