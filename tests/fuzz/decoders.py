"""Everything that reads what others wrote: one function of bytes for each."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from io import BytesIO
from typing import Any, Final

from lxml import etree

import mi
from mi import calls, shell_calls, wql
from mi.cim_datetime import CimDateTime
from mi.serial import cimxml, document, mof
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_class
from protocols.loopback import wql as loopback_wql
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer, read_body
from protocols.winrm.conversations import CONVERSATIONS
from protocols.winrm.digest import DigestAnswers
from protocols.winrm.endpoint import Address
from protocols.winrm.http_reply import HttpReply
from protocols.winrm.ntlm import Ntlm
from protocols.winrm.rejection import is_offered
from protocols.winrm.status import status_error
from protocols.wsman import durations, envelope, framing, incoming, instances
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.events import EventReader
from protocols.wsman.fault import Fault
from protocols.wsman.namespaces import response_action
from tests.fuzz import powershell, rpc, seeds
from tests.winrm.wires import FakeWire, answer

__all__ = ["DECODERS", "Decoder"]

_LIMIT: Final = 1_000_000
_NAMESPACE: Final = "root/cimv2"
_CLASS: Final = "CLASS"
_MOST_STEPS: Final = 6
_ADDRESS: Final = Address("http", "server01", 5985, "/wsman")


@dataclass(frozen=True)
class Decoder:
    """Something that reads bytes.

    Attributes:
        read: reads them, or raises an `MIError`.
        seeds: what it can read.
        tokens: what is likely to be of importance to it.
    """

    read: Callable[[bytes], Any]
    seeds: Callable[[], Sequence[bytes]]
    tokens: tuple[bytes, ...] = ()


# Messages


def _envelope(data: bytes) -> None:
    reply = envelope.parse(data, None, limit=_LIMIT)
    if isinstance(reply, Fault):
        str(reply.error())
        _ = reply.is_timeout, reply.is_quota, reply.ends_context, reply.ends_subscription


def _http(data: bytes) -> None:
    source: Any = _Came(data)
    try:
        read_body(HttpReply(source), _LIMIT)
    except (HTTPException, OSError):  # what `Link` makes errors of ours of
        return


class _Came:
    """A connection on which some bytes came, and then its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _: str) -> BytesIO:
        return BytesIO(self._data)


def _framing(data: bytes) -> None:
    kind, _, body = data.partition(b"\n")
    framing.split(kind.decode("latin-1"), body)


def _framed() -> list[bytes]:
    return [
        framing.content_type(protocol, parts=1 + ("CredSSP" in protocol)).encode() + b"\n" + body
        for protocol in (framing.SPNEGO, framing.KERBEROS, framing.CREDSSP)
        for body in seeds.golden("framing/*.body")
    ]


def _class(data: bytes) -> None:
    cimxml.read_class(document.parse(data, limit=_LIMIT, repair=True).root, _NAMESPACE)


def _instance(data: bytes) -> None:
    element = document.parse(data, limit=_LIMIT, repair=True).root
    reader = instances.Decoder(seeds.classes(), _NAMESPACE, precise=True)
    try:
        reader.read(element)
    except instances.UnknownClass:
        reader.settle_for_text()
        reader.read(element)


def _items() -> list[bytes]:
    found = []
    for data in seeds.replies("Enumerate", "Pull"):
        reply = envelope.parse(data, None, limit=_LIMIT)
        if isinstance(reply, Reply):
            items = reply.body.iterfind(".//{*}Items/*")
            found += [etree.tostring(item) for item in items if item.tag != _CLASS]
    return found


def _event(data: bytes) -> None:
    EventReader("server01").read(document.parse(data, limit=_LIMIT).root)


def _events() -> list[bytes]:
    found = []
    for reply in seeds.replies("Pull"):
        _, start, rest = reply.partition(b"<Event ")
        if start:
            found.append(start + rest.partition(b"</Event>")[0] + b"</Event>")
    return found


# Logons


