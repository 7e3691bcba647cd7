"""NTLM and its sealing, verified by an acceptor that is not pyspnego: gss-ntlmssp (Debian).

Client and endpoint share pyspnego otherwise, so that they could share a mistake.
"""

from base64 import b64decode, b64encode
from typing import Any

import pytest

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.credentials import Credentials
from mi.errors import AuthenticationFailed
from protocols.loopback.users import User
from protocols.winrm.line import Line
from protocols.wsman import framing
from tests.kdc import missing, missing_text
from tests.winrm.scripted import Peer, ScriptedServer

if missing(()):
    pytest.skip(missing_text(), allow_module_level=True)

import gssapi
from gssapi import raw

NTLM = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")

if NTLM not in raw.indicate_mechs():
    pytest.skip("not installed: gss-ntlmssp", allow_module_level=True)


class Acceptor:
    """gss-ntlmssp's end of one connection."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        credential = gssapi.Credentials(usage="accept", mechs=[NTLM])
        self._context = gssapi.SecurityContext(creds=credential, usage="accept")
        self._context.__DEFER_STEP_ERRORS__ = False

    def serve(self) -> None:
        """Log the client on, then answer each of its requests by what it said."""
        challenge = self._step(self._peer.request().headers)
        self._peer.reply(401, WWW_Authenticate=f"Negotiate {b64encode(challenge).decode()}")
        try:
            self._step(self._peer.request().headers)
        except gssapi.exceptions.GSSError:
            self._peer.reply(401, WWW_Authenticate="Negotiate")
            return
        assert self._context.complete
        self._peer.reply(200)
        while True:
            received = self._peer.request()
            [part] = framing.split(received.headers["content-type"], received.body)
            # An NTLM token of GSS-API is the signature with what is sealed (MS-NLMP 3.4.6).
            message = raw.unwrap(self._context, part.header + part.sealed).message
            assert len(message) == part.length
            self._answer(b"<reply>" + message + b"</reply>")

    def _step(self, headers: dict[str, str]) -> bytes:
        token = b64decode(headers["authorization"].removeprefix("Negotiate "))
        return self._context.step(token) or b""

    def _answer(self, envelope: bytes) -> None:
        sealed = raw.wrap(self._context, envelope, confidential=True).message
        body = framing.frame(framing.SPNEGO, [(sealed[:16], sealed[16:], len(envelope))])
        self._peer.reply(200, body, **{"Content-Type": framing.content_type(framing.SPNEGO)})


def serve(peer: Peer) -> None:
    Acceptor(peer).serve()


def exchange(line: Line, envelope: bytes) -> bytes:
    expiry = Expiry.after(10, "timeout")
    [reply] = line.exchange(envelope, expiry, CancelToken(), repeatable=True)
    return bytes(reply)


def line_to(server: ScriptedServer, **credentials: Any) -> Line:
    options = server.options(credentials=Credentials.password(**credentials))
    return Line(server.address, options, SessionCallbacks())


@pytest.mark.parametrize("form", ["LOOPBACK\\{}", "{}"])
def test_it_accepts_our_logon_and_reads_what_we_seal_and_we_what_it_does(
    user: User, form: str
) -> None:
    with ScriptedServer(serve) as server:
        line = line_to(server, user=form.format(user.name), password=user.password)
        for envelope in (b"<one/>", b"<two>" + b"x" * 100_000 + b"</two>", b"<three/>"):
            assert exchange(line, envelope) == b"<reply>" + envelope + b"</reply>"
        line.discard()
    assert server.connections == 1


def test_it_refuses_a_wrong_password(user: User) -> None:
    with ScriptedServer(serve) as server:
        line = line_to(server, user=user.name, password="wrong")
        with pytest.raises(AuthenticationFailed, match="does not accept"):
            exchange(line, b"<request/>")
