"""A witness that is not ours: pypsrp logs on by Kerberos, seals, and gets right answers.

It names the service by pyspnego, which lets the Kerberos library look the host up in DNS; here that
knows nothing of the host, so that the name stays what it is.
"""

import socket
import warnings
from typing import Any

import pytest

from protocols.loopback import Endpoint
from tests.kdc import OPS, Kdc, requires_kerberos

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # whatever it thinks of newer libraries is not our error
    from pypsrp.wsman import SelectorSet, WSMan

pytestmark = requires_kerberos

HOST = "server.loopback.test"
SERVICE = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/Win32_Service"


@pytest.mark.parametrize("auth", ["kerberos", "negotiate"])
@pytest.mark.parametrize("schemes", [("Negotiate",), ("Kerberos",)])
def test_it_logs_on_by_its_ticket_and_seals(
    kdc: Kdc, monkeypatch: pytest.MonkeyPatch, auth: str, schemes: tuple[str, ...]
) -> None:
    real = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **others: Any) -> Any:
        return real("127.0.0.1" if host == HOST else host, *arguments, **others)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    kdc.kinit()
    with Endpoint(schemes=schemes, keytab=kdc.keytab, principal=OPS) as endpoint:
        client = WSMan(
            HOST, port=endpoint.port, ssl=False, auth=auth, encryption="always", no_proxy=True,
            negotiate_service="HTTP",
        )  # fmt: skip
        selectors = SelectorSet()
        selectors.add_option("__cimnamespace", "root/cimv2")
        selectors.add_option("Name", "WinRM")
        with client:
            [service] = client.get(SERVICE, selector_set=selectors)
            client.get(SERVICE, selector_set=selectors)
        assert service.findtext(f"{{{SERVICE}}}State") == "Running"
        assert endpoint.logons == 1
        assert all(one.is_sealed for one in endpoint.exchanges)
