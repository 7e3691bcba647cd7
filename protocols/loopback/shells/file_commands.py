"""The commands about files: type, dir, cd, mkdir, rmdir, del, copy, move, ren, certutil."""

from __future__ import annotations

import base64
import fnmatch
import functools
import hashlib
import ntpath
from collections.abc import Callable, Mapping
from typing import Final

from protocols.loopback.shells.files import Listed
from protocols.loopback.shells.invocation import Invocation, Scripted

__all__ = ["FILE_COMMANDS"]

_Command = Callable[[Invocation], int]

_NO_FILE: Final = "The system cannot find the file specified."
_TEXTS: Final[dict[type[OSError], str]] = {
    FileNotFoundError: _NO_FILE,
    IsADirectoryError: "Access is denied.",
    NotADirectoryError: "The directory name is invalid.",
    FileExistsError: "A duplicate file name exists, or the file\r\ncannot be found.",
    OSError: "The directory is not empty.",
}
_STAMP: Final = "11/24/2026  12:00 PM"  # nothing here depends on a clock


def _told(command: _Command) -> _Command:
    """Let a command tell on stderr what is wrong with a file, as Windows words it."""

    @functools.wraps(command)
    def run(invocation: Invocation) -> int:
        try:
            return command(invocation)
        except OSError as error:
            invocation.stderr.line(_TEXTS.get(type(error), _TEXTS[OSError]))
            return 1

    return run


def _paths(invocation: Invocation) -> list[str]:
    names = [one for one in invocation.arguments if not one.startswith("/")]
    return [invocation.prompt.path(name) for name in names]


def _has(invocation: Invocation, switch: str) -> bool:
    return switch in (one.lower() for one in invocation.arguments)


@_told
def _type(invocation: Invocation) -> int:
    for path in _paths(invocation):
        invocation.stdout.write(invocation.files.read(path))
    return 0


@_told
def _dir(invocation: Invocation) -> int:
    """List a folder, or what fits a pattern; `/b` gives names alone."""
    [path, *_] = _paths(invocation) or [invocation.directory]
    pattern = "*"
    if any(sign in path for sign in "*?") or not invocation.files.is_folder(path):
        path, pattern = ntpath.split(path)
    found = [
        one
        for one in invocation.files.list(path)
        if fnmatch.fnmatchcase(one.name.lower(), pattern.lower())
    ]
    if not found and pattern != "*":
        invocation.stderr.line("File Not Found")
        return 1
    if _has(invocation, "/b"):
        for one in found:
            invocation.stdout.line(one.name)
    else:
        _list(invocation, path, found)
    return 0


def _list(invocation: Invocation, path: str, found: list[Listed]) -> None:
    out = invocation.stdout
    out.line(f" Volume in drive {path[:1]} has no label.")
    out.line(" Volume Serial Number is 0A1B-2C3D")
    out.line()
    out.line(f" Directory of {path}")
    out.line()
    for one in found:
        size = f"<DIR>{'':10}" if one.size is None else f"{one.size:>14,}"
        out.line(f"{_STAMP} {size:>17} {one.name}")
    sizes = [one.size for one in found if one.size is not None]
    out.line(f"{len(sizes):16} File(s) {sum(sizes):14,} bytes")
    out.line(f"{len(found) - len(sizes):16} Dir(s)  28,319,084,544 bytes free")


def _cd(invocation: Invocation) -> int:
    prompt = invocation.prompt
    paths = _paths(invocation)
    if not paths:
        invocation.stdout.line(prompt.directory)
        return 0
    if not invocation.files.is_folder(paths[0]):
        invocation.stderr.line("The system cannot find the path specified.")
        return 1
    prompt.directory = paths[0]
    return 0


@_told
def _mkdir(invocation: Invocation) -> int:
    for path in _paths(invocation):
        if invocation.files.exists(path):
            invocation.stderr.line(f"A subdirectory or file {path} already exists.")
            return 1
        invocation.files.make_folder(path)
    return 0


@_told
def _rmdir(invocation: Invocation) -> int:
    for path in _paths(invocation):
        invocation.files.remove_folder(path, with_content=_has(invocation, "/s"))
    return 0


@_told
def _del(invocation: Invocation) -> int:
    for path in _paths(invocation):
        if not invocation.files.exists(path):
            invocation.stdout.line(f"Could Not Find {path}")
        else:
            invocation.files.delete(path)
    return 0


@_told
def _copy(invocation: Invocation) -> int:
    [source, target, *_] = _paths(invocation)
    content = invocation.files.read(source)
    invocation.files.write(_into(invocation, source, target), content)
    invocation.stdout.line("        1 file(s) copied.")
    return 0


@_told
def _move(invocation: Invocation) -> int:
    [source, target, *_] = _paths(invocation)
    invocation.files.rename(source, _into(invocation, source, target), replace=True)
    invocation.stdout.line("        1 file(s) moved.")
    return 0


@_told
def _ren(invocation: Invocation) -> int:
    [source, target, *_] = _paths(invocation)
    invocation.files.rename(source, ntpath.join(ntpath.dirname(source), ntpath.basename(target)))
    return 0


def _into(invocation: Invocation, source: str, target: str) -> str:
    if invocation.files.is_folder(target):
        return ntpath.join(target, ntpath.basename(source))
    return target


@_told
def _certutil(invocation: Invocation) -> int:
    """Digest a file (`-hashfile NAME [SHA256]`), or decode base64 (`-f -decode IN OUT`)."""
    words = [one.lower() for one in invocation.arguments]
    names = [one for one in invocation.arguments if not one.startswith("-")]
    path = invocation.prompt.path(names[0])
    content = invocation.files.read(path)
    if "-decode" in words:
        invocation.files.write(invocation.prompt.path(names[1]), base64.b64decode(content))
        invocation.stdout.line("CertUtil: -decode command completed successfully.")
        return 0
    algorithm = names[1].lower() if len(names) > 1 else "sha1"
    invocation.stdout.line(f"{algorithm.upper()} hash of {names[0]}:")
    invocation.stdout.line(hashlib.new(algorithm, content, usedforsecurity=False).hexdigest())
    invocation.stdout.line("CertUtil: -hashfile command completed successfully.")
    return 0


FILE_COMMANDS: Final[Mapping[str, Scripted]] = {
    "cd": _cd,
    "certutil": _certutil,
    "chdir": _cd,
    "copy": _copy,
    "del": _del,
    "dir": _dir,
    "erase": _del,
    "md": _mkdir,
    "mkdir": _mkdir,
    "move": _move,
    "rd": _rmdir,
    "ren": _ren,
    "rename": _ren,
    "rmdir": _rmdir,
    "type": _type,
}
"""The commands, by name."""
