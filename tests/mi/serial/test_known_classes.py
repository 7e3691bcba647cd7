"""The classes that a text leans on."""

from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from mi.serial.known_classes import KnownClasses

TOP = Class("Top", "root/x", properties=NameMap([("Id", Property("Id", CimType.STRING))]))


def test_a_class_that_was_told_is_found_without_case_in_its_namespace() -> None:
    known = KnownClasses(None)
    assert known.add(TOP) is TOP
    assert known.find("ROOT/X", "top") is TOP
    assert known.find("root/y", "top") is None
    assert known.find(None, "top") is None


def test_what_was_told_goes_before_what_is_known_elsewhere() -> None:
    elsewhere = Class("Top", "root/x")
    known = KnownClasses(lambda namespace, name: elsewhere)
    assert known.find("root/x", "Top") is elsewhere
    known.add(TOP)
    assert known.find("root/x", "Top") is TOP


def test_a_class_inherits_from_a_superclass_that_is_known() -> None:
    known = KnownClasses(None)
    known.add(TOP)
    sub = known.add(Class("Sub", "root/x", superclass="top"))
    assert (sub.superclass, list(sub.properties)) == ("Top", ["Id"])
    assert known.find("root/x", "sub") is sub


def test_a_class_with_an_unknown_superclass_is_taken_as_it_is() -> None:
    orphan = Class("Sub", "root/x", superclass="Missing")
    assert KnownClasses(None).add(orphan) is orphan
