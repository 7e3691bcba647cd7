"""This machine's own WMI, on Windows: what any Windows has, and Wine too.

What Wine 8 lacks (creating, modifying and deleting, declarations with qualifiers, events) is tried
with COM objects made of callbacks, in tests/wmidcom/com.
"""

import os
import sys
from collections.abc import Iterator
from datetime import datetime

import pytest

import mi
from mi.errors import InvalidNamespace, InvalidQuery, NotFound
from mi.results import CimType

if sys.platform != "win32":
    pytest.skip("needs Windows", allow_module_level=True)

_LOCAL_MACHINE = -0x7FFFFFFE  # HKEY_LOCAL_MACHINE, where a sint32 holds it
_ROOT_DEFAULT = "root/default"
_THREADS, _CALLS = 4, 5


@pytest.fixture(scope="module")
def session() -> Iterator[mi.Session]:
    with mi.Application() as application, application.new_session() as session:
        yield session


@pytest.mark.parametrize("destination", [None, ".", "localhost"])
def test_a_session_without_a_destination_is_one_with_this_machine(destination: str | None) -> None:
    with mi.Application() as application:
        with application.new_session("WMIDCOM", destination) as session:
            session.test_connection()
            (system,) = session.query_instances("SELECT * FROM Win32_OperatingSystem").all()
        assert system["CSName"].lower() == os.environ["COMPUTERNAME"].lower()
        assert (system.namespace, system.server_name) == ("root/cimv2", destination)


def test_values_have_the_types_of_their_properties(session: mi.Session) -> None:
    (system,) = session.enumerate_instances("Win32_OperatingSystem").all()
    for name, cim_type, kind in (
        ("Caption", CimType.STRING, str),
        ("OSLanguage", CimType.UINT32, int),
        ("OSType", CimType.UINT16, int),
        ("CurrentTimeZone", CimType.SINT16, int),
        ("TotalVisibleMemorySize", CimType.UINT64, int),
        ("Primary", CimType.BOOLEAN, bool),
        ("LocalDateTime", CimType.DATETIME, datetime),
    ):
        element = system.element(name)
        assert (element.type, type(element.value)) == (cim_type, kind), name


def test_a_query_selects_and_projects(session: mi.Session) -> None:
    query = mi.wql.query("SELECT Handle, Name FROM Win32_Process WHERE ProcessId = {}", os.getpid())
    (process,) = session.query_instances(query).all()
    assert sorted(process) == ["Handle", "Name"]
    assert (process["Handle"], process["Name"].lower()) == (str(os.getpid()), "python.exe")


def test_many_objects_come_in_several_batches(session: mi.Session) -> None:
    options = mi.OperationOptions(max_elements=2)
    found = session.query_instances("SELECT * FROM Win32_Process", options=options).all()
    assert len(found) > 4
    assert len({one["Handle"] for one in found}) == len(found)


def test_an_object_is_got_by_its_key(session: mi.Session) -> None:
    disk = session.get_instance(mi.Instance("Win32_LogicalDisk", {"DeviceID": "C:"}))
    assert disk["Name"] == "C:"
    assert disk.element("Size").type is CimType.UINT64


def test_what_is_not_there_is_not_found(session: mi.Session) -> None:
    with pytest.raises(NotFound) as caught:
        session.get_instance(mi.Instance("Win32_LogicalDisk", {"DeviceID": "#:"}))
    assert caught.value.native_code == 0x80041002
    assert caught.value.extended_error["CIMStatusCode"] == 6


def test_a_query_that_is_none_is_refused(session: mi.Session) -> None:
    with pytest.raises(InvalidQuery) as caught:
        session.query_instances("SELEC * FROM Win32_Process").all()
    assert caught.value.native_code == 0x80041017


def test_a_namespace_that_is_not_there_is_refused(session: mi.Session) -> None:
    with pytest.raises(InvalidNamespace) as caught:
        session.query_instances("SELECT * FROM X", namespace="root/none").all()
    assert caught.value.native_code == 0x8004100E


