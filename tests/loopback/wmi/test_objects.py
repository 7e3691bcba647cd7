from __future__ import annotations

import pytest

from mi.instance import Instance
from mi.schema import Class
from protocols.dcom.object_writer import write_class
from protocols.loopback.population import sample_repository
from protocols.loopback.wmi.objects import Objects
from tests.loopback.wmi.asked import NAMESPACE, class_in, failing, instance_in, instances_in

OBJECTS = Objects(sample_repository(), NAMESPACE)


def named(path: str) -> Class | Instance:
    return OBJECTS.named(path, "GetObject")


@pytest.mark.parametrize(
    "path",
    ["Win32_Service", r"\\.\root\cimv2:win32_service", "root/cimv2:Win32_Service"],
)
def test_a_path_names_a_class(path: str) -> None:
    found = named(path)
    assert isinstance(found, Class)
    assert found.name == "Win32_Service"


@pytest.mark.parametrize(
    "path",
    [
        'Win32_Service.Name="spooler"',
        r'\\ANY\root\cimv2:Win32_Service.Name="Spooler"',
        'Win32_BaseService.Name="Spooler"',
        'Win32_Service="Spooler"',
    ],
)
def test_a_path_names_an_instance(path: str) -> None:
    found = named(path)
    assert isinstance(found, Instance)
    assert (found.class_name, found["Name"]) == ("Win32_Service", "Spooler")


def test_a_path_names_a_singleton() -> None:
    found = named("Win32_OperatingSystem=@")
    assert isinstance(found, Instance)
    assert found["CSName"] == "WIN-LAB01"


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("Win32_Nothing", 0x80041002),
        ('Win32_Nothing.Name="x"', 0x80041002),
        ('Win32_Service.Name="Nobody"', 0x80041002),
        ('Win32_Service.State="Running"', 0x8004103A),
        ('Win32_Service.Name="x",Other="y"', 0x8004103A),
        ('Win32_Environment="x"', 0x8004103A),
        (r"\\.\root\nothing:Win32_Service", 0x8004100E),
        ("", 0x8004100F),
        ("Win32_Service.", 0x8004103A),
    ],
)
def test_what_a_path_does_not_name_is_told(path: str, number: int) -> None:
    found, status = failing(lambda: named(path))
    assert found == number
    assert (status["Operation"], status["ParameterInfo"]) == ("GetObject", path)


def test_objects_are_written_with_their_classes() -> None:
    found = instance_in(OBJECTS.written(named('Win32_Service.Name="Spooler"')))
    assert found == named('Win32_Service.Name="Spooler"')
    assert found.key == {"Name": "Spooler"}
    assert class_in(OBJECTS.written(named("Win32_Service"))).keys == ("Name",)


def test_a_projection_has_a_class_with_no_more_properties() -> None:
    service = named('Win32_Service.Name="Spooler"')
    assert isinstance(service, Instance)
    (found,) = instances_in(OBJECTS.projected([service], ("State", "Name")))
    assert dict(found) == {"Name": "Spooler", "State": "Stopped"}
    assert found.missing == ()
    one = OBJECTS.limited("Win32_Service", ("Name",))
    assert OBJECTS.limited("win32_service", ("Name",)) is one


def test_what_a_client_sends_is_read() -> None:
    service = named('Win32_Service.Name="Spooler"')
    assert OBJECTS.read(OBJECTS.written(service), "PutInstance") == service
    number, _ = failing(lambda: OBJECTS.read(b"nothing", "PutInstance"))
    assert number == 0x8004100F
    class_ = named("Win32_Service")
    assert isinstance(class_, Class)
    number, _ = failing(lambda: OBJECTS.read(write_class(class_), "PutInstance"))
    assert number == 0x8004100F


def test_classes_are_found_in_the_namespace_unless_another_is_named() -> None:
    assert OBJECTS.find(None, "Win32_Service") is named("Win32_Service")
    assert OBJECTS.find("root/nothing", "Win32_Service") is None
    assert OBJECTS.find(None, "Win32_Nothing") is None
