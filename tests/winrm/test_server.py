"""What a session knows of its server, and how it comes to."""

import logging
from dataclasses import replace

import pytest
from lxml import etree

from mi.callbacks import SessionCallbacks
from mi.instance import Instance
from mi.options import DestinationOptions, ServerKind
from mi.results import MessageChannel, OperationFlags
from protocols.meanings.circumstances import Reach
from protocols.winrm.server import Lesson, Server
from protocols.wsman.dialects import DIALECTS
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.namespaces import CIM_XML_SCHEMA, DMTF_ALL_CLASSES, DMTF_CIM_SCHEMA

WINRM3, WINRM2 = DIALECTS[ServerKind.WINRM3], DIALECTS[ServerKind.WINRM2]
OMI = DIALECTS[ServerKind.OMI]
OF_CLASS = Request("urn:get", f"{DMTF_CIM_SCHEMA}/X_Thing")
OF_ALL = Request("urn:enumerate", DMTF_ALL_CLASSES)
DECLARATION = Request("urn:get", CIM_XML_SCHEMA, schema=("root/test", "X_Thing"))
ANSWER = Reply("", etree.Element("Body"), None, is_repaired=False)
OLD = Fault.of("URI_NON_DMTF_CLASS", "The WS-Management service does not support this.")
ELSEWHERE = Fault("Sender", "a:DestinationUnreachable", reason="No such resource.")
DENIED = Fault("Sender", "w:AccessDenied", reason="Access is denied.")
TEXT = Instance.received("X_Thing", {"Size": "7"}, None, "root/test", is_typed=False)
TYPED = Instance("X_Thing", {"Size": 7})


class Told:
    def __init__(self) -> None:
        self.messages: list[tuple[int, str]] = []
        self.callbacks = SessionCallbacks(
            lambda channel, text: self.messages.append((channel, text))
        )


def server(kind: ServerKind | None = None, told: Told | None = None) -> Server:
    callbacks = SessionCallbacks() if told is None else told.callbacks
    return Server("server01:5985", DestinationOptions(server_kind=kind), callbacks)


def test_a_server_is_todays_windows_until_something_else_is_known() -> None:
    assert server().dialect is WINRM3
    assert server(ServerKind.AMT).dialect is DIALECTS[ServerKind.AMT]


def test_an_answer_teaches_nothing() -> None:
    known = server()
    assert known.learn(ANSWER, OF_CLASS, WINRM3) is None
    assert known.learn(DENIED, OF_CLASS, WINRM3) is None
    assert known.dialect is WINRM3


@pytest.mark.parametrize(
    ("fault", "request_"),
    [
        (OLD, OF_CLASS),
        (Fault.of("URI_WRONG_DMTF_VERSION", "no"), OF_CLASS),
        (Fault.of("RESOURCE_NOT_FOUND", "no"), OF_ALL),
    ],
)
def test_a_server_that_refuses_dmtfs_form_is_asked_again_in_its_own(
    fault: Fault, request_: Request
) -> None:
    known = server()
    assert known.learn(fault, request_, WINRM3) is Lesson.AGAIN
    assert known.dialect is WINRM2


def test_what_was_asked_before_another_operation_learned_is_asked_again_too() -> None:
    known = server()
    known.learn(OLD, OF_CLASS, WINRM3)
    assert known.learn(OLD, OF_CLASS, WINRM3) is Lesson.AGAIN


def test_what_is_refused_in_the_other_form_too_is_not_asked_a_third_time() -> None:
    known = server()
    known.learn(OLD, OF_CLASS, WINRM3)
    assert known.learn(OLD, OF_CLASS, WINRM2) is None


@pytest.mark.parametrize("fault", [OLD, replace(ELSEWHERE, extended_error=Instance("OMI_Error"))])
def test_what_the_caller_says_of_the_server_stands(fault: Fault) -> None:
    known = server(ServerKind.WINRM3)
    assert known.learn(fault, OF_CLASS, WINRM3) is None
    assert known.learn(ELSEWHERE, DECLARATION, WINRM3) is None
    known.introduce(Instance("IdentifyResponse", {"ProductVendor": "Openwsman Project"}))
    assert known.dialect is WINRM3


