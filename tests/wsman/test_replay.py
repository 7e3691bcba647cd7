"""Every recorded message decodes to the right thing, or to the right error.

`recordings.txt` has one line for each file of the collection: its path, and in short form what it
must decode to. A request is read by the server's side. Instances are typed where the loopback
endpoint declares their class or a recorded declaration does, and text elsewhere, as in a session
with `BASIC_RTTI`. What no conversation of this release reads (shells, events, method calls) is
read as far as its envelope and the first element of its body.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mi.calls import EnumerateInstances
from mi.errors import MIError
from mi.instance import Instance
from mi.names import NameMap
from mi.options import ServerKind
from mi.results import CimType, OperationFlags
from mi.schema import Class, Property
from mi.serial.cimxml import read_class
from mi.store import SchemaStore
from mi.wql import Projection
from protocols.loopback.declarations import declared_classes
from protocols.wsman import envelope, identify, incoming, soap
from protocols.wsman.dialects import (
    DIALECTS,
    NAMESPACE_SELECTOR,
    Settings,
    Typing,
    split_resource_uri,
)
from protocols.wsman.enumeration import Enumeration
from protocols.wsman.envelope import Reply
from protocols.wsman.fault import Fault
from protocols.wsman.instances import Decoder
from protocols.wsman.pages import Enumerate, Page, Pull, Release
from protocols.wsman.references import read_name

if TYPE_CHECKING:
    from lxml.etree import _Element

PROJECT = Path(__file__).parents[2]
RECORDINGS = PROJECT.parent / "shared" / "transcripts"
LIMIT = 1_000_000
TABLE = dict(
    line.split(" | ", 1)
    for line in (Path(__file__).with_name("recordings.txt")).read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the transcripts are no part of the project"
)


# OMI's samples, of which no declaration was recorded: name, type, `[]` for an array.
_OMI = {
    "Employee": "SSN string; firstName string; lastName string; dateOfBirth datetime",
    "MSFT_President": "Key uint32; First string; Last string",
    "TestClass_AllDMTFTypes": "v_Key uint64; v_bool boolean; v_uint8 uint8; v_sint8 sint8;"
    " v_UINT16 uint16; v_sint16 sint16; v_uint32 uint32; v_sint32 sint32; v_uint64 uint64;"
    " v_sint64 sint64; v_rEal32 real32; v_Real64 real64; v_char16 char16; v_string string;"
    " v_DATETIME datetime; v_embeddedObject instance; v_embeddedInstance instance;"
    " v_reference reference; v_octetUint8 uint8[]",
    "TestClass_AllDMTFArrays": "v_Key uint64; a_bool boolean[]; a_uint8 uint8[];"
    " a_rEal32 real32[]; a_string string[]; a_DATETIME datetime[]; a_sint64 sint64[];"
    " embeddedReference reference",
    "X_SmallNumber": "Description string; Number uint64; SpelledNumber string",
    "X_Halves": "number reference; half reference",
    "X_HugeNumber": "Description string; Number uint64; Magnitude uint32; MagnitudeObj instance;"
    " Numbers123 instance[]; Number0 instance; TwoTestObjects instance[]; TestObject instance",
}


@cache
def store() -> SchemaStore:
    return SchemaStore([*declared_classes(), *map(_omi_class, _OMI)])


def _omi_class(name: str) -> Class:
    properties = []
    for declared in _OMI[name].split("; "):
        what, type_name = declared.split()
        scalar = CimType[type_name.removesuffix("[]").upper()]
        cim_type = scalar.array if type_name.endswith("[]") else scalar
        properties.append((what, Property(what, cim_type)))
    return Class(name, "root/cimv2", properties=NameMap(properties))


# A file in short form


def described(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix != ".xml":
        return _OF_SUFFIX[path.suffix](data)
    try:
        return of_reply(path, data) if is_reply(data) else of_request(data)
    except MIError as error:
        reason = error.message.partition(" in line ")[0]  # the rest is libxml2's to word
        return f"{type(error).__name__}: {reason}"


def of_headers(data: bytes) -> str:
    status = re.search(rb"^# status ([0-9]+)", data)
    sealed = data.count(b"Content-Type: multipart/encrypted")
    return f"exchange, status {status[1].decode() if status else '-'}, {sealed} sealed"


def of_wire(data: bytes) -> str:
    return f"wire, {data.count(b'Content-Type: multipart/encrypted')} sealed"  # cut in test_framing


_OF_SUFFIX = {".headers": of_headers, ".wire": of_wire}


def is_reply(data: bytes) -> bool:
    """Return whether it relates to a request, is a fault, or is nothing at all."""
    return not data or re.search(rb"RelatesTo|Fault>|<[^<>]*Response[ >]", data) is not None


def read_reply(data: bytes) -> Reply | Fault:
    related = re.search(rb"RelatesTo[^>]*>\s*([^<]*?)\s*<", data)
    return envelope.parse(data, related and related[1].decode(), limit=LIMIT)


def of_reply(path: Path, data: bytes) -> str:
    reply = read_reply(data)
    if isinstance(reply, Fault):
        return of_fault(reply)
    if not len(reply.body):
        return f"{last(reply.action)}, empty"
    first = reply.body[0]
    name = soap.local_name(first)
    read = _OF_BODY.get(name)
    if read is not None:
        return read(reply, path)
    is_object = last(reply.action) in ("GetResponse", "PutResponse") or "cim-schema" in first.tag
    if is_object or name.endswith("_OUTPUT"):
        return shown(decoder(path).read(first))
    return f"{last(reply.action)}, {name}"


def of_fault(fault: Fault) -> str:
    error = fault.error()
    code = "" if error.native_code is None else f" {error.native_code}"
    return f"fault {error.result.name}{code}, {type(error).__name__}: {error.message[:60]}"


def of_identity(reply: Reply, _: Path) -> str:
    return shown(identify.read_response(reply))


def of_page(reply: Reply, path: Path) -> str:
    page = Page.read(reply.body)
    reading = decoder(path)
    items = [reading.read(item) for item in page.items]
    classes = ", ".join(f"{count} {name}" for name, count in Counter(
        item.class_name for item in items
    ).items())  # fmt: skip
    first = f": {shown(items[0])}" if items else ""
    return f"{'last' if page.context is None else 'page'} of {classes or 'nothing'}{first}"


def of_class(reply: Reply, _: Path) -> str:
    class_ = read_class(reply.body[0])
    return (
        f"class {class_.name} of {class_.superclass}, {len(class_.properties)} properties,"
        f" {len(class_.methods)} methods, keys {', '.join(class_.keys) or '-'}"
    )


def of_creation(reply: Reply, _: Path) -> str:
    name = read_name(reply.body[0])
    return f"created {name.class_name} {dict(name.keys)}"


_OF_BODY: dict[str, Callable[[Reply, Path], str]] = {
    "IdentifyResponse": of_identity,
    "EnumerateResponse": of_page,
    "PullResponse": of_page,
    "CLASS": of_class,
    "ResourceCreated": of_creation,
}


def decoder(path: Path) -> Decoder:
    """Return a decoder that knows what a query in the collection of txwinrm was about."""
    queried = re.match(r"server_2008-(\w+)_all", path.name)
    return Decoder(
        store(),
        "root/cimv2",
        typing=Typing.WHERE_KNOWN,
        projection=Projection(queried[1], None) if queried else None,
    )


def of_request(data: bytes) -> str:
    request = incoming.parse_request(data, limit=LIMIT)
    name = soap.local_name(request.body[0]) if len(request.body) else "nothing"
    read = _OF_REQUEST.get(name)
    about = "" if read is None else f" {read(request.body)}"
    class_name, in_uri = split_resource_uri(request.resource_uri)
    keys = {name: as_text(value) for name, value in request.selectors.items()}
    namespace = keys.pop(NAMESPACE_SELECTOR, repr(in_uri))
    named = ", ".join(f"{name}={value}" for name, value in keys.items())
    action = last(request.action) or "no action"
    return f"request {action}, {name}{about}, of {class_name or '-'}({named}) in {namespace}"


def of_enumerate(body: _Element) -> str:
    asked = Enumerate.read(body)
    parts = [str(asked.max_elements), asked.mode, asked.polymorphism or ""]
    if asked.filter is not None:
        parts.append(f"{last(asked.filter.dialect)} {' '.join(asked.filter.text.split())[:40]}")
    return " ".join(filter(None, parts))


def of_pull(body: _Element) -> str:
    pull = Pull.read(body)
    return f"{pull.context} {pull.max_elements}"


def of_release(body: _Element) -> str:
    return Release.read(body).context


_OF_REQUEST = {"Enumerate": of_enumerate, "Pull": of_pull, "Release": of_release}


def last(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2].strip()


def shown(instance: Instance) -> str:
    """Return the class, how much there is, and the first value of each Python type."""
    found: dict[type, str] = {}
    for name, value in instance.items():
        if value is not None and type(value) not in found:
            text = shown(value) if isinstance(value, Instance) else as_text(value)
            found[type(value)] = f"{name}={text if len(text) < 60 else text[:60] + '…'}"
    nulls = sum(value is None for value in instance.values())
    counted = f"{instance.class_name}({len(instance)}, {nulls} null)"
    values = "; ".join(found.values()) or "-"
    return f"{'' if instance.is_typed else 'text of '}{counted} {values}"


def as_text(value: object) -> str:
    is_time = isinstance(value, (datetime, timedelta))
    return str(value) if is_time else repr(value)


# The tests


def recorded() -> list[str]:
    if not RECORDINGS.is_dir():
        return []
    return sorted(path.relative_to(RECORDINGS).as_posix() for path in RECORDINGS.glob("*/*"))


def test_the_table_lists_every_file() -> None:
    assert sorted(TABLE) == recorded()


@pytest.mark.parametrize("name", TABLE)
def test_a_recorded_message_decodes_to_the_right_thing(name: str) -> None:
    assert described(RECORDINGS / name) == TABLE[name]


def test_a_recorded_enumeration_is_followed_to_its_end() -> None:
    settings = Settings(flags=OperationFlags.BASIC_RTTI)
    call = EnumerateInstances("Win32_Service", namespace="root/cimv2")
    conversation = Enumeration(call, settings, DIALECTS[ServerKind.WINRM2], store())
    names, contexts = [], []
    for number in range(4):
        request = conversation.next_request()
        assert request is not None
        contexts += re.findall("uuid:[0-9A-F-]+", request.body)
        data = (RECORDINGS / f"txwinrm/server_2012-Win32_Service_star_00{number}.xml").read_bytes()
        names += [found["Name"] for found in conversation.receive(read_reply(data))]
    assert conversation.next_request() is None
    assert conversation.abandon() is None
    assert (len(names), len(set(names)), len(set(contexts))) == (131, 131, 3)
