"""CLIXML, as the specification shows it, as Windows writes it, and as nobody should."""

import re
from datetime import UTC, datetime
from typing import Any

import psrpcore
import pytest
from psrpcore import types as ps

from mi.errors import NotSupported, ProtocolError
from mi.powershell import clixml
from mi.powershell.objects import EnumValue, PowerShellObject, SecureString
from mi.powershell.records import ProgressRecord, Stream

_NAMESPACE = 'Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"'


def _value(markup: str) -> Any:
    [(_, value)] = clixml.read(f"<Objs {_NAMESPACE}>{markup}</Objs>")
    return value


def test_primitive_values_are_read_in_their_order() -> None:
    found = clixml.read(f'<Objs {_NAMESPACE}><S>a</S><I32>1</I32><Nil/><S S="Error">b</S></Objs>')
    assert [tuple(one) for one in found] == [
        (Stream.OUTPUT, "a"),
        (Stream.OUTPUT, 1),
        (Stream.OUTPUT, None),
        (Stream.ERROR, "b"),
    ]


@pytest.mark.parametrize("data", ["<I32>5</I32>", b"<I32>5</I32>", b"\xef\xbb\xbf<I32>5</I32>"])
def test_a_value_may_stand_alone(data: str | bytes) -> None:
    assert [one.value for one in clixml.read(data)] == [5]


@pytest.mark.parametrize(
    "data", ["#< CLIXML\r\n<Objs><I32>5</I32></Objs>", b"\n#< CLIXML\n<Objs><I32>5</I32></Objs>"]
)
def test_powershells_header_is_passed_over(data: str | bytes) -> None:
    assert [one.value for one in clixml.read(data)] == [5]


def test_utf_16_is_read_too() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><Objs><S>é</S></Objs>'
    assert clixml.read(text.encode("utf-16"))[0].value == "é"


@pytest.mark.parametrize(
    ("tag", "name"), [("LST", "list"), ("IE", "ie"), ("STK", "s"), ("QUE", "q")]
)
def test_lists_are_lists(tag: str, name: str) -> None:
    del name
    assert _value(f'<Obj RefId="0"><{tag}><I32>1</I32><S>x</S></{tag}></Obj>') == [1, "x"]


def test_dictionaries_are_dictionaries() -> None:
    entry = '<En><{0} N="Key">{1}</{0}><I32 N="Value">{2}</I32></En>'
    found = _value(
        f'<Obj RefId="0"><DCT>{entry.format("S", "a", 1)}{entry.format("I32", 7, 2)}</DCT></Obj>'
    )
    assert found == {"a": 1, 7: 2}


def test_a_key_that_is_an_object_is_its_text() -> None:
    key = '<Obj N="Key" RefId="1"><ToString>k</ToString></Obj>'
    found = _value(f'<Obj RefId="0"><DCT><En>{key}<B N="Value">true</B></En></DCT></Obj>')
    assert found == {"k": True}


@pytest.mark.parametrize(
    "entry",
    [
        '<S N="Key">a</S>',
        '<S N="Value">a</S>',
        '<Obj N="Key" RefId="1"><LST/></Obj><S N="Value">a</S>',
        '<Obj N="Key" RefId="1"/><S N="Value">a</S>',
    ],
)
def test_an_entry_without_a_usable_key_or_a_value_is_refused(entry: str) -> None:
    with pytest.raises(ProtocolError, match="CLIXML dictionary"):
        _value(f'<Obj RefId="0"><DCT><En>{entry}</En></DCT></Obj>')


_OBJECT = """
<Obj RefId="0"><TN RefId="0"><T>Deserialized.System.Diagnostics.Process</T><T>System.Object</T></TN>
<ToString>System.Diagnostics.Process (svchost)</ToString>
<Props><I32 N="Id">4</I32><S N="Odd_x0020_name">x</S></Props>
<MS><S N="Name">svchost</S><Nil N="Nothing"/></MS></Obj>
<Obj RefId="1"><TNRef RefId="0"/><Props/></Obj>"""


def test_an_object_has_its_properties_types_and_text() -> None:
    (_, first), (_, second) = clixml.read(f"<Objs {_NAMESPACE}>{_OBJECT}</Objs>")
    assert dict(first) == {"Id": 4, "Odd name": "x", "Name": "svchost", "Nothing": None}
    assert first.type_name == "System.Diagnostics.Process"
    assert str(first) == "System.Diagnostics.Process (svchost)"
    assert isinstance(second, PowerShellObject)
    assert (second.type_names, len(second), second.text) == (first.type_names, 0, None)


def test_an_enumeration_is_a_number_with_its_name() -> None:
    found = _value(
        '<Obj RefId="0"><TN RefId="0"><T>System.DayOfWeek</T><T>System.Enum</T></TN>'
        "<ToString>Monday</ToString><I32>1</I32></Obj>"
    )
    assert isinstance(found, EnumValue)
    assert (found, found.name, found.type_name) == (1, "Monday", "System.DayOfWeek")


