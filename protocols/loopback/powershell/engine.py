"""Runs scripts: those of the table, or else statement by statement with the commands there are."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from protocols.loopback.powershell.records import ErrorInfo, StreamName, TerminatingError
from protocols.loopback.powershell.script_run import Host, ScriptExit, ScriptRun, Scripts
from protocols.loopback.powershell.syntax import Kind, Token, pipelines, statements, tokens
from protocols.loopback.shells.attention import CtrlC, Terminated

__all__ = ["Engine", "Passed", "Piped", "find"]

_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_RANGE: Final = re.compile(r"(-?\d+)\.\.(-?\d+)")
_INSIDE: Final = re.compile(r"`(?P<sign>.)|\$(?P<name>\w+)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_PARAMETER: Final = re.compile(r"-([A-Za-z]\w*)(?::(.*))?")


def find(scripts: Scripts, script: str) -> Callable[[ScriptRun], Any] | None:
    """Return what the table has for a script, by its text or else by a pattern, or None."""
    wanted = _plain(script)
    for key, found in scripts.items():
        if isinstance(key, str) and _plain(key) == wanted:
            return found
    patterns = ((key, one) for key, one in scripts.items() if isinstance(key, re.Pattern))
    return next((one for key, one in patterns if key.search(script)), None)


def _plain(script: str) -> str:
    return " ".join(script.split()).lower()


@dataclass
class Piped:
    """The host of a command whose output goes into something else."""

    outer: Host
    values: list[Any] = field(default_factory=list)

    def write(self, stream: StreamName, value: Any, /) -> None:
        """Keep output, and pass on everything else."""
        if stream is StreamName.OUTPUT:
            self.values.append(value)
        else:
            self.outer.write(stream, value)

    def ask(self, prompt: str, /) -> str:
        """Pass it on."""
        return self.outer.ask(prompt)

    def call(self, request: Callable[[Any], int], /) -> Any:
        """Pass it on."""
        return self.outer.call(request)


@dataclass
class Passed(Piped):
    """The host of a command whose output goes into one that takes each object as it comes."""

    take: Callable[[Any], None] = field(kw_only=True)

    def write(self, stream: StreamName, value: Any, /) -> None:
        """Let output be taken, and pass on everything else."""
        if stream is StreamName.OUTPUT:
            self.take(value)
        else:
            self.outer.write(stream, value)


class Engine:
    """Runs scripts with the commands of a table."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def run(self, run: ScriptRun) -> None:
        """Run a script with what it was given; what it writes goes to its host.

        Raises:
            TerminatingError: it ends by an error.
            ScriptExit: it says `exit`.
            CtrlC, Terminated: it was stopped.
        """
        run.runner = self.run
        found = find(self._scripts, run.script)
        if found is not None:
            _perform(found, run)
            return
        for statement in statements(run.script):
            run.has_failed = False
            self._statement(statement, run)

    def call(self, name: str, run: ScriptRun) -> None:
        """Run a command by its name.

        Raises:
            TerminatingError: there is none of that name, and as `run`.
        """
        found = find(self._scripts, name)
        if found is None:
            raise TerminatingError.not_found(name)
        run.runner = self.run
        _perform(found, run)

    def _statement(self, statement: list[Token], run: ScriptRun) -> None:
        first = statement[0]
        if first.kind is Kind.VARIABLE and len(statement) > 1 and statement[1].text == "=":
            run.variables[first.text.lower()] = self._value(statement[2:], run)
            return
        if first.kind is Kind.WORD and first.text.lower() in self._KEYWORDS:
            self._KEYWORDS[first.text.lower()](self, statement[1:], run)
            return
        if first.text.startswith("["):  # [Console]::OutputEncoding = … changes nothing here
            return
        *before, last = pipelines(statement)
        given = run.input
        for command in before:
            captured = Piped(run.host)
            inner = replace(run, host=captured, input=given)
            self._command(command, inner)
            run.has_failed = run.has_failed or inner.has_failed
            given = captured.values
        inner = replace(run, input=given)
        self._command(last, inner)
        run.has_failed = run.has_failed or inner.has_failed

    def _command(self, command: list[Token], run: ScriptRun) -> None:
        first, rest = command[0], command[1:]
        is_invoked = first.kind is Kind.SIGN or first.text == "."
        if is_invoked and rest:
            first, rest = rest[0], rest[1:]
        elif first.kind is not Kind.WORD or _literal(first.text) is not None:
            _emit(run, self._value(command, run))
            return
        arguments, parameters = self._arguments(rest, run)
        name = first.text if first.kind is Kind.BLOCK else str(self._one(first, run))
        inner = replace(run, script=name, arguments=tuple(arguments), parameters=parameters)
        if first.kind is Kind.BLOCK:
            self.run(inner)
        else:
            self.call(name, inner)
        run.has_failed = run.has_failed or inner.has_failed

    # Keywords

    def _throw(self, rest: list[Token], run: ScriptRun) -> None:
        raise TerminatingError.thrown(str(self._value(rest, run)), _plain_line(run.script))

    def _exit(self, rest: list[Token], run: ScriptRun) -> None:
        raise ScriptExit(int(self._value(rest, run) or 0))

    def _param(self, rest: list[Token], run: ScriptRun) -> None:
        """Bind the parameters of a script to variables, by name or by position."""
        declared = [one for one in tokens(rest[0].text) if one.kind is Kind.VARIABLE]
        for position, one in enumerate(declared):
            run.variables[one.text.lower()] = run.parameter(one.text, position)
        if rest[1:]:
            self._statement(rest[1:], run)

    _KEYWORDS: Final[Mapping[str, Callable[..., None]]] = {
        "throw": _throw,
        "exit": _exit,
        "param": _param,
    }

    # Values

    def _arguments(self, rest: list[Token], run: ScriptRun) -> tuple[list[Any], dict[str, Any]]:
        positional: list[Any] = []
        named: dict[str, Any] = {}
        place = 0
        while place < len(rest):
            parameter = _PARAMETER.fullmatch(rest[place].text)
            end = _end_of_value(rest, place)
            if parameter is None or rest[place].kind is not Kind.WORD:
                positional.append(self._value(rest[place:end], run))
                place = end
                continue
            name, place = parameter[1], place + 1
            if parameter[2]:
                named[name] = self._one(Token(Kind.WORD, parameter[2].lstrip("$")), run)
            elif place < len(rest) and not _is_parameter(rest[place]):
                end = _end_of_value(rest, place)
                named[name] = self._value(rest[place:end], run)
                place = end
            else:
                named[name] = True
        return positional, named

    def _value(self, expression: list[Token], run: ScriptRun) -> Any:
        values = [
            self._one(one, run)
            for one in expression
            if one.text != "," or one.kind is not Kind.SIGN
        ]
        is_array = any(one.kind is Kind.SIGN and one.text == "," for one in expression)
        return values if is_array or len(values) != 1 else values[0]

    def _one(self, token: Token, run: ScriptRun) -> Any:
        if token.kind is Kind.VARIABLE:
            return _variable(token.text.lower(), run)
        if token.kind is Kind.EXPANDED:
            return _INSIDE.sub(lambda found: _inside(found, run), token.text)
        if token.kind is Kind.PARENTHESIS:
            return self._evaluated(token.text, run)
        literal = _literal(token.text) if token.kind is Kind.WORD else None
        return token.text if literal is None else literal

    def _evaluated(self, script: str, run: ScriptRun) -> Any:
        captured = Piped(run.host)
        self.run(replace(run, script=script, host=captured))
        return captured.values[0] if len(captured.values) == 1 else captured.values


