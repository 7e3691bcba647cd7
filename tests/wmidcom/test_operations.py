"""What each operation with one result asks of IWbemServices, and gives back."""

from datetime import UTC, datetime
from typing import Any

import pytest

import mi
from mi.instance import Instance
from mi.results import CimType, Flags, OperationFlags, Result
from mi.values import convert
from protocols.loopback.instances import new_instance
from protocols.wmidcom.services import ContextValue, Outgoing, WbemError, WbemFlags
from tests.wmidcom.fake_services import FakeConnection, FakeHandler

SPOOLER = Instance("Win32_Service", {"Name": "Spooler"})


def thing(connection: FakeConnection, **values: Any) -> Instance:
    class_ = connection.repository.find_class("root/cimv2", "Loopback_AllTypes")
    connection.repository.add(new_instance(class_, {"Id": "1", **values}))
    return Instance("Loopback_AllTypes", {"Id": "1"})


def put(connection: FakeConnection) -> list[tuple[Outgoing, WbemFlags, tuple[ContextValue, ...]]]:
    return [call[1:] for call in connection.named("put_instance")]


# TestConnection


def test_a_connection_is_tested_by_a_login_and_a_question(
    session: mi.Session, connection: FakeConnection
) -> None:
    assert session.test_connection() is None
    assert [call[0] for call in connection.calls] == ["services", "get_class"]


@pytest.mark.parametrize("number", [0x80041002, 0x80041010])
def test_what_wmi_does_not_have_shows_that_it_answers(
    session: mi.Session, connection: FakeConnection, number: int
) -> None:
    connection.fail("get_class", WbemError(number))
    assert session.test_connection() is None


def test_any_other_answer_is_a_failure(session: mi.Session, connection: FakeConnection) -> None:
    connection.fail("get_class", WbemError(0x80041003))
    with pytest.raises(mi.AccessDenied, match="Remote Enable on the namespace root/cimv2"):
        session.test_connection()


# GetInstance, GetClass, DeleteInstance


def test_an_instance_is_got_by_its_relative_path(
    session: mi.Session, connection: FakeConnection
) -> None:
    service = session.get_instance(SPOOLER)
    assert connection.named("get_instance") == [
        ("get_instance", 'Win32_Service.Name="Spooler"', WbemFlags.NONE, ())
    ]
    assert service["DisplayName"] == "Print Spooler"
    assert service.server_name == "server01"
    assert service.namespace == "root/cimv2"
    assert service.element("ProcessId").type is CimType.UINT32


def test_a_missing_instance_is_not_found_in_the_words_of_the_server(session: mi.Session) -> None:
    with pytest.raises(mi.NotFound, match=r"GetObject: Win32_Service\.Name") as caught:
        session.get_instance(Instance("Win32_Service", {"Name": "none"}))
    error = caught.value
    assert (error.native_code, error.native_type) == (0x80041002, "HRESULT")
    assert (error.host, error.operation) == ("server01", "GetInstance")
    assert error.extended_error.class_name == "MSFT_ExtendedStatus"
    assert error.extended_error["CIMStatusCode"] == Result.NOT_FOUND
    assert error.extended_error["error_Code"] == 0x80041002
    assert error.extended_error["original_error"]["ProviderName"] == "WinMgmt"


def test_a_class_is_got_and_kept(session: mi.Session, connection: FakeConnection) -> None:
    assert session.get_class("win32_service").name == "Win32_Service"
    session.create_instance(Instance("Loopback_AllTypes", {"Id": "9"}))
    assert [call[1] for call in connection.named("get_class")] == [
        "win32_service",
        "Loopback_AllTypes",
    ]


def test_a_class_that_is_not_found_is_no_class(
    session: mi.Session, connection: FakeConnection
) -> None:
    connection.fail("get_class", *(WbemError(0x80041002) for _ in range(2)))
    for ask in (
        lambda: session.get_class("Win32_Nothing"),
        lambda: session.invoke("Win32_Nothing", "Go"),
    ):
        with pytest.raises(mi.InvalidClass) as caught:
            ask()
        assert caught.value.native_code == 0x80041002


