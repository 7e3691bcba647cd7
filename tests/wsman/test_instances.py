"""Items of a reply as instances: of which class, of which types, named by what."""

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from mi.errors import InvalidParameter, ProtocolError
from mi.instance import Instance
from mi.names import NameMap
from mi.options import ServerKind
from mi.results import CimType, OperationFlags
from mi.schema import Class, Property, Qualifier
from mi.store import SchemaStore
from mi.wql import Projection
from protocols.wsman import namespaces as ns
from protocols.wsman.dialects import DIALECTS, Settings, Typing
from protocols.wsman.instances import Decoder, UnknownClass

DMTF = f"{ns.DMTF_CIM_SCHEMA}"
DECLARED = (
    f'xmlns:xsi="{ns.XSI}" xmlns:cim="{ns.CIM_COMMON}" xmlns:a="{ns.ADDRESSING}"'
    f' xmlns:w="{ns.WSMAN}"'
)


def declare(name: str, /, *keys: str, **types: CimType) -> Class:
    key = NameMap([("key", Qualifier("key", CimType.BOOLEAN, value=True))])
    return Class(name, properties=NameMap(
        (one, Property(one, cim_type, qualifiers=key if one in keys else NameMap()))
        for one, cim_type in types.items()
    ))  # fmt: skip


STORE = SchemaStore()
for class_ in (
    declare("X_Thing", "Name", Name=CimType.STRING, Size=CimType.UINT32,
            Tags=CimType.STRING_ARRAY, Part=CimType.INSTANCE, Parts=CimType.INSTANCE_ARRAY,
            Owner=CimType.REFERENCE),
    declare("X_Part", "Id", Id=CimType.UINT16, Inner=CimType.INSTANCE),
    declare("X_Key", "At", "Index", "Of", Index=CimType.UINT32, At=CimType.DATETIME,
            Of=CimType.REFERENCE, IsSet=CimType.BOOLEAN, Many=CimType.UINT8_ARRAY),
):  # fmt: skip
    STORE.add(class_, "root/test")


def item(inside: str, name: str = "X_Thing", uri: str = DMTF) -> etree._Element:
    return etree.fromstring(
        f'<p:{name} xmlns:p="{uri}/{name}" {DECLARED} xsi:type="p:{name}_Type">{inside}</p:{name}>'
    )


def epr(class_name: str, selectors: str, uri: str = DMTF) -> str:
    return (
        f"<a:EndpointReference><a:Address>{ns.ANONYMOUS}</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{uri}/{class_name}</w:ResourceURI><w:SelectorSet>{selectors}"
        "</w:SelectorSet></a:ReferenceParameters></a:EndpointReference>"
    )


def selector(name: str, inside: str) -> str:
    return f'<w:Selector Name="{name}">{inside}</w:Selector>'


def element(markup: str) -> etree._Element:
    found = etree.fromstring(f"<r {DECLARED}>{markup}</r>")[0]
    assert isinstance(found, etree._Element)
    return found


def decoder(**options: Any) -> Decoder:
    return Decoder(STORE, "root/test", **options)


def read(markup: str | etree._Element, **options: Any) -> Instance:
    found = element(markup) if isinstance(markup, str) else markup
    return decoder(**options).read(found)


# Whole instances


def test_an_item_is_an_instance_of_the_class_that_its_element_is_named_for() -> None:
    thing = read(item("<p:Name>n</p:Name><p:Size>3</p:Size>"), server_name="server01")
    assert (thing.class_name, thing.namespace, thing.server_name) == (
        "X_Thing", "root/test", "server01",
    )  # fmt: skip
    assert dict(thing) == {"Name": "n", "Size": 3, "Tags": None, "Parts": None}
    assert thing.is_typed
    assert thing.element("Size").type is CimType.UINT32
    assert thing.key == {"Name": "n"}
    assert not thing.modified