def _challenge(data: bytes) -> None:
    own = mi.Credentials.password("LOOPBACK\\user", "secret", scheme="Ntlmdomain")
    said = iter((answer(401, f"Negotiate {b64encode(data).decode()}"), answer(200)))
    try:
        Ntlm(own, _ADDRESS).log_on(FakeWire(lambda _: next(said)))
    except Rejected as rejection:
        raise rejection.error from None


# Conversations: all of what is read of a reply, instances, parameters, indications …


def _conversation(call: calls.Call[Any]) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        reply = envelope.parse(data, None, limit=_LIMIT, has_streams=True)
        dialect = DIALECTS[mi.ServerKind.WINRM3]
        conversation = CONVERSATIONS[type(call)](call, Settings(), dialect, seeds.classes())
        for _ in range(_MOST_STEPS):
            request = conversation.next_request()
            if request is not None:
                conversation.receive(_answer(request, reply))
            elif conversation.awaits_class:
                conversation.receive(CLASS_KNOWN)
            else:
                break
        conversation.abandon()

    return read


def _answer(request: Request, reply: Reply | Fault) -> Reply | Fault:
    """Return the reply where it may answer a request; else one that does, so as to get further."""
    key = request.action, request.resource_uri, request.schema is not None
    known = _known().get(key)
    if isinstance(reply, Fault) or known is None:
        return reply
    is_apt = reply.action == response_action(request.action) and request.schema is None
    return reply if is_apt else known


@cache
def _known() -> Mapping[tuple[str, str, bool], Reply]:
    found = {
        (one.action, one.resource_uri, b"<CLASS " in one.reply_bytes): envelope.parse(
            one.reply_bytes, None, limit=_LIMIT
        )
        for one in seeds.exchanges()
    }
    return {key: reply for key, reply in found.items() if isinstance(reply, Reply)}


def _whole_declarations() -> list[bytes]:
    return [data for data in seeds.replies("Get") if b"<CLASS " in data]


def _call(kind: type[calls.Call[Any]], *arguments: Any) -> calls.Call[Any]:
    return kind(*arguments, namespace=_NAMESPACE)


_SERVICE: Final = mi.Instance.from_path('Win32_Service.Name="Spooler"')
_CHANGED: Final = mi.Instance("Win32_LogicalDisk", {"DeviceID": "C:", "VolumeName": "new"})
_CALLS: Final[Mapping[str, tuple[calls.Call[Any], Callable[[], Sequence[bytes]]]]] = {
    "TestConnection": (_call(calls.TestConnection), lambda: seeds.replies("Identify")),
    "GetInstance": (
        _call(calls.GetInstance, _SERVICE),
        lambda: seeds.replies("Get", of="Win32_Service"),
    ),
    "EnumerateInstances": (
        _call(calls.EnumerateInstances, "Loopback_AllTypes"),
        lambda: seeds.replies("Enumerate", "Pull", of="Loopback_AllTypes"),
    ),
    "QueryInstances": (
        _call(calls.QueryInstances, "SELECT Name, ProcessId FROM Win32_Service"),
        lambda: seeds.replies("Enumerate", "Pull", of="wscim/1/*"),
    ),
    "ModifyInstance": (_call(calls.ModifyInstance, _CHANGED), lambda: seeds.replies("Put")),
    "DeleteInstance": (_call(calls.DeleteInstance, _SERVICE), lambda: seeds.replies("Release")),
    "Invoke": (_call(calls.Invoke, _SERVICE, "StopService"), lambda: seeds.replies("StopService")),
    "GetClass": (_call(calls.GetClass, "Win32_LogicalDisk"), _whole_declarations),
    "EnumerateClasses": (
        _call(calls.EnumerateClasses, "CIM_Service", True),  # noqa: FBT003 - names are enough
        lambda: seeds.replies("Enumerate", "Pull", of="cim-xml"),
    ),
    "Subscribe": (
        _call(calls.Subscribe, "SELECT * FROM __InstanceCreationEvent"),
        lambda: seeds.replies("Subscribe", "Pull", of="wscim/1/*"),
    ),
    "SubscribeEventLog": (
        _call(calls.SubscribeEventLog, "System"),
        lambda: seeds.replies("Subscribe", "Pull", of="EventLog"),
    ),
    "OpenShell": (
        _call(shell_calls.OpenShell),
        lambda: [*seeds.replies("Create", of="shell"), *seeds.golden("shell/create*.reply.xml")],
    ),
    "RunCommand": (
        _call(shell_calls.RunCommand, shell_calls.ShellDescription("A"), "ipconfig"),
        lambda: [*seeds.replies("Receive"), *seeds.golden("shell/receive*.reply.xml")],
    ),
    "EnumerateShells": (
        _call(shell_calls.EnumerateShells),
        lambda: seeds.replies("Enumerate", of="shell"),
    ),
}


