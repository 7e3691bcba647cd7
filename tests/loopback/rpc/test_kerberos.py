"""Kerberos over RPC with a real KDC: the endpoint's is the platform's own."""

from __future__ import annotations

import pytest
import spnego

from mi.errors import ProtocolError
from protocols.dcom.packets import AuthLevel, AuthService, Verifier
from protocols.loopback.acceptor import Policy
from protocols.loopback.rpc.logons import logon_of
from protocols.loopback.users import User
from tests.kdc import OPS, Kdc, missing, missing_text

if missing():
    pytest.skip(missing_text(), allow_module_level=True)

from protocols.loopback.rpc.kerberos import KerberosLogon

PARTS = (b"head", b"body of sixteen.", b"trailer.")
NAMES = {"kerberos": AuthService.KERBEROS, "negotiate": AuthService.NEGOTIATE}


def client(mechanism: str) -> spnego.ContextProxy:
    return spnego.client(
        hostname="server.loopback.test",
        service="HTTP",
        protocol=mechanism,
        context_req=spnego.ContextReq.default | spnego.ContextReq.dce_style,
    )


def log_on(kdc: Kdc, mechanism: str, level: int) -> tuple[spnego.ContextProxy, KerberosLogon]:
    kdc.kinit()
    context = client(mechanism)
    token = context.step() or b""
    verifier = Verifier(NAMES[mechanism], level, token, 5)
    logon = logon_of(verifier, Policy(User("u", "p"), keytab=kdc.keytab))
    assert isinstance(logon, KerberosLogon)
    answer = logon.step(token)
    while not logon.complete:
        answer = logon.step(context.step(answer) or b"")
    if not context.complete:
        context.step(answer)
    return context, logon


@pytest.mark.parametrize("mechanism", NAMES)
@pytest.mark.parametrize("is_signing", [True, False], ids=["headers", "bare"])
def test_a_ticket_lets_its_user_in_and_seals_both_ways(
    kdc: Kdc,
    mechanism: str,
    is_signing: bool,
) -> None:
    context, logon = log_on(kdc, mechanism, AuthLevel.PRIVACY)
    assert logon.principal == OPS
    assert (logon.service, logon.context_id) == (NAMES[mechanism], 5)
    logon.signs_headers = is_signing
    head, body, trailer = PARTS
    signed = spnego.iov.BufferType.sign_only
    before, after = ([(signed, head)], [(signed, trailer)]) if is_signing else ([], [])
    header = spnego.iov.BufferType.header
    found = context.wrap_iov([*before, body, *after, header]).buffers
    sealed, proof = found[len(before)].data or b"", found[-1].data or b""
    assert logon.unprotect(head, sealed, trailer, proof) == body
    sealed, proof = logon.protect(*PARTS)
    assert len(proof) == logon.token_size
    opened = context.unwrap_iov([*before, sealed, *after, (header, proof)]).buffers
    assert opened[len(before)].data == body


def test_packets_may_be_signed_only(kdc: Kdc) -> None:
    context, logon = log_on(kdc, "kerberos", AuthLevel.INTEGRITY)
    logon.signs_headers = True
    head, body, trailer = PARTS
    assert logon.unprotect(head, body, trailer, context.sign(b"".join(PARTS))) == body
    same, proof = logon.protect(*PARTS)
    assert (same, len(proof)) == (body, logon.token_size)
    context.verify(b"".join(PARTS), proof)
    with pytest.raises(ProtocolError, match="signature"):
        logon.unprotect(head, b"changed", trailer, proof)
