"""The endpoint's replies have the form of those that real servers gave to the same requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from lxml import etree

from mi.options import ServerKind
from protocols.loopback.service import Answer, Service
from tests.loopback.shells.shell_client import service_of

TRANSCRIPTS = Path(__file__).parents[4] / "shared" / "transcripts"
pytestmark = pytest.mark.skipif(not TRANSCRIPTS.is_dir(), reason="the recordings are not here")

TIMED_OUT = (
    "masterzen/fixture_test-07.xml",
    "pywinrm/exceptions-02.xml",
    "winrmsharp/ProtocolRunCommandExceedingOperationTimeout-02-response.xml",
)

Shape: TypeAlias = tuple[str, tuple[str, ...], tuple["Shape", ...]]

# What some servers have and others have not: it says nothing about shells.
_LEFT_OUT = ("ActivityId",)
_ATTRIBUTES_LEFT_OUT = ("path",)


def read_transcript(name: str) -> bytes:
    return (TRANSCRIPTS / name).read_bytes().removeprefix(b"\xef\xbb\xbf").strip()


def shape(element: etree._Element) -> Shape:
    """Return the form of an element: names and attributes; what repeats counts once."""
    children: list[Shape] = []
    for child in element:
        found = shape(child)
        is_known = etree.QName(child).localname in _LEFT_OUT
        if not is_known and (not children or children[-1] != found):
            children.append(found)
    names = (str(name) for name in element.attrib)
    attributes = sorted(name for name in names if name not in _ATTRIBUTES_LEFT_OUT)
    return str(element.tag), tuple(attributes), tuple(children)


def asked(service: Service, request: bytes, **replaced: str) -> Answer:
    """Ask what a recorded client asked, with our ids."""
    text = request.decode()
    for name, value in replaced.items():
        text = re.sub(rf'({name}"[^>]*>|{name}=")[-0-9A-F]{{36}}', rf"\g<1>{value}", text)
    return service.answer(service.read(text.encode()), is_connected=lambda: True)


def texts(data: bytes, name: str) -> list[str]:
    return [str(one.text) for one in etree.fromstring(data).iter(f"{{*}}{name}")]


@pytest.fixture
def service() -> Iterator[Service]:
    made = service_of()
    yield made
    made.shells.vanish()


def test_a_command_from_create_to_delete(service: Service) -> None:
    name = "pypsrp/client_execute_cmd-{:02}-{}.xml"
    replaced: dict[str, str] = {}
    for number in range(5):
        request = read_transcript(name.format(number, "request"))
        recorded = etree.fromstring(read_transcript(name.format(number, "response")))
        answer = asked(service, request, **replaced)
        ours = etree.fromstring(answer.envelope)
        while number == 2 and not texts(answer.envelope, "ExitCode"):
            _join(ours, answer := asked(service, request, **replaced))
        assert shape(ours) == shape(recorded), number
        if number == 0:
            [replaced["ShellId"]] = texts(answer.envelope, "ShellId")
        if number == 1:
            [replaced["CommandId"]] = texts(answer.envelope, "CommandId")
    assert len(service.shells) == 0


def _join(ours: etree._Element, more: Answer) -> None:
    """Add what another Receive brought to what the first one did: the recorded was slower."""
    received = ours[1][0]
    for state in received.findall("{*}CommandState"):
        received.remove(state)
    received.extend(etree.fromstring(more.envelope)[1][0])


def test_the_environment_is_told_back(service: Service) -> None:
    request = read_transcript("pypsrp/client_execute_cmd_environment-00-request.xml")
    recorded = read_transcript("pypsrp/client_execute_cmd_environment-00-response.xml")
    answer = asked(service, request)
    assert texts(answer.envelope, "Variable") == texts(recorded, "Variable")
    assert shape(etree.fromstring(answer.envelope)) == shape(etree.fromstring(recorded))


def test_a_shell_that_is_not_there(service: Service) -> None:
    request = read_transcript("pypsrp/client_execute_cmd-01-request.xml")
    recorded = read_transcript("pypsrp/psrp_is_alive_invalid_selectors-04-response.xml")
    answer = asked(service, request)
    assert shape(etree.fromstring(answer.envelope)) == shape(etree.fromstring(recorded))


def test_a_receive_that_times_out(service: Service) -> None:
    opened = asked(service, read_transcript("pypsrp/client_execute_cmd-00-request.xml"))
    [shell_id] = texts(opened.envelope, "ShellId")
    command = read_transcript("pypsrp/client_execute_cmd-01-request.xml").replace(
        b">dir<", b">more<"
    )
    begun = asked(service, command, ShellId=shell_id)
    [command_id] = texts(begun.envelope, "CommandId")
    request = read_transcript("pypsrp/client_execute_cmd-02-request.xml")
    request = request.replace(b"PT20S", b"PT0.05S")
    answer = asked(service, request, ShellId=shell_id, CommandId=command_id)
    for name in TIMED_OUT:
        recorded = etree.fromstring(read_transcript(name))
        assert shape(etree.fromstring(answer.envelope)) == shape(recorded), name


def test_a_program_that_is_not_there_on_server_2008_r2() -> None:
    service = service_of(kind=ServerKind.WINRM2)
    request = read_transcript("pypsrp/client_execute_cmd-00-request.xml")
    opened = asked(service, request)
    [shell_id] = [str(one.text) for one in etree.fromstring(opened.envelope).iter("{*}Selector")]
    command = read_transcript("pypsrp/client_execute_cmd-01-request.xml")
    command = command.replace(b">False<", b">True<").replace(b">dir<", b">nosuch<")
    answer = asked(service, command, ShellId=shell_id)
    recorded = etree.fromstring(read_transcript("pypsrp/winrs_no_cmd_shell-01-response.xml"))
    assert shape(etree.fromstring(answer.envelope)) == shape(recorded)
    assert texts(answer.envelope, "WSManFault") != []
    service.shells.vanish()


def test_a_signal_to_a_command_that_is_not_there(service: Service) -> None:
    opened = asked(service, read_transcript("pypsrp/client_execute_cmd-00-request.xml"))
    [shell_id] = texts(opened.envelope, "ShellId")
    request = read_transcript("pypsrp/client_execute_cmd-03-request.xml")
    answer = asked(service, request, ShellId=shell_id)
    recorded = etree.fromstring(read_transcript("pypsrp/winrs_bad_cmd_id-03-response.xml"))
    assert shape(etree.fromstring(answer.envelope)) == shape(recorded)