def test_the_class_is_spelled_as_it_is_declared() -> None:
    assert read(item("", "x_thing")).class_name == "X_Thing"


def test_instances_hold_no_xml_and_pickle() -> None:
    thing = read(item(
        '<p:Name>n</p:Name><p:Part xmlns:q="u" xsi:type="q:X_Part_Type"><Id>1</Id></p:Part>'
        f"<p:Owner>{epr('X_Part', selector('Id', '7'))}</p:Owner>"
    ))  # fmt: skip
    assert pickle.loads(pickle.dumps(thing)) == thing
    assert thing["Part"]["Id"] == 1
    assert thing["Owner"].key == {"Id": 7}


def test_the_namespace_is_the_operations_or_that_of_microsofts_uri() -> None:
    STORE.add(declare("X_Other", Name=CimType.STRING), "root/other")
    other = read(item("<p:Name>n</p:Name>", "X_Other", f"{ns.WMI}/root/other"))
    assert (other.namespace, other.is_typed) == ("root/other", True)
    assert read(item("<p:Name>n</p:Name>", "X_Thing", f"{ns.WMI}/root/test")).is_typed


def test_repaired_characters_are_told_by_every_instance_of_the_reply() -> None:
    reading = decoder()
    reading.is_repaired = True
    thing = reading.read(
        item('<p:Part xsi:type="q:X_Part_Type"><q:Id xmlns:q="u">1</q:Id></p:Part>')
    )
    assert thing.is_repaired
    assert thing["Part"].is_repaired


def test_precise_arrays_are_empty_where_they_are_absent() -> None:
    assert read(item(""), precise=True)["Tags"] == []
    assert read(item(""))["Tags"] is None


# What is typed


def test_an_unknown_class_is_asked_for_where_all_is_typed() -> None:
    with pytest.raises(UnknownClass) as caught:
        read(item("", "X_New"))
    assert (caught.value.namespace, caught.value.class_name) == ("root/test", "X_New")


def test_an_unknown_class_is_text_where_only_known_ones_are_typed() -> None:
    new = read(item("<p:Size>3</p:Size><p:Size>4</p:Size>", "X_New"), typing=Typing.WHERE_KNOWN)
    assert (new.class_name, new.is_typed, new["Size"]) == ("X_New", False, ["3", "4"])
    thing = read(item("<p:Size>3</p:Size>"), typing=Typing.WHERE_KNOWN)
    assert (thing.is_typed, thing["Size"]) == (True, 3)


def test_without_rtti_all_is_text_even_of_a_known_class() -> None:
    thing = read(item("<p:Size>3</p:Size>"), typing=Typing.NEVER)
    assert (thing.is_typed, dict(thing)) == (False, {"Size": "3"})
    with pytest.raises(InvalidParameter, match="keys"):
        _ = thing.key


def test_an_operation_is_read_as_its_flags_and_the_kind_of_its_server_say() -> None:
    settings = Settings(60.0, flags=OperationFlags.NO_RTTI, server_name="server01")
    reading = Decoder.of("root/test", settings, DIALECTS[ServerKind.WINRM3], STORE)
    instance = reading.read(item("<p:Size>5</p:Size>"))
    assert instance["Size"] == "5"
    assert (instance.namespace, instance.server_name) == ("root/test", "server01")


# Items of other kinds


def test_an_item_with_object_and_reference_keeps_the_reference_as_identity() -> None:
    name = epr("X_Thing", selector("Name", "n") + selector("__cimnamespace", "root/test"))
    thing = read(f"<w:Item>{etree.tostring(item('<p:Size>3</p:Size>')).decode()}{name}</w:Item>")
    assert (thing["Size"], thing.key) == (3, {"Name": "n"})


