"""An object is the same whichever way it came: both handlers over one repository, side by side."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

import mi
from mi.elements import Element
from mi.instance import Instance
from mi.results import CimType, Flags, OperationFlags
from mi.schema import Class
from protocols.loopback import Endpoint, sample_repository
from protocols.loopback.dcom import DcomEndpoint
from protocols.loopback.instances import new_instance
from tests.wmidcom.endpoints import open_enumerators

HOST = "127.0.0.1"
SPOOLER = Instance("Win32_Service", {"Name": "Spooler"})


class Both(NamedTuple):
    """A session of each kind, to the same repository."""

    winrm: mi.Session
    wmidcom: mi.Session
    http: Endpoint
    dcom: DcomEndpoint

    def ask(self, question: Callable[[mi.Session], Any]) -> tuple[Any, Any]:
        return question(self.winrm), question(self.wmidcom)

    def errors(self, question: Callable[[mi.Session], Any]) -> tuple[mi.MIError, mi.MIError]:
        caught = []
        for session in self[:2]:
            with pytest.raises(mi.MIError) as one:
                question(session)
            caught.append(one.value)
        return caught[0], caught[1]


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    repository = sample_repository()
    _add_all_types(repository.find_class("root/cimv2", "Loopback_AllTypes"), repository.add)
    with (
        Endpoint(repository) as http,
        DcomEndpoint(repository) as dcom,
        mi.connect(
            HOST, protocol="WINRM",
            options=mi.DestinationOptions(destination_port=http.port, credentials=http.credentials),
        ) as winrm,
        mi.connect(
            HOST, protocol="WMIDCOM",
            options=mi.DestinationOptions(destination_port=dcom.port, credentials=dcom.credentials),
        ) as wmidcom,
    ):  # fmt: skip
        for session in (winrm, wmidcom):
            # Of what references name, that the class is known tells more; nobody asks for it.
            for name in ("Win32_Service", "Win32_Share", "Win32_SystemDriver"):
                session.get_class(name)
        yield Both(winrm, wmidcom, http, dcom)


def _add_all_types(class_: Class, add: Callable[[Instance], None]) -> None:
    inner = Instance("Win32_Share", {"Name": "C$"}, namespace="root/cimv2")
    extremes: dict[CimType, tuple[Any, ...]] = {
        CimType.BOOLEAN: (True, False),
        CimType.UINT8: (0, 255),
        CimType.SINT8: (-128, 127),
        CimType.UINT16: (0, 65535),
        CimType.SINT16: (-32768, 32767),
        CimType.UINT32: (0, 2**32 - 1),
        CimType.SINT32: (-(2**31), 2**31 - 1),
        CimType.UINT64: (0, 2**64 - 1),
        CimType.SINT64: (-(2**63), 2**63 - 1),
        CimType.REAL32: (-1.5, 0.25),
        CimType.REAL64: (1e300, -0.1),
        CimType.CHAR16: ("a", "\u20ac"),
        CimType.DATETIME: (datetime(2026, 11, 1, 6, 30, 15, 500000, tzinfo=UTC),
                           datetime(1999, 12, 31, tzinfo=UTC)),
        CimType.STRING: ("", "\u00e4\u20ac\U0001f600 'quoted' \\ \"twice\""),
    }  # fmt: skip
    for number, key in enumerate(("one", "two")):
        values: dict[str, Any] = {"Id": key}
        for name, declared in class_.properties.items():
            known = extremes.get(declared.type.scalar)
            if name == "Id" or known is None:
                continue
            if name.startswith("Interval"):
                values[name] = timedelta(days=3, seconds=7)
            else:
                values[name] = list(known) if declared.type.is_array else known[number]
        values["ReferenceValue"] = inner
        add(new_instance(class_, values))
    add(new_instance(class_, {"Id": "nothing"}))
    arrays = {name: [] for name, declared in class_.properties.items() if declared.type.is_array}
    add(new_instance(class_, {"Id": "empty", **arrays}))


def facts(value: Any, *, is_inner: bool = False) -> Any:
    """Return all that can be told of a value, its Python types too, in a form that compares."""
    if isinstance(value, list):
        return [facts(one, is_inner=is_inner) for one in value]
    if not isinstance(value, Instance):
        return type(value), value
    # Within WMI an embedded object has all of its properties; in XML those that were given.
    told = (one for one in value.elements() if not (is_inner and one.value is None))
    elements = sorted(map(_element, told), key=lambda one: one[0])
    try:
        key: Any = {name: facts(one, is_inner=True) for name, one in value.key.items()}
    except mi.MIError as error:
        key = type(error)
    return (
        value.class_name, value.namespace,
        None if is_inner else value.server_name,  # a path says its server's own name
        value.is_typed, value.modified,
        value.is_received, key, elements,
    )  # fmt: skip


def _element(element: Element) -> tuple[str, Any, Any, Flags]:
    return element.name, facts(element.value, is_inner=True), element.type, element.flags


def in_order(instances: list[Instance]) -> list[Any]:
    return sorted(map(facts, instances), key=str)


def assert_same(both: Both, question: Callable[[mi.Session], Any]) -> list[Instance]:
    winrm, wmidcom = both.ask(question)
    assert winrm == wmidcom
    if isinstance(winrm, list):
        assert in_order(winrm) == in_order(wmidcom)
        return wmidcom
    assert facts(winrm) == facts(wmidcom)
    return [wmidcom]


CLASSES = (
    "Win32_OperatingSystem", "Win32_ComputerSystem", "Win32_Service", "Win32_Process",
    "Win32_LogicalDisk", "Win32_BIOS", "Win32_NetworkAdapter", "Win32_UserAccount",
    "Win32_QuickFixEngineering", "Win32_DependentService", "CIM_LogicalElement",
)  # fmt: skip


@pytest.mark.parametrize("class_name", CLASSES)
def test_instances_of_a_class_are_the_same(both: Both, class_name: str) -> None:
    found = assert_same(both, lambda session: sorted_by_path(session, class_name))
    assert found


def sorted_by_path(session: mi.Session, class_name: str) -> list[Instance]:
    found = session.enumerate_instances(class_name).all()
    return sorted(found, key=lambda one: (one.class_name, str(one.key)))


@pytest.mark.parametrize("key", ["one", "two", "nothing", "empty"])
def test_an_object_of_all_types_is_the_same(both: Both, key: str) -> None:
    named = Instance("Loopback_AllTypes", {"Id": key})
    (found,) = assert_same(both, lambda session: session.get_instance(named))
    assert found["Id"] == key


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM Win32_Service WHERE State = 'Running' AND Name LIKE 'S%'",
        "SELECT Name, ProcessId FROM Win32_Service WHERE Name = 'Spooler'",
        "SELECT ProcessId FROM Win32_Service WHERE Name = 'Spooler'",
        "SELECT Uint64Value, StringArray FROM Loopback_AllTypes WHERE Id = 'one'",
        "SELECT Name FROM Win32_BaseService WHERE Name = 'Spooler'",
    ],
)
def test_what_a_query_selects_is_the_same(both: Both, query: str) -> None:
    assert assert_same(both, lambda session: session.query_instances(query).all())


def test_keys_alone_are_the_same_once_the_class_is_known(both: Both) -> None:
    both.ask(lambda session: session.get_class("Win32_Service"))
    found = assert_same(
        both, lambda session: session.enumerate_instances("Win32_Service", keys_only=True).all()
    )
    assert len(found) > 1


def test_shallow_instances_are_the_same(both: Both) -> None:
    flags = OperationFlags.POLYMORPHISM_SHALLOW
    for class_name in ("Win32_BaseService", "Win32_Share"):
        assert_same(
            both,
            lambda session, name=class_name: session.enumerate_instances(name, flags=flags).all(),
        )


def test_base_properties_are_the_same(both: Both) -> None:
    flags = OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY
    assert assert_same(
        both, lambda session: session.enumerate_instances("CIM_LogicalDisk", flags=flags).all()
    )


def test_what_is_around_an_object_is_the_same(both: Both) -> None:
    for ask in ("associator_instances", "reference_instances"):
        assert assert_same(
            both,
            lambda session, name=ask: sorted(
                getattr(session, name)(SPOOLER).all(), key=lambda one: str(facts(one))
            ),
        )


@pytest.mark.parametrize("class_name", ["Win32_Service", "Loopback_AllTypes", "CIM_Service"])
def test_a_class_is_the_same(both: Both, class_name: str) -> None:
    winrm, wmidcom = both.ask(lambda session: session.get_class(class_name))
    assert winrm.layout == wmidcom.layout
    assert class_facts(winrm) == class_facts(wmidcom)


def class_facts(class_: Class) -> Any:
    return (
        class_.name, class_.namespace, class_.server_name, class_.superclass, class_.keys,
        class_.flags,
        {name: (one.type, one.flags, one.default) for name, one in class_.properties.items()},
        {
            name: (
                one.return_type, one.is_static,
                {key: (given.type, given.flags) for key, given in one.parameters.items()},
            )
            for name, one in class_.methods.items()
        },
    )  # fmt: skip


def test_names_of_classes_are_the_same(both: Both) -> None:
    winrm, wmidcom = both.ask(
        lambda session: sorted(
            session.enumerate_classes("CIM_LogicalElement", deep=True, names_only=True).all(),
            key=lambda one: one.name,
        )
    )
    assert winrm == wmidcom
    assert winrm


def test_namespaces_are_the_same(both: Both) -> None:
    winrm, wmidcom = both.ask(lambda session: list(session.namespaces()))
    assert winrm == wmidcom


def test_what_a_method_gives_back_is_the_same(both: Both) -> None:
    given = {
        "BooleanValue": False, "Uint64Value": 2**64 - 1, "Sint8Value": -5, "Real64Value": 0.1,
        "Char16Value": "\u20ac", "StringValue": "\U0001f600", "StringArray": ["a", "", "b"],
        "DatetimeValue": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "Uint8Array": [0, 255],
        "BooleanArray": [True, False], "IntervalValue": timedelta(days=1),
        "InstanceValue": Instance("Win32_Share", {"Name": "C$"}),
    }  # fmt: skip
    winrm, wmidcom = both.ask(lambda session: session.invoke("Loopback_AllTypes", "Echo", given))
    assert winrm.return_value == wmidcom.return_value
    assert (winrm.method, winrm.is_typed) == (wmidcom.method, wmidcom.is_typed)
    assert list(winrm.out) == list(wmidcom.out)
    for name in given:
        assert facts([winrm.out[name]], is_inner=True) == facts(
            [wmidcom.out[name]], is_inner=True
        ), name


def test_what_is_created_is_named_the_same(both: Both) -> None:
    numbers = iter(("w", "d"))
    winrm, wmidcom = both.ask(
        lambda session: session.create_instance(
            Instance("Loopback_AllTypes", {"Id": next(numbers), "Uint8Value": 1})
        )
    )
    winrm_facts, wmidcom_facts = facts(winrm), facts(wmidcom)
    assert winrm_facts[:6] == wmidcom_facts[:6]
    assert (dict(winrm), dict(wmidcom)) == ({"Id": "w"}, {"Id": "d"})


def test_what_is_modified_is_the_same_whoever_did_it(both: Both) -> None:
    key = Instance("Loopback_AllTypes", {"Id": "two"})
    for session, other in ((both.winrm, both.wmidcom), (both.wmidcom, both.winrm)):
        instance = session.get_instance(key)
        before = dict(instance)
        instance["StringValue"] = f"by {session.protocol}"
        instance["Uint32Array"] = None
        session.modify_instance(instance)
        now = dict(other.get_instance(key))
        assert now.pop("StringValue") == f"by {session.protocol}"
        assert now.pop("Uint32Array") is None
        before = {name: value for name, value in before.items() if name in now}
        assert facts_of(now) == facts_of(before)


def facts_of(values: dict[str, Any]) -> dict[str, Any]:
    return {name: facts(value, is_inner=True) for name, value in values.items()}


@pytest.mark.parametrize("what", ["*", "TargetInstance"])
def test_an_event_is_the_same(both: Both, what: str) -> None:
    query = (
        f"SELECT {what} FROM __InstanceCreationEvent WITHIN 1"  # noqa: S608 - ours
        " WHERE TargetInstance ISA 'Loopback_AllTypes'"
    )
    with ThreadPoolExecutor(2) as pool, ExitStack() as stack:
        operations = [stack.enter_context(session.subscribe(query)) for session in both[:2]]
        events = [pool.submit(next, operation) for operation in operations]
        until = time.monotonic() + 20
        while not (len(both.http.subscriptions) and open_enumerators(both.dcom)):
            assert time.monotonic() < until
            time.sleep(0.01)
        both.winrm.create_instance(Instance("Loopback_AllTypes", {"Id": f"event {what}"}))
        winrm, wmidcom = (without_time(event.result(20).instance) for event in events)
    assert facts(winrm) == facts(wmidcom)
    assert winrm["TargetInstance"]["Id"] == f"event {what}"


def without_time(event: Instance) -> Instance:
    """Return an event without what tells when it was made."""
    if "TIME_CREATED" in event:
        assert isinstance(event["TIME_CREATED"], int)
        twin = event.copy()
        twin["TIME_CREATED"] = None
        return twin
    return event


MISTAKES: dict[str, Callable[[mi.Session], Any]] = {
    "no such object": lambda session: session.get_instance(
        Instance("Win32_Service", {"Name": "none"})
    ),
    "no such class": lambda session: session.enumerate_instances("Win32_Nothing").all(),
    "no such class to declare": lambda session: session.get_class("Win32_Nothing"),
    "no such namespace": lambda session: session.get_class("X", namespace="root/nowhere"),
    "no query": lambda session: session.query_instances("SELEKT 1").all(),
    "no such property": lambda session: session.query_instances(
        "SELECT Nothing FROM Win32_Service"
    ).all(),
    "no such language": lambda session: session.query_instances("x", dialect="XQL").all(),
    "no such method": lambda session: session.invoke(SPOOLER, "Nothing"),
    "no such parameter": lambda session: session.invoke(SPOOLER, "StopService", {"X": 1}),
    "no such object to call": lambda session: session.invoke(
        Instance("Win32_Service", {"Name": "none"}), "StopService"
    ),
    "no such object to delete": lambda session: session.delete_instance(
        Instance("Loopback_AllTypes", {"Id": "none"})
    ),
    "one is there already": lambda session: session.create_instance(
        Instance("Loopback_AllTypes", {"Id": "one"})
    ),
    "a property that there is not": lambda session: session.create_instance(
        Instance("Loopback_AllTypes", {"Id": "x", "Nothing": 1})
    ),
    "a value that does not fit": lambda session: session.create_instance(
        Instance("Loopback_AllTypes", {"Id": "x", "Uint8Value": 256})
    ),
    "nothing was set": lambda session: session.modify_instance(
        session.get_instance(Instance("Loopback_AllTypes", {"Id": "one"}))
    ),
    "a key was set": lambda session: session.modify_instance(
        changed(session.get_instance(Instance("Loopback_AllTypes", {"Id": "one"})), Id="other")
    ),
    "a property that is read only": lambda session: session.modify_instance(
        changed(session.get_instance(SPOOLER), DisplayName="other")
    ),
    "nobody can delete it": lambda session: session.delete_instance(
        session.enumerate_instances("Win32_BIOS").all()[0]
    ),
    "classes below none": lambda session: session.enumerate_classes("Win32_Nothing").all(),
    "around none": lambda session: session.associator_instances(
        Instance("Win32_Service", {"Name": "none"})
    ).all(),
    "no event query": lambda session: next(session.subscribe("SELECT * FROM Win32_Service")),
}


def changed(instance: Instance, **values: Any) -> Instance:
    instance.update(values)
    return instance


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_the_same(both: Both, mistake: str) -> None:
    winrm, wmidcom = both.errors(MISTAKES[mistake])
    assert (type(winrm), winrm.result, winrm.category) == (
        type(wmidcom), wmidcom.result, wmidcom.category,
    )  # fmt: skip
    assert winrm.extended_error["CIMStatusCode"] == wmidcom.extended_error["CIMStatusCode"]
    assert (winrm.host, winrm.operation) == (wmidcom.host, wmidcom.operation)
    assert winrm.outcome_unknown == wmidcom.outcome_unknown
