"""An endpoint can be of an older kind, and refuse what that does not do."""

import pytest

from mi.options import ServerKind
from protocols.loopback.generations import STACKS
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.envelope import Reply
from protocols.wsman.namespaces import (
    ACTION_CREATE,
    ACTION_DELETE,
    ACTION_ENUMERATE,
    ACTION_GET,
    CIM_XML_SCHEMA,
    DMTF_ALL_CLASSES,
    WMI,
)
from tests.loopback.asked import Asked

ENUMERATE = "<n:Enumerate/>"


@pytest.mark.parametrize(
    ("action", "resource", "body", "name"),
    [
        (ACTION_GET, "Win32_Service", "", "URI_NON_DMTF_CLASS"),
        (ACTION_GET, CIM_XML_SCHEMA, "", "RESOURCE_NOT_FOUND"),
        (ACTION_ENUMERATE, DMTF_ALL_CLASSES, ENUMERATE, "RESOURCE_NOT_FOUND"),
        (ACTION_CREATE, f"{WMI}/root/cimv2/Win32_Share", "", "ACTION_MISMATCH"),
        (ACTION_DELETE, f"{WMI}/root/cimv2/Win32_Share", "", "ACTION_MISMATCH"),
    ],
)
def test_older_windows_refuses_what_came_later(
    action: str, resource: str, body: str, name: str
) -> None:
    old = Asked(kind=ServerKind.WINRM2)
    assert old.refused(action, resource, body).wsman_code == NUMBERS[name]


def test_it_answers_in_wmis_form() -> None:
    old = Asked(kind=ServerKind.WINRM2)
    uri = f"{WMI}/root/cimv2/Win32_Service"
    assert isinstance(old.ask(ACTION_GET, uri, Name="WinRM"), Reply)
    assert isinstance(old.ask(ACTION_ENUMERATE, uri, ENUMERATE), Reply)


def test_todays_windows_takes_both() -> None:
    assert isinstance(Asked().ask(ACTION_GET, "Win32_Service", Name="WinRM"), Reply)
    assert STACKS[ServerKind.WINRM2] == "2.0"
