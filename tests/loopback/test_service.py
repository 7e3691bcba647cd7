"""The service answers what it has a row for, and refuses the rest as Windows does."""

from typing import Any

import pytest

from mi.errors import ProtocolError
from protocols.loopback.population import sample_repository
from protocols.loopback.service import Answer, Limits, Service
from protocols.meanings.numbers import NUMBERS
from protocols.wsman import envelope, identify
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing, Option, Selector
from protocols.wsman.namespaces import (
    ACTION_ENUMERATE,
    ACTION_GET,
    ACTION_PULL,
    DMTF_CIM_SCHEMA,
    TRANSFER,
)

SERVICE = f"{DMTF_CIM_SCHEMA}/Win32_Service"
NAMED = (Selector.of("__cimnamespace", "root/cimv2"), Selector.of("Name", "WinRM"))
MESSAGE_ID = "uuid:AAAA"


@pytest.fixture
def service() -> Service:
    return Service(sample_repository(), Limits())


def ask(service: Service, request: Request, size: int = 512_000, **kwargs: Any) -> Answer:
    data = envelope.serialize(request, Addressing("http://here/wsman", size), MESSAGE_ID)
    return answer(service, data, **kwargs)


def answer(service: Service, data: bytes, **kwargs: Any) -> Answer:
    return service.answer(service.read(data), is_connected=lambda: True, **kwargs)


def reply_of(given: Answer) -> Reply | Fault:
    return envelope.parse(given.envelope, MESSAGE_ID, limit=10**7)


def fault_of(given: Answer) -> Fault:
    fault = reply_of(given)
    assert given.status == 500
    assert isinstance(fault, Fault)
    return fault


GET = Request(ACTION_GET, SERVICE, selectors=NAMED)


def test_a_reply_relates_to_its_request_with_headers_in_windows_order(service: Service) -> None:
    given = ask(service, GET)
    reply = reply_of(given)
    assert isinstance(reply, Reply)
    assert (given.status, given.opened) == (200, None)
    assert reply.action == f"{ACTION_GET}Response"
    assert reply.header is not None
    assert [one.tag.rpartition("}")[2] for one in reply.header] == [
        "Action", "MessageID", "To", "RelatesTo",
    ]  # fmt: skip
    assert given.envelope.startswith(b'<s:Envelope xml:lang="en-US" xmlns:s=')


def test_identify_tells_all_to_a_user_and_little_to_nobody(service: Service) -> None:
    for is_anonymous, version in (
        (False, "OS: 10.0.20348 SP: 0.0 Stack: 3.0"),
        (True, "OS: 0.0.0 SP: 0.0 Stack: 3.0"),
    ):
        given = ask(service, identify.IDENTIFY, is_anonymous=is_anonymous)
        reply = envelope.parse(given.envelope, None, limit=10**6)
        assert isinstance(reply, Reply)
        found = identify.read_response(reply)
        assert found["ProductVendor"] == "Microsoft Corporation"
        assert found["ProductVersion"] == version
        assert len(found["SecurityProfiles"]) == 2


def test_an_enumeration_that_is_opened_is_told(service: Service) -> None:
    selectors = NAMED[:1]
    body = "<n:Enumerate><w:OptimizeEnumeration/></n:Enumerate>"
    given = ask(service, Request(ACTION_ENUMERATE, SERVICE, body, selectors=selectors))
    assert given.opened
    assert given.opened.encode() in given.envelope


def test_an_action_that_has_no_row_is_not_supported(service: Service) -> None:
    fault = fault_of(ask(service, Request(f"{TRANSFER}/Patch", SERVICE, selectors=NAMED)))
    assert fault.subcode == "a:ActionNotSupported"
    assert fault.wsman_code == NUMBERS["ACTION_NOT_SUPPORTED"]


def test_a_fault_names_the_machine_and_has_the_action_of_its_kind(service: Service) -> None:
    given = ask(service, Request(ACTION_GET, "http://nowhere/", selectors=NAMED))
    assert b'Machine="WIN-LAB01"' in given.envelope
    assert b"<a:Action>http://schemas.xmlsoap.org/ws/2004/08/addressing/fault" in given.envelope


def test_an_envelope_below_the_minimum_is_refused(service: Service) -> None:
    fault = fault_of(ask(service, GET, size=8191))
    assert (fault.subcode, fault.detail) == ("w:EncodingLimit", "MinimumEnvelopeLimit")
    assert ask(service, GET, size=8192).status == 200