def _variable(name: str, run: ScriptRun) -> Any:
    if name.startswith("env:"):
        return run.prompt.environment.get(name[len("env:") :])
    if name == "input":
        return list(run.input)
    return _CONSTANTS[name] if name in _CONSTANTS else run.variables.get(name)


def _inside(found: re.Match[str], run: ScriptRun) -> str:
    if found["sign"]:
        return _ESCAPES.get(found["sign"], found["sign"])
    value = _variable(found["name"].lower(), run)
    return "" if value is None else str(value)


def _literal(text: str) -> Any:
    span = _RANGE.fullmatch(text)
    if span is not None:
        first, last = int(span[1]), int(span[2])
        step = 1 if last >= first else -1
        return list(range(first, last + step, step))
    if _NUMBER.fullmatch(text) is None:
        return _CONSTANTS.get(text.lower()) if text.lower() in ("true", "false") else None
    return float(text) if "." in text else int(text)


def _is_parameter(token: Token) -> bool:
    return token.kind is Kind.WORD and _PARAMETER.fullmatch(token.text) is not None


def _end_of_value(rest: list[Token], place: int) -> int:
    """Return the place behind a value: one token, or several with commas between them."""
    place += 1
    while place < len(rest) and rest[place].kind is Kind.SIGN and rest[place].text == ",":
        place += 2
    return place


def _plain_line(script: str) -> str:
    return next((line.strip() for line in script.splitlines() if line.strip()), "")


def _perform(script: Callable[[ScriptRun], Any], run: ScriptRun) -> None:
    """Run a script of the table; what it raises by mistake ends it, and tells its author why."""
    try:
        _emit(run, script(run))
    except (TerminatingError, ScriptExit, CtrlC, Terminated):
        raise
    except Exception as error:
        raise TerminatingError(ErrorInfo(traceback.format_exc(), activity="")) from error


def _emit(run: ScriptRun, produced: Any) -> None:
    """Write what a script of the table returned."""
    if produced is None:
        return
    is_many = isinstance(produced, Iterable) and not isinstance(
        produced, (str, bytes, bytearray, Mapping)
    )
    for value in produced if is_many else (produced,):
        run.write(value)
