import pytest

from mi.errors import InvalidParameter
from protocols.network.places import Place, host_of, named


@pytest.mark.parametrize(
    ("text", "place", "authority"),
    [
        ("server01", Place("server01", 135), "server01:135"),
        ("server01:1135", Place("server01", 1135), "server01:1135"),
        ("[2001:db8::1]:1135", Place("2001:db8::1", 1135), "[2001:db8::1]:1135"),
        ("2001:db8::1", Place("2001:db8::1", 135), "[2001:db8::1]:135"),
        ("[fe80::1%eth0]", Place("fe80::1%eth0", 135), "[fe80::1]:135"),
    ],
)
def test_a_place_is_a_host_and_a_port(text: str, place: Place, authority: str) -> None:
    assert Place.parse(text, 135) == place
    assert place.authority == authority


@pytest.mark.parametrize("text", ["server01:0", "server01:65536"])
def test_a_port_is_in_range(text: str) -> None:
    with pytest.raises(InvalidParameter, match="a port is 1 to 65535"):
        Place.parse(text, 135)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("server01.contoso.com.", "server01.contoso.com."),
        ("SERVER_01", "SERVER_01"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("[::1]", "::1"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_a_host_is_as_it_is_looked_up(text: str, host: str) -> None:
    assert host_of(text) == host


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "''"),
        ("a" * 64, "aaa"),
        ("http://server01", "http"),
        ("server01:135", "server01:135"),
        ("::g", "::g"),
        ("ü" * 100, "ü"),
    ],
)
def test_what_is_none_is_told(text: str, words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        host_of(text)


def test_an_option_is_named() -> None:
    assert named("connect_to='x'", "x", 1) == Place("x", 1)
    with pytest.raises(InvalidParameter, match="connect_to='x:0': a port is"):
        named("connect_to='x:0'", "x:0", 1)
