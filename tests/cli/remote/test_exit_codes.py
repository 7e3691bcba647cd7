"""The exit code of a remote command, as far as this system has it."""

import sys

import pytest

from mi.cli.remote.exit_codes import local_exit_code


@pytest.mark.parametrize(
    ("exit_code", "platform", "local"),
    [
        (None, "linux", 0),
        (3, "linux", 3),
        (256, "linux", 255),
        (0xC000013A, "linux", 255),
        (0xC000013A, "win32", 0xC000013A),
    ],
)
def test_no_failure_becomes_a_success(
    monkeypatch: pytest.MonkeyPatch, exit_code: int | None, platform: str, local: int
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert local_exit_code(exit_code) == local
