"""64 MiB copied to an endpoint, beside the sealing and the base64 of the same bytes alone.

The endpoint is a process of its own, and the client's time is its processor's: reading the file,
its SHA-256, base64, the envelopes, sealing by NTLM, and what the connection takes. What it is
compared with does no more than base64 and sealing, in the same pieces.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import spnego

import mi
from protocols.loopback.users import User, registered
from tests.benchmarks.figures import Figure, interleaved

__all__ = ["figures"]

_MEBIBYTE = 1 << 20
_AMOUNT = 64
_SMALL = 16  # with as many lanes as the other
_ROUNDS = 5
_PIECE = 380_918  # bytes in an envelope of 512,000
_TARGET = "C:\\data\\copy.bin"
# It forgets what came, since it would keep all of it.
_SERVER = """
import json, sys
from protocols.loopback import Endpoint
with Endpoint() as endpoint:
    print(json.dumps([endpoint.port, endpoint.user.name, endpoint.user.password]), flush=True)
    for line in sys.stdin:
        for path in list(endpoint.files.walk("C:\\\\data")):
            endpoint.files.delete(path)
        endpoint._traffic.exchanges.clear()
        print("ready", flush=True)
"""
_CLIENT = """
import json, re, sys
import mi
port, path = int(sys.argv[1]), sys.argv[2]
credentials = mi.Credentials.password(sys.argv[3], sys.argv[4], scheme="NTLM_DOMAIN")
def peak():
    # getrusage tells the peak of the process that this one was forked from, if that was higher.
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) / 1024
with mi.connect("127.0.0.1", protocol="WINRM", destination_port=port,
                credentials=credentials) as session:
    with session.shell() as shell:
        shell.run("hostname")
    before = peak()
    session.copy_to(path, "C:\\\\data\\\\copy.bin")
    print(json.dumps(peak() - before))
"""


@contextmanager
def _serving() -> Iterator[tuple[list[str], Callable[[], None]]]:
    """Run an endpoint; return its port and user, and what empties it."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    told, answers = process.stdin, process.stdout

    def empty() -> None:
        told.write("\n")
        told.flush()
        answers.readline()

    with process:
        yield [str(one) for one in json.loads(answers.readline())], empty
        told.close()


def _bare(data: bytes) -> Callable[[], object]:
    ntlm = spnego.NegotiateOptions.use_ntlm
    with registered(User.random()) as user:
        client = spnego.client(user.name, user.password, protocol="ntlm", options=ntlm)
        server = spnego.server(protocol="ntlm", options=ntlm)
        server.step(client.step(server.step(client.step())))

    def work() -> None:
        for begin in range(0, len(data), _PIECE):
            client.wrap_winrm(b64encode(data[begin : begin + _PIECE]))

    return work


def _ratio(path: Path, data: bytes) -> float:
    with _serving() as ((port, user, password), empty):
        credentials = mi.Credentials.password(user, password, scheme="NTLM_DOMAIN")
        with mi.connect(
            "127.0.0.1", protocol="WINRM", destination_port=int(port), credentials=credentials
        ) as session:

            def copy() -> None:
                empty()
                assert session.copy_to(path, _TARGET).sent == len(data)

            taken = interleaved({"bare": _bare(data), "copy": copy}, _ROUNDS)
    return taken["copy"] / taken["bare"]


def _peak(path: Path) -> float:
    """Return the MiB that copying a file takes over what a command needed."""
    with _serving() as ((port, user, password), _):
        arguments = [sys.executable, "-c", _CLIENT, port, str(path), user, password]
        done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def figures() -> Iterator[Figure]:
    """Measure the processor's time and the memory."""
    with TemporaryDirectory() as folder:
        few, many = Path(folder, "few.bin"), Path(folder, "many.bin")
        data = Random(1).randbytes(_AMOUNT * _MEBIBYTE)
        many.write_bytes(data)
        few.write_bytes(data[: _SMALL * _MEBIBYTE])
        yield Figure("copy.ratio", _ratio(many, data), "x base64+seal", 2)
        peaks = [_peak(path) for path in (few, many)]
    yield Figure("copy.memory", peaks[1], "MiB", 15)
    yield Figure("copy.memory.growth", max(0.0, peaks[1] - peaks[0]), "MiB", 2)
