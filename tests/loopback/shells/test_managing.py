"""Shells are opened, described, left and found again, and deleted, as Windows does it."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from psrpcore.types import RunspacePoolState

from mi.options import ServerKind
from protocols.loopback.service import Service
from protocols.loopback.shells.quotas import QUOTAS, Quotas
from protocols.wsman.namespaces import ACTION_CREATE, ACTION_DELETE, ACTION_GET
from protocols.wsman.pages import REFERENCE, Filter
from protocols.wsman.shells import NewShell
from tests.loopback.shells.psrp import PsrpClient
from tests.loopback.shells.shell_client import Refused, ShellClient, service_of

ID = "AAAAAAAA-0000-4000-8000-000000000001"


@pytest.fixture
def client() -> Iterator[ShellClient]:
    yield from clients(service_of())


@pytest.fixture
def old() -> Iterator[ShellClient]:
    yield from clients(service_of(kind=ServerKind.WINRM2))


def clients(service: Service) -> Iterator[ShellClient]:
    yield ShellClient(service)
    service.shells.vanish()


def refused(name: str, ask: Callable[..., object], *asked: object, **more: object) -> None:
    with pytest.raises(Refused, match=f"^{name}$"):
        ask(*asked, **more)


def test_a_shell_is_what_it_was_opened_with(client: ShellClient) -> None:
    wanted = NewShell(ID.lower(), "mine", {"A": "1"}, r"C:\Windows", 90.0)
    made = client.create(wanted, {"WINRS_NOPROFILE": "TRUE", "WINRS_CODEPAGE": "65001"})
    assert (made.shell_id, made.name, made.owner) == (ID, "mine", r"WIN-LAB01\operator")
    assert (made.environment, made.working_directory) == ({"A": "1"}, r"C:\Windows")
    assert (made.idle_timeout, made.state) == (timedelta(seconds=90), None)
    assert (made.input_streams, made.output_streams) == (("stdin",), ("stdout", "stderr"))
    known = client.describe()
    assert (known.state, known.profile_loaded, known.buffer_mode) == ("Connected", False, "Block")
    assert known.max_idle_timeout == timedelta(seconds=2147483.647)
    assert client.run("chcp") == (0, b"Active code page: 65001\r\n", b"")
    client.delete()
    refused("UNEXPECTED_SELECTORS", client.describe)


def test_a_shell_chooses_what_it_is_not_told(client: ShellClient) -> None:
    made = client.create(NewShell(), {"WINRS_CODEPAGE": "x"})
    assert len(made.shell_id) == 36
    assert made.idle_timeout == timedelta(hours=2)
    assert client.run("chcp")[1] == b"Active code page: 437\r\n"
    assert client.describe().profile_loaded


def test_winrm_2_chooses_the_id_and_says_no_more_than_it(old: ShellClient) -> None:
    made = old.create(NewShell(ID))
    assert made.shell_id != ID
    assert (made.owner, made.idle_timeout) == (None, None)
    assert old.service.shells.find(f"uuid:{made.shell_id.lower()}").idle_timeout == 180.0
    refused("ACTION_NOT_SUPPORTED", old.disconnect)
    refused("ACTION_NOT_SUPPORTED", old.enumerate_commands)


def test_what_cannot_be_opened_is_refused(client: ShellClient) -> None:
    refused("SCHEMA_VALIDATION_ERROR", client.create, NewShell("no-guid"))
    refused("SCHEMA_VALIDATION_ERROR", client.ask, ACTION_CREATE, "<p:Nothing/>")
    refused("IDLETIMEOUT_OUTOFBOUNDS", client.create, NewShell(idle_timeout=1.0))
    refused("INVALID_OPTIONS", client.create, None, {"Strange": "1"}, must_comply=True)
    client.create(None, {"WINRS_NOPROFILE": "TRUE"}, must_comply=True)
    client.create(NewShell(ID))
    refused("ALREADY_EXISTS", client.create, NewShell(ID))
    assert len(client.service.shells) == 2


def test_a_user_has_so_many_shells(old: ShellClient) -> None:
    for _ in range(5):
        old.create()
    refused("QUOTA_MAX_SHELLS", old.create)
    assert QUOTAS[ServerKind.WINRM2].shells_per_user == 5


def test_a_shell_is_of_its_kind_and_has_to_be_named(client: ShellClient) -> None:
    refused("INSUFFCIENT_SELECTORS", client.ask, ACTION_DELETE)
    client.create()
    client.uri = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
    refused("UNEXPECTED_SELECTORS", client.ask, ACTION_DELETE)
    client.uri = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
    refused("ACTION_NOT_SUPPORTED", client.ask, ACTION_GET)


def test_the_fault_of_a_missing_shell_is_the_recorded_one(client: ShellClient) -> None:
    client.shell_id = ID
    with pytest.raises(Refused) as caught:
        client.describe()
    fault = caught.value.fault
    assert (fault.subcode, fault.detail) == ("w:InvalidSelectors", "UnexpectedSelectors")
    assert (fault.provider, fault.wsman_codes) == ("Shell provider", (2150858843, 2150858843))


def test_an_unread_answer_leaves_no_shell(client: ShellClient) -> None:
    answer = client.answer(ACTION_CREATE, NewShell().write())
    assert answer.opened is not None
    assert len(client.service.shells) == 1
    client.service.forget(answer.opened)
    client.service.forget(answer.opened)
    assert len(client.service.shells) == 0


def test_shells_and_commands_are_listed(client: ShellClient) -> None:
    ids = [client.create().shell_id for _ in range(3)]
    page = client.enumerate()
    assert page.context is None
    found = [one.findtext("{*}ShellId") for one in page.items]
    assert sorted(map(str, found)) == sorted(ids)
    command_id = client.command("more")
    assert client.enumerate_commands() == [command_id]
    refused("ENUMERATE_SHELLCOMMANDS_FILTER_EXPECTED", client.enumerate_commands, filter=None)
    wrong = Filter("urn:other", "x")
    refused("ENUMERATE_SHELLCOMMANDS_FILTER_EXPECTED", client.enumerate_commands, filter=wrong)
    refused("ENUMERATE_SHELLCOMMANDS_EPRS_NOTSUPPORTED", client.enumerate_commands, mode=REFERENCE)


# Leaving a shell and finding it again


def test_the_session_that_left_a_shell_goes_on_with_it(client: ShellClient) -> None:
    client.create()
    command_id = client.command("more")
    client.disconnect(120.0)
    assert client.describe().state == "Disconnected"
    assert client.describe().idle_timeout == timedelta(minutes=2)
    refused("SHELL_DISCONNECTED", client.receive, command_id)
    client.reconnect()
    client.send(command_id, b"hi", is_end=True)
    assert client.output(command_id) == (0, b"hi", b"")
    refused("IDLETIMEOUT_OUTOFBOUNDS", client.disconnect, 1.0)


def test_another_session_has_to_take_it_over(client: ShellClient) -> None:
    client.create()
    command_id = client.command("more")
    other = ShellClient(client.service)
    other.shell_id = client.shell_id
    refused("SHELL_CLIENTSESSIONID_MISMATCH", other.reconnect)
    refused("SHELL_CONNECTED_TO_DIFFERENT_CLIENT", other.connect)
    client.disconnect()
    assert other.connect() is None
    assert other.connect(command_id) is None
    other.send(command_id, b"hi", is_end=True)
    assert other.output(command_id) == (0, b"hi", b"")
    refused("SHELL_CLIENTSESSIONID_MISMATCH", client.reconnect)
    refused("UNEXPECTED_SELECTORS", other.connect, ID)


def test_a_shell_that_nobody_uses_goes(client: ShellClient) -> None:
    client.service.shells.quotas = Quotas(idle_timeout=0.0, least_idle_timeout=0.0)
    client.create()
    refused("UNEXPECTED_SELECTORS", client.command, "echo", "hi")
    assert len(client.service.shells) == 0


def test_a_pool_is_taken_over_by_another_session() -> None:
    service = service_of()
    client = PsrpClient(service)
    client.open()
    client.disconnect()
    other = PsrpClient(service)
    other.shell_id = client.shell_id
    other.pool.runspace_pool_id = client.pool.runspace_pool_id
    other.pool.state = RunspacePoolState.Disconnected
    other.pool.connect()
    answer = other.connect(xml=other.said)
    assert answer is not None
    assert len(other.take(answer)) == 2
    other.hear(None)
    assert other.pool.state is RunspacePoolState.Opened
    other.delete()


def test_a_pool_is_not_opened_by_anything_else() -> None:
    client = PsrpClient(service_of())
    refused("POWERSHELL_PLUGIN", client.create)
    refused("POWERSHELL_PLUGIN", client.create, NewShell(creation_xml=b"nonsense"))
    client.uri += ".Nosuch"
    refused("RESOURCE_NOT_FOUND", client.create, NewShell(creation_xml=b"x"))
