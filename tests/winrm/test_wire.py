"""A link that is being logged on: what travels alone, and what goes along with the last token."""

from typing import Any

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import OperationTimeout
from protocols.network.bounds import Bounds, Phase
from protocols.network.errands import Errand
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import Seal
from protocols.winrm.wire import LinkWire, Pending
from protocols.wsman import framing

ENVELOPE = b"<s:Envelope/>"
SOAP = "application/soap+xml;charset=UTF-8"


class Keys:
    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        return message[::-1], b"signature"

    def unwrap(self, message: bytes | memoryview, signature: bytes) -> bytes:
        raise NotImplementedError


SEAL = Seal(Keys())


class FakeLink:
    """What a wire asks of a link; it answers 200 until it is told otherwise."""

    binding = b"hash"

    def __init__(self, seconds: float = 10) -> None:
        self.bounds = Bounds(Expiry.after(seconds, "timeout"), CancelToken(), 0)
        self.bounds.hold(Phase.AUTHENTICATING)
        self.posts: list[tuple[bytes, dict[str, str], int]] = []
        self.answer = Answer(200, {}, b"", "Success")
        self.attended = 0

    def new_headers(self) -> dict[str, str]:
        return {"Content-Type": SOAP}

    def post(self, body: bytes, headers: dict[str, str], most: int) -> Answer:
        self.posts.append((body, headers, most))
        return self.answer

    def attend(self) -> None:
        self.attended += 1


class Line:
    """The line that waits: it posts the request itself, and knows that it did."""

    def __init__(self, answer: Answer, link: FakeLink) -> None:
        self.answer = answer
        self.link = link
        self.posts: list[tuple[bytes, dict[str, str]]] = []
        self.phase = ""

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        self.posts.append((body, headers))
        self.link.bounds.enter(Phase.WAITING)
        self.phase = self.link.bounds.phase
        return self.answer


def wired(
    *,
    answer: Answer = Answer(200, {}, b"<reply/>", "OK"),  # noqa: B008 - it does not change
    envelope: bytes = ENVELOPE,
    is_repeatable: bool = True,
    is_sealing: bool = False,
    is_omi: bool = False,
) -> tuple[LinkWire, FakeLink, Line]:
    link = FakeLink()
    line = Line(answer, link)
    pending = Pending(envelope=envelope, post=line.post, is_repeatable=is_repeatable)
    given: Any = link
    wire = LinkWire(given, pending, [].append, is_sealing=is_sealing, is_omi=is_omi)
    return wire, link, line


def test_a_token_travels_alone_and_its_reply_may_not_be_long() -> None:
    wire, link, line = wired()
    assert wire.post("Negotiate x").status == 200
    assert wire.greeting == "Success"
    assert link.posts == [(b"", {"Content-Type": SOAP, "Authorization": "Negotiate x"}, 65536)]
    assert line.posts == []
    assert wire.reply is None


def test_a_challenge_is_asked_for_without_a_word() -> None:
    wire, link, _ = wired()
    wire.post(None)
    assert link.posts[0][1] == {"Content-Type": SOAP}


def test_it_knows_what_the_link_knows() -> None:
    wire, link, _ = wired(is_sealing=True)
    assert wire.binding == b"hash"
    assert wire.is_sealing
    assert not wire.is_sent
    link.bounds.is_sent = True
    assert wire.is_sent


def test_without_sealing_the_request_goes_along_with_the_last_token() -> None:
    wire, link, line = wired()
    wire.finish("Negotiate x", SEAL)
    assert link.posts == []
    assert line.posts == [(ENVELOPE, {"Content-Type": SOAP, "Authorization": "Negotiate x"})]
    assert wire.reply is line.answer
    assert line.phase == Phase.WAITING  # no longer part of the logon
    link.bounds.enter(Phase.SENDING)
    assert link.bounds.phase == Phase.AUTHENTICATING  # and what follows is again


def test_sealed_it_does_only_with_omi() -> None:
    wire, link, line = wired(is_sealing=True)
    wire.finish("Negotiate x", SEAL)
    assert (len(link.posts), line.posts) == (1, [])
    wire, link, line = wired(is_sealing=True, is_omi=True)
    wire.finish("Negotiate x", SEAL)
    [(body, headers)] = line.posts
    [part] = framing.split(headers["Content-Type"], body)
    assert (part.sealed, part.has_tabs) == (ENVELOPE[::-1], False)
    assert headers["Authorization"] == "Negotiate x"


def test_what_cannot_be_sealed_yet_waits() -> None:
    wire, link, line = wired(is_sealing=True, is_omi=True)
    wire.finish("Negotiate x")
    assert (len(link.posts), line.posts) == (1, [])


def test_what_a_server_that_refuses_might_not_read_waits() -> None:
    wire, link, line = wired(envelope=b"x" * 65_537)
    wire.finish("Negotiate x")
    assert (len(link.posts), line.posts) == (1, [])


def test_a_401_is_about_the_logon() -> None:
    wire, _, line = wired(answer=Answer(401, {}, b"", "Unauthorized"))
    assert wire.finish("Negotiate x") is line.answer
    assert wire.reply is None


@pytest.mark.parametrize(("is_repeatable", "is_reply"), [(True, False), (False, True)])
def test_success_without_a_word_is_about_the_logon_unless_it_may_have_been_the_request(
    *, is_repeatable: bool, is_reply: bool
) -> None:
    wire, _, line = wired(answer=Answer(200, {}, b"", "OK"), is_repeatable=is_repeatable)
    wire.finish("Negotiate x")
    assert (wire.reply is line.answer) is is_reply


def test_an_errand_is_waited_for_within_the_callers_time() -> None:
    wire, link, _ = wired()
    assert wire.run(Errand(lambda: 42, "work")) == 42
    assert link.attended == 1  # a cancel reaches the connection again
    link.bounds = Bounds(Expiry.after(0, "timeout"), CancelToken(), 0)
    with pytest.raises(OperationTimeout):
        wire.run(Errand(lambda: 42, "work"))
    assert link.attended == 2
