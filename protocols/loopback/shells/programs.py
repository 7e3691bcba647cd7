"""The commands that every shell has: what tests, demo and documentation run.

Their output is that of Windows in English, of a machine that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocols.loopback.shells.attention import CONTROL_C_EXIT, CtrlC
from protocols.loopback.shells.invocation import Exit, Invocation, Scripted, encoding_of

__all__ = ["PROGRAMS"]

_MEBIBYTE: Final = 1 << 20
_PIECE: Final = 1 << 16
_SECOND_OF_PING: Final = 0.01  # a test does not wait for a real one
_USUAL_PINGS: Final = 4
_BLOCK: Final = bytes(range(32, 96)) * 1024  # 64 KiB of printable characters
_CONTROL_C: Final = "Control-C"

_IPCONFIG: Final = """
Windows IP Configuration


Ethernet adapter Ethernet0:

   Connection-specific DNS Suffix  . : lab.example
   IPv4 Address. . . . . . . . . . . : 192.0.2.10
   Subnet Mask . . . . . . . . . . . : 255.255.255.0
   Default Gateway . . . . . . . . . : 192.0.2.1
"""
_HOST_LINES: Final = """
Windows IP Configuration

   Host Name . . . . . . . . . . . . : WIN-LAB01
   Primary Dns Suffix  . . . . . . . : lab.example
   Node Type . . . . . . . . . . . . : Hybrid
   IP Routing Enabled. . . . . . . . : No
   WINS Proxy Enabled. . . . . . . . : No
"""


def _write_lines(invocation: Invocation, text: str) -> None:
    for line in text.splitlines():
        invocation.stdout.line(line)


def _echo(invocation: Invocation) -> int:
    tail = invocation.tail
    if not tail:
        invocation.stdout.line("ECHO is on.")
    else:
        invocation.stdout.line(tail[1:] if tail[0] in "./\\" else tail)
    return 0


def _exit(invocation: Invocation) -> int:
    words = [word for word in invocation.arguments if word.lower() != "/b"]
    code = int(words[0]) if words and words[0].lstrip("-").isdigit() else 0
    raise Exit(code)


def _set(invocation: Invocation) -> int:
    name, equals, value = invocation.tail.strip().strip('"').partition("=")
    environment = invocation.environment
    if equals and value:
        environment[name] = value
        return 0
    if equals:
        environment.pop(name, None)
        return 0
    found = [one for one in sorted(environment) if one.lower().startswith(name.lower())]
    for one in found:
        invocation.stdout.line(f"{one}={environment[one]}")
    if not found:
        invocation.stderr.line(f"Environment variable {name} not defined")
    return 0 if found else 1


def _chcp(invocation: Invocation) -> int:
    if invocation.arguments and invocation.arguments[0].isdigit():
        invocation.prompt.codepage = int(invocation.arguments[0])
    invocation.stdout.line(f"Active code page: {invocation.prompt.codepage}")
    return 0


def _hostname(invocation: Invocation) -> int:
    invocation.stdout.line(invocation.prompt.user.partition("\\")[0])
    return 0


def _whoami(invocation: Invocation) -> int:
    invocation.stdout.line(invocation.prompt.user.lower())
    return 0


def _ver(invocation: Invocation) -> int:
    _write_lines(invocation, "\nMicrosoft Windows [Version 10.0.20348.2113]")
    return 0


def _ipconfig(invocation: Invocation) -> int:
    wants_all = "/all" in (one.lower() for one in invocation.arguments)
    text = _HOST_LINES + _IPCONFIG.partition("Configuration\n")[2] if wants_all else _IPCONFIG
    _write_lines(invocation, text)
    return 0


# What reads its input


def _more(invocation: Invocation) -> int:
    """Write what is read, as it comes."""
    for line in invocation.stdin.lines():
        invocation.stdout.write(line)
    return 0


def _sort(invocation: Invocation) -> int:
    lines = invocation.stdin.read().splitlines()
    for line in sorted(lines, key=bytes.lower):
        invocation.stdout.write(line + b"\r\n")
    return 0


def _findstr(invocation: Invocation) -> int:
    """Write the lines that hold one of some words: `findstr [/i] [/v] "one two" [file]`."""
    switches = {one.lower() for one in invocation.arguments if one.startswith("/")}
    words = [one for one in invocation.arguments if not one.startswith("/")]
    if not words:
        invocation.stderr.line("FINDSTR: Bad command line")
        return 2
    encoding = encoding_of(invocation.prompt.codepage)
    wanted = [word.encode(encoding, "replace") for word in words[0].split(" ")]
    if "/i" in switches:
        wanted = [word.lower() for word in wanted]
    lines = invocation.stdin.lines()
    if len(words) > 1:
        path = invocation.prompt.path(words[1])
        if not invocation.files.exists(path):
            invocation.stderr.line(f"FINDSTR: Cannot open {words[1]}")
            return 1
        lines = invocation.files.read(path).splitlines(keepends=True)
    has_found = False
    for line in lines:
        text = line.lower() if "/i" in switches else line
        if any(word in text for word in wanted) != ("/v" in switches):
            invocation.stdout.write(line)
            has_found = True
    return 0 if has_found else 1


# What takes its time


def _ping(invocation: Invocation) -> int:
    """Answer four times, `-n` times, or with `-t` until Ctrl-C."""
    words = [one.lower() for one in invocation.arguments]
    target = next((one for one in words if not one.startswith("-") and not one.isdigit()), "")
    count = int(words[words.index("-n") + 1]) if "-n" in words else _USUAL_PINGS
    out, sent = invocation.stdout, 0
    out.line()
    out.line(f"Pinging {target} with 32 bytes of data:")
    try:
        while "-t" in words or sent < count:
            out.line(f"Reply from {target}: bytes=32 time<1ms TTL=128")
            sent += 1
            invocation.sleep(_SECOND_OF_PING)
    except CtrlC:
        _tell_pings(invocation, target, sent)
        out.line(_CONTROL_C)
        return CONTROL_C_EXIT
    _tell_pings(invocation, target, sent)
    return 0


def _tell_pings(invocation: Invocation, target: str, sent: int) -> None:
    invocation.stdout.line()
    invocation.stdout.line(f"Ping statistics for {target}:")
    invocation.stdout.line(f"    Packets: Sent = {sent}, Received = {sent}, Lost = 0 (0% loss),")


def _timeout(invocation: Invocation) -> int:
    """Wait for so many seconds: `timeout /t N`."""
    numbers = [one for one in invocation.arguments if one.isdigit()]
    invocation.sleep(float(numbers[0]) if numbers else None)
    return 0


def _produce(invocation: Invocation) -> int:
    """Write so many MiB to stdout, or with `/e` to stderr: `produce N`; Windows has no such."""
    numbers = [one for one in invocation.arguments if one.isdigit()]
    writer = invocation.stderr if "/e" in invocation.arguments else invocation.stdout
    for _ in range(int(numbers[0]) * _MEBIBYTE // _PIECE):
        writer.write(_BLOCK)
    return 0


PROGRAMS: Final[Mapping[str, Scripted]] = {
    "chcp": _chcp,
    "echo": _echo,
    "exit": _exit,
    "findstr": _findstr,
    "hostname": _hostname,
    "ipconfig": _ipconfig,
    "more": _more,
    "ping": _ping,
    "produce": _produce,
    "set": _set,
    "sort": _sort,
    "timeout": _timeout,
    "ver": _ver,
    "whoami": _whoami,
}
"""The commands, by name; those about files are in `file_commands`."""
