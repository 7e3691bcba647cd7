"""Threads of one session over DCOM: every answer is its own, and no call costs a logon."""

import threading
from collections.abc import Iterator

import pytest

import mi
from mi.instance import Instance
from protocols.loopback import sample_repository
from protocols.loopback.dcom import DcomEndpoint
from protocols.loopback.instances import new_instance

THREADS = 8
CALLS = 5_000


@pytest.fixture
def endpoint() -> Iterator[DcomEndpoint]:
    repository = sample_repository()
    large = repository.find_class("root/cimv2", "Loopback_AllTypes")
    small = repository.find_class("root/cimv2", "Win32_Share")
    for number in range(THREADS * 4):
        repository.add(new_instance(large, {"Id": str(number), "Uint32Value": number}))
        repository.add(new_instance(small, {"Name": str(number), "Type": number}))
    with DcomEndpoint(repository) as endpoint:
        yield endpoint


def test_every_answer_is_its_own_and_one_logon_serves_all(endpoint: DcomEndpoint) -> None:
    options = mi.DestinationOptions(
        destination_port=endpoint.port, credentials=endpoint.credentials, timeout=60
    )
    wrong: list[object] = []
    with mi.connect(endpoint.host, protocol="WMIDCOM", options=options) as session:
        session.test_connection()
        logons = endpoint.logons

        def work(thread: int) -> None:
            try:
                for call in range(CALLS // THREADS):
                    _ask(session, (thread * 4) + call % 4, call)
            except BaseException as error:  # noqa: BLE001 - it is told below
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(one,)) for one in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert wrong == []
    assert endpoint.logons == logons == 2
    assert endpoint.open_objects == 0


def _ask(session: mi.Session, number: int, call: int) -> None:
    """Ask in one of four ways for what nobody else asks for, and see that it comes."""
    kind = call % 40  # a get of a small object is one exchange, and the others are several
    if kind == 1:
        query = mi.wql.query("SELECT * FROM Loopback_AllTypes WHERE Id = {}", str(number))
        (found,) = session.query_instances(query).all()
        assert found["Uint32Value"] == number
    elif kind == 2:
        result = session.invoke("Loopback_AllTypes", "Spell", {"Number": number})
        assert result.out == session.invoke("Loopback_AllTypes", "Spell", {"Number": number}).out
    elif kind == 3:
        result = session.invoke("Loopback_AllTypes", "Echo", {"Uint32Value": number})
        assert result.out["Uint32Value"] == number
    else:
        share = session.get_instance(Instance("Win32_Share", {"Name": str(number)}))
        assert share["Type"] == number
