"""A session over DCOM: its connections, its logons, its logins, and its end."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from traceback import TracebackException

import pytest

import mi
from mi.callbacks import SessionCallbacks
from mi.control import Expiry
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidParameter,
    ProtocolError,
)
from mi.options import DestinationOptions
from protocols.dcom.interfaces import ENUMERATOR, LEVEL1_LOGIN
from protocols.dcom.object_writer import write_class, write_instance
from protocols.dcom.orpc import ERROR_EXTENSION, Extension, OrpcThat
from protocols.dcom.string_bindings import DualStringArray, StringBinding
from protocols.dcom.wbem_objects import object_reference
from protocols.wmidcom.rpc import pinger
from protocols.wmidcom.rpc.connection import RpcConnection
from protocols.wmidcom.services import WbemError, WbemFlags
from tests.dcom.samples import PART, part
from tests.wmidcom.rpc.calling import CIMV2, SEMI, close, connection, encoded, logged_in, soon
from tests.wmidcom.rpc.peer import OXID, Asked, Fault, Peer, Replied


def test_making_a_connection_touches_nothing() -> None:
    options = DestinationOptions(destination_port=1)
    made = RpcConnection("nowhere.invalid", options, SessionCallbacks())
    close(made)


def test_this_machine_has_no_name_to_go_to() -> None:
    with pytest.raises(InvalidParameter, match="a host with a name"):
        RpcConnection(None, DestinationOptions(), SessionCallbacks())


def test_a_session_logs_on_twice_whatever_it_does(peer: Peer) -> None:
    made, services = logged_in(peer)
    for _ in range(3):
        services.exec_query("SELECT * FROM X", SEMI, (), soon()).release(soon())
    assert made.services("ROOT/CIMV2", None, soon()) is services
    assert made.services("root/wmi", None, soon()) is not services
    close(made)
    assert peer.logons == peer.connections == 2
    assert peer.binds == [(10, 6), (10, 6)]
    assert peer.alters == [False] * len(peer.alters), "interfaces are added without a logon"
    assert peer.methods().count("RemoteCreateInstance") == 1
    assert peer.methods().count("NTLMLogin") == 2


def test_privacy_may_be_given_up_and_integrity_not(peer: Peer) -> None:
    made, services = logged_in(peer, packet_privacy=False)
    services.delete_instance("X.A=1", WbemFlags.NONE, (), soon())
    close(made)
    assert peer.binds == [(10, 5), (10, 5)]


@pytest.mark.parametrize("privacy", [True, False])
def test_a_server_may_not_protect_headers(peer: Peer, *, privacy: bool) -> None:
    peer.signs_headers = False
    made, services = logged_in(peer, packet_privacy=privacy)
    peer.objects = [encoded(1), encoded(2)]
    found = services.exec_query("SELECT * FROM Part", SEMI, (), soon()).next(5, 1, soon())
    assert [one["Id"] for one in found.objects] == [1, 2]
    close(made)


def test_the_server_s_own_addresses_are_not_believed(peer: Peer) -> None:
    """Only the port of the first TCP binding counts, with the host that the caller named."""
    made, _ = logged_in(peer)
    close(made)
    assert peer.connections == 2


def test_connect_to_is_where_both_ports_are(peer: Peer) -> None:
    options = DestinationOptions(
        credentials=peer.credentials, connect_to=f"127.0.0.1:{peer.activator_port}"
    )
    made = RpcConnection("server01.contoso.com", options, SessionCallbacks())
    made.services(CIMV2, None, soon())
    close(made)
    assert peer.connections == 2


def test_an_exporter_without_a_tcp_port_is_no_use(peer: Peer) -> None:
    peer.bindings = DualStringArray((StringBinding(15, "SRV[\\pipe\\x]"),))
    made = connection(peer)
    with pytest.raises(ProtocolError, match="does not say at which TCP port"):
        made.services(CIMV2, None, soon())
    close(made)


def test_a_locale_is_asked_for(peer: Peer) -> None:
    made = connection(peer)
    made.services(CIMV2, "MS_409", soon())
    close(made)
    [login] = [one for one in peer.asked if one.method == "NTLMLogin"]
    assert login.values["wszPreferredLocale"] == "MS_409"
    assert login.values["wszNetworkResource"] == "//./root/cimv2"


def test_a_namespace_that_is_not_there_is_wmi_s_word(peer: Peer) -> None:
    made, _ = logged_in(peer)
    with pytest.raises(WbemError) as caught:
        made.services("root/missing", None, soon())
    assert caught.value.hresult == 0x8004100E
    assert caught.value.status is None
    close(made)


def failing_with(reference: bytes) -> Callable[[Asked], Replied]:
    extension = Extension(ERROR_EXTENSION, reference)
    return lambda _: Replied(0x80041010, that=OrpcThat((extension,)))


def test_what_explains_a_failure_comes_along(peer: Peer) -> None:
    made, services = logged_in(peer)
    status = object_reference(write_instance(part(7, "why"), PART))
    peer.answers["ExecQuery"] = failing_with(status)
    with pytest.raises(WbemError) as caught:
        services.exec_query("SELECT * FROM X", SEMI, (), soon())
    assert caught.value.hresult == 0x80041010
    assert caught.value.status is not None
    assert caught.value.status["Text"] == "why"
    close(made)


@pytest.mark.parametrize("what", [b"MEOW", object_reference(write_class(PART)), b"no reference"])
def test_what_explains_nothing_does_no_harm(peer: Peer, what: bytes) -> None:
    made, services = logged_in(peer)
    peer.answers["ExecQuery"] = failing_with(what)
    with pytest.raises(WbemError) as caught:
        services.exec_query("SELECT * FROM X", SEMI, (), soon())
    assert caught.value.status is None
    close(made)


# What was open


def test_closing_gives_everything_back(peer: Peer) -> None:
    made, services = logged_in(peer)
    first = services.exec_query("SELECT * FROM X", SEMI, (), soon())
    first.release(soon())
    first.release(soon())  # once is enough
    made.services("root/wmi", None, soon())
    del services, first
    close(made)
    close(made)
    given = [asked for asked in peer.asked if asked.method in ("NTLMLogin", "ExecQuery")]
    assert len(peer.released) == len(given) + 1, "and the login itself"
    assert len(set(peer.released)) == len(peer.released)


def test_what_is_dropped_is_given_back_before_the_next_call(peer: Peer) -> None:
    made, services = logged_in(peer)
    dropped = services.exec_query("SELECT * FROM X", SEMI, (), soon())
    number = int.from_bytes(dropped._thing.ipid, "big")
    del dropped
    assert number not in peer.released, "nothing is sent from a finalizer"
    services.delete_instance("X.A=1", WbemFlags.NONE, (), soon())
    assert number in peer.released
    assert peer.methods()[-2:] == ["RemRelease", "DeleteInstance"]
    close(made)


def test_a_server_that_takes_nothing_back_is_left_in_peace(peer: Peer) -> None:
    made, services = logged_in(peer)
    found = services.exec_query("SELECT * FROM X", SEMI, (), soon())

    def refuse(_: Asked) -> Replied:
        raise Fault(0x80010108)

    peer.answers["RemRelease"] = refuse
    found.release(soon())
    assert peer.methods().count("RemRelease") == 1
    close(made)


def test_a_close_that_cannot_release_says_so(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    made, services = logged_in(peer)

    def stall(_: Asked) -> Replied:
        peer.stall.wait(10)
        return Replied()

    peer.answers["RemRelease"] = stall
    del services
    started = time.monotonic()
    made.close(Expiry.after(0.3, "grace"))
    assert time.monotonic() - started < 5
    assert "could not be released" in caplog.text


def test_a_closed_connection_is_closed(peer: Peer) -> None:
    made, services = logged_in(peer)
    close(made)
    with pytest.raises(InvalidParameter, match="closed"):
        made.services("root/other", None, soon())
    with pytest.raises(InvalidParameter, match="closed"):
        services.delete_instance("X.A=1", WbemFlags.NONE, (), soon())
    with pytest.raises(InvalidParameter, match="closed"):
        services.exec_notification_query("SELECT * FROM __TimerEvent", SEMI, (), soon())


def test_a_reference_to_another_exporter_is_never_followed(peer: Peer) -> None:
    made, services = logged_in(peer)
    before = peer.connections
    foreign = peer.reference(LEVEL1_LOGIN, oxid=OXID + 1)
    peer.answers["ExecQuery"] = lambda _: Replied(values={"ppEnum": foreign})
    with pytest.raises(ProtocolError, match=r"interface .* instead of IEnumWbemClassObject"):
        services.exec_query("SELECT * FROM X", SEMI, (), soon())
    foreign = peer.reference(ENUMERATOR, oxid=OXID + 1)
    with pytest.raises(ProtocolError, match="lives elsewhere, which is not followed"):
        services.exec_query("SELECT * FROM X", SEMI, (), soon())
    peer.answers["ExecQuery"] = lambda _: Replied()
    with pytest.raises(ProtocolError, match="returned no IEnumWbemClassObject"):
        services.exec_query("SELECT * FROM X", SEMI, (), soon())
    assert peer.connections == before
    close(made)


# What is kept alive


def test_what_is_open_is_asked_for_and_nothing_else(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinger, "PING_PERIOD", 0.05)
    made, services = logged_in(peer)
    found = services.exec_query("SELECT * FROM X", SEMI, (), soon())
    wait_for(lambda: "SimplePing" in peer.methods())
    pings = [one for one in peer.asked if one.method == "ComplexPing"]
    assert pings[0].values["pSetId"] == 0
    added = {oid for one in pings for oid in one.values["AddToSet"]}
    assert len(added) == 3, "the login, the namespace, the enumerator"
    found.release(soon())
    wait_for(lambda: any(one.values["DelFromSet"] for one in all_pings(peer)))
    close(made)
    count = len(peer.asked)
    time.sleep(0.2)
    assert len(peer.asked) <= count + 1, "one may have been under way"


def all_pings(peer: Peer) -> list[Asked]:
    return [one for one in peer.asked if one.method == "ComplexPing"]


def test_a_ping_that_fails_is_no_end(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(pinger, "PING_PERIOD", 0.05)
    peer.answers["ComplexPing"] = lambda _: Replied(1911)
    made, services = logged_in(peer)
    wait_for(lambda: len(all_pings(peer)) > 2)
    assert all(one.values["pSetId"] == 0 for one in all_pings(peer)), "begun anew each time"
    wait_for(lambda: "was not asked to keep" in caplog.text)
    services.delete_instance("X.A=1", WbemFlags.NONE, (), soon())
    close(made)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# When things break


def test_objects_that_are_gone_are_made_anew(peer: Peer) -> None:
    made, services = logged_in(peer)
    peer.answers["ExecQuery"] = lambda _: Replied(0x80010108)
    with pytest.raises(WbemError):
        services.exec_query("SELECT * FROM X", SEMI, (), soon())
    again = made.services(CIMV2, None, soon())
    assert again is not services
    assert peer.methods().count("RemoteCreateInstance") == 2
    close(made)


def test_others_go_on_with_what_they_have_of_what_is_gone(peer: Peer) -> None:
    made, services = logged_in(peer)
    found = services.exec_query("SELECT * FROM X", SEMI, (), soon())
    peer.answers["ExecQuery"] = lambda _: Replied(0x80010108)
    with pytest.raises(WbemError):
        services.exec_query("SELECT * FROM X", SEMI, (), soon())

    def slowly(asked: Asked) -> Replied:
        peer.stall.wait(0.3)
        return Replied(0x40004)

    peer.answers["Next"] = slowly
    reading = threading.Thread(target=found.next, args=(1, 0.2, soon()))
    reading.start()
    time.sleep(0.1)
    made.services(CIMV2, None, soon())
    reading.join(30)
    found.next(1, 0.1, soon())
    found.release(soon())
    close(made)


def test_an_exporter_that_nobody_listens_for_any_more_is_asked_for_anew(peer: Peer) -> None:
    made, services = logged_in(peer)
    for one in list(peer._sockets)[1:]:  # all but the activator's listener
        cut(one)
    wait_for(lambda: peer.open_connections == 0)
    with pytest.raises(ConnectionFailed, match="cannot be reached"):
        services.delete_instance("X.A=1", WbemFlags.NONE, (), soon())
    peer.exporter_port = peer._listen()
    made.services(CIMV2, None, soon()).delete_instance("X.A=1", WbemFlags.NONE, (), soon())
    close(made)


def cut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


def test_an_activation_that_fails_says_what_the_server_says(peer: Peer) -> None:
    peer.answers["RemoteCreateInstance"] = lambda _: Replied(0x80070005)
    made = connection(peer)
    with pytest.raises(WbemError) as caught:
        made.services(CIMV2, None, soon())
    assert caught.value.hresult == 0x80070005
    close(made)


# Threads and processes


def test_threads_share_one_logon_and_each_gets_its_own_answer(peer: Peer) -> None:
    made = connection(peer)
    peer.answers["GetObject"] = lambda asked: Replied(
        values={"ppObject": encoded(int(asked.values["strObjectPath"].partition("=")[2]))}
    )
    wrong: list[object] = []

    def ask(first: int) -> None:
        for number in range(first, first + 25):
            services = made.services(CIMV2, None, soon())
            found = services.get_instance(f"Part.Id={number}", WbemFlags.NONE, (), soon())
            if found["Id"] != number:
                wrong.append((number, found))

    threads = [threading.Thread(target=ask, args=(100 * index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not wrong
    assert peer.methods().count("GetObject") == 200
    assert peer.logons == 2
    close(made)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks nothing")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_process_leaves_its_parent_s_connections_alone(peer: Peer) -> None:
    made, services = logged_in(peer)
    child = os.fork()
    if not child:
        signal.alarm(20)  # a child that waits for ever would keep its parent waiting, too
        try:
            made.after_fork()
            made.services(CIMV2, None, soon()).delete_instance("Y.A=1", WbemFlags.NONE, (), soon())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    services.delete_instance("X.A=1", WbemFlags.NONE, (), soon())
    deleted = [one for one in peer.asked if one.method == "DeleteInstance"]
    assert [one.values["strObjectPath"] for one in deleted] == ["Y.A=1", "X.A=1"]
    assert len({one.connection for one in deleted}) == 2
    close(made)


def test_after_a_fork_everything_is_begun_anew(peer: Peer) -> None:
    made, services = logged_in(peer)
    events = services.exec_notification_query("SELECT * FROM Ev", SEMI, (), soon())
    kept = [made._activator._main, made._presence.line._main]  # type: ignore[union-attr]
    made.after_fork()
    assert all(one is not None and one.is_stale for one in kept)
    count = len(peer.asked)
    del events, services
    made.services(CIMV2, None, soon())
    assert peer.methods()[count:] == ["RemoteCreateInstance", "NTLMLogin"]
    close(made)


def test_a_child_that_has_no_connection_needs_none(peer: Peer) -> None:
    made = connection(peer)
    made.after_fork()
    made.services(CIMV2, None, soon())
    close(made)


def test_a_subscription_has_a_connection_of_its_own(peer: Peer) -> None:
    made, services = logged_in(peer)
    peer.objects = [encoded(1)]
    events = services.exec_notification_query("SELECT * FROM Ev", SEMI, (), soon())
    assert len(events.next(1, 0.1, soon()).objects) == 1
    [asked] = [one for one in peer.asked if one.method == "Next"]
    assert asked.connection == peer.connections == 3
    assert peer.groups == [0, 0, 0x77], "it joins the group of the first"
    events.release(soon())
    wait_for(lambda: peer.open_connections == 2)
    close(made)


def test_a_subscription_that_is_refused_leaves_no_connection(peer: Peer) -> None:
    made, services = logged_in(peer)
    peer.answers["ExecNotificationQuery"] = lambda _: Replied(0x80041058)
    with pytest.raises(WbemError):
        services.exec_notification_query("nonsense", SEMI, (), soon())
    wait_for(lambda: peer.open_connections == 2)
    close(made)


# Credentials


def test_a_wrong_password_is_tried_once(peer: Peer) -> None:
    wrong = mi.Credentials.password(peer.user.name, "wrong", scheme="Ntlmdomain")
    made = connection(peer, credentials=wrong)
    for _ in range(3):
        with pytest.raises(AuthenticationFailed, match="does not accept the credentials") as caught:
            made.services(CIMV2, None, soon())
        assert (caught.value.native_code, caught.value.native_type) == (0x80070005, "HRESULT")
    assert peer.connections == 1
    close(made)


def test_a_wrong_password_of_many_threads_is_tried_once(peer: Peer) -> None:
    wrong = mi.Credentials.password(peer.user.name, "wrong", scheme="Ntlmdomain")
    made = connection(peer, credentials=wrong)
    failures: list[str] = []

    def ask() -> None:
        try:
            made.services(CIMV2, None, soon())
        except AuthenticationFailed as error:
            failures.append(error.message)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(failures) == 8
    assert peer.connections == 1
    close(made)


def test_no_secret_is_in_what_a_failure_takes_along(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    made, services = logged_in(peer)
    peer.answers["GetObject"] = lambda _: Replied(0x80041002)
    with pytest.raises(WbemError) as caught:
        services.get_instance("X.A=1", WbemFlags.NONE, (), soon())
    shown = TracebackException.from_exception(caught.value, capture_locals=True).format()
    assert peer.user.password not in "".join(shown)
    assert peer.user.password not in caplog.text
    assert "NTLMSSP" not in caplog.text
    close(made)
