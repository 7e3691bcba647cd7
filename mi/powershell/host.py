"""The host of a pipeline: what PowerShell asks of whoever sits before it (MS-PSRP 2.2.3.17).

Most of what a host can be asked is about a screen. That is answered as .NET's own hosts without a
screen do: with an error, which the script gets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import psrpcore
from psrpcore import types as ps

from mi.credentials import Credentials
from mi.errors import InvalidParameter
from mi.powershell.objects import SecureString
from mi.powershell.prompts import AnswerPrompt, Choice, Field, PromptKind, ScriptPrompt
from mi.powershell.psrp_values import from_psrp, to_psrp
from mi.powershell.records import InformationRecord, Record, Stream

__all__ = ["Host", "Reply", "host_info"]

Reply = Callable[[psrpcore.ClientRunspacePool], None]
"""A step of psrpcore's that answers a call."""

_Method = ps.HostMethodIdentifier
_INFORMATION_STREAM: Final = ps.PSVersion("2.3")  # since PowerShell 5 what is written comes by it
_ROWS, _COLUMNS, _LINES = 50, 120, 3000


def host_info(*, is_asked: bool) -> ps.HostInfo:
    """Return what a pipeline is told of its host; without anybody to ask, the pool's is used."""
    if not is_asked:
        return ps.HostInfo(UseRunspaceHost=True)
    window, buffer = ps.Size(Width=_COLUMNS, Height=_ROWS), ps.Size(Width=_COLUMNS, Height=_LINES)
    origin = ps.Coordinates(X=0, Y=0)
    return ps.HostInfo(
        IsHostNull=False,
        IsHostUINull=False,
        IsHostRawUINull=True,
        UseRunspaceHost=False,
        HostDefaultData=ps.HostDefaultData(
            ForegroundColor=ps.ConsoleColor.Gray,
            BackgroundColor=ps.ConsoleColor.Black,
            CursorPosition=origin,
            WindowPosition=origin,
            CursorSize=25,
            BufferSize=buffer,
            WindowSize=window,
            MaxWindowSize=window,
            MaxPhysicalWindowSize=window,
            WindowTitle="",
        ),
    )


class Host:
    """Answers the calls of one pipeline.

    Args:
        answer: answers questions; without it there is nobody to ask.

    Attributes:
        exit_code: what the script gave to `exit`, or None.
    """

    def __init__(self, answer: AnswerPrompt | None) -> None:
        self._answer = answer
        self.exit_code: int | None = None

    def written(self, event: Any, version: ps.PSVersion | None) -> Record | None:
        """Return what a call writes, or None; since PowerShell 5 that comes as a record, too."""
        method = event.method_identifier
        if method == _Method.SetShouldExit:
            self.exit_code = int(event.method_parameters[0])
            return None
        if version is None or version >= _INFORMATION_STREAM or method not in _WRITTEN:
            return None
        parameters = event.method_parameters
        text = str(from_psrp(parameters[-1])) if parameters else ""
        return Record(Stream.INFORMATION, InformationRecord(text, tags=("PSHOST",)))

    def reply(self, event: Any) -> Reply | None:
        """Ask, where a call is a question, and return what answers it; None where none is due."""
        method = event.method_identifier
        if method.is_void():
            return None
        read = _QUESTIONS.get(method)
        if read is None or self._answer is None:
            return _refusal(event.ci, f"the client's host has no {method.name}")
        prompt = read(event.method_parameters)
        try:
            value = _value(prompt, self._answer(prompt))
        except Exception as error:  # noqa: BLE001 - the script learns of it, as of a host's
            return _refusal(event.ci, str(error) or type(error).__name__)
        return lambda pool: pool.host_response(event.ci, value)

    def needs_key(self, event: Any) -> bool:
        """Whether the answer to a call is secret, so that a key has to be exchanged first."""
        return event.method_identifier in _SECRET and self._answer is not None


def _refusal(number: int, text: str) -> Reply:
    error = ps.ErrorRecord(
        Exception=ps.NETException(Message=text),
        CategoryInfo=ps.ErrorCategoryInfo(Category=ps.ErrorCategory.NotImplemented),
        FullyQualifiedErrorId="HostFunctionNotImplemented",
    )
    return lambda pool: pool.host_response(number, error_record=error)


def _value(prompt: ScriptPrompt, answer: Any) -> Any:
    """Return an answer as PowerShell wants it."""
    kind = prompt.kind
    if kind is PromptKind.SECURE_LINE:
        answer = answer if isinstance(answer, SecureString) else SecureString(str(answer))
    if kind is PromptKind.CREDENTIAL and not isinstance(answer, Credentials):
        raise InvalidParameter("the answer to a question for credentials is Credentials")
    if kind is PromptKind.FIELDS and not isinstance(answer, Mapping):
        if len(prompt.fields) != 1:
            raise InvalidParameter("the answer to a question for fields is a mapping of them")
        answer = {prompt.fields[0].name: answer}
    if kind in (PromptKind.CHOICE, PromptKind.CHOICES) and answer is None:
        answer = prompt.default
    return to_psrp(answer)


# Questions, by what their parameters are


def _line(_: list[Any]) -> ScriptPrompt:
    return ScriptPrompt(PromptKind.LINE)


def _secure_line(_: list[Any]) -> ScriptPrompt:
    return ScriptPrompt(PromptKind.SECURE_LINE)


def _fields(parameters: list[Any]) -> ScriptPrompt:
    caption, message, fields = parameters
    return ScriptPrompt(
        PromptKind.FIELDS,
        _text(caption),
        _text(message),
        fields=tuple(
            Field(
                _text(one.Name),
                _text(one.ParameterTypeFullName),
                _text(one.Label),
                _text(one.HelpMessage),
                bool(one.IsMandatory),
            )
            for one in fields
        ),
    )


def _credential(parameters: list[Any]) -> ScriptPrompt:
    caption, message, user, *_ = parameters
    return ScriptPrompt(
        PromptKind.CREDENTIAL, _text(caption), _text(message), user=_text(user) or None
    )


def _choice(parameters: list[Any]) -> ScriptPrompt:
    caption, message, choices, default = parameters
    number = int(default)
    return ScriptPrompt(
        PromptKind.CHOICE,
        _text(caption),
        _text(message),
        _choices(choices),
        default=number if number >= 0 else None,
    )


def _several(parameters: list[Any]) -> ScriptPrompt:
    caption, message, choices, default = parameters
    numbers = tuple(map(int, default or ()))
    return ScriptPrompt(
        PromptKind.CHOICES, _text(caption), _text(message), _choices(choices), default=numbers
    )


def _choices(choices: list[Any]) -> tuple[Choice, ...]:
    return tuple(Choice(_text(one.Label), _text(one.HelpMessage)) for one in choices)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_QUESTIONS: Final[Mapping[Any, Callable[[list[Any]], ScriptPrompt]]] = {
    _Method.ReadLine: _line,
    _Method.ReadLineAsSecureString: _secure_line,
    _Method.Prompt: _fields,
    _Method.PromptForCredential1: _credential,
    _Method.PromptForCredential2: _credential,
    _Method.PromptForChoice: _choice,
    _Method.PromptForChoiceMultipleSelection: _several,
}
_SECRET: Final = frozenset(
    {
        _Method.ReadLineAsSecureString,
        _Method.PromptForCredential1,
        _Method.PromptForCredential2,
    }
)
_WRITTEN: Final = frozenset(
    {_Method.Write1, _Method.Write2, _Method.WriteLine2, _Method.WriteLine3}
)
