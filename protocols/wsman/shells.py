"""What a remote shell is on the wire: its URIs, and the rsp:Shell that opens and describes it.

A shell is a resource that is created, operated on by actions of its own, and deleted (MS-WSMV
3.1.4.5, 3.1.4.11). Servers differ in how much they say of one: WinRM before 3 and OMI give no more
than the selector that names it, and OMI prints that with blanks around it.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mi.errors import ProtocolError
from mi.shell_calls import CMD, ShellDescription
from protocols.wsman import markup, soap
from protocols.wsman.bulk import plain
from protocols.wsman.durations import format_duration, format_interval, parse_duration
from protocols.wsman.headers import Selector, reference_parameters
from protocols.wsman.namespaces import ADDRESSING, ANONYMOUS, TRANSFER, WSMAN

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "ACTION_COMMAND",
    "ACTION_CONNECT",
    "ACTION_DISCONNECT",
    "ACTION_RECEIVE",
    "ACTION_RECONNECT",
    "ACTION_SEND",
    "ACTION_SIGNAL",
    "POWERSHELL_XML",
    "SHELL",
    "SHELL_COMMANDS",
    "SHELL_ID",
    "NewShell",
    "decoded",
    "description_of",
    "encoded",
    "numbered",
    "part_of",
    "read_created",
    "read_description",
    "read_powershell",
    "selected",
    "write_created",
    "write_description",
    "write_powershell",
]

SHELL: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
"""The namespace of shells, the start of their actions, and the resource that all of them are."""
SHELL_COMMANDS: Final = f"{SHELL}/Command"
"""The resource that the commands of a shell are (MS-WSMV 3.1.4.8)."""
SHELL_ID: Final = "ShellId"
"""The selector that names a shell."""
POWERSHELL_XML: Final = "http://schemas.microsoft.com/powershell"
"""The namespace of what PowerShell wants when its shells are opened (MS-PSRP 3.1.5.3.1)."""

ACTION_COMMAND: Final = f"{SHELL}/Command"
ACTION_SEND: Final = f"{SHELL}/Send"
ACTION_RECEIVE: Final = f"{SHELL}/Receive"
ACTION_SIGNAL: Final = f"{SHELL}/Signal"
ACTION_DISCONNECT: Final = f"{SHELL}/Disconnect"
ACTION_RECONNECT: Final = f"{SHELL}/Reconnect"
ACTION_CONNECT: Final = f"{SHELL}/Connect"

_DECLARED: Final = f'xmlns:rsp="{SHELL}"'
_CREATION_XML: Final = "creationXml"
_MOST_DIGITS: Final = 20  # an xs:unsignedLong has no more


# Opening


@dataclass(frozen=True, slots=True)
class NewShell:
    """The rsp:Shell of a Create (MS-WSMV 2.2.4.37).

    Attributes:
        shell_id: the name that the client proposes, or None.
        name: what it is called, or None.
        environment: its variables, or None.
        working_directory: where its commands begin, or None.
        idle_timeout: seconds, or None.
        input_streams: what its commands read.
        output_streams: what its commands write.
        creation_xml: what PowerShell wants, not encoded, or None.
    """

    shell_id: str | None = None
    name: str | None = None
    environment: Mapping[str, str] | None = None
    working_directory: str | None = None
    idle_timeout: float | None = None
    input_streams: tuple[str, ...] = ("stdin",)
    output_streams: tuple[str, ...] = ("stdout", "stderr")
    creation_xml: bytes | None = field(default=None, repr=False)

    def write(self) -> str:
        """Return the body, with its elements in the order of the specification's schema."""
        idle = self.idle_timeout
        inside = (
            _environment(self.environment),
            _element("WorkingDirectory", self.working_directory),
            _element("IdleTimeOut", None if idle is None else format_duration(idle)),
            _element("InputStreams", " ".join(self.input_streams)),
            _element("OutputStreams", " ".join(self.output_streams)),
            write_powershell(_CREATION_XML, self.creation_xml),
        )
        attributes = _attributes(ShellId=self.shell_id, Name=self.name)
        return f"<rsp:Shell {_DECLARED}{attributes}>{''.join(inside)}</rsp:Shell>"

    @classmethod
    def read(cls, body: _Element) -> NewShell:
        """Return what an s:Body asks for.

        Raises:
            ProtocolError: it is no shell, or its time-out is no xs:duration.
        """
        asked = part_of(body, "Shell")
        idle = soap.text_of(asked, _name("IdleTimeOut"))
        return cls(
            asked.get(SHELL_ID) or None,
            asked.get("Name") or soap.text_of(asked, _name("Name")) or None,
            _read_environment(asked),
            soap.text_of(asked, _name("WorkingDirectory")) or None,
            parse_duration(idle).total_seconds() if idle else None,
            _names(soap.text_of(asked, _name("InputStreams"))),
            _names(soap.text_of(asked, _name("OutputStreams"))),
            read_powershell(asked, _CREATION_XML),
        )


