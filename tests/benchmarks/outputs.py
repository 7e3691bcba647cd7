"""What the server answers about shells: prepared output, as much of it as the command asks for."""

from __future__ import annotations

import re
from functools import cache
from itertools import count

from mi.shell_calls import ShellDescription
from protocols.wsman import shell_messages as messages
from protocols.wsman import shells
from protocols.wsman.namespaces import TRANSFER
from protocols.wsman.shell_output import DONE, RUNNING, Received

__all__ = ["MEBIBYTE", "answer", "encoded", "text_of"]

MEBIBYTE = 1 << 20

# Server 2016's answers to a Receive of `dir /s` hold pieces of this order, as many as fit.
_PIECE = 32 << 10
_PIECES = 11  # in an envelope of 512,000 bytes
_LINE = "2024-03-03  02:02            {:>10,} Überblick {:05}.txt\r\n"
_ACTION = re.compile(rb"(shell/|transfer/)(\w+)</a:Action>")
_AMOUNT = re.compile(rb"<rsp:Command>produce</rsp:Command><rsp:Arguments>(\d+)<")
_COMMAND = re.compile(rb'CommandId="(\d+)"')
_numbers = count(1)
_left: dict[bytes, int] = {}


@cache
def text_of(size: int) -> bytes:
    """Return so many bytes of a listing, which may end within a character."""
    lines: list[bytes] = []
    length = 0
    for number in count():
        if length >= size:
            return b"".join(lines)[:size]
        lines.append(_LINE.format(number * 7919, number).encode())
        length += len(lines[-1])
    return b""


@cache
def _pieces() -> tuple[bytes, ...]:
    text = text_of(_PIECE * _PIECES)
    return tuple(text[start : start + _PIECE] for start in range(0, len(text), _PIECE))


def encoded(amount: int) -> list[bytes]:
    """Return the base64 of all the pieces that a command writes which is asked for so many MiB."""
    # Each has memory of its own, as what is received has.
    made = [shells.encoded(piece) for piece in _pieces()]
    return [made[index % _PIECES].encode() for index in range(amount * MEBIBYTE // _PIECE)]


@cache
def _page(command_id: bytes, pieces: int, *, is_last: bool) -> bytes:
    name = command_id.decode()
    streams = tuple(messages.StreamPiece("stdout", one, name) for one in _pieces()[:pieces])
    state, code = (DONE, 0) if is_last else (RUNNING, None)
    return Received(streams, state, code, name).write().encode()


def answer(request: bytes) -> tuple[bytes, bytes] | None:
    """Return the action and the body of the answer to a request about shells; None to others."""
    found = _ACTION.search(request)
    if found is None or shells.SHELL.encode() not in request:
        return None
    action = found[2]
    body = b""
    if action == b"Create":
        created = shells.write_created(ShellDescription("1"))
        declared = f'<x:ResourceCreated xmlns:x="{TRANSFER}">'
        body = created.replace("<x:ResourceCreated>", declared).encode()
    elif action == b"Command":
        command_id = b"%d" % next(_numbers)
        amount = _AMOUNT.search(request)
        _left[command_id] = int(amount[1]) * MEBIBYTE // _PIECE if amount else 0
        body = messages.write_command_id(command_id.decode()).encode()
    elif action == b"Receive":
        body = _received(request)
    return action + b"Response", body


def _received(request: bytes) -> bytes:
    named = _COMMAND.search(request)
    command_id = named[1] if named else b""
    left = _left.get(command_id, 0)
    pieces = min(left, _PIECES)
    _left[command_id] = left - pieces
    return _page(command_id, pieces, is_last=left == pieces)
