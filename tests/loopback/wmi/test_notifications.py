from __future__ import annotations

import gc
import time
import weakref

from mi.instance import Instance
from protocols.loopback import changes
from protocols.loopback.events import Events
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Repository
from protocols.loopback.wmi.enumerators import S_OK, TIMED_OUT
from protocols.loopback.wmi.notifications import happening
from protocols.loopback.wmi.objects import Objects
from tests.loopback.wmi.asked import NAMESPACE, failing, instance_in

CHANGES = (
    "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA"
    " 'Win32_LogicalDisk'"
)


def rename(repository: Repository, name: str) -> Instance:
    class_ = repository.find_class(NAMESPACE, "Win32_LogicalDisk")
    return changes.update(repository, class_, {"DeviceID": "C:"}, {"VolumeName": name})


def test_what_happens_is_told_with_what_it_happened_to() -> None:
    repository = sample_repository()
    waiting = happening(Objects(repository, NAMESPACE), CHANGES, Events(repository))
    rename(repository, "one")
    rename(repository, "two")
    hresult, events = waiting.take(2, None)
    assert hresult == S_OK
    event = instance_in(events[1])
    assert event.class_name == "__InstanceModificationEvent"
    assert event["TargetInstance"]["VolumeName"] == "two"
    assert event["PreviousInstance"]["VolumeName"] == "one"
    assert event["TargetInstance"].key == {"DeviceID": "C:"}


def test_what_is_selected_of_an_event_is_told_alone() -> None:
    repository = sample_repository()
    query = CHANGES.replace("*", "TargetInstance")
    waiting = happening(Objects(repository, NAMESPACE), query, Events(repository))
    rename(repository, "one")
    event = instance_in(waiting.take(1, None).objects[0])
    assert list(event) == ["TargetInstance"]


def test_what_is_not_wanted_is_not_told() -> None:
    repository = sample_repository()
    query = f"{CHANGES} AND TargetInstance.VolumeName = 'x'"
    waiting = happening(Objects(repository, NAMESPACE), query, Events(repository))
    rename(repository, "one")
    assert waiting.take(1, time.monotonic()) == (TIMED_OUT, [])


def test_events_are_kept_for_nobody() -> None:
    repository = sample_repository()
    waiting = happening(Objects(repository, NAMESPACE), CHANGES, Events(repository))
    gone = weakref.ref(waiting)
    waiting.close()
    del waiting
    gc.collect()
    assert gone() is None


def test_what_is_wrong_with_a_query_is_told() -> None:
    repository = sample_repository()
    objects, events = Objects(repository, NAMESPACE), Events(repository)
    for query, number in (
        ("SELECT * FROM Win32_Service", 0x80041017),
        ("SELECT * FROM __Nothing", 0x80041010),
        ("nonsense", 0x80041017),
    ):
        said, status = failing(lambda query=query: happening(objects, query, events))
        assert (said, status["Operation"]) == (number, "ExecNotificationQuery")