def selected(shell_id: str) -> tuple[Selector, ...]:
    """Return the selectors of every request to a shell."""
    return (Selector.of(SHELL_ID, shell_id),)


# Descriptions

# The elements of an rsp:Shell whose value is text, in Windows' order, and their attributes.
_TEXTS: Final = {
    "Name": "name",
    "Owner": "owner",
    "ClientIP": "client_ip",
    "WorkingDirectory": "working_directory",
    "Encoding": "encoding",
    "BufferMode": "buffer_mode",
    "State": "state",
}
_SPANS: Final = {
    "IdleTimeOut": "idle_timeout",
    "MaxIdleTimeOut": "max_idle_timeout",
    "ShellRunTime": "run_time",
    "ShellInactivity": "inactivity",
}


def read_created(body: _Element) -> ShellDescription:
    """Return the shell that the answer to a Create tells of (MS-WSMV 3.1.4.5.2).

    Its name is the selector, in the server's own form; what else is known comes from the rsp:Shell.

    Raises:
        ProtocolError: no shell is named in it.
    """
    created = soap.child(body, f"{{{TRANSFER}}}ResourceCreated")
    parameters = None
    if created is not None:
        parameters = next(created.iter(f"{{{ADDRESSING}}}ReferenceParameters"), None)
    described = soap.child(body, _name("Shell"))
    known = None if described is None else description_of(described)
    shell_id = _selector(parameters) or ("" if known is None else known.shell_id)
    if not shell_id:
        raise ProtocolError("the reply to Create does not name a shell")
    uri = soap.text_of(parameters, f"{{{WSMAN}}}ResourceURI")
    if known is None:
        return ShellDescription(shell_id, uri or CMD)
    return replace(known, shell_id=shell_id, resource_uri=uri or known.resource_uri)


def _selector(parameters: _Element | None) -> str:
    if parameters is None:
        return ""
    found = parameters.iterfind(f"{{{WSMAN}}}SelectorSet/{{{WSMAN}}}Selector")
    return next((soap.text(one) for one in found if one.get("Name") == SHELL_ID), "")


def read_description(body: _Element) -> ShellDescription:
    """Return the shell that the answer to a Get describes.

    Raises:
        ProtocolError: there is none in it.
    """
    return description_of(part_of(body, "Shell"))


def description_of(shell: _Element) -> ShellDescription:
    """Return what an rsp:Shell says; nothing in it is a reason to fail."""
    texts = {
        attribute: soap.text_of(shell, _name(element)) or None
        for element, attribute in _TEXTS.items()
    }
    spans = {
        attribute: _span(soap.text_of(shell, _name(element)))
        for element, attribute in _SPANS.items()
    }
    loaded = soap.text_of(shell, _name("ProfileLoaded"))
    return ShellDescription(
        soap.text_of(shell, _name(SHELL_ID)),
        soap.text_of(shell, _name("ResourceUri")) or CMD,
        process_id=numbered(soap.text_of(shell, _name("ProcessId"))),
        input_streams=_names(soap.text_of(shell, _name("InputStreams"))),
        output_streams=_names(soap.text_of(shell, _name("OutputStreams"))),
        environment=_read_environment(shell),
        profile_loaded=loaded == "Yes" if loaded else None,
        **texts,  # type: ignore[arg-type]  # both tables name attributes of their types alone
        **spans,  # type: ignore[arg-type]
    )


def _span(text: str) -> timedelta | None:
    try:
        return parse_duration(text) if text else None
    except ProtocolError:
        return None  # what a server says beside the point


def numbered(text: str | None) -> int | None:
    """Return a number in a message, or None where it is none."""
    stripped = (text or "").strip()
    is_number = stripped.isascii() and stripped.isdigit() and len(stripped) <= _MOST_DIGITS
    return int(stripped) if is_number else None


