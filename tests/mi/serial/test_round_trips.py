"""What is written in either form reads as what it was, whatever the types and the characters."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mi.instance import Instance
from mi.serial import cimxml, mof
from tests.mi.serial.cim_objects import (
    ANY_TEXT,
    XML_TEXT,
    classes,
    facts,
    instances,
    instances_of,
    known_classes,
    known_instances,
)

PLACES = st.sampled_from([(None, None), ("root/cimv2", None), ("root/x", "server01")])


# CIM-XML


@given(st.data(), PLACES)
def test_instances_without_their_classes_come_back_from_cim_xml(data: Any, place: Any) -> None:
    written = data.draw(st.lists(instances(XML_TEXT, place), max_size=3))
    read = cimxml.read(cimxml.write(written))
    assert facts(read) == facts(written)
    assert [one.modified for one in read] == [one.modified for one in written]


@given(st.data(), PLACES)
def test_classes_come_back_from_cim_xml(data: Any, place: Any) -> None:
    written = data.draw(classes(XML_TEXT, place))
    assert facts(cimxml.read(cimxml.write(written))) == facts([written])


@given(st.data(), PLACES)
def test_instances_after_their_class_come_back_from_cim_xml(data: Any, place: Any) -> None:
    declared = data.draw(classes(XML_TEXT, place))
    written = [declared, data.draw(instances_of(declared, XML_TEXT))]
    read = cimxml.read(cimxml.write(written))
    assert facts(read) == facts(written)
    assert read[1].modified == written[1].modified


@given(st.data(), PLACES)
def test_whatever_is_in_instances_of_known_classes_comes_back_from_cim_xml(
    data: Any, place: Any
) -> None:
    written = [*known_classes(place), data.draw(known_instances(XML_TEXT, place))]
    read = cimxml.read(cimxml.write(written))
    assert facts(read[2]) == facts(written[2])


# MOF


@given(st.data(), PLACES)
def test_classes_come_back_from_mof(data: Any, place: Any) -> None:
    written = data.draw(st.lists(classes(ANY_TEXT, place), min_size=1, max_size=2))
    assert facts(mof.read(mof.write(written))) == facts(written)


@given(st.data(), PLACES)
def test_whatever_is_in_instances_of_known_classes_comes_back_from_mof(
    data: Any, place: Any
) -> None:
    written = [*known_classes(place), data.draw(known_instances(ANY_TEXT, place))]
    read = mof.read(mof.write(written))
    assert facts(read[2]) == facts(written[2])


@given(st.data(), PLACES)
def test_instances_without_their_classes_come_back_from_mof_but_for_their_types(
    data: Any, place: Any
) -> None:
    written = data.draw(st.lists(instances(ANY_TEXT, place), max_size=3))
    read = mof.read(mof.write(written))
    assert [_names(one) for one in read] == [_names(one) for one in written]


def _names(instance: Any) -> Any:
    """Return the class, the names and what is null or empty; types are not in such a text."""
    values = {
        name: _names(value) if isinstance(value, Instance) else type(value)
        for name, value in instance.items()
        if value is None or isinstance(value, (bool, int, float, Instance))
    }
    return instance.class_name, list(instance), values
