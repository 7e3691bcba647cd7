"""MI's own behaviours on the wire: what tests/mi/test_mi_behaviours.py leaves to this file.

Each is tested from end to end here; the files beside this one hold the parts to more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

import mi
from mi.calls import (
    Call,
    CreateInstance,
    DeleteInstance,
    EnumerateInstances,
    GetInstance,
    Invoke,
    ModifyInstance,
)
from mi.options import DestinationOptions, OperationOptions
from mi.results import ErrorCategory, Result
from protocols.loopback import Endpoint, Exchange, Replace, Stall
from protocols.wsman.durations import format_interval, parse_duration

_NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
}
_DMTF = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2"
_TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
_ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
_NOBODY_LISTENS = 1


@contextmanager
def _session(endpoint: Endpoint, **options: Any) -> Iterator[mi.Session]:
    given: dict[str, Any] = {
        "destination_port": endpoint.port,
        "credentials": endpoint.credentials,
        **options,
    }
    with mi.connect(endpoint.host, options=DestinationOptions(**given)) as session:
        yield session


def _said(exchange: Exchange, path: str) -> list[str]:
    header = etree.fromstring(exchange.request_bytes)
    found = header.xpath(path, namespaces=_NAMESPACES)
    return [one if isinstance(one, str) else one.text for one in found]


def _all_types(name: str) -> mi.Instance:
    return mi.Instance("Loopback_AllTypes", {"Id": name})


@pytest.mark.parametrize(
    ("call", "action", "selectors"),
    [
        (GetInstance(_all_types("full")), f"{_TRANSFER}/Get", {"Id": "full"}),
        (
            ModifyInstance(mi.Instance("Loopback_AllTypes", {"Id": "one", "StringValue": "x"})),
            f"{_TRANSFER}/Put",
            {"Id": "one"},
        ),
        (CreateInstance(_all_types("new")), f"{_TRANSFER}/Create", {}),
        (DeleteInstance(_all_types("null")), f"{_TRANSFER}/Delete", {"Id": "null"}),
        (Invoke(_all_types("full"), "Fail"), f"{_DMTF}/Loopback_AllTypes/Fail", {"Id": "full"}),
        (EnumerateInstances("Loopback_AllTypes"), f"{_ENUMERATION}/Enumerate", {}),
    ],
    ids=lambda value: value.operation if isinstance(value, Call) else None,
)
def test_44_each_request_says_what_mi_says(
    endpoint: Endpoint, call: Call[Any], action: str, selectors: dict[str, str]
) -> None:
    with _session(
        endpoint, max_envelope_size=200, ui_locale="fr-FR", data_locale="de-DE"
    ) as session:
        session.run(call, options=OperationOptions(max_elements=3), timeout=7).all()
    asked = next(one for one in endpoint.exchanges if one.action == action)
    assert asked.resource_uri == f"{_DMTF}/Loopback_AllTypes"
    names, values = _said(asked, "//w:Selector/@Name"), _said(asked, "//w:Selector")
    expected = {"__cimnamespace": "root/cimv2", **selectors}
    assert dict(zip(names, values, strict=True)) == expected
    assert _said(asked, "//w:OperationTimeout") == ["PT7.000S"]
    assert _said(asked, "//w:MaxEnvelopeSize") == [str(200 * 1024)]
    assert _said(asked, "//w:Locale/@xml:lang") == ["fr-FR"]
    assert _said(asked, "//p:DataLocale/@xml:lang") == ["de-DE"]
    assert endpoint.open_contexts == 0


def test_44_what_is_pulled_is_pulled_and_what_is_left_is_released(endpoint: Endpoint) -> None:
    with _session(endpoint) as session:
        call = EnumerateInstances("Win32_Service")
        with session.run(call, options=OperationOptions(max_elements=3)) as operation:
            for _ in range(7):
                next(operation)
    names = [one.name for one in endpoint.exchanges if one.action.startswith(_ENUMERATION)]
    assert names == ["Enumerate", "Pull", "Pull", "Release"]
    assert endpoint.open_contexts == 0


def _in_chunks(body: bytes) -> bytes:
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"


def test_45_a_reply_in_chunks_is_read(endpoint: Endpoint) -> None:
    headers = {"Transfer-Encoding": "chunked", "Content-Length": None}
    endpoint.disturb(Replace("Get", body=_in_chunks, headers=headers))
    with _session(endpoint) as session:
        assert session.get_instance(_all_types("full"))["Id"] == "full"


def test_45_a_redirect_is_not_followed_and_says_where_it_leads(endpoint: Endpoint) -> None:
    headers = {
        "Location": "http://elsewhere/wsman", "Content-Type": "text/html",
        "Transfer-Encoding": "chunked", "Content-Length": None,
    }  # fmt: skip
    page = _in_chunks(b"<html>It is elsewhere.</html>")
    endpoint.disturb(Replace("Get", status=302, body=page, headers=headers))
    with _session(endpoint) as session, pytest.raises(mi.NotSupported) as caught:
        session.get_instance(_all_types("full"))
    assert "REDIRECT_LOCATION: http://elsewhere/wsman" in str(caught.value)


def test_46_a_wrong_password_is_access_denied_and_asked_for_once(endpoint: Endpoint) -> None:
    wrong = mi.Credentials.password(endpoint.user.name, "wrong")
    with _session(endpoint, credentials=wrong) as session:
        for _ in range(3):
            with pytest.raises(mi.AccessDenied) as caught:
                session.test_connection()
            assert caught.value.result is Result.ACCESS_DENIED
    assert endpoint.refused_logons == 1


def test_46_without_a_password_nothing_is_sent_and_it_fails(endpoint: Endpoint) -> None:
    nobody = mi.Credentials.password(endpoint.user.name, "")
    refused = pytest.raises((mi.AccessDenied, mi.NotSupported))
    with _session(endpoint, credentials=nobody) as session, refused:
        session.get_instance(_all_types("full"))
    assert endpoint.exchanges == []


def test_46_a_logon_serves_all_operations_of_a_session() -> None:
    with Endpoint(allow_unencrypted=True) as endpoint:
        for credentials in (endpoint.credentials, endpoint.basic_credentials):
            with _session(endpoint, credentials=credentials, packet_privacy=False) as session:
                for _ in range(3):
                    session.get_instance(_all_types("full"))
        assert endpoint.connections <= 4
        assert endpoint.refused_logons == 0
    with pytest.raises(mi.InvalidParameter):
        mi.Credentials.password("ops", "x", scheme="Telepathy")


def test_47_a_transport_that_is_none_is_invalid_parameter() -> None:
    assert DestinationOptions(transport="https").transport == "HTTPS"
    with pytest.raises(mi.InvalidParameter):
        DestinationOptions(transport="gopher")


def test_47_who_does_not_listen_is_failed_with_the_first_operation(endpoint: Endpoint) -> None:
    nowhere = _session(endpoint, destination_port=_NOBODY_LISTENS)
    with nowhere as session, pytest.raises(mi.ConnectionFailed) as caught:
        session.get_instance(_all_types("full"))
    assert (caught.value.result, caught.value.category) == (
        Result.FAILED,
        ErrorCategory.CONNECTION_ERROR,
    )


def test_47_a_timeout_is_failed_with_a_category_of_its_own(endpoint: Endpoint) -> None:
    endpoint.disturb(Stall("Get"))
    with _session(endpoint) as session, pytest.raises(mi.OperationTimeout) as caught:
        session.get_instance(_all_types("full"), timeout=0.3)
    assert (caught.value.result, caught.value.category) == (
        Result.FAILED,
        ErrorCategory.OPERATION_TIMEOUT,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("P5Y", timedelta(days=1826)),
        ("P1Y1M22D", timedelta(days=417)),
        ("PT66S", timedelta(minutes=1, seconds=6)),
        ("PT5.5S", timedelta(seconds=5.5)),
    ],
)
def test_48_durations_are_read_as_mi_reads_them(text: str, value: timedelta) -> None:
    assert parse_duration(text) == value


def test_48_intervals_are_written_with_a_field_even_if_there_is_nothing_in_them() -> None:
    assert parse_duration(format_interval(timedelta(seconds=5.5))) == timedelta(seconds=5.5)
    assert format_interval(timedelta(0)) != "P"


def test_48_nulls_arrays_objects_and_references_arrive_as_what_they_are(
    endpoint: Endpoint,
) -> None:
    with _session(endpoint) as session:
        full, empty, null = (
            session.get_instance(_all_types(name)) for name in ("full", "empty", "null")
        )
    assert full["Uint8Array"] == [0, 1, 255]
    assert full["InstanceValue"].class_name == "Win32_Trustee"
    assert full["ReferenceValue"].key == {"Name": full["ReferenceValue"]["Name"]}
    assert (empty["Uint8Array"], empty["StringValue"]) == ([], "")
    assert null["Uint32Value"] is None
