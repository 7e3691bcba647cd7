"""The host of a pipeline: what PowerShell asks of whoever sits before it."""

from collections.abc import Callable
from typing import Any

import psrpcore
import pytest
from psrpcore import types as ps

from mi.credentials import Credentials
from mi.powershell.host import Host, host_info
from mi.powershell.objects import SecureString
from mi.powershell.prompts import Choice, Field, PromptKind, ScriptPrompt
from mi.powershell.records import InformationRecord, Stream

_METHODS = ps.HostMethodIdentifier
_OLD, _NEW = ps.PSVersion("2.2"), ps.PSVersion("2.3")


def _events(request: Callable[[Any], Any]) -> tuple[Any, psrpcore.ClientRunspacePool, Any]:
    """Return what a request of a server's host is here, with both halves of the pool."""
    client, server = psrpcore.ClientRunspacePool(), psrpcore.ServerRunspacePool()
    client.open()
    _pass_on(client, server)
    _pass_on(server, client)
    client.exchange_key()
    _pass_on(client, server)
    _pass_on(server, client)
    pipeline = psrpcore.ClientPowerShell(client).add_script("x")
    there = psrpcore.ServerPipeline(server, pipeline.pipeline_id)
    pipeline.start()
    _pass_on(client, server)
    there.start()
    _pass_on(server, client)
    request(psrpcore.ServerHostRequestor(there))
    (event,) = _pass_on(server, client)
    return event, client, server


def _pass_on(sender: Any, receiver: Any) -> list[Any]:
    while (payload := sender.data_to_send()) is not None:
        receiver.receive_data(payload)
    return list(iter(receiver.next_event, None))


def _ask(request: Callable[[Any], Any], answer: Any) -> tuple[list[ScriptPrompt], Any]:
    """Return what the host was asked, and what reached the server."""
    event, client, server = _events(request)
    prompts: list[ScriptPrompt] = []

    def respond(prompt: ScriptPrompt) -> Any:
        prompts.append(prompt)
        if isinstance(answer, Exception):
            raise answer
        return answer

    reply = Host(respond).reply(event)
    assert reply is not None
    reply(client)
    (response,) = _pass_on(client, server)
    return prompts, response


def test_without_anybody_to_ask_the_pools_host_is_used() -> None:
    assert host_info(is_asked=False).UseRunspaceHost
    info = host_info(is_asked=True)
    assert (info.UseRunspaceHost, info.IsHostNull, info.IsHostUINull, info.IsHostRawUINull) == (
        False,
        False,
        False,
        True,
    )


def test_a_line_is_asked_for() -> None:
    prompts, response = _ask(lambda host: host.read_line(), "an answer")
    assert prompts == [ScriptPrompt(PromptKind.LINE)]
    assert response.result == "an answer"


@pytest.mark.parametrize("answer", ["hunter2", SecureString("hunter2")])
def test_a_secret_line_goes_as_a_secret(answer: Any) -> None:
    prompts, response = _ask(lambda host: host.read_line_as_secure_string(), answer)
    assert prompts[0].kind is PromptKind.SECURE_LINE
    assert response.result.decrypt() == "hunter2"


_FIELDS = [
    ps.FieldDescription("Name", ParameterTypeFullName="System.String", HelpMessage="Which"),
    ps.FieldDescription("Count", Label="How many", IsMandatory=False),
]


def test_fields_are_asked_for_together() -> None:
    prompts, response = _ask(
        lambda host: host.prompt("Caption", "Message", _FIELDS), {"Name": "x", "Count": 2}
    )
    assert prompts == [
        ScriptPrompt(
            PromptKind.FIELDS,
            "Caption",
            "Message",
            fields=(
                Field("Name", "System.String", "", "Which"),
                Field("Count", "", "How many", "", is_mandatory=False),
            ),
        )
    ]
    assert response.result == {"Name": "x", "Count": 2}


def test_of_one_field_its_value_is_enough() -> None:
    _, response = _ask(lambda host: host.prompt("", "", _FIELDS[:1]), "x")
    assert response.result == {"Name": "x"}
    _, refused = _ask(lambda host: host.prompt("", "", _FIELDS), "x")
    assert "a mapping of them" in str(refused.error)


