import sys

import pytest

from mi.errors import InvalidParameter, NotSupported
from mi.options import DestinationOptions
from protocols.network.places import Place
from protocols.winrm.endpoint import Address
from protocols.winrm.route import Route


def of(destination: str = "server01", **options: object) -> Route:
    given = DestinationOptions(**options)
    return Route.of(Address.of(destination, given), given)


def test_the_way_to_a_destination_leads_to_itself() -> None:
    assert of() == Route(Place("server01", 5985))
    assert of().first == Place("server01", 5985)
    assert of(transport="HTTPS").target.port == 5986
    assert of("fe80::1%eth0").target.host == "fe80::1%eth0"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("gateway", Place("gateway", 5985)),
        ("gateway:15985", Place("gateway", 15985)),
        ("10.1.2.3:80", Place("10.1.2.3", 80)),
        ("[::1]:15985", Place("::1", 15985)),
        ("[fe80::1%eth0]:80", Place("fe80::1%eth0", 80)),
        ("[::1]", Place("::1", 5985)),
        ("::1", Place("::1", 5985)),
        ("fe80::1%3", Place("fe80::1%3", 5985)),
        ("bücher.example:1", Place("xn--bcher-kva.example", 1)),
    ],
)
def test_the_socket_may_be_sent_elsewhere(text: str, place: Place) -> None:
    assert of(connect_to=text).target == of(connect_to=text).first == place


@pytest.mark.parametrize(
    "text", ["gateway:0", "gateway:65536", "gateway:", ":80", "[::1", "a b:1", "http://gateway"]
)
def test_what_is_no_place_is_refused_by_the_name_of_the_option(text: str) -> None:
    with pytest.raises(InvalidParameter, match="connect_to="):
        of(connect_to=text)


def test_what_others_are_told_has_no_zone() -> None:
    assert Place("fe80::1%eth0", 5985).authority == "[fe80::1]:5985"
    assert Place("server01", 5985).authority == "server01:5985"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://proxy:3128", Place("proxy", 3128)),
        ("HTTP://proxy:3128/", Place("proxy", 3128)),
        ("proxy:3128", Place("proxy", 3128)),
        ("http://proxy", Place("proxy", 80)),
        ("http://[::1]:3128", Place("::1", 3128)),
    ],
)
def test_a_proxy_comes_first(url: str, place: Place) -> None:
    route = of(proxy=url, connect_to="gateway:1")
    assert route.proxy == route.first == place
    assert route.target == Place("gateway", 1)


@pytest.mark.parametrize("url", ["http://", "http:///x", "http://proxy/path", "http://proxy:0"])
def test_what_names_no_proxy_is_refused(url: str) -> None:
    with pytest.raises(InvalidParameter, match="proxy="):
        of(proxy=url)


@pytest.mark.parametrize("url", ["https://proxy:3128", "socks5://proxy:1080"])
def test_other_kinds_of_proxies_are_a_dialer_s_business(url: str) -> None:
    with pytest.raises(NotSupported, match="proxies of the kind") as caught:
        of(proxy=url)
    assert "dialer=" in str(caught.value.advice)


@pytest.mark.parametrize(("kind", "asks"), [(None, False), ("None", False), ("Auto", True)])
def test_the_system_is_asked_for_a_proxy_only_when_that_was_said(
    kind: str | None, asks: bool
) -> None:
    assert of(proxy_type=kind).asks_system is asks


def test_windows_has_two_places_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for platform, kind in (("linux", "IE"), ("linux", "WinHTTP"), ("win32", "WinHTTP")):
        monkeypatch.setattr(sys, "platform", platform)
        with pytest.raises(NotSupported, match=kind):
            of(proxy_type=kind)
    monkeypatch.setattr(sys, "platform", "win32")
    assert of(proxy_type="IE").asks_system


def test_a_proxy_that_is_named_is_not_looked_for() -> None:
    with pytest.raises(InvalidParameter, match="look elsewhere"):
        of(proxy="http://proxy:3128", proxy_type="None")


def test_a_dialer_is_part_of_the_way() -> None:
    assert of(dialer=print).dialer is print
