"""The examples of MS-WMIO section 3, octet for octet: nobody here has made them."""

from __future__ import annotations

from dataclasses import replace

from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_class, write_instance
from tests.dcom.vectors import BASE, INSTANCE, MY_CLASS


def class_in(data: bytes) -> Class:
    found = ObjectReader().read(data)
    assert isinstance(found, Class)
    return found


def differences(one: bytes, other: bytes) -> list[int]:
    return [place for place, pair in enumerate(zip(one, other, strict=False)) if len({*pair}) > 1]


def test_the_base_class_is_read() -> None:
    base = class_in(BASE)
    assert (base.name, base.superclass, base.derivation) == ("Base", None, ())
    assert (base.namespace, base.server_name) == ("ROOT", "DPRAVAT-DEV")
    assert base.keys == ("Id",)
    declared = base.properties["Id"]
    assert (declared.type, declared.default, declared.origin) == (CimType.SINT32, None, "Base")
    assert list(declared.qualifiers) == ["key"]
    assert declared.qualifiers["key"].flags == Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS


def test_the_derived_class_is_read() -> None:
    mine = class_in(MY_CLASS)
    assert (mine.name, mine.superclass, mine.derivation) == ("MyClass", "Base", ("Base",))
    assert mine.qualifiers["Description"].value == "MyClass Example"
    assert {name: (one.type, one.origin) for name, one in mine.properties.items()} == {
        "Array": (CimType.UINT32_ARRAY, "MyClass"),
        "Data1": (CimType.STRING, "MyClass"),
        "Data2": (CimType.STRING, "MyClass"),
        "Id": (CimType.SINT32, "Base"),
    }
    assert mine.properties["Data2"].default == "defaultValue"
    assert mine.properties["Id"].propagated
    assert mine.properties["Id"].qualifiers["key"].propagated
    assert set(mine.properties["Data1"].qualifiers) == {"read", "write"}


def test_the_instance_is_read_with_its_inherited_default() -> None:
    found = ObjectReader().read(INSTANCE)
    assert isinstance(found, Instance)
    assert dict(found) == {
        "Array": [1, 2, 3],
        "Data1": "StringField",
        "Data2": "defaultValue",
        "Id": 123,
    }
    assert found.path == r"\\DPRAVAT-DEV\ROOT:MyClass.Id=123"


def test_the_instance_is_written_octet_for_octet() -> None:
    found = ObjectReader().read(INSTANCE)
    assert isinstance(found, Instance)
    set_there = [name for name in found if name != "Data2"]
    assert write_instance(found, class_in(MY_CLASS), set_there) == INSTANCE


def test_the_base_class_is_written_but_for_what_has_no_meaning() -> None:
    written = write_class(class_in(BASE))
    # The length and what fills it up, bits of no property, padding before the methods.
    assert differences(written, BASE) == [4, 177]
    written = write_class(replace(class_in(BASE)))
    assert differences(written, BASE) == [4, 102, 177]


def test_the_derived_class_is_written_but_for_what_has_no_meaning() -> None:
    mine = class_in(MY_CLASS)
    in_order = [(name, mine.properties[name]) for name in ("Id", "Data1", "Data2", "Array")]
    written = write_class(replace(mine, properties=NameMap(in_order)))
    # The length of it all; bits of no property and padding in the superclass; and the lengths of
    # the class part and its heap, at whose end six octets are not used.
    assert differences(written, MY_CLASS)[:6] == [4, 61, 136, 142, 239, 510]
    assert written[510:] == bytes.fromhex("0c000000 00000000 00000080")
