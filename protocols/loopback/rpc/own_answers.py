"""What DCOM itself answers: objects that are made, given further, given back, and kept alive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from protocols.dcom import interfaces
from protocols.dcom.activation import ActivationReply, ActivationRequest
from protocols.dcom.kinds import QueryResult
from protocols.dcom.objref import Standard
from protocols.dcom.orpc import OUR_VERSION
from protocols.dcom.packets import AuthLevel, AuthService
from protocols.dcom.string_bindings import TCP, DualStringArray, SecurityBinding, StringBinding
from protocols.loopback.rpc.exported import Exported, Exporter
from protocols.loopback.rpc.given import Given
from protocols.loopback.rpc.wmi_answers import Login

__all__ = ["OWN_ROWS", "OwnAnswers"]

_NO_OBJECT: Final = 0x80010114  # RPC_E_INVALID_OBJECT
_NO_CLASS: Final = 0x80040154  # REGDB_E_CLASSNOTREG
_NO_INTERFACE: Final = 0x80004002  # E_NOINTERFACE
_NO_SET: Final = 0x00000777  # OR_INVALID_SET


class OwnAnswers:
    """The rows of DCOM's own interfaces; any thread may ask.

    Attributes:
        port: where the exporter listens.
        pings: how often clients asked for their objects to be kept.
    """

    def __init__(self, exporter: Exporter, login: Login, host: str) -> None:
        """Make them.

        Args:
            exporter: what clients hold.
            login: what lets one log in to WMI.
            host: where the exporter listens, as clients are told.
        """
        self._exporter = exporter
        self._login = login
        self._host = host
        self.port = 0
        self.pings = 0

    @property
    def bindings(self) -> DualStringArray:
        """Where the exporter listens, and how to log on there."""
        services = (AuthService.NTLM, AuthService.KERBEROS, AuthService.NEGOTIATE)
        return DualStringArray(
            (StringBinding(TCP, f"{self._host}[{self.port}]"),),
            tuple(SecurityBinding(service, "") for service in services),
        )

    def create_instance(self, _: None, values: Mapping[str, Any]) -> Given:
        """Make what lets one log in (RemoteCreateInstance)."""
        asked = ActivationRequest.read(values["pActProperties"] or b"")
        if asked.clsid != interfaces.WBEM_LEVEL1_LOGIN_CLASS:
            return Given(hresult=_NO_CLASS)
        known = [iid == interfaces.LEVEL1_LOGIN.iid for iid in asked.iids]
        references = tuple(
            self._exporter.export(interfaces.LEVEL1_LOGIN, self._login) if is_known else None
            for is_known in known
        )
        made = ActivationReply(
            asked.iids,
            tuple(0 if is_known else _NO_INTERFACE for is_known in known),
            references,
            self._exporter.oxid,
            self.bindings,
            self._exporter.remote_unknown,
            OUR_VERSION.agreed(asked.version),
            AuthLevel.PRIVACY,
        )
        return Given({"ppActProperties": made.packed()})

    def server_alive(self, _: None, __: Mapping[str, Any]) -> Given:
        """Say that there is somebody (ServerAlive2)."""
        return Given({"pComVersion": OUR_VERSION, "ppdsaOrBindings": self.bindings})

    def simple_ping(self, _: None, values: Mapping[str, Any]) -> Given:
        """Keep the objects of a set alive."""
        self.pings += 1
        return Given(hresult=0 if self._exporter.keep_set(values["pSetId"]) else _NO_SET)

    def complex_ping(self, _: None, values: Mapping[str, Any]) -> Given:
        """Keep the objects of a set alive, and change the set."""
        self.pings += 1
        found = self._exporter.change_set(
            values["pSetId"], values["AddToSet"], values["DelFromSet"]
        )
        return Given({"pSetId": found or 0}, 0 if found else _NO_SET)

    def query_interface(self, _: None, values: Mapping[str, Any]) -> Given:
        """Give further pointers to an object, of which each here has but one."""
        found = self._exporter.find(values["ripid"])
        results = [self._queried(found, iid, values["cRefs"]) for iid in values["iids"]]
        return Given({"ppQIResults": results})

    def _queried(self, found: Exported | None, iid: bytes, count: int) -> QueryResult:
        is_there = found is not None and found.interface.iid == iid
        standard = self._exporter.again(found.standard.ipid, count) if found and is_there else None
        if standard is None:
            return QueryResult(_NO_INTERFACE, Standard(0, 0, bytes(16), 0))
        return QueryResult(0, standard)

    def add_references(self, _: None, values: Mapping[str, Any]) -> Given:
        """Count further references to objects."""
        results = [
            0 if self._exporter.again(one.ipid, one.references) else _NO_OBJECT
            for one in values["InterfaceRefs"]
        ]
        return Given({"pResults": results})

    def release(self, _: None, values: Mapping[str, Any]) -> Given:
        """Take references back."""
        for one in values["InterfaceRefs"]:
            self._exporter.release(one.ipid, one.references)
        return Given()


_UNKNOWN: Final = {
    interfaces.QUERY_INTERFACE.opnum: OwnAnswers.query_interface,
    interfaces.ADD_REFERENCES.opnum: OwnAnswers.add_references,
    interfaces.RELEASE.opnum: OwnAnswers.release,
}
OWN_ROWS: Final[Mapping[bytes, Mapping[int, Callable[..., Given]]]] = {
    interfaces.ACTIVATOR.iid: {interfaces.CREATE_INSTANCE.opnum: OwnAnswers.create_instance},
    interfaces.EXPORTER.iid: {
        interfaces.SIMPLE_PING.opnum: OwnAnswers.simple_ping,
        interfaces.COMPLEX_PING.opnum: OwnAnswers.complex_ping,
        interfaces.SERVER_ALIVE_2.opnum: OwnAnswers.server_alive,
    },
    interfaces.REMOTE_UNKNOWN.iid: _UNKNOWN,
    interfaces.REMOTE_UNKNOWN_2.iid: _UNKNOWN,
}
"""By interface and number of the method."""