def write_description(shell: ShellDescription) -> str:
    """Return the rsp:Shell in Windows' form, with what is known of it."""
    idle, longest = shell.idle_timeout, shell.max_idle_timeout
    loaded = shell.profile_loaded
    inside = (
        _element(SHELL_ID, shell.shell_id),
        _element("Name", shell.name),
        _element("ResourceUri", shell.resource_uri),
        _element("Owner", shell.owner),
        _element("ClientIP", shell.client_ip),
        _element("ProcessId", None if shell.process_id is None else str(shell.process_id)),
        _environment(shell.environment),
        _element("WorkingDirectory", shell.working_directory),
        _element("IdleTimeOut", None if idle is None else format_duration(idle.total_seconds())),
        _element("InputStreams", " ".join(shell.input_streams) or None),
        _element("OutputStreams", " ".join(shell.output_streams) or None),
        _element(
            "MaxIdleTimeOut",
            None if longest is None else format_duration(longest.total_seconds()),
        ),
        _element("ProfileLoaded", None if loaded is None else ("Yes" if loaded else "No")),
        _element("Encoding", shell.encoding),
        _element("BufferMode", shell.buffer_mode),
        _element("State", shell.state),
        _interval("ShellRunTime", shell.run_time),
        _interval("ShellInactivity", shell.inactivity),
    )
    return f"<rsp:Shell {_DECLARED}>{''.join(inside)}</rsp:Shell>"


def write_created(
    shell: ShellDescription, *, address: str = ANONYMOUS, is_described: bool = True
) -> str:
    """Return the answer to a Create, for the inside of s:Body.

    Args:
        shell: which.
        address: the URL of the service.
        is_described: whether the rsp:Shell follows, as from WinRM 3 on.
    """
    parameters = reference_parameters(shell.resource_uri, selected(shell.shell_id))
    return (
        f"<x:ResourceCreated><a:Address>{markup.text(address)}</a:Address>{parameters}"
        f"</x:ResourceCreated>{write_description(shell) if is_described else ''}"
    )


# Parts


def part_of(body: _Element, name: str) -> _Element:
    """Return the element of shells that is the content of an s:Body.

    Raises:
        ProtocolError: it is none called so.
    """
    found = soap.child(body, _name(name))
    if found is None:
        raise ProtocolError(f"the body of the message is no {name}")
    return found


def write_powershell(name: str, content: bytes | None) -> str:
    """Return an element of PowerShell's with this content, or nothing where there is none."""
    if content is None:
        return ""
    return f'<{name} xmlns="{POWERSHELL_XML}">{encoded(content)}</{name}>'


def read_powershell(parent: _Element, name: str) -> bytes | None:
    """Return the content of an element of PowerShell's, or None where there is none.

    Raises:
        ProtocolError: it is not base64.
    """
    found = soap.child(parent, f"{{{POWERSHELL_XML}}}{name}")
    return None if found is None else decoded(soap.text(found))


def encoded(data: bytes) -> str:
    """Return bytes as base64."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decoded(text: str | memoryview) -> bytes:
    """Return the bytes of base64; blanks and line ends in it do not matter.

    Raises:
        ProtocolError: it is no base64.
    """
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        pass  # in most cases for the blanks, which are worth no time where there are none
    data = text.encode("ascii", "replace") if isinstance(text, str) else plain(text)
    try:
        return binascii.a2b_base64(b"".join(data.split()), strict_mode=True)
    except ValueError as error:
        raise ProtocolError(f"a stream is not base64: {error}") from error


def _name(local: str) -> str:
    return f"{{{SHELL}}}{local}"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _element(name: str, value: str | None) -> str:
    return "" if value is None else f"<rsp:{name}>{markup.text(value)}</rsp:{name}>"


def _interval(name: str, value: timedelta | None) -> str:
    return _element(name, None if value is None else format_interval(value))


def _attributes(**values: str | None) -> str:
    return "".join(
        f' {name}="{markup.attribute(value)}"'
        for name, value in values.items()
        if value is not None
    )


def _environment(variables: Mapping[str, str] | None) -> str:
    if variables is None:
        return ""
    inside = "".join(
        f'<rsp:Variable Name="{markup.attribute(name)}">{markup.text(value)}</rsp:Variable>'
        for name, value in variables.items()
    )
    return f"<rsp:Environment>{inside}</rsp:Environment>"


def _read_environment(shell: _Element) -> dict[str, str] | None:
    found = soap.child(shell, _name("Environment"))
    if found is None:
        return None
    return {
        variable.get("Name", ""): variable.text or ""
        for variable in found.iterchildren(_name("Variable"))
    }
