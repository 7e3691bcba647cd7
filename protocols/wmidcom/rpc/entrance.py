"""The way in at one port: connecting, logging on, and the first call, whose answer tells of both.

A server says only with that answer whether it has accepted who came, so both are one step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mi.errors import AuthenticationFailed, ConnectionFailed, MIError, NotSupported
from protocols.network.bounds import Bounds, Phase
from protocols.network.places import Place
from protocols.security.admission import Admission, Entry
from protocols.security.rejection import Rejected, refused, unanswered
from protocols.wmidcom.rpc import logons
from protocols.wmidcom.rpc.association import Association, ContextRefused, RpcFault
from protocols.wmidcom.rpc.request import Request
from protocols.wmidcom.rpc.target import Target

__all__ = ["Entrance"]

# What a fault says where a server does not accept the logon that the call came with: access is
# denied, or the security package has failed (MS-ERREF 2.2).
_REFUSALS: Final = (5, 1825)
# What Windows' own client says where there is no answer, and of a refusal (MS-ERREF 2.1).
_UNAVAILABLE: Final = 0x800706BA  # HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE)
_DENIED: Final = 0x80070005  # E_ACCESSDENIED


class Entrance:
    """Where the connections to one port come from.

    Attributes:
        is_unreachable: whether nobody listened there the last time.
    """

    def __init__(self, target: Target, place: Place, admission: Admission[logons.Method]) -> None:
        """Know the way; nothing is connected yet.

        Args:
            target: the server.
            place: the port.
            admission: what became of the credentials of the session.
        """
        self._target = target
        self._place = place
        self._admission = admission
        self.is_unreachable = False

    def first_call(
        self,
        request: Request,
        group: int,
        bounds: Bounds,
        keep: Callable[[Association], None],
    ) -> bytes:
        """Connect, log on, and return what `request` is answered.

        Args:
            request: the call.
            group: the association group to join, 0 for a new one.
            bounds: of the call.
            keep: is given the connection if it can be used for more, a fault or not.

        Raises:
            RpcFault: the server answers with one.
            AuthenticationFailed: it refuses whatever there is to log on with.
            NotSupported: it has no such interface.
            MIError: as `Line.call`.
        """
        while True:
            entry = self._admission.enter(bounds)
            try:
                return self._enter(entry, request, group, bounds, keep)
            except Rejected as rejection:
                if rejection.is_refusal:
                    _number(rejection.error, _DENIED)
                entry.reject(rejection)  # raises where there is nothing else to try
            except ContextRefused:
                raise NotSupported(
                    f"{self._place.authority} has no interface {request.interface.name}",
                    advice="Use protocol='WINRM' for this server.",
                ) from None
            finally:
                entry.close()

    def _enter(
        self,
        entry: Entry[logons.Method],
        request: Request,
        group: int,
        bounds: Bounds,
        keep: Callable[[Association], None],
    ) -> bytes:
        association = self._logged_on(entry.method, request.interface.iid, group, bounds)
        is_new = entry.is_first
        try:
            if association.is_proven:
                entry.accept()
            stub = self._proven(association, entry, request, bounds, is_new=is_new)
        except BaseException as error:
            if isinstance(error, RpcFault) and error.is_whole:
                keep(association)
            else:
                association.end()
            raise
        keep(association)
        return stub

    def _logged_on(
        self, method: logons.Method, iid: bytes, group: int, bounds: Bounds
    ) -> Association:
        bounds.enter(Phase.AUTHENTICATING)
        security = method.security(bounds)
        try:
            connection = self._target.dial(self._place, bounds)
        except ConnectionFailed as error:
            self.is_unreachable = True
            _number(error, _UNAVAILABLE)
            raise
        self.is_unreachable = False
        association = Association(connection, security, self._place.authority)
        bounds.hold(Phase.AUTHENTICATING)
        try:
            association.attend(bounds)
            association.bind(iid, group)
        except BaseException:
            association.end()
            raise
        finally:
            bounds.hold(None)
            bounds.begin()
        return association

    def _proven(
        self,
        association: Association,
        entry: Entry[logons.Method],
        request: Request,
        bounds: Bounds,
        *,
        is_new: bool,
    ) -> bytes:
        """Ask the first thing, and know by the answer whether the logon was accepted."""
        method, user = entry.method, entry.method.user
        try:
            stub = association.call(
                request.interface.iid, request.method.opnum, request.stub, request.ipid, bounds
            )
        except RpcFault as fault:
            if fault.status in _REFUSALS and not association.is_proven and user is not None:
                raise self._refused(method, is_new=is_new) from fault
            entry.accept()
            raise
        except ConnectionFailed as error:
            # Some servers close the connection instead of refusing.
            if is_new and not association.is_proven and user is not None and bounds.is_sent:
                raise unanswered(user, self._place, error) from error
            raise
        entry.accept()
        return stub

    def _refused(self, method: logons.Method, *, is_new: bool) -> Rejected:
        user = method.user
        if is_new and user is not None:
            return refused(user, self._place)
        return Rejected(
            AuthenticationFailed(
                f"{self._place.authority} denies access to {str(user)!r}, whom the server has"
                " accepted before",
                advice="The password may have been changed; or the user may not use DCOM there:"
                " see the group Distributed COM Users. To spare the account, this session does not"
                " log on again: make a new one.",
            ),
            is_refusal=True,
        )


def _number(error: MIError, number: int) -> None:
    """Let an error that was made here have the number that one of Windows' own would have."""
    if error.native_code is None:
        error.native_code, error.native_type = number, "HRESULT"
