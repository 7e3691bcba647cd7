"""Messages under tests/wire/interactive have the form of MS-WSMV 4.11, and are used both ways."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from mi.errors import ProtocolError
from mi.events import Message, NonTerminatingError, Notice, Progress, Prompt, StreamedValue
from mi.instance import Instance
from mi.results import CimType, MessageChannel, PromptType, ResponseType
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.dialects import DIALECTS, Typing
from protocols.wsman.envelope import Reply, parse, serialize_reply
from protocols.wsman.forms import Forms
from protocols.wsman.instances import Decoder
from protocols.wsman.interactive import (
    EventType,
    event_in,
    read_event,
    read_response,
    write_event,
    write_response,
)
from protocols.wsman.writers import Writer

WIRE = Path(__file__).parents[1] / "wire" / "interactive"
ASKED = "uuid:5C133D7F-2E87-4B7D-84F1-23B0BD81AF6B"
OPERATION = "uuid:F2277C3A-4F30-4099-97B2-1C2038576894"
ANSWERED = "uuid:438E0FC2-E10F-4748-9F8A-F7B4100C165D"
THING = f"{ns.DMTF_CIM_SCHEMA}/X_Thing"
WRITER = Writer(DIALECTS["winrm3"], forms=Forms(types=True))  # type: ignore[index]
CONTEXT = Decoder(SchemaStore(), "root/test", typing=Typing.WHERE_KNOWN)
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def error(**values: Any) -> Instance:
    given = {"Message": "There is no <disk> 3", "CIMStatusCode": 6, **values}
    types = {"Message": CimType.STRING, "CIMStatusCode": CimType.UINT32}
    return Instance.received("MSFT_WmiError", given, None, None, types=types)


EVENTS: dict[str, Notice] = {
    "warning": Message(MessageChannel.WARNING, "Disk 3 & 4 are old"),
    "progress": Progress("Formatting", "Disk 3", "Writing", 40, 120),
    "progress-unknown": Progress("Formatting"),
    "confirm": Prompt("Format disk 3?", PromptType.NORMAL, EventType.CONFIRM),
    "confirm-critical": Prompt("Really?", PromptType.CRITICAL, EventType.CONFIRM),
    "confirm-report": Prompt("Disk 3 is being formatted.", PromptType.NORMAL),
    "error-inquire": NonTerminatingError(
        error(), Prompt("There is no <disk> 3", token=EventType.ERROR_ACTION)
    ),
    "error-report": NonTerminatingError(error()),
    "streamed-number": StreamedValue("uValue", CimType.UINT32, 1),
    "streamed-datetime": StreamedValue("when", CimType.DATETIME, WHEN),
    "streamed-null": StreamedValue("text", CimType.STRING, None),
}


def envelope(notice: Notice) -> bytes:
    body = write_event(notice, WRITER, THING)
    return serialize_reply(
        f"{THING}/FormatResponse", body, ASKED, ANSWERED, operation=(OPERATION, 1)
    )


def read(markup: str) -> list[Notice]:
    body = etree.fromstring(
        f'<s:Body xmlns:s="{ns.SOAP}"><i:InteractiveEvent xmlns:i="{ns.INTERACTIVE}"'
        f' xmlns:xsi="{ns.XSI}" xmlns:p="{THING}" xmlns:cim="{ns.CIM_COMMON}">{markup}'
        "</i:InteractiveEvent></s:Body>"
    )
    event = event_in(body)
    assert event is not None
    return read_event(event, CONTEXT)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_written_as_the_specification_has_it(name: str) -> None:
    assert envelope(EVENTS[name]) == (WIRE / f"{name}.event.xml").read_bytes().rstrip(b"\n")


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_read_as_it_was_meant(name: str) -> None:
    reply = parse((WIRE / f"{name}.event.xml").read_bytes(), ASKED, limit=10_000)
    assert isinstance(reply, Reply)
    event = event_in(reply.body)
    assert event is not None
    assert read_event(event, CONTEXT) == [EVENTS[name]]


def test_a_reply_that_is_no_event_is_the_result() -> None:
    assert event_in(etree.fromstring(f'<s:Body xmlns:s="{ns.SOAP}"><x/></s:Body>')) is None


@pytest.mark.parametrize(
    ("channel", "event"), [(0, "Warning"), (1, "Verbose"), (2, "Debug"), (77, "Debug")]
)
def test_a_message_of_another_channel_than_the_three_goes_as_debug(
    channel: int, event: str
) -> None:
    assert f"<i:EventType>{event}<" in write_event(Message(channel, "x"), WRITER, THING)


def test_a_text_is_kept_as_it_was_written() -> None:
    text = "<i:EventType>Verbose</i:EventType><i:Description> two\n lines </i:Description>"
    assert read(text) == [Message(MessageChannel.VERBOSE, " two\n lines ")]


def test_an_event_without_semantics_says_nothing() -> None:
    assert read("<i:EventType>NoSemantics</i:EventType>") == []


@pytest.mark.parametrize("kind", ["", "<i:EventType>Astonishment</i:EventType>"])
def test_an_event_of_no_known_kind_ends_the_operation(kind: str) -> None:
    with pytest.raises(ProtocolError, match="which is not known"):
        read(kind)


@pytest.mark.parametrize(("percent", "known"), [("101", None), ("100", 100), ("4294967295", None)])
def test_a_percentage_beyond_100_is_not_known(percent: str, known: int | None) -> None:
    (progress,) = read(
        "<i:EventType>Progress</i:EventType><i:Activity>a</i:Activity>"
        f"<i:PercentComplete>{percent}</i:PercentComplete>"
    )
    assert progress == Progress("a", "", "", known, None)


@pytest.mark.parametrize("number", ["-1", "many", "4294967296", "99999999999999999999"])
def test_a_number_that_is_none_ends_the_operation(number: str) -> None:
    with pytest.raises(ProtocolError, match="SecondsRemaining is"):
        read(
            f"<i:EventType>Progress</i:EventType><i:SecondsRemaining>{number}</i:SecondsRemaining>"
        )


def test_an_error_that_is_only_a_text_is_told_as_one() -> None:
    (notice,) = read("<i:EventType>ErrorAction</i:EventType><i:Description>gone</i:Description>")
    assert isinstance(notice, NonTerminatingError)
    assert notice.instance["Message"] == "gone"
    (notice,) = read("<i:EventType>ErrorAction</i:EventType><i:ActionType>Report</i:ActionType>")
    assert isinstance(notice, NonTerminatingError)
    assert notice.prompt is None


# Streamed values


def streamed(cim_type: int, value: str) -> list[Notice]:
    return read(
        f"<i:EventType>StreamingOutput</i:EventType><i:Name>P</i:Name><i:Type>{cim_type}</i:Type>"
        f"<i:Value>{value}</i:Value>"
    )


@pytest.mark.parametrize(
    ("number", "text", "value"),
    [
        (0, "true", True),
        (1, "255", 255),
        (2, "-128", -128),
        (3, "1", 1),
        (4, "-1", -1),
        (5, "4294967295", 4294967295),
        (6, "-1", -1),
        (7, "18446744073709551615", 18446744073709551615),
        (8, "-1", -1),
        (9, "0.5", 0.5),
        (10, "0.1", 0.1),
        (11, "x", "x"),
        (12, "<cim:Datetime>2026-01-02T03:04:05Z</cim:Datetime>", WHEN),
        (13, " a ", " a "),
    ],
)
def test_a_streamed_value_has_the_type_that_its_number_says(
    number: int, text: str, value: Any
) -> None:
    assert streamed(number, f"<p:P>{text}</p:P>") == [StreamedValue("P", CimType(number), value)]


def test_the_elements_of_a_streamed_array_come_one_by_one() -> None:
    strings = CimType.STRING_ARRAY
    assert streamed(strings, "<p:P>a</p:P><p:P xsi:nil='true'/>") == [
        StreamedValue("P", CimType.STRING, "a"),
        StreamedValue("P", CimType.STRING, None),
    ]
    assert streamed(strings, "") == []


def test_a_streamed_object_is_an_instance() -> None:
    (part,) = streamed(15, f"<p:P xmlns:q='{THING}' xsi:type='q:X_Thing_Type'><q:A>1</q:A></p:P>")
    assert isinstance(part, StreamedValue)
    assert (part.value.class_name, part.value["A"]) == ("X_Thing", "1")


def test_a_streamed_reference_is_an_instance_of_keys() -> None:
    (part,) = streamed(
        14,
        f"<p:P><a:ReferenceParameters xmlns:a='{ns.ADDRESSING}' xmlns:w='{ns.WSMAN}'>"
        f"<w:ResourceURI>{THING}</w:ResourceURI><w:SelectorSet><w:Selector Name='K'>1</w:Selector>"
        "</w:SelectorSet></a:ReferenceParameters></p:P>",
    )
    assert isinstance(part, StreamedValue)
    assert dict(part.value.key) == {"K": "1"}


@pytest.mark.parametrize(
    "inside",
    [
        "<i:Type>5</i:Type><i:Value><p:P>1</p:P></i:Value>",
        "<i:Name>P</i:Name><i:Value><p:P>1</p:P></i:Value>",
        "<i:Name>P</i:Name><i:Type>99</i:Type><i:Value><p:P>1</p:P></i:Value>",
        "<i:Name>P</i:Name><i:Type>5</i:Type>",
    ],
)
def test_a_streamed_value_without_name_type_or_value_ends_the_operation(inside: str) -> None:
    with pytest.raises(ProtocolError, match="without its name or its type"):
        read(f"<i:EventType>StreamingOutput</i:EventType>{inside}")


def test_a_streamed_value_that_does_not_fit_its_type_ends_the_operation() -> None:
    with pytest.raises(ProtocolError, match="StreamingOutput that the server sent: 'many' is not"):
        streamed(5, "<p:P>many</p:P>")


# Answers


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (ResponseType.YES, "yes"),
        (ResponseType.NO, "no"),
        (ResponseType.YES_TO_ALL, "yesToAll"),
        (ResponseType.NO_TO_ALL, "noToAll"),
    ],
)
def test_an_answer_says_what_it_answers_and_how(response: ResponseType, text: str) -> None:
    markup = write_response(EventType.CONFIRM, response)
    assert f"<i:Response>{text}</i:Response>" in markup
    body = etree.fromstring(f"<b>{markup}</b>")
    assert read_response(body) == (EventType.CONFIRM, response)


@pytest.mark.parametrize(
    "markup",
    [
        "",
        write_response(EventType.CONFIRM, ResponseType.YES).replace("yes", "perhaps"),
        write_response(EventType.CONFIRM, ResponseType.YES).replace("Confirm", "Progress"),
    ],
)
def test_what_is_no_answer_is_refused(markup: str) -> None:
    with pytest.raises(ProtocolError, match="no i:InteractiveResponse"):
        read_response(etree.fromstring(f"<b>{markup}</b>"))
