"""What the end of one thing about a shell decides over another."""

import pytest

from protocols.winrm import shell_ledger
from protocols.winrm.shell_ledger import ShellLedger
from protocols.wsman.envelope import Request
from protocols.wsman.headers import Selector
from protocols.wsman.namespaces import ACTION_DELETE, ACTION_RELEASE
from protocols.wsman.shells import (
    ACTION_CONNECT,
    ACTION_DISCONNECT,
    ACTION_RECEIVE,
    ACTION_RECONNECT,
    ACTION_SIGNAL,
)


def about(action: str, shell: str = "A") -> Request:
    selectors = (Selector.of("Other", "x"), Selector.of("ShellId", shell))
    return Request(action, "urn:shell", selectors=selectors)


def test_a_shell_is_deleted_and_its_commands_need_no_signal_then() -> None:
    ledger = ShellLedger()
    signal, delete = about(ACTION_SIGNAL), about(ACTION_DELETE)
    assert ledger.last_word(signal) is signal
    assert ledger.last_word(delete) is delete
    assert ledger.last_word(signal) is None
    assert ledger.last_word(delete) is delete, "it may not have arrived"
    other = about(ACTION_SIGNAL, "B")
    assert ledger.last_word(other) is other


@pytest.mark.parametrize("again", [ACTION_RECONNECT, ACTION_CONNECT])
def test_a_shell_that_was_left_is_left_alone_until_it_is_found_again(again: str) -> None:
    ledger = ShellLedger()
    signal, delete = about(ACTION_SIGNAL), about(ACTION_DELETE)
    ledger.note(about(ACTION_DISCONNECT))
    assert ledger.last_word(signal) is None
    assert ledger.last_word(delete) is None
    ledger.note(about(again))
    ledger.note(about(ACTION_RECEIVE))
    assert ledger.last_word(signal) is signal
    assert ledger.last_word(delete) is delete


def test_what_is_not_about_a_shell_is_said() -> None:
    ledger = ShellLedger()
    release = Request(ACTION_RELEASE, "urn:other")
    ledger.note(release)
    assert ledger.last_word(release) is release
    other = about(ACTION_RECEIVE)
    assert ledger.last_word(other) is other


def test_what_was_deleted_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell_ledger, "_MOST_DELETED", 2)
    ledger = ShellLedger()
    for shell in "ABC":
        ledger.last_word(about(ACTION_DELETE, shell))
    assert ledger.last_word(about(ACTION_SIGNAL, "A")) is not None
    assert ledger.last_word(about(ACTION_SIGNAL, "C")) is None
