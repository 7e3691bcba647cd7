"""The elements of CIM-XML, read with care."""

import pytest
from lxml import etree

from mi.errors import TypeMismatch
from mi.results import CimType
from mi.serial import elements
from mi.serial.elements import Malformed


def element(text: str) -> etree._Element:
    return etree.fromstring(text)


def test_the_namespace_of_an_element_is_nothing_to_its_kind() -> None:
    assert [elements.kind(element(text)) for text in ("<A.B/>", '<A.B xmlns="urn:x"/>')] == [
        "A.B", "A.B",
    ]  # fmt: skip


def test_children_are_given_if_all_of_them_are_expected() -> None:
    parent = element("<P> <A/>\n<B/> </P>")
    assert [child.tag for child in elements.children(parent, "A", "B")] == ["A", "B"]
    with pytest.raises(Malformed) as raised:
        list(elements.children(parent, "A"))
    assert raised.value.reason == "P: B has no place in it"


@pytest.mark.parametrize("text", ["<P>x<A/></P>", "<P><A/>x</P>"])
def test_text_between_children_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="it may hold no text of its own"):
        list(elements.children(element(text), "A"))


def test_the_only_child_is_the_only_one() -> None:
    assert elements.only_child(element("<P><A/></P>"), "A", "B").tag == "A"
    for text in ("<P/>", "<P><A/><B/></P>"):
        with pytest.raises(Malformed, match="it must hold exactly one of A, B"):
            elements.only_child(element(text), "A", "B")


def test_children_may_have_to_be_exactly_some() -> None:
    assert [one.tag for one in elements.exactly(element("<P><A/><B/></P>"), "A", "B")] == ["A", "B"]
    for text in ("<P><A/></P>", "<P><B/><A/></P>"):
        with pytest.raises(Malformed, match="it must hold A and B"):
            elements.exactly(element(text), "A", "B")


def test_an_attribute_that_must_be_there_is() -> None:
    assert elements.required(element('<A NAME=""/>'), "NAME") == ""
    with pytest.raises(Malformed, match="it lacks its attribute NAME"):
        elements.required(element("<A/>"), "NAME")


def test_a_name_is_a_cim_name() -> None:
    assert elements.name(element('<A NAME="__Class_1"/>')) == "__Class_1"
    with pytest.raises(Malformed, match="'a b' is not a legal"):
        elements.name(element('<A NAME="a b"/>'))


@pytest.mark.parametrize(("text", "value"), [("true", True), ("TRUE", True), ("False", False)])
def test_a_flag_is_true_or_false_in_any_case(text: str, value: bool) -> None:
    assert elements.flag(element(f'<A PROPAGATED="{text}"/>'), "PROPAGATED", default=True) is value


def test_a_flag_has_a_default_and_no_other_value() -> None:
    assert elements.flag(element("<A/>"), "PROPAGATED", default=True) is True
    with pytest.raises(Malformed, match="PROPAGATED is neither true nor false"):
        elements.flag(element('<A PROPAGATED="1"/>'), "PROPAGATED", default=True)


def test_types_are_named_in_any_case() -> None:
    assert elements.scalar_type(element('<A TYPE="UInt8"/>')) is CimType.UINT8
    assert elements.scalar_type(element('<A TYPE="reference"/>')) is CimType.REFERENCE
    for name in ("instance", "uint8[]", "object", ""):
        with pytest.raises(Malformed, match="is not a type"):
            elements.scalar_type(element(f'<A TYPE="{name}"/>'))


def test_an_error_of_the_library_is_put_down_to_an_element() -> None:
    blamed = element('<A CLASSNAME="C"/>')
    with pytest.raises(Malformed) as raised, elements.blaming(blamed):
        raise TypeMismatch("it does not fit")
    assert (raised.value.element, raised.value.reason) == (blamed, "A C: it does not fit")


def test_what_is_wrong_in_an_embedded_text_is_wrong_with_the_elements_that_hold_it() -> None:
    outer, inner = element("<OUTER/>"), element("<INNER/>")
    error = Malformed(element("<X/>"), "it is wrong").embedded_in(inner).embedded_in(outer)
    assert (error.element, error.reason) == (outer, "in what is embedded, X: it is wrong")


def test_nothing_long_is_repeated() -> None:
    blamed = element(f'<A NAME="{"n" * 5000}"/>')
    reason = Malformed(blamed, "r" * 5000).reason
    assert reason == f"A {'n' * 98}…: {'r' * 200}…"
