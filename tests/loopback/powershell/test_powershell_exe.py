"""powershell.exe takes its script from the command line or from stdin, and ends as it ends."""

import base64
from collections.abc import Callable

import pytest
from lxml import etree

from mi.powershell.far_script import FarScript
from mi.powershell.script import Script
from protocols.loopback.powershell.cmdlets import CMDLETS
from protocols.loopback.powershell.powershell_exe import CommandLine, powershell
from protocols.loopback.powershell.records import Progress
from protocols.loopback.powershell.script_run import ScriptRun, Scripts
from tests.loopback.shells.prompts import Cmd

QUIET = "$ProgressPreference = 'SilentlyContinue'; "
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def scripts() -> Scripts:
    return dict(CMDLETS)


@pytest.fixture
def run(scripts: Scripts) -> Cmd:
    return Cmd(powershell(scripts))


def encoded(script: str) -> str:
    return base64.b64encode(script.encode("utf-16-le")).decode()


def lines_of(stderr: str) -> list[tuple[str, str]]:
    """Return what a CLIXML document says, by stream."""
    header, xml = stderr.split("\r\n", 1)
    assert header == "#< CLIXML"
    return [(one.get("S", ""), "".join(one.itertext())) for one in etree.fromstring(xml)]


@pytest.mark.parametrize(
    ("arguments", "script", "is_encoded", "options"),
    [
        (("-NoProfile", "-ep", "Bypass", "-Command", "a", "b"), "a b", False,
         {"noprofile": "", "executionpolicy": "Bypass"}),
        (("/nop", "-NonI", "-enc", encoded("ü")), "ü", True,
         {"noprofile": "", "noninteractive": ""}),
        (("-e", encoded("x"), "rest"), "x", True, {}),
        (("Get-Date", "-Utc"), "Get-Date -Utc", False, {}),
        (("-c", "-"), None, False, {}),
        (("-",), None, False, {}),
        (("-OutputFormat", "XML", "-File", "a.ps1", "b"), "a.ps1 b", False,
         {"outputformat": "XML"}),
        ((), None, False, {}),
    ],
)  # fmt: skip
def test_a_command_line(
    arguments: tuple[str, ...], script: str | None, is_encoded: bool, options: dict[str, str]
) -> None:
    assert CommandLine.parse(arguments) == CommandLine(script, is_encoded, options)


@pytest.mark.parametrize("line", ["-Nonsense", "-EncodedCommand !!", "-enc YQ==", "-"])
def test_what_it_does_not_understand_is_refused(run: Cmd, line: str) -> None:
    code, out, err = run(f"powershell {line}")
    if line == "-":
        assert (code, out, err) == (0, "", "")
    else:
        assert (code, out) == (0xFFFD0000, "")
        assert err


def test_output_is_text_and_the_exit_code_that_of_the_script(run: Cmd, scripts: Scripts) -> None:
    scripts["Get-Answer"] = lambda _: [42, None, {"a": 1, "long": "x"}, ""]
    text = "42\r\nNone\r\n\r\na    : 1\r\nlong : x\r\n\r\n\r\n"
    assert run("powershell -Command Get-Answer") == (0, text, "")
    assert run("powershell -c exit 7") == (7, "", "")
    assert run("pwsh -c Write-Host hi") == (0, "hi\r\n", "")
    assert run("powershell -c Write-Information i") == (0, "i\r\n", "")


def test_other_streams_are_text_where_the_script_came_as_text(run: Cmd) -> None:
    code, out, err = run("powershell -c Write-Warning w; Write-Progress A; Write-Error boom")
    assert (code, out) == (1, "WARNING: w\r\n")
    assert err.startswith("Write-Error 'boom' : boom\r\n    + CategoryInfo")
    code, out, err = run("powershell -c throw 'bad'")
    assert (code, err.splitlines()[0]) == (1, "bad")
    out = run("powershell -c Write-Verbose v -Verbose; Write-Debug d -Debug")[1]
    assert out == "VERBOSE: v\r\nDEBUG: d\r\n"


