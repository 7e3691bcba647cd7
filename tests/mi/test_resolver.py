"""Which protocol reaches which destination."""

from typing import Any

import pytest

from mi.errors import InvalidParameter, TypeMismatch
from mi.resolver import resolve


@pytest.mark.parametrize(
    ("protocol", "destination", "expected"),
    [
        (None, None, ("WMIDCOM", None)),
        (None, "server01", ("WINRM", "server01")),
        (None, "localhost", ("WINRM", "localhost")),
        (None, "::1", ("WINRM", "::1")),
        ("WINRM", None, ("WINRM", None)),
        ("WMIDCOM", None, ("WMIDCOM", None)),
        ("WMIDCOM", "server01", ("WMIDCOM", "server01")),
        ("winrm", "server01", ("WINRM", "server01")),
        ("WmiDCom", None, ("WMIDCOM", None)),
        ("mine", None, ("MINE", None)),
    ],
)
def test_the_table_of_protocols_and_destinations(
    protocol: str | None, destination: str | None, expected: tuple[str, str | None]
) -> None:
    assert resolve(protocol, destination) == expected


@pytest.mark.parametrize("empty", ["", " ", "\t"])
def test_an_empty_protocol_or_destination_is_not_none(empty: str) -> None:
    with pytest.raises(InvalidParameter, match="the protocol is empty"):
        resolve(empty, "server01")
    with pytest.raises(InvalidParameter, match="the destination is empty"):
        resolve("WINRM", empty)
    with pytest.raises(InvalidParameter, match="the destination is empty"):
        resolve(None, empty)


@pytest.mark.parametrize("given", [5, b"WINRM", ["WINRM"]])
def test_protocol_and_destination_are_strings(given: Any) -> None:
    with pytest.raises(TypeMismatch, match="the protocol is a string"):
        resolve(given, None)
    with pytest.raises(TypeMismatch, match="the destination is a string"):
        resolve(None, given)
