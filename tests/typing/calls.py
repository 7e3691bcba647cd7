"""What a user's program is told of the types of the main calls; checked by mypy, never run.

Whatever a decorator or an overload loses of a type would show here, and so would a misspelt keyword
that is taken without a word: an ignore that is not needed is an error, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import mi
from mi.files.result import CopyProgress, CopyResult
from mi.names import NameMap
from mi.powershell.records import Record
from mi.powershell.result import PowerShellResult
from mi.powershell.running import RunningScript
from mi.shell_calls import ShellDescription


def sessions(options: mi.DestinationOptions, callbacks: mi.SessionCallbacks) -> None:
    assert_type(mi.connect("server01", timeout=5, transport="HTTPS"), mi.Session)
    with mi.Application() as application:
        assert_type(application, mi.Application)
        assert_type(application.new_session("WINRM", "server01", options, callbacks), mi.Session)
        assert_type(application.diagnose("server01", deadline=5), mi.Diagnosis)
    with mi.connect("server01") as session:
        assert_type(session, mi.Session)
    mi.connect("server01", tiemout=5)  # type: ignore[call-arg]
    mi.DestinationOptions(prot=5985)  # type: ignore[call-arg]


def one_result(session: mi.Session, key: mi.Instance) -> None:
    assert_type(session.test_connection(), mi.Instance | None)
    assert_type(session.get_instance(key, namespace="root/cimv2", timeout=5), mi.Instance)
    assert_type(session.create_instance(key), mi.Instance)
    assert_type(session.modify_instance(key), mi.Instance | None)
    assert_type(session.invoke(key, "StartService"), mi.MethodResult)
    assert_type(session.invoke("Win32_Process", "Create", {"CommandLine": "a"}), mi.MethodResult)
    assert_type(session.get_class("Win32_Service"), mi.Class)
    session.get_instance(key, tiemout=5)  # type: ignore[call-arg]
    session.invoke(key, "StartService", tiemout=5)  # type: ignore[call-arg]
    session.get_instance(5)  # type: ignore[arg-type]


def many_results(session: mi.Session, key: mi.Instance) -> None:
    services = session.query_instances("SELECT * FROM Win32_Service", deadline=5)
    assert_type(services, mi.Operation[mi.Instance])
    assert_type(services.all(), list[mi.Instance])
    for service in services:
        assert_type(service, mi.Instance)
    assert_type(session.enumerate_instances("A", keys_only=True), mi.Operation[mi.Instance])
    assert_type(session.associator_instances(key), mi.Operation[mi.Instance])
    assert_type(session.reference_instances(key), mi.Operation[mi.Instance])
    assert_type(session.enumerate_classes(), mi.Operation[mi.Class])
    assert_type(session.subscribe("SELECT * FROM A"), mi.Operation[mi.Indication])
    assert_type(session.subscribe_event_log("System"), mi.Operation[mi.Indication])
    assert_type(session.shells(), mi.Operation[ShellDescription])
    assert_type(session.run(mi.calls.GetClass("A")), mi.Operation[mi.Class])
    session.query_instances("SELECT * FROM A", tiemout=5)  # type: ignore[call-arg]
    session.shells(tiemout=5)  # type: ignore[call-arg]


def values(instance: mi.Instance, declaration: mi.Class, result: mi.MethodResult) -> None:
    assert_type(instance["Name"], Any)
    assert_type(instance.class_name, str)
    assert_type(instance.copy(), mi.Instance)
    assert_type(mi.Instance.from_path("A.B=1"), mi.Instance)
    assert_type(declaration.name, str)
    assert_type(result.check(), mi.MethodResult)
    assert_type(result.out, NameMap[Any])
    assert_type(mi.wql.query("SELECT * FROM A WHERE B = {}", 1), str)


def commands(session: mi.Session) -> None:
    with session.shell(working_directory="C:\\") as shell:
        assert_type(shell, mi.Shell)
        assert_type(shell.run("hostname"), mi.CommandResult[str])
        assert_type(shell.run("hostname", text=False), mi.CommandResult[bytes])
        assert_type(shell.run("hostname", ["-a"], deadline=5).stdout, str)
        assert_type(shell.start("ping", "-t").wait(), int | None)
        shell.run("hostname", deadlin=5)  # type: ignore[call-overload]
        shell.start("hostname", deadlin=5)  # type: ignore[call-arg]
    session.shell(codepaeg=65001)  # type: ignore[call-arg]


def scripts(session: mi.Session) -> None:
    assert_type(session.powershell("1", {"A": 1}, engine="process"), PowerShellResult)
    assert_type(session.start_powershell("1"), RunningScript)
    for record in session.start_powershell("1"):
        assert_type(record, Record)
    session.powershell("1", tiemout=5)  # type: ignore[call-arg]


def files(session: mi.Session) -> None:
    def at(progress: CopyProgress) -> None:
        assert_type(progress.files_done, int)

    assert_type(session.copy_to(Path("a"), "C:\\a", progress=at), CopyResult)
    assert_type(session.copy_from("C:\\a", "a", resume=True), CopyResult)
    session.copy_to("a", "b", recursiv=True)  # type: ignore[call-arg]


async def coroutines(session: mi.Session, key: mi.Instance) -> None:
    assert_type(await session.aio.test_connection(), mi.Instance | None)
    assert_type(await session.aio.get_instance(key, timeout=5), mi.Instance)
    assert_type(await session.aio.modify_instance(key), mi.Instance | None)
    assert_type(await session.aio.invoke(key, "StartService"), mi.MethodResult)
    assert_type(await session.aio.get_class("A"), mi.Class)
    assert_type(await session.aio.powershell("1"), PowerShellResult)
    assert_type(await session.aio.copy_to("a", "b"), CopyResult)
    assert_type(await session.run(mi.calls.GetClass("A")), mi.Class)
    async for service in session.query_instances("SELECT * FROM Win32_Service"):
        assert_type(service, mi.Instance)
    async with session.shell() as shell:
        assert_type(await shell.aio.run("hostname"), mi.CommandResult[str])
        assert_type(await shell.aio.run("hostname", text=False), mi.CommandResult[bytes])
    await session.aio.get_instance(key, tiemout=5)  # type: ignore[call-arg]
    await session.aio.copy_to("a", "b", recursiv=True)  # type: ignore[call-arg]
