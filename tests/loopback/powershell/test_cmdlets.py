"""The usual commands write to the streams, as PowerShell's do."""

import pytest

from protocols.loopback.powershell.records import ErrorInfo, Information, Progress, StreamName
from protocols.loopback.shells.attention import CtrlC
from tests.loopback.powershell.consoles import Runner


@pytest.fixture
def run() -> Runner:
    return Runner()


@pytest.mark.parametrize(
    ("script", "stream", "value"),
    [
        ("Write-Warning w", StreamName.WARNING, "w"),
        ("Write-Verbose v -Verbose", StreamName.VERBOSE, "v"),
        ("$DebugPreference = 'Continue'; Write-Debug d", StreamName.DEBUG, "d"),
        ("Write-Information i t", StreamName.INFORMATION, Information("i", tags=("t",))),
        ("Write-Information i", StreamName.INFORMATION, Information("i")),
        ("Write-Host a b", StreamName.HOST, "a b"),
        ("Write-Progress A S 3 -PercentComplete 5", StreamName.PROGRESS,
         Progress("A", "S", 5, activity_id=3)),
        ("Write-Progress A -Completed", StreamName.PROGRESS, Progress("A", is_completed=True)),
        ("Write-Error e -Category ObjectNotFound -ErrorId Id -TargetObject t", StreamName.ERROR,
         ErrorInfo("e", "ObjectNotFound", "Id", target="t", line="Write-Error 'e'")),
        ("Write-Error e", StreamName.ERROR, ErrorInfo("e", line="Write-Error 'e'")),
    ],
)  # fmt: skip
def test_streams(run: Runner, script: str, stream: StreamName, value: object) -> None:
    assert run(script) == []
    assert run.host.written == [(stream, value)]


@pytest.mark.parametrize("script", ["Write-Verbose v", "Write-Debug d", "1 | Out-Null"])
def test_what_is_off_says_nothing(run: Runner, script: str) -> None:
    assert run(script) == []
    assert run.host.written == []


def test_output_is_passed_on_and_made_text(run: Runner) -> None:
    assert run("Write-Output a b") == ["a", "b"]
    assert run("1, 'x' | Out-String") == ["1\r\nx\r\n"]
    assert run("1, 'x' | Out-String -Stream") == ["1", "x"]
    assert run("Invoke-Expression -Command '5'") == [5]
    assert run("Read-Host Name") == ["answer to Name"]


def test_a_file_is_read_by_lines_or_whole(run: Runner) -> None:
    run.prompt.files.write(r"C:\Windows\a.txt", b"one\r\ntwo")
    assert run(r"Get-Content C:\Windows\a.txt") == ["one", "two"]
    assert run(r"Get-Content -Path C:\Windows\a.txt -Raw") == ["one\r\ntwo"]
    assert run("Get-Content none.txt") == []
    [error] = run.host.of(StreamName.ERROR)
    assert (error.category, run.has_failed) == ("ObjectNotFound", True)


def test_sleep_ends_with_its_time_or_by_ctrl_c(run: Runner) -> None:
    assert run("Start-Sleep 0; Start-Sleep -Milliseconds 1") == []
    run.attention.ctrl_c()
    with pytest.raises(CtrlC):
        run("Start-Sleep -Seconds 100")
