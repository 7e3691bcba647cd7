"""The port that makes objects: its activator, and the exporter that keeps them alive (MS-DCOM)."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from mi.control import CancelToken, Expiry
from mi.errors import ProtocolError
from protocols.dcom.activation import ActivationReply, ActivationRequest
from protocols.dcom.interfaces import (
    ACTIVATOR,
    COMPLEX_PING,
    CREATE_INSTANCE,
    EXPORTER,
    LEVEL1_LOGIN,
    SIMPLE_PING,
    WBEM_LEVEL1_LOGIN_CLASS,
)
from protocols.dcom.methods import Reply, is_failure
from protocols.dcom.orpc import OUR_VERSION, OrpcThis, Version
from protocols.wmidcom.rpc.association import RpcFault
from protocols.wmidcom.rpc.line import Line
from protocols.wmidcom.rpc.request import Request
from protocols.wmidcom.services import Bounds, WbemError

__all__ = ["PingSet", "activate"]

_VERSION_MISMATCH: Final = 0x80010110  # RPC_E_VERSION_MISMATCH
_OLDEST: Final = Version(5, 1)


def activate(line: Line, bounds: Bounds) -> ActivationReply:
    """Let the server make the object that lets one log in to WMI.

    Args:
        line: the way to the activator.
        bounds: of the call.

    Raises:
        WbemError: it does not.
        MIError: there was no answer, or no logon.
    """
    try:
        return _activated(line, bounds, OUR_VERSION)
    except WbemError as failure:
        if failure.hresult != _VERSION_MISMATCH:
            raise
    return _activated(line, bounds, _OLDEST)  # MS-DCOM 3.2.4.1.1.3: a server may be that old


def _activated(line: Line, bounds: Bounds, version: Version) -> ActivationReply:
    wanted = ActivationRequest(WBEM_LEVEL1_LOGIN_CLASS, (LEVEL1_LOGIN.iid,), version)
    this = OrpcThis(uuid4().bytes_le, version)
    stub = CREATE_INSTANCE.request(this, pUnkOuter=None, pActProperties=wanted.packed())
    request = Request(ACTIVATOR, CREATE_INSTANCE, stub)
    try:
        reply = CREATE_INSTANCE.read_reply(line.call(request, bounds.expiry, bounds.cancel))
    except RpcFault as fault:
        status = fault.status
    else:
        return _made(reply)
    raise WbemError(status)


def _made(reply: Reply) -> ActivationReply:
    if is_failure(reply.hresult):
        raise WbemError(reply.hresult)
    properties = reply.values["ppActProperties"]
    if properties is None:
        raise ProtocolError("the server made an object and does not say which")
    made = ActivationReply.read(properties)
    failed = [result for result in made.results if is_failure(result)]
    if failed:
        raise WbemError(failed[0])
    return made


class PingSet:
    """What a server keeps alive for as long as it is asked to (MS-DCOM 3.2.4.5)."""

    def __init__(self, line: Line) -> None:
        """Know of nothing.

        Args:
            line: the way to the exporter that keeps count.
        """
        self._line = line
        self._id = 0
        self._sequence = 0
        self._members: frozenset[int] = frozenset()

    def ping(self, wanted: frozenset[int], expiry: Expiry) -> None:
        """Ask for exactly these objects.

        Raises:
            WbemError: the server does not know of them.
            MIError: there was no answer.
        """
        if wanted == self._members and self._id:
            reply = SIMPLE_PING.read_reply(
                self._call(Request(EXPORTER, SIMPLE_PING, _simple(self._id)), expiry)
            )
        else:
            reply = self._change(wanted, expiry)
        if reply.hresult:
            # It has forgotten the set, or one of its members: begin anew the next time.
            self._id, self._members = 0, frozenset()
            raise WbemError(reply.hresult)

    def _change(self, wanted: frozenset[int], expiry: Expiry) -> Reply:
        added = tuple(sorted(wanted - self._members))
        removed = tuple(sorted(self._members - wanted))
        self._sequence = (self._sequence + 1) & 0xFFFF
        stub = COMPLEX_PING.request(
            None,
            pSetId=self._id,
            SequenceNum=self._sequence,
            cAddToSet=len(added),
            cDelFromSet=len(removed),
            AddToSet=added,
            DelFromSet=removed,
        )
        reply = COMPLEX_PING.read_reply(self._call(Request(EXPORTER, COMPLEX_PING, stub), expiry))
        self._id, self._members = reply.values["pSetId"], wanted
        return reply

    def _call(self, request: Request, expiry: Expiry) -> bytes:
        try:
            return self._line.call(request, expiry, CancelToken())
        except RpcFault as fault:
            status = fault.status
        raise WbemError(status)


def _simple(identifier: int) -> bytes:
    return SIMPLE_PING.request(None, pSetId=identifier)