def test_the_identity_also_names_what_is_read_as_text() -> None:
    new = etree.tostring(item("<p:A>1</p:A>", "X_New")).decode()
    name = epr("X_New", selector("A", "1") + selector("__cimnamespace", "root/there"))
    for order in (new + name, name + new):
        found = read(f"<w:Item>{order}</w:Item>", typing=Typing.NEVER)
        assert (dict(found), found.key, found.namespace) == ({"A": "1"}, {"A": "1"}, "root/there")


def test_an_item_may_hold_one_of_the_two() -> None:
    name = epr("X_Thing", selector("Name", "n"))
    assert read(f"<w:Item>{name}</w:Item>").key == {"Name": "n"}
    thing = etree.tostring(item("<p:Size>3</p:Size>")).decode()
    assert read(f"<w:Item>{thing}</w:Item>")["Size"] == 3


@pytest.mark.parametrize("inside", ["", "<a/><b/>", epr("X", "") + epr("X", "")])
def test_an_item_with_anything_else_is_refused(inside: str) -> None:
    with pytest.raises(ProtocolError, match="w:Item"):
        read(f"<w:Item>{inside}</w:Item>")


def test_of_many_items_the_class_is_looked_up_once() -> None:
    asked = []

    class Counting(SchemaStore):
        def find(self, namespace: str | None, class_name: str) -> Class | None:
            asked.append(class_name)
            return STORE.find(namespace, class_name)

    reading = Decoder(Counting(), "root/test")
    inside = '<p:Part xsi:type="q:X_Part_Type"><Id>1</Id></p:Part>'
    for _ in range(3):
        reading.read(item(inside))
        reading.read(element(f"<w:Item>{etree.tostring(item(inside)).decode()}</w:Item>"))
    assert asked == ["X_Thing", "X_Part"]


# References


def test_a_reference_is_an_instance_of_nothing_but_keys() -> None:
    thing = read(epr("x_thing", selector("name", "n") + selector("__cimnamespace", "root/test")))
    assert (thing.class_name, thing.namespace, dict(thing)) == (
        "X_Thing",
        "root/test",
        {"Name": "n"},
    )
    assert thing.key == {"Name": "n"}
    assert thing.is_typed


def test_the_keys_of_a_reference_are_text_until_its_class_is_known() -> None:
    part = read(epr("X_New", selector("Id", "7")))
    assert (part["Id"], part.is_typed, part.key) == ("7", False, {"Id": "7"})
    assert read(epr("X_Part", selector("Id", "7")))["Id"] == 7
    assert read(epr("X_Part", selector("Id", "7")), typing=Typing.NEVER)["Id"] == "7"


def test_the_keys_of_a_reference_have_the_types_of_its_class() -> None:
    inner = epr("X_Part", selector("Id", "7"))
    found = read(epr(
        "X_Key",
        selector("At", "20260301070000.000000+000") + selector("Index", "3")
        + selector("Of", inner) + selector("IsSet", "TRUE") + selector("Many", "1")
        + selector("Else", "x"),
    ))  # fmt: skip
    assert found["At"] == datetime(2026, 3, 1, 7, tzinfo=UTC)
    assert (found["Index"], found["IsSet"], found["Many"]) == (3, True, "1")
    assert found["Of"].key == {"Id": 7}
    assert found["Else"] == "x"


def test_the_identity_is_what_the_server_sent_where_it_would_be_sent_back_otherwise() -> None:
    found = read(epr(
        "X_Key",
        selector("At", "2026-03-01T07:00:00Z") + selector("Index", "3") + selector("IsSet", "TRUE"),
    ))  # fmt: skip
    assert found.key == {"At": "2026-03-01T07:00:00Z", "Index": 3, "IsSet": "TRUE"}


def test_a_key_that_does_not_fit_its_type_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match=r"^X_Part\.Id: "):
        read(epr("X_Part", selector("Id", "seven")))
    with pytest.raises(ProtocolError, match=r"^X_Key\.At: "):
        read(epr("X_Key", selector("At", "noon")))


