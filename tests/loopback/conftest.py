"""What the endpoint's tests ask it with: http.client, and envelopes made by the wire."""

import base64
import http.client
import socket
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
import spnego
from lxml import etree

from protocols.loopback.http import Endpoint
from protocols.wsman import framing
from protocols.wsman.envelope import Request, serialize
from protocols.wsman.headers import Addressing, Option, Selector
from protocols.wsman.namespaces import (
    ACTION_ENUMERATE,
    ACTION_GET,
    ACTION_PULL,
    ACTION_RELEASE,
    CIM_XML_SCHEMA,
    DMTF_ALL_CLASSES,
    DMTF_CIM_SCHEMA,
    PREFIXES,
    WQL_DIALECT,
    WSMAN_FAULT,
)
from tests.kdc import kdc, realm

__all__ = ["kdc", "realm"]

MESSAGE_ID = "uuid:11111111-2222-3333-4444-555555555555"
NAMESPACES = PREFIXES | {"f": WSMAN_FAULT}


class HttpAnswer(NamedTuple):
    """A reply: its status, its headers as they came, its body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.body)

    def text(self, path: str) -> str:
        found = self.root.xpath(f"string({path})", namespaces=NAMESPACES)
        return str(found)

    def all(self, path: str) -> list[etree._Element]:
        return list(self.root.xpath(path, namespaces=NAMESPACES))

    @property
    def code(self) -> str:
        return self.text("//s:Detail/f:WSManFault/@Code")

    @property
    def context(self) -> str:
        return self.text("//n:EnumerationContext")


class Client:
    """Talks to an endpoint over one connection of http.client, by Basic or after a handshake."""

    def __init__(self, endpoint: Endpoint, *, basic: bool = True) -> None:
        self.endpoint = endpoint
        self.connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=30)
        self.headers = {"Content-Type": "application/soap+xml;charset=UTF-8"}
        if basic:
            self.headers["Authorization"] = self.basic()
        self.context: spnego.ContextProxy | None = None
        self.size = 512_000

    def basic(self, password: str | None = None) -> str:
        user = self.endpoint.user
        both = f"{user.name}:{user.password if password is None else password}"
        return f"Basic {base64.b64encode(both.encode()).decode()}"

    def post(self, body: bytes, **headers: str) -> HttpAnswer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("POST", "/wsman", body, {**self.headers, **named})
        reply = self.connection.getresponse()
        return HttpAnswer(reply.status, reply.getheaders(), reply.read())

    def begin_log_on(self, protocol: str = "ntlm", password: str | None = None) -> bytes | None:
        """Begin a handshake; return the token that would end it."""
        user = self.endpoint.user
        self.context = spnego.client(
            user.name,
            user.password if password is None else password,
            protocol=protocol,
            options=spnego.NegotiateOptions.use_ntlm
            if protocol == "ntlm"
            else spnego.NegotiateOptions.use_negotiate,
        )
        return self.context.step(_token(self.negotiate(self.context.step())))

    def log_on(self, *, protocol: str = "ntlm", password: str | None = None) -> HttpAnswer:
        last = self.negotiate(self.begin_log_on(protocol, password))
        assert self.context is not None
        if last.status == 200 and not self.context.complete:
            self.context.step(_token(last))
        return last

    def negotiate(self, token: bytes | None) -> HttpAnswer:
        return self.post(b"", Authorization=f"Negotiate {base64.b64encode(token or b'').decode()}")

    def sealed(self, envelope: bytes, **headers: str) -> HttpAnswer:
        assert self.context is not None
        wrapped = self.context.wrap_winrm(envelope)
        body = framing.frame(framing.SPNEGO, [(wrapped.header, wrapped.data, len(envelope))])
        answer = self.post(body, **{"Content_Type": framing.content_type(framing.SPNEGO)} | headers)
        kind = dict(answer.headers).get("Content-Type", "")
        if not framing.is_sealed(kind):
            return answer
        [part] = framing.split(kind, answer.body)
        plain = self.context.unwrap_winrm(part.header, part.sealed)
        assert len(plain) == part.length
        return answer._replace(body=plain)

    def envelope(self, request: Request) -> bytes:
        return serialize(request, Addressing(self.endpoint.url, self.size), MESSAGE_ID)

    def ask(self, request: Request) -> HttpAnswer:
        envelope = self.envelope(request)
        return self.post(envelope) if self.context is None else self.sealed(envelope)

    # The operations

    def get(self, class_name: str, **keys: str) -> HttpAnswer:
        return self.ask(
            Request(ACTION_GET, f"{DMTF_CIM_SCHEMA}/{class_name}", selectors=cimv2(**keys))
        )

    def get_class(self, class_name: str, *options: str) -> HttpAnswer:
        given = tuple(Option(name, "true", "xs:boolean") for name in options)
        selectors = cimv2(ClassName=class_name)
        return self.ask(Request(ACTION_GET, CIM_XML_SCHEMA, selectors=selectors, options=given))

    def enumerate(self, class_name: str, inside: str = "", most: int = 32_000) -> HttpAnswer:
        body = (
            f"<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>{most}</w:MaxElements>{inside}"
            "</n:Enumerate>"
        )
        return self.raw_enumerate(f"{DMTF_CIM_SCHEMA}/{class_name}", body)

    def query(self, text: str, inside: str = "") -> HttpAnswer:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;")
        body = (
            "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements>"
            f'{inside}<w:Filter Dialect="{WQL_DIALECT}">{escaped}</w:Filter></n:Enumerate>'
        )
        return self.raw_enumerate(DMTF_ALL_CLASSES, body)

    def raw_enumerate(
        self, uri: str, body: str, selectors: tuple[Selector, ...] | None = None
    ) -> HttpAnswer:
        chosen = cimv2() if selectors is None else selectors
        return self.ask(Request(ACTION_ENUMERATE, uri, body, selectors=chosen))

    def pull(self, context: str, class_name: str, most: int = 32_000) -> HttpAnswer:
        body = (
            f"<n:Pull><n:EnumerationContext>{context}</n:EnumerationContext>"
            f"<n:MaxElements>{most}</n:MaxElements></n:Pull>"
        )
        uri = f"{DMTF_CIM_SCHEMA}/{class_name}" if class_name != "*" else DMTF_ALL_CLASSES
        return self.ask(Request(ACTION_PULL, uri, body, selectors=cimv2()))

    def release(self, context: str, class_name: str) -> HttpAnswer:
        body = f"<n:Release><n:EnumerationContext>{context}</n:EnumerationContext></n:Release>"
        uri = f"{DMTF_CIM_SCHEMA}/{class_name}"
        return self.ask(Request(ACTION_RELEASE, uri, body, selectors=cimv2()))

    # The connection

    def send_only(self, body: bytes, **headers: str) -> socket.socket:
        """Send a request and do not wait for the reply."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("POST", "/wsman", body, {**self.headers, **named})
        sock = self.connection.sock
        assert sock is not None
        return sock

    def reset(self) -> None:
        """End the connection by a reset, whatever was read."""
        assert self.connection.sock is not None
        linger = struct.pack("ii", 1, 0)
        self.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()


