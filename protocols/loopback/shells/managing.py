"""Create, Get, Enumerate and Delete of shells, and how a client leaves one and finds it again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from mi.errors import ProtocolError
from mi.shell_calls import CMD, ShellDescription
from protocols.loopback import enumerating
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.refusals import refuse
from protocols.loopback.shells.open_shells import new_id, no_such_shell
from protocols.loopback.shells.shell import BLOCK, Opening, Shell
from protocols.wsman import markup
from protocols.wsman.pages import OBJECT, Enumerate
from protocols.wsman.shell_messages import Connect, Disconnect, write_connected
from protocols.wsman.shells import SHELL, SHELL_ID, NewShell, write_created, write_description

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "connect",
    "create",
    "delete",
    "describe",
    "disconnect",
    "enumerate_commands",
    "enumerate_shells",
    "found_shell",
    "read",
    "reconnect",
]

T = TypeVar("T")

_SELECTOR_FILTER: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
_CREATE_OPTIONS: Final = ("winrs_noprofile", "winrs_codepage", "protocolversion")
_USUAL_CODEPAGE: Final = 437
_PROCESS_ID: Final = 4321  # of the host of every shell: nothing here runs as a process


def read(reader: Callable[[_Element], T], operation: Operation) -> T:
    """Return the body of a request, or refuse it.

    Raises:
        Refusal: it is not what it should be.
    """
    try:
        return reader(operation.request.body)
    except ProtocolError as error:
        raise refuse("SCHEMA_VALIDATION_ERROR", error.message) from error


def found_shell(operation: Operation) -> Shell:
    """Return the shell that the selectors name.

    Raises:
        Refusal: there is none of that id and of that kind.
    """
    shell = operation.shells.find(_named(operation))
    if operation.request.resource_uri.lower() not in (shell.opening.resource_uri.lower(), SHELL):
        raise no_such_shell()
    return shell


def _named(operation: Operation) -> str:
    given = operation.request.selectors.items()
    shell_id = next((value for name, value in given if name.lower() == SHELL_ID.lower()), None)
    if not isinstance(shell_id, str):
        raise refuse("INSUFFCIENT_SELECTORS", f"the selector {SHELL_ID} is missing")
    return shell_id


# Opening and ending


def create(operation: Operation) -> Outcome:
    """Open a shell.

    Raises:
        Refusal: the request cannot be answered, or a quota is reached.
    """
    asked = read(NewShell.read, operation)
    _check_options(operation, _CREATE_OPTIONS)
    opening = _opening(operation, asked)
    remoting = None
    if opening.resource_uri != CMD:
        remoting = operation.shells.remoting(opening, asked.creation_xml or b"", operation.room)
    shell = operation.shells.open(opening, remoting)
    body = write_created(
        _created(operation, shell),
        address=operation.request.to,
        is_described=operation.shells.quotas.has_disconnect,
    )
    return Outcome(body, opening.shell_id)


def _check_options(operation: Operation, known: tuple[str, ...]) -> None:
    for option in operation.request.options:
        if option.must_comply and option.name.lower() not in known:
            raise refuse("INVALID_OPTIONS", option.name)


def _opening(operation: Operation, asked: NewShell) -> Opening:
    quotas = operation.shells.quotas
    codepage = operation.value_of("winrs_codepage")
    idle = quotas.idle_timeout if asked.idle_timeout is None else asked.idle_timeout
    return Opening(
        resource_uri=operation.request.resource_uri,
        shell_id=_shell_id(asked.shell_id if quotas.has_disconnect else None),
        name=asked.name,
        session_id=operation.request.session_id,
        environment=dict(asked.environment or {}),
        directory=asked.working_directory,
        codepage=int(codepage) if codepage.isdecimal() else _USUAL_CODEPAGE,
        has_profile=not operation.has_option("winrs_noprofile"),
        idle_timeout=idle,
        input_streams=asked.input_streams,
        output_streams=asked.output_streams,
    )


def _shell_id(proposed: str | None) -> str:
    """Return the id of a new shell; WinRM before 3 chooses it itself, whatever is proposed."""
    if proposed is None:
        return new_id()
    try:
        return str(uuid.UUID(proposed.removeprefix("uuid:"))).upper()
    except ValueError as error:
        raise refuse("SCHEMA_VALIDATION_ERROR", f"{proposed} is no GUID") from error


def delete(operation: Operation) -> Outcome:
    """End a shell with everything in it.

    Raises:
        Refusal: there is none.
    """
    operation.shells.delete(found_shell(operation).opening.shell_id)
    return Outcome("")


# Describing


def _created(operation: Operation, shell: Shell) -> ShellDescription:
    """Return what the answer to a Create says of it (recorded from Server 2016)."""
    opening = shell.opening
    return ShellDescription(
        opening.shell_id,
        opening.resource_uri,
        name=opening.name,
        owner=operation.shells.owner,
        client_ip="127.0.0.1",
        idle_timeout=timedelta(seconds=shell.idle_timeout),
        input_streams=opening.input_streams,
        output_streams=opening.output_streams,
        environment=opening.environment or None,
        working_directory=opening.directory,
        run_time=timedelta(seconds=int(shell.run_time)),
        inactivity=timedelta(seconds=int(shell.inactivity)),
    )


def _described(operation: Operation, shell: Shell) -> str:
    """Return all that is known of it, as a Get has it."""
    longest = operation.shells.quotas.most_idle_timeout
    return write_description(
        replace(
            _created(operation, shell),
            process_id=_PROCESS_ID,
            max_idle_timeout=timedelta(seconds=longest),
            profile_loaded=shell.opening.has_profile,
            encoding="UTF8",
            buffer_mode=BLOCK,
            state="Connected" if shell.is_connected else "Disconnected",
        )
    )


def describe(operation: Operation) -> Outcome:
    """Describe one shell.

    Raises:
        Refusal: there is none of that id.
    """
    return operation.fitting(_described(operation, found_shell(operation)))


def enumerate_shells(operation: Operation) -> Outcome:
    """Describe all shells; nothing says that a first reply of them holds one alone.

    Raises:
        Refusal: the request cannot be answered.
    """
    items = (_described(operation, shell) for shell in operation.shells)
    return enumerating.begin(operation, items, first=operation.most)


def enumerate_commands(operation: Operation) -> Outcome:
    """Name the commands of a shell (MS-WSMV 3.1.4.8); not in WinRM before 3.

    Raises:
        Refusal: no filter names the shell, or references are asked for, or there is no such shell.
    """
    if not operation.shells.quotas.has_disconnect:
        raise refuse("ACTION_NOT_SUPPORTED")
    asked = read(Enumerate.read, operation)
    if asked.mode != OBJECT:
        raise refuse("ENUMERATE_SHELLCOMMANDS_EPRS_NOTSUPPORTED", asked.mode)
    if asked.filter is None or asked.filter.dialect != _SELECTOR_FILTER:
        raise refuse("ENUMERATE_SHELLCOMMANDS_FILTER_EXPECTED")
    shell = operation.shells.find(asked.filter.text.strip())
    items = _commands(shell)
    return enumerating.begin(operation, items, first=operation.most)


def _commands(shell: Shell) -> Iterator[str]:
    for process in shell.processes:
        yield (
            f'<rsp:Command xmlns:rsp="{SHELL}"><rsp:ShellId>{shell.opening.shell_id}</rsp:ShellId>'
            f"<rsp:CommandId>{markup.text(process.command_id)}</rsp:CommandId></rsp:Command>"
        )


# Leaving a shell and finding it again


def disconnect(operation: Operation) -> Outcome:
    """Let a shell live on without a client.

    Raises:
        Refusal: there is none, or it cannot, or its new idle time-out is out of bounds.
    """
    quotas = operation.shells.quotas
    if not quotas.has_disconnect:
        raise refuse("ACTION_NOT_SUPPORTED")
    asked = read(Disconnect.read, operation)
    shell = found_shell(operation)
    if asked.idle_timeout is not None:
        if not quotas.least_idle_timeout <= asked.idle_timeout <= quotas.most_idle_timeout:
            raise refuse("IDLETIMEOUT_OUTOFBOUNDS", f"{asked.idle_timeout} seconds")
        shell.idle_timeout = asked.idle_timeout
    with shell:
        shell.is_connected = False
    return Outcome("")


def reconnect(operation: Operation) -> Outcome:
    """Let the session that has left a shell go on with it.

    Raises:
        Refusal: there is none, or it is another session.
    """
    shell = found_shell(operation)
    if operation.request.session_id != shell.session_id:
        raise refuse("SHELL_CLIENTSESSIONID_MISMATCH")
    with shell:
        shell.is_connected = True
    return Outcome("")


def connect(operation: Operation) -> Outcome:
    """Let another session take over a shell that was left, or then a command of it.

    Raises:
        Refusal: there is none, or another session is connected to it.
    """
    asked = read(Connect.read, operation)
    shell, session_id = found_shell(operation), operation.request.session_id
    if shell.is_connected and session_id != shell.session_id:
        raise refuse("SHELL_CONNECTED_TO_DIFFERENT_CLIENT")
    if asked.command_id is not None:
        shell.process(asked.command_id)
        return Outcome(write_connected())
    with shell:
        response = None
        if shell.remoting is not None:
            response = shell.remoting.connect(asked.connect_xml or b"")
        shell.is_connected, shell.session_id = True, session_id
    return Outcome(write_connected(response))
