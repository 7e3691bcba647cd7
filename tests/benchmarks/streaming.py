"""A hundred thousand processes through `query_instances`: how much memory that takes.

The server is a process of its own, and so is each measurement: what a process needed at its worst
never goes down again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from tests.benchmarks.figures import Figure
from tests.benchmarks.server import PASSWORD, USER, serving

__all__ = ["figures"]

_FEW, _MANY = 10_000, 100_000
_CLIENT = """
import json, re, sys
import mi
from tests.benchmarks import bodies
port, total = int(sys.argv[1]), int(sys.argv[2])
store = mi.SchemaStore()
store.add(bodies.class_of("Win32_Process"), bodies.NAMESPACE)
credentials = mi.Credentials.password(sys.argv[3], sys.argv[4], scheme="Basic")
def peak():
    # getrusage tells the peak of the process that this one was forked from, if that was higher.
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) / 1024
with mi.connect("127.0.0.1", protocol="WINRM", destination_port=port, credentials=credentials,
                packet_privacy=False, schema=store) as session:
    session.get_instance(mi.Instance("Win32_Process", {"Handle": "4"}))
    before = peak()
    count = sum(1 for _ in session.query_instances("SELECT * FROM Win32_Process"))
    assert count == total, count
    print(json.dumps(peak() - before))
"""


def _peak(total: int) -> float:
    """Return the MiB that reading `total` instances takes over what one small call needed."""
    with serving("Win32_Process", total, 512_000) as port:
        arguments = [sys.executable, "-c", _CLIENT, str(port), str(total), USER, PASSWORD]
        done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def figures() -> Iterator[Figure]:
    """Measure the peak of many, and what it has over the peak of few: it must be flat."""
    few, many = _peak(_FEW), _peak(_MANY)
    yield Figure("stream.memory", many, "MiB", 15)
    yield Figure("stream.memory.growth", max(0.0, many - few), "MiB", 2)
