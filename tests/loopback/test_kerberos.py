"""The endpoint's Kerberos is the platform's own, and takes pyspnego's clients."""

import pytest
import spnego
from spnego.channel_bindings import GssChannelBindings

from protocols.loopback.security import NotAccepted
from protocols.wsman import framing
from tests.kdc import OPS, Kdc, missing, missing_text

if missing():
    pytest.skip(missing_text(), allow_module_level=True)

from protocols.loopback.kerberos import KerberosContext

BINDING = b"tls-server-end-point:0123456789abcdef"


def client(protocol: str = "negotiate", binding: bytes | None = None, **more: object) -> object:
    return spnego.client(
        hostname="server.loopback.test",
        service="HTTP",
        protocol=protocol,
        channel_bindings=GssChannelBindings(application_data=binding) if binding else None,
        **more,
    )


def log_on(context: spnego.ContextProxy, server: KerberosContext) -> None:
    context.step(server.step(context.step() or b""))
    assert context.complete
    assert server.complete


@pytest.mark.parametrize("protocol", ["negotiate", "kerberos"])
def test_a_ticket_lets_its_user_in_and_seals_both_ways(kdc: Kdc, protocol: str) -> None:
    kdc.kinit()
    context, server = client(protocol), KerberosContext(kdc.keytab, None)
    assert server.protocol == framing.SPNEGO
    log_on(context, server)
    assert server.principal == OPS
    assert server.delegated is None
    sealed = context.wrap_winrm(b"question")
    assert server.unwrap(sealed.header, sealed.data) == b"question"
    assert context.unwrap_winrm(*server.wrap(b"answer")) == b"answer"
    with pytest.raises(NotAccepted):
        server.unwrap(sealed.header, sealed.data)  # it came already


def test_a_logon_has_to_be_bound_where_that_is_demanded(kdc: Kdc) -> None:
    kdc.kinit()
    log_on(client(binding=BINDING), KerberosContext(kdc.keytab, BINDING))
    for binding in (None, b"tls-server-end-point:another"):
        context = client("kerberos", binding)
        with pytest.raises(NotAccepted):
            KerberosContext(kdc.keytab, BINDING).step(context.step())


def test_a_ticket_can_be_given_away(kdc: Kdc) -> None:
    kdc.kinit("-f")
    context = client(context_req=spnego.ContextReq.default | spnego.ContextReq.delegate)
    server = KerberosContext(kdc.keytab, None)
    log_on(context, server)
    assert server.delegated == OPS