def test_they_are_clixml_where_it_came_encoded(run: Cmd) -> None:
    script = "Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Error boom; 1"
    code, out, err = run(f"powershell -EncodedCommand {encoded(script)}")
    assert (code, out) == (0, "1\r\n")
    found = lines_of(err)
    assert found[0][0] == "progress"
    assert found[0][1].startswith("System.Management.Automation.PSCustomObject")
    assert [stream for stream, _ in found[1:]] == ["warning", "verbose", "debug"] + ["Error"] * 4
    assert found[4] == ("Error", "Write-Error 'boom' : boom_x000D__x000A_")


def test_progress_is_an_object_unless_it_is_silent(run: Cmd, scripts: Scripts) -> None:
    scripts["Go"] = lambda given: given.progress(Progress("A", "S", 5))
    found = lines_of(run(f"powershell -enc {encoded('Go')}")[2])
    assert [stream for stream, _ in found] == ["progress", "progress"]
    assert "AS" in found[1][1].replace("0-15Processing-1", "")
    assert run(f"powershell -enc {encoded(QUIET + 'Go')}") == (0, "", "")


@pytest.mark.parametrize(
    "stdin",
    [
        "Write-Output 'grüße'".encode("cp437"),
        base64.b64encode("Write-Output 'grüße'".encode()),
        base64.b64encode("Write-Output 'grüße'".encode("utf-16-le")),
    ],
)
def test_a_script_comes_on_stdin_as_text_or_as_base64(run: Cmd, stdin: bytes) -> None:
    assert run("powershell -NoProfile -Command -", stdin) == (0, "grüße\r\n", "")
    reader = encoded(QUIET + "Invoke-Expression ([Console]::In.ReadToEnd())")
    assert run(f"powershell -enc {reader}", stdin) == (0, "grüße\r\n", "")


def test_stdin_that_holds_nothing_is_no_script(run: Cmd) -> None:
    assert run("powershell -c -", b"\r\n") == (0, "", "")
    assert run("powershell -c -", b"/w==") == (1, "", run("powershell -c /w==")[2])


def test_a_script_reads_and_asks_by_its_input(run: Cmd, scripts: Scripts) -> None:
    assert run("powershell -c $input", b"one\r\ntwo") == (0, "one\r\ntwo\r\n", "")
    assert run("powershell -c Read-Host Name", b"me\r\n") == (0, "Name: me\r\n", "")
    assert run("powershell -c Read-Host Name") == (0, "Name: \r\n", "")
    scripts["Ask"] = lambda given: given.call_host(lambda host: host.read_line())
    code, _, err = run("powershell -c Ask")
    assert code == 1
    assert err.startswith("A command that prompts the user failed")


def test_ctrl_c_ends_it(run: Cmd) -> None:
    assert run.interrupted("powershell -c Start-Sleep 100")[0] == 0xC000013A


def test_a_script_within_a_script_prints_its_objects(run: Cmd, scripts: Scripts) -> None:
    def show(given: ScriptRun) -> list[object]:
        given.error("boom")
        return [dict(given.parameters), list(given.input)]

    scripts["Show"] = show
    for is_command in (False, True):
        far = FarScript.of(Script("Show", {"a": 1}, input=["x"], is_command=is_command), "MARK")
        code, out, err = run(f"powershell -enc {encoded(far.text)}")
        assert (code, err) == (0, "")
        assert [line[:5] for line in out.splitlines()] == ["MARKE", "MARKO", "MARKO"]
    far = FarScript.of(Script("Show", is_text=True, shows_progress=True), "")
    code, out, err = run(f"powershell -enc {encoded(far.text)}")
    assert (code, out) == (0, "\r\n\r\n[]\r\n")
    assert [stream for stream, _ in lines_of(err)][:2] == ["progress", "Error"]
