from __future__ import annotations

from mi.errors import AccessDenied, InvalidClass, MIError, ProtocolError
from protocols.loopback.wmi.failures import Failure, failure, failure_of
from tests.loopback.wmi.asked import instance_in


def test_a_failure_has_a_number_and_an_extended_status() -> None:
    found = failure("WBEM_E_NOT_FOUND", "GetObject", 'A.B="c"')
    assert found.hresult == 0x80041002
    assert str(found) == "0x80041002"
    status = instance_in(found.status)
    assert status.class_name == "__ExtendedStatus"
    assert dict(status) == {
        "Description": None,
        "Operation": "GetObject",
        "ParameterInfo": 'A.B="c"',
        "ProviderName": "WinMgmt",
        "StatusCode": 0x80041002,
    }


def test_what_the_repository_cannot_do_has_wmis_number() -> None:
    assert failure_of(InvalidClass("no"), "ExecQuery").hresult == 0x80041010
    assert failure_of(AccessDenied("no"), "ExecMethod").hresult == 0x80041003
    assert failure_of(MIError("no"), "ExecQuery").hresult == 0x80041001
    assert failure_of(ProtocolError("no"), "PutInstance").hresult == 0x8004100F


def test_a_failure_may_say_nothing_more() -> None:
    assert Failure(5).status is None