def test_the_services_own_limit_bounds_the_envelope_too() -> None:
    tight = Service(sample_repository(), Limits(max_envelope_size=8192))
    full = (NAMED[0], Selector.of("Id", "full"))
    request = Request(ACTION_GET, f"{DMTF_CIM_SCHEMA}/Loopback_AllTypes", selectors=full)
    for size in (512_000, None):
        data = envelope.serialize(request, Addressing("to", size or 8192), MESSAGE_ID)
        if size is None:
            start = data.index(b"<w:MaxEnvelopeSize")
            data = data[:start] + data[data.index(b"<a:MessageID>") :]
        fault = fault_of(answer(tight, data))
        assert fault.wsman_code == NUMBERS["MAX_ENVELOPE_SIZE_EXCEEDED"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"<a:MessageID>uuid:AAAA</a:MessageID>", b"", "Sender"),
        (b"</s:Header>", b'<x:New s:mustUnderstand="true" xmlns:x="urn:x"/></s:Header>',
         "MustUnderstand"),
    ],
)  # fmt: skip
def test_headers_that_are_missing_or_not_understood_are_refused(
    service: Service, old: bytes, new: bytes, code: str
) -> None:
    data = envelope.serialize(GET, Addressing("to", 512_000), MESSAGE_ID).replace(old, new)
    given = answer(service, data)
    fault = envelope.parse(given.envelope, None, limit=10**6)
    assert isinstance(fault, Fault)
    assert fault.code == code


def test_what_is_no_envelope_cannot_be_read(service: Service) -> None:
    with pytest.raises(ProtocolError):
        service.read(b"<html/>")


def test_time_is_what_was_asked_for_but_no_more_than_the_service_allows() -> None:
    service = Service(sample_repository(), Limits(max_timeout=10))

    def limit(action: str, timeout: float | None) -> float:
        request = Request(action, SERVICE, selectors=NAMED, operation_timeout=timeout)
        data = envelope.serialize(request, Addressing("to", 512_000), MESSAGE_ID)
        return service.time_limit(service.read(data))

    assert [limit(ACTION_GET, seconds) for seconds in (None, 5, 60)] == [10, 5, 10]
    assert limit(ACTION_PULL, 60) == 60
    assert limit(ACTION_PULL, None) == 10


def test_a_request_that_takes_too_long_is_timed_out(service: Service) -> None:
    data = envelope.serialize(GET, Addressing("to", 512_000), MESSAGE_ID)
    fault = fault_of(service.timed_out(service.read(data)))
    assert fault.is_timeout
    assert (fault.code, fault.subcode) == ("Receiver", "w:TimedOut")


def test_options_reach_the_operation(service: Service) -> None:
    null = (NAMED[0], Selector.of("Id", "null"))
    options = (Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean"),)
    uri = f"{DMTF_CIM_SCHEMA}/Loopback_AllTypes"
    given = ask(service, Request(ACTION_GET, uri, selectors=null, options=options))
    assert b'm:IsNullArray="true"' in given.envelope


def test_a_method_is_called_by_its_uri(service: Service) -> None:
    body = '<p:InterrogateService_INPUT xmlns:p="urn:x"/>'
    request = Request(f"{SERVICE}/InterrogateService", SERVICE, body, selectors=NAMED)
    reply = reply_of(ask(service, request))
    assert isinstance(reply, Reply)
    assert reply.body[0].findtext("{*}ReturnValue") == "0"


def test_a_namespace_may_be_closed_to_all() -> None:
    closed = Service(sample_repository(), Limits(denied=("ROOT/cimv2",)))
    assert fault_of(ask(closed, GET)).wsman_code == NUMBERS["ERROR_ACCESS_DENIED"]


def test_an_answer_that_nobody_waits_for_comes_too_late(service: Service) -> None:
    data = envelope.serialize(GET, Addressing("to", 512_000), MESSAGE_ID)
    fault = fault_of(service.too_late(service.read(data)))
    assert fault.wsman_code == NUMBERS["SEMANTICCALLBACK_TIMEDOUT"]


def test_what_was_opened_for_nobody_is_forgotten(service: Service) -> None:
    body = "<n:Enumerate><w:OptimizeEnumeration/></n:Enumerate>"
    given = ask(service, Request(ACTION_ENUMERATE, SERVICE, body, selectors=NAMED[:1]))
    assert given.opened
    service.forget(given.opened)
    pull = f"<n:Pull><n:EnumerationContext>{given.opened}</n:EnumerationContext></n:Pull>"
    fault = fault_of(ask(service, Request(ACTION_PULL, SERVICE, pull, selectors=NAMED[:1])))
    assert fault.wsman_code == NUMBERS["INVALID_ENUMERATION_CONTEXT"]


def test_a_request_is_no_larger_than_the_envelope_that_the_service_takes() -> None:
    service = Service(sample_repository(), Limits(max_envelope_size=8192))
    large = Request(f"{TRANSFER}/Get", SERVICE, "x" * 8192, selectors=NAMED)
    fault = fault_of(ask(service, large))
    assert fault.wsman_code == NUMBERS["SERVER_ENVELOPE_LIMIT"]
    assert fault.detail == "ServiceEnvelopeLimit"
