"""Identify: what kind of service answers, before anything else is known of it (DSP0226).

Neither message has headers. A server answers with what it likes beside the three elements that the
specification knows; OMI puts its answer into SOAP's own namespace.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from mi.calls import TestConnection
from mi.errors import ProtocolError
from mi.instance import Instance
from mi.results import CimType
from protocols.wsman import envelope, markup, soap
from protocols.wsman.dialects import ClassKnown, Dialect, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.namespaces import IDENTITY, WSMAN

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["IDENTIFY", "Identification", "read_response", "serialize_response"]

_RESPONSE: Final = "IdentifyResponse"
_PROFILES: Final = "SecurityProfiles"
_IN_NAMESPACE: Final = f"{{{IDENTITY}}}"
_DECLARED: Final = f'xmlns:wsmid="{IDENTITY}"'

IDENTIFY: Final = Request("", "", f"<wsmid:Identify {_DECLARED}/>", is_identify=True)
"""The one request there is."""


class Identification:
    """The conversation of a `TestConnection`: one request, one reply."""

    def __init__(
        self, call: TestConnection, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Take what every conversation is made from; only the server's name is of use here."""
        del call, dialect, schemas
        self._server_name = settings.server_name
        self._is_over = False

    @property
    def awaits_class(self) -> bool:
        """False: what a server says of itself needs no declaration."""
        return False

    def next_request(self) -> Request | None:
        """Return Identify until it is answered."""
        return None if self._is_over else IDENTIFY

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        """Return the one result: the instance of `read_response`.

        Raises:
            MIError: the server answered with a fault.
            ProtocolError: it said nothing of itself.
        """
        if isinstance(reply, ClassKnown):
            return []
        self._is_over = True
        if isinstance(reply, Fault):
            raise reply.error()
        return [read_response(reply, self._server_name)]

    def abandon(self) -> Request | None:
        """End the conversation; return None, for nothing stays open on the server."""
        self._is_over = True
        return None


def read_response(reply: Reply, server_name: str | None = None) -> Instance:
    """Return what a server says of itself: an instance of no namespace, all strings.

    Its class is `IdentifyResponse`, its elements those of the answer: `ProtocolVersion`,
    `ProductVendor`, `ProductVersion`, `SecurityProfiles` (an array) and what else there is.

    Raises:
        ProtocolError: there is no such answer in the reply.
    """
    response = next((child for child in reply.body if soap.local_name(child) == _RESPONSE), None)
    if response is None:
        raise ProtocolError("the reply to Identify does not say what answers")
    values: dict[str, Any] = {}
    types: dict[str, CimType] = {}
    for child in response:
        if str(child.tag).startswith(_IN_NAMESPACE):
            name = soap.local_name(child)
            is_list = name == _PROFILES
            values[name] = _profiles(child) if is_list else soap.text(child)
            types[name] = CimType.STRING_ARRAY if is_list else CimType.STRING
    return Instance.received(
        _RESPONSE, values, None, None, server_name, types=types, is_repaired=reply.is_repaired
    )


def _profiles(element: _Element) -> list[str]:
    return [soap.text(child) for child in element]


# The server's side


def serialize_response(vendor: str, version: str, profiles: Iterable[str] = ()) -> bytes:
    """Return the bytes of an answer in Windows' form.

    Args:
        vendor: who made the service.
        version: of the service; Windows writes `OS: 10.0.14393 SP: 0.0 Stack: 3.0`.
        profiles: URIs of the security profiles that it offers (DSP0226).
    """
    named = "".join(
        f"<wsmid:SecurityProfileName>{markup.text(profile)}</wsmid:SecurityProfileName>"
        for profile in profiles
    )
    return envelope.serialize_bare(
        f"<wsmid:{_RESPONSE} {_DECLARED}>"
        f"<wsmid:ProtocolVersion>{WSMAN}</wsmid:ProtocolVersion>"
        f"<wsmid:ProductVendor>{markup.text(vendor)}</wsmid:ProductVendor>"
        f"<wsmid:ProductVersion>{markup.text(version)}</wsmid:ProductVersion>"
        f"<wsmid:{_PROFILES}>{named}</wsmid:{_PROFILES}></wsmid:{_RESPONSE}>"
    )
