"""Kerberos and Negotiate by the platform's own means, which on Windows is SSPI.

There the libraries of the extra `kerberos` are mostly not to be had, and not needed: whoever is
logged on to Windows is known to it, and pyspnego asks it. Which of Kerberos and NTLM Negotiate
comes to, the two machines agree upon.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

import spnego
from spnego.iov import BufferType

from mi.credentials import Credentials, Scheme
from mi.errors import AuthenticationFailed
from protocols.dcom.packets import AuthLevel, AuthService
from protocols.network.bounds import Bounds
from protocols.network.errands import Errand
from protocols.security.discretion import discreet
from protocols.security.rejection import Rejected
from protocols.security.user_names import windows_name
from protocols.wmidcom.rpc.security import CONTEXT_ID, MALFORMED, wrong_proof
from protocols.wmidcom.rpc.spn import service_name
from protocols.wmidcom.rpc.ways import Way

__all__ = ["Sspi", "SspiSecurity"]

_PROTOCOLS: Final = {AuthService.KERBEROS: "kerberos", AuthService.NEGOTIATE: "negotiate"}
_SCHEMES: Final = {
    AuthService.KERBEROS: Scheme.KERBEROS,
    AuthService.NEGOTIATE: Scheme.NEGOTIATE,
}


class SspiSecurity:
    """The security context of one association; it always seals."""

    context_id = CONTEXT_ID
    level = AuthLevel.PRIVACY
    is_answered = True

    def __init__(self, context: Any, first: bytes | None, service: int) -> None:
        """Wrap a context of pyspnego's.

        Args:
            context: the context.
            first: its first token, which the platform may have had to ask others for.
            service: bare Kerberos, or SPNEGO.
        """
        self.service = service
        self.signs_headers = False
        self._context = context
        self._first = first

    def __reduce__(self) -> NoReturn:
        # pyspnego's own context would write down the password, and the keys once there are any.
        raise TypeError("a security context does not pickle: it holds keys")

    @property
    def complete(self) -> bool:
        """Whether there are no more tokens to send."""
        return bool(self._context.complete)

    @property
    def token_size(self) -> int:
        """Bytes of a proof."""
        size: int = self._context.query_message_sizes().header
        return size

    def step(self, token: bytes | None = None) -> bytes | None:
        """Take in the server's token, if it sent one, and return ours, if one is due."""
        if token is None:
            return self._first
        try:
            with discreet():
                answer: bytes | None = self._context.step(token)
        except MALFORMED as error:
            failure = error
        else:
            return answer
        raise Rejected(
            AuthenticationFailed(
                f"what the server answers to the logon is not accepted: {type(failure).__name__}",
                advice="Check that the server's name is the one that the domain knows.",
            ),
            is_refusal=True,
        ) from failure

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        """Return the body as it is sent, and the proof."""
        buffers = [*self._parts(head, body, trailer), BufferType.header]
        _, sealed, _, token = self._context.wrap_iov(buffers).buffers
        return sealed.data or b"", token.data or b""

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        """Return the body as it was, once the proof holds."""
        buffers = [*self._parts(head, body, trailer), (BufferType.header, token)]
        try:
            plain: bytes = self._context.unwrap_iov(buffers).buffers[1].data or b""
        except MALFORMED as error:
            failure = error
        else:
            return plain
        raise wrong_proof() from failure

    def _parts(self, head: bytes, body: bytes, trailer: bytes) -> list[Any]:
        kind = BufferType.sign_only if self.signs_headers else BufferType.data_readonly
        return [(kind, head), body, (kind, trailer)]


class Sspi:
    """One user's logon to one server; without a user it is whoever runs this process.

    Attributes:
        user: who logs on; None is the current user.
        scheme: Kerberos, or whatever the two machines agree upon.
    """

    def __init__(self, credentials: Credentials, way: Way, service: int) -> None:
        """Know who logs on to what; nothing is asked of anybody yet.

        Raises:
            NotSupported: Kerberos cannot have a name for the server.
        """
        self.user = credentials.user
        self.scheme = _SCHEMES[AuthService(service)]
        self._credentials = credentials
        self._service = AuthService(service)
        self._kind, _, self._host = service_name(way.target, way.options).partition("/")

    def security(self, bounds: Bounds) -> SspiSecurity:
        """Return a new security context.

        Raises:
            Rejected: the platform has nothing to log on with.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        try:
            context, first = Errand(self._begun, "mi-logon").result(bounds)
        except MALFORMED as error:
            failure = error
        else:
            return SspiSecurity(context, first, self._service)
        raise Rejected(
            AuthenticationFailed(
                f"this machine cannot log on to the server: {type(failure).__name__}",
                advice="Check the credentials, and that this machine knows the server's domain.",
            ),
            is_refusal=self._credentials.has_password,
            may_pass=not self._credentials.has_password,
        ) from failure

    def _begun(self) -> tuple[Any, bytes | None]:
        credentials, user = self._credentials, self.user
        with discreet():
            context = spnego.client(
                None if user is None else windows_name(user),
                credentials.reveal() if credentials.has_password else None,
                hostname=self._host,
                service=self._kind,
                protocol=_PROTOCOLS[self._service],
                context_req=spnego.ContextReq.default | spnego.ContextReq.dce_style,
            )
            return context, context.step()
