import pytest

from mi.errors import InvalidParameter
from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address

HTTP = DestinationOptions()


def of(destination: str | None, **options: object) -> Address:
    return Address.of(destination, DestinationOptions(**options))


def test_no_destination_is_this_machine_over_http() -> None:
    assert of(None) == Address("http", "localhost", 5985, "/wsman")
    assert of(None).url == "http://localhost:5985/wsman"
    assert not of(None).is_tls


def test_https_has_a_port_of_its_own() -> None:
    assert of("server01", transport="https").url == "https://server01:5986/wsman"
    assert of("server01", transport="https").is_tls


def test_port_and_path_are_options() -> None:
    assert of("server01", destination_port=80, http_url_prefix="a?b=ü&c=%20").url == (
        "http://server01:80/a?b=%C3%BC&c=%20"
    )


@pytest.mark.parametrize(
    ("destination", "host", "authority", "server_name"),
    [
        ("server01.contoso.com", "server01.contoso.com", "server01.contoso.com:5985", None),
        ("server01.contoso.com.", "server01.contoso.com.", "server01.contoso.com:5985", None),
        ("OLD_SERVER", "OLD_SERVER", "OLD_SERVER:5985", None),
        ("10.1.2.3", "10.1.2.3", "10.1.2.3:5985", None),
        ("::1", "::1", "[::1]:5985", "::1"),
        ("[::1]", "::1", "[::1]:5985", "::1"),
        ("fe80::1%eth0", "fe80::1%eth0", "[fe80::1]:5985", "fe80::1"),
        ("[fe80::1%3]", "fe80::1%3", "[fe80::1]:5985", "fe80::1"),
        ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example:5985", None),
    ],
)
def test_names_and_addresses_are_destinations(
    destination: str, host: str, authority: str, server_name: str | None
) -> None:
    address = of(destination)
    assert (address.host, address.authority) == (host, authority)
    assert address.server_name == (server_name or host.rstrip("."))


@pytest.mark.parametrize(
    ("destination", "advice"),
    [
        ("", "host name"),
        (" ", "host name"),
        ("a b", "host name"),
        ("a\nb", "host name"),
        ("a..b", "host name"),
        ("-a", "host name"),
        (".", "host name"),
        ("user@host", "host name"),
        ("a" * 64, "host name"),
        (".".join(["abcdefg"] * 40), "host name"),
        ("ü" * 64, "host name"),
        ("[server01]", "host name"),
        ("[::1", "host name"),
        ("::g", "host name"),
        ("server01:5985", "destination_port="),
        ("[::1]:5985", "destination_port="),
        ("http://server01:5985/wsman", "http_url_prefix="),
    ],
)
def test_what_is_no_host_is_refused_with_advice(destination: str, advice: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        of(destination)
    assert repr(destination) in caught.value.message
    assert advice in str(caught.value.advice)


def test_tls_may_know_the_host_by_another_name() -> None:
    address = of("fe80::1%eth0", tls_server_name="server01.contoso.com.")
    assert address.certificate_name == "server01.contoso.com"
    assert address.authority == "[fe80::1]:5985"
    assert of("fe80::1%eth0").certificate_name == "fe80::1"
    with pytest.raises(InvalidParameter):
        of("server01", tls_server_name="https://server01")
