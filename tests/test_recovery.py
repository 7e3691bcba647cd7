"""What a session does when its connection, its logon or the server's time is gone.

One new logon, and only with a credential that was accepted; one more try, and only where the server
cannot have read the request or where reading it twice does no harm; else an error that says whether
the outcome is known. A server that is busy is asked again, as long as the caller's time allows.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import mi
from protocols.loopback import Cut, Endpoint, Replace, Stall
from protocols.meanings.numbers import NUMBERS
from protocols.wsman import envelope
from protocols.wsman.fault import Fault
from tests.hostile import IDENTITY, PAGE, against
from tests.sessions import (
    EARLY,
    SERVICES,
    actions,
    is_at_rest,
    on_time,
    session_with,
    settles,
)
from tests.winrm.scripted import Peer, ScriptedServer, SealingPeer

SERVICE = 'Win32_Service.Name="Spooler"'


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[mi.Session]:
    """A session whose credential was accepted and that knows the class."""
    with session_with(endpoint) as one:
        one.get_class("Win32_Service")
        yield one


def stop(session: mi.Session) -> mi.MethodResult:
    return session.invoke(mi.Instance.from_path(SERVICE), "StopService")


def invocations(endpoint: Endpoint) -> int:
    return actions(endpoint).count("StopService")


# Connections


def test_a_connection_that_was_closed_while_idle_is_made_anew(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.drop_connections()
    assert settles(lambda: endpoint.open_connections == 0)
    assert session.get_instance(SERVICE)["Name"] == "Spooler"
    assert (endpoint.connections, endpoint.logons) == (2, 2)


def test_a_change_over_a_connection_that_was_closed_while_idle_is_made_once(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.drop_connections()
    assert settles(lambda: endpoint.open_connections == 0)
    assert stop(session).return_value is not None
    assert invocations(endpoint) == 1


@pytest.mark.parametrize("after_bytes", [0, 30, 400, 2000])
def test_a_get_whose_reply_is_lost_is_asked_again_once(
    endpoint: Endpoint, session: mi.Session, after_bytes: int
) -> None:
    endpoint.disturb(Cut("Get", after_bytes=after_bytes))
    assert session.get_instance(SERVICE)["Name"] == "Spooler"
    assert endpoint.logons == 2


def test_it_is_asked_again_only_once(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.disturb(Cut("Get", after_bytes=400)).count = None
    before = endpoint.connections
    with pytest.raises(mi.ConnectionFailed, match="was lost while reading the reply") as caught:
        session.get_instance(SERVICE)
    assert not caught.value.outcome_unknown
    assert endpoint.connections == before + 1
    endpoint.undisturb()
    assert session.get_instance(SERVICE)["Name"] == "Spooler"


@pytest.mark.parametrize("after_bytes", [0, 30, 400])
def test_a_change_whose_reply_is_lost_is_never_made_again(
    endpoint: Endpoint, session: mi.Session, after_bytes: int
) -> None:
    endpoint.disturb(Cut("StopService", after_bytes=after_bytes))
    with pytest.raises(mi.ConnectionFailed) as caught:
        stop(session)
    assert caught.value.outcome_unknown
    assert invocations(endpoint) == 1
    assert session.get_instance(SERVICE)["State"] == "Stopped"


@pytest.mark.parametrize("after_bytes", [0, 30, 400])
def test_a_page_that_is_lost_is_not_asked_for_again(
    endpoint: Endpoint, session: mi.Session, after_bytes: int
) -> None:
    services = session.query_instances(SERVICES)
    next(services)
    endpoint.disturb(Cut("Pull", after_bytes=after_bytes))
    with pytest.raises(mi.ConnectionFailed) as caught:
        services.all()
    assert not caught.value.outcome_unknown
    assert actions(endpoint).count("Pull") == 1
    assert is_at_rest(endpoint)
    assert len(session.query_instances(SERVICES).all()) > 100


def test_an_enumeration_whose_first_reply_is_lost_begins_again(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.disturb(Cut("Enumerate", after_bytes=400))
    assert len(session.query_instances(SERVICES).all()) > 100
    assert actions(endpoint).count("Enumerate") == 2


def spoiled(reply: bytes) -> bytes:
    return re.sub(rb"(ReturnValue>)[0-9]+<", rb"\g<1>many<", reply)


def test_a_change_whose_reply_cannot_be_read_may_have_been_made(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.disturb(Replace("StopService", envelope=spoiled))
    with pytest.raises(mi.ProtocolError) as caught:
        stop(session)
    assert caught.value.outcome_unknown
    assert invocations(endpoint) == 1


def test_a_change_that_the_server_refuses_was_not_made(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with pytest.raises(mi.MIError) as caught:
        session.invoke(mi.Instance.from_path('Win32_Service.Name="Nobody"'), "StopService")
    assert not caught.value.outcome_unknown


# Logons


def forgetful(status: int) -> Callable[[Peer], None]:
    """A server that forgets who is at the other end after one exchange."""

    def serve(peer: Peer) -> None:
        sealing = SealingPeer(peer).log_on()
        sealing.request()
        sealing.reply(IDENTITY)
        peer.request()
        peer.reply(status)
        peer.wait_for_end()

    return serve


def steady(peer: Peer) -> None:
    sealing = SealingPeer(peer).log_on()
    while True:
        sealing.request()
        sealing.reply(IDENTITY)


@pytest.mark.parametrize("status", [400, 401])
def test_a_seal_that_the_server_does_not_know_any_more_is_agreed_upon_anew(
    endpoint: Endpoint, status: int
) -> None:
    with (
        ScriptedServer(forgetful(status), steady) as server,
        mi.connect(
            "127.0.0.1", options=server.options(credentials=endpoint.credentials)
        ) as session,
    ):
        for _ in range(3):
            assert session.test_connection() is not None
        assert server.connections == 2


@pytest.mark.parametrize("status", [400, 401])
def test_a_server_that_forgets_again_at_once_is_not_asked_a_third_time(
    endpoint: Endpoint, status: int
) -> None:
    def never(peer: Peer) -> None:
        SealingPeer(peer).log_on()
        peer.request()
        peer.reply(status)
        peer.wait_for_end()

    with (
        ScriptedServer(forgetful(status), never) as server,
        mi.connect(
            "127.0.0.1", options=server.options(credentials=endpoint.credentials)
        ) as session,
    ):
        assert session.test_connection() is not None
        with pytest.raises(mi.MIError, match=f"HTTP status {status}"):
            session.test_connection()
        assert server.connections == 2


def test_a_logon_that_is_lost_is_not_tried_again_before_a_credential_was_accepted(
    endpoint: Endpoint,
) -> None:
    with session_with(endpoint) as session:
        endpoint.disturb(Cut("authentication", count=None))
        for _ in range(3):
            with pytest.raises(mi.MIError):
                session.test_connection()
        assert endpoint.connections <= 3
        assert endpoint.refused_logons == 0


def test_a_logon_that_is_lost_with_an_accepted_credential_costs_one_operation(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.drop_connections()
    assert settles(lambda: endpoint.open_connections == 0)
    endpoint.disturb(Cut("authentication"))
    with pytest.raises(mi.ConnectionFailed, match="while authenticating") as caught:
        session.test_connection()
    assert not caught.value.outcome_unknown
    assert session.test_connection() is not None


# Requests that are not read


LARGE = "SELECT * FROM X WHERE Name = '" + "x" * 7_000_000 + "'"


def unread(*, is_closed: bool) -> Callable[[Peer], None]:
    """A server that forgets a logon, and says so without reading what else it is sent."""

    def serve(peer: Peer) -> None:
        sealing = SealingPeer(peer).log_on()
        sealing.request()
        sealing.reply(IDENTITY)
        peer._socket.recv(1000)
        peer.reply(401, WWW_Authenticate="Negotiate")
        if is_closed:
            peer._socket.shutdown(socket.SHUT_RDWR)
        else:
            peer._server.is_over.wait(EARLY)

    return serve


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_401_that_comes_before_the_request_was_read_is_answered_on_another_connection(
    endpoint: Endpoint, is_closed: bool
) -> None:
    with (
        ScriptedServer(unread(is_closed=is_closed), steady) as server,
        mi.connect(
            "127.0.0.1", options=server.options(credentials=endpoint.credentials, max_connections=1)
        ) as session,
    ):
        assert session.test_connection() is not None
        with on_time(), pytest.raises(mi.ProtocolError):  # the answer is none to a query
            session.query_instances(LARGE).all()
        assert server.connections == 2
        assert len(server.requests[-1].body) > len(LARGE)


def test_a_change_that_was_not_sent_as_a_whole_is_sent_again() -> None:
    def cut_off(peer: Peer) -> None:
        peer._socket.recv(1000)
        peer.reset()

    asked: list[bytes] = []

    def ask(peer: Peer) -> None:
        asked.append(peer.request().body)
        peer.reply(500, b"no")

    with against(cut_off, ask, server_kind="OMI") as session:
        with on_time(), pytest.raises(mi.MIError) as caught:
            session.invoke("X", "Do", {"Text": "x" * 7_000_000})
        assert "HTTP status 500" in caught.value.message
    assert len(asked) == 1


# Servers that have too much to do


def quota(name: str) -> Callable[[bytes], bytes]:
    """A refusal for want of a quota, instead of a reply."""

    fault = Fault("Sender", "w:QuotaLimit", reason="Too much.", wsman_codes=(NUMBERS[name],))
    # Windows' refusals for want of a quota name no message that they answer.
    return lambda _: envelope.serialize_fault(fault, None, "uuid:1")


def busy(action: str, status: int, **others: Any) -> Replace:
    """A refusal by HTTP, without a message."""
    return Replace(action, body=b"", headers={"Content-Type": None}, status=status, **others)


def without_quota(action: str, **others: Any) -> Replace:
    return Replace(action, envelope=quota("QUOTA_USER"), status=500, **others)


QUOTAS = ["QUOTA_MAX_OPERATIONS", "QUOTA_MAX_OPERATIONS_USER_PPQ", "QUOTA_USER", "QUOTA_SYSTEM"]


@pytest.mark.parametrize("name", QUOTAS)
def test_a_request_for_which_there_is_no_quota_is_sent_again_a_little_later(
    endpoint: Endpoint, session: mi.Session, name: str
) -> None:
    endpoint.disturb(Replace("Get", envelope=quota(name), status=500))
    assert session.get_instance(SERVICE)["Name"] == "Spooler"
    assert actions(endpoint)[-2:] == ["Get", "Get"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_request_for_which_the_service_has_no_time_is_sent_again_a_little_later(
    endpoint: Endpoint, session: mi.Session, status: int
) -> None:
    endpoint.disturb(busy("Get", status, count=2))
    started = time.monotonic()
    assert session.get_instance(SERVICE)["Name"] == "Spooler"
    assert time.monotonic() - started > 0.3
    assert actions(endpoint).count("Get") == 4  # the first was for the class


def test_the_session_is_told_that_it_waits(endpoint: Endpoint) -> None:
    told: list[str] = []
    callbacks = mi.SessionCallbacks(write_message=lambda _, text: told.append(text))
    options = mi.DestinationOptions(
        destination_port=endpoint.port, credentials=endpoint.credentials
    )
    with (
        mi.Application() as application,
        application.new_session("WINRM", endpoint.host, options, callbacks) as session,
    ):
        endpoint.disturb(busy("Identify", 503))
        assert session.test_connection() is not None
    said = "since the server is busy: the service is stopped or overloaded"
    assert [said in text for text in told] == [True], told


def test_a_shell_whose_end_is_refused_for_a_quota_is_not_left_behind(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.shell() as shell:
        shell.run("ver")
        endpoint.disturb(without_quota("Delete", count=2))
    assert actions(endpoint)[-3:] == ["Delete"] * 3
    assert endpoint.open_shells == 0


def test_a_pull_for_which_there_is_no_quota_goes_on_with_the_same_context() -> None:
    pulls: list[str] = []

    def serve(peer: Peer) -> None:
        while True:
            asked = peer.request().body.decode()
            message_id = re.findall("<a:MessageID>([^<]*)", asked)[0]
            if "/Pull<" not in asked:
                page = PAGE.format(message_id=message_id, name="Enumerate", number=7, items="")
                peer.reply(body=page.encode())
                continue
            pulls.extend(re.findall("EnumerationContext>(uuid:[^<]*)<", asked))
            if len(pulls) < 3:
                peer.reply(500, quota("QUOTA_USER")(b""))
                continue
            page = PAGE.format(message_id=message_id, name="Pull", number=8, items="")
            peer.reply(body=page.replace("</n:Items>", "</n:Items><n:EndOfSequence/>").encode())

    with against(serve) as session:
        assert session.enumerate_instances("X", flags=mi.OperationFlags.NO_RTTI).all() == []
    assert pulls == ["uuid:7"] * 3


@pytest.mark.parametrize("refusal", [without_quota("Get"), busy("Get", 503)], ids=["quota", "503"])
def test_a_caller_who_has_no_time_gets_the_servers_own_error_at_once(
    endpoint: Endpoint, session: mi.Session, refusal: Replace
) -> None:
    endpoint.disturb(refusal)
    with on_time(), pytest.raises(mi.MIError) as caught:
        session.get_instance(SERVICE, timeout=0.2)
    assert not isinstance(caught.value, mi.OperationTimeout)
    assert caught.value.native_code
    endpoint.undisturb()
    assert session.get_instance(SERVICE)["Name"] == "Spooler"


def test_a_server_that_stays_busy_is_asked_no_longer_than_the_caller_waits(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.disturb(busy("Get", 503, count=None))
    with on_time(), pytest.raises(mi.MIError, match="stopped or overloaded"):
        session.get_instance(SERVICE, timeout=1)
    assert actions(endpoint).count("Get") < 6


def test_a_cancel_ends_the_wait_for_a_busy_server(endpoint: Endpoint, session: mi.Session) -> None:
    refusal = endpoint.disturb(busy("Enumerate", 503, count=None))
    services = session.query_instances(SERVICES, timeout=None)

    def cancel() -> None:
        refusal.reached.wait(EARLY)
        time.sleep(0.4)
        services.cancel()

    cancelling = threading.Thread(target=cancel)
    cancelling.start()
    with on_time(), pytest.raises(mi.OperationCancelled):
        services.all()
    cancelling.join(EARLY)


def test_a_change_is_not_asked_again_by_a_status_that_proves_nothing(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.disturb(busy("StopService", 503))
    with pytest.raises(mi.MIError, match="stopped or overloaded") as caught:
        stop(session)
    assert caught.value.outcome_unknown
    assert invocations(endpoint) == 1


def test_a_release_that_does_not_arrive_goes_out_again_with_the_next_exchange(
    endpoint: Endpoint, session: mi.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi.control.GRACE", 0.3)
    services = session.query_instances(SERVICES)
    next(services)
    endpoint.disturb(Stall("Release"))
    services.close()
    assert endpoint.open_contexts == 1
    session.test_connection()
    assert endpoint.open_contexts == 0


@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_release_that_is_answered_by_nothing_goes_out_again(is_sealed: bool) -> None:
    with Endpoint(allow_unencrypted=not is_sealed) as endpoint:
        own = endpoint.credentials if is_sealed else endpoint.basic_credentials
        with session_with(endpoint, credentials=own, packet_privacy=is_sealed) as session:
            services = session.query_instances(SERVICES)
            next(services)
            endpoint.disturb(Replace("Release", body=b"", headers={"Content-Type": None}))
            services.close()
            session.test_connection()
    assert actions(endpoint)[-3:] == ["Release", "Release", "Identify"]
