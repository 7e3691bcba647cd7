"""The scripted cmd that reads its lines from what a client sends."""

from collections.abc import Iterator

import pytest

import mi
from protocols.loopback import Endpoint


@pytest.fixture
def session() -> Iterator[mi.Session]:
    with Endpoint() as endpoint:
        options = mi.DestinationOptions(
            destination_port=endpoint.port, credentials=endpoint.credentials
        )
        with mi.connect(endpoint.host, options=options) as session:
            yield session


def _said(session: mi.Session, *lines: str, prompt: str | None = None) -> mi.CommandResult[str]:
    environment = None if prompt is None else {"PROMPT": prompt}
    with session.shell(environment=environment) as shell:
        return shell.run("cmd", stdin="".join(f"{line}\r\n" for line in lines))


def test_it_prompts_echoes_and_keeps_what_lines_change(session: mi.Session) -> None:
    said = _said(session, r"cd C:\Windows", "cd", "exit 3")
    assert said.exit_code == 3
    assert said.stdout.partition("reserved.\r\n")[2] == (
        "\r\nC:\\Users\\operator>cd C:\\Windows\r\n"
        "\r\nC:\\Windows>cd\r\nC:\\Windows\r\n"
        "\r\nC:\\Windows>exit 3\r\n"
    )


def test_the_end_of_its_input_is_its_end(session: mi.Session) -> None:
    said = _said(session, "nonsense")
    assert said.exit_code == 1
    assert "'nonsense' is not recognized" in said.stderr


def test_its_prompt_is_that_of_the_environment(session: mi.Session) -> None:
    said = _said(session, "ver", prompt="in$S$p$_$G")
    assert "\r\nin C:\\Users\\operator\r\n>ver\r\n" in said.stdout


def test_one_line_can_be_run_by_itself(session: mi.Session) -> None:
    with session.shell() as shell:
        assert shell.run("cmd /c echo hi").stdout == "hi\r\n"


def test_ctrl_c_at_its_prompt_gives_another_prompt(session: mi.Session) -> None:
    with session.shell() as shell, shell.start("cmd") as command:
        lines = command.text()
        while ">" not in next(lines):
            pass
        command.ctrl_c()
        assert next(lines).endswith(">")
        command.stdin.close()
        assert command.wait(30) == 0xC000013A
