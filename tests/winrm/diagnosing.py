"""Diagnoses of made-up servers, and what each of them must have."""

import json
import re
import ssl
from typing import Any

import mi
from mi import Credentials, Diagnosis, Verdict
from protocols.loopback import Endpoint, Replace
from protocols.winrm.diagnosis import NAMES
from tests.winrm.scripted import Peer, ScriptedServer

HOST = "server.loopback.test"
CONFIGURATION = (
    '<cfg:Config xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config">'
    "<cfg:MaxEnvelopeSizekb>{size}</cfg:MaxEnvelopeSizekb><cfg:Client><cfg:AllowUnencrypted>true"
    "</cfg:AllowUnencrypted></cfg:Client><cfg:Service><cfg:AllowUnencrypted>{clear}"
    "</cfg:AllowUnencrypted><cfg:Auth><cfg:CbtHardeningLevel>{level}</cfg:CbtHardeningLevel>"
    "</cfg:Auth></cfg:Service></cfg:Config>"
)


def diagnose(
    endpoint: Endpoint, host: str = "", *, seconds: float = 30, **options: Any
) -> Diagnosis:
    """Return a diagnosis that has every finding once, in their order."""
    given: dict[str, Any] = {
        "destination_port": endpoint.port,
        "credentials": endpoint.credentials,
        **options,
    }
    if endpoint.ca_file is not None:
        given = {"transport": "HTTPS", "ca_file": endpoint.ca_file} | given
    with mi.Application() as application:
        found = application.diagnose(
            host or endpoint.host, mi.DestinationOptions(**given), deadline=seconds
        )
    has_lines(found)
    assert endpoint.logons + endpoint.refused_logons <= 1
    assert endpoint.open_contexts == 0
    return found


def has_lines(found: Diagnosis) -> None:
    """Look whether each finding is there once, in one line, and with the line that mends it."""
    assert [finding.name for finding in found] == list(NAMES)
    for finding in found:
        assert "\n" not in f"{finding.detail}{finding.advice}", finding
        assert finding.advice or finding.verdict in (Verdict.OK, Verdict.SKIPPED), finding
    assert found.as_dict() == json.loads(json.dumps(found.as_dict()))


def verdicts(found: Diagnosis) -> dict[str, Verdict]:
    return {finding.name: finding.verdict for finding in found}


def configured(
    endpoint: Endpoint, size: int = 500, clear: str = "false", level: str = "Relaxed"
) -> None:
    """Let the endpoint tell its configuration, as it tells administrators."""
    body = CONFIGURATION.format(size=size, clear=clear, level=level).encode()

    def told(fault: bytes) -> bytes:
        return re.sub(
            rb"(<s:Body[^>]*>).*(</s:Body>)", rb"\1" + body + rb"\2", fault, flags=re.DOTALL
        )

    endpoint.disturb(Replace("Get", envelope=told, status=200))


def served(*replies: Any, tls: ssl.SSLContext | None = None, **options: Any) -> Diagnosis:
    """Return the diagnosis of a server that plays these scripts, one for each connection."""
    with ScriptedServer(*replies, tls=tls) as server, mi.Application() as application:
        given = server.options(credentials=Credentials.password("a", "b"))
        given.update(**options)
        found = application.diagnose("127.0.0.1", given, deadline=20)
    has_lines(found)
    return found


def replying(status: int, **headers: str) -> Any:
    def reply(peer: Peer) -> None:
        peer.request()
        peer.reply(status, **headers)
        peer.wait_for_end()

    return reply