def test_localized_qualifiers_are_asked_for_and_kept_from_the_others(
    session: mi.Session, connection: FakeConnection
) -> None:
    for flags in (OperationFlags.LOCALIZED_QUALIFIERS, OperationFlags.DEFAULT):
        session.get_class("Win32_Service", flags=flags)
    session.invoke(SPOOLER, "InterrogateService")
    assert [call[2] for call in connection.named("get_class")] == [
        WbemFlags.USE_AMENDED_QUALIFIERS,
        WbemFlags.NONE,
    ]


def test_an_instance_is_deleted_by_its_path(
    session: mi.Session, connection: FakeConnection
) -> None:
    key = thing(connection)
    assert session.delete_instance(key) is None
    assert connection.named("delete_instance") == [
        ("delete_instance", 'Loopback_AllTypes.Id="1"', WbemFlags.NONE, ())
    ]
    with pytest.raises(mi.NotFound):
        session.get_instance(key)


# CreateInstance


def test_an_instance_is_created_of_what_is_not_null(
    session: mi.Session, connection: FakeConnection
) -> None:
    new = Instance("Loopback_AllTypes", {"Id": "7", "Uint8Value": 4, "StringValue": None})
    made = session.create_instance(new)
    ((outgoing, flags, context),) = put(connection)
    assert outgoing.properties == ("Id", "Uint8Value")
    assert outgoing.instance.element("Uint8Value").type is CimType.UINT8
    assert outgoing.declaration.name == "Loopback_AllTypes"
    assert (flags, context) == (WbemFlags.CREATE_ONLY, ())
    assert dict(made) == {"Id": "7"}
    assert made.element("Id").flags & Flags.KEY
    assert session.get_instance(made)["Uint8Value"] == 4


@pytest.mark.parametrize("values", [{"Id": "7", "Uint8Value": 4}])
def test_a_server_that_does_not_say_the_path_is_taken_at_the_callers_word(
    session: mi.Session, connection: FakeConnection, values: dict[str, Any]
) -> None:
    connection.tells_paths = False
    assert dict(session.create_instance(Instance("Loopback_AllTypes", values))) == {"Id": "7"}


