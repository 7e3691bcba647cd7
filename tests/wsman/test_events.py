"""Events of the Windows event log, as Windows and a collector's recordings have them."""

import pickle
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mi.cim_datetime import CimDateTime
from mi.instance import Instance
from mi.results import CimType, Flags
from protocols.wsman import namespaces as ns
from protocols.wsman.events import EventReader

TRANSCRIPTS = Path(__file__).parents[3] / "shared" / "transcripts"
SYSTEM = (
    '<Provider Name="Microsoft-Windows-Security-Auditing" Guid="{54849625-5478-4994}"'
    ' EventSourceName="Security"/><EventID Qualifiers="16384">4624</EventID><Version>2</Version>'
    "<Level>4</Level><Task>12544</Task><Opcode>0</Opcode><Keywords>0x8020000000000000</Keywords>"
    '<TimeCreated SystemTime="2013-04-12T20:45:27.123456789Z"/>'
    "<EventRecordID>18446744073709551615</EventRecordID>"
    '<Correlation ActivityID="{c2}" RelatedActivityID="{a4}"/>'
    '<Execution ProcessID="692" ThreadID="4294967295"/><Channel>Security</Channel>'
    '<Computer>win10.example</Computer><Security UserID="S-1-5-18"/>'
)


def event(inside: str = "", system: str = SYSTEM) -> etree._Element:
    """Return an event inside an envelope, whose namespaces are none of its own."""
    envelope = etree.fromstring(
        f'<s:Envelope xmlns:s="{ns.SOAP}" xmlns:w="{ns.WSMAN}"><s:Body>\n'
        f'<Event xmlns="{ns.WINDOWS_EVENT}"><System>{system}</System>{inside}</Event>\n'
        "</s:Body></s:Envelope>"
    )
    return envelope[0][0]


def read(inside: str = "", system: str = SYSTEM) -> Instance:
    return EventReader("server01").read(event(inside, system))


# System


def test_the_fields_of_system_have_their_types() -> None:
    found = read()
    assert (found.class_name, found.namespace, found.server_name) == ("Event", None, "server01")
    told = {name: value for name, value in found.items() if value is not None}
    del told["Xml"]
    assert told == {
        "ProviderName": "Microsoft-Windows-Security-Auditing",
        "ProviderGuid": "{54849625-5478-4994}",
        "EventSourceName": "Security",
        "EventID": 4624,
        "Qualifiers": 16384,
        "Version": 2,
        "Level": 4,
        "Task": 12544,
        "Opcode": 0,
        "Keywords": 0x8020000000000000,
        "TimeCreated": datetime(2013, 4, 12, 20, 45, 27, 123456, tzinfo=UTC),
        "EventRecordID": 18446744073709551615,
        "ActivityID": "{c2}",
        "RelatedActivityID": "{a4}",
        "ProcessID": 692,
        "ThreadID": 4294967295,
        "Channel": "Security",
        "Computer": "win10.example",
        "UserID": "S-1-5-18",
    }  # fmt: skip
    assert found.element("Keywords").type is CimType.UINT64
    assert found.is_typed


def test_an_event_is_named_by_its_channel_and_its_number_in_it() -> None:
    found = read()
    assert found.key == {"Channel": "Security", "EventRecordID": 18446744073709551615}
    assert found.element("Channel").flags & Flags.KEY
    assert not found.element("Level").flags & Flags.KEY


def test_a_name_is_found_in_any_case_and_the_whole_pickles() -> None:
    found = read("<EventData><Data Name='a'>1</Data></EventData>")
    assert found["eventid"] == 4624
    assert pickle.loads(pickle.dumps(found)) == found


def test_what_an_event_does_not_have_is_null() -> None:
    found = read(system="<Provider/><EventID/><Security/>")
    assert [name for name, value in found.items() if value is not None] == ["Xml"]


