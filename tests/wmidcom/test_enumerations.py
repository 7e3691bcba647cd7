"""What each operation with many results asks of IWbemServices, and how results come."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import mi
from mi.instance import Instance
from mi.options import BOOKMARK_NEWEST, SubscriptionDeliveryOptions
from mi.results import CimType, Flags, OperationFlags, Result
from mi.schema import Class
from protocols.loopback.instances import new_instance
from protocols.wmidcom.access import SEMISYNCHRONOUS
from protocols.wmidcom.services import WbemError, WbemFlags
from tests.wmidcom.fake_services import FakeConnection, FakeHandler

SPOOLER = Instance("Win32_Service", {"Name": "Spooler"})
CREATED = "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Win32_Share'"


def new_share(connection: FakeConnection, name: str) -> None:
    class_ = connection.repository.find_class("root/cimv2", "Win32_Share")
    connection.repository.add(new_instance(class_, {"Name": name}))


# EnumerateInstances


def test_instances_of_a_class_are_whole_and_of_their_own_classes(
    session: mi.Session, connection: FakeConnection
) -> None:
    found = session.enumerate_instances("Win32_BaseService").all()
    assert {one.class_name for one in found} == {"Win32_Service", "Win32_SystemDriver"}
    assert connection.named("create_instance_enum") == [
        ("create_instance_enum", "Win32_BaseService", SEMISYNCHRONOUS, ())
    ]
    assert all(one.server_name == "server01" for one in found)
    assert connection.open == set()


def test_shallow_is_of_the_class_alone(session: mi.Session, connection: FakeConnection) -> None:
    flags = OperationFlags.POLYMORPHISM_SHALLOW
    assert session.enumerate_instances("Win32_BaseService", flags=flags).all() == []
    ((_, _, asked, _),) = connection.named("create_instance_enum")
    assert asked == SEMISYNCHRONOUS | WbemFlags.SHALLOW


def test_base_properties_alone_are_those_of_the_class_that_was_asked_for(
    session: mi.Session,
) -> None:
    flags = OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY
    found = session.enumerate_instances("CIM_LogicalElement", flags=flags).all()
    declared = session.get_class("CIM_LogicalElement")
    assert {one.class_name for one in found} > {"Win32_Service", "Win32_Process"}
    assert all(list(one) == list(declared.properties) for one in found)
    service = next(one for one in found if one.class_name == "Win32_Service")
    assert service.element("Name").flags & Flags.KEY


def test_keys_alone_are_selected_by_name(session: mi.Session, connection: FakeConnection) -> None:
    found = session.enumerate_instances("Win32_Service", keys_only=True).all()
    assert all(list(one) == ["Name"] for one in found)
    assert found[0].key == {"Name": found[0]["Name"]}
    assert session.get_instance(found[0])["Name"] == found[0]["Name"]
    ((_, query, _, _),) = connection.named("exec_query")
    assert query == "SELECT Name FROM Win32_Service"


def test_keys_of_a_subclass_that_is_not_known_name_it_all_the_same(session: mi.Session) -> None:
    found = session.enumerate_instances("CIM_Service", keys_only=True).all()
    spooler = next(one for one in found if one["Name"] == "Spooler")
    assert spooler.class_name == "Win32_Service"
    assert spooler.key == {"Name": "Spooler"}
    assert not spooler.is_typed


@pytest.mark.parametrize(
    ("class_name", "flags"),
    [
        ("CIM_LogicalElement", OperationFlags.DEFAULT),  # it has no key
        ("Win32_Service", OperationFlags.POLYMORPHISM_SHALLOW),
        ("Win32_Service", OperationFlags.BASIC_RTTI),  # no class is fetched
    ],
)
def test_keys_that_no_query_gives_are_cut_out_of_the_whole(
    session: mi.Session, class_name: str, flags: OperationFlags
) -> None:
    found = session.enumerate_instances(class_name, keys_only=True, flags=flags).all()
    spooler = next(one for one in found if one.get("Name") == "Spooler")
    assert spooler.key == {"Name": "Spooler"}
    assert list(spooler) == ["Name"]


def test_base_properties_of_keys_alone_are_keys(session: mi.Session) -> None:
    flags = OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY
    found = session.enumerate_instances("Win32_Service", keys_only=True, flags=flags).all()
    assert list(found[0]) == ["Name"]


def test_the_namespaces_of_a_server_are_found(session: mi.Session) -> None:
    assert "root/virtualization/v2" in session.namespaces()


# QueryInstances


def test_a_query_goes_as_it_is(session: mi.Session, connection: FakeConnection) -> None:
    query = "SELECT * FROM Win32_Service WHERE Name = 'Spooler'"
    (service,) = session.query_instances(query).all()
    assert connection.named("exec_query") == [("exec_query", query, SEMISYNCHRONOUS, ())]
    assert service == session.get_instance(SPOOLER)


def test_what_a_query_selects_has_the_types_and_the_key_of_its_class(session: mi.Session) -> None:
    query = "SELECT processid, Name FROM Win32_Service WHERE Name = 'Dhcp'"
    (service,) = session.query_instances(query).all()
    assert set(service) == {"Name", "ProcessId"}
    assert service.element("ProcessId").type is CimType.UINT32
    assert service.key == {"Name": "Dhcp"}
    assert service.missing


def test_what_was_selected_without_its_key_names_no_object(session: mi.Session) -> None:
    for service in session.query_instances("SELECT State FROM Win32_Service"):
        assert list(service) == ["State"]
        with pytest.raises(mi.InvalidParameter, match="lack of its key Name"):
            service.key  # noqa: B018 - it raises


def test_a_class_is_fetched_once_for_all_that_is_selected(
    session: mi.Session, connection: FakeConnection
) -> None:
    for _ in range(2):
        session.query_instances("SELECT State FROM Win32_Service").all()
    assert len(connection.named("get_class")) == 1


@pytest.mark.parametrize("flags", [OperationFlags.NO_RTTI, OperationFlags.BASIC_RTTI])
def test_who_wants_no_class_fetched_gets_what_the_object_says(
    session: mi.Session, connection: FakeConnection, flags: OperationFlags
) -> None:
    query = "SELECT ProcessId FROM Win32_Service WHERE Name = 'Dhcp'"
    (service,) = session.query_instances(query, flags=flags).all()
    assert connection.named("get_class") == []
    assert service.element("ProcessId").type is CimType.UINT32
    with pytest.raises(mi.InvalidParameter, match="keys of Win32_Service are not known"):
        service.key  # noqa: B018 - it raises


def test_what_is_of_no_class_that_there_is_comes_all_the_same(
    session: mi.Session, connection: FakeConnection
) -> None:
    connection.fail("get_class", WbemError(0x80041002))
    (service,) = session.query_instances(
        "SELECT ProcessId FROM Win32_Service WHERE Name = 'Dhcp'"
    ).all()
    assert not service.is_typed


def test_a_class_that_is_refused_ends_the_query(
    session: mi.Session, connection: FakeConnection
) -> None:
    connection.fail("get_class", WbemError(0x80041003))
    with pytest.raises(mi.AccessDenied):
        session.query_instances("SELECT State FROM Win32_Service").all()
    assert connection.open == set()


def test_a_class_is_looked_for_in_the_callers_store_first(connection: FakeConnection) -> None:
    store = mi.SchemaStore([connection.repository.find_class("root/cimv2", "Win32_Service")])
    with mi.Application() as application:
        application.handlers.register("WMIDCOM", FakeHandler(connection))
        options = mi.DestinationOptions(schema=store)
        with application.new_session("WMIDCOM", "server01", options) as session:
            session.query_instances("SELECT State FROM Win32_Service").all()
            session.query_instances("SELECT Name FROM Win32_Process").all()
    assert [call[1] for call in connection.named("get_class")] == ["Win32_Process"]
    assert store.find("root/cimv2", "Win32_Process") is not None


def test_a_class_that_a_schema_query_gives_is_an_instance_of_it(session: mi.Session) -> None:
    (one,) = session.query_instances("SELECT * FROM meta_class").all()
    assert (one.class_name, one["Name"]) == ("Win32_Service", None)


@pytest.mark.parametrize("dialect", ["CQL", "http://schemas.dmtf.org/wbem/cql/1/dsp0202.pdf"])
def test_another_language_is_none_of_wmis(session: mi.Session, dialect: str) -> None:
    with pytest.raises(mi.InvalidQuery) as caught:
        session.query_instances("SELECT 1", dialect=dialect).all()
    assert caught.value.result is Result.QUERY_LANGUAGE_NOT_SUPPORTED


@pytest.mark.parametrize("dialect", ["wql", "http://schemas.microsoft.com/wbem/wsman/1/WQL"])
def test_wql_has_two_names(session: mi.Session, dialect: str) -> None:
    assert session.query_instances("SELECT * FROM Win32_BIOS", dialect=dialect).all()


def test_a_wrong_query_is_one(session: mi.Session) -> None:
    with pytest.raises(mi.InvalidQuery, match="ExecQuery: SELEKT"):
        session.query_instances("SELEKT * FROM Win32_Service").all()


# Associations


def test_objects_around_one_are_asked_for_by_its_path(
    session: mi.Session, connection: FakeConnection
) -> None:
    found = session.associator_instances(
        SPOOLER,
        association_class="Win32_DependentService",
        result_class="Win32_BaseService",
        role="Dependent",
        result_role="Antecedent",
    ).all()
    assert {one.class_name for one in found} <= {"Win32_Service", "Win32_SystemDriver"}
    ((_, query, _, _),) = connection.named("exec_query")
    assert query == (
        'ASSOCIATORS OF {Win32_Service.Name="Spooler"} WHERE AssocClass = Win32_DependentService'
        " ResultClass = Win32_BaseService Role = Dependent ResultRole = Antecedent"
    )


def test_keys_of_objects_around_one_are_enough(session: mi.Session) -> None:
    found = session.associator_instances(SPOOLER, keys_only=True).all()
    assert found
    assert all(dict(one) == one.key for one in found)


def test_associations_of_an_object_are_references(
    session: mi.Session, connection: FakeConnection
) -> None:
    found = session.reference_instances(SPOOLER, "Win32_DependentService", "Dependent").all()
    assert found
    assert all(one["Dependent"]["Name"] == "Spooler" for one in found)
    ((_, query, _, _),) = connection.named("exec_query")
    assert query == (
        'REFERENCES OF {Win32_Service.Name="Spooler"} WHERE ResultClass = Win32_DependentService'
        " Role = Dependent"
    )


# EnumerateClasses


def test_classes_are_those_below_one(session: mi.Session, connection: FakeConnection) -> None:
    found = session.enumerate_classes("CIM_Service").all()
    assert [one.name for one in found] == ["Win32_BaseService"]
    assert found[0].properties
    assert connection.named("create_class_enum") == [
        ("create_class_enum", "CIM_Service", SEMISYNCHRONOUS | WbemFlags.SHALLOW, ())
    ]


def test_deep_is_all_of_them_and_names_are_enough(
    session: mi.Session, connection: FakeConnection
) -> None:
    found = session.enumerate_classes(
        "CIM_Service", deep=True, names_only=True, pattern="*_S*"
    ).all()
    assert found == [
        Class("Win32_Service", "root/cimv2", "server01"),
        Class("Win32_SystemDriver", "root/cimv2", "server01"),
    ]
    ((_, _, flags, _),) = connection.named("create_class_enum")
    assert flags == SEMISYNCHRONOUS


def test_without_a_class_they_are_those_at_the_top(session: mi.Session) -> None:
    names = [one.name for one in session.enumerate_classes(names_only=True)]
    assert "CIM_ManagedSystemElement" in names
    assert "Win32_Service" not in names


def test_classes_below_one_that_is_not_there_are_an_error(session: mi.Session) -> None:
    with pytest.raises(mi.InvalidClass):
        session.enumerate_classes("Nothing").all()


# Subscribe


def test_events_come_as_they_happen(session: mi.Session, connection: FakeConnection) -> None:
    flags = OperationFlags.LOCALIZED_QUALIFIERS  # which no event has
    with session.subscribe(CREATED, flags=flags) as operation:
        timer = threading.Timer(0.05, new_share, (connection, "new"))
        timer.start()
        event = next(operation)
        timer.join(30)
    assert event.instance["TargetInstance"]["Name"] == "new"
    assert (event.bookmark, event.machine_id) == (None, None)
    assert connection.named("exec_notification_query") == [
        ("exec_notification_query", CREATED, SEMISYNCHRONOUS, ())
    ]
    assert connection.open == set()


def test_of_an_event_a_part_may_be_selected(
    session: mi.Session, connection: FakeConnection
) -> None:
    query = CREATED.replace("*", "TargetInstance")
    with session.subscribe(query) as operation:
        timer = threading.Timer(0.05, new_share, (connection, "new"))
        timer.start()
        event = next(operation)
        timer.join(30)
    assert list(event.instance) == ["TargetInstance"]


def test_events_that_came_together_are_taken_together(
    session: mi.Session, connection: FakeConnection
) -> None:
    def new_shares() -> None:
        for name in ("one", "two", "three"):
            new_share(connection, name)

    with session.subscribe(CREATED) as operation:
        timer = threading.Timer(0.05, new_shares)
        timer.start()
        names = {next(operation).instance["TargetInstance"]["Name"] for _ in range(3)}
        timer.join(30)
    assert names == {"one", "two", "three"}
    asked = [call[1:] for call in connection.named("next")]
    assert (1, 1.0) in asked
    assert (256, 0.0) in asked


def delivery(**given: Any) -> SubscriptionDeliveryOptions:
    return SubscriptionDeliveryOptions(**given)


@pytest.mark.parametrize("end", [0.05, timedelta(seconds=0.05), datetime(2020, 1, 1, tzinfo=UTC)])
def test_a_subscription_ends_when_it_was_to_end(session: mi.Session, end: Any) -> None:
    begun = time.monotonic()
    assert session.subscribe(CREATED, delivery=delivery(expiration_time=end)).all() == []
    assert time.monotonic() - begun < 5


def test_push_delivery_is_not_to_be_had(session: mi.Session) -> None:
    with pytest.raises(mi.NotSupported, match="to a listener"):
        next(session.subscribe(CREATED, delivery=delivery(delivery_type="PUSH")))


def test_events_of_wmi_have_no_bookmarks(session: mi.Session, connection: FakeConnection) -> None:
    with pytest.raises(mi.NotSupported, match="no bookmarks"):
        next(session.subscribe(CREATED, delivery=delivery(bookmark="<BookmarkList/>")))
    newest = delivery(bookmark=BOOKMARK_NEWEST, expiration_time=0.01)
    assert session.subscribe(CREATED, delivery=newest).all() == []


def test_the_event_log_is_not_to_be_had_and_the_error_says_what_is(session: mi.Session) -> None:
    with pytest.raises(mi.NotSupported, match=r"SubscribeEventLog.*Win32_NTLogEvent"):
        next(session.subscribe_event_log("System"))


def test_shells_are_not_to_be_had_and_the_error_says_where_they_are(session: mi.Session) -> None:
    with (
        pytest.raises(mi.NotSupported, match=r"over WMIDCOM\. Use protocol='WINRM'"),
        session.shell() as shell,
    ):
        shell.run("hostname")


# How they are read


def test_portions_grow_and_keep_to_what_the_caller_wants(
    session: mi.Session, connection: FakeConnection
) -> None:
    session.query_instances("SELECT * FROM Win32_Service").all()
    assert [call[1] for call in connection.named("next")][:3] == [16, 32, 64]
    connection.calls.clear()
    options = mi.OperationOptions(max_elements=10)
    session.query_instances("SELECT * FROM Win32_Service", options=options).all()
    assert {call[1] for call in connection.named("next")} == {10}


def test_who_wants_to_know_that_it_began_is_told_before_anything_comes(
    session: mi.Session, connection: FakeConnection
) -> None:
    flags = OperationFlags.REPORT_OPERATION_STARTED
    found = session.query_instances("SELECT * FROM Win32_Service", flags=flags).all()
    assert found


def test_what_came_before_a_failure_is_given(
    session: mi.Session, connection: FakeConnection
) -> None:
    connection.largest = 5
    operation = session.query_instances("SELECT * FROM Win32_Service")
    given = [next(operation) for _ in range(5)]
    connection.fail("next", WbemError(0x80041033))
    with pytest.raises(mi.MIError) as caught:
        next(operation)
    assert len(given) == 5
    assert caught.value.result is Result.SERVER_IS_SHUTTING_DOWN
    assert connection.open == set()
