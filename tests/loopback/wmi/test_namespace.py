from __future__ import annotations

from typing import Any

import pytest

from mi.errors import NotSupported
from mi.instance import Instance
from mi.names import NameMap
from mi.schema import Class, Method
from protocols.dcom.object_writer import write_class, write_instance, write_parameters
from protocols.loopback import changes
from protocols.loopback.events import Events
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Invoked, Repository
from protocols.loopback.wmi.enumerators import S_FALSE
from protocols.loopback.wmi.failures import Failure
from protocols.loopback.wmi.namespace import Namespace
from tests.loopback.wmi.asked import NAMESPACE, class_in, failing, instance_in, instances_in

UPDATE_ONLY, CREATE_ONLY, SHALLOW = 1, 2, 1
SPOOLER = 'Win32_Service.Name="Spooler"'
NEW = {"Name": "NEW", "UserName": "me"}


@pytest.fixture
def repository() -> Repository:
    return sample_repository()


@pytest.fixture
def namespace(repository: Repository) -> Namespace:
    return Namespace(repository, NAMESPACE, Events(repository))


def test_a_namespace_is_there(repository: Repository, namespace: Namespace) -> None:
    assert namespace.name == NAMESPACE
    number, status = failing(lambda: Namespace(repository, "root/nothing", Events(repository)))
    assert (number, status["Operation"]) == (0x8004100E, "NTLMLogin")


def test_a_path_gives_a_class_or_an_instance(namespace: Namespace) -> None:
    assert class_in(namespace.get_object("Win32_Service")).keys == ("Name",)
    assert instance_in(namespace.get_object(SPOOLER))["Name"] == "Spooler"
    number, _ = failing(lambda: namespace.get_object("Win32_Nothing"))
    assert number == 0x80041002


# Enumerators


def test_queries_are_in_wql(namespace: Namespace) -> None:
    found = namespace.exec_query("wql", "SELECT * FROM Win32_LogicalDisk", 0)
    assert found.next(100, -1).hresult == S_FALSE
    for ask in (namespace.exec_query, namespace.exec_notification_query):
        number, status = failing(lambda ask=ask: ask("CQL", "SELECT", 0))
        assert (number, status["ParameterInfo"]) == (0x80041018, "CQL")


def test_instances_of_a_class_come_with_those_of_its_subclasses(namespace: Namespace) -> None:
    deep = namespace.create_instance_enum("CIM_Service", 0).next(1000, -1)
    assert len(deep.objects) > 100
    assert namespace.create_instance_enum("CIM_Service", SHALLOW).next(9, -1) == (S_FALSE, [])
    number, _ = failing(lambda: namespace.create_instance_enum("Win32_Nothing", 0))
    assert number == 0x80041010


def names(found: list[bytes]) -> list[str]:
    return [class_in(one).name for one in found]


def test_subclasses_come_with_theirs(namespace: Namespace) -> None:
    deep = names(namespace.create_class_enum("CIM_Service", 0).next(1000, -1).objects)
    assert "Win32_Service" in deep
    shallow = names(namespace.create_class_enum("CIM_Service", SHALLOW).next(1000, -1).objects)
    assert shallow == ["Win32_BaseService"]
    top = names(namespace.create_class_enum("", SHALLOW).next(1000, -1).objects)
    assert "CIM_ManagedSystemElement" in top
    number, _ = failing(lambda: namespace.create_class_enum("Win32_Nothing", 0))
    assert number == 0x80041010


def test_what_happens_comes_as_it_happens(repository: Repository, namespace: Namespace) -> None:
    query = (
        "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA"
        " 'Win32_Environment'"
    )
    found = namespace.exec_notification_query("WQL", query, 0x30)
    changes.create(repository, repository.find_class(NAMESPACE, "Win32_Environment"), NEW)
    (event,) = instances_in(found.next(1, -1).objects)
    assert event["TargetInstance"].key == NEW


# Changes


def put(
    repository: Repository, namespace: Namespace, given: Instance, flags: int = 0, **context: Any
) -> str:
    class_ = repository.find_class(NAMESPACE, given.class_name)
    data = write_instance(given.retyped(class_), class_)
    return namespace.put_instance(
        data, flags, {f"__PUT_{name}": it for name, it in context.items()}
    )


def volume(repository: Repository) -> Instance:
    return repository.get(NAMESPACE, "Win32_LogicalDisk", {"DeviceID": "C:"})


def test_a_new_instance_is_made(repository: Repository, namespace: Namespace) -> None:
    for flags in (0, CREATE_ONLY):
        given = Instance("Win32_Environment", NEW | {"Name": f"NEW{flags}"})
        path = put(repository, namespace, given, flags)
        assert path == rf'\\.\root\cimv2:Win32_Environment.Name="NEW{flags}",UserName="me"'
        assert instance_in(namespace.get_object(path)).key == dict(given)


def test_an_instance_that_is_there_is_not_made_again(
    repository: Repository, namespace: Namespace
) -> None:
    given = Instance("Win32_Environment", NEW)
    put(repository, namespace, given)
    with pytest.raises(Failure, match="0x80041019"):
        put(repository, namespace, given, CREATE_ONLY)
    with pytest.raises(Failure, match="0x80041008"):
        put(repository, namespace, Instance("Win32_Environment", {"Name": "x"}))


def test_one_that_is_not_there_is_not_updated(repository: Repository, namespace: Namespace) -> None:
    with pytest.raises(Failure, match="0x80041002"):
        put(repository, namespace, Instance("Win32_Environment", NEW), UPDATE_ONLY)