@pytest.mark.parametrize(
    ("system", "name"),
    [
        ("<EventID>-1</EventID>", "EventID"),
        ("<Level>High</Level>", "Level"),
        ("<Keywords>0x18020000000000000</Keywords>", "Keywords"),
        ('<TimeCreated SystemTime="yesterday"/>', "TimeCreated"),
    ],
)
def test_what_does_not_fit_its_type_is_null_and_ends_nothing(system: str, name: str) -> None:
    found = read(system=system)
    assert found[name] is None
    assert system.partition(">")[0] in found["Xml"]


def test_a_time_without_a_zone_is_no_moment_of_python() -> None:
    found = read(system='<TimeCreated SystemTime="2013-04-12T20:45:27"/>')
    assert found["TimeCreated"] == CimDateTime("20130412204527.000000+***")


def test_an_event_without_system_is_still_one() -> None:
    element = etree.fromstring(f'<w:Other xmlns:w="{ns.WSMAN}"/>')
    found = EventReader().read(element)
    assert found["Xml"] == f'<w:Other xmlns:w="{ns.WSMAN}"/>'
    assert found["Channel"] is None


def test_replaced_characters_are_told() -> None:
    reader = EventReader()
    reader.is_repaired = True
    assert reader.read(event()).is_repaired


# The XML


def test_the_xml_is_that_of_the_event_alone() -> None:
    assert read()["Xml"] == (f'<Event xmlns="{ns.WINDOWS_EVENT}"><System>{SYSTEM}</System></Event>')


# EventData and UserData


def data(inside: str) -> Instance:
    found: Instance = read(f"<EventData>{inside}</EventData>")["EventData"]
    return found


def test_data_is_text_by_name() -> None:
    found = data('<Data Name="TargetUserName">Ops &amp; Co</Data><Data Name="LogonType">3</Data>')
    assert found.class_name == "EventData"
    assert dict(found) == {"TargetUserName": "Ops & Co", "LogonType": "3"}
    assert not found.is_typed


def test_data_without_a_name_is_a_list_however_short() -> None:
    assert dict(data("<Data>Print Spooler</Data>")) == {"Data": ["Print Spooler"]}
    assert dict(data("<Data>a</Data><Data/><Data>c</Data>")) == {"Data": ["a", "", "c"]}
    assert dict(data("")) == {}


def test_data_whose_name_comes_twice_is_a_list() -> None:
    assert dict(data('<Data Name="x">1</Data><Data Name="x">2</Data>')) == {"x": ["1", "2"]}


def test_binary_data_is_a_list_of_bytes() -> None:
    found = data("<Data>a</Data><Binary>00FF10</Binary>")
    assert found["Binary"] == [0, 255, 16]
    assert found.element("Binary").type is CimType.UINT8_ARRAY


@pytest.mark.parametrize("inside", ["<Binary>0F0</Binary>", "<Binary>xyz</Binary>"])
def test_binary_data_that_is_none_is_text(inside: str) -> None:
    assert data(inside)["Binary"] == inside[8:-9]


def test_user_data_is_what_its_provider_put_into_it() -> None:
    found = read(
        '<UserData><LogFileCleared xmlns="urn:events"><SubjectUserName>ops</SubjectUserName>'
        "<Keys><Key>1</Key><Key>2</Key></Keys></LogFileCleared></UserData>"
    )["UserData"]
    assert (found.class_name, found["SubjectUserName"]) == ("LogFileCleared", "ops")
    assert (found["Keys"].class_name, dict(found["Keys"])) == ("Keys", {"Key": ["1", "2"]})


def test_user_data_without_one_element_around_it_is_taken_as_it_is() -> None:
    assert dict(read("<UserData><a>1</a></UserData>")["UserData"]) == {"a": "1"}
    assert dict(read("<UserData><a>1</a><b/></UserData>")["UserData"]) == {"a": "1", "b": ""}
    assert dict(read("<UserData/>")["UserData"]) == {}


def test_elements_with_elements_inside_are_embedded_instances() -> None:
    found = data("<Part><x>1</x></Part><Part><x>2</x></Part>")
    assert [part["x"] for part in found["Part"]] == ["1", "2"]
    assert found.element("Part").type is CimType.INSTANCE_ARRAY


