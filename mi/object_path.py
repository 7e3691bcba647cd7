r"""WMI object paths: `\\server\root\cimv2:Win32_Service.Name="Spooler"`, read and written.

The grammar is MS-WMI 2.2.2; what is read beyond it, single quotes and forward slashes, is in WMI's
"Object Path Requirements". A text or datetime key is quoted, with `\` and `"` escaped by `\`; a
number, or TRUE and FALSE, stands bare. `=@` names the one instance of a singleton.

A reference key is written as a path in quotes, so on reading it looks like text. Such text is taken
for a reference if it is precisely what would be written for one; no text is lost if it was not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from mi.errors import InvalidParameter, TypeMismatch
from mi.names import normalize_namespace
from mi.values import format_value, shown

__all__ = ["ObjectPath", "Reference", "read", "write"]

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_PATH = re.compile(
    r"(?:(?:[\\/]{2}(?P<server>[^\\/]+)[\\/])?(?P<namespace>(?![\\/]{2})[^:\"']+):)?"
    rf"(?P<class_name>{_NAME})(?:\.(?P<keys>.+)|=(?P<lone>.*))?\Z",
    re.DOTALL,
)
_KEY = re.compile(
    rf"(?P<name>{_NAME})="
    r"(?:(?P<quote>[\"'])(?P<text>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)|(?P<bare>[^,\"']+))"
    r"(?P<end>,|\Z)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\([\\\"'])")
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}\Z")
_BOOLEANS = {"TRUE": True, "FALSE": False}
_IS_REFERENCE = re.compile(rf"\\\\[^\\]+\\[^:\"]+:{_NAME}[.=]|{_NAME}\.{_NAME}=\"")
_THIS_MACHINE = "."


class Reference(NamedTuple):
    """A key whose value is itself the path of an object."""

    text: str


class ObjectPath(NamedTuple):
    """The parts of a path.

    Attributes:
        server_name: None where the path says none, or `.` for this machine.
        namespace: with forward slashes, or None in a relative path.
        class_name: as the path spells it.
        keys: names and values (str, int, bool, `Reference`); empty for the singleton form.
    """

    server_name: str | None
    namespace: str | None
    class_name: str
    keys: tuple[tuple[str, Any], ...]


def write(
    server_name: str | None, namespace: str | None, class_name: str, key: Mapping[str, Any]
) -> str:
    """Return the path of an object; without a namespace the path is relative.

    A key's value is a CIM value or a `Reference`. Without keys it is a singleton's path.
    """
    keys = ",".join(f"{name}={_key_text(value)}" for name, value in key.items())
    relative = f"{class_name}.{keys}" if keys else f"{class_name}=@"
    if namespace is None:
        return relative
    absolute = namespace.replace("/", "\\")
    return rf"\\{server_name or _THIS_MACHINE}\{absolute}:{relative}"


def _key_text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return format_value(value)
    text = value.text if isinstance(value, Reference) else format_value(value)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(path: str) -> ObjectPath:
    """Return the parts of `path`.

    Raises:
        InvalidParameter: it is not the path of an instance, or a lone `=value` does not say
            which key it means.
        TypeMismatch: it is no string.
    """
    if not isinstance(path, str):
        raise TypeMismatch(f"an object path is a string, not {shown(path)}")
    match = _PATH.match(path)
    if match is None:
        raise InvalidParameter(f"{shown(path)} is not an object path", advice=_FORM)
    server_name, namespace = match["server"], match["namespace"]
    return ObjectPath(
        None if server_name == _THIS_MACHINE else server_name,
        normalize_namespace(namespace) if namespace is not None else None,
        match["class_name"],
        _keys(path, match["keys"], match["lone"]),
    )


_FORM = 'Write Class.Key="value", or Class=@ for the one of a singleton.'


def _keys(path: str, keys: str | None, lone: str | None) -> tuple[tuple[str, Any], ...]:
    if keys is not None:
        return _named_keys(path, keys)
    if lone is None:
        raise InvalidParameter(
            f"{shown(path)} is the path of a class, not of an instance", advice=_FORM
        )
    if lone != "@":
        raise InvalidParameter(f"{shown(path)} does not name its key", advice=_FORM)
    return ()


def _named_keys(path: str, keys: str) -> tuple[tuple[str, Any], ...]:
    found: list[tuple[str, Any]] = []
    position, end = 0, ","
    while end == ",":
        match = _KEY.match(keys, position)
        if match is None:
            raise InvalidParameter(
                f"the keys of {shown(path)} cannot be read from {shown(keys[position:])}"
            )
        text = match["text"]
        found.append((match["name"], _bare(match["bare"]) if text is None else _quoted(text)))
        position, end = match.end(), match["end"]
    if len({name.lower() for name, _ in found}) < len(found):
        raise InvalidParameter(f"{shown(path)} names a key twice")
    return tuple(found)


def _bare(text: str) -> bool | int:
    if text.upper() in _BOOLEANS:
        return _BOOLEANS[text.upper()]
    if not _INTEGER.match(text):
        raise InvalidParameter(f"{shown(text)} is not the value of a key")
    return int(text)


def _quoted(text: str) -> str | Reference:
    # A lone backslash is one that somebody forgot to double: it is kept, not dropped.
    unescaped = _ESCAPE.sub(r"\1", text)
    return Reference(unescaped) if _is_reference(unescaped) else unescaped


def _is_reference(text: str) -> bool:
    if not _IS_REFERENCE.match(text):
        return False
    try:
        path = read(text)
    except InvalidParameter:
        return False
    return write(path.server_name, path.namespace, path.class_name, dict(path.keys)) == text
