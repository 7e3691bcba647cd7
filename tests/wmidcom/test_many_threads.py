"""Threads of one session over DCOM: every answer is its own, and no call costs a logon."""

import os
import threading
from collections.abc import Iterator

import pytest

import mi
from mi.instance import Instance
from protocols.loopback import sample_repository
from protocols.loopback.dcom import DcomEndpoint
from protocols.loopback.instances import new_instance

THREADS = 8
# All of the 5,000 calls take half a minute; the suite makes fewer, a soak run all of them.
CALLS = int(os.environ.get("MI_DCOM_CALLS", "600"))


@pytest.fixture
def endpoint() -> Iterator[DcomEndpoint]:
    repository = sample_repository()
    class_ = repository.find_class("root/cimv2", "Loopback_AllTypes")
    for number in range(THREADS * 4):
        repository.add(new_instance(class_, {"Id": str(number), "Uint32Value": number}))
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
            thread.join()
    assert wrong == []
    assert endpoint.logons == logons == 2
    assert endpoint.open_objects == 0


def _ask(session: mi.Session, number: int, call: int) -> None:
    """Ask in one of four ways for what nobody else asks for, and see that it comes."""
    key = Instance("Loopback_AllTypes", {"Id": str(number)})
    kind = call % 4
    if kind == 0:
        assert session.get_instance(key)["Uint32Value"] == number
    elif kind == 1:
        query = mi.wql.query("SELECT * FROM Loopback_AllTypes WHERE Id = {}", str(number))
        (found,) = session.query_instances(query).all()
        assert found["Uint32Value"] == number
    elif kind == 2:
        result = session.invoke("Loopback_AllTypes", "Spell", {"Number": number})
        assert result.out == session.invoke("Loopback_AllTypes", "Spell", {"Number": number}).out
    else:
        result = session.invoke("Loopback_AllTypes", "Echo", {"Uint32Value": number})
        assert result.out["Uint32Value"] == number
