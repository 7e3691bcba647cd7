"""Methods: what goes in, and what comes out whatever it is called."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mi.calls import Invoke
from mi.errors import (
    InvalidParameter,
    MethodFailed,
    MethodNotFound,
    OperationTimeout,
    ProtocolError,
    TypeMismatch,
)
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.names import NameMap
from mi.options import ServerKind
from mi.results import CimType, OperationFlags
from mi.schema import Class, Method, Qualifier
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.classes import class_request
from protocols.wsman.dialects import DIALECTS, Settings
from protocols.wsman.envelope import Reply, Request, parse
from protocols.wsman.headers import Option, Selector
from protocols.wsman.invocation import Invocation
from tests.wsman.cases import (
    SETTINGS,
    SPACE,
    TIMED_OUT,
    answer,
    content,
    declare,
    method,
    parameter,
    parsed,
)

TRANSCRIPTS = Path(__file__).parents[3] / "shared" / "transcripts"
IN_OUT = [
    (f"{cim_type.name}_VALUE", cim_type)
    for cim_type in CimType
    if cim_type.scalar is not CimType.INSTANCE
]
CREATE = method(
    "Create", CimType.UINT32,
    parameter("CommandLine", CimType.STRING, "in"),
    parameter("Startup", CimType.INSTANCE, "in", of="X_Startup"),
    parameter("ProcessId", CimType.UINT32, "out"),
    parameter("Modules", CimType.STRING_ARRAY, "out"),
    is_static=True,
)  # fmt: skip
STOP = Method(
    "Stop", CimType.UINT32, NameMap([("Reason", parameter("Reason", CimType.UINT8, "in"))]),
    qualifiers=NameMap([
        ("ValueMap", Qualifier("ValueMap", CimType.STRING_ARRAY, ["0", "2"])),
        ("Values", Qualifier("Values", CimType.STRING_ARRAY, ["Done", "Denied"])),
    ]),
)  # fmt: skip
ECHO = method(
    "Echo", None, *(parameter(name, one, "in", "out") for name, one in IN_OUT),
)  # fmt: skip
STARTUP = declare("X_Startup", Show=CimType.UINT16)
THING = declare("X_Thing", "Name", Name=CimType.STRING, methods=[CREATE, STOP, ECHO])
URI = f"{ns.DMTF_CIM_SCHEMA}/X_Thing"
KEY = Instance("X_Thing", {"Name": "n"})


def invocation(  # noqa: PLR0913 - a case may differ in each
    target: Instance | str,
    name: str,
    parameters: Any = None,
    *,
    known: tuple[Class, ...] = (THING, STARTUP),
    kind: ServerKind = ServerKind.WINRM3,
    settings: Settings = SETTINGS,
) -> Invocation:
    call = Invoke(target, name, parameters, namespace=SPACE)
    return Invocation(call, settings, DIALECTS[kind], SchemaStore(known))


def sent(conversation: Invocation) -> Request:
    request = conversation.next_request()
    assert request is not None
    assert request.schema is None
    return request


def outcome(conversation: Invocation, reply: Reply) -> MethodResult:
    [result] = conversation.receive(reply)
    assert isinstance(result, MethodResult)
    return result


# What goes in


def test_a_method_of_an_object_is_an_action_of_its_class() -> None:
    assert sent(invocation(KEY, "stop", {"REASON": 5})) == Request(
        f"{URI}/Stop",
        URI,
        f'<p:Stop_INPUT xmlns:xsi="{ns.XSI}" xmlns:p="{URI}" xmlns:cim="{ns.CIM_COMMON}">'
        "<p:Reason>5</p:Reason></p:Stop_INPUT>",
        selectors=(Selector("__cimnamespace", SPACE), Selector("Name", "n")),
        options=(Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean"),),
        operation_timeout=60.0,
        repeatable=False,
    )


def test_the_class_is_fetched_once_for_the_types_of_its_parameters() -> None:
    conversation = invocation(KEY, "Stop", {"Reason": 5}, known=())
    assert conversation.next_request() == class_request(SPACE, "X_Thing", SETTINGS)


@pytest.mark.parametrize("target", ["X_Thing", "x_thing", KEY])
def test_a_static_method_is_one_of_no_object_whatever_it_is_called_on(
    target: Instance | str,
) -> None:
    request = sent(invocation(target, "Create", {"CommandLine": "calc.exe"}))
    assert request.action == f"{URI}/Create"
    assert request.selectors == (Selector("__cimnamespace", SPACE),)


def test_a_method_without_parameters_has_an_empty_input() -> None:
    assert content(sent(invocation(KEY, "Stop")).body) == []


def test_an_old_server_gets_the_action_of_its_own_uri() -> None:
    request = sent(invocation(KEY, "Stop", kind=ServerKind.WINRM2, known=()))
    assert request.action == f"{ns.WMI}/{SPACE}/X_Thing/Stop"
    assert request.selectors == (Selector("Name", "n"),)


def test_parameters_go_in_declared_order_and_null_is_not_left_out() -> None:
    body = sent(invocation("X_Thing", "Create", {"Startup": None, "CommandLine": None})).body
    assert [child.get(f"{{{ns.XSI}}}nil") for child in parsed(body)] == ["true", "true"]
    assert [name for name, _ in content(body)] == ["CommandLine", "Startup"]


def test_an_embedded_instance_says_its_class_and_takes_its_types() -> None:
    startup = Instance("X_Startup", {"Show": 5})
    [element] = parsed(sent(invocation("X_Thing", "Create", {"Startup": startup})).body)
    assert element.get(f"{{{ns.XSI}}}type") == "q0:X_Startup_Type"
    assert [(child.tag, child.text) for child in element] == [
        (f"{{{ns.DMTF_CIM_SCHEMA}/X_Startup}}Show", "5")
    ]


def test_the_class_of_an_embedded_instance_is_fetched_as_well() -> None:
    startup = Instance("X_Startup", {"Show": 5})
    conversation = invocation("X_Thing", "Create", {"Startup": startup}, known=(THING,))
    assert conversation.next_request() == class_request(SPACE, "X_Startup", SETTINGS)


@pytest.mark.parametrize(
    ("name", "parameters", "error", "message"),
    [
        ("Stopp", None, MethodNotFound, r"Did you mean Stop\?"),
        ("Stop", {"Reasn": 5}, InvalidParameter, r"Did you mean Reason\?"),
        ("Create", {"ProcessId": 5}, InvalidParameter, "only comes out"),
        ("Stop", {"Reason": 256}, TypeMismatch, r"X_Thing\.Stop\.Reason"),
    ],
)
def test_what_the_method_does_not_take_is_refused_before_anything_is_sent(
    name: str, parameters: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        invocation(KEY, name, parameters)


def test_without_a_class_parameters_are_sent_as_they_are_given() -> None:
    request = sent(invocation(KEY, "Anything", {"Count": 5}, known=(), kind=ServerKind.AMT))
    assert content(request.body) == [("Count", "5")]


def test_without_a_class_an_instance_of_parameters_may_say_their_types() -> None:
    given = Instance("Parameters")
    given.add("Letter", 65, CimType.CHAR16)
    settings = Settings(flags=OperationFlags.NO_RTTI)
    request = sent(invocation(KEY, "Stop", given, kind=ServerKind.OMI, settings=settings))
    assert content(request.body) == [("Letter", "65")]


# What comes out


@pytest.mark.parametrize("name", ["Create_OUTPUT", "create_output", "X_Thing_OUTPUT", "Create"])
def test_output_is_found_whatever_the_server_calls_it(name: str) -> None:
    reply = answer(
        f'<p:{name} xmlns:p="{URI}"><p:PROCESSID>4711</p:PROCESSID>'
        f"<p:Modules>a</p:Modules><p:returnvalue>0</p:returnvalue></p:{name}>"
    )
    result = outcome(invocation("X_Thing", "Create"), reply)
    assert result == MethodResult(
        0, NameMap([("ProcessId", 4711), ("Modules", ["a"])]), "X_Thing.Create"
    )
    assert result.is_typed


def test_a_return_value_other_than_0_is_a_result_with_its_meaning() -> None:
    reply = answer(
        f'<p:Stop_OUTPUT xmlns:p="{URI}"><p:ReturnValue>2</p:ReturnValue></p:Stop_OUTPUT>'
    )
    result = outcome(invocation(KEY, "Stop"), reply)
    assert (result.return_value, result.meaning) == (2, "Denied")
    with pytest.raises(MethodFailed, match=r"X_Thing\.Stop returned 2: Denied"):
        result.check()


def test_what_does_not_come_out_is_null_and_an_array_that_is_absent_is_empty() -> None:
    reply = answer(f'<p:Create_OUTPUT xmlns:p="{URI}"/>')
    result = outcome(invocation("X_Thing", "Create"), reply)
    assert dict(result.out) == {"ProcessId": None, "Modules": []}
    assert result.return_value is None
    old = outcome(invocation("X_Thing", "Create", kind=ServerKind.OMI), reply)
    assert dict(old.out) == {"ProcessId": None, "Modules": None}


def test_a_method_that_returns_nothing_may_have_no_output_at_all() -> None:
    result = outcome(invocation(KEY, "Echo"), answer(""))
    assert result.return_value is None
    assert set(result.out.values()) == {None}


@pytest.mark.parametrize(("name", "cim_type"), IN_OUT)
def test_every_type_goes_in_and_comes_out(name: str, cim_type: CimType) -> None:
    one: Any = {
        CimType.BOOLEAN: True, CimType.REAL32: 0.5, CimType.REAL64: -1e300, CimType.CHAR16: "é",
        CimType.STRING: " a<b> ", CimType.DATETIME: datetime(2026, 3, 2, tzinfo=UTC),
        CimType.REFERENCE: Instance("X_Thing", {"Name": "m"}, namespace=SPACE),
    }.get(cim_type.scalar, 7)  # fmt: skip
    value = [one, one] if cim_type.is_array else one
    for kind in (ServerKind.WINRM3, ServerKind.OMI):
        conversation = invocation(KEY, "Echo", {name: value}, kind=kind)
        echoed = sent(conversation).body.replace("Echo_INPUT", "Echo_OUTPUT")
        assert outcome(conversation, answer(echoed)).out[name] == value


@pytest.mark.parametrize(("name", "cim_type"), IN_OUT)
def test_every_null_goes_in_and_comes_out(name: str, cim_type: CimType) -> None:
    conversation = invocation(KEY, "Echo", {name: None})
    echoed = sent(conversation).body.replace("Echo_INPUT", "Echo_OUTPUT")
    assert outcome(conversation, answer(echoed)).out[name] is None


def test_the_class_of_an_instance_that_comes_out_is_fetched() -> None:
    give = method("Give", None, parameter("Part", CimType.INSTANCE, "out"))
    thing = declare("X_Thing", "Name", Name=CimType.STRING, methods=[give])
    conversation = invocation(KEY, "Give", known=(thing,))
    reply = answer(
        f'<p:Give_OUTPUT xmlns:p="{URI}"><p:Part xsi:type="q:X_Startup_Type"><Show>5</Show>'
        "</p:Part></p:Give_OUTPUT>"
    )
    assert conversation.receive(reply) == []
    assert conversation.next_request() == class_request(SPACE, "X_Startup", SETTINGS)


@pytest.mark.parametrize("flags", [OperationFlags.NO_RTTI, OperationFlags.DEFAULT])
def test_without_a_class_output_is_text(flags: OperationFlags) -> None:
    kind = ServerKind.IDRAC if flags is OperationFlags.DEFAULT else ServerKind.WINRM3
    conversation = invocation(KEY, "Stop", kind=kind, known=(), settings=Settings(flags=flags))
    reply = answer("<Stop_OUTPUT><ReturnValue>2</ReturnValue><Message>m</Message></Stop_OUTPUT>")
    result = outcome(conversation, reply)
    assert (result.return_value, dict(result.out), result.is_typed) == (
        "2",
        {"Message": "m"},
        False,
    )
    with pytest.raises(MethodFailed):
        result.check()


def test_output_that_does_not_fit_is_an_error_of_an_outcome_that_nobody_knows() -> None:
    reply = answer("<o><ReturnValue>many</ReturnValue></o>")
    with pytest.raises(ProtocolError, match=r"X_Thing\.Stop\.ReturnValue") as caught:
        invocation(KEY, "Stop").receive(reply)
    assert caught.value.outcome_unknown


def test_a_time_out_is_never_sent_again_and_its_outcome_is_unknown() -> None:
    conversation = invocation(KEY, "Stop")
    with pytest.raises(OperationTimeout) as caught:
        conversation.receive(TIMED_OUT)
    assert caught.value.outcome_unknown
    assert conversation.next_request() is None


# Recordings


@pytest.mark.parametrize(
    ("file", "value", "out"),
    [
        ("omi-live/144-invoke-spellnumber-response.xml", "one hundred twenty three", {}),
        ("omi-live/152-invoke-calc-add-response.xml", "0", {"sum": "42"}),
        ("omi-live/138-invoke-instance-getowner-ntlm-encrypted-response.xml", "0",
         {"User": "SYSTEM", "Domain": "NT AUTHORITY"}),
        ("idrac/bios_service-invoke-set_attributes-error.xml", "2", {
            "Message": "Invalid AttributeValue for AttributeName ProcVirtualization",
            "MessageArguments": "ProcVirtualization", "MessageID": "BIOS014",
            "RebootRequired": "Yes", "SetResult": "Set PendingValue",
        }),
    ],
)  # fmt: skip
def test_recorded_output_is_read(file: str, value: str, out: dict[str, str]) -> None:
    path = TRANSCRIPTS / file
    if not path.exists():
        pytest.skip("the recordings are not here")
    data = path.read_bytes()
    related = data.partition(b"RelatesTo>")[2].partition(b"<")[0].decode()
    reply = parse(data, related, limit=10**6)
    assert isinstance(reply, Reply)
    result = outcome(invocation(KEY, "Stop", known=(), kind=ServerKind.IDRAC), reply)
    assert (result.return_value, dict(result.out)) == (value, out)


@pytest.mark.parametrize(
    ("file", "name", "class_name"),
    [
        ("idrac/raid_service-invoke-create_virtual_disk-ok.xml", "NewVirtualDisk",
         "DCIM_VirtualDiskView"),
        ("amt/amt-publickey-management-addcertificate.xml", "CreatedCertificate",
         "AMT_PublicKeyCertificate"),
    ],
)  # fmt: skip
def test_a_recorded_reference_is_read_with_and_without_its_element(
    file: str, name: str, class_name: str
) -> None:
    path = TRANSCRIPTS / file
    if not path.exists():
        pytest.skip("the recordings are not here")
    data = path.read_bytes()
    related = data.partition(b"RelatesTo>")[2].partition(b"<")[0].decode()
    reply = parse(data, related, limit=10**6)
    assert isinstance(reply, Reply)
    result = outcome(invocation(KEY, "Stop", known=(), kind=ServerKind.IDRAC), reply)
    made = result.check().out[name]
    assert made.class_name == class_name
    assert list(made.key) == ["InstanceID"]
