"""The escapes of text in CLIXML."""

import pytest

from mi.powershell.escapes import unescape


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("plain", "plain"),
        ("a_x000D__x000A_b", "a\r\nb"),
        ("_x005F_x000A_", "_x000A_"),
        ("_xD83D__xDE00_!", "😀!"),
        ("_xD83D_ alone", "\ufffd alone"),
        ("_x00e9_", "é"),
        ("_x12_ _x12345_ _X000A_", "_x12_ _x12345_ _X000A_"),
        ("_x000D", "_x000D"),
        ("", ""),
    ],
)
def test_an_escape_stands_for_a_unit_of_utf_16(written: str, meant: str) -> None:
    assert unescape(written) == meant
