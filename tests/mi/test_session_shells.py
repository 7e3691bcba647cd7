"""Shells, as a session gives them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mi.errors import InvalidParameter
from mi.shell_calls import ConnectShell, EnumerateShells, OpenShell, ShellDescription, ShellOption
from tests.mi.player import Play


def test_a_shell_is_opened_as_it_was_asked_for(play: Play) -> None:
    player = play()
    shell = player.session.shell(
        environment={"TEMP": "C:\\x"},
        working_directory="C:\\y",
        idle_timeout=timedelta(minutes=5),
        name="n",
        has_profile=False,
        codepage=850,
    )
    assert player.channel.runs == [], "nothing is sent before it is used"
    with shell:
        assert shell.encoding == "cp850"
        shell.open()
    [opening] = player.calls(OpenShell)
    assert opening.environment == {"TEMP": "C:\\x"}
    assert (opening.working_directory, opening.idle_timeout, opening.name) == ("C:\\y", 300, "n")
    assert opening.options == (
        ShellOption("WINRS_NOPROFILE", "TRUE"), ShellOption("WINRS_CODEPAGE", "850"),
    )  # fmt: skip


def test_a_shell_may_be_left_to_the_code_page_of_the_server(play: Play) -> None:
    player = play()
    with player.session.shell(codepage=None) as shell:
        shell.open()
        assert shell.encoding == "cp437"
    assert player.calls(OpenShell)[0].options == (ShellOption("WINRS_NOPROFILE", "FALSE"),)


def test_the_encoding_may_be_another_than_the_code_pages(play: Play) -> None:
    assert play().session.shell(encoding="latin-1").encoding == "latin-1"


def test_a_shell_in_an_unknown_encoding_is_refused_before_anything_is_sent(play: Play) -> None:
    player = play()
    for how in ({"codepage": 4711}, {"encoding": "klingon"}):
        with pytest.raises(InvalidParameter):
            player.session.shell(**how)
    assert player.channel.runs == []


def test_a_shell_of_another_session_is_connected_when_it_is_used(play: Play) -> None:
    player = play(ConnectShell=[[[ShellDescription("S7")]]])
    with player.session.connect_shell("S7", codepage=1252) as shell:
        assert (shell.id, shell.encoding) == (None, "cp1252")
        shell.open()
        assert shell.id == "S7"
    assert [call.shell_id for call in player.calls(ConnectShell)] == ["S7"]


def test_shells_are_listed(play: Play) -> None:
    found = [ShellDescription("S1"), ShellDescription("S2")]
    player = play(EnumerateShells=[[found]])
    assert player.session.shells(timeout=7).all() == found
    [run] = player.channel.runs
    assert isinstance(run.call, EnumerateShells)
    assert run.control.timeout == 7
