r"""WMI object paths: `\\server\root\cimv2:Win32_Service.Name="Spooler"`, read and written.

A string or datetime key is quoted, with `\` and `"` escaped by `\`; a reference key is a path in
quotes. A number, or TRUE and FALSE, stands bare. `=@` names the one instance of a singleton.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from mi.errors import InvalidParameter
from mi.names import normalize_namespace
from mi.values import format_value

__all__ = ["ObjectPath", "Reference", "read", "write"]

_CLASS = r"(?P<class_name>[A-Za-z_][A-Za-z0-9_]*)"
_PATH = re.compile(
    rf"(?:\\\\(?P<server>[^\\/]+)[\\/])?(?:(?P<namespace>[^:\"]+):)?{_CLASS}(?P<rest>[.=].*)?\Z",
    re.DOTALL,
)
_KEY = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?:\"(?P<text>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^,\"]+))(?:,|\Z)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]+\Z")
_IS_PATH = re.compile(r"(?:\\\\[^\\/]+[\\/])?(?:[\w\\/]+:)?[A-Za-z_]\w*\.[A-Za-z_]\w*=")


class Reference(NamedTuple):
    """A key whose value is itself the path of an object."""

    text: str


class ObjectPath(NamedTuple):
    """The parts of a path; `keys` is empty for the singleton form `Class=@`."""

    server_name: str | None
    namespace: str | None
    class_name: str
    keys: tuple[tuple[str, Any], ...]


def write(
    server_name: str | None, namespace: str | None, class_name: str, key: Mapping[str, Any]
) -> str:
    """Return the path of an object; without a namespace the path is relative."""
    keys = ",".join(f"{name}={_key_text(value)}" for name, value in key.items())
    relative = f"{class_name}.{keys}" if keys else f"{class_name}=@"
    if namespace is None:
        return relative
    absolute = namespace.replace("/", "\\")
    return rf"\\{server_name or '.'}\{absolute}:{relative}"


def _key_text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return format_value(value)
    text = value.path if hasattr(value, "path") else format_value(value)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(path: str) -> ObjectPath:
    """Return the parts of `path`.

    Raises:
        InvalidParameter: it is not the path of an instance, or a lone `=value` does not say
            which key it means.
    """
    match = _PATH.match(path)
    if match is None or match["rest"] is None:
        raise InvalidParameter(f"{path!r} is not the path of an instance")
    namespace = match["namespace"]
    return ObjectPath(
        match["server"],
        normalize_namespace(namespace) if namespace is not None else None,
        match["class_name"],
        _keys(path, match["rest"]),
    )


def _keys(path: str, rest: str) -> tuple[tuple[str, Any], ...]:
    if rest == "=@":
        return ()
    if rest.startswith("="):
        raise InvalidParameter(
            f"{path!r} does not name its key", advice='Write Class.Key="value" instead.'
        )
    keys, position = [], 1
    while position < len(rest):
        match = _KEY.match(rest, position)
        if match is None:
            raise InvalidParameter(f"{path!r} is not the path of an instance")
        keys.append((match["name"], _key_value(match["text"], match["bare"])))
        position = match.end()
    return tuple(keys)


def _key_value(text: str | None, bare: str | None) -> Any:
    if text is not None:
        unescaped = _ESCAPE.sub(r"\1", text)
        return Reference(unescaped) if _IS_PATH.match(unescaped) else unescaped
    bare = (bare or "").strip()
    if bare.upper() in ("TRUE", "FALSE"):
        return bare.upper() == "TRUE"
    if not _INTEGER.match(bare):
        raise InvalidParameter(f"{bare!r} is not the value of a key")
    return int(bare)