def test_what_is_nested_too_deep_is_text() -> None:
    found = data("<a>" * 100 + "end" + "</a>" * 100)
    depth = 0
    while isinstance(found, Instance):
        found, depth = found["a"], depth + 1
    assert (found, depth) == ("end", 65)


def test_data_that_the_host_could_not_read_is_told() -> None:
    found = read(
        "<ProcessingErrorData><ErrorCode>15005</ErrorCode><EventPayload>00</EventPayload>"
        "</ProcessingErrorData>"
    )["ProcessingErrorData"]
    assert dict(found) == {"ErrorCode": "15005", "EventPayload": "00"}


# RenderingInfo


def test_the_texts_of_the_host_are_there_where_they_were_asked_for() -> None:
    found = read(
        '<RenderingInfo Culture="en-US"><Message>Stopped.\n</Message><Level>Information</Level>'
        "<Task></Task><Opcode>Info</Opcode><Channel>Security</Channel><Provider>MS</Provider>"
        "<Keywords><Keyword>Audit Success</Keyword><Keyword/></Keywords></RenderingInfo>"
    )
    assert found["Message"] == "Stopped.\n"
    assert dict(found["RenderingInfo"]) == {
        "Culture": "en-US",
        "Message": "Stopped.\n",
        "Level": "Information",
        "Task": "",
        "Opcode": "Info",
        "Channel": "Security",
        "Provider": "MS",
        "Keywords": ["Audit Success", ""],
    }  # fmt: skip


def test_a_host_without_the_providers_texts_has_no_message() -> None:
    found = read("<RenderingInfo><Level>Error</Level></RenderingInfo>")
    assert found["Message"] is None
    assert dict(found["RenderingInfo"]) == {"Culture": None, "Level": "Error", "Keywords": []}
    assert found["RenderingInfo"].element("Keywords").type is CimType.STRING_ARRAY


# Recordings and whatever else may come


def recorded() -> list[etree._Element]:
    path = TRANSCRIPTS / "openwec" / "06-The_client_sends_a_POST_request_containi.xml"
    if not path.exists():
        pytest.skip("the transcripts are not here")
    # The page that published it wrote the quotes with a backslash.
    texts = re.findall(r"<!\[CDATA\[(.*?)\]\]>", path.read_text("utf-8"), re.DOTALL)
    return [etree.fromstring(text.replace("\\'", "'")) for text in texts]


def test_the_recorded_events_of_a_collector_are_read() -> None:
    found = [EventReader().read(one) for one in recorded()]
    assert [one["EventRecordID"] for one in found] == list(range(149141, 149162))
    assert {one["Channel"] for one in found} == {"Microsoft-Windows-WinRM/Operational"}
    assert found[0]["TimeCreated"] == datetime(2022, 9, 21, 14, 48, 21, 698615, tzinfo=UTC)
    assert found[0]["Keywords"] == 0x4000000000000026
    assert found[2]["EventData"]["errorCode"] == "2150858770"
    assert found[2]["Message"] == "WSMan operation Enumeration failed, error code 2150858770"


_NAMES = st.sampled_from(
    ["System", "EventData", "UserData", "Data", "Binary", "RenderingInfo", "Keywords", "EventID",
     "TimeCreated", "ProcessingErrorData", "X"]
)  # fmt: skip
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=10)


def _element(name: str, text: str, attributes: dict[str, str], inside: list[Any]) -> Any:
    element = etree.Element(name, attributes)
    element.text = text
    element.extend(inside)
    return element


_ELEMENTS = st.recursive(
    st.builds(_element, _NAMES, _TEXTS, st.just({}), st.just([])),
    lambda inner: st.builds(
        _element,
        _NAMES,
        _TEXTS,
        st.dictionaries(st.sampled_from(["Name", "SystemTime", "Culture"]), _TEXTS, max_size=2),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@given(_ELEMENTS)
def test_whatever_comes_is_an_event_that_pickles(element: etree._Element) -> None:
    found = EventReader().read(element)
    assert etree.fromstring(found["Xml"]).tag == element.tag
    assert pickle.loads(pickle.dumps(found)) == found