def test_a_static_method_is_called(session: mi.Session) -> None:
    parameters = {"CommandLine": "cmd.exe /c exit"}
    result = session.invoke("Win32_Process", "Create", parameters)
    result.check()
    assert result.out["ProcessId"] > 0


def test_a_method_of_an_object_is_called(session: mi.Session) -> None:
    query = mi.wql.query("SELECT * FROM Win32_Process WHERE ProcessId = {}", os.getpid())
    (process,) = session.query_instances(query).all()
    owner = session.invoke(process, "GetOwner")
    owner.check()
    assert owner.out["User"]


def _key(session: mi.Session) -> int:
    """Return the number of HKEY_LOCAL_MACHINE in the type that the provider declares."""
    declared = session.get_class("StdRegProv", namespace=_ROOT_DEFAULT)
    is_signed = declared.methods["EnumKey"].parameters["hDefKey"].type is CimType.SINT32
    return _LOCAL_MACHINE if is_signed else _LOCAL_MACHINE + (1 << 32)


def test_the_registry_is_read(session: mi.Session) -> None:
    key = {"hDefKey": _key(session), "sSubKeyName": "Software\\Microsoft"}
    keys = session.invoke("StdRegProv", "EnumKey", key, namespace=_ROOT_DEFAULT)
    keys.check()
    assert "Windows NT" in keys.out["sNames"]
    named = {
        "hDefKey": key["hDefKey"],
        "sSubKeyName": "Software\\Microsoft\\Windows NT\\CurrentVersion",
        "sValueName": "CurrentVersion",
    }
    value = session.invoke("StdRegProv", "GetStringValue", named, namespace=_ROOT_DEFAULT)
    value.check()
    assert value.out["sValue"].startswith("6.")


def test_a_key_that_is_not_there_is_a_return_value(session: mi.Session) -> None:
    key = {"hDefKey": _key(session), "sSubKeyName": "Software\\None of this name"}
    result = session.invoke("StdRegProv", "EnumKey", key, namespace=_ROOT_DEFAULT)
    assert result.return_value == 2  # ERROR_FILE_NOT_FOUND


def test_objects_around_an_object_are_found(session: mi.Session) -> None:
    (disk,) = session.query_instances("SELECT * FROM Win32_LogicalDisk WHERE DeviceID='C:'").all()
    around = session.associator_instances(disk).all()
    assert "Win32_DiskPartition" in {one.class_name for one in around}


def test_a_declaration_has_the_properties_and_the_methods(session: mi.Session) -> None:
    declared = session.get_class("Win32_Process")
    assert declared.properties["ProcessId"].type is CimType.UINT32
    created = declared.methods["Create"]
    assert created.return_type is CimType.UINT32
    flags = {name: one.flags for name, one in created.parameters.items()}
    assert flags["CommandLine"] & mi.Flags.IN
    assert flags["ProcessId"] & mi.Flags.OUT


def test_threads_share_a_session(session: mi.Session) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - on Windows alone

    def count(_: int) -> int:
        return len(session.query_instances("SELECT * FROM Win32_LogicalDisk").all())

    with ThreadPoolExecutor(_THREADS) as executor:
        counts = [*executor.map(count, range(_THREADS * _CALLS))]
    assert len(set(counts)) == 1


def test_a_session_that_is_left_half_way_closes(session: mi.Session) -> None:
    with mi.Application() as application:
        other = application.new_session()
        operation = other.query_instances(
            "SELECT * FROM Win32_Process", options=mi.OperationOptions(max_elements=1)
        )
        assert next(operation)
        other.close()


def test_coroutines_work_on_windows_loop(session: mi.Session) -> None:
    import asyncio  # noqa: PLC0415 - on Windows alone

    async def name() -> str:
        key = mi.Instance("Win32_LogicalDisk", {"DeviceID": "C:"})
        found = await session.aio.get_instance(key)
        return str(found["Name"])

    assert asyncio.run(name()) == "C:"
