"""The log of exchanges: one event for each, for whoever listens, with nothing of what was said."""

import logging
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mi
from mi.calls import Invoke
from mi.errors import ConnectionFailed
from mi.events import Prompt
from protocols.loopback import Cut, Endpoint, Say
from protocols.winrm import journal
from protocols.winrm.journal import NOTHING, Entry, Traffic, begin, following
from protocols.wsman.fault import Fault

PROJECT = Path(__file__).parents[2]
EXCHANGE = "mi.winrm.exchange"
FIELDS = {
    "mi_action",
    "mi_host",
    "mi_bytes_sent",
    "mi_bytes_received",
    "mi_milliseconds",
    "mi_attempt",
    "mi_fault",
}


class Wire:
    traffic = Traffic(10, 20, 1)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, EXCHANGE)
    return caplog


def fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in FIELDS}


def test_nobody_listens_so_nothing_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, EXCHANGE)
    assert begin("http://a/Get", "server01:5985") is None
    with following("http://a/Get", "server01:5985", Wire()) as entry:
        assert entry is None
    with (
        pytest.raises(ConnectionFailed),
        following("http://a/Get", "server01:5985", Wire()),
    ):
        raise ConnectionFailed("lost")
    assert not caplog.records


def test_an_event_has_its_facts_as_fields_and_as_text(log: pytest.LogCaptureFixture) -> None:
    with following("http://a/Get", "server01:5985", Wire()) as entry:
        assert not log.records
    assert entry is not None
    entry.end(None)
    (record,) = log.records
    given = fields(record)
    assert given.pop("mi_milliseconds") >= 0
    assert given == {
        "mi_action": "http://a/Get",
        "mi_host": "server01:5985",
        "mi_bytes_sent": 10,
        "mi_bytes_received": 20,
        "mi_attempt": 1,
        "mi_fault": None,
    }
    assert record.levelno == logging.DEBUG
    text = record.getMessage()
    assert text.startswith("server01:5985: Get, 10 bytes sent, 20 received, ")
    assert text.endswith(" ms, attempt 1")
    assert pickle.loads(pickle.dumps(record)).mi_host == "server01:5985"


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (Fault("Sender", "w:AccessDenied", reason="of the server"), "w:AccessDenied"),
        (
            Fault("Receiver", reason="of the server", wsman_codes=(5, 2150858793)),
            "Receiver 2150858793",
        ),
        (ConnectionFailed("of the server"), "ConnectionFailed"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_what_failed_is_named_without_the_server_s_words(
    log: pytest.LogCaptureFixture, outcome: Any, fault: str
) -> None:
    entry = begin("", "server01:5985")
    assert entry is not None
    entry.end(outcome)
    (record,) = log.records
    assert record.mi_fault == fault
    assert (record.mi_action, entry.traffic) == ("Identify", NOTHING)
    assert record.getMessage().endswith(f", {fault}")
    assert "of the server" not in record.getMessage()


def test_an_exchange_that_fails_is_noted_with_what_it_took(log: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KeyboardInterrupt), following("x/Pull", "h:1", Wire()):
        raise KeyboardInterrupt
    (record,) = log.records
    assert (record.mi_fault, record.mi_bytes_received) == ("KeyboardInterrupt", 20)


def test_an_entry_is_as_small_as_can_be() -> None:
    assert not hasattr(Entry("a", "b"), "__dict__")
    assert set(journal.__all__) >= {"begin", "following"}


# Over the wire


def session_to(endpoint: Endpoint, **options: Any) -> mi.Session:
    given = {"destination_port": endpoint.port, "credentials": endpoint.credentials, **options}
    return mi.connect(endpoint.host, **given)


def events(log: pytest.LogCaptureFixture) -> list[tuple[str, str | None]]:
    return [
        (record.mi_action.rpartition("/")[2], record.mi_fault)
        for record in log.records
        if record.name == EXCHANGE
    ]


def test_each_exchange_is_one_event(endpoint: Endpoint, log: pytest.LogCaptureFixture) -> None:
    with session_to(endpoint, max_elements=5) as session:
        session.test_connection()
        with session.query_instances("SELECT Name FROM Win32_Service") as services:
            next(services)
        with pytest.raises(mi.MIError):
            session.get_instance(mi.Instance.from_path('Win32_Service.Name="none"'))
    seen = [name for name, _ in events(log)]
    assert seen == [one.name for one in endpoint.exchanges]
    assert {"Identify", "Enumerate", "Release"} < set(seen)
    assert [fault for name, fault in events(log) if name == "Get"][-1] is not None
    record = log.records[-1]
    assert record.mi_host == f"{endpoint.host}:{endpoint.port}"
    assert record.mi_bytes_sent > len(endpoint.exchanges[-1].request_bytes)


def test_a_request_that_is_sent_again_is_one_event_of_two_attempts(
    endpoint: Endpoint, log: pytest.LogCaptureFixture
) -> None:
    with session_to(endpoint) as session:
        session.test_connection()
        endpoint.disturb(Cut("Identify"))
        session.test_connection()
    attempts = [record.mi_attempt for record in log.records if record.name == EXCHANGE]
    assert attempts == [1, 2]


def test_what_a_provider_asks_on_the_way_is_part_of_one_event_and_the_answer_is_another(
    endpoint: Endpoint, log: pytest.LogCaptureFixture
) -> None:
    prompt = Prompt("sure?", mi.PromptType.NORMAL, 0)
    endpoint.disturb(Say("StopService", script=lambda caller: caller.tell(prompt)))
    callbacks = mi.OperationCallbacks(
        prompt_user=lambda _text, _type, respond: respond(mi.ResponseType.YES)
    )
    key = mi.Instance("Win32_Service", {"Name": "Spooler"}, namespace="root/cimv2")
    options = mi.OperationOptions(prompt_user_mode=mi.CallbackMode.INQUIRE)
    with session_to(endpoint) as session:
        call = Invoke(key, "StopService", None, namespace="root/cimv2")
        session.run(call, callbacks=callbacks, options=options).result()
    assert sorted(events(log)) == sorted((one.name, None) for one in endpoint.exchanges)
    assert len(endpoint.exchanges) > 2


def test_without_listeners_nothing_is_made(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(journal.Entry, "__init__", refuse)
    with session_to(endpoint) as session:
        session.test_connection()


CLIENT = """
import logging, sys
import mi

user, password, port = sys.argv[1:]
own = mi.Credentials.password(user, password, scheme="NTLM_DOMAIN")
with mi.connect("127.0.0.1", destination_port=int(port), credentials=own) as session:
    session.test_connection()
loggers = [logging.root, *logging.root.manager.loggerDict.values()]
for one in loggers:
    if isinstance(one, logging.Logger):  # libraries may have handlers that do nothing
        assert all(type(handler) is logging.NullHandler for handler in one.handlers), one
        assert one is logging.root or one.level == logging.NOTSET, one
        assert one.propagate and not one.disabled, one
assert logging.root.level == logging.WARNING
assert logging.root.manager.disable == 0
print(sorted(one.name for one in loggers if getattr(one, "name", "").startswith("mi.")))
"""


def test_nothing_is_configured_and_all_loggers_are_below_mi(endpoint: Endpoint) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLIENT,
         endpoint.user.name, endpoint.user.password, str(endpoint.port)],
        capture_output=True, text=True, cwd=PROJECT, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "mi.winrm.exchange" in done.stdout
    named = re.findall(
        r"getLogger\(([^)]*)\)",
        "".join(path.read_text() for path in PROJECT.glob("protocols/winrm/**/*.py")),
    )
    assert named
    assert all(name.startswith('"mi.') for name in named)
