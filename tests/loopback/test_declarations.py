"""The sample's classes are Windows' own: names, types, keys, flags, qualifiers, inheritance."""

import json
from importlib import resources

import pytest

from mi.results import CimType, Flags
from mi.schema import Class
from protocols.loopback.declarations import declared_classes

CLASSES = {(one.namespace, one.name): one for one in declared_classes()}


def cimv2(name: str) -> Class:
    return CLASSES["root/cimv2", name]


def test_a_class_has_what_its_ancestors_declare() -> None:
    service = cimv2("Win32_Service")
    assert service.derivation == (
        "Win32_BaseService", "CIM_Service", "CIM_LogicalElement", "CIM_ManagedSystemElement",
    )  # fmt: skip
    assert service.superclass == "Win32_BaseService"
    assert len(service.properties) == 26
    assert len(service.methods) == 12


def test_properties_stand_in_alphabetical_order_without_case() -> None:
    for declared in CLASSES.values():
        names = list(declared.properties)
        assert names == sorted(names, key=str.lower), declared.name


def test_an_inherited_member_says_where_it_comes_from_and_that_it_is_propagated() -> None:
    state = cimv2("Win32_Service").properties["State"]
    assert (state.origin, state.propagated) == ("Win32_BaseService", True)
    assert state.qualifiers["write"].propagated
    own = cimv2("Win32_Service").properties["ProcessId"]
    assert (own.origin, own.propagated) == ("Win32_Service", False)


def test_an_overridden_property_keeps_its_origin_and_has_its_own_qualifiers() -> None:
    # Win32_OperatingSystem.Description as Server 2016 declares it (recorded).
    name = cimv2("CIM_Service").properties["Name"]
    assert (name.origin, name.propagated) == ("CIM_ManagedSystemElement", True)
    assert name.qualifiers["Override"].value == "Name"
    assert not name.qualifiers["key"].propagated
    assert name.flags & Flags.KEY


def test_keys_are_what_windows_calls_keys_and_not_the_standards() -> None:
    assert cimv2("Win32_Service").keys == ("Name",)
    assert cimv2("Win32_NTLogEvent").keys == ("Logfile", "RecordNumber")
    system = cimv2("Win32_OperatingSystem")
    assert system.keys == ()
    assert system.properties["CSName"].qualifiers["CIM_Key"].value is True


def test_a_singleton_an_association_and_an_abstract_class_say_so() -> None:
    assert cimv2("Win32_OperatingSystem").qualifiers["Singleton"].value is True
    assert cimv2("Win32_GroupUser").flags & Flags.ASSOCIATION
    assert cimv2("Win32_BaseService").flags & Flags.ABSTRACT


def test_what_a_class_says_of_itself_alone_is_not_inherited() -> None:
    assert "Abstract" not in cimv2("Win32_Service").qualifiers
    assert "Association" in cimv2("Win32_DependentService").qualifiers
    assert cimv2("Win32_DependentService").qualifiers["Association"].propagated


def test_values_are_mapped_by_qualifiers() -> None:
    kind = cimv2("Win32_LogicalDisk").properties["DriveType"].qualifiers
    assert kind["ValueMap"].value[:2] == ["0", "1"]
    assert kind["Values"].value[0] == "Unknown"
    assert kind["Values"].flags & Flags.TRANSLATABLE
    assert "Values" not in cimv2("Win32_Service").properties["State"].qualifiers
    days = cimv2("Win32_ScheduledJob").properties["DaysOfWeek"].qualifiers
    assert (days["BitMap"].value[0], "ValueMap" in days) == ("1", False)


def test_read_and_write_say_what_may_be_set() -> None:
    properties = cimv2("Win32_LogicalDisk").properties
    assert properties["FreeSpace"].flags & Flags.READ_ONLY
    assert not properties["VolumeName"].flags & Flags.READ_ONLY


def test_a_method_has_its_parameters_in_order_with_direction_and_type() -> None:
    create = cimv2("Win32_Process").methods["Create"]
    assert create.is_static
    assert create.return_type is CimType.UINT32
    assert list(create.parameters) == [
        "CommandLine", "CurrentDirectory", "ProcessStartupInformation", "ProcessId",
    ]  # fmt: skip
    assert create.parameters["ProcessId"].flags & Flags.OUT
    startup = create.parameters["ProcessStartupInformation"]
    assert (startup.type, startup.class_name) == (CimType.INSTANCE, "Win32_ProcessStartup")
    assert startup.qualifiers["EmbeddedInstance"].value == "Win32_ProcessStartup"
    assert [one.qualifiers["ID"].value for one in create.parameters.values()] == [0, 1, 2, 3]
    assert create.qualifiers["ValueMap"].value[0] == "0"


def test_a_method_is_inherited_too() -> None:
    reboot = cimv2("Win32_OperatingSystem").methods["Reboot"]
    assert (reboot.origin, reboot.propagated) == ("CIM_OperatingSystem", True)


def test_one_class_has_every_type_as_value_and_as_array() -> None:
    types = {declared.type for declared in cimv2("Loopback_AllTypes").properties.values()}
    assert types == set(CimType)


def test_an_embedded_object_of_any_class_says_only_that() -> None:
    qualifiers = cimv2("Loopback_AllTypes").properties["ObjectValue"].qualifiers
    assert qualifiers["EmbeddedObject"].value is True
    assert "EmbeddedInstance" not in qualifiers


@pytest.mark.parametrize("namespace", ["root", "root/cimv2", "root/Microsoft/Windows/Storage"])
def test_system_classes_are_in_every_namespace(namespace: str) -> None:
    assert (namespace, "__Namespace") in CLASSES
    assert CLASSES[namespace, "MSFT_WmiError"].derivation == ("CIM_Error",)


def test_every_superclass_is_declared_before_its_subclasses() -> None:
    seen: set[tuple[str | None, str | None]] = set()
    for key, declared in CLASSES.items():
        assert declared.superclass is None or (key[0], declared.superclass) in seen
        seen.add(key)


def test_the_table_is_small() -> None:
    data = resources.files("protocols.loopback").joinpath("classes.json").read_bytes()
    assert len(data) < 110_000
    assert set(json.loads(data)) == {"classes", "values"}
