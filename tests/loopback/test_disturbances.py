"""Disturbances happen to the actions they name, as often as they say."""

import pytest

from protocols.loopback.disturbances import Cut, Disturbances, Drip, Replace, Slow, Stall
from protocols.loopback.exchange import HttpReply


def test_a_disturbance_happens_to_its_action_once() -> None:
    armed = Disturbances()
    stall = Stall("Pull")
    armed.arm(stall)
    assert armed.take(Stall, "Get") == []
    assert not stall.reached.is_set()
    assert armed.take(Stall, "pull") == [stall]
    assert stall.reached.is_set()
    assert armed.take(Stall, "Pull") == []


def test_it_may_happen_several_times_always_and_to_every_action() -> None:
    armed = Disturbances()
    twice, always = Drip("Get", count=2), Drip(count=None)
    armed.arm(twice)
    armed.arm(always)
    assert [len(armed.take(Drip, "Get")) for _ in range(4)] == [2, 2, 1, 1]
    assert armed.take(Drip, "Identify") == [always]
    armed.clear()
    assert armed.take(Drip, "Get") == []


def test_only_the_kind_and_place_that_is_asked_for_is_taken() -> None:
    armed = Disturbances()
    for one in (Cut("Get"), Slow("Get"), Stall("Get", "body"), Stall(where="accept")):
        armed.arm(one)
    assert armed.take(Stall, "Get", ("before-reply",)) == []
    assert [one.where for one in armed.take(Stall, None, ("accept",))] == ["accept"]
    assert [one.where for one in armed.take(Stall, "Get", ("headers", "body"))] == ["body"]
    assert len(armed.take(Cut, "Get")) == len(armed.take(Slow, "Get")) == 1


def test_a_stall_in_a_handshake_is_one_before_its_reply() -> None:
    stall = Stall(where="authentication")
    assert (stall.action, stall.where) == ("authentication", "before-reply")


def test_a_stall_is_nowhere_else() -> None:
    with pytest.raises(ValueError, match="not 'later'"):
        Stall("Get", "later")


def test_a_reply_is_replaced_in_part() -> None:
    reply = HttpReply(200, b"body", "a/b", (("X", "1"), ("Y", "2")))
    assert Replace().reshaped(reply) == reply
    assert Replace().reworded(b"text") == b"text"
    changed = Replace(body=b"other", status=503).reshaped(reply)
    assert (changed.body, changed.status, changed.headers) == (b"other", 503, reply.headers)
    assert Replace(body=lambda body: body[:2]).reshaped(reply).body == b"bo"
    assert Replace(envelope=bytes.upper).reworded(b"text") == b"TEXT"


def test_headers_are_added_replaced_and_left_out() -> None:
    reply = HttpReply(200, b"", "a/b", (("X", "1"), ("Y", "2")))
    changed = Replace(headers={"x": "3", "y": None, "Content-Type": "c/d"}).reshaped(reply)
    assert (changed.headers, changed.content_type) == ((("x", "3"),), "c/d")
    assert Replace(headers={"content-type": None}).reshaped(reply).content_type == ""


def test_a_drip_is_of_bytes_and_somewhere_in_the_reply() -> None:
    with pytest.raises(ValueError, match="not in 'bdoy'"):
        Drip("Get", where="bdoy")
    with pytest.raises(ValueError, match="one byte or more, not 0"):
        Drip("Get", size=0)
