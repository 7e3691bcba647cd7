"""Items that wait for the declarations of their classes."""

import pytest
from lxml import etree

from mi.errors import MIError, ProtocolError
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from mi.serial.cimxml import write_class
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.classes import class_request
from protocols.wsman.dialects import CLASS_KNOWN, NO_CLASSES, Settings
from protocols.wsman.envelope import Reply
from protocols.wsman.fault import Fault
from protocols.wsman.held import Held
from protocols.wsman.instances import Decoder

SETTINGS = Settings(30.0, server_name="server01")
DENIED = Fault("Sender", "w:AccessDenied", reason="Access is denied.")


def declare(name: str) -> Class:
    types = {"Size": CimType.UINT32, "Part": CimType.INSTANCE}
    return Class(name, properties=NameMap(
        (one, Property(one, cim_type)) for one, cim_type in types.items()
    ))  # fmt: skip


def item(class_name: str, size: str, inside: str = "") -> etree._Element:
    uri = f"{ns.DMTF_CIM_SCHEMA}/{class_name}"
    return etree.fromstring(
        f'<p:{class_name} xmlns:p="{uri}" xmlns:xsi="{ns.XSI}"><p:Size>{size}</p:Size>{inside}'
        f"</p:{class_name}>"
    )


def embedded(class_name: str, size: str) -> str:
    return f'<p:Part xsi:type="q:{class_name}_Type"><Size>{size}</Size></p:Part>'


def declared(name: str) -> Reply:
    markup = f'<s:Body xmlns:s="{ns.SOAP}">{write_class(declare(name))}</s:Body>'
    return Reply("", etree.fromstring(markup), None, is_repaired=False)


class Case:
    def __init__(self, *known: str) -> None:
        self.store = SchemaStore()
        for name in known:
            self.store.add(declare(name), "root/test")
        self.held = Held(Decoder(self.store, "root/test"), SETTINGS, self.store)

    def take(self, *items: etree._Element) -> list[int]:
        return [found["Size"] for found in self.held.take(items, is_repaired=False)]


def test_items_of_known_classes_are_not_held() -> None:
    case = Case("X_A")
    assert case.take(item("X_A", "1"), item("X_A", "2")) == [1, 2]
    assert not case.held.awaits_class
    assert case.held.request() is None


def test_all_items_are_held_until_every_class_is_known_and_each_is_asked_for_once() -> None:
    case = Case("X_A")
    inner = embedded("X_C", "5")
    assert case.take(
        item("X_A", "1"), item("X_B", "2"), item("X_A", "3", inner), item("X_B", "4", inner)
    ) == []  # fmt: skip
    assert case.held.awaits_class
    assert case.held.request() == class_request("root/test", "X_B", SETTINGS)
    assert case.held.receive(declared("X_B")) == []
    assert case.held.request() == class_request("root/test", "X_C", SETTINGS)
    found = case.held.receive(declared("X_C"))
    assert [one["Size"] for one in found] == [1, 2, 3, 4]
    assert found[3]["Part"]["Size"] == 5
    assert case.store.find("root/test", "X_C") is not None
    assert not case.held.awaits_class


def test_a_class_that_became_known_elsewhere_is_not_asked_for() -> None:
    case = Case()
    assert case.take(item("X_A", "1")) == []
    assert case.held.receive(CLASS_KNOWN) == []  # too early: it is not
    assert case.held.request() is not None
    case.store.add(declare("X_A"), "root/test")
    assert case.held.request() is None
    assert case.held.awaits_class
    assert [one["Size"] for one in case.held.receive(CLASS_KNOWN)] == [1]


def test_repaired_characters_are_told_of_the_reply_that_has_them() -> None:
    case = Case("X_A")
    assert case.held.take([item("X_A", "1")], is_repaired=True)[0].is_repaired
    assert not case.held.take([item("X_A", "1")], is_repaired=False)[0].is_repaired


def test_an_item_that_cannot_be_read_fails_after_those_ahead_of_it() -> None:
    case = Case("X_A")
    assert case.take(item("X_A", "1"), item("X_A", "2"), item("X_A", "x"), item("X_A", "4")) == [
        1,
        2,
    ]
    for _ in range(2):
        with pytest.raises(ProtocolError, match=r"X_A\.Size"):
            case.held.raise_failure()


def test_a_first_item_that_cannot_be_read_fails_at_once() -> None:
    case = Case("X_A")
    with pytest.raises(ProtocolError, match=r"X_A\.Size"):
        case.take(item("X_A", "x"), item("X_A", "2"))
    case.held.raise_failure()  # it was raised already


def test_a_class_that_is_refused_fails_the_operation_after_what_was_read() -> None:
    case = Case("X_A")
    case.take(item("X_A", "1"), item("X_B", "2"))
    assert [one["Size"] for one in case.held.receive(DENIED)] == [1]
    assert not case.held.awaits_class
    with pytest.raises(MIError, match="BASIC_RTTI"):
        case.held.raise_failure()


def test_a_class_that_is_refused_fails_at_once_where_nothing_was_read() -> None:
    case = Case()
    case.take(item("X_B", "2"))
    with pytest.raises(MIError, match="BASIC_RTTI"):
        case.held.receive(DENIED)
    assert not case.held.awaits_class


def test_a_server_that_declares_no_classes_gives_text() -> None:
    case = Case()
    assert case.take(item("X_A", "1"), item("X_B", "2")) == []
    found = case.held.receive(NO_CLASSES)
    assert [one["Size"] for one in found] == ["1", "2"]
    assert not any(one.is_typed for one in found)
    assert not case.held.awaits_class
    assert case.take(item("X_C", "3")) == ["3"]


def test_the_declaration_of_another_class_is_refused() -> None:
    case = Case()
    case.take(item("X_B", "2"))
    with pytest.raises(ProtocolError, match="X_Else, not X_B"):
        case.held.receive(declared("X_Else"))


def test_what_is_held_can_be_dropped() -> None:
    case = Case("X_A")
    case.take(item("X_A", "1"), item("X_A", "x"))
    case.held.drop()
    case.held.raise_failure()
    case.take(item("X_B", "2"))
    case.held.drop()
    assert not case.held.awaits_class
