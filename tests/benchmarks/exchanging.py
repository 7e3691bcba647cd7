"""One small exchange, beside urllib3's own POST of as many bytes to the same server.

`small.transport` is a line's exchange, neither sealed nor decoded. `small.operation` is a whole
`get_instance` of a Win32_Process, sealed by NTLM: its request built, sealed, sent, the reply
unsealed, checked and converted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import urllib3

import mi
from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address
from protocols.winrm.transport import Transport
from tests.benchmarks import bodies
from tests.benchmarks.figures import Figure, interleaved
from tests.benchmarks.server import PASSWORD, USER, serving

__all__ = ["figures"]

_ROUNDS, _REPEAT = 60, 20
_REQUEST = b"x" * 968


def _post(port: int) -> Callable[[], object]:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=1)
    headers = {"Content-Type": "application/soap+xml;charset=UTF-8"}
    return lambda: pool.urlopen("POST", "/plain", body=_REQUEST, headers=headers).data


def _exchange(port: int) -> Callable[[], object]:
    credentials = mi.Credentials.password(USER, PASSWORD, scheme="Basic")
    options = DestinationOptions(
        destination_port=port, http_url_prefix="/plain", packet_privacy=False,
        credentials=credentials,
    )  # fmt: skip
    transport = Transport(Address.of("127.0.0.1", options), options, SessionCallbacks())

    def exchange() -> object:
        expiry, cancel = Expiry.after(60.0, "timeout"), CancelToken()
        with transport.lease(expiry, cancel) as line:
            return list(line.exchange(_REQUEST, expiry, cancel, repeatable=True))

    return exchange


def _operation(port: int) -> Callable[[], object]:
    store = mi.SchemaStore()
    store.add(bodies.class_of("Win32_Process"), bodies.NAMESPACE)
    credentials = mi.Credentials.password(USER, PASSWORD, domain="BENCH")
    session = mi.connect(
        "127.0.0.1", protocol="WINRM", destination_port=port, credentials=credentials, schema=store
    )
    key = mi.Instance("Win32_Process", {"Handle": "4"})
    return lambda: session.get_instance(key)


def figures() -> Iterator[Figure]:
    """Measure the three in turn."""
    with serving("Win32_Process") as port:
        taken = interleaved(
            {"post": _post(port), "exchange": _exchange(port), "operation": _operation(port)},
            _ROUNDS,
            _REPEAT,
            waits=True,
        )
    yield Figure("small.transport", taken["exchange"] / taken["post"], "x urllib3", 1.6)
    yield Figure("small.operation", taken["operation"] / taken["post"], "x urllib3", 2.3)