def test_an_error_of_omis_own_tells_that_it_is_omi(caplog: pytest.LogCaptureFixture) -> None:
    known = server()
    fault = replace(ELSEWHERE, extended_error=Instance("OMI_Error", {"Message": "m"}))
    with caplog.at_level(logging.INFO, "mi.winrm"):
        assert known.learn(fault, OF_CLASS, WINRM3) is None
        assert known.learn(fault, OF_CLASS, WINRM3) is None
    assert known.dialect is OMI
    assert [record.message for record in caplog.records] == ["server01:5985 turns out to be omi"]


def test_what_a_server_says_of_itself_is_believed() -> None:
    known = server()
    known.introduce(Instance("IdentifyResponse", {"ProductVendor": "Somebody"}))
    assert known.dialect is WINRM3
    known.introduce(Instance("IdentifyResponse", {"ProductVendor": "Openwsman Project"}))
    assert known.dialect is DIALECTS[ServerKind.OPENWSMAN]


# Class declarations


def test_a_server_that_does_not_know_what_declarations_are_gives_text_from_then_on() -> None:
    known = server()
    assert known.learn(ELSEWHERE, DECLARATION, WINRM3) is Lesson.NO_CLASSES
    assert known.dialect == replace(WINRM3, has_schema=False)
    assert known.learn(ELSEWHERE, DECLARATION, WINRM3) is Lesson.NO_CLASSES


def test_a_server_that_declared_a_class_once_does_not_turn_into_one_that_cannot() -> None:
    known = server()
    known.learn(ANSWER, OF_CLASS, WINRM3)
    known.learn(ANSWER, DECLARATION, WINRM3)
    assert known.learn(ELSEWHERE, DECLARATION, WINRM3) is None
    assert known.dialect is WINRM3


def test_a_class_that_is_not_there_or_closed_says_nothing_of_the_others() -> None:
    known = server()
    assert known.learn(DENIED, DECLARATION, WINRM3) is None
    assert known.dialect is WINRM3


# Text


def test_the_caller_is_told_once_that_values_are_text(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    known = server(ServerKind.WINRM2, told)
    known.warn_of_text([TYPED, None], OperationFlags.DEFAULT)
    assert told.messages == []
    known.warn_of_text([TYPED, TEXT], OperationFlags.DEFAULT)
    known.warn_of_text([TEXT], OperationFlags.DEFAULT)
    [(channel, text)] = told.messages
    assert channel == MessageChannel.WARNING
    assert "SchemaStore" in text
    [record] = caplog.records
    assert (record.name, record.levelname) == ("mi.schema", "WARNING")
    assert record.message.startswith("server01:5985: this kind of server declares no classes")


@pytest.mark.parametrize("flags", [OperationFlags.NO_RTTI, OperationFlags.BASIC_RTTI])
def test_whoever_asks_for_text_is_told_nothing(flags: OperationFlags) -> None:
    told = Told()
    server(ServerKind.AMT, told).warn_of_text([TEXT], flags)
    assert told.messages == []


def test_where_classes_are_declared_text_is_no_matter_of_the_kind() -> None:
    told = Told()
    server(None, told).warn_of_text([TEXT], OperationFlags.DEFAULT)
    assert told.messages == []


def test_how_far_the_server_lets_somebody_in_shows_by_what_it_has_answered() -> None:
    known = server()
    assert known.reach("root/cimv2") is Reach.NOTHING
    assert known.reach(None) is Reach.NOTHING
    known.answered(None)
    assert known.reach("root/cimv2") is Reach.SERVER
    known.answered("Root/CIMV2")
    assert known.reach("root/cimv2") is Reach.NAMESPACE
    assert known.reach("root/other") is Reach.SERVER
    assert known.reach(None) is Reach.SERVER