def test_a_reference_in_a_property_is_read_with_or_without_its_element() -> None:
    whole = epr("X_Part", selector("Id", "7"))
    inside = whole.replace("<a:EndpointReference>", "").replace("</a:EndpointReference>", "")
    for markup in (whole, inside):
        assert read(item(f"<p:Owner>{markup}</p:Owner>"))["Owner"].key == {"Id": 7}
    with pytest.raises(ProtocolError, match=r"^X_Thing\.Owner: .*endpoint reference"):
        read(item("<p:Owner><a:ReferenceParameters/></p:Owner>"))


# Fragments

FRAGMENT = "<w:XmlFragment><Name>n</Name><Size>3</Size></w:XmlFragment>"


def test_the_class_of_a_fragment_is_that_of_the_query() -> None:
    thing = read(FRAGMENT, projection=Projection("x_thing", ("Name", "Size", "Tags")))
    assert (thing.class_name, dict(thing)) == (
        "X_Thing", {"Name": "n", "Size": 3, "Tags": None},
    )  # fmt: skip
    assert thing.key == {"Name": "n"}


def test_a_fragment_without_its_keys_names_no_object() -> None:
    thing = read(
        "<w:XmlFragment><Size>3</Size></w:XmlFragment>", projection=Projection("X_Thing", ("Size",))
    )
    with pytest.raises(InvalidParameter, match="Name"):
        _ = thing.key


def test_a_fragment_of_all_properties_has_all_arrays() -> None:
    assert dict(read(FRAGMENT, projection=Projection("X_Thing", None), precise=True)) == {
        "Name": "n", "Size": 3, "Tags": None, "Parts": None,
    }  # fmt: skip


def test_a_fragment_of_an_unknown_class_is_asked_for_or_text() -> None:
    new = Projection("X_New", None)
    with pytest.raises(UnknownClass):
        read(FRAGMENT, projection=new)
    found = read(FRAGMENT, projection=new, typing=Typing.WHERE_KNOWN)
    assert (found.class_name, found.is_typed, found["Size"]) == ("X_New", False, "3")


def test_a_fragment_of_nobody_knows_which_class_is_text() -> None:
    found = read(FRAGMENT)
    assert (found.class_name, found.is_typed, dict(found)) == (
        "__Generic", False, {"Name": "n", "Size": "3"},
    )  # fmt: skip


# Embedded instances


def test_the_class_of_an_embedded_instance_is_what_its_type_says() -> None:
    thing = read(item(
        f'<p:Part xmlns:q="{DMTF}/X_Part" xsi:type="q:X_Part_Type"><q:Id>1</q:Id></p:Part>'
    ))  # fmt: skip
    assert (thing["Part"].class_name, thing["Part"]["Id"]) == ("X_Part", 1)
    assert thing["Part"].namespace == "root/test"


def test_the_class_of_an_embedded_instance_is_else_the_namespace_of_its_properties() -> None:
    inside = f'<q:Id xmlns:q="{DMTF}/X_Part">1</q:Id>'
    assert read(item(f"<p:Part>{inside}</p:Part>"))["Part"].class_name == "X_Part"


def test_the_class_of_an_embedded_instance_is_else_what_the_property_is_declared_to_hold() -> None:
    holding = Class("X_Holder", properties=NameMap([
        ("Part", Property("Part", CimType.INSTANCE, "X_Part")),
    ]))  # fmt: skip
    STORE.add(holding, "root/test")
    for inside in ("<p:Id>1</p:Id>", "<Id>1</Id>"):
        part = read(item(f"<p:Part>{inside}</p:Part>", "X_Holder"))["Part"]
        assert (part.class_name, part["Id"]) == ("X_Part", 1)
    assert dict(read(item("<p:Part/>", "X_Holder"))["Part"]) == {}


