"""What WMI says of a failure goes with its number."""

from mi.instance import Instance
from mi.schema import Class
from protocols.wmidcom.com.failures import explained
from protocols.wmidcom.com.namespace import Namespace
from protocols.wmidcom.services import WbemError
from tests.wmidcom.com.class_objects import ClassObject
from tests.wmidcom.com.com_objects import ComObject
from tests.wmidcom.com.com_server import FakeSystem

FAILURE = WbemError(0x80041001)


def test_without_a_word_of_wmi_the_number_must_do(system: FakeSystem, namespace: Namespace) -> None:
    assert explained(FAILURE, system, namespace.reader).status is None


def test_what_wmi_said_of_it_is_taken_once(system: FakeSystem, namespace: Namespace) -> None:
    system.fail(WbemError(0x80041001, Instance("__ExtendedStatus", {"Operation": "ExecQuery"})))
    told = explained(FAILURE, system, namespace.reader)
    assert (told.hresult, dict(told.status or {})) == (0x80041001, {"Operation": "ExecQuery"})
    assert explained(FAILURE, system, namespace.reader).status is None
    assert explained(told, system, namespace.reader) is told


def test_what_somebody_else_said_is_no_object_of_wmi(
    system: FakeSystem, namespace: Namespace
) -> None:
    system._errors.address = ComObject(system).address
    assert explained(FAILURE, system, namespace.reader).status is None


def test_what_cannot_be_read_is_let_be(system: FakeSystem, namespace: Namespace) -> None:
    system.fail(WbemError(0x80041001, Instance("__ExtendedStatus", {"Operation": "ExecQuery"})))
    nameless = ClassObject(system, Class(""), {})
    system.object_of = lambda _: nameless  # type: ignore[method-assign]
    assert explained(FAILURE, system, namespace.reader).status is None