def _declarations() -> list[bytes]:
    return [
        b"<CLASS " + data.partition(b"<CLASS ")[2].rpartition(b"</CLASS>")[0] + b"</CLASS>"
        for data in _whole_declarations()
    ]


# Texts


def _text(read: Callable[[str], Any]) -> Callable[[bytes], None]:
    def decoded(data: bytes) -> None:
        read(data.decode("utf-8", "surrogateescape"))

    return decoded


def _path(text: str) -> None:
    mi.Instance.from_path(text)


def _datetime(text: str) -> None:
    for read in (durations.parse_datetime, durations.parse_duration, CimDateTime):
        try:
            read(text)
        except mi.MIError:
            continue


def _offers(data: bytes) -> None:
    text = data.decode("latin-1")  # as http.client has it
    answer = Answer(401, {"WWW-Authenticate": text}, data, "No")
    is_offered("Basic", answer)
    str(status_error(answer, _ADDRESS, is_sealed=False))
    DigestAnswers("user", "secret").header(text, "POST", "/wsman")


# Objects of WMI


def _object(data: bytes) -> None:
    reader = ObjectReader("server01", seeds.classes().find)
    for _ in range(2):  # the second time by what is remembered of the first
        found = reader.read(data, _NAMESPACE)
    if isinstance(found, mi.Class):
        write_class(found)


_REPLIES: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: a/b;c=d\r\nServer: X\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 401 Unauthorized\r\nConnection: close\r\n\r\nhello",
)
_QUERIES: Final = (
    b"SELECT * FROM Win32_Service",
    b"SELECT Name, State FROM Win32_Service WHERE State = 'Stopped' AND NOT (Name LIKE '[a-c]%')",
    b'SELECT TOP FROM X WHERE a <> 0x1F OR b IS NULL OR c >= -1.5e3 OR TargetInstance ISA "Y"',
    b"ASSOCIATORS OF {Win32_Service.Name='x'} WHERE ResultClass = Y",
)
_PATHS: Final = (
    b'\\\\server\\root\\cimv2:Win32_Service.Name="Spooler"',
    b'//./root/cimv2:A.B="x\\"y",C=12,D=TRUE,E="A.B=\\"z\\""',
    b"Win32_ComputerSystem=@",
)
_TIMES: Final = (
    b"20261124203000.123456+060", b"00000001020304.000005:000", b"P1DT2H3M4.5S", b"-P1Y",
    b"2026-11-24T20:30:00.1234567Z", b"2026****203000.******+***",
)  # fmt: skip
_OFFERS: Final = (
    b'Negotiate, Kerberos, CredSSP, Basic realm="WSMAN"',
    b'Digest realm="x", nonce="abc", qop="auth", algorithm=SHA-256, stale=true',
    b"Negotiate TlRMTVNTUAACAAAA",
)
_MARKUP: Final = (
    b"<", b">", b"/>", b"&#0;", b"&#xD800;", b"&lt;", b"]]>", b"<![CDATA[", b"<!--", b"-->",
    b"<!DOCTYPE x>", b"<?x?>", b' xsi:nil="true"', b' xmlns="x"', b"xmlns:p=", b"99999999999999999",
    b"\xff", b"\x00", b"\xed\xa0\x80", b"<s:Fault>", b"<n:EndOfSequence/>", b"<w:Items>",
)  # fmt: skip

