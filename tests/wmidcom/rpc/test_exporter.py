"""The objects of an activation: which are kept alive, and how they are given back."""

from collections.abc import Callable
from typing import Any

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import OperationTimeout
from protocols.dcom.activation import ActivationReply
from protocols.dcom.interfaces import ENUMERATOR, RELEASE
from protocols.dcom.kinds import Release
from protocols.dcom.objref import Standard, StandardReference
from protocols.dcom.orpc import Version
from protocols.dcom.string_bindings import DualStringArray
from protocols.wmidcom.rpc import exporter as exporter_module
from protocols.wmidcom.rpc.exporter import Exporter, RemoteObject
from protocols.wmidcom.rpc.request import Request

NO_PING = 0x1000


class Way:
    """A line that does what it is told to do and notes what goes over it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[], bytes] = lambda: RELEASE.reply(0)
        self.is_unreachable = False

    def call(self, request: Request, expiry: Expiry, cancel: CancelToken) -> bytes:
        answer = self.answer()
        self.requests.append(request)
        return answer

    @property
    def given_back(self) -> list[list[Release]]:
        read = [RELEASE.read_request(one.stub)[1] for one in self.requests]
        return [list(one["InterfaceRefs"]) for one in read]


def made(way: Way, version: Version = Version(5, 7)) -> Exporter:  # noqa: B008 - frozen
    activation = ActivationReply((), (), (), 1, DualStringArray(), bytes(16), version, 6)
    line: Any = way
    return Exporter(activation, line, lambda _: None)


def thing(exporter: Exporter, oid: int, ipid: int = 0, flags: int = 0) -> RemoteObject:
    standard = Standard(1, oid, (ipid or oid).to_bytes(16, "big"), 5, flags)
    return exporter.adopt(StandardReference(ENUMERATOR.iid, standard).packed(), ENUMERATOR)


def give_back(exporter: Exporter) -> None:
    exporter.release_orphans(Expiry.after(5, "grace"), CancelToken())


def test_what_needs_no_pings_gets_none() -> None:
    exporter = made(Way())
    held = [thing(exporter, 7), thing(exporter, 8, flags=NO_PING)]
    assert exporter.pinged == {7}
    del held


def test_an_object_lives_until_its_last_interface_is_given_back() -> None:
    way = Way()
    exporter = made(way)
    first, second = thing(exporter, 7, 70), thing(exporter, 7, 71)
    first.abandon()
    give_back(exporter)
    assert exporter.pinged == {7}
    second.abandon()
    second.abandon()
    give_back(exporter)
    assert exporter.pinged == frozenset()
    assert [len(releases) for releases in way.given_back] == [1, 1]


def test_many_are_given_back_at_once_and_no_more_than_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporter_module, "_MOST_RELEASES", 3)
    way = Way()
    exporter = made(way)
    for oid in range(1, 8):
        thing(exporter, oid)
    give_back(exporter)
    assert [len(releases) for releases in way.given_back] == [3, 3, 1]
    assert all(one.references == 5 for releases in way.given_back for one in releases)


def test_what_could_not_be_given_back_is_kept_for_the_next_time() -> None:
    way = Way()
    exporter = made(way)
    thing(exporter, 7)

    def late() -> bytes:
        raise OperationTimeout("late")

    way.answer = late
    with pytest.raises(OperationTimeout):
        give_back(exporter)
    way.answer = lambda: RELEASE.reply(0)
    give_back(exporter)
    assert [len(releases) for releases in way.given_back] == [1]


def test_nothing_is_given_back_to_what_is_gone() -> None:
    way = Way()
    exporter = made(way)
    thing(exporter, 7)
    exporter.is_lost = True
    give_back(exporter)
    assert not way.requests


def test_calls_are_made_in_the_version_that_both_speak() -> None:
    way = Way()
    exporter = made(way, Version(5, 4))
    thing(exporter, 7)
    give_back(exporter)
    this, _ = RELEASE.read_request(way.requests[0].stub)
    assert this is not None
    assert this.version == Version(5, 4)
