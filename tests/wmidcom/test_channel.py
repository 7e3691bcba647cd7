"""What the operations of a session share, and what becomes of what is left open."""

import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import mi
from mi.callbacks import SessionCallbacks
from mi.calls import GetInstance, Invoke, QueryInstances, Subscribe
from mi.control import CancelToken, Control, Expiry
from mi.errors import ConnectionFailed, InvalidParameter, MIError
from mi.events import Item
from mi.instance import Instance
from mi.options import DestinationOptions, OperationOptions
from mi.results import OperationFlags
from mi.schema import Class
from protocols.channels import forks
from protocols.wmidcom.channel import WmidcomChannel
from protocols.wmidcom.run import Run
from protocols.wmidcom.services import WbemError
from tests.wmidcom.fake_services import FakeConnection, FakeHandler

SERVICES = QueryInstances("SELECT * FROM Win32_Service", namespace="root/cimv2")


@pytest.fixture
def channel(connection: FakeConnection) -> WmidcomChannel:
    return FakeHandler(connection).open("server01", DestinationOptions(), SessionCallbacks())


def run(channel: WmidcomChannel, **terms: object) -> Run:
    control = Control.begin(OperationOptions(), unary=False, timeout=10, **terms)  # type: ignore[arg-type]
    return channel.start(SERVICES, control)


def half_way(channel: WmidcomChannel) -> Run:
    one = run(channel)
    assert one.next_batch()
    return one


