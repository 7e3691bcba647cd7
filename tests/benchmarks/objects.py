"""Reading instances as WMI encodes them for DCOM, beside the other library that does it.

The instances are the sample repository's 94 of Win32_Process: 45 properties each, and a class part
with all qualifiers in front of every one, as Windows sends it. The class is known after the first.
impacket is asked for no more than its own users need: the properties with their values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from impacket.dcerpc.v5.dcom.wmi import ENCODING_UNIT

from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_instance
from protocols.loopback.population import sample_repository
from tests.benchmarks.figures import Figure, interleaved

__all__ = ["encoded", "figures"]

_NAMESPACE = "root/cimv2"
_CLASS = "Win32_Process"
_ROUNDS = 31
_OTHERS = 3  # instances that impacket reads in a round: each takes as long as hundreds of ours


def encoded() -> list[bytes]:
    """Return the instances as a server sends them."""
    repository = sample_repository()
    class_ = repository.find_class(_NAMESPACE, _CLASS)
    return [write_instance(one, class_) for one in repository.instances(_NAMESPACE, _CLASS)]


def _reader(objects: list[bytes]) -> Callable[[], object]:
    read = ObjectReader("server01").read
    return lambda: [read(one, _NAMESPACE) for one in objects]


def _impacket(objects: list[bytes]) -> Callable[[], object]:
    def read() -> object:
        blocks = [ENCODING_UNIT(one)["ObjectBlock"] for one in objects]
        for block in blocks:
            block.parseObject()
        return [block.ctCurrent["properties"] for block in blocks]

    return read


def figures() -> Iterator[Figure]:
    """Measure what one instance takes, and how many times as long it takes impacket."""
    objects = encoded()
    taken = interleaved(
        {"ours": _reader(objects), "impacket": _impacket(objects[:_OTHERS])}, _ROUNDS
    )
    ours, theirs = taken["ours"] / len(objects), taken["impacket"] / _OTHERS
    yield Figure("dcom.decode", ours * 1000, "ms", 0.05)
    yield Figure("dcom.vs.impacket", theirs / ours, "x slower", 100.0, higher_is_better=True)
