"""All shells of an endpoint: opened and found, counted, expired, and gone at once."""

import sys
from dataclasses import replace

import pytest

from mi.shell_calls import CMD, POWERSHELL
from protocols.loopback.refusals import Refusal
from protocols.loopback.shells.open_shells import OpenShells, new_id
from protocols.loopback.shells.quotas import Quotas
from protocols.loopback.shells.shell import Opening


@pytest.fixture
def shells() -> OpenShells:
    return OpenShells(Quotas(), r"HERE\me")


def opening(uri: str = CMD, **more: object) -> Opening:
    return replace(Opening(uri, new_id()), **more)  # type: ignore[arg-type]


def test_a_shell_is_found_by_its_id_in_every_form_until_it_is_deleted(shells: OpenShells) -> None:
    made = shells.open(opening())
    shell_id = made.opening.shell_id
    assert shells.find(f" uuid:{shell_id.lower()} ") is made
    assert (len(shells), list(shells), shells.open_commands) == (1, [made], 0)
    shells.delete(shell_id)
    for ask in (shells.find, shells.delete):
        with pytest.raises(Refusal):
            ask(shell_id)
    shells.discard(shell_id)
    assert len(shells) == 0


def test_quotas_hold(shells: OpenShells) -> None:
    shells.quotas = Quotas(shells_per_user=1)
    first = shells.open(opening())
    with pytest.raises(Refusal, match="shells"):
        shells.open(opening())
    shells.quotas = Quotas(operations_per_user=2)
    with pytest.raises(Refusal, match="operations"):
        shells.open(opening())
    shells.quotas = Quotas()
    with pytest.raises(Refusal, match="idle"):
        shells.open(opening(idle_timeout=1.0))
    with pytest.raises(Refusal):
        shells.open(first.opening)
    shells.discard(first.opening.shell_id)


def test_a_shell_expires_and_all_of_them_vanish(shells: OpenShells) -> None:
    made = shells.open(opening())
    made.idle_timeout = -1.0
    assert list(shells) == []
    shells.open(opening())
    shells.vanish()
    assert len(shells) == 0


def test_commands_begin_with_windows_variables_and_those_of_the_shell(shells: OpenShells) -> None:
    prompt = shells.new_prompt(opening(environment={"PATH": "x", "A": "1"}, directory="C:/Work"))
    environment = prompt.environment
    assert (environment["Path"], environment["a"], environment["USERNAME"]) == ("x", "1", "me")
    assert (prompt.directory, prompt.user, prompt.codepage) == (r"C:\Work", r"HERE\me", 437)
    assert shells.new_prompt(opening()).directory == r"C:\Users\operator"


def test_powershell_needs_a_session_configuration_and_psrpcore(
    shells: OpenShells, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refusal, match="not found"):
        shells.remoting(opening(f"{POWERSHELL}.Nosuch"), b"", 9000)
    with pytest.raises(Refusal, match="PowerShell"):
        shells.remoting(opening(f"{POWERSHELL.lower()}?PSVersion=5.1"), b"", 9000)
    monkeypatch.setitem(sys.modules, "protocols.loopback.powershell.runspaces", None)
    with pytest.raises(Refusal, match="PowerShell"):
        shells.remoting(opening(POWERSHELL), b"", 9000)


def test_a_session_configuration_has_scripts_of_its_own(shells: OpenShells) -> None:
    shells.configurations["JEA"] = {"Get-Answer": lambda _: 42}
    assert shells.configurations["Microsoft.PowerShell"] is shells.scripts
    assert "JEA" in shells.configurations
