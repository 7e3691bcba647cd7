"""What is written reads back; what anybody else wrote is read too, or refused by an MIError."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mi.calls import EnumerateInstances, GetClass, GetInstance
from mi.cim_datetime import CimDateTime
from mi.errors import MIError
from mi.instance import Instance
from mi.names import NameMap
from mi.options import ServerKind
from mi.results import CimType, OperationFlags
from mi.schema import Class, Property
from mi.serial import document
from mi.store import SchemaStore
from mi.values import INTEGER_RANGES
from mi.wql import Projection
from protocols.wsman import namespaces as ns
from protocols.wsman.classes import Declaration
from protocols.wsman.dialects import DIALECTS, Settings, Typing
from protocols.wsman.enumeration import Enumeration
from protocols.wsman.envelope import Reply, parse
from protocols.wsman.instances import Decoder, UnknownClass
from protocols.wsman.transfer import Retrieval
from protocols.wsman.writers import Writer

WINRM3 = DIALECTS[ServerKind.WINRM3]
LIMIT = 10_000_000

# XML 1.0 normalises CR to LF unless it is written as a reference, which the writer does.
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters=[
    *map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]),
]))  # fmt: skip
YEARS = timedelta(days=365 * 9000)
MOMENTS = st.timedeltas(timedelta(), YEARS).map(lambda since: datetime(2, 1, 1, tzinfo=UTC) + since)
INTERVALS = st.timedeltas(timedelta(), timedelta(days=99_999_999))
SINGLES = st.floats(width=32, allow_nan=False)
SCALARS: Mapping[CimType, st.SearchStrategy[Any]] = {
    CimType.BOOLEAN: st.booleans(),
    **{cim_type: st.integers(*bounds) for cim_type, bounds in INTEGER_RANGES.items()},
    CimType.REAL32: SINGLES,
    CimType.REAL64: st.floats(allow_nan=False),
    CimType.CHAR16: TEXT.filter(lambda text: len(text) == 1 and ord(text) <= 0xFFFF),
    CimType.DATETIME: MOMENTS | INTERVALS | st.just(CimDateTime("20260301******.******+000")),
    CimType.STRING: TEXT,
}

PART = Class("X_Part", "root/test", properties=NameMap([("Id", Property("Id", CimType.UINT16))]))


def part(number: int) -> Instance:
    return Instance.received("X_Part", {"Id": number}, PART.layout, "root/test")


def reference(number: int) -> Instance:
    values = {"Id": number}
    return Instance.received("X_Part", values, PART.layout, "root/test", identity=values.items())


OBJECTS = {
    CimType.INSTANCE: st.integers(0, 0xFFFF).map(part),
    CimType.REFERENCE: st.integers(0, 0xFFFF).map(reference),
}
VALUES = {**SCALARS, **OBJECTS}


def declared(**types: CimType) -> Class:
    return Class("X_Thing", "root/test", properties=NameMap(
        (name, Property(name, cim_type)) for name, cim_type in types.items()
    ))  # fmt: skip


def decoder(class_: Class, **options: Any) -> Decoder:
    return Decoder(SchemaStore([PART, class_]), "root/test", **options)


def parsed(markup: str) -> etree._Element:
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in ns.PREFIXES.items())
    root, _ = document.parse(f"<r {spaces}>{markup}</r>".encode(), limit=LIMIT)
    found = root[0]
    assert isinstance(found, etree._Element)
    return found


@pytest.mark.parametrize("cim_type", VALUES, ids=lambda cim_type: cim_type.cim_name)
@given(data=st.data())
def test_a_value_of_every_type_reads_back(cim_type: CimType, data: st.DataObject) -> None:
    value = data.draw(st.none() | VALUES[cim_type])
    class_ = declared(Value=cim_type)
    thing = Instance.received("X_Thing", {"Value": value}, class_.layout, "root/test")
    found = decoder(class_).read(parsed(Writer(WINRM3).instance(thing)))
    assert found == thing
    assert type(found["Value"]) is type(value)
    selected = decoder(class_, projection=Projection("X_Thing", ("Value",)))
    assert selected.read(parsed(Writer(WINRM3).fragment(thing, ["Value"]))) == thing


@pytest.mark.parametrize("cim_type", VALUES, ids=lambda cim_type: cim_type.cim_name)
@given(data=st.data())
def test_a_precise_array_of_every_type_reads_back(cim_type: CimType, data: st.DataObject) -> None:
    elements = st.lists(st.none() | VALUES[cim_type], max_size=5)
    value = data.draw(st.none() | elements)
    class_ = declared(Value=cim_type.array)
    thing = Instance.received("X_Thing", {"Value": value}, class_.layout, "root/test")
    markup = Writer(WINRM3, precise_arrays=True).instance(thing)
    assert decoder(class_, precise=True).read(parsed(markup)) == thing


def test_not_a_number_reads_back() -> None:
    class_ = declared(Value=CimType.REAL64)
    thing = Instance.received("X_Thing", {"Value": math.nan}, class_.layout, "root/test")
    assert math.isnan(decoder(class_).read(parsed(Writer(WINRM3).instance(thing)))["Value"])


@given(offset=st.integers(-14 * 60, 14 * 60))
def test_a_moment_reads_back_as_the_same_moment_in_utc(offset: int) -> None:
    class_ = declared(Value=CimType.DATETIME)
    moment = datetime(2026, 3, 1, 7, 30, tzinfo=timezone(timedelta(minutes=offset)))
    thing = Instance.received("X_Thing", {"Value": moment}, class_.layout, "root/test")
    assert decoder(class_).read(parsed(Writer(WINRM3).instance(thing)))["Value"] == moment


# What anybody else wrote

NAMES = {
    ns.ENUMERATION: "EnumerateResponse PullResponse EnumerationContext Items EndOfSequence",
    ns.WSMAN: "Items Item EndOfSequence XmlFragment ResourceURI SelectorSet Selector",
    ns.ADDRESSING: "EndpointReference Address ReferenceParameters ReferenceProperties",
    ns.CIM_COMMON: "Datetime Interval Location",
    f"{ns.DMTF_CIM_SCHEMA}/X_Thing": "X_Thing Text Count Flag When Texts Octets Part Parts Of",
    f"{ns.DMTF_CIM_SCHEMA}/X_Part": "X_Part Id",
    ns.SOAP: "Fault",
    "urn:else": "Else",
}
TAGS = [
    *(f"{{{uri}}}{name}" for uri, names in NAMES.items() for name in names.split()),
    *("CLASS", "PROPERTY", "QUALIFIER", "VALUE", "Datetime", "Text"),
]
TEXTS = st.sampled_from(
    ["", " \n ", "text", "1", "-1", "70000", "true", "2026-03-01T07:00:00Z", "P1D", "QUJD",
     f"{ns.DMTF_CIM_SCHEMA}/X_Part", f"{ns.WMI}/root/test/X_Part", "*"]
) | TEXT  # fmt: skip
ATTRIBUTES = st.dictionaries(
    st.sampled_from([f"{{{ns.XSI}}}nil", f"{{{ns.XSI}}}type", f"{{{ns.MICROSOFT}}}IsNullArray",
                     "Name", "NAME", "TYPE"]),
    st.sampled_from(["true", "1", "false", "p:X_Part_Type", "cim:cimBase64Binary", "_", "", "Id",
                     "X_Thing", "uint32", "__cimnamespace"]),
    max_size=2,
)  # fmt: skip


@st.composite
def elements(draw: st.DrawFn, depth: int = 4) -> etree._Element:
    element = etree.Element(draw(st.sampled_from(TAGS)), draw(ATTRIBUTES))
    element.text = draw(TEXTS)
    if depth:
        for child in draw(st.lists(elements(depth - 1), max_size=3)):
            child.tail = draw(TEXTS)
            element.append(child)
    return element


HOSTILE = declared(
    Text=CimType.STRING, Count=CimType.UINT16, Flag=CimType.BOOLEAN, When=CimType.DATETIME,
    Texts=CimType.STRING_ARRAY, Octets=CimType.UINT8_ARRAY, Part=CimType.INSTANCE,
    Parts=CimType.INSTANCE_ARRAY, Of=CimType.REFERENCE,
)  # fmt: skip


@given(element=elements(), typing=st.sampled_from(Typing), precise=st.booleans())
def test_any_item_is_an_instance_or_an_mi_error(
    element: etree._Element, typing: Typing, *, precise: bool
) -> None:
    try:
        found = decoder(HOSTILE, typing=typing, precise=precise).read(element)
    except UnknownClass:
        assert typing is Typing.ALWAYS
    except MIError:
        pass
    else:
        assert isinstance(found, Instance)
        assert isinstance(repr(dict(found)), str)


@given(inside=st.lists(elements(), max_size=2), flags=st.sampled_from(OperationFlags))
def test_any_body_is_a_result_or_an_mi_error(
    inside: list[etree._Element], flags: OperationFlags
) -> None:
    root = etree.Element(f"{{{ns.SOAP}}}Envelope")
    etree.SubElement(root, f"{{{ns.SOAP}}}Header")
    etree.SubElement(root, f"{{{ns.SOAP}}}Body").extend(inside)
    key = Instance("X_Thing", {"Text": "t"})
    rest = (Settings(flags=flags), WINRM3)
    for conversation in (
        Enumeration(EnumerateInstances("X_Thing", namespace="root/test"), *rest, SchemaStore()),
        Retrieval(GetInstance(key, namespace="root/test"), *rest, SchemaStore([PART, HOSTILE])),
        Declaration(GetClass("X_Thing", namespace="root/test"), *rest, SchemaStore()),
    ):
        try:
            reply = parse(etree.tostring(root), None, limit=LIMIT)
            results = conversation.receive(reply)
            assert isinstance(results, list)
            assert isinstance(reply, Reply)
        except MIError:
            pass
