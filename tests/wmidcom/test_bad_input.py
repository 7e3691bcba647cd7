"""What a server sends that is none of its business, end to end: one clear error, and no harm."""

import struct
import tracemalloc
from collections.abc import Callable, Iterator
from random import Random

import pytest

import mi
from mi.instance import Instance
from protocols.dcom.kinds import Interfaces
from protocols.dcom.object_writer import write_instance
from protocols.dcom.wbem_objects import object_reference
from protocols.loopback import sample_repository
from protocols.loopback.instances import new_instance
from tests.wmidcom.rpc.peer import Peer, Replied

QUERY = "SELECT * FROM Win32_Service"
LARGEST = 64 * 1024 * 1024
CASES = 100


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as peer:
        yield peer


@pytest.fixture
def session(peer: Peer) -> Iterator[mi.Session]:
    with (
        mi.Application() as application,
        application.new_session("WMIDCOM", "127.0.0.1", peer.options(timeout=10)) as session,
    ):
        yield session


def good(name: str = "Spooler") -> bytes:
    """Return a service as a server sends it: an OBJREF around an encoding unit."""
    class_ = sample_repository().find_class("root/cimv2", "Win32_Service")
    instance = new_instance(class_, {"Name": name, "State": "Running", "ProcessId": 4})
    return object_reference(write_instance(instance, class_, tuple(class_.properties), _nothing))


def _nothing(_namespace: str | None, _class_name: str) -> None:
    return None


def read(session: mi.Session, peer: Peer, *objects: bytes) -> list[Instance]:
    peer.objects = list(objects)
    return session.query_instances(QUERY).all()


def patched(data: bytes, at: int, number: int) -> bytes:
    return data[:at] + struct.pack("<I", number) + data[at + 4 :]


def test_a_good_object_is_read(session: mi.Session, peer: Peer) -> None:
    (service,) = read(session, peer, good())
    assert (service["Name"], service["ProcessId"]) == ("Spooler", 4)


LIES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: b"",
    "no signature": lambda data: b"WOEM" + data[4:],
    "a truncated reference": lambda data: data[:40],
    "a truncated object": lambda data: data[:-20],
    "half an object": lambda data: data[: len(data) // 2],
    "another kind of reference": lambda data: patched(data, 4, 1),
    "an object of another class": lambda data: data[:24] + bytes(16) + data[40:],
    "another signature inside": lambda data: patched(data, 48, 0xDEADBEEF),
    "a length of nothing": lambda data: patched(data, 52, 0),
    "a class part beyond the end": lambda data: patched(data, 61, 0x7FFFFFF0),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_object_that_lies_is_one_clear_error_and_the_session_goes_on(
    session: mi.Session, peer: Peer, lie: str
) -> None:
    with pytest.raises(mi.MIError) as caught:
        read(session, peer, good(), LIES[lie](good()))
    assert caught.value.host == "127.0.0.1"
    assert caught.value.operation == "QueryInstances"
    assert caught.value.advice is not None or str(caught.value)
    (service,) = read(session, peer, good("Dhcp"))
    assert service["Name"] == "Dhcp"


def test_bytes_that_were_changed_at_random_are_an_object_or_an_error_of_ours(
    session: mi.Session, peer: Peer
) -> None:
    random, whole = Random(5), good()
    outcomes: dict[str, int] = {}
    tracemalloc.start()
    for _ in range(CASES):
        data = bytearray(whole)
        for _ in range(random.choice((1, 1, 2, 8))):
            data[random.randrange(48, len(data))] = random.randrange(256)
        try:
            read(session, peer, bytes(data))
            outcome = "an object"
        except mi.MIError as error:
            outcome = type(error).__name__
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < LARGEST
    assert set(outcomes) <= {"an object", "ProtocolError", "TypeMismatch", "InvalidParameter"}
    assert outcomes["ProtocolError"] > CASES // 10
    assert read(session, peer, good())


def test_a_batch_with_more_objects_than_were_asked_for_does_no_harm(
    session: mi.Session, peer: Peer
) -> None:
    peer.answers["Next"] = lambda asked: Replied(
        1, {"apObjects": Interfaces(40, [good()] * 40), "puReturned": 40}
    )
    assert len(session.query_instances(QUERY).all()) == 40


def test_an_object_may_be_a_class_where_an_instance_should_be(
    session: mi.Session, peer: Peer
) -> None:
    peer.answers["GetObject"] = lambda asked: Replied(values={"ppObject": good()})
    with pytest.raises(mi.ProtocolError, match="an instance instead of the class"):
        session.get_class("Win32_Service")
