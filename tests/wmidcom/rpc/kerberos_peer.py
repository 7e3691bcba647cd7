"""The Kerberos acceptor of the peer, by the platform's own library."""

from __future__ import annotations

from typing import Any, cast

import gssapi

from protocols.security.service_context import ServiceContext
from protocols.wmidcom.rpc.kerberos import KerberosSecurity, Sides


class _Context(ServiceContext):
    def __init__(self, keytab: str) -> None:
        credential = gssapi.Credentials(usage="accept", store={b"keytab": keytab.encode()})
        self._context = gssapi.SecurityContext(creds=credential, usage="accept")
        cast("Any", self._context).__DEFER_STEP_ERRORS__ = False


class KerberosAcceptor(KerberosSecurity):
    def __init__(self, keytab: str, service: int, level: int, peer: Any) -> None:
        super().__init__(_Context(keytab), service, level, Sides("", ""))
        self.signs_headers = peer.signs_headers

    def accept(self, token: bytes) -> bytes | None:
        return self._context.step(token)
