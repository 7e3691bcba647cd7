"""The client as a provider sees it: what it hears, and how its answers come in."""

import threading
from typing import Any

import pytest

from mi.events import Message, NonTerminatingError, Notice, Progress, Prompt, StreamedValue
from mi.instance import Instance
from mi.results import CimType, PromptType, ResponseType
from protocols.loopback.caller import Caller, Dialogues
from protocols.loopback.peer import ClientGone
from protocols.wsman import namespaces as ns
from protocols.wsman.envelope import Request, serialize
from protocols.wsman.headers import Addressing, Option
from protocols.wsman.incoming import parse_request

YES, NO = ResponseType.YES, ResponseType.NO
NOTICES: dict[int, Notice] = {
    0x01: Message(0, "text"),
    0x02: NonTerminatingError(Instance("CIM_Error", {"Message": "gone"})),
    0x04: StreamedValue("P", CimType.UINT32, 1),
    0x08: Progress("Formatting"),
}
NORMAL, CRITICAL = Prompt("?", PromptType.NORMAL), Prompt("?", PromptType.CRITICAL)


class Line:
    """A line to a client, who listens to what the mask says and answers `response`."""

    def __init__(
        self, mask: int, response: ResponseType | None = YES, **options: str | tuple[str, ...]
    ) -> None:
        given = [Option("__MI_CallbackRegistration", str(mask), "xs:int")]
        for name, values in options.items():
            prefix = "wmi" if isinstance(values, str) else "wmiarray"
            full = f"{prefix}:__MI_OPERATIONOPTIONS_{name.upper()}"
            each = [values] if isinstance(values, str) else values
            given += [Option(full, value) for value in each]
        request = Request(ns.ACTION_GET, "urn:x", options=tuple(given), operation=("uuid:1", 1))
        data = serialize(request, Addressing("http://h", 512000), "uuid:2")
        self.sent: list[bytes] = []
        self.dialogues = Dialogues()
        self.response = response
        asked = parse_request(data, limit=10**6)
        self.caller = Caller(asked, self.dialogues, self.sent.append, self.wait)

    def wait(self, seconds: float | None, until: threading.Event) -> None:
        assert self.dialogues.settle("uuid:1", self.response)
        assert until.is_set()


@pytest.mark.parametrize("bit", NOTICES)
def test_a_client_hears_what_it_registered_for_and_nothing_else(bit: int) -> None:
    hears, hears_not = Line(bit), Line(0x1F & ~bit)
    for line in (hears, hears_not):
        assert line.caller.tell(NOTICES[bit]) is YES
    assert (len(hears.sent), len(hears_not.sent)) == (1, 0)


def test_what_it_hears_is_numbered() -> None:
    line = Line(0x09)
    for notice in (NOTICES[0x01], NOTICES[0x08]):
        line.caller.tell(notice)
    numbers = [b">%d</p:SequenceId>" % (index + 1) in one for index, one in enumerate(line.sent)]
    assert numbers == [True, True]


def test_a_message_of_a_channel_that_is_not_enabled_is_not_sent() -> None:
    line = Line(0x01, channelvalue=("1", "2"))
    line.caller.tell(Message(0, "warning"))
    line.caller.tell(Message(1, "verbose"))
    assert len(line.sent) == 1


@pytest.mark.parametrize("response", ResponseType)
def test_a_prompt_waits_for_its_answer(response: ResponseType) -> None:
    assert Line(0x10, response).caller.tell(NORMAL) is response


@pytest.mark.parametrize(
    ("options", "prompt", "expected", "said"),
    [
        ({"promptusermode": "2", "promptusermoderegular_ackvalue": "false"}, NORMAL, NO, 0),
        ({"promptusermode": "2", "promptusermoderegular_ackvalue": "true"}, NORMAL, YES, 0),
        ({"promptusermode": "2"}, NORMAL, NO, 1),  # asked all the same (MS-WSMV 3.1.6.8)
        ({"promptusermode": "0"}, NORMAL, YES, 1),
        ({"promptusermode": "0"}, CRITICAL, NO, 1),
        ({"promptusermode": "1"}, NORMAL, NO, 1),
    ],
)
def test_who_answers_a_prompt_depends_on_its_mode(
    options: dict[str, Any], prompt: Prompt, expected: ResponseType, said: int
) -> None:
    line = Line(0x10, NO, **options)
    assert line.caller.tell(prompt) is expected
    assert len(line.sent) == said


@pytest.mark.parametrize(("mode", "expected"), [("0", YES), ("1", NO)])
def test_an_error_waits_for_an_answer_where_the_client_wants_that(
    mode: str, expected: ResponseType
) -> None:
    assert Line(0x02, NO, writeerrormode=mode).caller.tell(NOTICES[0x02]) is expected


def test_who_cancels_gives_no_answer() -> None:
    with pytest.raises(ClientGone):
        Line(0x10, None).caller.tell(NORMAL)


def test_an_answer_that_nobody_waits_for_is_told() -> None:
    assert not Dialogues().settle("uuid:1", YES)
