from __future__ import annotations

import pytest

from protocols.dcom import interfaces
from protocols.dcom.interfaces import ENUMERATOR, EXPORTER, LEVEL1_LOGIN, SERVICES
from protocols.dcom.methods import Interface
from protocols.dcom.objref import read_standard
from protocols.dcom.orpc import OrpcThis
from protocols.loopback.population import sample_repository
from protocols.loopback.rpc.answers import Answers
from protocols.loopback.rpc.given import Fault
from protocols.loopback.wmi.enumerators import Enumerator
from protocols.loopback.wmi.failures import Failure

THIS = OrpcThis(bytes(16))


def make() -> Answers:
    return Answers(sample_repository(), "127.0.0.1")


@pytest.mark.parametrize(
    ("interface", "opnum", "status"),
    [
        (SERVICES, 99, 0x1C010002),
        (SERVICES, interfaces.PUT_CLASS.opnum, 0x1C010002),
        (Interface("Other", bytes(16), {}), 3, 0x1C010002),
        (SERVICES, 6, 0x80010114),
    ],
)
def test_a_method_or_an_object_that_is_not_there(
    interface: Interface, opnum: int, status: int
) -> None:
    for ipid in (None, bytes(16)):
        with pytest.raises(Fault) as caught:
            make().answer(interface, opnum, ipid, b"")
        assert caught.value.status == status
        assert str(caught.value) == f"0x{status:08X}"


def test_an_object_is_called_by_its_own_interface() -> None:
    answers = make()
    ipid = read_standard(answers.exporter.export(ENUMERATOR, Enumerator([], 0))).standard.ipid
    with pytest.raises(Fault):
        answers.answer(LEVEL1_LOGIN, 3, ipid, b"")
    stub = interfaces.NEXT.request(THIS, lTimeout=0, uCount=1)
    reply = interfaces.NEXT.read_reply(answers.answer(ENUMERATOR, 4, ipid, stub))
    assert reply.hresult == 1
    assert answers.calls == ["Next"]


def test_a_request_that_cannot_be_read_is_not_counted() -> None:
    answers = make()
    with pytest.raises(Fault) as caught:
        answers.answer(EXPORTER, interfaces.SIMPLE_PING.opnum, None, b"")
    assert caught.value.status == 0x6F7
    assert answers.calls == []


def test_a_failure_tells_what_it_knows() -> None:
    answers = make()
    ipid = read_standard(answers.exporter.export(ENUMERATOR, Enumerator([], 0))).standard.ipid
    stub = interfaces.NEXT.request(THIS, lTimeout=0, uCount=0)
    reply = interfaces.NEXT.read_reply(answers.answer(ENUMERATOR, 4, ipid, stub))
    assert reply.hresult == 0x80041008
    assert reply.that.error is not None


def test_a_failure_may_tell_nothing_but_its_number() -> None:
    answers = make()

    class Failing(Enumerator):
        def reset(self) -> None:
            raise Failure(0x80041001)

    ipid = read_standard(answers.exporter.export(ENUMERATOR, Failing([], 0))).standard.ipid
    stub = interfaces.RESET.request(THIS)
    reply = interfaces.RESET.read_reply(answers.answer(ENUMERATOR, 3, ipid, stub))
    assert (reply.hresult, reply.that.error) == (0x80041001, None)
