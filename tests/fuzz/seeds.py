"""What decoders read where nothing is wrong: golden messages, and what an endpoint answers."""

from __future__ import annotations

import contextlib
import threading
from functools import cache
from pathlib import Path
from typing import Final

import spnego

import mi
from mi.serial import cimxml, mof
from protocols.dcom.object_writer import write_class, write_instance
from protocols.loopback import Endpoint, Exchange
from protocols.loopback.declarations import declared_classes
from protocols.loopback.population import sample_repository
from protocols.loopback.users import User, registered
from tests.dcom.vectors import BASE, INSTANCE, MY_CLASS
from tests.sessions import session_with

__all__ = ["challenges", "classes", "exchanges", "golden", "objects", "replies", "texts"]

_WIRE: Final = Path(__file__).parents[1] / "wire"
_NAMESPACE: Final = "root/cimv2"
_LARGEST: Final = 40_000
_CHANGES: Final = (
    "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA"
    " 'Win32_LogicalDisk'"
)
_SERVICE: Final = 'Win32_Service.Name="Spooler"'


@cache
def golden(*patterns: str) -> tuple[bytes, ...]:
    """The golden messages whose names match."""
    return tuple(path.read_bytes() for pattern in patterns for path in sorted(_WIRE.glob(pattern)))


@cache
def exchanges() -> tuple[Exchange, ...]:
    """What an endpoint answers to each kind of operation, its largest replies left out."""
    with Endpoint() as endpoint, session_with(endpoint, max_elements=2) as session:
        _ask(session)
        found = {
            (one.name, one.resource_uri, b"<CLASS " in one.reply_bytes, one.status): one
            for one in endpoint.exchanges
            if len(one.reply_bytes) < _LARGEST
        }
    return tuple(found.values())


def replies(*names: str, of: str = "") -> tuple[bytes, ...]:
    """The replies to operations of these names, on resources with `of` in their URIs."""
    return tuple(
        one.reply_bytes for one in exchanges() if one.name in names and of in one.resource_uri
    )


def _ask(session: mi.Session) -> None:
    session.test_connection()
    for class_name in ("Win32_LogicalDisk", "Loopback_AllTypes", "Win32_Process"):
        with session.enumerate_instances(class_name) as found:
            next(found)
            with contextlib.suppress(StopIteration):
                next(found)
    with session.enumerate_instances("Win32_Service", keys_only=True) as found:
        next(found)
    session.query_instances("SELECT Name, ProcessId FROM Win32_Service").all()
    service = session.get_instance(_SERVICE)
    session.invoke(service, "StopService")
    disk = next(session.query_instances("SELECT * FROM Win32_LogicalDisk"))
    disk["VolumeName"] = "new"
    session.modify_instance(disk)
    session.enumerate_classes("CIM_Service", names_only=True).all()
    change = threading.Timer(0.2, session.modify_instance, [disk])
    change.start()
    with session.subscribe(_CHANGES, timeout=10) as changes:
        next(changes)
    change.join(60)
    session.get_class("Win32_LogicalDisk")
    for refused in ("Win32_Nothing", 'Win32_Service.Name="Nobody"'):
        with contextlib.suppress(mi.MIError):
            session.get_instance(refused)
    with session.subscribe_event_log("System", read_existing=True) as events:
        next(events)
    with session.shell() as shell:
        shell.run("ipconfig", ["/all"])
        session.shells().all()


@cache
def classes() -> mi.SchemaStore:
    """The classes of the sample repository."""
    store = mi.SchemaStore()
    for class_ in declared_classes():
        store.add(class_)
    return store


@cache
def objects() -> tuple[bytes, ...]:
    """Classes and instances of WMI: Microsoft's examples, and some of the sample repository."""
    repository, find = sample_repository(), classes().find
    declared = [
        repository.find_class(_NAMESPACE, name)
        for name in ("Win32_LogicalDisk", "Loopback_AllTypes")
    ]
    found = [
        write_instance(next(iter(repository.instances(_NAMESPACE, one.name))), one, find=find)
        for one in declared
    ]
    return (BASE, MY_CLASS, INSTANCE, *map(write_class, declared), *found)


@cache
def challenges() -> tuple[bytes, ...]:
    """What a server answers to the first token of NTLM."""
    ntlm = spnego.NegotiateOptions.use_ntlm
    with registered(User.random()) as user:
        client = spnego.client(user.name, user.password, protocol="ntlm", options=ntlm)
        server = spnego.server(protocol="ntlm", options=ntlm)
        return (server.step(client.step()) or b"",)


@cache
def texts() -> dict[str, tuple[bytes, ...]]:
    """Classes and instances as CIM-XML and as MOF."""
    with Endpoint() as endpoint, session_with(endpoint) as session:
        objects = [
            session.get_class("Win32_LogicalDisk"),
            session.get_class("Loopback_AllTypes"),
            next(session.enumerate_instances("Loopback_AllTypes")),
            session.get_instance(_SERVICE),
        ]
    return {
        "CIM-XML": tuple(cimxml.write(one).encode() for one in objects),
        "MOF": tuple(mof.write(one).encode() for one in objects),
    }
