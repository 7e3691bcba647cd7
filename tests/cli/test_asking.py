"""What commands that ask for instances have in common."""

from typing import Any

import pytest

from mi.cli.asking import names


@pytest.mark.parametrize(
    ("given", "found"), [((), ()), (("A,B",), ("A", "B")), ((" A , ", "B,,C"), ("A", "B", "C"))]
)
def test_names_are_parted_by_commas(given: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert names(given) == found


def test_what_came_is_printed_and_nothing_stays_open(host: Any) -> None:
    result = host("query", "SELECT Name, State FROM Win32_Service WHERE Name LIKE 'Spool%'")
    assert result.out == "Name     State\nSpooler  Stopped\n"
    assert host.endpoint.open_contexts == 0


def test_properties_choose_the_columns(host: Any) -> None:
    result = host("enumerate", "Win32_LogicalDisk", "-p", "DeviceID", "-o", "csv")
    assert result.out.split() == ["DeviceID", "C:", "D:", "E:", "Z:"]