def _token(answer: HttpAnswer) -> bytes:
    header = dict(answer.headers).get("WWW-Authenticate", "")
    return base64.b64decode(header.partition(" ")[2])


def cimv2(**keys: str) -> tuple[Selector, ...]:
    return (
        Selector.of("__cimnamespace", "root/cimv2"),
        *(Selector.of(name, value) for name, value in keys.items()),
    )


@pytest.fixture(scope="module")
def shared() -> Iterator[Endpoint]:
    """An endpoint that a whole module asks, one that leaves nothing behind."""
    with Endpoint(allow_unencrypted=True) as endpoint:
        yield endpoint
        assert endpoint.open_contexts == 0


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """An endpoint of its own for a test that counts or disturbs."""
    with Endpoint(allow_unencrypted=True) as own:
        yield own


MakeClient = Callable[..., Client]


@pytest.fixture
def connect() -> Iterator[MakeClient]:
    """Make a client of an endpoint; it is closed with the test."""
    made: list[Client] = []

    def make(endpoint: Endpoint, *, basic: bool = True) -> Client:
        made.append(Client(endpoint, basic=basic))
        return made[-1]

    yield make
    for one in made:
        one.connection.close()


@pytest.fixture
def client(shared: Endpoint, connect: MakeClient) -> Client:
    """A client of the shared endpoint, by Basic."""
    return connect(shared)