def test_a_path_that_nobody_can_read_makes_no_failure_of_what_was_done(
    session: mi.Session, connection: FakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.wmidcom.fake_services.Instance.path", property(lambda _: "nonsense"))
    made = session.create_instance(Instance("Loopback_AllTypes", {"Id": "7", "Uint8Value": 4}))
    assert dict(made)["Uint8Value"] == 4


def test_what_is_there_already_is_not_created_twice(
    session: mi.Session, connection: FakeConnection
) -> None:
    thing(connection)
    with pytest.raises(mi.AlreadyExists) as caught:
        session.create_instance(Instance("Loopback_AllTypes", {"Id": "1"}))
    assert not caught.value.outcome_unknown


# ModifyInstance


def test_of_an_instance_that_was_read_what_was_set_is_sent_and_nothing_else(
    session: mi.Session, connection: FakeConnection
) -> None:
    instance = session.get_instance(thing(connection, Uint8Value=4, StringValue="a"))
    instance["StringValue"] = "b"
    assert session.modify_instance(instance) is None
    ((outgoing, flags, context),) = put(connection)
    assert outgoing.properties == ("Id", "StringValue")
    assert flags is WbemFlags.UPDATE_ONLY
    assert context == (
        ContextValue("__PUT_EXTENSIONS", value=True, type=CimType.BOOLEAN),
        ContextValue("__PUT_EXT_CLIENT_REQUEST", value=True, type=CimType.BOOLEAN),
        ContextValue("__PUT_EXT_PROPERTIES", ["StringValue"], CimType.STRING_ARRAY),
    )
    now = session.get_instance(instance)
    assert (now["StringValue"], now["Uint8Value"]) == ("b", 4)


def test_of_an_instance_that_was_read_and_not_set_nothing_is_sent(
    session: mi.Session, connection: FakeConnection
) -> None:
    instance = session.get_instance(thing(connection, BooleanValue=False))
    with pytest.raises(mi.InvalidParameter, match="nothing of this Loopback_AllTypes was set"):
        session.modify_instance(instance)
    assert put(connection) == []


def test_a_property_is_set_to_null_on_purpose(
    session: mi.Session, connection: FakeConnection
) -> None:
    instance = session.get_instance(thing(connection, StringValue="a"))
    instance["StringValue"] = None
    session.modify_instance(instance)
    ((_, _, context),) = put(connection)
    assert context[-1] == ContextValue("__PUT_EXT_STRICT_NULLS", value=True, type=CimType.BOOLEAN)
    assert session.get_instance(instance)["StringValue"] is None


def test_a_provider_that_writes_no_parts_gets_the_whole_with_what_was_set(
    session: mi.Session, connection: FakeConnection
) -> None:
    connection.writes_parts = False
    key = thing(connection, Uint8Value=4, StringValue="a")
    instance = Instance(session.get_class("Loopback_AllTypes"), {"Id": "1", "StringValue": "b"})
    session.modify_instance(instance)
    part, whole = put(connection)
    assert part[0].properties == ("Id", "StringValue")
    assert set(whole[0].properties) == set(session.get_instance(key))
    assert whole[1:] == (WbemFlags.UPDATE_ONLY, ())
    now = session.get_instance(key)
    assert (now["StringValue"], now["Uint8Value"]) == ("b", 4)


def test_another_failure_of_a_modification_is_one(
    session: mi.Session, connection: FakeConnection
) -> None:
    instance = session.get_instance(thing(connection, StringValue="a"))
    instance["StringValue"] = "b"
    connection.fail("put_instance", WbemError(0x80041003))
    with pytest.raises(mi.AccessDenied):
        session.modify_instance(instance)
    assert len(put(connection)) == 1


# Invoke


def test_a_method_of_an_object_is_called_by_its_path(
    session: mi.Session, connection: FakeConnection
) -> None:
    result = session.invoke(SPOOLER, "startservice")
    assert (result.return_value, result.meaning) == (0, "Success")
    assert result.method == "Win32_Service.StartService"
    ((_, path, name, parameters, context),) = connection.named("exec_method")
    assert (path, name) == ('Win32_Service.Name="Spooler"', "StartService")
    assert (parameters, context) == (None, ())
    assert session.get_instance(SPOOLER)["State"] == "Running"


def test_a_static_method_is_called_on_the_class_whoever_it_is_called_on(
    session: mi.Session, connection: FakeConnection
) -> None:
    for target in ("win32_process", Instance("Win32_Process", {"Handle": "4"})):
        result = session.invoke(target, "Create", {"commandline": "calc.exe"})
        assert result.return_value == 0
        assert isinstance(result.out["ProcessId"], int)
    assert [call[1] for call in connection.named("exec_method")] == ["Win32_Process"] * 2


def test_parameters_have_the_types_that_the_method_declares(
    session: mi.Session, connection: FakeConnection
) -> None:
    session.invoke("Win32_Process", "Create", {"commandline": "calc.exe"})
    ((_, _, _, parameters, _),) = connection.named("exec_method")
    assert parameters.declaration.name == "__PARAMETERS"
    assert parameters.properties == ("CommandLine",)
    assert parameters.embedded == {}


def test_instances_among_the_parameters_take_the_types_of_their_class(
    session: mi.Session, connection: FakeConnection
) -> None:
    startup = Instance("Win32_ProcessStartup", {"showwindow": 0})
    given = {"CommandLine": "calc.exe", "ProcessStartupInformation": startup}
    session.invoke("Win32_Process", "Create", given)
    ((_, _, _, parameters, _),) = connection.named("exec_method")
    sent = parameters.instance["ProcessStartupInformation"]
    assert sent.element("ShowWindow").type is CimType.UINT16
    assert list(parameters.embedded) == ["win32_processstartup"]
    assert startup.element("showwindow").type is not CimType.UINT16  # the caller's own


def test_an_object_in_an_array_of_objects_is_sent_with_its_class(
    session: mi.Session, connection: FakeConnection
) -> None:
    inner = Instance("Win32_ProcessStartup", {"ShowWindow": 1})
    class_ = session.get_class("Loopback_AllTypes")
    names = {one.type: one.name for one in class_.properties.values()}
    new = Instance(class_, {"Id": "8"})
    new[names[CimType.INSTANCE]] = Instance("Win32_ProcessStartup", {"ShowWindow": 2})
    if CimType.INSTANCE_ARRAY in names:
        new[names[CimType.INSTANCE_ARRAY]] = [inner, None]
    session.create_instance(new)
    ((outgoing, _, _),) = put(connection)
    assert list(outgoing.embedded) == ["win32_processstartup"]


def test_what_a_method_gives_back_has_the_types_of_its_class(session: mi.Session) -> None:
    given = {
        "Uint64Value": 2**64 - 1,
        "DateTimeValue": datetime(2026, 1, 2, tzinfo=UTC),
    }
    class_ = session.get_class("Loopback_AllTypes")
    method = next(iter(class_.methods.values()))
    taken = {name: value for name, value in given.items() if name in method.parameters}
    result = session.invoke("Loopback_AllTypes", method.name, taken)
    for name, value in taken.items():
        if name in result.out:
            assert result.out[name] == convert(value, method.parameters[name].type)
    assert result.is_typed


def test_what_a_method_refers_to_is_typed_where_its_class_is_known(session: mi.Session) -> None:
    session.get_class("Win32_Share")
    share = Instance.from_path(r'\\.\root\cimv2:Win32_Share.Name="C$"')
    given = {"ReferenceValue": share, "ReferenceArray": [share, None]}
    result = session.invoke("Loopback_AllTypes", "Echo", given)
    assert result.out["ReferenceValue"].is_declared


def test_a_method_that_gives_back_nothing_has_a_result(
    session: mi.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.wmidcom.fake_services.FakeServices.exec_method", lambda *_: None)
    result = session.invoke(SPOOLER, "StopService")
    assert (result.return_value, dict(result.out)) == (None, {})


def test_an_unknown_method_is_not_found_before_anything_is_asked(
    session: mi.Session, connection: FakeConnection
) -> None:
    with pytest.raises(mi.MethodNotFound, match="StopService"):
        session.invoke(SPOOLER, "StopServices")
    assert connection.named("exec_method") == []


@pytest.mark.parametrize(
    ("number", "is_unknown"),
    [(0x80041088, True), (0x800706BE, True), (0x80010108, True), (0x80041003, False)],
)
def test_of_a_change_whose_end_nobody_knows_that_is_said(
    session: mi.Session, connection: FakeConnection, number: int, *, is_unknown: bool
) -> None:
    connection.fail("exec_method", WbemError(number))
    with pytest.raises(mi.MIError) as caught:
        session.invoke(SPOOLER, "StopService")
    assert caught.value.outcome_unknown is is_unknown


def test_what_changes_nothing_is_never_in_doubt(
    session: mi.Session, connection: FakeConnection
) -> None:
    lost = mi.ConnectionFailed("it broke", outcome_unknown=True)
    connection.fail("get_instance", WbemError(0x80041088), lost)
    for _ in range(2):
        with pytest.raises(mi.MIError) as caught:
            session.get_instance(SPOOLER)
        assert not caught.value.outcome_unknown


def test_a_lost_answer_to_a_change_is_told_as_the_transport_tells_it(
    session: mi.Session, connection: FakeConnection
) -> None:
    connection.fail("exec_method", mi.ConnectionFailed("it broke", outcome_unknown=True))
    with pytest.raises(mi.ConnectionFailed) as caught:
        session.invoke(SPOOLER, "StopService")
    assert caught.value.outcome_unknown


# Options


def test_the_callers_options_go_to_the_provider(
    session: mi.Session, connection: FakeConnection
) -> None:
    options = mi.OperationOptions(provider_architecture=32, required_architecture=True)
    session.get_instance(SPOOLER, options=options)
    ((_, _, _, context),) = connection.named("get_instance")
    assert context == (
        ContextValue("__ProviderArchitecture", 32, CimType.SINT32),
        ContextValue("__RequiredArchitecture", value=True, type=CimType.BOOLEAN),
    )


def test_a_namespace_is_logged_in_to_in_the_language_of_the_session(
    connection: FakeConnection,
) -> None:
    with mi.Application() as application:
        application.handlers.register("WMIDCOM", FakeHandler(connection))
        options = mi.DestinationOptions(ui_locale="de-DE")
        with application.new_session("WMIDCOM", "server01", options) as session:
            session.get_class("StdRegProv", namespace="root/default")
            with pytest.raises(mi.InvalidNamespace):
                session.get_class("StdRegProv", namespace="root/nowhere")
    assert connection.named("services")[0] == ("services", "root/default", "MS_407")
