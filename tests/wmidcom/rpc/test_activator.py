"""Making an object, and keeping it alive."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from mi.callbacks import SessionCallbacks
from mi.control import Expiry
from mi.errors import ProtocolError
from protocols.dcom.activation import ActivationRequest
from protocols.dcom.orpc import OUR_VERSION, Version
from protocols.wmidcom.rpc.activator import PingSet, activate
from protocols.wmidcom.rpc.line import Line
from protocols.wmidcom.rpc.logons import new_admission
from protocols.wmidcom.rpc.target import Target
from protocols.wmidcom.services import WbemError
from tests.wmidcom.rpc.calling import soon
from tests.wmidcom.rpc.peer import Asked, Fault, Peer, Replied


@pytest.fixture
def line(peer: Peer) -> Iterator[Line]:
    options = peer.options()
    target = Target.of("127.0.0.1", options)
    made = Line(target, target.place, new_admission(target, options, SessionCallbacks()))
    yield made
    made.close(Expiry.after(5, "grace"))


def versions(peer: Peer) -> list[Version]:
    return [
        ActivationRequest.read(one.values["pActProperties"]).version
        for one in peer.asked
        if one.method == "RemoteCreateInstance"
    ]


def test_the_server_makes_what_lets_one_log_in(peer: Peer, line: Line) -> None:
    made = activate(line, soon())
    assert made.bindings.port == peer.exporter_port
    assert versions(peer) == [OUR_VERSION]


def test_an_old_server_is_asked_in_its_own_version(peer: Peer, line: Line) -> None:
    make = peer.answers["RemoteCreateInstance"]

    def old(asked: Asked) -> Replied:
        return make(asked) if len(versions(peer)) > 1 else Replied(0x80010110)

    peer.answers["RemoteCreateInstance"] = old
    activate(line, soon())
    assert versions(peer) == [Version(5, 7), Version(5, 1)]


def raising(status: int) -> Callable[[Asked], Replied]:
    def fault(_: Asked) -> Replied:
        raise Fault(status)

    return fault


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        (lambda _: Replied(0x80070005), 0x80070005),
        (raising(0x1C010014), 0x1C010014),
    ],
)
def test_a_server_that_makes_nothing_says_why(
    peer: Peer, line: Line, answer: Callable[[Asked], Replied], number: int
) -> None:
    peer.answers["RemoteCreateInstance"] = answer
    with pytest.raises(WbemError) as caught:
        activate(line, soon())
    assert caught.value.hresult == number


def test_one_interface_may_be_missing(peer: Peer, line: Line) -> None:
    refused = replace(peer.activation(), results=(0x80004002,), references=(None,))
    peer.answers["RemoteCreateInstance"] = lambda _: Replied(
        values={"ppActProperties": refused.packed()}
    )
    with pytest.raises(WbemError) as caught:
        activate(line, soon())
    assert caught.value.hresult == 0x80004002


def test_an_object_that_nobody_names_is_none(peer: Peer, line: Line) -> None:
    peer.answers["RemoteCreateInstance"] = lambda _: Replied()
    with pytest.raises(ProtocolError, match="does not say which"):
        activate(line, soon())


def test_a_set_is_changed_only_where_it_changes(peer: Peer, line: Line) -> None:
    pings = PingSet(line)
    for wanted in ({1, 2}, {1, 2}, {2, 3}, {2, 3}):
        pings.ping(frozenset(wanted), Expiry.after(5, "grace"))
    assert peer.methods() == ["ComplexPing", "SimplePing", "ComplexPing", "SimplePing"]
    first, second = (one.values for one in peer.asked if one.method == "ComplexPing")
    assert (first["AddToSet"], first["DelFromSet"], first["SequenceNum"]) == ((1, 2), (), 1)
    assert (second["AddToSet"], second["DelFromSet"], second["SequenceNum"]) == ((3,), (1,), 2)
    assert second["pSetId"] == 99


def test_a_set_that_the_server_forgot_is_begun_anew(peer: Peer, line: Line) -> None:
    pings = PingSet(line)
    pings.ping(frozenset({1}), Expiry.after(5, "grace"))
    peer.answers["SimplePing"] = lambda _: Replied(1912)
    with pytest.raises(WbemError):
        pings.ping(frozenset({1}), Expiry.after(5, "grace"))
    pings.ping(frozenset({1}), Expiry.after(5, "grace"))
    assert [one.values["pSetId"] for one in peer.asked] == [0, 99, 0]


def test_a_ping_may_be_a_fault(peer: Peer, line: Line) -> None:
    peer.answers["ComplexPing"] = raising(0x1C010014)
    with pytest.raises(WbemError):
        PingSet(line).ping(frozenset({1}), Expiry.after(5, "grace"))
