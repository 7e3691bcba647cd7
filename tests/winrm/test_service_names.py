"""The Kerberos name of a destination is made from what the caller wrote."""

import pytest

from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address
from protocols.winrm.service_names import service_name


def spn(destination: str | None, **options: object) -> str | None:
    given = DestinationOptions(**options)  # type: ignore[misc]
    return service_name(Address.of(destination, given), given)


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("server01.contoso.com", "HTTP/server01.contoso.com"),
        ("server01", "HTTP/server01"),  # a short name stays short
        ("SERVER01.Contoso.com", "HTTP/server01.contoso.com"),
        ("server01.contoso.com.", "HTTP/server01.contoso.com"),
        ("bücher.example", "HTTP/xn--bcher-kva.example"),
        (None, "HTTP/localhost"),
    ],
)
def test_it_is_the_destination_as_it_was_written(destination: str | None, expected: str) -> None:
    assert spn(destination) == expected


@pytest.mark.parametrize("destination", ["192.0.2.1", "2001:db8::1", "[2001:db8::1]", "fe80::1%lo"])
def test_an_address_has_none(destination: str) -> None:
    assert spn(destination) is None


def test_the_port_is_part_of_it_only_where_that_is_asked_for() -> None:
    assert spn("server01", encode_port_in_spn=True) == "HTTP/server01:5985"
    assert spn("server01", encode_port_in_spn=True, transport="HTTPS") == "HTTP/server01:5986"
    assert spn("server01", encode_port_in_spn=False, destination_port=80) == "HTTP/server01"


@pytest.mark.parametrize("destination", ["server01", "192.0.2.1"])
def test_the_caller_may_know_better(destination: str) -> None:
    name = "WSMAN/cluster.contoso.com@CONTOSO.COM"
    assert spn(destination, service_principal=name, encode_port_in_spn=True) == name
