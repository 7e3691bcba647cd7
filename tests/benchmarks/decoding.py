"""Reading a page of typed instances, beside lxml's bare parse and beside other libraries.

What is measured is the whole way of a reply through the client's core: the hardened parse, the
checks of the envelope, the conversation, every property of every instance converted.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterator

from lxml import etree

from mi.calls import EnumerateInstances
from mi.instance import Instance
from mi.options import ServerKind
from mi.results import OperationFlags
from mi.schema import Class
from mi.store import SchemaStore
from protocols.wsman import envelope
from protocols.wsman.dialects import DIALECTS, Settings
from protocols.wsman.enumeration import Enumeration
from tests.benchmarks import bodies, others
from tests.benchmarks.figures import Figure, interleaved

__all__ = ["figures", "reader"]

_PER_ENVELOPE = 100
_ROUNDS = 31
_OTHERS_ROUNDS = 9
_KEPT = 2_000
_LIMIT = 4 * 512_000
_MESSAGE_ID = "uuid:55F28C75-F63E-4F68-8360-A8C478003959"
_FAMILY = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
_TARGETS = {"xmltodict": 2.4, "zeep": 6.0, "pywbem": 11.0}


def _enumeration(declared: Class) -> Enumeration:
    """Return a conversation that waits for its first page and knows the class."""
    store = SchemaStore()
    store.add(declared, bodies.NAMESPACE)
    conversation = Enumeration(
        EnumerateInstances(declared.name, namespace=bodies.NAMESPACE),
        Settings(60.0, 32_000, OperationFlags.DEFAULT, "server01"),
        DIALECTS[ServerKind.WINRM3],
        store,
    )
    conversation.next_request()
    return conversation


def reader(class_name: str) -> Callable[[bytes], list[Instance]]:
    """Return a call that reads the bytes of a page as the client does."""
    declared = bodies.class_of(class_name)
    conversation = _enumeration(declared)

    def read(body: bytes) -> list[Instance]:
        reply = envelope.parse(body, _MESSAGE_ID, limit=_LIMIT)
        return conversation.receive(reply)  # type: ignore[arg-type]  # no fault is in there

    return read


def _page(class_name: str) -> bytes:
    return bodies.pull_response(
        class_name, _PER_ENVELOPE, relates_to=_MESSAGE_ID, context="uuid:next"
    )


def _ratios(class_name: str) -> dict[str, float]:
    """Return how many times a bare parse each way takes."""
    page, read = _page(class_name), reader(class_name)
    taken = interleaved(
        {"lxml": lambda: etree.fromstring(page), "typed": lambda: read(page)}, _ROUNDS
    )
    return {"typed": taken["typed"] / taken["lxml"]}


def _against_others(class_name: str) -> dict[str, float]:
    """Return how many times slower each other library is."""
    declared, page, read = bodies.class_of(class_name), _page(class_name), reader(class_name)
    taken = interleaved(
        {
            "typed": lambda: read(page),
            "xmltodict": others.xmltodict_reader(page),
            "zeep": others.zeep_reader(page, declared, _FAMILY + class_name),
            "pywbem": others.pywbem_reader(read(page), declared),
        },
        _OTHERS_ROUNDS,
    )
    return {name: taken[name] / taken["typed"] for name in _TARGETS}


def _kept_bytes() -> float:
    """Return the bytes that one kept Win32_Process holds."""
    page, read = _page("Win32_Process"), reader("Win32_Process")
    read(page)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept = [instance for _ in range(_KEPT // _PER_ENVELOPE) for instance in read(page)]
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before - sys.getsizeof(kept)) / len(kept)


def figures() -> Iterator[Figure]:
    """Measure the three classes, and tell the worst of each comparison."""
    names = list(bodies.CLASSES)
    yield Figure("decode.typed", max(_ratios(name)["typed"] for name in names), "x lxml", 3.0)
    compared = [_against_others(name) for name in names]
    for name, target in _TARGETS.items():
        worst = min(ratios[name] for ratios in compared)
        yield Figure(f"decode.vs.{name}", worst, "x slower", target, higher_is_better=True)
    yield Figure("kept.instance", _kept_bytes(), "bytes", 4096)