def test_nothing_is_asked_before_a_result_is(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    run(channel).close()
    channel.close(Expiry.of_grace())
    assert (connection.calls, connection.closed) == ([], 0)


def test_a_batch_holds_results_and_a_look_at_nothing_is_passed_over(
    channel: WmidcomChannel,
) -> None:
    batch = half_way(channel).next_batch()
    assert batch is not None
    assert all(isinstance(one, Item) for one in batch)


def test_who_asked_is_told_that_it_began_by_an_empty_batch(channel: WmidcomChannel) -> None:
    one = run(channel, flags=OperationFlags.REPORT_OPERATION_STARTED)
    assert one.next_batch() == []
    assert one.next_batch()


def test_an_end_stays_one(channel: WmidcomChannel) -> None:
    control = Control.begin(OperationOptions())
    key = Instance("Win32_Service", {"Name": "Spooler"})
    one = channel.start(GetInstance(key, namespace="root/cimv2"), control)
    assert one.next_batch()
    assert one.next_batch() is None
    assert one.next_batch() is None
    one.close()


def test_what_is_closed_is_released_once(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    one = half_way(channel)
    one.close()
    one.close()
    assert len(connection.named("release")) == 1
    assert one.next_batch() is None


def test_what_the_server_has_forgotten_is_released(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    connection.fail("release", WbemError(0x80010108))
    half_way(channel).close()


def test_a_release_that_nobody_answers_is_told(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    connection.fail("release", ConnectionFailed("it broke"))
    with pytest.raises(ConnectionFailed):
        half_way(channel).close()


def test_a_dropped_run_that_cannot_be_released_stops_nobody(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    half_way(channel).drop()
    connection.fail("release", ConnectionFailed("it broke"))
    assert half_way(channel)
    assert not channel._orphans


def test_a_dropped_run_that_has_nothing_open_is_none(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    run(channel).drop()
    half_way(channel).close()
    assert len(connection.named("release")) == 1


def test_who_cancels_while_others_leavings_are_released_leaves_them(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    half_way(channel).drop()
    cancel = CancelToken()
    connection.is_silent = True
    timer = threading.Timer(0.05, cancel.cancel)
    timer.start()
    with pytest.raises(mi.OperationCancelled):
        run(channel, cancel=cancel).next_batch()
    timer.join(30)
    assert len(channel._orphans) == 1
    connection.is_silent = False
    channel.close(Expiry.of_grace())
    assert connection.open == set()


def test_a_channel_that_cannot_release_closes_all_the_same(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    half_way(channel).drop()
    connection.is_silent = True
    channel.close(Expiry.after(0.05, "grace"))
    assert connection.closed == 1


def test_a_closed_channel_starts_nothing(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    begun = half_way(channel)
    channel.close(Expiry.of_grace())
    channel.close(Expiry.of_grace())
    with pytest.raises(InvalidParameter, match="closed"):
        run(channel).next_batch()
    begun.close()
    assert connection.named("release") == []


def test_one_thread_asks_for_a_class_and_the_others_wait(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    call = QueryInstances("SELECT Name FROM Win32_Service", namespace="root/cimv2")

    def read(_: int) -> int:
        control = Control.begin(OperationOptions(), unary=False, timeout=10)
        one = channel.start(call, control)
        count = 0
        while (batch := one.next_batch()) is not None:
            count += len(batch)
        one.close()
        return count

    with ThreadPoolExecutor(4) as pool:
        counts = set(pool.map(read, range(8)))
    assert len(counts) == 1
    assert len(connection.named("get_class")) == 1
    assert connection.open == set()


class _FoundLater(mi.SchemaStore):
    """What another operation puts a class into just before this one would ask for it."""

    def find(self, namespace: str | None, class_name: str) -> Class | None:
        found, self.looks = super().find(namespace, class_name), getattr(self, "looks", 0) + 1
        return found if self.looks > 1 else None


def test_a_class_that_became_known_meanwhile_is_not_asked_for(connection: FakeConnection) -> None:
    known = connection.repository.find_class("root/cimv2", "Win32_Service")
    options = DestinationOptions(schema=_FoundLater([known]))
    channel = FakeHandler(connection).open("server01", options, SessionCallbacks())
    call = QueryInstances("SELECT Name FROM Win32_Service", namespace="root/cimv2")
    assert channel.start(call, Control.begin(OperationOptions(), unary=False)).next_batch()
    assert connection.named("get_class") == []


@pytest.mark.parametrize(
    ("credentials", "user"),
    [
        (None, None),
        (mi.Credentials.password(r"CONTOSO\ops", "S3cret"), r"CONTOSO\ops"),
        (mi.Credentials.current_user(), None),
        ([mi.Credentials.password("a", "x"), mi.Credentials.password("b", "y")], None),
        (lambda: mi.Credentials.password("a", "x"), None),
    ],
)
def test_the_user_is_named_where_it_is_clear_who_it_is(
    connection: FakeConnection, credentials: object, user: str | None
) -> None:
    options = DestinationOptions(credentials=credentials)  # type: ignore[arg-type]
    assert FakeHandler(connection).open("a", options, SessionCallbacks()).user == user


# A server that was restarted

FORGOTTEN = 0x80010114  # RPC_E_INVALID_OBJECT


def test_what_the_server_forgot_is_begun_anew_once(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    for name in ("exec_query", "next"):
        connection.fail(name, WbemError(FORGOTTEN))
        half_way(channel).close()
    key = Instance("Win32_Service", {"Name": "Spooler"})
    call = GetInstance(key, namespace="root/cimv2")
    connection.fail("get_instance", WbemError(FORGOTTEN))
    assert channel.start(call, Control.begin(OperationOptions())).next_batch()
    for name, begun in (
        ("get_instance", channel.start(call, Control.begin(OperationOptions()))),
        ("exec_query", run(channel)),
    ):
        connection.fail(name, WbemError(FORGOTTEN), WbemError(FORGOTTEN))
        with pytest.raises(MIError, match="RPC_E_INVALID_OBJECT"):
            begun.next_batch()


def test_a_subscription_that_stood_is_not_replaced_in_silence(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    query = "SELECT * FROM __InstanceOperationEvent WITHIN 1"
    call = Subscribe(query, namespace="root/cimv2")
    terms = Control.begin(OperationOptions(), unary=False, timeout=10)
    connection.fail("exec_notification_query", WbemError(FORGOTTEN))
    connection.fail("next", WbemError(FORGOTTEN))
    begun = channel.start(call, terms)
    with pytest.raises(MIError, match="RPC_E_INVALID_OBJECT"):
        begun.next_batch()
    assert len(connection.named("exec_notification_query")) == 2  # the first never stood
    begun.close()


def test_what_changes_nothing_is_asked_again_after_a_connection_broke(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    key = Instance("Win32_Service", {"Name": "Spooler"})
    get = GetInstance(key, namespace="root/cimv2")
    connection.fail("get_instance", ConnectionFailed("it broke"))
    with pytest.raises(ConnectionFailed):  # it may have been a logon that was lost
        channel.start(get, Control.begin(OperationOptions())).next_batch()
    half_way(channel).close()
    connection.fail("get_instance", ConnectionFailed("it broke"))
    assert channel.start(get, Control.begin(OperationOptions())).next_batch()
    connection.fail("exec_method", ConnectionFailed("it broke", outcome_unknown=True))
    change = Invoke(key, "StartService", namespace="root/cimv2")
    with pytest.raises(ConnectionFailed):
        channel.start(change, Control.begin(OperationOptions())).next_batch()
    assert len(connection.named("exec_method")) == 1


def test_an_enumeration_that_gave_something_is_not_begun_anew(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    begun = half_way(channel)
    connection.fail("next", WbemError(FORGOTTEN))
    with pytest.raises(MIError, match="RPC_E_INVALID_OBJECT"):
        begun.next_batch()
    assert len(connection.named("exec_query")) == 1


# Another process


def _in_a_child(channel: WmidcomChannel, begun: Run, connection: FakeConnection) -> list[str]:
    said = []
    try:
        begun.next_batch()
    except MIError as error:
        said.append(error.message)
    begun.close()
    said.append(f"{connection.forks} {len(connection.named('release'))}")
    said.append(str(bool(run(channel).next_batch())))
    return said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks nothing")
def test_a_child_process_begins_anew_and_leaves_the_parents_alone(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    begun = half_way(channel)
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)

    def child() -> None:
        sending.send(_in_a_child(channel, begun, connection))

    process = context.Process(target=child)
    process.start()
    assert receiving.poll(20)
    assert receiving.recv() == ["the operation was begun in another process", "1 0", "True"]
    process.join(20)
    assert begun.next_batch()
    assert connection.forks == 0


def test_what_was_begun_before_a_fork_is_the_parents(
    channel: WmidcomChannel, connection: FakeConnection
) -> None:
    begun = half_way(channel)
    forks._begin_anew()
    with pytest.raises(InvalidParameter, match="begun in another process"):
        begun.next_batch()
    begun.close()
    assert (connection.forks, connection.named("release")) == (1, [])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks nothing")
def test_a_fork_before_the_first_call_is_none(channel: WmidcomChannel) -> None:
    channel.after_fork()
    assert half_way(channel)
