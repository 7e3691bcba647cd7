"""A connection carries what a provider says and asks before it answers, and what it is told."""

import http.client
import threading
import time
from contextlib import suppress
from typing import Any

from mi.events import Message, Prompt
from mi.results import PromptType, ResponseType
from protocols.loopback import Endpoint, Say
from protocols.loopback.caller import Caller
from protocols.wsman import framing
from protocols.wsman.enhanced import Signal, answered, serialize_signal
from protocols.wsman.envelope import Request
from protocols.wsman.headers import Option
from protocols.wsman.interactive import EventType
from protocols.wsman.namespaces import ACTION_GET, DMTF_CIM_SCHEMA
from tests.loopback.conftest import cimv2

_ASKING = Request(
    ACTION_GET,
    f"{DMTF_CIM_SCHEMA}/Win32_Service",
    selectors=cimv2(Name="WinRM"),
    options=(Option("__MI_CallbackRegistration", "17", "xs:int"),),
    operation=("uuid:op", 1),
)
_ANSWER = answered(_ASKING, "uuid:op", 2, EventType.CONFIRM, ResponseType.NO)


class Talk:
    """A provider that asks something before it answers, and a client that waits for the answer."""

    def __init__(self, endpoint: Endpoint, client: Any) -> None:
        self.heard: list[ResponseType] = []
        self.reply: Any = None
        endpoint.disturb(Say("Get", script=self._script))
        self._client = client
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _script(self, caller: Caller) -> None:
        caller.tell(Message(0, "careful"))
        self.heard.append(caller.tell(Prompt("sure?", PromptType.NORMAL)))

    def _ask(self) -> None:
        with suppress(http.client.HTTPException):
            self.reply = self._client.ask(_ASKING)

    @property
    def is_under_way(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        self._thread.join(20)
        assert not self.is_under_way


def until_answered(client: Any, body: bytes) -> None:
    """Send an answer until there is a question."""
    deadline = time.monotonic() + 10
    while client.post(body).status != 200:
        assert time.monotonic() < deadline


def test_a_provider_may_say_and_ask_something_before_it_answers(
    endpoint: Endpoint, connect: Any
) -> None:
    other = connect(endpoint)
    assert other.ask(_ANSWER).status == 500, "nobody has asked"
    talk = Talk(endpoint, connect(endpoint))
    until_answered(other, other.envelope(_ANSWER))
    talk.end()
    assert talk.heard == [ResponseType.NO]
    first, second, answer = talk.reply.body.split(b"</s:Envelope>")[:3]
    assert b"careful" in first
    assert b"sure?" in second
    assert b"Win32_Service" in answer
    assert endpoint.exchanges[-1].status == 200
    assert other.post(serialize_signal(Signal.END, "uuid:op", "uuid:3")).status == 200


def test_what_it_says_is_sealed_as_its_answer_is(endpoint: Endpoint, connect: Any) -> None:
    client = connect(endpoint, basic=False)
    client.log_on()
    endpoint.disturb(Say("Get", script=lambda caller: caller.tell(Message(0, "careful"))))
    answer = client.post(_sealed(client))
    assert b"careful" not in answer.body
    assert answer.body.count(b"OriginalContent") == 2


def _sealed(client: Any) -> bytes:
    envelope = client.envelope(_ASKING)
    wrapped = client.context.wrap_winrm(envelope)
    client.headers["Content-Type"] = framing.content_type(framing.SPNEGO)
    return framing.frame(framing.SPNEGO, [(wrapped.header, wrapped.data, len(envelope))])


def test_whoever_cancels_is_asked_no_more(endpoint: Endpoint, connect: Any) -> None:
    talk, other = Talk(endpoint, connect(endpoint)), connect(endpoint)
    deadline = time.monotonic() + 10
    while talk.is_under_way:  # it may not have asked yet, when nobody is told of a cancel
        other.post(serialize_signal(Signal.CANCEL, "uuid:op", "uuid:3"))
        assert time.monotonic() < deadline
    assert (talk.heard, talk.reply) == ([], None)