def test_the_whole_element_of_an_embedded_instance_may_be_inside() -> None:
    inside = f'<q:X_Part xmlns:q="{DMTF}/X_Part"><q:Id>1</q:Id></q:X_Part>'
    part = read(item(f"<p:Part>{inside}</p:Part>"))["Part"]
    assert (part.class_name, part["Id"]) == ("X_Part", 1)


def test_embedded_instances_come_several_deep_and_in_arrays() -> None:
    deep = '<q:Inner xsi:type="q:X_Part_Type"><q:Id>2</q:Id></q:Inner>'
    one = f'<p:Parts xsi:type="q:X_Part_Type"><q:Id>1</q:Id>{deep}</p:Parts>'
    null = '<p:Parts xsi:nil="true"/>'
    markup = f'<w xmlns:q="{DMTF}/X_Part" xmlns:p="{DMTF}/X_Thing" {DECLARED}>{one}{null}{one}</w>'
    whole = item("".join(etree.tostring(part).decode() for part in etree.fromstring(markup)))
    parts = read(whole)["Parts"]
    assert [part and part["Inner"]["Id"] for part in parts] == [2, None, 2]


def test_the_class_of_an_embedded_instance_is_asked_for_too() -> None:
    with pytest.raises(UnknownClass) as caught:
        read(item('<p:Part xsi:type="q:X_New_Type"><Id>1</Id></p:Part>'))
    assert caught.value.class_name == "X_New"


def test_an_embedded_instance_without_a_class_is_refused_where_all_is_typed() -> None:
    with pytest.raises(ProtocolError, match=r"^X_Thing\.Part: .*class"):
        read(item("<p:Part><Id>1</Id></p:Part>"))
    part = read(item("<p:Part><Id>1</Id></p:Part>"), typing=Typing.WHERE_KNOWN)["Part"]
    assert (part.class_name, part.is_typed, part["Id"]) == ("Part", False, "1")


def test_an_error_inside_an_embedded_instance_names_the_way_to_it() -> None:
    with pytest.raises(ProtocolError, match=r"^X_Thing\.Part: X_Part\.Id: "):
        read(item('<p:Part xsi:type="q:X_Part_Type"><Id>70000</Id></p:Part>'))


def test_instances_embedded_too_deep_are_refused() -> None:
    def nested(depth: int) -> str:
        start = '<Inner xsi:type="q:X_Part_Type">' * depth
        return f'<p:Part xsi:type="q:X_Part_Type">{start}<Id>1</Id>{"</Inner>" * depth}</p:Part>'

    assert read(item(nested(50)))["Part"]["Inner"]["Inner"] is not None
    with pytest.raises(ProtocolError, match="deeper"):
        read(item(nested(100)))
    reading = decoder()
    for _ in range(3):  # the count of levels survives an error
        with pytest.raises(ProtocolError):
            reading.read(item(nested(100)))
    assert reading.read(item(nested(50)))["Part"]


# WinRM 1.0


def test_the_location_of_an_instance_is_its_identity() -> None:
    inside = epr("X_New", selector("Id", "7"))[len("<a:EndpointReference>") :]
    location = inside.removesuffix("</a:EndpointReference>")
    found = read(
        item(f"<p:Id>7</p:Id><cim:Location>{location}</cim:Location>", "X_New"),
        typing=Typing.NEVER,
    )
    assert (dict(found), found.key) == ({"Id": "7"}, {"Id": "7"})


@pytest.mark.parametrize(
    ("typing", "size"), [(Typing.ALWAYS, 7), (Typing.WHERE_KNOWN, 7), (Typing.NEVER, "7")]
)
def test_whoever_settles_for_text_is_still_given_the_types_that_are_known(
    typing: Typing, size: Any
) -> None:
    decoder = Decoder(STORE, "root/test", typing=typing)
    decoder.settle_for_text()
    assert decoder.read(item("<p:Size>7</p:Size>"))["Size"] == size
    assert decoder.read(item("<p:Size>7</p:Size>", "X_Unknown"))["Size"] == "7"