def test_what_is_not_null_is_written(repository: Repository, namespace: Namespace) -> None:
    given = Instance("Win32_LogicalDisk", {"DeviceID": "C:", "VolumeName": "new"})
    put(repository, namespace, given)
    assert volume(repository)["VolumeName"] == "new"
    given["VolumeName"] = None
    put(repository, namespace, given, UPDATE_ONLY)
    assert volume(repository)["VolumeName"] == "new"


def test_only_what_the_context_names_is_written(
    repository: Repository, namespace: Namespace
) -> None:
    given = Instance("Win32_LogicalDisk", {"DeviceID": "C:", "VolumeName": "new", "FreeSpace": 1})
    named = {"EXTENSIONS": True, "EXT_PROPERTIES": ["volumename"]}
    put(repository, namespace, given, UPDATE_ONLY, **named)
    assert volume(repository)["VolumeName"] == "new"
    assert volume(repository)["FreeSpace"] != 1
    given["VolumeName"] = None
    put(repository, namespace, given, UPDATE_ONLY, **named)
    assert volume(repository)["VolumeName"] == "new"
    put(repository, namespace, given, UPDATE_ONLY, **named, EXT_STRICT_NULLS=True)
    assert volume(repository)["VolumeName"] is None


def test_a_context_that_names_what_is_not_there_is_refused(
    repository: Repository, namespace: Namespace
) -> None:
    given = Instance("Win32_LogicalDisk", {"DeviceID": "C:"})
    with pytest.raises(Failure, match="0x80041008"):
        put(repository, namespace, given, 1, EXTENSIONS=True, EXT_PROPERTIES=["Nothing"])


def test_what_is_put_is_an_instance_of_a_class_that_is_there(
    repository: Repository, namespace: Namespace
) -> None:
    class_ = repository.find_class(NAMESPACE, "Win32_LogicalDisk")
    for data, number in (
        (write_class(class_), 0x8004100F),
        (b"nothing", 0x8004100F),
        (write_instance(Instance("Nothing"), Class("Nothing")), 0x80041010),
    ):
        assert failing(lambda data=data: namespace.put_instance(data, 0, {}))[0] == number


def test_an_instance_is_taken_away(repository: Repository, namespace: Namespace) -> None:
    path = put(repository, namespace, Instance("Win32_Environment", NEW))
    namespace.delete_instance(path)
    for asked, number in (
        (path, 0x80041002),
        ("Win32_Environment", 0x8004103A),
        ('Win32_LogicalDisk.DeviceID="C:"', 0x80041024),
    ):
        assert failing(lambda asked=asked: namespace.delete_instance(asked))[0] == number


# Methods


def given(repository: Repository, class_name: str, method: str, **values: Any) -> bytes | None:
    declared = repository.find_class(NAMESPACE, class_name).methods[method]
    return write_parameters(declared, Instance("Parameters", values))


def test_a_static_method_is_called_on_its_class(
    repository: Repository, namespace: Namespace
) -> None:
    data = given(repository, "Win32_Process", "Create", CommandLine="notepad.exe")
    found = instance_in(namespace.exec_method("Win32_Process", "create", data, {}))
    assert (found.class_name, found["ReturnValue"]) == ("__PARAMETERS", 0)
    assert found["ProcessId"] > 0


def test_another_one_is_called_on_an_instance(namespace: Namespace) -> None:
    found = instance_in(namespace.exec_method(SPOOLER, "StartService", None, {}))
    assert dict(found) == {"ReturnValue": 0}
    assert instance_in(namespace.get_object(SPOOLER))["State"] == "Running"


def test_the_context_and_what_was_given_reach_the_method(
    repository: Repository, namespace: Namespace
) -> None:
    came: list[Invoked] = []

    def answer(invoked: Invoked) -> dict[str, Any]:
        came.append(invoked)
        return {"ReturnValue": 0}

    repository.on("Win32_Process", "Create", answer)
    data = given(repository, "Win32_Process", "Create", CommandLine="x")
    namespace.exec_method("Win32_Process", "Create", data, {"__Arch": 64, "B": True})
    namespace.exec_method('Win32_Process.Handle="4"', "Create", None, {})
    assert came[0].parameters == {"CommandLine": "x"}
    assert came[0].context == {"__arch": "64", "b": "true"}
    assert [one.instance for one in came] == [None, None]


def test_a_method_of_nothing_gives_nothing_back(
    repository: Repository, namespace: Namespace
) -> None:
    methods = NameMap([("Quiet", Method("Quiet"))])
    repository.add_class(Class("Quiet", NAMESPACE, methods=methods))
    repository.add(Instance("Quiet", namespace=NAMESPACE))
    repository.on("Quiet", "Quiet", lambda _: {})
    assert namespace.exec_method("Quiet=@", "Quiet", None, {}) is None


def test_what_is_wrong_with_a_call_is_told(repository: Repository, namespace: Namespace) -> None:
    def refuse(_: Invoked) -> dict[str, Any]:
        raise NotSupported("no")

    repository.on("Win32_Service", "StopService", refuse)
    del repository.methods["win32_service", "pauseservice"]
    for path, method, number in (
        ("Win32_Nothing", "Create", 0x80041002),
        ("Win32_Process", "Nothing", 0x8004102E),
        ("Win32_Service", "StartService", 0x8004102F),
        (SPOOLER, "PauseService", 0x80041056),
        (SPOOLER, "StopService", 0x80041024),
    ):
        said, status = failing(lambda p=path, m=method: namespace.exec_method(p, m, None, {}))
        assert (said, status["Operation"]) == (number, "ExecMethod")
