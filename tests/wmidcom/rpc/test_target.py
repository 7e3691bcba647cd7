import errno

import pytest

from mi.errors import InvalidParameter, NotSupported
from mi.options import DestinationOptions
from protocols.network.places import Place
from protocols.wmidcom.rpc import target as target_module
from protocols.wmidcom.rpc.spn import service_name
from protocols.wmidcom.rpc.target import Target


def target(destination: str, **options: object) -> Target:
    return Target.of(destination, DestinationOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("destination", "options", "place", "authority"),
    [
        ("server01", {}, Place("server01", 135), "server01:135"),
        ("server01.", {"destination_port": 1135}, Place("server01.", 1135), "server01:1135"),
        ("[fe80::1%eth0]", {}, Place("fe80::1%eth0", 135), "[fe80::1]:135"),
        ("server01", {"connect_to": "gate:2135"}, Place("gate", 2135), "server01:2135"),
        ("server01", {"connect_to": "gate"}, Place("gate", 135), "server01:135"),
    ],
)
def test_a_target_is_a_name_and_a_way_there(
    destination: str, options: dict[str, object], place: Place, authority: str
) -> None:
    found = target(destination, **options)
    assert found.place == place
    assert found.authority == authority
    assert found.at(49670) == Place(place.host, 49670)


def test_what_is_no_host_is_refused() -> None:
    with pytest.raises(InvalidParameter):
        target("http://server01")
    with pytest.raises(InvalidParameter, match="connect_to='a:b:c:d'"):
        target("server01", connect_to="a:b:c:d")


@pytest.mark.parametrize("failure", [ConnectionRefusedError(), TimeoutError()])
def test_what_a_firewall_may_do_is_told(failure: OSError) -> None:
    assert "TCP port 135" in target_module._advice(failure)


def test_what_else_may_be_is_told() -> None:
    assert "Check the address" in target_module._advice(OSError(errno.EHOSTUNREACH, "no route"))


# What Kerberos calls it


def test_the_spn_is_made_of_the_name_as_it_was_written() -> None:
    options = DestinationOptions()
    assert service_name(target("Server01.Contoso.com."), options) == "host/server01.contoso.com"
    given = DestinationOptions(service_principal="RPCSS/other@CONTOSO.COM")
    assert service_name(target("192.0.2.1"), given) == "RPCSS/other@CONTOSO.COM"


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"])
def test_an_address_has_none(address: str) -> None:
    with pytest.raises(NotSupported, match="is an address"):
        service_name(target(address), DestinationOptions())