def test_credentials_are_asked_for() -> None:
    answer = Credentials.password("CONTOSO\\ops", "pw")
    prompts, response = _ask(
        lambda host: host.prompt_for_credential("Caption", "Message", "ops", "server"), answer
    )
    assert prompts == [ScriptPrompt(PromptKind.CREDENTIAL, "Caption", "Message", user="ops")]
    assert response.result.UserName == "CONTOSO\\ops"
    assert response.result.Password.decrypt() == "pw"


def test_other_than_credentials_are_refused() -> None:
    _, response = _ask(lambda host: host.prompt_for_credential("", "", None, "server"), "pw")
    assert "is Credentials" in str(response.error)


_CHOICES = [ps.ChoiceDescription("&Yes", "Go on"), ps.ChoiceDescription("&No", "Stop")]


@pytest.mark.parametrize(("default", "expected"), [(1, 1), (-1, None)])
def test_a_choice_has_a_default_or_none(default: int, expected: int | None) -> None:
    prompts, response = _ask(
        lambda host: host.prompt_for_choice("Caption", "Message", _CHOICES, default), 0
    )
    assert prompts == [
        ScriptPrompt(
            PromptKind.CHOICE,
            "Caption",
            "Message",
            (Choice("&Yes", "Go on"), Choice("&No", "Stop")),
            default=expected,
        )
    ]
    assert response.result == 0


def test_no_answer_is_the_default() -> None:
    _, response = _ask(lambda host: host.prompt_for_choice("", "", _CHOICES, 1), None)
    assert response.result == 1


def test_several_may_be_chosen() -> None:
    prompts, response = _ask(
        lambda host: host.prompt_for_multiple_choice("", "", _CHOICES, [0, 1]), [1]
    )
    assert (prompts[0].kind, prompts[0].default) == (PromptKind.CHOICES, (0, 1))
    assert response.result == [1]


@pytest.mark.parametrize(
    ("error", "text"), [(ValueError("I will not"), "I will not"), (KeyError(), "KeyError")]
)
def test_what_the_callback_raises_is_the_scripts_error(error: Exception, text: str) -> None:
    _, response = _ask(lambda host: host.read_line(), error)
    assert text in str(response.error)


def test_without_anybody_to_ask_a_question_is_an_error() -> None:
    event, client, server = _events(lambda host: host.read_line())
    host = Host(None)
    assert not host.needs_key(event)
    reply = host.reply(event)
    assert reply is not None
    reply(client)
    (response,) = _pass_on(client, server)
    assert "the client's host has no ReadLine" in str(response.error)


def test_what_is_about_a_screen_is_an_error() -> None:
    _, response = _asked_of_a_screen()
    assert "has no GetWindowTitle" in str(response.error)


def _asked_of_a_screen() -> tuple[Any, Any]:
    event, client, server = _events(lambda host: host.get_window_title())
    reply = Host(lambda _: "x").reply(event)
    assert reply is not None
    reply(client)
    (response,) = _pass_on(client, server)
    return event, response


def test_only_secrets_need_a_key() -> None:
    secret, _, _ = _events(lambda host: host.read_line_as_secure_string())
    plain, _, _ = _events(lambda host: host.read_line())
    host = Host(lambda _: "x")
    assert (host.needs_key(secret), host.needs_key(plain)) == (True, False)


def test_an_exit_code_is_kept() -> None:
    event, _, _ = _events(lambda host: host.set_should_exit(3))
    host = Host(None)
    assert host.written(event, _NEW) is None
    assert host.reply(event) is None
    assert host.exit_code == 3


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (lambda host: host.write("a"), "a"),
        (lambda host: host.write_line("b"), "b"),
        (lambda host: host.write_line(), ""),
        (lambda host: host.write_line("c", ps.ConsoleColor.Red, ps.ConsoleColor.Black), "c"),
    ],
)
def test_what_is_written_to_an_old_host_is_information(
    request_: Callable[[Any], Any], text: str
) -> None:
    event, _, _ = _events(request_)
    record = Host(None).written(event, _OLD)
    if text:
        assert record == (Stream.INFORMATION, InformationRecord(text, tags=("PSHOST",)))
    # Since PowerShell 5 it comes by its own stream, too.
    assert Host(None).written(event, _NEW) is None
    assert Host(None).written(event, None) is None
