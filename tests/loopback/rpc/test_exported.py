from __future__ import annotations

import time

from protocols.dcom.interfaces import ENUMERATOR, SERVICES
from protocols.dcom.objref import read_standard
from protocols.loopback.rpc.exported import Exporter


class Closing:
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_an_object_lives_until_the_last_reference_is_given_back() -> None:
    exporter, thing = Exporter(), Closing()
    reference = read_standard(exporter.export(SERVICES, thing))
    standard = reference.standard
    assert (reference.iid, standard.oxid, standard.references) == (SERVICES.iid, exporter.oxid, 5)
    found = exporter.find(standard.ipid)
    assert found is not None
    assert (found.thing, found.interface, len(exporter)) == (thing, SERVICES, 1)
    exporter.release(standard.ipid, 4)
    assert (thing.closed, len(exporter)) == (0, 1)
    exporter.release(standard.ipid, 1)
    assert (thing.closed, len(exporter)) == (1, 0)
    exporter.release(standard.ipid, 1)
    assert exporter.find(standard.ipid) is None
    assert thing.closed == 1


def test_further_references_are_counted() -> None:
    exporter, thing = Exporter(), Closing()
    standard = read_standard(exporter.export(ENUMERATOR, thing)).standard
    again = exporter.again(standard.ipid, 3)
    assert again is not None
    assert (again.ipid, again.references) == (standard.ipid, 3)
    exporter.release(standard.ipid, 5)
    assert thing.closed == 0
    exporter.release(standard.ipid, 3)
    assert thing.closed == 1
    assert exporter.again(standard.ipid, 1) is None


def test_all_objects_end_together() -> None:
    exporter, things = Exporter(), [Closing(), Closing()]
    for thing in things:
        exporter.export(ENUMERATOR, thing)
    exporter.close()
    assert [thing.closed for thing in things] == [1, 1]
    assert len(exporter) == 0


def test_sets_say_what_is_to_be_kept() -> None:
    exporter = Exporter()
    one = exporter.change_set(0, [1, 2], [])
    assert one
    assert exporter.keep_set(one)
    assert not exporter.keep_set(one + 1)
    assert exporter.kept == 2
    assert exporter.change_set(one, [3], [1, 2]) == one
    assert exporter.kept == 1
    assert exporter.change_set(one + 1, [3], []) is None


def test_what_nobody_asks_to_keep_goes() -> None:
    exporter, kept, gone = Exporter(patience=0.2), Closing(), Closing()
    first = read_standard(exporter.export(ENUMERATOR, kept)).standard
    other = read_standard(exporter.export(ENUMERATOR, gone)).standard
    one = exporter.change_set(0, [first.oid], [])
    assert one
    end = time.monotonic() + 0.4
    while time.monotonic() < end:
        assert exporter.keep_set(one)
        time.sleep(0.02)
    assert exporter.find(other.ipid) is None
    assert exporter.find(first.ipid) is not None
    assert (kept.closed, gone.closed, len(exporter)) == (0, 1, 1)