_LENGTHS: Final = (
    b"\0\0\0\0", b"\4\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\1\0\0\x80",
    b"\xff\xff\xff\x7f", b"\0\1\0\0", b"\x0d\x20\0\0", b"\x0d\0\0\0", b"\x08\x20\0\0", b"\1\1",
    b"\2", b"\x78\x56\x34\x12",
)  # fmt: skip

DECODERS: Final[dict[str, Decoder]] = {
    "envelope": Decoder(
        _envelope,
        lambda: (*seeds.golden("envelope/*", "fault/*", "eventing/*", "identify/*"),),
        _MARKUP,
    ),
    "request": Decoder(
        lambda data: incoming.parse_request(data, limit=_LIMIT),
        lambda: seeds.golden("envelope/*.request.xml", "eventing/*.request.xml"),
        _MARKUP,
    ),
    "HTTP": Decoder(
        _http,
        lambda: _REPLIES,
        (
            b"\r\n",
            b"\n",
            b"\r",
            b"\0",
            b": ",
            b" ",
            b"\t",
            b";",
            b",",
            b"HTTP/1.1 100 C\r\n\r\n",
            b"Content-Length: ",
            b"Transfer-Encoding: chunked\r\n",
            b"0\r\n\r\n",
            b"9" * 20,
            b"-1",
        ),
    ),
    "framing": Decoder(
        _framing, _framed, (b"--Encrypted Boundary", b"\r\n", b"Length=", b"\xff\xff\xff\xff")
    ),
    "class": Decoder(_class, _declarations, _MARKUP),
    "instance": Decoder(_instance, _items, _MARKUP),
    "NTLM challenge": Decoder(_challenge, seeds.challenges, (b"NTLMSSP\0\2\0\0\0", *_LENGTHS)),
    "CIM-XML": Decoder(
        lambda data: cimxml.read(data, repair=True), lambda: seeds.texts()["CIM-XML"], _MARKUP
    ),
    "MOF": Decoder(
        mof.read,
        lambda: seeds.texts()["MOF"],
        (b"{", b"}", b'"', b"//", b"/*", b"#pragma include", b"$Alias", b"[", b"]", b"\\x", b"0b"),
    ),
    "event": Decoder(_event, _events, _MARKUP),
    "WQL": Decoder(
        _text(lambda text: (wql.projection(text), loopback_wql.parse(text))),
        lambda: _QUERIES,
        (b"'", b'"', b"(", b")", b"NOT ", b"\\", b"%", b"[", b"0x"),
    ),
    "object path": Decoder(_text(_path), lambda: _PATHS, (b'"', b"\\", b",", b"=", b"@", b":")),
    "WMI object": Decoder(_object, seeds.objects, _LENGTHS),
    "RPC packets": Decoder(rpc.read_packets, rpc.packets, rpc.TOKENS),
    "RPC stub": Decoder(rpc.read_stub, rpc.stubs, rpc.TOKENS),
    "object reference": Decoder(rpc.read_references, rpc.references, rpc.TOKENS),
    "context of a call": Decoder(rpc.read_call_context, rpc.contexts, rpc.TOKENS),
    "time": Decoder(_text(_datetime), lambda: _TIMES, (b"*", b":", b"-", b"P", b"T", b"9" * 30)),
    "CLIXML": Decoder(powershell.read_clixml, lambda: powershell.CLIXML, powershell.CLIXML_TOKENS),
    "error output of PowerShell": Decoder(
        powershell.read_error_output, lambda: powershell.ERROR_OUTPUT, powershell.CLIXML_TOKENS
    ),
    "PowerShell remoting": Decoder(
        powershell.read_remoting, powershell.remoting, powershell.CLIXML_TOKENS
    ),
    "WWW-Authenticate": Decoder(
        _offers, lambda: _OFFERS, (b",", b"=", b'"', b" " * 2000, b"a" * 2000, b"Digest ")
    ),
    **{
        f"conversation of {name}": Decoder(_conversation(call), of_it, _MARKUP)
        for name, (call, of_it) in _CALLS.items()
    },
}
"""By what they read."""