def test_a_primitive_value_with_properties_is_the_value() -> None:
    assert _value('<Obj RefId="0"><S>text</S><MS><S N="PSPath">C:</S></MS></Obj>') == "text"
    assert _value('<Obj RefId="0"><I32>1</I32></Obj>') == 1
    assert _value('<Obj RefId="0"><Nil/></Obj>') is None


def test_an_object_that_is_referred_to_is_one_object() -> None:
    found = _value(
        '<Obj RefId="0"><LST><Obj RefId="1"><MS><I32 N="a">1</I32></MS></Obj><Ref RefId="1"/>'
        "</LST></Obj>"
    )
    assert found[0] is found[1]


def test_an_object_that_holds_itself_is_one_that_does() -> None:
    found = _value('<Obj RefId="0"><MS><Ref N="Self" RefId="0"/><S N="a">b</S></MS></Obj>')
    assert found["Self"] is found
    assert repr(found).startswith("<PowerShellObject Self=<PowerShellObject>")
    inner = _value('<Obj RefId="0"><LST><Ref RefId="0"/></LST></Obj>')
    assert inner[0] is inner
    entry = '<En><S N="Key">me</S><Ref N="Value" RefId="0"/></En>'
    mapping = _value(f'<Obj RefId="0"><DCT>{entry}</DCT></Obj>')
    assert mapping["me"] is mapping


def test_many_references_to_one_another_cost_nothing() -> None:
    layers = "".join(
        f'<Obj RefId="{number}"><LST><Ref RefId="{number - 1}"/><Ref RefId="{number - 1}"/></LST>'
        "</Obj>"
        for number in range(1, 60)
    )
    found = clixml.read(f'<Objs><Obj RefId="0"><LST/></Obj>{layers}</Objs>')
    assert len(found) == 60


def test_a_secure_string_is_not_shown_and_cannot_be_read() -> None:
    found = _value("<SS>01000000d08c9ddf</SS>")
    assert repr(found) == "SecureString(******)"
    with pytest.raises(NotSupported):
        found.reveal()
    reader = clixml.ClixmlReader(secure=lambda text: SecureString(text[::-1]))
    root = clixml.document.parse("<SS>abc</SS>", limit=99).root
    assert reader.value(root).reveal() == "cba"


def test_a_progress_record_is_one() -> None:
    found = _value(
        "<PR><AV>Copying</AV><AI>3</AI><S>file_x0020_1</S><PI>-1</PI><PC>40</PC><T>Processing</T>"
        "<SR>-1</SR><SD>40 of 100</SD></PR>"
    )
    assert found == ProgressRecord("Copying", 3, "40 of 100", "file 1", -1, 40, None)
    done = _value("<PR><AV>x</AV><AI>?</AI><Nil/><T>Completed</T></PR>")
    assert done == ProgressRecord("x", is_completed=True)


@pytest.mark.parametrize(
    ("markup", "complaint"),
    [
        ("<I32>x</I32>", "'x' is no <I32>"),
        ("<Odd/>", "no element <Odd>"),
        ('<Ref RefId="9"/>', "refers to an object '9'"),
        ("<Ref/>", "refers to an object ''"),
        ('<Obj RefId="0"><TNRef RefId="3"/></Obj>', "refers to types '3'"),
        ("<D>1/0</D>", "is no <D>"),
        ("<Obj><Odd/><MS><Odd/></MS></Obj>", "no element <Odd>"),
    ],
)
def test_what_clixml_does_not_say_is_refused(markup: str, complaint: str) -> None:
    with pytest.raises(ProtocolError, match=re.escape(complaint)):
        _value(markup)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "#< CLIXML",
        "<Objs><S>cut",
        "<!DOCTYPE x><Objs/>",
        "<Objs>" + "<Obj><MS>" * 200 + "</MS></Obj>" * 200 + "</Objs>",
        b"<Objs><S>\xff\xfe</S></Objs>",
    ],
)
def test_what_is_no_document_is_refused(data: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        clixml.read(data)


def test_a_document_above_the_limit_is_refused() -> None:
    with pytest.raises(ProtocolError, match="are allowed"):
        clixml.read("<Objs><S>long</S></Objs>", limit=10)


def test_what_another_library_writes_is_read() -> None:
    given = [
        "text\r\n_x000A_ 😀", True, None, ps.PSInt64(5), 1.5, b"\0\1", ps.PSChar("x"),
        {"a": [1, 2]}, ps.PSCustomObject(Name="x", Inner=ps.PSCustomObject(Deep=1)),
        datetime(2026, 11, 24, 12, tzinfo=UTC), ps.PSVersion("5.1.2"),
    ]  # fmt: skip
    pairs = [(value, ps.ClixmlStream.OUTPUT) for value in given]
    found = [
        one.value for one in clixml.read(ps.serialize_clixml(pairs, psrpcore.PSRemotingCrypto()))
    ]
    assert found == [
        "text\r\n_x000A_ 😀", True, None, 5, 1.5, b"\0\1", "x", {"a": [1, 2]},
        {"Name": "x", "Inner": {"Deep": 1}}, datetime(2026, 11, 24, 12, tzinfo=UTC), "5.1.2",
    ]  # fmt: skip
