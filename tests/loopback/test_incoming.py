"""What a client sends in a body is read strictly, and refused with the reason."""

import pytest

from mi.instance import Instance
from mi.results import CimType
from protocols.loopback.repository import Invoked, Repository
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.namespaces import ACTION_CREATE, ACTION_PUT, DMTF_CIM_SCHEMA
from tests.loopback.asked import Asked, body_of, declared, method, parameter

PART = declared("X_Part", (), Id=CimType.UINT32)
GO = method(
    "Go", parameter("Size", CimType.UINT32, "in"), parameter("Part", CimType.INSTANCE, "in")
)
THING = declared(
    "X_Thing", ("Id",), "SupportsUpdate", "SupportsCreate", methods=(GO,),
    Id=CimType.UINT32, Size=CimType.UINT32, Part=CimType.INSTANCE,
)  # fmt: skip
EMBEDDED = '<p:Part xsi:type="p:{}_Type"><p:Id>7</p:Id></p:Part>'
GO_URI = f"{DMTF_CIM_SCHEMA}/X_Thing/Go"


@pytest.fixture
def asked() -> Asked:
    repository = Repository([PART, THING], [Instance(THING, {"Id": 1})])
    repository.on("X_Thing", "Go", _went)
    return Asked(repository)


GIVEN: list[dict[str, object]] = []


def _went(call: Invoked) -> dict[str, int]:
    GIVEN.append(dict(call.parameters))
    return {"ReturnValue": 0}


def test_embedded_instances_take_the_types_of_their_class(asked: Asked) -> None:
    asked.body(
        ACTION_CREATE, "X_Thing", body_of("x_thing", "<p:ID>2</p:ID>" + EMBEDDED.format("X_Part"))
    )
    made = asked.repository.get("root/cimv2", "X_Thing", {"Id": 2})
    assert made["Part"]["Id"] == 7


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "something else than one element"),
        (body_of("X_Thing", "") * 2, "something else than one element"),
        (body_of("X_Other", "<p:Id>1</p:Id>"), "holds no X_Thing"),
        (body_of("X_Thing", "<p:Id>1</p:Id><p:Sise>1</p:Sise>"), "has no Sise"),
        (body_of("X_Thing", "<p:Id>one</p:Id>"), "X_Thing.Id"),
        (body_of("X_Thing", "<p:Id>1</p:Id>" + EMBEDDED.format("X_Nothing")), "X_Nothing"),
    ],
)
def test_what_is_no_instance_of_the_class_is_refused(asked: Asked, body: str, said: str) -> None:
    fault = asked.refused(ACTION_PUT, "X_Thing", body, Id="1")
    assert said in fault.message
    assert fault.wsman_code in {
        NUMBERS["INVALID_REPRESENTATION"], NUMBERS["SCHEMA_VALIDATION_ERROR"],
    }  # fmt: skip


def test_parameters_are_read_by_the_declaration_and_what_is_left_out_is_not_there(
    asked: Asked,
) -> None:
    GIVEN.clear()
    inside = "<p:size>7</p:size>" + EMBEDDED.format("X_Part")
    asked.body(GO_URI, "X_Thing", body_of("Go_INPUT", inside), Id="1")
    asked.body(GO_URI, "X_Thing", body_of("GO_input", '<p:Size xsi:nil="true"/>'), Id="1")
    assert GIVEN[0]["Size"] == 7
    assert isinstance(GIVEN[0]["Part"], Instance)
    assert GIVEN[1] == {"Size": None}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (body_of("Go", ""), "no parameters"),
        (body_of("Go_INPUT", "<p:Speed>1</p:Speed>"), "takes no speed"),
        (body_of("Go_INPUT", "<p:Size>big</p:Size>"), "Size"),
        (body_of("Go_INPUT", EMBEDDED.format("X_Nothing")), "X_Nothing"),
    ],
)
def test_what_are_no_parameters_of_the_method_is_refused(
    asked: Asked, body: str, said: str
) -> None:
    fault = asked.refused(GO_URI, "X_Thing", body, Id="1")
    assert said in fault.message
