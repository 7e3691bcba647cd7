"""A server that answers with what OMI once answered, to whoever asks the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lxml import etree

from mi.application import Application
from mi.credentials import Credentials
from mi.options import DestinationOptions
from mi.session import Session
from protocols.wsman import envelope, incoming
from protocols.wsman.namespaces import ACTION_ENUMERATE, response_action
from protocols.wsman.pages import write_page
from tests.winrm.scripted import Peer, ScriptedServer

RECORDED = Path(__file__).parents[2].parent / "shared" / "transcripts" / "omi-live"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_RELATES_TO = re.compile(rb"(<(?:\w+:)?RelatesTo>)[^<]*")
_MANNERS = {"MaxElements", "Address", "Delivery", "SendBookmarks"}  # how, not what
_HARMLESS = ("Release", "Unsubscribe")  # what ends what a recording left open


def numbers() -> list[str]:
    """Return the numbers of all recorded requests."""
    return sorted(one.name[:3] for one in RECORDED.glob("*-request.xml"))


def recorded(number: str, what: str) -> bytes:
    """Return the `request` or the `response` of a number."""
    [path] = RECORDED.glob(f"{number}-*-{what}.xml")
    return path.read_bytes()


# What a request is for


def purpose(data: bytes) -> dict[str, Any]:
    """Return what a request asks for, however it is put."""
    root = etree.fromstring(data)
    if root.find(".//{*}Action") is None:
        return {"action": "Identify"}
    request = incoming.parse_request(data, limit=10**6)
    family, _, resource = request.resource_uri.rpartition("/")
    return {
        "action": request.action.rpartition("/")[2],
        # OMI takes the URI of all classes in either form.
        "family": family.removesuffix("/cim-schema/2").lower() if resource == "*" else family,
        "resource": resource.lower(),
        "selectors": {
            name.lower(): value if isinstance(value, str) else _named(value)
            for name, value in request.selectors.items()
        },
        "body": meaning(request.body),
    }


def _named(reference: incoming.IncomingReference) -> Any:
    return reference.resource_uri, sorted(reference.selectors.items())


def meaning(element: etree._Element) -> Any:
    """Return what an element says: its text, or what its children do, in any order."""
    children = [one for one in element if isinstance(one.tag, str)]
    if not children:
        return None if element.get(f"{_XSI}nil") == "true" else _value(element.text or "")
    # Of an instance itself its name says the class.
    kind = element.get(f"{_XSI}type", "").rpartition(":")[2]
    kind = "" if kind.removesuffix("_Type") == element.tag.rpartition("}")[2] else kind
    named = [(one.tag.rpartition("}")[2], meaning(one)) for one in children]
    return kind, sorted((one for one in named if one[0] not in _MANNERS), key=repr)


def _value(text: str) -> Any:
    text = text.strip()
    return float(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", text) else text


# The server


class Replay:
    """Plays recorded exchanges in turn; `=CONTEXT` is a first page without items."""

    def __init__(self, *exchanges: str) -> None:
        self.expected = list(exchanges)
        self.differences: list[tuple[Any, Any]] = []

    def __call__(self, peer: Peer) -> None:
        while True:
            try:
                body = peer.request().body
            except EOFError:
                return
            status, reply = self._answer(body)
            peer.reply(status, reply)

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        asked, message_id = purpose(body), _message_id(body)
        if not self.expected:
            if asked["action"] not in _HARMLESS:
                self.differences.append((asked, "nothing more"))
            return 200, _made(asked["action"], "", message_id)
        number = self.expected.pop(0)
        if number.startswith("="):
            page = write_page([], number[1:], is_first=True, is_optimized=True)
            return 200, _made(ACTION_ENUMERATE, page, message_id)
        wanted = purpose(recorded(number, "request"))
        if asked != wanted:
            self.differences.append((asked, wanted))
        reply = recorded(number, "response")
        status = 500 if b":Fault>" in reply else 200
        return status, _RELATES_TO.sub(rb"\g<1>" + message_id.encode(), reply)


def _message_id(body: bytes) -> str:
    found = re.search(rb"MessageID>([^<]+)", body)
    return found[1].decode() if found else ""


def _made(action: str, body: str, message_id: str) -> bytes:
    return envelope.serialize_reply(response_action(action), body, message_id, "uuid:1")


@contextmanager
def replaying(*exchanges: str, **options: Any) -> Iterator[tuple[Session, Replay]]:
    """Open a session with OMI as it was recorded."""
    replay = Replay(*exchanges)
    given = {
        "credentials": Credentials.password("omitest", "secret", scheme="Basic"),
        "packet_privacy": False,
        "server_kind": "omi",
        "timeout": 10,
        **options,
    }
    with (
        ScriptedServer(replay) as server,
        Application() as application,
        application.new_session(
            "WINRM", "127.0.0.1", DestinationOptions(destination_port=server.port, **given)
        ) as session,
    ):
        yield session, replay
