"""One session under 64 threads: ten thousand calls, each with its own answer."""

import threading
from collections import Counter
from collections.abc import Callable
from itertools import count

from mi import wql
from mi.application import Application
from mi.instance import Instance
from mi.options import DestinationOptions
from mi.session import Session
from protocols.loopback import Endpoint

THREADS, CALLS = 64, 10_000


def service(name: str) -> Instance:
    return Instance("Win32_Service", {"Name": name}, namespace="root/cimv2")


def got(session: Session, name: str) -> bool:
    return bool(session.get_instance(service(name))["Name"] == name)


def queried(session: Session, name: str) -> bool:
    query = wql.query("SELECT Name FROM Win32_Service WHERE Name = {}", name)
    return [one["Name"] for one in session.query_instances(query).all()] == [name]


def dropped(session: Session, _: str) -> bool:
    for one in session.query_instances("SELECT * FROM Win32_Service"):
        return one.class_name == "Win32_Service"
    return False


def declared(session: Session, _: str) -> bool:
    return session.get_class("Win32_Process").name == "Win32_Process"


def introduced(session: Session, _: str) -> bool:
    answer = session.test_connection()
    return answer is not None and answer["ProductVendor"] == "Microsoft Corporation"


# Out of twenty calls; classes and open enumerations cost the most.
MIX: tuple[Callable[[Session, str], bool], ...] = (
    *(got,) * 12, *(introduced,) * 5, *(queried,) * 2, dropped,
)  # fmt: skip


def test_every_answer_belongs_to_its_call_and_nothing_stays_open() -> None:
    outcomes: Counter[object] = Counter()
    numbers = count()
    with Endpoint() as endpoint:
        options = DestinationOptions(
            destination_port=endpoint.port, credentials=endpoint.credentials, max_elements=20
        )
        with Application() as application:
            session = application.new_session("WINRM", endpoint.host, options)
            names = [one["Name"] for one in session.query_instances("SELECT * FROM Win32_Service")]
            assert declared(session, "")

            def work() -> None:
                while (number := next(numbers)) < CALLS:
                    try:
                        is_right = MIX[number % len(MIX)](session, names[number % len(names)])
                    except Exception as error:  # noqa: BLE001 - counted, and seen below
                        outcomes[repr(error)] += 1
                    else:
                        outcomes[is_right] += 1

            threads = [threading.Thread(target=work) for _ in range(THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert outcomes == {True: CALLS}
            assert endpoint.connections == endpoint.logons <= 4
            assert endpoint.open_connections <= 4
            session.close()
        assert endpoint.open_contexts == 0
        assert endpoint.refused_logons == 0
