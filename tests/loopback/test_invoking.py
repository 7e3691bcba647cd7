"""Methods are called by name, and answered by what the repository has for them."""

from collections.abc import Mapping
from typing import Any

import pytest

from mi.errors import NotFound
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Method
from protocols.loopback.repository import Invoked, Repository
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.headers import Option
from protocols.wsman.namespaces import DMTF_CIM_SCHEMA
from tests.loopback.asked import Asked, body_of, declared, method, parameter, qualified, texts

STATIC = Method("Stand", CimType.UINT32, NameMap(), qualifiers=qualified("static"))
GO = method("Go", parameter("Far", CimType.UINT32, "in"), parameter("Where", CimType.STRING, "out"))
BASE = declared("X_Base", ("Id",), methods=(STATIC, GO, method("Fail"), method("Missing")),
                Id=CimType.UINT32)  # fmt: skip
LEAF = declared("X_Leaf", ("Id",), methods=(STATIC, GO), superclass=BASE, Id=CimType.UINT32)
ONLY = declared("X_Only", (), methods=(method("Go"),), Size=CimType.UINT32)
URI = f"{DMTF_CIM_SCHEMA}/X_Base"


@pytest.fixture
def calls() -> list[Invoked]:
    return []


@pytest.fixture
def asked(calls: list[Invoked]) -> Asked:
    repository = Repository(
        [BASE, LEAF, ONLY],
        [Instance(BASE, {"Id": 1}), Instance(LEAF, {"Id": 2}), Instance(ONLY, {"Size": 3})],
    )

    def answer(call: Invoked) -> Mapping[str, Any]:
        calls.append(call)
        return {"Where": "there", "ReturnValue": 5}

    def stand(call: Invoked) -> Mapping[str, Any]:
        calls.append(call)
        return {"returnvalue": 5}

    def fail(_: Invoked) -> Mapping[str, Any]:
        raise NotFound("nothing")

    for name, work in (("Go", answer), ("Stand", stand), ("Fail", fail)):
        repository.on("X_Base", name, work)
    repository.on("X_Only", "Go", stand)
    return Asked(repository)


def empty(name: str) -> str:
    return body_of(f"{name}_INPUT", "")


def test_a_method_of_an_instance_is_given_it_and_its_parameters(
    asked: Asked, calls: list[Invoked]
) -> None:
    given = body_of("Go_INPUT", "<p:Far>7</p:Far>")
    result = asked.body(f"{URI}/Go", "X_Base", given, Id="1")
    assert result.tag.endswith("}Go_OUTPUT")
    assert texts(result) == {"ReturnValue": "5", "Where": "there"}
    [call] = calls
    assert (call.subject["Id"], call.parameters) == (1, {"Far": 7})


def test_a_static_method_needs_no_instance(asked: Asked, calls: list[Invoked]) -> None:
    result = asked.body(f"{URI}/stand", "X_Base", empty("Stand"))
    assert calls[0].instance is None
    assert texts(result) == {"ReturnValue": "5"}


def test_subclasses_inherit_what_answers(asked: Asked, calls: list[Invoked]) -> None:
    asked.body(f"{DMTF_CIM_SCHEMA}/X_Leaf/Go", "X_Leaf", empty("Go"), Id="2")
    assert calls[0].subject["Id"] == 2


def test_a_singleton_is_called_without_selectors(asked: Asked, calls: list[Invoked]) -> None:
    asked.body(f"{DMTF_CIM_SCHEMA}/X_Only/Go", "X_Only", empty("Go"))
    assert calls[0].subject["Size"] == 3


def test_options_for_wmi_are_the_context_of_the_call(asked: Asked, calls: list[Invoked]) -> None:
    options = (Option("wmi:__ProviderArchitecture", "32"), Option("wmi:Empty", None),
               Option("other", "x"))  # fmt: skip
    asked.body(f"{URI}/Go", "X_Base", empty("Go"), options, Id="1")
    assert calls[0].context == {"__providerarchitecture": "32", "empty": ""}


@pytest.mark.parametrize(
    ("name", "keys", "number"),
    [
        ("Nothing", {"Id": "1"}, "WBEM_E_INVALID_METHOD"),
        ("Missing", {"Id": "1"}, "WBEM_E_METHOD_DISABLED"),
        ("Fail", {"Id": "1"}, "WBEM_E_NOT_FOUND"),
        ("Go", {}, "WBEM_E_INVALID_PARAMETER"),
        ("Go", {"Id": "9"}, "WBEM_E_NOT_FOUND"),
    ],
)
def test_what_cannot_be_called_says_why(
    asked: Asked, name: str, keys: dict[str, str], number: str
) -> None:
    fault = asked.refused(f"{URI}/{name}", "X_Base", empty(name), **keys)
    assert NUMBERS[number] in fault.wsman_codes


def test_an_action_of_another_class_is_none(asked: Asked) -> None:
    for action in (f"{DMTF_CIM_SCHEMA}/X_Leaf/Go", f"{URI}/Go/Further"):
        fault = asked.refused(action, "X_Base", empty("Go"), Id="1")
        assert fault.subcode == "a:ActionNotSupported"
