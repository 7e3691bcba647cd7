"""A hundred MiB of a command's stdout, as text, beside the decoding of their base64 alone.

The connection is in the clear, so that what is measured is the shell and not the sealing, which
`seal.*` measures. The server is a process of its own, and the client's time is its processor's:
receiving, the envelopes, base64 and the decoding of UTF-8, in pieces of 32 KiB, 11 to an envelope.
"""

from __future__ import annotations

import json
import subprocess
import sys
from binascii import a2b_base64
from collections.abc import Callable, Iterator

import mi
from tests.benchmarks.figures import Figure, interleaved
from tests.benchmarks.outputs import MEBIBYTE, encoded
from tests.benchmarks.server import PASSWORD, USER, serving

__all__ = ["figures"]

_AMOUNT = 100  # MiB
_ROUNDS = 9
_SMALL = 4
_CLIENT = """
import json, re, sys
import mi
port, amount = int(sys.argv[1]), sys.argv[2]
credentials = mi.Credentials.password(sys.argv[3], sys.argv[4], scheme="Basic")
def peak():
    # getrusage tells the peak of the process that this one was forked from, if that was higher.
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) / 1024
with mi.connect("127.0.0.1", protocol="WINRM", destination_port=port, credentials=credentials,
                packet_privacy=False) as session, session.shell() as shell:
    shell.run("produce", ["0"])
    before = peak()
    with shell.start("produce", [amount]) as command:
        for piece in command.text():
            pass
    print(json.dumps(peak() - before))
"""


def _decode() -> Callable[[], object]:
    pieces = encoded(_AMOUNT)

    def decode() -> None:
        for piece in pieces:
            a2b_base64(piece)

    return decode


def _read(port: int) -> Callable[[], object]:
    credentials = mi.Credentials.password(USER, PASSWORD, scheme="Basic")
    session = mi.connect(
        "127.0.0.1", protocol="WINRM", destination_port=port, credentials=credentials,
        packet_privacy=False,
    )  # fmt: skip
    shell = session.shell()

    def read() -> None:
        with shell.start("produce", [str(_AMOUNT)]) as command:
            length = sum(map(len, command.text()))
            assert command.wait() == 0
        assert length > _AMOUNT * MEBIBYTE * 0.95, length

    return read


def _peak(amount: int) -> float:
    """Return the MiB that reading so many takes over what a command without output needed."""
    with serving("Win32_Process") as port:
        arguments = [sys.executable, "-c", _CLIENT, str(port), str(amount), USER, PASSWORD]
        done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def figures() -> Iterator[Figure]:
    """Measure the processor's time and the memory."""
    with serving("Win32_Process") as port:
        taken = interleaved({"decode": _decode(), "read": _read(port)}, _ROUNDS)
    yield Figure("stdout.ratio", taken["read"] / taken["decode"], "x base64", 1.6)
    few, many = _peak(_SMALL), _peak(_AMOUNT)
    yield Figure("stdout.memory", many, "MiB", 15)
    yield Figure("stdout.memory.growth", max(0.0, many - few), "MiB", 2)
