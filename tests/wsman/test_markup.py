from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mi.errors import InvalidParameter
from protocols.wsman import markup

# Everything that XML 1.0 can carry: Char of its section 2.2.
XML_TEXT = st.text(
    st.characters(
        blacklist_categories=("Cs",),
        blacklist_characters=[*map(chr, {*range(32)} - {9, 10, 13}), "\ufffe", "\uffff"],
    )
)


def test_ordinary_text_is_returned_as_it_is() -> None:
    value = "SELECT * FROM Win32_Service WHERE Name = 'Spooler'"
    assert markup.text(value) is value
    assert markup.attribute(value) is value


def test_markup_characters_are_escaped() -> None:
    assert markup.text("a < b && c > d ]]>") == "a &lt; b &amp;&amp; c &gt; d ]]&gt;"


def test_a_carriage_return_is_sent_as_a_reference_since_xml_would_drop_it() -> None:
    assert markup.text("one\r\ntwo") == "one&#13;\ntwo"


def test_what_is_not_ascii_is_sent_raw() -> None:
    assert markup.text("Störung 🔥") == "Störung 🔥"


def test_attributes_escape_quotes_tabs_and_line_feeds_too() -> None:
    assert markup.attribute('say "a\tb"\r\n') == "say &quot;a&#9;b&quot;&#13;&#10;"


@pytest.mark.parametrize("escape", [markup.text, markup.attribute])
@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\udfff", "\ufffe"])
def test_a_character_that_xml_cannot_carry_is_refused_with_its_place(
    escape: Callable[[str], str], character: str
) -> None:
    with pytest.raises(InvalidParameter, match=rf"U\+{ord(character):04X} at position 3"):
        escape(f"abc{character}&")


def test_the_refusal_does_not_repeat_the_text_which_may_be_a_secret() -> None:
    with pytest.raises(InvalidParameter) as caught:
        markup.text("hunter2\x00")
    assert "hunter2" not in str(caught.value)


@given(XML_TEXT, XML_TEXT)
def test_what_is_written_is_read_back_the_same(content: str, attribute: str) -> None:
    written = f'<a b="{markup.attribute(attribute)}">{markup.text(content)}</a>'
    element = etree.fromstring(written.encode())
    assert (element.text or "") == content
    assert element.get("b") == attribute
